"""Vintages over REST: listed, compared, followed, and read as they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.errors import DatasetNotFound
from domain.observations import Observations
from domain.series import Metadata
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from tests.builders import REVISION, memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.fakes import NAN, CannedSource, StoppedClock
from tests.publishing import Published

ClientOn = Callable[[UseCases], TestClient]
STATES = [
    Observations.of(["2024-01-01", "2024-01-02", "2024-01-03"], ["Open", "Close"], [[1.0, 1.5], [2.0, NAN], [3.0, 3.5]]),
    Observations.of(["2024-01-01", "2024-01-03", "2024-01-04"], ["Open", "Close"], [[9.0, 1.5], [3.0, NAN], [4.0, NAN]]),
    Observations.of(["2024-01-01", "2024-01-03", "2024-01-04"], ["Open", "A & B"], [[9.0, 7.0], [3.0, 7.0], [4.0, 7.0]]),
]


@dataclass
class History:
    """A series of which a vintage arrived on each of the first three days of March, at noon."""

    client: TestClient
    id: str

    def get(self, path: str = "", query: str = "") -> Result:
        return self.client.simulate_get(f"/timeseries/{self.id}{path}", query_string=query)


@pytest.fixture
def history(client_on: ClientOn) -> History:
    clock, source = [datetime(2024, 3, 1, 12, tzinfo=UTC)], CannedSource()
    client = client_on(memory_use_cases({"canned": source}, store=MemoryStore(lambda: clock[0])))
    for day, state in enumerate(STATES, start=1):
        clock[0], source.observations = datetime(2024, 3, day, 12, tzinfo=UTC), state
        requested = client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True, "allow": ["shrink"]}).json
    return History(client, requested["id"])


def refusal(answer: Result) -> tuple[int, str]:
    return answer.status_code, answer.json["errors"][0]["parameter"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 3),
        ("as_of=2024-03-01", 1),
        ("as_of=2024-03-02T11:59:59Z", 1),
        ("as_of=2024-03-02T13:00:00%2B01:00", 2),
        ("vintage=2", 2),
        ("seen_by=2024-03-02", 2),
        ("as_of=2024-03-03&seen_by=2024-03-01", 1),
        ("vintage=1&seen_by=2024-03-01", 1),
        ("vintage=&as_of=&seen_by=", 3),
    ],
)
def test_data_are_those_of_the_moment(history: History, query: str, number: int) -> None:
    """A day means its end; both shapes give the state that was known, had been seen, or has the number."""
    own = history.get("/data.json", query)
    quandl = history.client.simulate_get("/timeseries", query_string=f"id={history.id}&order=asc&{query}").json["dataset_data"]

    assert own.json["vintage"]["number"] == number
    assert own.json["columns"][1:] == quandl["column_names"][1:] == list(STATES[number - 1].columns)
    assert own.json["data"] == quandl["data"] == [[day.isoformat(), *values] for day, values in STATES[number - 1].rows()]


@pytest.mark.parametrize(
    ("query", "code", "hint"),
    [
        ("vintage=4", "vintage_not_found", "Its vintages are numbered from 1."),
        ("vintage=2&seen_by=2024-03-01", "vintage_not_found", "Its vintages are numbered from 1."),
        ("as_of=2024-02-29", "not_known_yet", "It begins at 2024-03-01T12:00:00Z."),
        ("seen_by=2024-02-29", "not_known_yet", "It begins at 2024-03-01T12:00:00Z."),
    ],
)
def test_a_state_that_is_not_there_is_a_404(history: History, query: str, code: str, hint: str) -> None:
    """An unknown number, or a moment before the first, says so and names the way out."""
    for answer in (history.get("/data.json", query), history.client.simulate_get("/timeseries", query_string=f"id={history.id}&{query}")):
        assert (answer.status_code, answer.json["code"], answer.json["hint"]) == (404, code, hint)
        assert "content-location" not in answer.headers


@pytest.mark.parametrize(
    ("query", "number", "kept"),
    [
        ("", 3, ""),
        ("as_of=2024-03-02&order=desc&limit=", 2, "order=desc&"),
        ("vintage=1&columns=Open&columns=Close", 1, "columns=Open&columns=Close&"),
        ("columns=A+%26+B&seen_by=2024-03-09", 3, "columns=A+%26+B&"),
        ("start_date=2024-01-02T00:00:00%2B01:00", 3, "start_date=2024-01-02T00%3A00%3A00%2B01%3A00&"),
    ],
)
def test_the_permanent_address_is_named(history: History, query: str, number: int, kept: str) -> None:
    """Content-Location names the same query by the vintage's number, with the same response."""
    own, bare = history.get("/data.json", query), history.get("/data", query)
    quandl = history.client.simulate_get("/timeseries", query_string=f"{query}&id={history.id}")
    address = own.headers["content-location"]

    assert address == bare.headers["content-location"] == f"/timeseries/{history.id}/data.json?{kept}vintage={number}"
    assert quandl.headers["content-location"] == f"/timeseries?{kept}id={history.id}&vintage={number}"
    for answer in (own, quandl):
        path, _, asked = answer.headers["content-location"].partition("?")
        again = history.client.simulate_get(path, query_string=asked)
        moving = {"series": None, "checked_at": None, "stale": None}
        assert {**again.json, **moving} == {**answer.json, **moving}


