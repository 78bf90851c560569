"""Reading over REST: the list, one series, its observations in both shapes, and fetches."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain import errors
from domain.frequency import Frequency
from domain.observations import Observations
from domain.series import Metadata
from domain.use_cases import UseCases
from entrypoints.rest.openapi.parameters import READING
from tests.builders import CannedSource, memory_use_cases

ClientOn = Callable[[UseCases], TestClient]


def requested(client: TestClient, code: str = "WIKI/FB") -> str:
    series_id: str = client.simulate_post("/timeseries", json={"code": code}).json["id"]
    return series_id


def data(client: TestClient, query: str = "") -> Result:
    return client.simulate_get(f"/timeseries/{requested(client)}/data.json", query_string=query)


def quandl(client: TestClient, query: str = "") -> Result:
    return client.simulate_get("/timeseries", query_string=f"id={requested(client)}&{query}")


def test_own_json_is_ascending_with_its_origin(client: TestClient) -> None:
    """Rows come oldest first with null for a missing value, beside the series, the vintage and their age."""
    answer = data(client)

    assert answer.json["columns"] == ["date", "Open", "Close"]
    assert answer.json["data"] == [["2024-01-01", 1.0, 1.5], ["2024-01-02", 2.0, None], ["2024-01-03", 3.0, 3.5]]
    assert answer.json["series"]["code"] == "WIKI/FB"
    assert answer.json["vintage"]["number"] == 1
    assert answer.json["vintage"]["known_at"].endswith("Z")
    assert answer.json["checked_at"].endswith("Z")
    assert answer.json["stale"] is False
    assert list(answer.json) == ["columns", "data", "series", "vintage", "checked_at", "stale"]
    assert answer.headers["last-modified"].endswith(" GMT")
    assert 0 <= int(answer.headers["age"]) < 60


QUARTERS = CannedSource(
    observations=Observations.of(["2024-01-01", "2024-04-01"], ["GDP"], [[1.0], [2.0]]),
    metadata=Metadata(name="Quarters", frequency=Frequency.QUARTERLY),
)


def test_periods_are_dated_as_asked(client_on: ClientOn) -> None:
    """With ``periods`` a quarter is dated by its first or last day, and the window is one of those dates."""
    client = client_on(memory_use_cases({"canned": QUARTERS}))

    assert data(client, "periods=end").json["data"] == [["2024-03-31", 1.0], ["2024-06-30", 2.0]]
    assert data(client, "periods=start&start_date=2024-02-01").json["data"] == [["2024-04-01", 2.0]]
    assert quandl(client, "periods=end&end_date=2024-03-31").json["dataset_data"]["data"] == [["2024-03-31", 1.0]]
    assert data(client, "periods=middle").status_code == 400


def weeks(dates: str) -> CannedSource:
    return CannedSource(
        observations=Observations.of(["2023-12-29", "2024-01-05"], ["a"], [[1.0], [2.0]]),
        metadata=Metadata(name="Weeks", frequency=Frequency.WEEKLY, extra={"dates": dates}),
    )


def test_periods_follow_what_is_stated(client_on: ClientOn) -> None:
    """A week is moved to the day that it begins or ends on as its series states; where it states nothing, the request is refused."""
    ending, unsaid = (client_on(memory_use_cases({"canned": weeks(dates)})) for dates in ("last day of the week, a Friday", "its own day"))

    assert data(ending, "periods=start").json["data"] == [["2023-12-23", 1.0], ["2023-12-30", 2.0]]
    assert data(ending, "periods=end").json["data"] == [["2023-12-29", 1.0], ["2024-01-05", 2.0]]
    assert data(unsaid).json["data"] == [["2023-12-29", 1.0], ["2024-01-05", 2.0]]
    refused = data(unsaid, "periods=end")
    assert (refused.status_code, refused.json["code"]) == (400, "invalid_input")
    assert "does not state" in refused.text
    assert "periods" in refused.text


def test_the_suffix_may_be_left_out(client: TestClient) -> None:
    """Both addresses give the same."""
    series_id = requested(client)

    assert client.simulate_get(f"/timeseries/{series_id}/data").json == client.simulate_get(f"/timeseries/{series_id}/data.json").json


@pytest.mark.parametrize(
    ("query", "columns", "rows"),
    [
        ("start_date=2024-01-02&columns=Close", ["Close"], [["2024-01-02", None], ["2024-01-03", 3.5]]),
        ("end_date=2024-01-01&columns=Close&columns=Open", ["Close", "Open"], [["2024-01-01", 1.5, 1.0]]),
        ("limit=2&column_index=1", ["Open"], [["2024-01-02", 2.0], ["2024-01-03", 3.0]]),
        ("limit=2&column_index=1&order=desc", ["Open"], [["2024-01-03", 3.0], ["2024-01-02", 2.0]]),
        ("limit=1&column_index=0", [], [["2024-01-03"]]),
        ("limit=1&column_index=1&start_date=&order=&as_of=", ["Open"], [["2024-01-03", 3.0]]),
        ("start_date=2030-01-01&column_index=1", ["Open"], []),
        ("start_date=2024-01-03T00:00:00Z&column_index=1", ["Open"], [["2024-01-03", 3.0]]),
        ("start_date=1704153600000&end_date=1704239999999&column_index=1", ["Open"], [["2024-01-02", 2.0]]),
        ("start_date=-315619200000&limit=1&column_index=1", ["Open"], [["2024-01-03", 3.0]]),
        ("columns=Close,Open&limit=1", ["Close", "Open"], [["2024-01-03", 3.5, 3.0]]),
        ("columns=Close,%20Open&limit=1", ["Close", "Open"], [["2024-01-03", 3.5, 3.0]]),
    ],
)
def test_parameters_choose_the_part(client: TestClient, query: str, columns: list[str], rows: list[object]) -> None:
    """Window, columns, order and limit are those asked for; empty parameters count as absent."""
    answer = data(client, query)

    assert (answer.json["columns"], answer.json["data"]) == (["date", *columns], rows)


BAD_PARAMETERS = {
    "colums=Open": ("colums", "Did you mean columns?"),
    "unknown=1": ("unknown", f"There is: {', '.join(READING)}."),
    "collapse=hourly": ("collapse", ""),
    "transform=log": ("transform", ""),
    "vintages=1": ("vintages", "Did you mean vintage?"),
    "vintage=0": ("vintage", ""),
    "vintage=" + "9" * 30: ("vintage", ""),
    "vintage=1&as_of=2024-01-01": ("vintage", "Give one of them."),
    "seen_by=2024-01-01T10:00:00": ("seen_by", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "columns=Nope": ("columns", "Its columns: Open, Close."),
    "columns=Open,Nope": ("columns", "Its columns: Open, Close."),
    "columns=Open,": ("columns", "Its columns: Open, Close."),
    "columns=Open,Close&columns=Open": ("columns", "Name each column once."),
    "start_date=20240102": ("start_date", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "start_date=1704153600": ("start_date", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "start_date=202401021530": ("start_date", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "end_date=20240102153000": ("end_date", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "column_index=3": ("column_index", "Use 1 to 2; 0 gives the dates alone."),
    "column_index=-1": ("column_index", ""),
    "column_index=1&columns=Open": ("column_index", "Give one of them."),
    "limit=0": ("limit", ""),
    "limit=ten": ("limit", ""),
    "limit=" + "9" * 5000: ("limit", ""),
    "limit=1&limit=2": ("limit", "Give limit once."),
    "order=up": ("order", ""),
    "start_date=2024-02-30": ("start_date", "Write a day like 2009-01-30."),
    "end_date=yesterday": ("end_date", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "as_of=2024-01-01T10:00:00": ("as_of", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "as_of=0001-01-01T00:00:00%2B14:00": ("as_of", "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."),
    "columns=%00": ("columns", ""),
}


@pytest.mark.parametrize("ask", [data, quandl], ids=["own", "quandl"])
@pytest.mark.parametrize(("query", "expected"), BAD_PARAMETERS.items(), ids=[query[:30] for query in BAD_PARAMETERS])
def test_a_bad_parameter_is_refused_by_name(
    client: TestClient,
    ask: Callable[[TestClient, str], Result],
    query: str,
    expected: tuple[str, str],
) -> None:
    """Each fault is a 400 that names the parameter and, where it can, the way out."""
    name, hint = expected
    answer = ask(client, query)

    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, name)
    assert answer.json["hint"] in (
        hint,
        hint.replace("There is: ", "There is: id, "),
        hint.replace(".", ", aggregate, shape, flags."),
    )


def test_seconds_are_called_time(client_on: ClientOn) -> None:
    """An axis finer than a day has moments in UTC under the name time."""
    state = Observations.of(["2024-01-01T10:00:00", "2024-01-01T10:00:01"], ["Price"], [[1.0], [2.0]], unit="s")
    answer = data(client_on(memory_use_cases({"canned": CannedSource(observations=state)})), "limit=1")

    assert answer.json["columns"] == ["time", "Price"]
    assert answer.json["data"] == [["2024-01-01T10:00:01Z", 2.0]]


def test_quandls_shape_is_descending_under_the_providers_names(client: TestClient) -> None:
    """``?id=`` returns Quandl's document, members and order included."""
    assert list(quandl(client).json["dataset_data"].items()) == [
        ("limit", None),
        ("transform", None),
        ("column_index", None),
        ("column_names", ["Day", "Open", "Close"]),
        ("start_date", "2024-01-01"),
        ("end_date", "2024-01-03"),
        ("frequency", "daily"),
        ("data", [["2024-01-03", 3.0, 3.5], ["2024-01-02", 2.0, None], ["2024-01-01", 1.0, 1.5]]),
        ("collapse", None),
        ("order", "desc"),
    ]


