"""Observations of FRED's API: real-time periods, output types, units, frequencies, pages and files."""

from __future__ import annotations

import csv
import io
import sys
import zipfile

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from domain.codes import DatasetCode
from domain.observations import Observations
from domain.series import Metadata
from entrypoints.rest.http.responses import ResponseSender
from tests.entrypoints.rest.fred import FredClient, Publishing
from tests.fakes import CannedSource

EVER = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31"}
NOW = "9999-12-31"


@pytest.fixture
def fred() -> FredClient:
    return FredClient()


def test_a_series_is_fetched_by_being_asked_for(fred: FredClient) -> None:
    """The answer has FRED's members in its order; by default it is what is published today, with the whole period of each value."""
    found = fred.json("series/observations", series_id="jobs")

    assert fred.source.asked == ["FRED/JOBS"]  # type: ignore[attr-defined]
    assert list(found.items())[:-1] == [
        ("realtime_start", "2024-03-01"),
        ("realtime_end", "2024-03-01"),
        ("observation_start", "1600-01-01"),
        ("observation_end", NOW),
        ("units", "lin"),
        ("output_type", 1),
        ("file_type", "json"),
        ("order_by", "observation_date"),
        ("sort_order", "asc"),
        ("count", 4),
        ("offset", 0),
        ("limit", 100_000),
    ]
    assert found["observations"][1] == {"realtime_start": "2024-01-15", "realtime_end": NOW, "date": "2023-11-01", "value": "111.0"}
    assert fred.xml("series/observations", series_id="JOBS").attrib["file_type"] == "xml"


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            EVER,
            [
                ("2023-12-15", NOW, "2023-10-01", "100.0"),
                ("2023-12-15", "01-14", "2023-11-01", "110.0"),
                ("01-15", NOW, "2023-11-01", "111.0"),
                ("01-15", "02-14", "2023-12-01", "120.5"),
                ("02-15", NOW, "2023-12-01", "."),
                ("02-15", NOW, "01-01", "130.0"),
            ],
        ),
        (
            {"realtime_start": "2024-02-15", "observation_start": "2023-12-01"},
            [("02-15", NOW, "2023-12-01", "."), ("02-15", NOW, "01-01", "130.0")],
        ),
        ({"realtime_end": "2024-01-14"}, [("2023-12-15", NOW, "2023-10-01", "100.0"), ("2023-12-15", "01-14", "2023-11-01", "110.0")]),
        ({"realtime_end": "2023-12-14"}, []),
        (
            {"vintage_dates": "2024-01-20, 2023-12-20", "observation_start": "2023-11-01", "observation_end": "2023-11-30"},
            [("2023-12-15", "01-14", "2023-11-01", "110.0"), ("01-15", NOW, "2023-11-01", "111.0")],
        ),
        ({**EVER, "output_type": "4"}, [("01-15", "02-14", "2023-12-01", "120.5"), ("02-15", NOW, "01-01", "130.0")]),
        ({"output_type": "4", "vintage_dates": "2024-01-15"}, [("01-15", "02-14", "2023-12-01", "120.5")]),
        (
            {"output_type": "2", "vintage_dates": "2023-12-20,2024-02-15,2023-01-01"},
            [("2023-10-01", "100.0", "100.0"), ("2023-11-01", "110.0", "111.0"), ("2023-12-01", "."), ("01-01", "130.0")],
        ),
        ({"output_type": "2"}, [("2023-10-01", "100.0"), ("2023-11-01", "111.0"), ("2023-12-01", "."), ("01-01", "130.0")]),
        (
            {**EVER, "output_type": "3", "observation_start": "2023-11-01"},
            [("2023-11-01", "110.0", "111.0"), ("2023-12-01", "120.5", "."), ("01-01", "130.0")],
        ),
        ({"output_type": "3", "vintage_dates": "2024-01-15,2024-02-01"}, [("2023-11-01", "111.0"), ("2023-12-01", "120.5")]),
        ({"sort_order": "desc", "limit": "2", "offset": "1"}, [("02-15", NOW, "2023-12-01", "."), ("01-15", NOW, "2023-11-01", "111.0")]),
        ({"offset": "9"}, []),
        ({"output_type": "2", "sort_order": "desc", "limit": "1"}, [("01-01", "130.0")]),
        (
            {"units": "chg", "realtime_end": "2024-01-20", "realtime_start": "2024-01-20"},
            [("2023-12-15", NOW, "2023-10-01", "."), ("01-15", NOW, "2023-11-01", "11.0"), ("01-15", "02-14", "2023-12-01", "9.5")],
        ),
        ({"frequency": "q", "aggregation_method": "sum"}, [("02-15", NOW, "2023-10-01", "211.0"), ("02-15", NOW, "01-01", "130.0")]),
        ({"frequency": "a", "aggregation_method": "eop", "observation_end": "2023-12-31"}, [("02-15", NOW, "2023-01-01", "111.0")]),
        ({"frequency": "", "units": "", "limit": "", "nonsense": "1", "search_type": "release"}, None),
    ],
    ids=str,
)
def test_what_is_asked_for(fred: FredClient, query: dict[str, str], rows: list[tuple[str, ...]] | None) -> None:
    """JSON and XML have the same rows; empty parameters count as absent, and unknown ones are ignored, as FRED does."""
    assert fred.rows(**query) == (rows if rows is not None else fred.rows())


