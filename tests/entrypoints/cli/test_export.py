"""``lanner export`` and ``lanner keys``."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.observations import Observations
from domain.providers import Limit
from domain.use_cases import UseCases
from entrypoints.cli.export import export
from entrypoints.cli.keys import keys
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import Run

CSV = "date,Open,Close\n2024-01-01,1.0,1.5\n2024-01-02,2.0,\n2024-01-03,3.0,3.5\n"


@pytest.fixture
def use_cases() -> UseCases:
    use_cases = memory_use_cases({"canned": CannedSource()})
    use_cases.request_fetch(DatasetCode("WIKI", "FB"))
    return use_cases


def test_csv_goes_to_standard_output(run: Run, use_cases: UseCases) -> None:
    """Without a file the observations can be piped."""
    assert run(use_cases, export, "WIKI/FB").stdout == CSV
    assert run(use_cases, export, "WIKI/FB --start 2024-01-03").stdout == "date,Open,Close\n2024-01-03,3.0,3.5\n"


def test_the_files_name_chooses_the_format(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """Each suffix is a format; what was written is told apart from what was asked to be piped."""
    for suffix in ("csv", "json", "parquet", "arrow"):
        done = run(use_cases, export, f"WIKI/FB -o {tmp_path}/fb.{suffix}")
        assert (done.exit_code, done.stdout) == (0, ""), done.output
        assert "3 dates, vintage 1" in done.stderr

    assert (tmp_path / "fb.csv").read_text() == CSV
    assert json.loads((tmp_path / "fb.json").read_text())["data"][1] == ["2024-01-02", 2.0, None]
    assert pq.read_table(tmp_path / "fb.parquet").column("Close").to_pylist() == [1.5, None, 3.5]
    assert pa.ipc.open_file((tmp_path / "fb.arrow").read_bytes()).read_all().num_rows == 3


def test_a_format_that_is_asked_for_wins(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """Whatever the file is called."""
    run(use_cases, export, f"WIKI/FB --format parquet -o {tmp_path}/fb.csv")

    assert pq.read_table(io.BytesIO((tmp_path / "fb.csv").read_bytes())).num_rows == 3


def test_an_ending_that_names_no_format(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """It is refused before anything is written, unless a format is asked for; without an ending it is CSV."""
    refused = run(use_cases, export, f"WIKI/FB -o {tmp_path}/fb.xlsx")

    assert (refused.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "Use .json, .csv, .parquet, .arrow, or add --format." in refused.stderr
    for line in (f"-o {tmp_path}/fb.xlsx --format csv", f"-o {tmp_path}/fb"):
        assert run(use_cases, export, f"WIKI/FB {line}").exit_code == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"fb.xlsx": CSV, "fb": CSV}


def test_a_file_that_cannot_be_written(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """The reason is told, and nothing half-written is left."""
    done = run(use_cases, export, f"WIKI/FB -o {tmp_path}/no/fb.csv")

    assert (done.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "cannot be written: No such file or directory" in done.stderr


VALUES = """\
code,date,column,value
canned:WIKI/FB,2024-01-03,Open,3.0
canned:WIKI/FB,2024-01-03,Close,3.5
canned:WIKI/AAPL,2024-01-03,Open,3.0
canned:WIKI/AAPL,2024-01-03,Close,3.5
"""


def test_several_series_are_one_table_of_values(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """A row for each value, whatever columns the series have; as JSON a line for each series."""
    use_cases.request_fetch(DatasetCode("WIKI", "AAPL"))
    piped = run(use_cases, export, "WIKI/FB WIKI/AAPL --limit 1").stdout
    lines = run(use_cases, export, "WIKI/FB WIKI/AAPL --format json").stdout.splitlines()
    written = run(use_cases, export, f"WIKI/FB WIKI/AAPL --order desc -o {tmp_path}/all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")

    assert piped == VALUES
    assert [json.loads(line)["series"]["code"] for line in lines] == ["WIKI/FB", "WIKI/AAPL"]
    assert written.stderr == f"{tmp_path}/all.parquet: 6 dates, 2 series.\n"
    assert [str(field.type) for field in table.schema] == ["string", "date32[day]", "string", "double"]
    assert table.column("date").to_pylist()[::2] == [date(2024, 1, day) for day in (3, 2, 1, 3, 2, 1)]
    assert table.column("value").to_pylist()[:4] == [3.0, 3.5, 2.0, None]


def test_days_and_moments_share_a_column(run: Run, use_cases: UseCases) -> None:
    """Where one series has moments, days are dated by their first one."""
    seconds = Observations.of(["2024-01-01T12:00:00"], ["Close"], [[1]], unit="s")
    others = memory_use_cases({"canned": CannedSource(), "fine": CannedSource(observations=seconds)})
    for provider in ("canned", "fine"):
        others.request_fetch(DatasetCode("X", "Y"), provider=provider)

    assert run(others, export, "canned:X/Y fine:X/Y --limit 1 --column Close").stdout.splitlines() == [
        "code,time,column,value",
        "canned:X/Y,2024-01-03T00:00:00Z,Close,3.5",
        "fine:X/Y,2024-01-01T12:00:00Z,Close,1.0",
    ]


def test_each_series_gets_its_file_in_a_folder(run: Run, use_cases: UseCases, tmp_path: Path) -> None:
    """Folders are made, and are those from which the provider `files` would read the series."""
    use_cases.request_fetch(DatasetCode("WIKI", "BRK.A"))
    done = run(use_cases, export, f"WIKI/FB WIKI/BRK.A --into {tmp_path}/out --start 2024-01-03")

    assert done.exit_code == 0, done.output
    assert {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.csv")} == {
        "out/WIKI/FB.csv": "date,Open,Close\n2024-01-03,3.0,3.5\n",
        "out/WIKI/BRK_A.csv": "date,Open,Close\n2024-01-03,3.0,3.5\n",
    }
    assert run(use_cases, export, f"WIKI/FB --into {tmp_path}/out -o {tmp_path}/x.csv").exit_code == 2


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("--column Close --order desc --limit 2", "date,Close\n2024-01-03,3.5\n2024-01-02,\n"),
        ("--column Open --transform rdiff_from", "date,Open\n2024-01-01,2.0\n2024-01-02,0.5\n2024-01-03,0.0\n"),
        ("--column Open --limit 2 --transform cumul", "date,Open\n2024-01-02,2.0\n2024-01-03,5.0\n"),
        ("--column Open --collapse annual --aggregate sum", "date,Open\n2024-12-31,6.0\n"),
    ],
)
def test_export_takes_what_the_api_takes(run: Run, use_cases: UseCases, line: str, text: str) -> None:
    """With the same results: the limit comes before transforms that start from a first value."""
    assert run(use_cases, export, f"WIKI/FB {line}").stdout == text


def test_keys_are_made_listed_and_revoked(run: Run, use_cases: UseCases) -> None:
    """The key is all that goes to standard output, so that a script can keep it."""
    made = run(use_cases, keys, "create --name script --scope read --days 7")
    key = use_cases.check_key(made.stdout.strip())
    listed = run(use_cases, keys, "list").stdout
    revoked = run(use_cases, keys, f"revoke {key.id}")

    assert (key.name, key.scopes) == ("script", {Scope.READ})
    assert key.id in listed
    assert made.stdout.strip() not in listed
    assert "script" in revoked.stdout
    assert run(use_cases, keys, "revoke nobody").exit_code == 1


def test_a_key_may_have_limits_of_its_own(run: Run, use_cases: UseCases) -> None:
    """As calls/seconds; what is none is refused by name, and no key is made."""
    made = run(use_cases, keys, "create --name script --limit 20/1,100/10")
    wrong = run(use_cases, keys, "create --name other --limit often")
    [key] = use_cases.manage_keys.list()

    assert (made.exit_code, key.limits) == (0, (Limit(20, 1), Limit(100, 10)))
    assert "20/1,100/10" in run(use_cases, keys, "list").stdout
    assert wrong.exit_code == 1
    assert "limit is not valid: write it as calls/seconds" in str(wrong.exception)
