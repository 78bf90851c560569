"""Quandl's first and second version: datasets, searches, multisets, and the user behind a key."""

from __future__ import annotations

from typing import Any

import pytest
from falcon.testing import Result, TestClient

from domain.api_keys import Scope
from domain.observations import Observations
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from tests.builders import memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.quandl import PRICES, ClientOn, QuandlClient, ShelfSource
from tests.fakes import NAN

RATES = Observations.of(["2024-01-30", "2024-02-29", "2024-03-29"], ("",), [[0.5], [NAN], [0.75]])
HOURS = Observations.of(["2024-01-30T10:00:00", "2024-02-01T00:00:00"], ("Load",), [[7.0], [8.0]], unit="s")


class Shelf:
    """A client of a service with several series that nobody has asked for yet."""

    def __init__(self, client_on: ClientOn) -> None:
        self.source = ShelfSource({"WIKI/FB": PRICES, "DOE/RWTC": RATES, "GRID/LOAD": HOURS, "TSE/7203": PRICES, "WIKI/GOOG": PRICES})
        self.use_cases = memory_use_cases({"files": self.source, "keyless": None}, default="files")
        self.client = client_on(self.use_cases)

    def get(self, path: str, query: str = "", **headers: str) -> Result:
        return self.client.simulate_get(f"/api{path}", query_string=query, headers=headers)


@pytest.fixture
def shelf(client_on: ClientOn) -> Shelf:
    return Shelf(client_on)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_dataset_is_flat(shelf: Shelf, version: str) -> None:
    """Its members are those of Quandl's first version, in their order."""
    found = shelf.get(f"/{version}/datasets/WIKI/FB.json", "trim_start=2024-02-01&auth_token=x").json

    assert [*found] == [
        *("errors", "id", "source_name", "source_code", "code", "name", "urlize_name", "display_url", "description", "updated_at"),
        *("frequency", "from_date", "to_date", "column_names", "private", "type", "premium", "data"),
    ]
    assert found["errors"] == {}
    assert [found[name] for name in ("source_code", "code", "name", "urlize_name")] == ["WIKI", "FB", "The FB", "The-FB"]
    assert [found[name] for name in ("from_date", "to_date", "column_names")] == ["2024-01-29", "2024-02-05", ["Date", "Open", "Close"]]
    assert found["data"] == [["2024-02-05", 8.0, 40.0], ["2024-02-01", 4.0, None]]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("rows=1&column=2", ["Date,Close", "2024-02-05,40.0"]),
        ("sort_order=asc&rows=1&exclude_headers=true", ["2024-02-05,8.0,40.0"]),
        ("transformation=diff&column=1&rows=1", ["Date,Open", "2024-02-05,4.0"]),
        ("collapse=monthly&column=1", ["Date,Open", "2024-02-29,8.0", "2024-01-31,2.0"]),
        ("column=9", ["Date,"]),
    ],
)
def test_the_first_versions_parameters(shelf: Shelf, query: str, lines: list[str]) -> None:
    """``trim_start``, ``sort_order``, ``column``, ``rows``, ``transformation`` and ``exclude_headers`` mean what they meant."""
    answer = shelf.get("/v1/datasets/WIKI/FB.csv", query)

    assert (answer.text.splitlines(), answer.headers["content-type"]) == (lines, "text/csv")


