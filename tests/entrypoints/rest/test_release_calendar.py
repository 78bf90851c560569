"""The releases of followed series over REST, in JSON and as an iCalendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from falcon.testing import TestClient
from icalendar import Calendar

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.observations import Observations
from domain.schedules.schedule import Basis, FollowedSeries, NextLook, Rule, ScheduleKind
from domain.schedules.selector import Selector
from domain.use_cases import UseCases
from tests.builders import an_arrival, append, memory_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource, some_metadata

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def use_cases(store: MemoryStore) -> UseCases:
    return memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=RecordingDispatcher())


@pytest.fixture
def api(use_cases: UseCases, store: MemoryStore) -> TestClient:
    """A: listed by a calendar for the day after tomorrow, and a release two days ago. B: looked at tomorrow."""
    looks = {"A": (2, Basis.CALENDAR), "B": (1, None)}
    for code, (days, basis) in looks.items():
        rule = Rule(kind=ScheduleKind.CALENDAR, spec="https://example.org/a.ics") if basis else Rule()
        use_cases.manage_schedules.create(Selector.parse(f"X/{code}"), rule)
        with store.writing() as uow:
            series = uow.series.find("canned", DatasetCode("X", code))
            assert series
            if code == "A":
                uow.series.record_fetch(series, some_metadata(), None, known_at=None)
                for number, last in ((2, "2024-01-01"), (1, "2024-02-01")):
                    values = Observations.of([last], ["Value"], [[1.0]])
                    append(uow, series.id, [an_arrival(NOW - number * DAY, values)])
            ((_, look),) = uow.schedules.following(series.id)
            at, expected = NOW + days * DAY, NOW + days * DAY if basis else None
            next_ = NextLook(at=at, reason="Because, as it is.", expected_at=expected, basis=basis)
            assert uow.schedules.plan(look, next_, succeeded_at=None, failures=0)
            uow.commit()
    return client_of(use_cases)


def listed(api: TestClient, **params: Any) -> list[tuple[str, str]]:
    found = api.simulate_get("/releases", params=params).json["items"]
    return [(item["timeseries"]["code"], item["standing"]) for item in found]


def test_releases_are_listed(api: TestClient, use_cases: UseCases) -> None:
    """What came, then what is expected, each marked as what it is."""
    document = api.simulate_get("/releases").json
    came, looked, by_calendar = document["items"]

    assert [item["standing"] for item in (came, looked, by_calendar)] == ["published", "look", "calendar"]
    series = use_cases.describe_series.by_code(DatasetCode("X", "A")).series
    assert came == {
        "at": (NOW - DAY).isoformat().replace("+00:00", "Z"),
        "standing": "published",
        "timeseries": {"id": str(series.id), "provider": "canned", "code": "X/A", "name": "Some Prices"},
        "reason": None,
        "schedule_id": None,
        "vintage": 2,
        "newest": "2024-02-01",
        "links": {"timeseries": f"/timeseries/{series.id}"},
    }
    assert (by_calendar["reason"], by_calendar["vintage"], by_calendar["newest"]) == ("Because, as it is.", None, None)
    assert UUID(by_calendar["schedule_id"])
    assert document["next"] is None


def test_releases_are_chosen_and_paged(api: TestClient) -> None:
    """By days, of which the last counts to its end, by provider and by code."""
    day = f"{NOW - DAY:%Y-%m-%d}"
    assert listed(api, **{"from": day, "to": day}) == [("X/A", "published")]
    assert listed(api, code="X/A") == [("X/A", "published"), ("X/A", "calendar")]
    assert listed(api, code="canned:X/B") == [("X/B", "look")]
    assert listed(api, provider="other") == []
    assert listed(api, **{"from": "9999-12-31", "to": "9999-12-31"}) == []
    first = api.simulate_get("/releases", params={"limit": 2})
    rest = api.simulate_get("/releases", params={"limit": 2, "cursor": first.json["next"]}).json
    assert 'rel="next"' in first.headers["link"]
    assert [item["timeseries"]["code"] for item in (*first.json["items"], *rest["items"])] == ["X/A", "X/B", "X/A"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"from": "2024-02-01", "to": "2024-01-01"}, "to"),
        ({"from": "2000-01-01", "to": "2024-01-01"}, "to"),
        ({"from": "9999-12-31"}, "to"),
        ({"from": "soon"}, "from"),
        ({"cursor": "x"}, "cursor"),
        ({"code": "X"}, "code"),
        ({"until": "2024-01-01"}, "until"),
    ],
)
def test_what_is_wrong_is_named(api: TestClient, params: dict[str, str], field: str) -> None:
    """As for every list."""
    refused = api.simulate_get("/releases", params=params)

    assert refused.status_code == 400
    assert [name for error in refused.json["errors"] for name in error.values()][:1] == [field]


def test_calendars_can_subscribe(api: TestClient) -> None:
    """icalendar reads what is sent, which names each release, whether it is certain, and where its series is."""
    answer = api.simulate_get("/releases.ics", params={"provider": "canned"})
    calendar = Calendar.from_ical(answer.content)

    assert answer.headers["content-type"] == "text/calendar"
    assert (calendar["VERSION"], str(calendar["PRODID"])) == ("2.0", "-//lanner//releases//EN")
    came, looked, by_calendar = calendar.walk("VEVENT")
    assert [str(event["SUMMARY"]) for event in (came, looked, by_calendar)] == [
        "Some Prices",
        "canned:X/B (next look)",
        "Some Prices (by calendar)",
    ]
    assert [event.start for event in (came, looked, by_calendar)] == [NOW - DAY, NOW + DAY, NOW + 2 * DAY]
    assert [str(event["STATUS"]) for event in (came, looked, by_calendar)] == ["CONFIRMED", "TENTATIVE", "CONFIRMED"]
    assert str(by_calendar["DESCRIPTION"]) == "canned:X/A: Because, as it is."
    assert str(came["DESCRIPTION"]) == "canned:X/A: Vintage 2 brought 2024-02-01."
    assert str(came["URL"]).startswith("http://")
    assert len({str(event["UID"]) for event in calendar.walk("VEVENT")}) == 3
    assert calendar.errors == [error for event in calendar.walk("VEVENT") for error in event.errors] == []


def test_the_next_release_moves_and_stays_one_event(api: TestClient, store: MemoryStore, use_cases: UseCases) -> None:
    """So that subscribers see one event where a plan changes."""

    def uid() -> str:
        calendar = Calendar.from_ical(api.simulate_get("/releases.ics", params={"code": "X/B"}).content)
        (event,) = calendar.walk("VEVENT")
        return str(event["UID"])

    before = uid()
    series = use_cases.describe_series.by_code(DatasetCode("X", "B")).series
    with store.writing() as uow:
        look: FollowedSeries
        ((_, look),) = uow.schedules.following(series.id)
        assert uow.schedules.plan(look, NextLook(at=NOW + 9 * DAY, reason="Later."), succeeded_at=None, failures=0)
        uow.commit()

    assert uid() == before


def test_a_calendar_is_a_schedule(api: TestClient) -> None:
    """Its place is checked; a file of the server is none that a client may name."""
    base = {"selector": "X/C", "kind": "calendar"}
    made = api.simulate_post("/schedules", json=base | {"spec": "https://example.org/a.ics#Prices", "tz": "Europe/Berlin"})
    assert (made.status_code, made.json["spec"], made.json["tz"]) == (201, "https://example.org/a.ics#Prices", "Europe/Berlin")
    changed = api.simulate_patch(f"/schedules/{made.json['id']}", json={"tz": None})
    assert (changed.status_code, changed.json["tz"]) == (200, None)
    for spec in ("/etc/passwd", " /etc/passwd#x", "http://example.org/a.ics", "file:///etc/passwd"):
        refused = api.simulate_post("/schedules", json=base | {"spec": spec})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (400, "/spec")
