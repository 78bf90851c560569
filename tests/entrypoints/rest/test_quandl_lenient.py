"""The Quandl-compatible API takes what scripts of many years write, and says what it ignores."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import KeyRejected, SourceForbidden
from domain.observations import Observations
from entrypoints.rest.quandl.documents import database_id
from tests.builders import memory_use_cases
from tests.entrypoints.rest.quandl import PRICES, ClientOn, QuandlClient, ShelfSource
from tests.fakes import CannedSource

FB = "/datasets/WIKI/FB/data"


@pytest.fixture
def quandl(client_on: ClientOn) -> QuandlClient:
    return QuandlClient(client_on)


@pytest.mark.parametrize(
    ("query", "first", "warned"),
    [
        ("order=des", "2024-02-05", ["order=des"]),
        ("sort_order=descending", "2024-02-05", ["order=descending"]),
        ("order=ASC", "2024-01-29", []),
        ("collapse=yearly", "2024-02-05", ["collapse=yearly"]),
        ("collapse==weekly&order=up", "2024-02-05", ["collapse==weekly", "order=up"]),
        ("collapse=none&order=", "2024-02-05", []),
        ("collapse=Monthly", "2024-02-29", []),
        ("collapse=%22%5C%0D%0AX%C3%A4", "2024-02-05", ["collapse=....X."]),
    ],
)
def test_unknown_orders_and_frequencies_are_ignored(quandl: QuandlClient, query: str, first: str, warned: list[str]) -> None:
    """A warning names each; the answer is the one without them, and repeats none of them."""
    answer = quandl.get(FB, query)
    warnings = answer.headers.get("warning", "")

    assert (answer.status_code, answer.json["dataset_data"]["data"][0][0]) == (200, first)
    assert warnings.count("299 lanner ") == len(warned)
    assert all(f'299 lanner "{each} is ignored' in warnings for each in warned)
    assert answer.json["dataset_data"]["order"] in (None, "asc")


def test_who_has_it_is_warned_too(quandl: QuandlClient) -> None:
    """A conditional request gets the warning with its 304."""
    tag = quandl.get(FB, "collapse=yearly").headers["etag"]
    again = quandl.get(FB, "collapse=yearly", **{"If-None-Match": tag})

    assert (again.status_code, "yearly" in again.headers["warning"]) == (304, True)


@pytest.mark.parametrize(("query", "order"), [("", None), ("order=asc", "asc"), ("sort_order=desc", "desc"), ("order=none", None)])
def test_the_order_is_repeated_if_it_was_given(quandl: QuandlClient, query: str, order: str | None) -> None:
    """Without one it is null, as at Quandl."""
    assert quandl.data(query)["order"] == order


@pytest.mark.parametrize("start", ["20240201", "2024/02/01", "2/1/2024", "Feb 2024", "1706745600000", "2024-02-01T00:00:00.000Z"])
def test_dates_in_many_forms(quandl: QuandlClient, start: str) -> None:
    """They are the same day."""
    found = quandl.data(f"start_date={start}&column_index=1")

    assert (found["data"], found["start_date"]) == ([["2024-02-05", 8.0], ["2024-02-01", 4.0]], "2024-02-01")


@pytest.mark.parametrize("query", ["start_date=undefined&limit=null", "trim_end=NaN", "rows=undefined", "column_index=null"])
def test_values_that_programs_lack(quandl: QuandlClient, query: str) -> None:
    """What JavaScript or R writes for nothing counts as absent."""
    assert len(quandl.data(query)["data"]) == 4


def test_a_second_question_mark_begins_parameters_too(quandl: QuandlClient) -> None:
    """Scripts append their key like this to a URL that has a query already."""
    assert quandl.data("rows=1?api_key=k")["data"] == [["2024-02-05", 8.0, 40.0]]
    assert quandl.data("start_date=2024-02-05?auth_token=k&order=asc?x")["order"] == "asc"


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ("start_date=2000-01-01&end_date=2030-01-01", ("2024-01-29", "2024-02-05")),
        ("start_date=2024-01-30&end_date=2024-02-01", ("2024-01-30", "2024-02-01")),
        ("start_date=2030-01-01", ("2024-02-05", "2024-02-05")),
    ],
)
def test_the_range_is_repeated_within_what_there_is(quandl: QuandlClient, query: str, dates: tuple[str, str]) -> None:
    """As Quandl's recorded answers have it."""
    found = quandl.data(query)

    assert (found["start_date"], found["end_date"]) == dates


@pytest.mark.parametrize(
    ("query", "names", "row"),
    [
        ("column_index[]=CLOSE", ["Date", "Close"], ["2024-02-05", 40.0]),
        ("column_index%5B%5D=close&column_index%5B%5D=1", ["Date", "Close", "Open"], ["2024-02-05", 40.0, 8.0]),
        ("column_index[]=Volume&column_index[]=open", ["Date", "Open"], ["2024-02-05", 8.0]),
        ("column_index[]=Volume", ["Date", None], None),
    ],
)
def test_columns_by_name(quandl: QuandlClient, query: str, names: list[str | None], row: list[Any] | None) -> None:
    """The add-in for Excel requests several, in capitals; what there is none of is left out."""
    found = quandl.data(f"{query}&limit=1")

    assert (found["column_names"], found["data"]) == (names, [row] if row else [])


