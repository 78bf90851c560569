"""The Quandl-compatible API: its parameters, documents, errors, and fetches of missing series."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from falcon.testing import TestClient

from domain.errors import DamagedVintage, DatasetNotFound, FetchError, RateLimited, SourceForbidden, SourceUnavailable
from domain.observations import Observations
from domain.providers import Provider
from domain.use_cases.list_providers import ListProviders
from domain.use_cases.read_series import Reading, ReadSeries, Selection
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.quandl.databases import ArchiveResource
from tests.builders import waiting_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.quandl import DAYS, ClientOn, QuandlClient
from tests.fakes import NAN


@pytest.fixture
def quandl(client_on: ClientOn) -> QuandlClient:
    return QuandlClient(client_on)


def test_a_dataset_is_fetched_by_being_asked_for(quandl: QuandlClient) -> None:
    """The first call returns the data, newest first, and repeats the query."""
    assert quandl.data() == {
        "limit": None,
        "transform": None,
        "column_index": None,
        "column_names": ["Date", "Open", "Close"],
        "start_date": "2024-01-29",
        "end_date": "2024-02-05",
        "frequency": "daily",
        "data": [["2024-02-05", 8.0, 40.0], ["2024-02-01", 4.0, None], ["2024-01-30", 2.0, 20.0], ["2024-01-29", 1.0, 10.0]],
        "collapse": None,
        "order": None,
    }
    assert len(quandl.source.asked) == 1


def test_the_members_come_in_the_order_of_quandls_server(quandl: QuandlClient) -> None:
    """Data stand between the metadata, and the database's id comes last."""
    whole = quandl.get("/datasets/WIKI/FB.json").json["dataset"]
    described = quandl.get("/datasets/WIKI/FB/metadata.json").json["dataset"]

    assert [*described] == [
        *("id", "dataset_code", "database_code", "name", "description", "refreshed_at", "newest_available_date"),
        *("oldest_available_date", "column_names", "frequency", "type", "premium", "database_id"),
    ]
    assert [*whole][12:] == ["limit", "transform", "column_index", "start_date", "end_date", "data", "collapse", "order", "database_id"]
    assert (described["refreshed_at"], described["column_names"]) == ("2024-03-01T12:00:00.000Z", ["Date", "Open", "Close"])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("limit=1", [["2024-02-05", 8.0, 40.0]]),
        ("rows=2&order=asc&column_index=1", [["2024-02-01", 4.0], ["2024-02-05", 8.0]]),
        ("column=0&limit=1", [["2024-02-05"]]),
        ("trim_start=2024-1-30&trim_end=2024-02-01%2000:00:00&column_index=1", [["2024-02-01", 4.0], ["2024-01-30", 2.0]]),
        ("collapse=monthly&column_index=2", [["2024-02-29", 40.0], ["2024-01-31", 20.0]]),
        ("collapse=monthly&end_date=2024-02-01", [["2024-02-29", 4.0, None], ["2024-01-31", 2.0, 20.0]]),
        ("transform=diff&column_index=1&limit=1", [["2024-02-05", 4.0]]),
        ("transformation=cumul&column_index=1&limit=2", [["2024-02-05", 12.0], ["2024-02-01", 4.0]]),
        ("collapse=monthly&transform=rdiff&column_index=1", [["2024-02-29", 3.0]]),
        ("limit=&collapse=&transform=none&start_date=2024-02-05&sort_order=asc", [["2024-02-05", 8.0, 40.0]]),
        ("start_date=2030-01-01", []),
        ("whatever=1&limit=1&auth_token=x", [["2024-02-05", 8.0, 40.0]]),
        ("limit=1&limit=2&column_index=1", [["2024-02-05", 8.0], ["2024-02-01", 4.0]]),
    ],
)
def test_parameters(quandl: QuandlClient, query: str, rows: list[list[Any]]) -> None:
    """Every name and alias means what it meant; empty and unknown ones mean nothing."""
    assert quandl.data(query)["data"] == rows


def test_a_column_that_is_not_there(quandl: QuandlClient) -> None:
    """The response is well formed and empty, which clients distinguish from a missing dataset."""
    assert (quandl.data("column_index=3")["data"], quandl.data("column_index=3")["column_names"]) == ([], ["Date", None])
    assert quandl.get("/datasets/WIKI/FB/data.csv", "column_index=3").text == "Date,\n"