def test_vintages_are_listed_as_they_arrived(history: History) -> None:
    """Each item has the facts of a vintage, where it came from, and the way to its data."""
    answer = history.get("/vintages").json
    first = answer["items"][0]

    assert [item["number"] for item in answer["items"]] == [1, 2, 3]
    assert answer["next"] is None
    assert first | {"digest": "", "fetch_id": "", "links": {}} == {
        "number": 1,
        "published": None,
        "known_at": "2024-03-01T12:00:00Z",
        "fetched_at": "2024-03-01T12:00:00Z",
        "previous_check_at": None,
        "rows": 3,
        "first_date": "2024-01-01",
        "last_date": "2024-01-03",
        "added": 3,
        "changed": 0,
        "deleted": 0,
        "digest": "",
        "cause": "publication",
        "origin": {"request": "canned:WIKI/FB", "response_sha256": "0" * 64, "adapter_version": 1},
        "fetch_id": "",
        "links": {},
        "metadata_changes": [],
    }
    assert first["digest"] == STATES[0].digest().hex()
    assert answer["items"][2]["fetch_id"] == history.get().json["fetch"]["id"]


def test_every_link_leads_somewhere(history: History) -> None:
    """The links in a vintage and in its series work."""
    found = [*history.get().json["links"].values(), *history.get("/vintages/1").json["links"].values()]
    answers = [history.client.simulate_get(path, query_string=query) for path, _, query in (link.partition("?") for link in found)]

    assert [answer.status_code for answer in answers] == [200] * 7


def test_pages_of_vintages_follow_each_other(history: History) -> None:
    """``next`` and the Link header lead through all of them."""
    first = history.get("/vintages", "limit=2")
    second = history.get("/vintages", f"limit=2&cursor={first.json['next']}")

    assert [item["number"] for item in (*first.json["items"], *second.json["items"])] == [1, 2, 3]
    assert first.headers["link"] == f'</timeseries/{history.id}/vintages?limit=2&cursor={first.json["next"]}>; rel="next"'
    assert (second.json["next"], "link" in second.headers) == (None, False)


