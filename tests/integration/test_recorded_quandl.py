"""Quandl's recorded answers, compared with a reading of the same files by the standard library alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import ParsedSeries, RawResponse
from domain.use_cases.parse_answer import ParseAnswer

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
ERRORS = {"QECx02": "not_found", "QELx01": "rate_limited", "QESx02": "not_understood", "QESx08": "not_understood"}

Row = tuple[str, list[float | None]]


def entries(*kinds: str) -> list[Any]:
    """The manifest's answers of Quandl of these kinds that a server really sent."""
    manifest = RECORDED / "MANIFEST.jsonl"
    if not manifest.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="../shared/recorded/MANIFEST.jsonl is not there"))]
    lines = (json.loads(line) for line in manifest.read_text().splitlines())
    return [
        pytest.param(entry, id=entry["body"].removeprefix("quandl/"))
        for entry in lines
        if entry["provider"] == "quandl" and entry["kind"] in kinds and entry["trust"] in ("real", "copied")
    ]


@cache
def parser() -> ParseAnswer:
    """The use case over the providers as they ship."""
    return ParseAnswer(InstalledProviders({}, deadline_seconds=5))


def parsed(entry: Any, code: DatasetCode | None, *, hints: bool = True) -> list[ParsedSeries]:
    """What the product reads; without hints it sees the body alone."""
    headers = {"content-type": entry["content_type"]} if hints else {}
    body = (RECORDED / entry["body"]).read_bytes()
    answer = RawResponse(body=body, status=entry["status"], headers=headers, url=entry["request_url"] if hints else "")
    return list(parser()("quandl", code, answer))


def independently(entry: Any) -> tuple[list[str], list[list[Any]]]:
    """Column names and rows, ascending, by the standard library: a date, then floats or None."""
    path = RECORDED / entry["body"]
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
        return names, [[cell or None for cell in row] for row in rows]
    document = json.loads(path.read_text(encoding="utf-8"))
    fields = document.get("dataset") or document.get("dataset_data") or document
    return fields["column_names"], fields["data"]


def numbers(rows: list[list[Any]]) -> list[Row]:
    """Rows in order of their dates, the cells behind the first as floats."""
    return sorted(((row[0], [None if cell is None else float(cell) for cell in row[1:]]) for row in rows), key=lambda row: row[0])


def in_product(series: ParsedSeries) -> Iterator[Row]:
    """The rows of a series as it was parsed."""
    [(published, observations)] = series.vintages
    assert published is None
    for moment, values in observations.rows():
        yield moment.isoformat(), values


def same(expected: list[Row], actual: list[Row]) -> bool:
    """Compare dates, missing cells and every value's bits."""
    if [(date, [v is None for v in values]) for date, values in expected] != [
        (date, [v is None for v in values]) for date, values in actual
    ]:
        return False
    bits = [np.array([v for _, values in rows for v in values if v is not None]).view(np.int64) for rows in (expected, actual)]
    return np.array_equal(*bits)


@pytest.mark.parametrize("hints", [True, False], ids=["with URL", "body alone"])
@pytest.mark.parametrize("entry", entries("series"))
def test_every_series_is_read_to_the_bit(entry, hints):
    """Each recorded series has its code, its columns in their order, all its dates ascending and each value bit for bit."""
    [named] = parsed(entry, None, hints=hints)
    [series] = parsed(entry, named.code, hints=hints)
    names, rows = independently(entry)
    expected, actual = numbers(rows), list(in_product(series))

    assert series.code == named.code
    assert series.metadata.date_column == names[0]
    assert series.vintages[0][1].columns == tuple(names[1:])
    assert series.left_out == ()
    assert same(expected, actual)


@pytest.mark.parametrize("entry", entries("series"))
def test_an_unnamed_series_is_named(entry):
    """Where no code is given, it is the one in the body, else the one in the URL."""
    [series] = parsed(entry, None)
    path = entry["request_url"].partition("/datasets/")[2].split("?")[0]
    expected = path.removesuffix("/data.json").removesuffix(".json").removesuffix(".csv")

    assert str(series.code) == ("QUANDL/UNNAMED" if " " in path else expected)


@pytest.mark.parametrize("hints", [True, False], ids=["with URL", "body alone"])
@pytest.mark.parametrize("entry", entries("series_set"))
def test_every_series_of_a_table_is_read_to_the_bit(entry, hints):
    """A recorded table gives one series a key, each with all of its rows, all at once or alone."""
    names, rows = independently(entry)
    assert names[:2] == ["ticker", "date"]
    table = "WIKI/PRICES" if hints else "QDL/TABLE"
    everything = {str(series.code): series for series in parsed(entry, None, hints=hints)}

    assert set(everything) == {f"{table}.{row[0]}" for row in rows}
    for code, series in everything.items():
        expected = numbers([row[1:] for row in rows if f"{table}.{row[0]}" == code])
        [alone] = parsed(entry, DatasetCode.parse(code), hints=hints)

        assert series.vintages[0][1].columns == tuple(names[2:])
        assert series.left_out == ("ticker",)
        assert same(expected, list(in_product(series)))
        assert alone == series


@pytest.mark.parametrize("hints", [True, False], ids=["with status", "body alone"])
@pytest.mark.parametrize("entry", entries("error"))
def test_every_error_is_named(entry, hints):
    """Each recorded error has its name, from the body alone too, and tells the provider's own sentence."""
    said = json.loads((RECORDED / entry["body"]).read_text())["quandl_error"]
    with pytest.raises(FetchError) as raised:
        parsed(entry if hints else {**entry, "status": 200}, None, hints=hints)

    assert raised.value.code == ERRORS[said["code"]]
    assert said["message"] in raised.value.message


@pytest.mark.parametrize("entry", entries("metadata", "search"))
def test_what_is_no_series_is_not_understood(entry):
    """Descriptions and lists of datasets are not taken for empty series."""
    with pytest.raises(FetchError) as raised:
        parsed(entry, DatasetCode("SOME", "CODE"))

    assert raised.value.code == "not_understood"