@pytest.mark.parametrize(
    "query", ["start_date=2000-00-00", "limit=0", "limit=many", "transform=log", "column_index=-1", "column_index=Close"]
)
def test_values_that_nobody_understands(quandl: QuandlClient, query: str) -> None:
    """They are 422 with Quandl's code for it, and name the parameter."""
    answer = quandl.get("/datasets/WIKI/FB/data", query)

    assert (answer.status_code, answer.json["quandl_error"]["code"]) == (422, "QESx04")
    assert query.partition("=")[0] in answer.json["quandl_error"]["message"]


def test_csv(quandl: QuandlClient) -> None:
    """The suffix or the Accept header asks for it; the header line can be left out; an error is CSV too."""
    plain = "2024-02-05,8.0,40.0\n2024-02-01,4.0,\n"
    answer = quandl.get("/datasets/WIKI/FB.csv", "limit=2")

    assert (answer.text, answer.headers["content-type"]) == ("Date,Open,Close\n" + plain, "text/csv")
    assert quandl.get("/datasets/WIKI/FB/data.csv", "limit=2&exclude_column_names=true").text == plain
    assert quandl.get("/datasets/WIKI/FB/data", "limit=2", Accept="text/csv").text == answer.text
    described = [*csv.DictReader(io.StringIO(quandl.get("/datasets/WIKI/FB/metadata.csv").text))]
    assert (described[0]["dataset_code"], described[0]["column_names"]) == ("FB", '["Date", "Open", "Close"]')
    wrong = quandl.get("/datasets/WIKI/FB.csv", "limit=x")
    assert wrong.text.startswith("code,message\nQESx04,")


def test_names_that_providers_leave_out(client_on: ClientOn) -> None:
    """An only column without a name is Value, a date column without one is Date."""
    quandl = QuandlClient(client_on, observations=Observations.of(["2024-01-01"], ("",), [[1.0]]), date_column="")

    assert quandl.data()["column_names"] == ["Date", "Value"]


@pytest.mark.parametrize("path", ["/datasets/wiki/fb", "/datasets/Wiki/FB/data.json", "/datasets/WIKI/F.B/data", "/datasets/WIKI/F_B.json"])
def test_codes_are_case_blind_and_reached_by_alias(client_on: ClientOn, path: str) -> None:
    """A series is found by its code in letters of either case, or by the spelling without special characters."""
    quandl = QuandlClient(client_on)
    held = "WIKI/F.B" if "F.B" in path or "F_B" in path else "WIKI/FB"
    quandl.client.simulate_post("/timeseries", json={"code": held})

    assert quandl.get(path).status_code == 200
    assert [str(code) for code in quandl.source.asked] == [held]


def test_a_stale_series_is_fetched_again_first(quandl: QuandlClient) -> None:
    """Stale data are refreshed before the response; if that fails, the stored data are returned."""
    quandl.data()
    quandl.clock.time += timedelta(hours=7)
    quandl.data()
    assert len(quandl.source.asked) == 2

    quandl.source.error = SourceForbidden("No more.")
    quandl.clock.time += timedelta(hours=7)
    assert quandl.data("limit=1")["data"] == [["2024-02-05", 8.0, 40.0]]
    assert len(quandl.source.asked) == 3
    quandl.data()
    assert len(quandl.source.asked) == 3  # it is not asked again within the hour


def test_a_stale_series_is_answered_where_nobody_may_wait(quandl: QuandlClient) -> None:
    """When all slots for waiting are held, stored data are returned; without any, clients get a Retry-After."""
    sender = ResponseSender(capacity=0, threads=8)
    client = TestClient(create_app(quandl.use_cases, allowed_hosts=(), sender=sender), headers=LOCAL)
    client.simulate_get("/api/v3/datasets/WIKI/FB/data")
    quandl.clock.time += timedelta(hours=7)
    with sender.wait_slots.acquire("127.0.0.1"), sender.wait_slots.acquire("127.0.0.1"):
        kept = client.simulate_get("/api/v3/datasets/WIKI/FB/data")
        missing = client.simulate_get("/api/v3/datasets/WIKI/OTHER")

    assert (kept.status_code, missing.status_code, missing.headers["retry-after"]) == (200, 503, "1")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DatasetNotFound("No such."), 404, "QECx02"),
        (SourceForbidden("Not you."), 403, "QEPx04"),
        (SourceUnavailable("Down."), 503, "QEXx01"),
    ],
)
def test_how_a_provider_refuses(client_on: ClientOn, error: FetchError, status: int, code: str) -> None:
    """Each class of error is the one by which clients know what to raise, and repeats the reason."""
    quandl = QuandlClient(client_on)
    quandl.source.error = error
    answer = quandl.get("/datasets/WIKI/FB")

    assert (answer.status_code, answer.json["quandl_error"]["code"]) == (status, code)


