"""What the providers that speak JSON ask for, over a real socket: all pages, all years, and keys where nobody sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import AnswerTooLarge, DatasetNotFound, FetchError, KeyRejected
from domain.ports import DataSource, Fetched, PriorState
from domain.window import Window
from tests.builders import a_server, an_answer

KEY = "k3y-0f-the-test"
WHOLE = PriorState(newest=None)
KEYS = {"alphavantage": "apikey", "eia": "api_key", "bls": "registrationkey"}

Asked = list[SimpleNamespace]


@contextmanager
def a_source(provider: str, answer: Callable[[str, dict[str, str]], Any], **options: str) -> Iterator[tuple[DataSource, Asked]]:
    """A provider's source on a local server that answers a path and its parameters, and what it was asked."""
    asked: Asked = []

    def respond(target, headers):
        parts = urlsplit(target)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        asked.append(SimpleNamespace(path=unquote(parts.path), params=params, headers=headers))
        yield an_answer(json.dumps(answer(unquote(parts.path), params)).encode(), Content_Type="application/json")

    with a_server(respond) as url:
        settings = {provider: {"base_url": url, **options}}
        yield InstalledProviders(settings, deadline_seconds=20).source(provider), asked


def fetched(source: DataSource, code: str, known: PriorState = WHOLE) -> Fetched:
    return source.fetch(DatasetCode.parse(code), known)


def dates(result: Fetched) -> list[str]:
    return result.vintages[-1][1].texts()


def test_every_page_of_the_world_bank_is_read():
    """Pages are asked for as long as the server says that there are more."""

    def answer(path, params):
        year = 2030 - int(params["page"])
        row = {"indicator": {"id": "I.X"}, "country": {"id": "DE"}, "countryiso3code": "DEU", "date": str(year), "value": year}
        return [{"page": int(params["page"]), "pages": 3}, [row]]

    with a_source("worldbank", answer) as (source, asked):
        result = fetched(source, "WB/DEU.I.X")

    assert dates(result) == ["2027-01-01", "2028-01-01", "2029-01-01"]
    assert [(one.path, one.params["page"], one.params["format"]) for one in asked] == [
        ("/country/DEU/indicator/I.X", page, "json") for page in "123"
    ]
    assert "page=1" in result.origin.request


def test_pages_without_end_are_too_large():
    """A server that always promises more pages is given up."""
    row = {"indicator": {"id": "I.X"}, "country": {"id": "DE"}, "date": "2020", "value": 1}

    body = [{"page": 1, "pages": 10**9}, [row]]

    with a_source("worldbank", lambda path, params: body) as (source, asked), pytest.raises(AnswerTooLarge):
        fetched(source, "WB/DEU.I.X")

    assert len(asked) == 201


@pytest.mark.parametrize("total", [7, 8, 100, 0], ids=str)
def test_totals_are_no_promise(total, monkeypatch):
    """Of the EIA pages are read until one is short and none is missing, whatever total is said; an empty one is the end."""
    monkeypatch.setattr("adapters.providers.eia.provider._ROWS_A_PAGE", 3)
    rows = [{"period": f"2024-01-01T{hour:02}", "respondent": "X", "value": hour, "value-units": "MWh"} for hour in range(7)]

    def answer(path, params):
        start = int(params["offset"])
        return {"response": {"total": total, "frequency": "hourly", "data": rows[start : start + int(params["length"])]}}

    with a_source("eia", answer, api_key=KEY) as (source, asked):
        result = fetched(source, "EIA/electricity/rto/region-data:hourly:value:respondent=X")

    assert dates(result) == [f"2024-01-01T{hour:02}:00:00Z" for hour in range(7)]
    assert asked[0].path == "/electricity/rto/region-data/data"
    assert asked[0].params["facets[respondent][]"] == "X"


def test_a_series_that_ignores_offsets_is_read_once():
    """A route that sends the same rows for any offset does not go on for ever."""
    row = {"period": "2024-01-02", "value": "70.1", "units": "$"}

    with a_source("eia", lambda path, params: {"response": {"total": 9, "frequency": "daily", "data": [row]}}, api_key=KEY) as (source, _):
        assert dates(fetched(source, "EIA/PET.RWTC.D")) == ["2024-01-02"]


