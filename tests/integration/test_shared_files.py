"""Files as people have them, each beside its right reading, where a checkout has them as ../shared/cases/files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.provider_kit.own_files import FileSeries, read_file
from adapters.provider_kit.own_files.options import read_options
from domain.errors import AnswerNotUnderstood

FOLDER = Path(__file__).parents[3] / "shared" / "cases" / "files"
EXPECTED = FOLDER / "expected.jsonl"
CASES = [json.loads(line) for line in EXPECTED.read_text("utf-8").splitlines()] if EXPECTED.is_file() else []
#: With these options alone no value is in doubt: a reader that finds the layout itself is right too.
LAYOUT = {"layout", "key_columns", "value_column", "key", "header_rows", "unit_row"}


def read(case: dict[str, Any], options: dict[str, Any] | None = None) -> FileSeries:
    return read_file((FOLDER / "files" / case["file"]).read_bytes(), case["file"], read_options(options or {}))


def moment(text: str) -> str:
    return text.removesuffix("T00:00:00Z")


def told(series: FileSeries) -> dict[str, Any]:
    rows = [[moment(text), *values] for text, (_, values) in zip(series.observations.texts(), series.observations.rows(), strict=True)]
    return {
        "columns": list(series.observations.columns),
        "frequency": series.frequency,
        "rows": rows,
        "left_out": sorted(series.left_out),
    }


def right(case: dict[str, Any]) -> dict[str, Any]:
    rows = [[moment(row[0]), *(None if value is None else float(value) for value in row[1:])] for row in case["read"]["rows"]]
    return {**case["read"], "rows": rows, "left_out": sorted(case["read"].get("left_out", []))}


@pytest.mark.skipif(not CASES, reason=f"there is no {EXPECTED}: the shared cases are not beside this checkout")
@pytest.mark.parametrize("case", CASES or [{}], ids=lambda case: case.get("file", "none"))
def test_files_as_people_have_them(case):
    """Each file is read as expected, or refused without the options that decide."""
    if "refused" not in case:
        assert told(read(case)) == right(case)
    elif not (case["options"] and set(case["options"]) <= LAYOUT):
        with pytest.raises(AnswerNotUnderstood) as raised:
            read(case)
        assert all(option in raised.value.message for option in case["options"] or ())
    if case["options"]:
        assert told(read(case, case["options"])) == right(case)