def test_what_is_unknown_is_remembered_for_an_hour(quandl: QuandlClient) -> None:
    """A code that its provider does not know is not asked for again at once."""
    quandl.source.error = DatasetNotFound("No such.")
    quandl.get("/datasets/WIKI/FB")
    quandl.get("/datasets/WIKI/FB")
    assert len(quandl.source.asked) == 1

    quandl.source.error = None
    quandl.clock.time += timedelta(hours=1, seconds=1)
    assert quandl.get("/datasets/WIKI/FB").status_code == 200


def test_a_fetch_that_takes_too_long(client_on: ClientOn) -> None:
    """Clients get a Retry-After of seconds; if the provider is blocked for longer, the message says until when."""
    pending = client_on(waiting_use_cases()).simulate_get("/api/v3/datasets/WIKI/FB")
    assert (pending.status_code, pending.headers["retry-after"]) == (503, "1")
    assert pending.json["quandl_error"]["code"] == "QEXx01"

    quandl = QuandlClient(client_on)
    quandl.clock.time = datetime.now(UTC)
    quandl.source.error = RateLimited("Enough.", retry_after=3600)
    barred = quandl.get("/datasets/WIKI/FB")
    assert (barred.status_code, "retry-after" in barred.headers) == (503, False)
    assert "cannot be fetched before" in barred.json["quandl_error"]["message"]


def test_why_a_fetch_is_tried_again(client_on: ClientOn) -> None:
    """While it waits for its next attempt, clients get the last failure and a Retry-After."""
    quandl = QuandlClient(client_on)
    quandl.source.error = SourceUnavailable("Could not reach data.invalid: its name is not known.")
    answer = quandl.get("/datasets/WIKI/FB")

    assert (answer.status_code, answer.json["quandl_error"]) == (
        503,
        {
            "code": "QEXx01",
            "message": "WIKI/FB is being fetched. Please try again. "
            "The last attempt failed: Could not reach data.invalid: its name is not known.",
        },
    )
    assert 1 <= int(answer.headers["retry-after"]) <= 10


def test_a_provider_without_its_key(client: TestClient) -> None:
    """A provider without its key is a 403, and the message names the variable."""
    answer = client.simulate_get("/api/v3/datasets/KEYLESS/FB")

    assert (answer.status_code, answer.json["quandl_error"]["code"]) == (403, "QEPx04")
    assert "LANNER_PROVIDERS__KEYLESS__API_KEY" in answer.json["quandl_error"]["message"]


@pytest.mark.parametrize(
    ("path", "code"),
    [("/datasets/WIKI", "QECx05"), ("/nothing", "QECx05"), ("/datasets/WIKI/FB/other", "QECx05"), ("/datasets/WI!KI/FB", "QECx02")],
)
def test_addresses_that_are_none(quandl: QuandlClient, path: str, code: str) -> None:
    """They are 404 in the words that clients can read."""
    answer = quandl.get(path)

    assert (answer.status_code, answer.json["quandl_error"]["code"]) == (404, code)


def test_the_past_by_old_clients(quandl: QuandlClient) -> None:
    """as_of, vintage and seen_by choose the state here too."""
    quandl.data()
    quandl.source.observations = Observations.of(["2024-01-29"], ("Open",), [[5.0]])
    quandl.clock.time += timedelta(days=1)
    quandl.client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True, "allow_shrink": True})

    assert quandl.data()["data"] == [["2024-01-29", 5.0]]
    assert len(quandl.data("vintage=1")["data"]) == 4
    assert len(quandl.data("as_of=2024-03-01")["data"]) == 4
    assert quandl.get("/datasets/WIKI/FB", "as_of=2020-01-01").status_code == 404


@pytest.mark.parametrize("query", ["vintage=1", "as_of=2024-03-01", "seen_by=2024-03-01"])
def test_metadata_of_the_past_look_no_further(quandl: QuandlClient, query: str) -> None:
    """The first and last dates are those that were there; lists tell the newest ones."""
    quandl.data()
    quandl.source.observations = Observations.of(["2023-12-31", *DAYS, "2024-03-02"], ("Open",), [[float(n)] for n in range(6)])
    quandl.clock.time += timedelta(days=1)
    quandl.client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True, "allow": ["shrink"]})
    told = [quandl.get(f"/datasets/WIKI/FB{part}", query).json["dataset"] for part in (".json", "/metadata")]
    (listed,) = quandl.get("/datasets").json["datasets"]

    assert [dates_of(each) for each in told] == [("2024-01-29", "2024-02-05")] * 2
    assert dates_of(listed) == dates_of(quandl.get("/datasets/WIKI/FB").json["dataset"]) == ("2023-12-31", "2024-03-02")


