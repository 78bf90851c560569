"""``lanner import``: files become series; what each got is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrypoints.cli.import_files import import_files, read_columns
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    for day, value in (("2019-01-30", 1), ("2019-02-28", 1), ("2019-03-30", 2)):
        (tmp_path / f"gdp_{day}.csv").write_text(f"date,value\n2018-01-01,{value}\n2018-01-02,5\n")
    return tmp_path


def test_each_series_is_a_line(run: Run, downloads: Path) -> None:
    """A dry run says what would be added, the import what was; the second time there is nothing to add."""
    use_cases = memory_use_cases({"canned": CannedSource()})
    line = f"{downloads} --as GDPS --published filename"

    dry, done, again = (run(use_cases, import_files, each) for each in (f"{line} --dry-run", line, line))

    span = "known since 2019-01-30T23:59:59Z..2019-03-30T23:59:59Z"
    assert dry.stdout == f"import:GDPS/gdp  2 of 3 states would be added, 4 rows, {span}\n1 series, 2 vintages would be added, 4 rows.\n"
    assert done.stdout == f"import:GDPS/gdp  2 of 3 states added, 4 rows, {span}\n1 series, 2 vintages added, 4 rows.\n"
    assert again.stdout == "import:GDPS/gdp  unchanged\n1 series, 0 vintages added, 0 rows.\n"
    assert [each.exit_code for each in (dry, done, again)] == [0, 0, 0]


def test_a_series_of_several_tables_counts_once(run: Run, tmp_path: Path) -> None:
    """Each table adds its states, and has its own line."""
    for day in ("2019-01-30", "2019-02-28"):
        (tmp_path / f"dump_{day}.csv").write_text(f"ticker,date,close\nA,2018-01-01,{day[6]}\n")

    line = f"{tmp_path} --as DUMP --layout by-ticker --published filename"

    result = run(memory_use_cases({"canned": CannedSource()}), import_files, line)

    assert result.stdout.splitlines() == [
        "import:DUMP/A  1 of 1 states added, 1 rows, known since 2019-01-30T23:59:59Z",
        "import:DUMP/A  1 of 1 states added, 1 rows, known since 2019-02-28T23:59:59Z",
        "1 series, 2 vintages added, 2 rows.",
    ]


def test_columns_are_mapped() -> None:
    """A part may be repeated; a comma in a name is the name's."""
    assert read_columns(["date=Day,code=a,code=b", "value=Open, close"]) == {"date": ["Day"], "code": ["a", "b"], "value": ["Open, close"]}


@pytest.mark.parametrize(("options", "message"), [
    ("--map Day", "'Day' is not date=NAME"),
    ("--layout tall", "'tall' is not one of"),
    ("--option decimal", "'decimal' is not NAME=JSON"),
])  # fmt: skip
def test_wrong_options_are_named(run: Run, downloads: Path, options: str, message: str) -> None:
    """Nothing is read before."""
    result = run(memory_use_cases({"canned": CannedSource()}), import_files, f"{downloads} --as GDPS {options}")

    assert result.exit_code == 2
    assert message in result.stderr