def test_quandls_shape_echoes_what_was_asked(client: TestClient) -> None:
    """The response repeats the requested window, limit, column and order."""
    answer = quandl(client, "start_date=2024-01-02&limit=1&column_index=2&order=asc").json["dataset_data"]

    assert (answer["start_date"], answer["limit"], answer["column_index"], answer["order"]) == ("2024-01-02", 1, 2, "asc")
    assert (answer["column_names"], answer["data"]) == (["Day", "Close"], [["2024-01-03", 3.5]])


def test_a_pending_series_says_when_to_look_again(waiting: TestClient) -> None:
    """Without any vintage ``?id=`` is a 202 and the own API a 503 problem, both with Retry-After."""
    polled, own = quandl(waiting), data(waiting)

    assert polled.status_code == 202
    assert list(polled.json) == ["id", "status", "attempts", "next_attempt", "last_error"]
    assert (polled.json["status"], polled.json["attempts"], polled.json["last_error"]) == ("pending", 0, None)
    assert int(polled.headers["retry-after"]) >= 1
    assert (own.status_code, own.json["code"], own.json["retryable"]) == (503, "no_observations_yet", True)
    assert int(own.headers["retry-after"]) >= 1


def test_a_pending_series_shows_its_last_error(client_on: ClientOn) -> None:
    """A fetch that is retried shows why, in the response and at its own URL."""
    client = client_on(memory_use_cases({"canned": CannedSource(error=errors.RateLimited("Slow down.", retry_after=500))}))
    polled = quandl(client)
    fetch = client.simulate_get(client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["links"]["fetch"]).json

    assert (polled.status_code, polled.json["attempts"]) == (202, 1)
    assert polled.json["last_error"]["code"] == "rate_limited"
    assert 400 < int(polled.headers["retry-after"]) <= 500
    assert (fetch["status"], fetch["waiting_for"]["reason"]) == ("pending", "rate_limit")
    assert fetch["waiting_for"]["until"] == fetch["next_attempt"] == polled.json["next_attempt"]
    assert fetch["error"]["message"] == "Slow down."


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.DatasetNotFound(), 404), (errors.SourceGone(), 404), (errors.KeyRejected(), 502), (errors.AnswerTooLarge(), 502)],
    ids=lambda value: getattr(value, "code", value),
)
@pytest.mark.parametrize("ask", [data, quandl], ids=["own", "quandl"])
def test_a_failed_fetch_is_a_problem_in_its_own_words(
    client_on: ClientOn, ask: Callable[[TestClient], Result], error: errors.FetchError, status: int
) -> None:
    """Without any vintage the fetch's code, sentence and hint are the problem's."""
    answer = ask(client_on(memory_use_cases({"canned": CannedSource(error=error)})))

    assert (answer.status_code, answer.json["code"]) == (status, error.code)
    assert (answer.json["detail"], answer.json["hint"], answer.json["retryable"]) == (error.message, error.hint, False)