def dates_of(described: dict[str, Any]) -> tuple[str, str]:
    return described["oldest_available_date"], described["newest_available_date"]


def test_searching(quandl: QuandlClient) -> None:
    """All words must match; the response has page numbers and totals."""
    for name in ("A", "B", "C"):
        quandl.get(f"/datasets/WIKI/{name}")
    found = quandl.get("/datasets.json", "query=prices+wiki&per_page=2&page=2").json

    assert [each["dataset_code"] for each in found["datasets"]] == ["C"]
    assert found["meta"] == {
        "query": "prices wiki",
        "per_page": 2,
        "current_page": 2,
        "prev_page": 1,
        "total_pages": 2,
        "total_count": 3,
        "next_page": None,
        "current_first_item": 3,
        "current_last_item": 3,
    }
    assert quandl.get("/datasets", "query=nothing").json["datasets"] == []
    assert quandl.get("/datasets", "database_code=wiki").json["meta"]["total_count"] == 3
    assert len(quandl.get("/datasets.csv", "per_page=2").text.splitlines()) == 3


def test_databases(quandl: QuandlClient) -> None:
    """They are those with stored series."""
    quandl.get("/datasets/WIKI/FB")
    quandl.get("/datasets/LBMA/GOLD")
    listed = quandl.get("/databases").json

    assert [each["database_code"] for each in listed["databases"]] == ["LBMA", "WIKI"]
    assert [each["datasets_count"] for each in listed["databases"]] == [1, 1]
    assert quandl.get("/databases.json", "query=wik").json["meta"]["total_count"] == 1
    assert quandl.get("/databases/wiki.json").json["database"]["database_code"] == "WIKI"
    for path in ("/databases/NONE", "/databases/NONE/codes", "/databases/%00/codes"):
        assert quandl.get(path).json["quandl_error"]["code"] == "QECx02"


@pytest.mark.parametrize("path", ["/databases", "/databases/WIKI"])
def test_describing_databases_holds_a_slot(quandl: QuandlClient, path: str) -> None:
    """To find and count them takes a query each, so others keep threads of their own."""
    sender = ResponseSender(capacity=0, threads=2)
    client = TestClient(create_app(quandl.use_cases, allowed_hosts=(), sender=sender), headers=LOCAL)
    with sender.read_slots.acquire("another"):
        answer = client.simulate_get(f"/api/v3{path}")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lister(ListProviders):
    """Counts its calls."""

    told: list[int] = field(default_factory=list)

    def facts(self) -> Sequence[Provider]:
        self.told.append(1)
        return ListProviders.facts(self)


def test_titles_are_looked_up_once_a_page(quandl: QuandlClient) -> None:
    """However many databases it describes."""
    listing = quandl.use_cases.list_providers
    lister = Lister(store=listing.store, providers=listing.providers, calls=listing.calls)
    for database in ("WIKI", "LBMA"):
        quandl.get(f"/datasets/{database}/GOLD")
    client = TestClient(create_app(replace(quandl.use_cases, list_providers=lister), allowed_hosts=()), headers=LOCAL)

    assert [each["name"] for each in client.simulate_get("/api/v3/databases").json["databases"]] == ["canned", "canned"]
    assert lister.told == [1]


