"""
What clients in other languages send, request by request, as their sources write it; the value is the first that they would read.

``docs/clients.md`` calls this replaying: the requests are theirs, the clients do not run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from falcon.testing import Result, TestClient

from domain.observations import Observations
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.quandl import ShelfSource

NAMES = ("Open", "High", "Low", "Close", "Volume")
DAYS = ["2017-01-30", "2017-01-31", "2017-02-01", "2018-03-26", "2018-03-27"]
AAPL = Observations.of(DAYS, NAMES, [[10.0 + n, 20.0 + n, 5.0 + n, 15.0 + n, 1000.0 + n] for n in range(5)])
FB = Observations.of(DAYS[1:], NAMES, [[110.0 + n, 120.0 + n, 105.0 + n, 115.0 + n, 2000.0 + n] for n in range(4)])
OIL = Observations.of(["2018-12-28", "2018-12-31"], ("Open", "Last"), [[737.5, 740.0], [739.25, 741.5]])
GDP = Observations.of(["2021-04-01", "2021-07-01", "2021-10-01"], ("",), [[118.5], [120.25], [121.75]])
SHELF = {"WIKI/AAPL": AAPL, "WIKI/FB": FB, "NSE/OIL": OIL, "FRED/GDP": GDP, "CHRIS/CME_CL1": AAPL}
EXCEL = {"Request-Source": "excel", "Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
Read = Callable[[Result], Any]


def member(*path: Any) -> Read:
    """Read the value at a path of members and places of JSON."""

    def read(answer: Result) -> Any:
        found = answer.json
        for each in path:
            found = found[each]
        return found

    return read


def element(path: str) -> Read:
    """Read the text of an element of XML."""
    return lambda answer: ET.fromstring(answer.text).findtext(path)  # noqa: S314 - this project wrote it


def line(number: int) -> Read:
    """Read a line of CSV, counted from 0, the header."""
    return lambda answer: [*csv.reader(io.StringIO(answer.text))][number]


def size(*path: Any) -> Read:
    """Read the length of a list."""
    return lambda answer: len(member(*path)(answer))


def location(answer: Result) -> str:
    """Read where a redirect leads, without the day in the archive's name."""
    return answer.headers["location"].removeprefix("http://localhost:8000").split("_")[0]


@dataclass(frozen=True)
class Call:
    """A request of a client, and what it reads."""

    client: str
    target: str
    read: Read
    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