def test_columns_of_vintages_are_named_by_the_days_that_are_asked_for(fred: FredClient) -> None:
    """Or by those of the vintages; the name is one that XML can have."""
    asked = fred.json("series/observations", series_id="JOBS", output_type="2", vintage_dates="2023-12-20,2024-02-15")["observations"]
    own = fred.json("series/observations", series_id="FRED/A.B-C", output_type="2", realtime_start="2024-02-01")["observations"]

    assert list(asked[0]) == ["date", "JOBS_20231220", "JOBS_20240215"]
    assert list(own[0]) == ["date", "A.B-C_20240115", "A.B-C_20240215"]


def test_the_window_of_an_answer_follows_what_is_asked_for(fred: FredClient) -> None:
    """With one end alone it reaches to the first or last day that FRED knows."""
    windows = [
        fred.json("series/observations", series_id="JOBS", **query)
        for query in ({"realtime_start": "2024-01-01"}, {"realtime_end": "2024-01-01"}, {"vintage_dates": "2024-02-01,2024-01-01"})
    ]

    assert [(each["realtime_start"], each["realtime_end"]) for each in windows] == [
        ("2024-01-01", NOW),
        ("1776-07-04", "2024-01-01"),
        ("2024-01-01", "2024-02-01"),
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "100001"}, "Variable limit is not between 1 and 100000."),
        ({"limit": "0"}, "Variable limit is not between 1 and 100000."),
        ({"offset": "-1"}, "Variable offset is not between 0 and 1000000000."),
        ({"realtime_start": "1/1/2015"}, "Variable realtime_start is not a YYYY-MM-DD formatted date (e.g. 2000-02-24)."),
        ({"observation_end": "2015-02-30"}, "Variable observation_end is not a YYYY-MM-DD formatted date (e.g. 2000-02-24)."),
        ({"vintage_dates": "2015-02-28,"}, "Variable vintage_dates is not a YYYY-MM-DD formatted date (e.g. 2000-02-24)."),
        (
            {"realtime_start": "2024-02-01", "realtime_end": "2024-01-01"},
            "Variable realtime_end (2024-01-01) is before realtime_start (2024-02-01).",
        ),
        ({"units": "chng"}, "Variable units is not one of 'lin', 'chg', 'ch1', 'pch', 'pc1', 'pca', 'cch', 'cca', 'log'."),
        ({"output_type": "5"}, "Variable output_type is not one of '1', '2', '3', '4'."),
        ({"aggregation_method": "mean"}, "Variable aggregation_method is not one of 'avg', 'sum', 'eop'."),
        ({"frequency": "d"}, "frequency=d is higher than the series' own, which is monthly. Omit frequency."),
        ({"file_type": "xls"}, "Variable file_type is not one of 'xml', 'json', 'csv', 'txt', 'xlsx'."),
        ({"column": "Close"}, "The series has no column 'Close'. Its columns: Value."),
        ({"sort_order": "up"}, "Variable sort_order is not one of 'asc', 'desc'."),
        ({"units": "lin\0"}, "Variable units holds a NUL character."),
    ],
    ids=str,
)
def test_what_nobody_understands(fred: FredClient, query: dict[str, str], message: str) -> None:
    """It is refused as FRED refuses it: 400, and the variable by its name."""
    answer = fred.get("/fred/series/observations", series_id="JOBS", **{"file_type": "json", **query})

    assert answer.status_code == 400
    if answer.headers["content-type"].startswith("application/json"):
        assert answer.json == {"error_code": 400, "error_message": f"Bad Request.  {message}"}
    else:
        assert message in answer.text