def members(content: bytes) -> Iterator[tuple[str, list[str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name).decode().splitlines()


def test_archives(quandl: QuandlClient) -> None:
    """Codes, descriptions and all data come as a ZIP with one CSV in it; the data under a name of their own."""
    quandl.get("/datasets/WIKI/FB")
    codes, described = quandl.get("/databases/WIKI/codes.json"), quandl.get("/databases/WIKI/metadata")
    led = quandl.get("/databases/WIKI/data", "download_type=complete")
    whole = quandl.client.simulate_get(led.headers["location"].removeprefix("http://localhost:8000"))

    assert [*members(codes.content)] == [("WIKI-datasets-codes.csv", ["WIKI/FB,Prices"])]
    assert next(members(described.content))[1][0] == "code,name,description,refreshed_at,from_date,to_date"
    assert (led.status_code, led.headers["location"].rpartition("/")[2][:5]) == (302, "WIKI_")
    ((name, lines),) = members(whole.content)
    assert name.startswith("WIKI_")
    assert lines == ["FB,2024-01-29,1.0,10.0", "FB,2024-01-30,2.0,20.0", "FB,2024-02-01,4.0,", "FB,2024-02-05,8.0,40.0"]


def test_the_partial_archive_has_what_the_last_day_brought(quandl: QuandlClient) -> None:
    """New dates and changed ones are in it, and nothing else."""
    quandl.get("/datasets/WIKI/FB")
    quandl.get("/datasets/WIKI/OLD")
    quandl.clock.time += timedelta(days=3)
    quandl.source.observations = Observations.of([*DAYS, "2024-02-06"], ("Open", "Close"), [[1, 10], [2, 21], [4, NAN], [8, 40], [9, 50]])
    quandl.client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True})
    led = quandl.get("/databases/WIKI/data", "download_type=partial")
    ((_, lines),) = members(quandl.client.simulate_get(led.headers["location"].removeprefix("http://localhost:8000")).content)

    assert led.headers["location"].endswith(f"/WIKI_{quandl.clock.time:%Y%m%d}.partial.zip")
    assert lines == ["FB,2024-01-30,2.0,21.0", "FB,2024-02-06,9.0,50.0"]
    assert quandl.get("/databases/WIKI/data/OTHER_1.zip").status_code == 404


def test_the_older_address_of_archives(quandl: QuandlClient) -> None:
    """There a line of names comes first, once."""
    quandl.get("/datasets/WIKI/FB")
    quandl.get("/datasets/WIKI/OLD")
    led = quandl.get("/databases/WIKI/download")
    ((_, lines),) = members(quandl.client.simulate_get(led.headers["location"].removeprefix("http://localhost:8000")).content)

    assert lines[:2] == ["Ticker,Date,Open,Close", "FB,2024-01-29,1.0,10.0"]
    assert [line[:3] for line in lines[1:]] == ["FB,"] * 4 + ["OLD"] * 4


def test_names_of_archives(quandl: QuandlClient) -> None:
    """Only lanner's own file names are valid, so that no header repeats a client's text."""
    quandl.get("/datasets/WIKI/FB")

    assert quandl.get("/databases/WIKI/data/WIKI_20240301.zip").headers["content-disposition"].endswith('WIKI_20240301.zip"')
    for made_up in ("WIKI_x.zip", "WIKI_%22;x.zip", "WIKI_20240301%0d%0aX.zip", "WIKI_20240301"):
        assert quandl.get(f"/databases/WIKI/data/{made_up}").status_code == 404


def test_a_refusal_is_no_archive(quandl: QuandlClient) -> None:
    """Where all slots for archives are held, the error is displayed and not saved under the archive's name."""
    quandl.get("/datasets/WIKI/FB")
    sender = ResponseSender(capacity=0, threads=4)
    client = TestClient(create_app(quandl.use_cases, allowed_hosts=(), sender=sender), headers=LOCAL)
    with sender.stream_slots.acquire("127.0.0.1"):
        busy = client.simulate_get("/api/v3/databases/WIKI/codes")

    assert (busy.status_code, busy.json["quandl_error"]["code"]) == (503, "QEXx01")
    assert "content-disposition" not in busy.headers


@pytest.mark.parametrize("formula", ["=cmd()", "\uff1dcmd()", "\ufeff=cmd()", "\u200b@cmd()"], ids=ascii)
def test_what_providers_say_is_no_formula(client_on: ClientOn, formula: str) -> None:
    """Names and descriptions begin with an apostrophe where a spreadsheet would run them."""
    quandl = QuandlClient(client_on, description=formula)
    quandl.get("/datasets/WIKI/FB")

    assert f",'{formula}," in quandl.get("/datasets/WIKI/FB/metadata.csv").content.decode()
    assert f",'{formula}," in quandl.get("/datasets.csv").content.decode()
    assert f",'{formula}," in next(members(quandl.get("/databases/WIKI/metadata").content))[1][1]


def test_a_series_removed_while_its_archive_is_sent(quandl: QuandlClient) -> None:
    """The rest is sent."""
    ids = [quandl.client.simulate_post("/timeseries", json={"code": f"WIKI/{name}"}).json["id"] for name in "ABC"]
    resource = ArchiveResource(quandl.use_cases, ResponseSender())
    rows = resource._rows("WIKI", partial=False)
    first = next(rows)
    quandl.client.simulate_delete(f"/timeseries/{ids[1]}", params={"confirm": "WIKI/B"})

    assert [line.partition(b",")[0] for line in (first, *rows)] == [b"A", b"C"]