@pytest.mark.parametrize(("key", "years"), [("", 10), (KEY, 20)], ids=["without a key", "with a key"])
def test_all_years_of_the_bls_are_asked_for(key, years):
    """Windows of years are asked for back to the first year that there may be, though some are empty."""
    this = datetime.now(UTC).year

    def answer(path, params):
        first, last = int(params["startyear"]), int(params["endyear"])
        rows = [{"year": str(year), "period": "A01", "value": "1"} for year in range(max(first, 1990), min(last, this - 12) + 1)]
        return {"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "ABC", "data": rows}]}}

    with a_source("bls", answer, **({"api_key": key} if key else {})) as (source, asked):
        result = fetched(source, "BLS/ABC")

    assert dates(result) == [f"{year}-01-01" for year in range(1990, this - 11)]
    assert all(int(one.params["endyear"]) - int(one.params["startyear"]) == years - 1 for one in asked[:-1])
    assert asked[-1].params["startyear"] == "1900"


def test_a_kind_of_period_that_is_not_there_is_not_found():
    """The annual averages of a series that has none are not its months."""
    row = {"year": str(datetime.now(UTC).year), "period": "M01", "value": "1"}
    body = {"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "ABC", "data": [row]}]}}

    with a_source("bls", lambda path, params: body) as (source, _), pytest.raises(FetchError):
        fetched(source, "BLS/ABC.M13")


def a_bar(date: str) -> dict[str, Any]:
    return {"date": date, "close": 1.5}


def test_tiingo_is_asked_from_the_beginning_with_the_key_in_a_header():
    """The whole of a series is asked for; the key is in no address."""
    with a_source("tiingo", lambda path, params: [a_bar("2024-01-02T00:00:00.000Z")], api_key=KEY) as (source, asked):
        result = fetched(source, "TIINGO/BRK-A")

    assert (asked[0].path, asked[0].params) == ("/tiingo/daily/BRK-A/prices", {"startDate": "1900-01-01"})
    assert asked[0].headers["authorization"] == f"Token {KEY}"
    assert KEY not in repr(result)


@pytest.mark.parametrize(
    ("provider", "code", "body"),
    [
        ("alphavantage", "AV/TIME_SERIES_WEEKLY.IBM", {"Weekly Time Series": {"2024-01-05": {"4. close": "1"}}}),
        ("eia", "EIA/PET.RWTC.D", {"response": {"data": [{"period": "2024-01-02", "value": 1}]}}),
        ("bls", "BLS/ABC", {"status": "REQUEST_NOT_PROCESSED", "message": [f"The key:{KEY} provided by the User is invalid."]}),
        ("alphavantage", "AV/SMA.IBM", {"Error Message": f"the parameter apikey {KEY} is invalid or missing."}),
        ("eia", "EIA/PET.RWTC.W", {"error": {"code": "API_KEY_INVALID", "message": f"An invalid api_key {KEY} was supplied."}}),
        ("tiingo", "TIINGO/A", {"detail": f"Invalid token {KEY}."}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_is_sent_and_never_told(provider, code, body):
    """A key goes where the API takes it; it is in no origin, no error and no representation."""
    with a_source(provider, lambda path, params: body, api_key=KEY) as (source, asked):
        try:
            told = repr(fetched(source, code))
        except KeyRejected as error:
            told = f"{error.message} {error.hint} {error!r}"

    assert provider == "tiingo" or asked[0].params[KEYS[provider]] == KEY
    assert KEY not in told
    assert KEY not in repr(source)


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("YAHOO/^GSPC", {"interval": "1d"}),
        ("YAHOO/^GSPC:1mo", {"interval": "1mo"}),
        ("YAHOO/^GSPC:1h", {"interval": "1h", "range": "2y"}),
    ],
)
def test_yahoo_is_asked_for_all_there_is(code, params):
    """Days, weeks and months are asked for from the beginning; of shorter intervals there is only a window."""
    meta = {"symbol": "^GSPC", "exchangeTimezoneName": "UTC", "dataGranularity": params["interval"]}
    chart = {"meta": meta, "timestamp": [1704196800, 1704200400 + 86400], "indicators": {"quote": [{"close": [1.0, 2.0]}]}}
    kept: Any = SimpleNamespace()

    with a_source("yahoo", lambda path, params: {"chart": {"result": [chart], "error": None}}, enabled="true") as (source, asked):
        whole, again = fetched(source, code), fetched(source, code, PriorState(newest=kept))

    state = whole.vintages[0][1]
    assert asked[0].path == "/v8/finance/chart/^GSPC"
    assert params.items() <= asked[0].params.items()
    assert ("period1" in asked[0].params) == ("range" not in params)
    assert whole.covers is None
    assert again.covers == (Window(start=state.first, end=state.last, revises_last=1) if "range" in params else None)


def test_nothing_at_all_is_not_found():
    """A series without observations is not kept as an empty one."""
    with a_source("tiingo", lambda path, params: [], api_key=KEY) as (source, _), pytest.raises(DatasetNotFound):
        fetched(source, "TIINGO/A")
