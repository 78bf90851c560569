"""Further unmodified clients against a running service: the test suite of ``quandl``, the package of npm, and backtrader's feed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installed import node_with, python_with, source_of
from tests.acceptance.running import Lanner, running

pytestmark = pytest.mark.clients

SUITE, NODE, FEED = (Path(__file__).with_name(name) for name in ("quandl_suite.py", "quandl_node.js", "backtrader_feed.py"))
#: Those about time series; the others are about tables.
MODULES = (
    *("test_data", "test_dataset", "test_database", "test_get", "test_merged_dataset"),
    *("test_connection", "test_retries", "test_model", "test_util", "test_request_type_util"),
)
#: What only the suite's own mock of the server can answer, by the reason.
MOCKED = {
    "the address of Quandl's server is expected": (
        "test_connection.ConnectionTest.test_build_request_0_GET",
        "test_connection.ConnectionTest.test_build_request_1_POST",
        "test_database.BulkDownloadDatabaseTest.test_get_bulk_downnload_url_with_download_type",
    ),
    "the mock fails on every request": (
        "test_connection.ConnectionTest.test_non_quandl_error_0_GET",
        "test_connection.ConnectionTest.test_parse_error_0_GET",
        "test_connection.ConnectionTest.test_quandl_exceptions_no_retries_0_GET",
        "test_connection.ConnectionTest.test_quandl_exceptions_no_retries_1_POST",
        "test_database.BulkDownloadDatabaseTest.test_bulk_download_raises_exception_when_error_response",
        "test_retries.TestRetries.test_correct_response_exception_raised_for_errors_not_in_retry_status_codes",
        "test_retries.TestRetries.test_correct_response_exception_raised_if_retries_fail",
    ),
    "the mock answers with a body that no server would send": (
        "test_data.ListDataTest.test_exception_raised_if_column_and_data_row_mistmatch",
        "test_database.BulkDownloadDatabaseTest.test_bulk_download_to_file_writes_to_file",
        "test_retries.TestRetries.test_correct_response_returned_if_retries_succeed",
    ),
    "the mock ignores that the newest come first, and has whole numbers where Quandl wrote floats": (
        "test_data.ListDataTest.test_data_to_list",
        "test_data.ListDataTest.test_raw_data_is_zip_of_column_names_and_data",
        "test_data.ListDataTest.test_to_csv_returns_expected_csv",
    ),
    "the mock has other databases, datasets and metadata than its data": (
        "test_database.ListDatabasesTest.test_databases_has_more",
        "test_database.ListDatabasesTest.test_databases_returns_database_objects",
        "test_database.ListDatabasesTest.test_databases_returns_expected_ids",
        "test_dataset.ListDatasetsTest.test_datasets_return_dataset_objects",
        "test_merged_dataset.GetMergedDatasetTest.test_merged_dataset_newest_available_date",
        "test_merged_dataset.GetMergedDatasetTest.test_merged_dataset_oldest_available_date",
    ),
}
ROWS = ("2015-07-11,444.3,10,3", "2015-07-13,433.3,4,3", "2015-07-14,437.5,3,3", "2015-07-15,440.0,2,3")
PRICES = "Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio,Adj. Open,Adj. High,Adj. Low,Adj. Close,Adj. Volume\n"
DAYS = [
    f"2018-03-0{day},1{day}.5,2{day}.5,{day}.5,1{day}.25,{day}00,0,1,5{day}.5,6{day}.5,4{day}.5,5{day}.25,{day}50\n" for day in (1, 2, 5)
]
FILES = {
    **dict.fromkeys(("NSE/OIL", "WIKI/AAPL", "WIKI/MSFT"), "\n".join(["Date,column.1,column.2,column.3", *ROWS, ""])),
    "SINGLE/COLUMN": "\n".join(["Date,column.1", *(row.rsplit(",", 2)[0] for row in ROWS), ""]),
    "WIKI/FB": PRICES + "".join(DAYS),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    """A service over a folder with the series that the suite expects, and one of prices."""
    folder = tmp_path_factory.mktemp("series")
    for code, text in FILES.items():
        path = folder / f"{code}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    settings = {"LANNER_PROVIDERS__FILES__PATH": str(folder), "LANNER_DEFAULT_PROVIDER": "files"}
    with running(tmp_path_factory.mktemp("service"), settings, "up") as service:
        yield service


def output_of(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(900)
def test_the_clients_own_test_suite(service: Lanner, tmp_path: Path) -> None:
    """All tests of time series pass against this server, except those that only the mock can meet."""
    python = python_with("quandl==3.7.0", "mock==5.2.0", "factory_boy==3.3.3", "parameterized==0.9.0", "jsondate==0.1.2", "six==1.17.0")
    found = json.loads(output_of(python, "-P", SUITE, source_of("quandl==3.7.0"), service.address, *MODULES, cwd=tmp_path))

    assert found["ran"] == 124
    assert {name: why for name, why in found["failed"].items() if name not in {each for names in MOCKED.values() for each in names}} == {}


@pytest.mark.timeout(900)
def test_the_package_of_npm(service: Lanner) -> None:
    """Its five calls read data, metadata, multisets, searches and favourites."""
    said = output_of("node", NODE, service.address, cwd=node_with("quandl@0.0.6"))
    found = dict(line.split(" ", 1) for line in said.splitlines())

    assert json.loads(found["dataset"])["dataset"]["data"] == [["2018-03-01", 11.25], ["2018-03-02", 12.25]]
    assert json.loads(found["metadata"])["dataset"]["newest_available_date"] == "2018-03-05"
    assert json.loads(found["multiset"])["data"][0] == ["2018-03-05", 15.25, None]
    assert found["search"].count("<dataset-code>FB</dataset-code>") == 1
    assert json.loads(found["favourites"])["datasets"] == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("adjusted", "closes"), [("yes", [51.25, 52.25, 55.25]), ("no", [11.25, 12.25, 15.25])])
def test_backtraders_feed(service: Lanner, adjusted: str, closes: list[float]) -> None:
    """``bt.feeds.Quandl`` reads from its ``baseurl``, which must answer with Quandl's media type letter by letter."""
    rows = json.loads(output_of(python_with("backtrader==1.9.78.123"), "-P", FEED, service.address, adjusted))

    assert rows == [list(pair) for pair in zip(["2018-03-01", "2018-03-02", "2018-03-05"], closes, strict=True)]