def test_metadata_alone(shelf: Shelf) -> None:
    """``exclude_data`` leaves out the rows, and names all columns; another tag is had for it."""
    whole, bare = shelf.get("/v1/datasets/WIKI/FB.json"), shelf.get("/v1/datasets/WIKI/FB.json", "exclude_data=true&column=1")

    assert {**bare.json, "data": whole.json["data"]} == whole.json
    assert "data" not in bare.json
    assert shelf.get("/v1/datasets/WIKI/FB.json", **{"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert bare.headers["etag"] != whole.headers["etag"]


def test_a_search_is_a_list_of_documents(shelf: Shelf) -> None:
    """``docs`` are datasets, ``sources`` their databases, and the page has up to 300 of them."""
    shelf.get("/v1/datasets/WIKI/GOOG.json")
    found = shelf.get("/v2/datasets.json", "query=*&source_code=WIKI&per_page=300&page=1").json

    assert [*found] == ["total_count", "current_page", "per_page", "docs", "sources"]
    assert [found[name] for name in ("total_count", "current_page", "per_page")] == [2, 1, 300]
    assert [(each["code"], each["to_date"]) for each in found["docs"]] == [("GOOG", "2024-02-05"), ("FB", None)]
    assert [(each["code"], each["datasets_count"]) for each in found["sources"]] == [("WIKI", 2)]
    assert shelf.get("/v1/datasets.json").json["per_page"] == 10
    assert shelf.get("/v2/datasets.json", "per_page=900").json["per_page"] == 300


def test_a_search_as_csv_has_no_header(shelf: Shelf) -> None:
    """Scripts page on until there is nothing more."""
    shelf.get("/v1/datasets/WIKI/FB.json")
    lines = shelf.get("/v2/datasets.csv", "query=*&source_code=WIKI").text.splitlines()

    assert [line.split(",")[:5] for line in lines] == [
        ["WIKI/FB", "The FB", "2024-01-29", "2024-02-05", "daily"],
        ["WIKI/GOOG", "GOOG", "", "", "daily"],
    ]
    assert shelf.get("/v2/datasets.csv", "query=*&source_code=WIKI&page=2").text == ""


@pytest.mark.parametrize("path", ["/v1/multisets.json", "/v2/multisets.json", "/v3/multisets", "/v3/multisets.json"])
def test_a_multiset_has_columns_side_by_side(shelf: Shelf, path: str) -> None:
    """There is a row for each date of any, the newest first, and the columns have their datasets' codes before their names."""
    found = shelf.get(path, "columns=WIKI.FB.2,DOE.RWTC").json

    assert found == {
        "errors": {},
        "column_names": ["Date", "WIKI.FB - Close", "DOE.RWTC - Value"],
        "columns": ["Date", "Close", "Value"],
        "data": [
            ["2024-03-29", None, 0.75],
            ["2024-02-29", None, None],
            ["2024-02-05", 40.0, None],
            ["2024-02-01", None, None],
            ["2024-01-30", 20.0, 0.5],
            ["2024-01-29", 10.0, None],
        ],
        "frequency": "daily",
        "from_date": "2024-01-29",
        "to_date": "2024-03-29",
    }
    assert sorted(shelf.source.asked) == ["DOE/RWTC", "WIKI/FB"]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        (
            "columns=WIKI.FB.1,DOE.RWTC.1&rows=2&sort_order=asc",
            ["Date,WIKI.FB - Open,DOE.RWTC - Value", "2024-02-29,,", "2024-03-29,,0.75"],
        ),
        ("columns=WIKI/FB.1&trim_start=2024-02-05&exclude_headers=true", ["2024-02-05,8.0"]),
        ("columns[]=WIKI.FB.1.2&rows=1", ["Date,WIKI.FB - Open,WIKI.FB - Close", "2024-02-05,8.0,40.0"]),
        ("columns=WIKI.FB.1&columns=WIKI.FB.2&rows=1", ["Date,WIKI.FB - Open,WIKI.FB - Close", "2024-02-05,8.0,40.0"]),
        ("columns=TSE.7203.1&rows=1", ["Date,TSE.7203 - Open", "2024-02-05,8.0"]),
        ("columns=TSE.7203&rows=1", ["Date,TSE.7203 - Open,TSE.7203 - Close", "2024-02-05,8.0,40.0"]),
        (
            "columns=WIKI.FB.1,DOE.RWTC&collapse=monthly",
            ["Date,WIKI.FB - Open,DOE.RWTC - Value", "2024-03-31,,0.75", "2024-02-29,8.0,", "2024-01-31,2.0,0.5"],
        ),
        ("columns=WIKI.FB.1&transformation=diff&rows=1", ["Date,WIKI.FB - Open", "2024-02-05,4.0"]),
        (
            "columns=WIKI.FB.1,WIKI.NONE.4,WIKI.FB.7&rows=1",
            ["Date,WIKI.FB - Open,WIKI.NONE - Not Found,WIKI.FB - Not Found", "2024-02-05,8.0,,"],
        ),
        ("columns=WIKI.FB.1,!.X&rows=1", ["Date,WIKI.FB - Open,!.X - Not Found", "2024-02-05,8.0,"]),
        (
            "columns=WIKI.FB.1,GRID.LOAD&rows=2&collapse=weekly",
            ["Date,WIKI.FB - Open,GRID.LOAD - Load", "2024-02-11,8.0,", "2024-02-04,4.0,8.0"],
        ),
        (
            "columns=DOE.RWTC,GRID.LOAD&trim_end=2024-02-01",
            [
                "Date,DOE.RWTC - Value,GRID.LOAD - Load",
                "2024-02-01T00:00:00Z,,8.0",
                "2024-01-30T10:00:00Z,,7.0",
                "2024-01-30T00:00:00Z,0.5,",
            ],
        ),
        ("columns=WIKI.FB.1&trim_start=2030-01-01", ["Date,WIKI.FB - Open"]),
    ],
)
def test_multisets(shelf: Shelf, query: str, lines: list[str]) -> None:
    """Windows, collapse and transforms are those of each dataset, rows and order those of all; what nobody has is an empty column."""
    assert shelf.get("/v1/multisets.csv", query).text.splitlines() == lines


def test_why_a_column_is_empty(shelf: Shelf) -> None:
    """``errors`` says it by code."""
    assert [*shelf.get("/v1/multisets.json", "columns=WIKI.FB.1,WIKI.NONE.4").json["errors"]] == ["WIKI.NONE"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "QESx04"),
        ("columns=,", 422, "QESx04"),
        ("columns=" + ",".join(["WIKI.FB.1"] * 101), 422, "QESx04"),
        ("columns=WIKI.NONE,NO.SUCH", 404, "QECx02"),
        ("columns=nonsense", 404, "QECx02"),
        ("columns=WIKI.FB,KEYLESS.X", 403, "QEPx04"),
        ("columns=WIKI.FB&rows=none.", 422, "QESx04"),
    ],
)
def test_multisets_that_cannot_be_had(shelf: Shelf, query: str, status: int, code: str) -> None:
    """If no dataset is there, or one may not be had, so it is said."""
    answer = shelf.get("/v1/multisets.json", query)

    assert (answer.status_code, answer.json["quandl_error"]["code"]) == (status, code)