def test_conditional_requests_and_codings(fred: FredClient) -> None:
    """A client that has the answer gets 304; a large one is compressed; another day, or another state, is another answer."""
    query = {"series_id": "JOBS", **EVER}
    first = fred.get("/fred/series/observations", **query)
    same = {"If-None-Match": first.headers["etag"]}
    many = FredClient(source=CannedSource(observations=Observations.of(np.arange(100), ["Value"], np.ones((100, 1)))))
    packed = many.get("/fred/series/observations", headers={"Accept-Encoding": "gzip"}, **query)
    today = fred.get("/fred/series/observations", series_id="JOBS")
    fred.clock.forward(days=1)
    tomorrow = fred.get("/fred/series/observations", headers={"If-None-Match": today.headers["etag"]}, series_id="JOBS")

    assert (fred.get("/fred/series/observations", headers=same, **query).status_code, first.status_code) == (304, 200)
    assert (packed.headers["content-encoding"], first.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert (first.headers["last-modified"], first.headers["cache-control"]) == ("Thu, 15 Feb 2024 23:59:59 GMT", "public, no-cache")
    assert tomorrow.status_code == 200


@pytest.mark.parametrize("kind", ["csv", "txt"])
def test_a_zip_with_csv(fred: FredClient, kind: str) -> None:
    """It has the rows, and a page that says what they are; a row without a vintage has an empty cell."""
    answer = fred.get("/fred/series/observations", series_id="JOBS", file_type=kind, output_type="2", **EVER)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    rows = list(csv.reader(io.StringIO(archive.read("observations.csv").decode())))

    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == (
        "application/zip",
        'attachment; filename="observations.zip"',
    )
    assert rows[0] == ["date", "JOBS_20231215", "JOBS_20240115", "JOBS_20240215"]
    assert rows[3] == ["2023-12-01", "", "120.5", "."]
    assert "Units: Thousands of Persons\n" in archive.read("README.txt").decode()


def test_a_workbook(fred: FredClient) -> None:
    """Values are numbers, missing ones empty, and no text is a formula."""
    answer = fred.get("/fred/series/observations", series_id="JOBS", file_type="xlsx", observation_start="2023-12-01")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))

    assert book.sheet_names == ["README", "Observations"]
    assert book.get_sheet_by_name("README").to_python()[0] == ["Title", 'Jobs & "Wages"']
    assert book.get_sheet_by_name("Observations").to_python() == [
        ["realtime_start", "realtime_end", "date", "value"],
        ["2024-02-15", NOW, "2023-12-01", ""],
        ["2024-02-15", NOW, "2024-01-01", 130.0],
    ]


def test_without_the_extra(fred: FredClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """501 names what to install, and what needs nothing."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    answer = fred.get("/fred/series/observations", series_id="JOBS", file_type="xlsx")

    assert answer.status_code == 501
    assert "lanner[xlsx]" in answer.text


def test_an_answer_that_is_too_large_is_refused() -> None:
    """With the setting that says so."""
    fred = FredClient(sender=ResponseSender(max_cells=40))
    found = [fred.get("/fred/series/observations", series_id="JOBS", **query) for query in (EVER, {**EVER, "limit": "5"})]

    assert [each.status_code for each in found] == [400, 200]
    assert "LANNER_MAX_CELLS" in found[0].text


def test_numbers_have_no_exponents() -> None:
    """Some clients cannot read them."""
    fred = FredClient(source=Publishing(states={next(iter(Publishing().states)): [1e16, 0.00001, -0.5, 1e-7]}))

    assert [row[-1] for row in fred.rows()] == ["10000000000000000.0", "0.00001", "-0.5", "0.0000001"]


def test_a_series_of_another_provider_is_spelled_out() -> None:
    """By its own code, in its own letters; of several columns one is chosen by its name."""
    other = CannedSource(metadata=Metadata(name="Prices"))
    fred = FredClient(others={"canned": other})
    first = fred.json("series/observations", series_id="CANNED/a.b")
    close = fred.json("series/observations", series_id="CANNED/a.b", column="Close")

    assert fred.use_cases.search_series.databases()[0].code == "CANNED"
    assert fred.json("series", series_id="CANNED/a.b")["seriess"][0]["id"] == "CANNED/a.b"
    assert [[row["value"] for row in each["observations"]] for each in (first, close)] == [["1.0", "2.0", "3.0"], ["1.5", ".", "3.5"]]


def test_a_formula_has_its_result_of_one_day() -> None:
    """It has no real-time periods, and says so."""
    fred = FredClient()
    fred.rows()
    fred.use_cases.manage_formulas.define(DatasetCode("MY", "TWICE"), "2 * FRED('JOBS')")
    found = fred.json("series/observations", series_id="MY/TWICE", realtime_start="2024-01-20", realtime_end="2024-01-20")
    wide = fred.get("/fred/series/observations", series_id="MY/TWICE", **EVER)

    assert [row["value"] for row in found["observations"]] == ["200.0", "222.0", "241.0"]
    assert found["observations"][0]["realtime_start"] == "2024-01-20"
    assert (wide.status_code, "is a formula" in wide.text) == (400, True)
    assert fred.get("/fred/series/vintagedates", series_id="MY/TWICE").status_code == 400