@pytest.mark.parametrize("ask", [data, quandl], ids=["own", "quandl"])
def test_before_the_first_vintage_nothing_is_known(client: TestClient, ask: Callable[[TestClient, str], Result]) -> None:
    """An ``as_of`` too early is a 404 that says from when on the series is known."""
    answer = ask(client, "as_of=2001-01-01")

    assert (answer.status_code, answer.json["code"]) == (404, "not_known_yet")
    assert "begins at 20" in answer.json["hint"]


@pytest.mark.parametrize(
    "address", ["/timeseries?id={}", "/timeseries/{}", "/timeseries/{}/data", "/timeseries/{}/data.json", "/fetches/{}"]
)
def test_ids_are_checked_then_looked_up(client: TestClient, address: str) -> None:
    """What is no UUID is a 400 naming the id, an unknown one a 404."""
    bad = client.simulate_get(address.format("..x"))
    unknown = client.simulate_get(address.format("00000000-0000-4000-8000-000000000000"))

    assert (bad.status_code, bad.json["errors"][0]["parameter"]) == (400, "id")
    assert (unknown.status_code, unknown.json["code"].endswith("_not_found")) == (404, True)


def test_a_series_is_described_in_full(client: TestClient) -> None:
    """Identity, metadata, state, newest vintage and fetch, and freshness."""
    series_id = requested(client)
    answer = client.simulate_get(f"/timeseries/{series_id}").json

    assert (answer["id"], answer["code"], answer["alias"], answer["number"]) == (series_id, "WIKI/FB", "WIKI/FB", 1)
    assert (answer["status"], answer["rows"], answer["first_date"], answer["last_date"]) == ("success", 3, "2024-01-01", "2024-01-03")
    assert (answer["metadata"]["name"], answer["metadata"]["frequency"]) == ("Some Prices", "daily")
    assert (answer["vintage"]["number"], answer["vintage"]["added"]) == (1, 3)
    assert (answer["fetch"]["status"], answer["fetch"]["unchanged"], answer["fetch"]["vintage"]) == ("success", False, 1)
    assert (answer["stale"], answer["checked_at"] >= answer["created_at"]) == (False, True)