def test_caches_are_told_that_accept_decides(quandl: QuandlClient) -> None:
    """Without a suffix it does; with one it does not."""
    asked = {path: quandl.get(path).headers["vary"] for path in ("/datasets/WIKI/FB", "/datasets/WIKI/FB.json")}

    assert [[word.strip() for word in vary.split(",")] for vary in asked.values()] == [["Accept", "Accept-Encoding"], ["Accept-Encoding"]]


def test_lists_of_databases_as_csv(quandl: QuandlClient) -> None:
    """A suffix means there what it means everywhere."""
    quandl.get("/datasets/WIKI/FB")

    for path in ("/databases.csv", "/databases/WIKI.csv"):
        (only,) = csv.DictReader(io.StringIO(quandl.get(path).text))
        assert (only["database_code"], only["datasets_count"]) == ("WIKI", "1")


@pytest.mark.parametrize("query", ["query=%00", "database_code=%00", f"query={'x+' * 500}"])
def test_searches_that_cannot_be_made(quandl: QuandlClient, query: str) -> None:
    """No store is asked for what it cannot hold, nor for hundreds of words."""
    assert quandl.get("/datasets", query).json["quandl_error"]["code"] == "QESx04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader(ReadSeries):
    """Notes whose observations it reads, and finds some damaged."""

    read: list[UUID] = field(default_factory=list)
    damaged: set[UUID] = field(default_factory=set)

    def __call__(self, series_id: UUID, selection: Selection) -> Reading:
        self.read.append(series_id)
        if series_id in self.damaged:
            raise DamagedVintage
        return ReadSeries.__call__(self, series_id, selection)


def test_a_series_is_read_for_its_columns_once(client_on: ClientOn) -> None:
    """Searches repeat their names from memory until a vintage is added."""
    quandl = QuandlClient(client_on)
    reader = Reader(store=quandl.use_cases.read_series.store, freshness=quandl.use_cases.read_series.freshness)
    client = client_on(replace(quandl.use_cases, read_series=reader))
    quandl.get("/datasets/WIKI/FB")
    names = [client.simulate_get("/api/v3/datasets").json["datasets"][0]["column_names"] for _ in range(3)]
    assert len(reader.read) == 1

    quandl.source.observations = Observations.of(["2024-01-29"], ("Last",), [[5.0]])
    quandl.client.simulate_post("/timeseries", json={"code": "WIKI/FB", "refresh": True, "allow_shrink": True})
    names.append(client.simulate_get("/api/v3/datasets").json["datasets"][0]["column_names"])
    assert names == [["Date", "Open", "Close"]] * 3 + [["Date", "Last"]]


def test_a_damaged_series_hides_no_other(client_on: ClientOn) -> None:
    """It is found without its columns."""
    quandl = QuandlClient(client_on)
    reader = Reader(store=quandl.use_cases.read_series.store, freshness=quandl.use_cases.read_series.freshness)
    reader.damaged.add(UUID(quandl.client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["id"]))
    quandl.get("/datasets/WIKI/OTHER")
    found = client_on(replace(quandl.use_cases, read_series=reader)).simulate_get("/api/v3/datasets").json["datasets"]

    assert [each["column_names"] for each in found] == [["Date"], ["Date", "Open", "Close"]]


def test_a_damaged_series_leaves_the_others_in_an_archive(client_on: ClientOn, caplog: pytest.LogCaptureFixture) -> None:
    """It is left out, and the log names it."""
    quandl = QuandlClient(client_on)
    reader = Reader(store=quandl.use_cases.read_series.store, freshness=quandl.use_cases.read_series.freshness)
    ids = [quandl.client.simulate_post("/timeseries", json={"code": f"WIKI/{name}"}).json["id"] for name in "ABC"]
    reader.damaged.add(UUID(ids[1]))
    resource = ArchiveResource(replace(quandl.use_cases, read_series=reader), ResponseSender())
    for partial in (False, True):
        assert [line.partition(b",")[0] for line in resource._rows("WIKI", partial=partial)] == [b"A", b"C"]

    told = [(record.levelname, record.message, vars(record)["series"]) for record in caplog.records if "archive" in record.message]
    assert told == [("ERROR", "left out of an archive", "canned:WIKI/B")] * 2