def test_one_vintage_is_the_listed_one(history: History) -> None:
    """The address of a number gives what the list gives; an unknown number is a 404."""
    missing = history.get("/vintages/4")

    assert history.get("/vintages/2").json == history.get("/vintages").json["items"][1]
    assert (missing.status_code, missing.json["code"]) == (404, "vintage_not_found")


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.0", "9" * 30])
def test_a_number_is_positive_and_whole(history: History, number: str) -> None:
    """Anything else is a 400 that names it."""
    assert refusal(history.get(f"/vintages/{number}")) == (400, "number")


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/vintages", "limit=0", "limit"),
        ("/vintages", "limit=1001", "limit"),
        ("/vintages", "cursor=x", "cursor"),
        ("/vintages", "after=1", "after"),
        ("/vintages/1", "limit=1", "limit"),
        ("/revisions", "from=yesterday", "from"),
        ("/revisions", "from=0", "from"),
        ("/revisions", "to=-1", "to"),
        ("/revisions", "to=" + "9" * 30, "to"),
        ("/revisions", "to=2024-03-01T00:00:00", "to"),
        ("/revisions", "as_of=2024-03-01", "as_of"),
    ],
)
def test_bad_parameters_are_refused_by_name(history: History, path: str, query: str, name: str) -> None:
    """Each fault is a 400 that names the parameter."""
    assert refusal(history.get(path, query)) == (400, name)


@pytest.mark.parametrize("path", ["/vintages", "/vintages/1", "/revisions"])
def test_ids_of_series_are_checked_then_looked_up(client: TestClient, path: str) -> None:
    """What is no UUID is a 400 naming the id, an unknown one a 404."""
    unknown = client.simulate_get(f"/timeseries/{uuid4()}{path}")

    assert refusal(client.simulate_get(f"/timeseries/x{path}")) == (400, "id")
    assert (unknown.status_code, unknown.json["code"]) == (404, "series_not_found")


def test_the_last_revision_is_shown_by_default(history: History) -> None:
    """Without parameters the newest state is compared with the one known just before it."""
    answer = history.get("/revisions").json

    assert list(answer) == REVISION
    assert (answer["series"]["code"], answer["from"]["number"], answer["to"]["number"]) == ("WIKI/FB", 2, 3)
    assert (answer["columns_added"], answer["columns_removed"], answer["changed"]) == (["A & B"], ["Close"], [])
    assert answer["added"] == {"columns": ["date", "Open", "A & B"], "data": []}


@pytest.mark.parametrize(
    "query", ["to=2", "from=1&to=2", "from=2024-03-01&to=2024-03-02", "from=2024-03-02T11:59:59Z&to=2", "from=1&to=2024-03-02"]
)
def test_two_states_are_compared_cell_by_cell(history: History, query: str) -> None:
    """Numbers and moments name the same states; dates come and go in whole, values change one by one, null where missing."""
    answer = history.get("/revisions", query).json

    assert (answer["from"]["number"], answer["to"]["number"]) == (1, 2)
    assert answer["added"] == {"columns": ["date", "Open", "Close"], "data": [["2024-01-04", 4.0, None]]}
    assert answer["deleted"] == {"columns": ["date", "Open", "Close"], "data": [["2024-01-02", 2.0, None]]}
    assert answer["changed"] == [
        {"date": "2024-01-01", "column": "Open", "old": 1.0, "new": 9.0},
        {"date": "2024-01-03", "column": "Close", "old": 3.5, "new": None},
    ]


def test_comparing_leaves_threads_to_others() -> None:
    """Comparing two states takes long: where all slots for reading are held, clients get a Retry-After."""
    sender = ResponseSender(capacity=0, threads=2)
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=(), sender=sender), headers=LOCAL)
    with sender.read_slots.acquire("another"):
        answer = client.simulate_get(f"/timeseries/{uuid4()}/revisions")

    assert (answer.status_code, answer.json["code"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_revisions_of_seconds_are_called_time(client_on: ClientOn) -> None:
    """On an axis finer than a day changes stand at moments in UTC."""
    source = CannedSource(observations=Observations.of(["2024-01-01T10:00:00"], ["Price"], [[1.0]], unit="s"))
    client = client_on(memory_use_cases({"canned": source}))
    client.simulate_post("/timeseries", json={"code": "WIKI/FB"})
    source.observations = Observations.of(["2024-01-01T10:00:00", "2024-01-01T10:00:01"], ["Price"], [[2.0], [3.0]], unit="s")
    series_id = client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True}).json["id"]
    answer = client.simulate_get(f"/timeseries/{series_id}/revisions").json

    assert answer["added"] == {"columns": ["time", "Price"], "data": [["2024-01-01T10:00:01Z", 3.0]]}
    assert answer["changed"] == [{"date": "2024-01-01T10:00:00Z", "column": "Price", "old": 1.0, "new": 2.0}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("to=1", "vintage_not_found"),
        ("from=7", "vintage_not_found"),
        ("from=2024-02-29", "not_known_yet"),
        ("to=2024-02-29", "not_known_yet"),
    ],
)
def test_what_cannot_be_compared_is_a_404(history: History, query: str, code: str) -> None:
    """The first vintage has none before it; unknown numbers and moments too early have no state."""
    answer = history.get("/revisions", query)

    assert (answer.status_code, answer.json["code"]) == (404, code)
    assert answer.json["hint"]


