"""What messages say, and when they are sent again."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.revisions import Change
from domain.schedules.selector import Selector
from domain.vintages import FeedEntry, Vintage
from domain.webhooks.delivery import Delivery, DeliveryStatus, Reply
from domain.webhooks.events import EventType, largest_change, revision_large, vintage_created
from domain.webhooks.webhook import Webhook
from tests.builders import an_arrival
from tests.fakes import StoppedClock

SERIES, HOOK = UUID(int=1), UUID(int=2)
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
GDP = DatasetCode("FRED", "GDP")


def an_entry(*, is_newest: bool = False) -> FeedEntry:
    vintage = Vintage.of(3, an_arrival(NOON, published=date(1999, 1, 28), known_at=datetime(1999, 1, 28, 23, 59, 59, tzinfo=UTC)), None)
    return FeedEntry(position=9, series_id=SERIES, provider="fred", code=GDP, vintage=vintage, is_newest=is_newest)


def a_webhook(**more: Any) -> Webhook:
    about = {"url": "https://example.org", "events": frozenset(EventType), "selector": None, **more}
    return Webhook(id=HOOK, created_at=NOON, position=0, **about)


def test_a_message_is_thin() -> None:
    """It says what is new and where to read it; an old vintage says that it is not the newest; no observation is in it."""
    delivery = Delivery.of(vintage_created(an_entry()), HOOK, NOON, "/lanner")

    assert json.loads(delivery.body) == {
        "type": "vintage.created",
        "timestamp": "2024-06-01T12:00:00Z",
        "data": {
            "position": 9,
            "timeseries": {"id": str(SERIES), "provider": "fred", "code": "FRED/GDP"},
            "vintage": {
                "number": 3,
                "known_at": "1999-01-28T23:59:59Z",
                "fetched_at": "2024-06-01T12:00:00Z",
                "published": "1999-01-28",
                "cause": "publication",
                "is_newest": False,
                "rows": 3,
                "revision": {"added": 3, "changed": 0, "deleted": 0},
            },
            "links": {
                "timeseries": f"/lanner/timeseries/{SERIES}",
                "feed": "/lanner/vintages?after=8",
                "vintage": f"/lanner/timeseries/{SERIES}/vintages/3",
            },
        },
    }
    assert vintage_created(an_entry(is_newest=True)).facts["vintage"]["is_newest"]


def test_ids_follow_from_the_event() -> None:
    """A worker that sends an event again after a crash gives it the same id; each webhook and type has its own."""
    created = vintage_created(an_entry())
    large = revision_large(created, (Change(date(2024, 1, 1), "GDP", 1.0, 2.0), 100.0))
    ids = [
        Delivery.of(event, hook, NOON, "").message_id
        for event, hook in ((created, HOOK), (created, HOOK), (created, SERIES), (large, HOOK))
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(each.startswith("msg_") and "." not in each for each in ids)
    assert large.facts["largest_change"] == {"date": "2024-01-01", "column": "GDP", "percent": 100.0}


@pytest.mark.parametrize(
    ("changes", "percent"),
    [
        ([(100.0, 101.0), (-50.0, -45.0), (8.0, 8.1)], 10.0),
        ([(0.0, 1e-9), (1.0, 9.0)], math.inf),
        ([(0.0, -0.0)], 0.0),
        ([(None, 1.0), (1.0, None)], None),
        ([], None),
    ],
)
def test_a_revision_is_as_large_as_its_largest_change(changes: list[tuple[float | None, float | None]], percent: float | None) -> None:
    """In percent of the old value; values that come or go do not count."""
    largest = largest_change([Change(date(2024, 1, 1), "a", *each) for each in changes])

    assert (largest and largest[1]) == (None if percent is None else pytest.approx(percent))


def test_an_infinite_change_is_null_in_json() -> None:
    """JSON has no infinity."""
    event = revision_large(vintage_created(an_entry()), (Change(date(2024, 1, 1), "a", 0.0, 1.0), math.inf))

    assert event.facts["largest_change"]["percent"] is None


def test_the_schedule_is_svix() -> None:
    """At once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h; then it is given up, and its body is no longer kept."""
    clock = StoppedClock()
    delivery, waits = Delivery.of(vintage_created(an_entry()), HOOK, NOON, ""), []
    while delivery.status is DeliveryStatus.PENDING:
        assert delivery.body
        delivery = delivery.tried(Reply(503), clock())
        if delivery.next_at:
            waits.append((delivery.next_at - clock()).total_seconds())
            clock.time = delivery.next_at

    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    assert clock() - NOON == timedelta(hours=27, minutes=35, seconds=5)
    assert (delivery.status, delivery.attempts, delivery.first_at, delivery.ended_at) == (DeliveryStatus.FAILED, 8, NOON, clock())
    assert delivery.body == b""


@pytest.mark.parametrize(
    ("status", "accepts"), [(200, True), (204, True), (299, True), (302, False), (304, False), (410, False), (500, False)]
)
def test_only_2xx_accepts(status: int, accepts: bool) -> None:  # noqa: FBT001
    """A redirect is a failure."""
    assert Reply(status).accepts is accepts


@pytest.mark.parametrize(
    ("selector", "code", "wanted"),
    [
        (None, GDP, True),
        ("FRED/G*", GDP, True),
        ("fred:*", GDP, True),
        ("alfred:FRED/GDP", GDP, False),
        ("FRED/GDP", DatasetCode("FRED", "GDPC1"), False),
    ],
)
def test_a_selector_limits_the_series(selector: str | None, code: DatasetCode, wanted: bool) -> None:  # noqa: FBT001
    """By code, mask, database or provider, as a schedule's; and only its types of events are told."""
    webhook = a_webhook(selector=selector and Selector.parse(selector), events=frozenset({EventType.FETCH_FAILED}))

    assert webhook.wants(EventType.FETCH_FAILED, "fred", code) is wanted
    assert not webhook.wants(EventType.VINTAGE_CREATED, "fred", code)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"events": frozenset()}, "events"),
        ({"threshold": 0.0}, "threshold"),
        ({"threshold": math.nan}, "threshold"),
        ({"threshold": math.inf}, "threshold"),
        ({"url": "https://example.org/" + "x" * 2000}, "url"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], field: str) -> None:
    """The error has the field's name."""
    with pytest.raises(InvalidInput) as caught:
        a_webhook(**changes).check()
    assert caught.value.field == field


def test_both_secrets_sign_until_the_end_of_the_rotation() -> None:
    """Then only the new one does."""
    webhook = a_webhook(rotation=2, previous_until=NOON)

    assert webhook.rotations(NOON - timedelta(seconds=1)) == [2, 1]
    assert webhook.rotations(NOON) == [2]
    assert a_webhook().rotations(NOON) == [0]