def test_a_series_without_vintage_has_nulls(waiting: TestClient) -> None:
    """What is not there yet is null, not left out."""
    answer = waiting.simulate_get(f"/timeseries/{requested(waiting)}").json

    assert [answer[name] for name in ("status", "rows", "first_date", "last_date", "vintage", "checked_at")] == ["pending", *[None] * 5]
    assert answer["stale"] is True


def test_an_old_answer_is_stale(client_on: ClientOn) -> None:
    """Staleness and age follow the last good fetch."""
    clock = [datetime.now(UTC) - timedelta(hours=7)]
    client = client_on(memory_use_cases({"canned": CannedSource()}, store=MemoryStore(lambda: clock[0])))
    series_id = requested(client)
    clock[0] = datetime.now(UTC)
    answer = client.simulate_get(f"/timeseries/{series_id}/data")

    assert answer.json["stale"] is True
    assert int(answer.headers["age"]) == pytest.approx(7 * 3600, abs=60)


def test_a_fetch_can_be_followed(client: TestClient) -> None:
    """An unchanged second fetch adds no vintage and says so."""
    requested(client)
    fetch_id = client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True}).json["fetch"]["id"]
    answer = client.simulate_get(f"/fetches/{fetch_id}").json

    assert (answer["id"], answer["status"], answer["attempts"]) == (fetch_id, "success", 1)
    assert (answer["unchanged"], answer["vintage"], answer["vintages_added"]) == (True, None, 0)
    assert [answer[name] for name in ("next_attempt", "waiting_for", "error")] == [None, None, None]
    assert answer["links"]["timeseries"] == f"/timeseries/{answer['timeseries_id']}"