def test_without_vintages_there_is_nothing_to_compare(client_on: ClientOn) -> None:
    """While the first fetch is under way it is a 503 with Retry-After, after it failed its error; the list is empty."""
    waiting = client_on(waiting_use_cases())
    failing = client_on(memory_use_cases({"canned": CannedSource(error=DatasetNotFound())}))
    answers, lists = [], []
    for client in (waiting, failing):
        series_id = client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["id"]
        answers.append(client.simulate_get(f"/timeseries/{series_id}/revisions"))
        lists.append(client.simulate_get(f"/timeseries/{series_id}/vintages").json)

    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(503, "no_observations_yet"), (404, "not_found")]
    assert int(answers[0].headers["retry-after"]) >= 1
    assert lists == [{"items": [], "next": None}] * 2


def feed(client: TestClient, query: str = "") -> Any:
    return client.simulate_get("/vintages", query_string=query).json


def test_the_feed_goes_on_where_a_follower_was(history: History) -> None:
    """Vintages of all series come oldest first; ``next`` is the position to continue after, also when nothing is new."""
    other = history.client.simulate_post("/timeseries", json={"code": "WIKI/AAPL"}).json["id"]
    first = feed(history.client, "limit=3")
    second = feed(history.client, f"after={first['next']}")
    third = feed(history.client, f"after={second['next']}")

    assert [(item["timeseries"]["code"], item["vintage"]["number"]) for item in first["items"]] == [("WIKI/FB", n) for n in (1, 2, 3)]
    assert [item["position"] for item in first["items"]] == sorted(item["position"] for item in first["items"])
    assert [item["timeseries"] for item in second["items"]] == [{"id": other, "provider": "canned", "code": "WIKI/AAPL"}]
    assert second["items"][0]["vintage"] | {"metadata_changes": []} == history.client.simulate_get(f"/timeseries/{other}/vintages/1").json
    assert first["next"] == first["items"][-1]["position"]
    assert third == {"items": [], "next": second["next"]}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=" + "9" * 30, "limit=0", "limit=1001", "cursor=1"])
def test_the_feed_refuses_by_name(client: TestClient, query: str) -> None:
    """Each fault is a 400 that names the parameter."""
    assert refusal(client.simulate_get("/vintages", query_string=query)) == (400, query.partition("=")[0])


@pytest.mark.parametrize("path", ["/timeseries/{}/vintages?limit=1", "/timeseries/{}/vintages/1", "/timeseries/{}/revisions", "/vintages"])
def test_head_is_get_without_a_body(history: History, path: str) -> None:
    """The headers are those of GET."""
    address, _, query = path.format(history.id).partition("?")
    got, headed = (getattr(history.client, f"simulate_{method}")(address, query_string=query) for method in ("get", "head"))
    changing = ("x-request-id",)

    assert (headed.status_code, headed.content) == (200, b"")
    assert {k: v for k, v in headed.headers.items() if k not in changing} == {k: v for k, v in got.headers.items() if k not in changing}