@pytest.mark.parametrize("value", ["true", "True", "1", "yes"])
def test_no_header_line(quandl: QuandlClient, value: str) -> None:
    """Any yes leaves it out."""
    assert quandl.get("/datasets/WIKI/FB.csv", f"limit=1&exclude_headers={value}").text == "2024-02-05,8.0,40.0\n"


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/datasets/WIKI/FB.csv", "*/*", "text/csv"),
        ("/datasets/WIKI/FB.CSV", "*/*", "text/csv"),
        ("/datasets/WIKI/FB/data.csv", "application/json", "text/csv"),
        ("/datasets.csv", "*/*", "text/csv"),
        ("/databases.csv", "*/*", "text/csv"),
        ("/databases/WIKI.csv", "*/*", "text/csv"),
        ("/datasets/WIKI/NO_SUCH?.csv", "*/*", "application/json"),
        ("/datasets/WI!KI/FB.csv", "*/*", "text/csv"),
        ("/datasets/WIKI/FB.xml", "*/*", "application/xml"),
        ("/datasets/WI!KI/FB.xml", "*/*", "application/xml"),
        ("/datasets/WIKI/FB", "application/xml,application/vnd.quandl+xml;version=2015-03-31", "application/xml"),
        ("/datasets/WIKI/FB", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("/datasets/WIKI/FB", "application/json, application/vnd.quandl+json;version=2015-04-09", "application/json"),
    ],
)
def test_media_types(quandl: QuandlClient, path: str, accept: str, media_type: str) -> None:
    """Some clients compare the whole header, so it is Quandl's, of errors too."""
    quandl.data()

    assert quandl.get(path, Accept=accept).headers["content-type"] == media_type


@pytest.mark.parametrize("path", ["/datasets.csv", "/databases.csv"])
def test_nothing_as_csv_is_a_header(quandl: QuandlClient, path: str) -> None:
    """The header is that of a list which has something."""
    empty = quandl.get(path, "query=nothing").text
    quandl.data()

    assert empty.count("\n") == 1
    assert empty.split(",")[0] == "id"
    assert quandl.get(path).text.startswith(empty)


@pytest.mark.parametrize("error", [KeyRejected("Not you."), SourceForbidden("Not you.")])
def test_what_is_not_permitted(quandl: QuandlClient, error: Any) -> None:
    """It is said in Quandl's words."""
    quandl.source.error = error
    refused = quandl.get("/datasets/WIKI/FB")
    words = "You do not have permission to view this dataset. Please subscribe to this database to get access."

    assert refused.status_code == 403
    assert refused.json["quandl_error"] == {"code": "QEPx04", "message": f"{words} Not you."}


class Folder:
    """A client of a service with files that nobody has asked for yet."""

    def __init__(self, client_on: ClientOn) -> None:
        self.source = ShelfSource({f"WIKI/{name}": PRICES for name in ("FB", "AAPL", "IBM")} | {"SHOP/umsatz": PRICES})
        self.client = client_on(memory_use_cases({"files": self.source, "canned": CannedSource()}, default="files"))

    def get(self, path: str, query: str = "") -> Any:
        return self.client.simulate_get(f"/api/v3{path}", query_string=query)


@pytest.fixture
def folder(client_on: ClientOn) -> Folder:
    return Folder(client_on)


@pytest.mark.parametrize("query", ["database_code=WIKI", "database_code=wiki&query=*", "database_code=WIKI&query=", "query=wiki"])
def test_a_database_is_listed_without_words(folder: Folder, query: str) -> None:
    """What is stored comes first, then what the folder holds besides; nothing is fetched for it."""
    folder.get("/datasets/WIKI/IBM")
    found = folder.get("/datasets.json", query).json

    assert [each["dataset_code"] for each in found["datasets"]] == ["IBM", "AAPL", "FB"]
    assert [each["column_names"] for each in found["datasets"]] == [["Date", "Open", "Close"], [], []]
    assert found["meta"]["total_count"] == 3
    assert folder.source.asked == ["WIKI/IBM"]


def test_a_folder_is_a_list_of_databases(folder: Folder) -> None:
    """Each counts its files, and its codes and metadata are archives."""
    listed = folder.get("/databases").json["databases"]
    one = folder.get("/databases/wiki.json").json["database"]
    archives = [folder.get(f"/databases/SHOP/{part}") for part in ("codes", "metadata")]

    assert [(each["database_code"], each["datasets_count"]) for each in listed] == [("SHOP", 1), ("WIKI", 3)]
    assert one == listed[1]
    assert [(each.status_code, each.headers["content-type"], each.content[:2]) for each in archives] == [
        (200, "application/zip", b"PK")
    ] * 2
    assert folder.get("/databases", f"ids[]={database_id('SHOP')}").json["databases"] == listed[:1]
    assert folder.source.asked == []


@pytest.mark.parametrize("code", ["WIKI/FB-Facebook-Inc", "WIKI/FB-Facebook-Inc.json", "wiki/FB-Facebook"])
def test_a_code_with_its_title(folder: Folder, code: str) -> None:
    """Old addresses have the series' title behind its code."""
    assert folder.get(f"/datasets/{code}").json["dataset"]["dataset_code"] == "FB"
    assert folder.source.asked == ["WIKI/FB"]


def test_frequencies_are_told_by_the_dates(client_on: ClientOn) -> None:
    """A file does not say it."""
    months = Observations.of(["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"], ("Close",), [[1.0], [2.0], [3.0], [4.0]])

    assert QuandlClient(client_on, observations=months).data()["frequency"] == "monthly"