def test_a_multiset_has_a_tag(shelf: Shelf) -> None:
    """It changes with any of its series, and another order has another one."""
    query = "columns=WIKI.FB.2,DOE.RWTC"
    tag = shelf.get("/v1/multisets.csv", query).headers["etag"]
    assert shelf.get("/v1/multisets.csv", query, **{"If-None-Match": tag}).status_code == 304
    assert shelf.get("/v1/multisets.csv", "columns=DOE.RWTC,WIKI.FB.2").headers["etag"] != tag

    shelf.source.shelf = {**shelf.source.shelf, "DOE/RWTC": PRICES}
    shelf.client.simulate_post("/timeseries", json={"code": "files:DOE/RWTC", "refresh": True, "allow": ["shrink", "values"]})
    assert shelf.get("/v1/multisets.csv", query, **{"If-None-Match": tag}).status_code == 200


def test_a_multiset_may_be_too_large(shelf: Shelf) -> None:
    """The limit is that of one answer, of all columns together."""
    small = TestClient(create_app(shelf.use_cases, allowed_hosts=(), sender=ResponseSender(max_cells=12)), headers=LOCAL)

    assert small.simulate_get("/api/v1/multisets.json", params={"columns": "WIKI.FB"}).status_code == 200
    assert small.simulate_get("/api/v1/multisets.json", params={"columns": "WIKI.FB,DOE.RWTC"}).status_code == 413


def test_a_multiset_that_is_not_there_yet() -> None:
    """While a fetch is on its way there is a 503 with a Retry-After, and no empty column."""
    client = TestClient(create_app(waiting_use_cases(), allowed_hosts=()), headers=LOCAL)
    answer = client.simulate_get("/api/v1/multisets.json", params={"columns": "CANNED.A,CANNED.B"})

    assert (answer.status_code, answer.headers["retry-after"], answer.json["quandl_error"]["code"]) == (503, "1", "QEXx01")


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/v1/datasets/WIKI/NONE.json", 404, "Requested entity does not exist."),
        ("/v2/nothing", 404, "Requested entity does not exist."),
        ("/v1/datasets/WIKI/FB.json?rows=many", 422, None),
    ],
)
def test_errors_of_the_first_version(shelf: Shelf, path: str, status: int, error: str | None) -> None:
    """They have both forms: ``error``, and that of the third version."""
    answer = shelf.client.simulate_get(f"/api{path}")

    assert answer.status_code == status
    assert answer.json["error"] == (error or answer.json["quandl_error"]["message"])
    assert answer.json["quandl_error"]["code"].startswith("QE")


class Keyed:
    """A client of a service that requires keys, and a key."""

    def __init__(self) -> None:
        use_cases = memory_use_cases({})
        self.text = use_cases.manage_keys.create("desk", [Scope.READ])[1]
        self.client = TestClient(create_app(use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)

    def get(self, path: str, **params: str) -> Any:
        return self.client.simulate_get(f"/api{path}", params=params)


def test_the_user_is_the_holder_of_the_key(client: TestClient) -> None:
    """Clients test a key so; it is not repeated to them, and without keys there is nobody."""
    keyed = Keyed()
    mine = keyed.get("/v3/users/me", api_key=keyed.text)
    refused = keyed.get("/v1/current_user.json?auth_token=x")

    assert [*mine.json["user"]] == ["id", "email", "api_key", "api_version", "first_name", "last_name"]
    assert (mine.json["user"]["first_name"], mine.json["user"]["api_key"]) == ("desk", None)
    assert keyed.text not in mine.text
    assert (refused.status_code, refused.json["error"], refused.json["quandl_error"]["code"]) == (401, "Unauthorized", "QEAx01")
    assert client.simulate_get("/api/v3/users/me.json").json["user"]["id"] == 0


def test_nobody_has_favourites(client: TestClient) -> None:
    """The lists are empty, and whoever has no key is refused."""
    path = "current_user/collections/datasets/favourites"

    assert client.simulate_get(f"/api/v1/{path}.json").json["docs"] == []
    assert client.simulate_get(f"/api/v3/{path}.json").json["datasets"] == []
    assert client.simulate_get(f"/api/v1/{path}.csv").text == ""
    assert "Unauthorized" in Keyed().get(f"/v1/{path}.json?auth_token=x").text


def test_one_dataset_of_every_version_is_one_series(client_on: ClientOn) -> None:
    """It is fetched once."""
    quandl = QuandlClient(client_on)
    for path in ("/v1/datasets/WIKI/FB.json", "/v2/datasets/wiki/fb.csv", "/v3/datasets/WIKI/FB", "/v3/multisets.csv?columns=WIKI.FB"):
        assert quandl.client.simulate_get(f"/api{path}").status_code == 200

    assert len(quandl.source.asked) == 1