def codes(answer: Result) -> list[str]:
    return [item["code"] for item in answer.json["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["WIKI/FB", "WIKI/AAPL", "FRED/GDP"]),
        ("query=some+wiki", ["WIKI/FB", "WIKI/AAPL"]),
        ("code=FRED/GDP", ["FRED/GDP"]),
        ("code=other:FRED/GDP", ["FRED/GDP"]),
        ("code=canned:FRED/GDP", []),
        ("provider=canned", ["WIKI/FB", "WIKI/AAPL"]),
        ("database_code=fred&status=success&query=", ["FRED/GDP"]),
        ("status=error", []),
    ],
)
def test_series_are_found(client: TestClient, query: str, expected: list[str]) -> None:
    """Words, code, provider, database and status narrow the list; it is in order of creation."""
    for code in ("WIKI/FB", "WIKI/AAPL", "other:FRED/GDP"):
        requested(client, code)

    assert codes(client.simulate_get("/timeseries", query_string=query)) == expected


def test_pages_follow_each_other(client: TestClient) -> None:
    """``next`` and the Link header both lead through the whole list, keeping the question."""
    for n in range(5):
        requested(client, f"WIKI/S{n}")
    seen, address = [], "/timeseries?limit=2&provider=canned"
    while address:
        page = client.simulate_get(address)
        seen += codes(page)
        link = page.headers.get("link", "")
        assert bool(link) == (page.json["next"] is not None)
        assert not link or link.endswith('>; rel="next"')
        address = link.partition(">")[0].lstrip("<")

    assert seen == [f"WIKI/S{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=1001", "limit"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("status=done", "status"),
        ("code=FB", "code"),
        ("quer=x", "quer"),
    ],
)
def test_a_bad_question_is_refused_by_name(client: TestClient, query: str, name: str) -> None:
    """The list's parameters are checked like all others."""
    answer = client.simulate_get("/timeseries", query_string=query)

    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (400, name)


@pytest.mark.parametrize("query", ["code=SAMPLE/MACRO", "code=canned:SAMPLE/MACRO", "code=SAMPLE/MACRO&provider=canned"])
def test_what_is_not_kept_is_requested_by_its_own_code(client: TestClient, query: str) -> None:
    """The hint is the request to make, with the provider if one was named."""
    problem = client.simulate_get("/data", query_string=query).json
    body = problem["hint"].removeprefix("Request it: POST /timeseries ").removesuffix(".")

    assert json.loads(body) == {"code": "SAMPLE/MACRO" if query == "code=SAMPLE/MACRO" else "canned:SAMPLE/MACRO"}


def test_a_comma_may_be_part_of_a_name(client_on: ClientOn) -> None:
    """The longest name that there is counts, and a name that is given whole."""
    named = Observations.of(["2024-01-01"], ["a", "b, c", "b", "c"], [[1.0, 2.0, 3.0, 4.0]])
    client = client_on(memory_use_cases({"canned": CannedSource(observations=named)}))

    assert data(client, "columns=b,%20c").json["columns"] == ["date", "b, c"]
    assert data(client, "columns=a,b,%20c,c").json["columns"] == ["date", "a", "b, c", "c"]
    assert data(client, "columns=c,b,a").json["data"] == [["2024-01-01", 4.0, 3.0, 1.0]]


def test_a_bare_list(client: TestClient) -> None:
    """``shape=list`` is the records alone, as data frames read them, and changes with the data only."""
    records, alone = data(client, "shape=records&order=desc"), data(client, "shape=list&order=desc")
    tags = [data(client, f"shape={shape}").headers["etag"] for shape in ("table", "records", "list")]

    assert (alone.json, alone.headers["content-type"]) == (records.json["data"], "application/json")
    assert data(client, "shape=list&start_date=2030-01-01").json == []
    assert len(set(tags)) == 3