def test_a_change_of_the_unit_stands_beside_its_vintage(client_on: ClientOn) -> None:
    """What values mean is shown where it changed: with the vintage it came with, or the last one before it."""
    clock = [datetime(2024, 3, 1, 12, tzinfo=UTC)]
    source = CannedSource(metadata=Metadata(unit="USD", extra={"multiplier": "3"}))
    client = client_on(memory_use_cases({"canned": source}, store=MemoryStore(lambda: clock[0])))
    told = [(STATES[0], "3", "USD"), (STATES[1], "6", "USD"), (STATES[1], "6", "EUR"), (STATES[1], "6", "EUR"), (STATES[0], "6", "EUR")]
    for day, (state, multiplier, unit) in enumerate(told, start=1):
        clock[0] = datetime(2024, 3, day, 12, tzinfo=UTC)
        source.observations, source.metadata = state, Metadata(unit=unit, extra={"multiplier": multiplier})
        key = client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True, "allow": ["shrink"]}).json["id"]
    history = History(client, key)

    listed = history.get("/vintages").json["items"]
    assert [each["metadata_changes"] for each in listed] == [
        [],
        [
            {"known_at": "2024-03-02T12:00:00Z", "field": "extra.multiplier", "before": "3", "after": "6"},
            {"known_at": "2024-03-03T12:00:00Z", "field": "unit", "before": "USD", "after": "EUR"},
        ],
        [],
    ]
    assert [history.get(f"/vintages/{n}").json for n in (1, 2, 3)] == listed
    assert [item for after in (0, 1, 2) for item in history.get("/vintages", f"limit=1&cursor={after}").json["items"]] == listed


@pytest.mark.parametrize(
    ("allow", "pointer", "detail"),
    [
        ("shrink", "/allow", "allow must be a list."),
        (None, "/allow", "allow must be a list."),
        (["all"], "/allow/0", "allow[0] must be one of shrink, values."),
        (["shrink", 1], "/allow/1", "allow[1] must be one of shrink, values."),
        (["values", None], "/allow/1", "allow[1] must be one of shrink, values."),
    ],
)
def test_what_may_be_allowed(client_on: ClientOn, allow: object, pointer: str, detail: str) -> None:
    """Allowances are listed by name; a wrong one is named by its place."""
    answer = client_on(memory_use_cases({"canned": CannedSource()})).simulate_post("/timeseries", json={"code": "WIKI/FB", "allow": allow})

    assert (answer.status_code, answer.json["errors"]) == (400, [{"pointer": pointer, "detail": detail}])


@pytest.mark.parametrize(("restated", "number"), [("", 1), ("&restated=false", 1), ("&restated=true", 2)])
def test_a_restated_past(client_on: ClientOn, restated: str, number: int) -> None:
    """What was read again later answers for its own moment where that is asked for, in both shapes."""
    source, clock = Published(), StoppedClock(datetime(2024, 3, 1, 12, tzinfo=UTC))
    client = client_on(memory_use_cases({"canned": source}, store=MemoryStore(clock)))
    for version in (1, 2):
        source.states, source.version = [(None, Observations.of(["2024-01-01"], ["a"], [[float(version)]]))], version
        key = client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True}).json["id"]
        clock.forward(days=1)
    query = f"as_of=2024-03-01{restated}"

    answer = client.simulate_get(f"/timeseries/{key}/data.json", query_string=query)
    assert (answer.json["vintage"]["number"], answer.json["data"]) == (number, [["2024-01-01", float(number)]])
    assert answer.headers["content-location"].endswith(f"/data.json?vintage={number}")
    quandl = client.simulate_get("/timeseries", query_string=f"id={key}&{query}").json["dataset_data"]
    assert quandl["data"] == answer.json["data"]
    assert client.simulate_get("/api/v3/datasets/WIKI/FB.json", query_string=query).json["dataset"]["data"] == answer.json["data"]


def test_restated_needs_as_of(history: History) -> None:
    """It is true or false, and says nothing alone."""
    assert refusal(history.get("/data", "restated=yes&as_of=2024-03-01")) == (400, "restated")
    assert refusal(history.get("/data", "restated=true")) == (400, "restated")
    assert history.get("/data", "restated=true&as_of=2024-03-01").headers["content-location"].endswith("/data.json?vintage=1")