DATA = ("dataset", "data", 0)
CALLS = [
    # Node.js: `quandl` of npm
    Call(
        "npm quandl",
        "/api/v3/datasets/WIKI/AAPL.json?order=asc&exclude_column_names=true&start_date=2017-01-30&end_date=2017-02-01&"
        "column_index=4&auth_token=k",
        member(*DATA),
        ["2017-01-30", 15.0],
    ),
    Call("npm quandl v1", "/api/v1/datasets/WIKI/AAPL.json?auth_token=k", member("data", 0, 4), 19.0),
    Call(
        "npm quandl metadata",
        "/api/v3/datasets/WIKI/AAPL.json?exclude_data=true&auth_token=k",
        member("dataset", "column_names", 4),
        "Close",
    ),
    Call(
        "npm quandl multiset",
        "/api/v3/multisets.json?auth_token=k&columns=WIKI.AAPL.4,WIKI.FB.4",
        member("data", 0),
        ["2018-03-27", 19.0, 118.0],
    ),
    Call("npm quandl search", "/api/v3/datasets.xml?auth_token=k&query=the+oil", element("datasets/dataset/dataset-code"), "OIL"),
    Call("npm quandl favourites", "/api/v1/current_user/collections/datasets/favourites.json?auth_token=k", member("docs"), []),
    # MATLAB
    Call(
        "MATLAB get",
        "/api/v1/datasets/NSE/OIL.csv?&auth_token=k&request_source=matlab&request_version=1.1.1&rows=1&sort_order=asc",
        line(1),
        ["2018-12-31", "739.25", "741.5"],
    ),
    Call("MATLAB collapse", "/api/v1/datasets/NSE/OIL.csv?&collapse==weekly&sort_order=asc", line(1), ["2018-12-28", "737.5", "740.0"]),
    Call(
        "MATLAB multiset",
        "/api/v3/multisets.csv?&columns=NSE.OIL.1,WIKI.AAPL.4&sort_order=desc",
        line(0),
        ["Date", "NSE.OIL - Open", "WIKI.AAPL - Close"],
    ),
    Call("MATLAB search", "/api/v1/datasets.xml?&page=1&query=oil", element("docs/doc/source-code"), "NSE"),
    # Julia
    Call(
        "Quandl.jl",
        "/api/v3/datasets/WIKI/AAPL.csv?order=des&rows=2&collapse=daily&transformation=none&start_date=&end_date=&api_key=",
        line(1),
        ["2018-03-27", "14.0", "24.0", "9.0", "19.0", "1004.0"],
    ),
    Call(
        "Quandl.jl range",
        "/api/v3/datasets/WIKI/AAPL.csv?order=asc&collapse=daily&transform=none&api_key=&start_date=2018-03-27",
        line(1),
        ["2018-03-27", "14.0", "24.0", "9.0", "19.0", "1004.0"],
    ),
    Call("Quandl.jl search", "/api/v1/datasets.json?query=the+fb&page=1&per_page=20", member("docs", 0, "code"), "FB"),
    # Go
    Call(
        "go symbol",
        "/api/v3/datasets/WIKI/AAPL.json?auth_token=k&trim_end=2017-01-31&trim_start=2017-01-30",
        member(*DATA),
        ["2017-01-31", 11.0, 21.0, 6.0, 16.0, 1001.0],
    ),
    Call("go symbol v1", "/api/v1/datasets/WIKI/AAPL.json?auth_token=k&column=4", member("column_names"), ["Date", "Close"]),
    Call("go list", "/api/v2/datasets.json?page=1&per_page=300&query=%2A&source_code=WIKI", size("docs"), 2),
    Call(
        "go list as CSV",
        "/api/v2/datasets.csv?page=1&per_page=300&query=%2A&source_code=WIKI",
        lambda answer: line(0)(answer)[0],
        "WIKI/FB",
    ),
    Call("go search", "/api/v3/datasets.json?page=1&per_page=300&query=twitter&auth_token=k", member("datasets"), []),
    # PHP
    Call(
        "php symbol",
        "/api/v1/datasets/WIKI/AAPL.csv?trim_start=2018-03-27",
        line(1),
        ["2018-03-27", "14.0", "24.0", "9.0", "19.0", "1004.0"],
    ),
    Call("php symbols", "/api/v1/multisets.csv?columns=WIKI.AAPL.4%2CWIKI.FB.4&rows=1", line(1), ["2018-03-27", "19.0", "118.0"]),
    Call("php database", "/api/v3/databases/WIKI.json?auth_token=k", member("database", "datasets_count"), 2),
    Call("php databases", "/api/v3/databases.csv?per_page=100&page=1", lambda answer: line(1)(answer)[2], "CHRIS"),
    Call("php metadata", "/api/v3/datasets/WIKI/AAPL/metadata.json", member("dataset", "oldest_available_date"), "2017-01-30"),
    Call("php bulk", "/api/v3/databases/WIKI/data?download_type=partial&auth_token=k", location, "/api/v3/databases/WIKI/data/WIKI", 302),
    # .NET
    Call(
        "Quandl.NET data",
        "/api/v3/datasets/WIKI/FB/data.json?limit=2&column_index=4&start_date=2017-01-01&end_date=2018-12-31&order=asc&"
        "collapse=monthly&transform=rdiff&api_key=k",
        member("dataset_data", "data", 0),
        ["2017-02-28", 0.008695652173913],
    ),
    Call("Quandl.NET metadata", "/api/v3/datasets/WIKI/FB/metadata.csv?api_key=k", lambda answer: line(1)(answer)[1], "FB"),
    Call(
        "Quandl.NET databases", "/api/v3/databases.json?query=files+wiki&per_page=1&page=1", member("databases", 0, "database_code"), "WIKI"
    ),
    Call("QDMS dataset", "/api/v1/datasets/WIKI/AAPL.xml?sort_order=asc&auth_token=k", element("data/datum/datum"), "2017-01-30"),
    Call("QDMS search", "/api/v1/datasets.xml?query=oil&page=1&auth_token=k", element("total-count"), "1"),
    # Java
    Call(
        "quandl4j data",
        "/api/v3/datasets/WIKI/AAPL.csv?start_date=2017-01-01&column_index=4&collapse=monthly&limit=2&transform=diff&"
        "order=asc&auth_token=k",
        line(1),
        ["2017-02-28", "1.0"],
    ),
    Call(
        "quandl4j metadata",
        "/api/v3/datasets/WIKI/AAPL.json?start_date=2100-01-01&auth_token=k",
        member("dataset", "column_names", 1),
        "Open",
    ),
    Call("quandl4j search", "/api/v3/datasets.json?database_code=WIKI&query=&page=1&per_page=10", member("meta", "total_count"), 2),
    Call(
        "quandl4j v1 headers",
        "/api/v1/multisets.json?columns=WIKI.AAPL,FRED.GDP&trim_start=2100-01-01",
        member("columns"),
        ["Date", *NAMES, "Value"],
    ),
    # R
    Call(
        "R Quandl",
        "/api/v3/datasets/FRED/GDP?order=desc&transform=&collapse=&start_date=&end_date=",
        member("dataset", "frequency"),
        "quarterly",
        headers={"Request-Source": "R"},
    ),
    Call(
        "R NasdaqDataLink",
        "/api/v3/datasets/WIKI/AAPL?column_index=4&order=desc",
        member(*DATA),
        ["2018-03-27", 19.0],
        headers={"X-Api-Token": "k"},
    ),
    Call("R Quandl.search", "/api/v3/datasets?query=oil&per_page=10&page=1&database_code=", member("datasets", 0, "database_code"), "NSE"),
    # Ruby
    Call(
        "ruby quandl data",
        "/api/v3/datasets/WIKI/AAPL/data?order=asc",
        member("dataset_data", "data", 0, 0),
        "2017-01-30",
        headers={"Request-Source": "ruby"},
    ),
    Call("ruby quandl dataset", "/api/v3/datasets/WIKI/AAPL/metadata?", member("dataset", "id"), 2),
    Call("ruby quandl database", "/api/v3/datasets?database_code=WIKI&page=1&query", size("datasets"), 2),
    Call(
        "quandl_ruby multiset",
        "/api/v1/multisets.json?collapse=annual&transformation=rdiff&rows=10&columns=WIKI.AAPL.4&columns=WIKI.FB.4",
        member("data", 0, 0),
        "2018-12-31",
    ),
    Call(
        "quandl_ruby dataset",
        "/api/v1/datasets/WIKI/AAPL.csv?exclude_headers=true&rows=1",
        line(0),
        ["2018-03-27", "14.0", "24.0", "9.0", "19.0", "1004.0"],
    ),
    # Excel
    Call(
        "Excel add-in data",
        "/api/v3/datasets/NSE/OIL/data?column_index%5B%5D=LAST&start_date=2013-01-01&limit=2",
        member("dataset_data", "data", 0),
        ["2018-12-31", 741.5],
        headers=EXCEL,
    ),
    Call("Excel add-in metadata", "/api/v3/datasets/NSE/OIL/metadata", member("dataset", "column_names", 2), "Last", headers=EXCEL),
    Call("Excel add-in ids", "/api/v3/databases?ids[]=341324210", member("databases", 0, "database_code"), "WIKI", headers=EXCEL),
    Call("Excel add-in user", "/api/v3/users/me", member("user", "id"), 0, headers={**EXCEL, "X-API-Token": "k"}),
    Call("Excel macro", "/api/v3/datasets/FRED/GDP/data.csv?auth_token=k&rows=2", line(1), ["2021-10-01", "121.75"]),
    Call(
        "Excel macro without names",
        "/api/v3/datasets/FRED/GDP.csv?auth_token=k&rows=2&exclude_headers=true",
        line(0),
        ["2021-10-01", "121.75"],
    ),
    Call(
        "Excel web query",
        "/api/v3/datasets/WIKI/AAPL.csv?rows=2",
        line(1),
        ["2018-03-27", "14.0", "24.0", "9.0", "19.0", "1004.0"],
        headers={"Accept": "text/html, application/xhtml+xml, */*"},
    ),
    # Sheets, dashboards, engines of back-tests
    Call("Sheets IMPORTDATA", "/api/v3/datasets/WIKI/AAPL.csv?rows=5&api_key=k", line(0), ["Date", *NAMES], headers={"Accept": "*/*"}),
    Call(
        "Grafana plugin",
        "/api/v3/datasets/WIKI/AAPL/data.json?start_date=2018-03-01T00:00:00.000Z&end_date=2018-03-26T23:59:59.999Z&"
        "limit=5&column_index=4&order=asc&collapse=daily&transform=none",
        member("dataset_data", "data", 0),
        ["2018-03-26", 18.0],
        headers={"X-Api-Token": "k"},
    ),
    Call("Grafana plugin's test", "/api/v3/datasets/FED/FA087005086_A/data.json", member("quandl_error", "code"), "QECx02", 404),
    Call("Ghostfolio", "/api/v3/datasets/WIKI/AAPL.json?rows=1&column_index=4", member("dataset", "data", 0, 1), 19.0),
    Call("Lean", "/api/v3/datasets/WIKI/FB.csv?order=asc&api_key=", line(1), ["2017-01-31", "110.0", "120.0", "105.0", "115.0", "2000.0"]),
    Call("Lean futures", "/api/v3/datasets/CHRIS/CME_CL1.csv?order=asc&api_key=k", line(0), ["Date", *NAMES]),
    Call(
        "pyalgotrade",
        "/api/v1/datasets/WIKI/AAPL.csv?trim_start=2017-01-01&trim_end=2017-12-31&collapse=weekly",
        line(1),
        ["2017-02-05", "12.0", "22.0", "7.0", "17.0", "1002.0"],
    ),
    Call("browser", "/api/v3/datasets/WIKI/AAPL?rows=1", member("dataset", "data", 0, 1), 14.0, headers=BROWSER),
    # By hand, and half right
    Call("second version", "/api/v2/datasets/WIKI/AAPL.csv?rows=2", line(1), ["2018-03-27", "14.0", "24.0", "9.0", "19.0", "1004.0"]),
    Call("suffix in capitals", "/api/v3/datasets/WIKI/AAPL.CSV?rows=1", line(0), ["Date", *NAMES]),
    Call("slash behind a list", "/api/v3/databases/", member("databases", 0, "database_code"), "CHRIS"),
    Call("slash behind data", "/api/v3/datasets/WIKI/AAPL/data/", member("dataset_data", "order"), None),
    Call("two question marks", "/api/v3/datasets/WIKI/AAPL.json?rows=1?api_key=k", size("dataset", "data"), 1),
    Call("a callback", "/api/v3/datasets/WIKI/AAPL.json?rows=1&callback=foo", size("dataset", "data"), 1),
    Call(
        "an end before the start",
        "/api/v3/datasets/WIKI/AAPL.json?start_date=2018-01-01&end_date=2017-01-01",
        member("dataset", "data"),
        [],
    ),
    Call("an unknown transform", "/api/v3/datasets/WIKI/AAPL.json?transform=pct_change", member("quandl_error", "code"), "QESx04", 422),
    Call("all as a limit", "/api/v3/datasets/WIKI/AAPL.json?limit=all", member("quandl_error", "code"), "QESx04", 422),
    Call("no limit", "/api/v3/datasets/WIKI/AAPL.json?limit=0", member("quandl_error", "code"), "QESx04", 422),
    Call("a name as an index", "/api/v3/datasets/WIKI/AAPL.json?column_index=Close", member("quandl_error", "code"), "QESx04", 422),
]


@pytest.fixture(scope="module")
def client() -> TestClient:
    """A service that reads a folder; all of it has been asked for once."""
    use_cases = memory_use_cases({"files": ShelfSource(SHELF)}, default="files")
    client = TestClient(create_app(use_cases, allowed_hosts=()), headers=LOCAL)
    for code in ("WIKI/FB", "WIKI/AAPL", "NSE/OIL", "FRED/GDP", "CHRIS/CME_CL1"):
        assert client.simulate_get(f"/api/v3/datasets/{code}.json").status_code == 200
    return client


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.client)
def test_requests_of_clients(client: TestClient, call: Call) -> None:
    """Each gets the status that its client expects, and the value where that looks for it."""
    path, _, query = call.target.partition("?")
    answer = client.simulate_get(path, query_string=query, headers=call.headers)

    assert answer.status_code == call.status, answer.text
    assert call.read(answer) == call.value
