"""Recorded answers of the providers that speak JSON, compared with a reading of the same files by the standard library alone."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.errors import FetchError
from domain.observations import Observations
from domain.ports import ParsedSeries, RawResponse
from domain.use_cases.parse_answer import ParseAnswer
from tests.servers import missing

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
PROVIDERS = ("dbnomics", "worldbank", "alphavantage", "tiingo", "eia", "bls", "yahoo")
ERRORS = {
    "alphavantage/error_invalid_call.json": "not_found",
    "bls/error_threshold.json": "rate_limited",
    "dbnomics/error_limit_400.json": "not_understood",
    "tiingo/error_hourly_429.json": "rate_limited",
    "tiingo/error_monthly_symbols_200.txt": "rate_limited",
    "worldbank/error_invalid_value.json": "not_found",
    "worldbank/error_invalid_value.xml": "not_found",
    "yahoo/nyf2_historical-BEKE-2020-01-01-to-2020-01-03.csv": "not_found",
}
NEW_YORK = ZoneInfo("America/New_York")
PRICES = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume", "adjclose": "Adj Close"}

Columns = dict[str, dict[str, float | None]]


def entries(*kinds: str) -> list[Any]:
    """The manifest's answers of these kinds that a server really sent."""
    manifest = RECORDED / "MANIFEST.jsonl"
    if not manifest.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="../shared/recorded/MANIFEST.jsonl is not there"))]
    lines = (json.loads(line) for line in manifest.read_text().splitlines())
    return [
        pytest.param(entry, id=entry["body"])
        for entry in lines
        if entry["provider"] in PROVIDERS and entry["kind"] in kinds and entry["trust"] in ("real", "copied", "derived")
    ]


@cache
def parser() -> ParseAnswer:
    """The use case over the providers as they ship, none of them configured or enabled."""
    return ParseAnswer(InstalledProviders({}, deadline_seconds=5))


def parsed(entry: Any, *, hints: bool = True, status: int | None = None) -> list[ParsedSeries]:
    """What the product reads; without hints it sees the body and the status alone."""
    headers = {"content-type": entry["content_type"]} if hints else {}
    body = (RECORDED / entry["body"]).read_bytes()
    answer = RawResponse(body=body, status=status or entry["status"], headers=headers, url=entry["request_url"] if hints else "")
    return list(parser()(entry["provider"], None, answer))


def number(cell: Any) -> float | None:
    return None if cell in (None, "", "-", ".", "NA", "null") else float(cell)


def instant(text: str, zone: Any = UTC) -> str:
    """A moment as the product writes it."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(text: str) -> str:
    """A day, or the first one of a year."""
    return text[:10] if len(text) >= len("2024-01-31") else f"{int(text)}-01-01"


def of_rows(rows: list[tuple[str, Mapping[str, Any]]]) -> Columns:
    """Columns by name from rows of fields; a field that a row lacks is missing there."""
    names = dict.fromkeys(name for _, fields in rows for name in fields)
    return {name: {moment: number(fields.get(name)) for moment, fields in rows} for name in names}


def of_csv(path: Path) -> list[Columns]:
    names, *lines = csv.reader(io.StringIO(path.read_text()))
    read: Callable[[str], str] = (lambda text: instant(text, NEW_YORK)) if names[0] == "time" else day
    return [of_rows([(read(line[0]), dict(zip(names[1:], line[1:], strict=True))) for line in lines])]


def of_dbnomics(document: Any) -> list[Columns]:
    return [of_rows([(day(p), {"Value": v}) for p, v in zip(s["period"], s["value"], strict=True)]) for s in document["series"]["docs"]]


def of_worldbank(document: Any) -> list[Columns]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in document[1]:
        found[row["indicator"]["id"], row["country"]["id"]].append((day(row["date"]), {"Value": row["value"]}))
    return [of_rows(rows) for rows in found.values()]


def of_alphavantage(document: Any) -> list[Columns]:
    [rows] = [rows for name, rows in document.items() if name != "Meta Data"]
    return [
        of_rows([(instant(at, NEW_YORK), {re.sub(r"^\d+\. ", "", name): cell for name, cell in row.items()}) for at, row in rows.items()])
    ]


def of_tiingo(document: Any) -> list[Columns]:
    tables = [one["priceData"] for one in document] if "priceData" in document[0] else [document]
    return [of_rows([(moment_of(row["date"]), {name: row[name] for name in row if name != "date"}) for row in table]) for table in tables]


def moment_of(text: str) -> str:
    return text[:10] if text[11:19] == "00:00:00" else instant(text)


def of_eia(document: Any) -> list[Columns]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in document["response"]["data"]:
        key = tuple(row.get(facet) for facet in ("respondent", "fueltype", "type", "fromba", "toba"))
        found[key].append((f"{row['period']}:00:00Z", {"Value": row["value"]}))
    return [of_rows(rows) for rows in found.values()]


def of_bls(document: Any) -> list[Columns]:
    return [
        of_rows([(f"{row['year']}-{row['period'][1:]}-01", {"Value": row["value"]}) for row in series["data"]])
        for series in document["Results"]["series"]
    ]


def of_yahoo(document: Any) -> list[Columns]:
    charts = []
    for chart in document["chart"]["result"]:
        zone = ZoneInfo(chart["meta"]["exchangeTimezoneName"])
        days = [datetime.fromtimestamp(stamp, zone).date().isoformat() for stamp in chart["timestamp"]]
        cells = {**chart["indicators"]["quote"][0], **chart["indicators"]["adjclose"][0]}
        charts.append({PRICES[name]: dict(zip(days, map(number, column), strict=True)) for name, column in cells.items()})
    return charts


def of_sdmx(path: Path) -> list[Columns]:
    every = [part for part in ET.parse(path).getroot().iter() if part.tag.endswith("}Series")]  # noqa: S314 - a file of our own
    cells = [{child.tag.rpartition("}")[2]: child.get("value") for part in series for child in part} for series in every]
    return [of_rows([(day(one["ObsDimension"]), {"Value": one["ObsValue"]})]) for one in cells]


def independently(entry: Any) -> list[Columns]:
    path = RECORDED / entry["body"]
    if path.suffix == ".csv":
        return of_csv(path)
    if path.suffix == ".xml":
        return of_sdmx(path)
    read: Callable[[Any], list[Columns]] = globals()[f"of_{entry['provider']}"]
    return read(json.loads(path.read_text(encoding="utf-8")))


def columns_of(state: Observations) -> Columns:
    rows = list(zip(state.texts(), (values for _, values in state.rows()), strict=True))
    return {name: {moment: values[i] for moment, values in rows} for i, name in enumerate(state.columns)}


def summary(columns: Columns) -> dict[str, tuple[Any, ...]]:
    """Count, first and last date, sum and number of missing values of each column."""
    return {
        name: (len(cells), min(cells), max(cells), math.fsum(v for v in cells.values() if v is not None), [*cells.values()].count(None))
        for name, cells in columns.items()
    }


@pytest.mark.parametrize("hints", [True, False], ids=["with URL", "body alone"])
@pytest.mark.parametrize("entry", entries("series", "series_set"))
def test_every_series_is_read_as_it_is(entry, hints):
    """Each recorded series has all its dates, columns, values and missing values; each of several has its own code."""
    series = parsed(entry, hints=hints)
    expected, actual = independently(entry), [columns_of(one.vintages[-1][1]) for one in series]

    assert list(map(summary, actual)) == list(map(summary, expected))
    assert actual == expected
    assert len({one.code for one in series}) == len(series)
    assert [one.left_out for one in series if one.left_out] == []


@pytest.mark.parametrize("entry", entries("series_set"))
def test_a_series_of_a_set_is_had_by_its_code(entry):
    """Each code that an answer's series are listed under gives that series alone."""
    body = (RECORDED / entry["body"]).read_bytes()
    answer = RawResponse(body=body, headers={"content-type": entry["content_type"]}, url=entry["request_url"])
    for one in parsed(entry)[:5]:
        [alone] = parser()(entry["provider"], one.code, answer)

        assert alone == one


@pytest.mark.parametrize("status", [None, 200], ids=["with status", "as a success"])
@pytest.mark.parametrize("entry", entries("error"))
def test_every_error_is_named(entry, status):
    """Each recorded error has its name, also where the status says that all is well."""
    with pytest.raises(FetchError) as raised:
        parsed(entry, status=status)

    assert raised.value.code == ERRORS[entry["body"]]


@pytest.mark.parametrize("entry", entries("metadata", "search", "structure", "other"))
def test_what_is_no_series_is_not_understood(entry):
    """Descriptions, lists and archives are not taken for empty series."""
    with pytest.raises(FetchError) as raised:
        parsed(entry)

    assert raised.value.code == "not_understood"


@pytest.mark.parametrize(
    ("provider", "body", "counts"),
    [
        ("yahoo", "yahoo/pp_response_yahoo_historical02.json", [124]),
        ("alphavantage", "alphavantage/mock_time_series.json", [100]),
        ("tiingo", "tiingo/tt_crypto_price_history.json", [2, 2]),
        ("eia", "eia/em_US-FLA-FPC_US-FLA-FPL_exchange.json", [25]),
    ],
)
def test_the_command_reads_them(provider, body, counts):
    """``lanner parse`` reads a recorded answer of a provider that has no key and is not enabled."""
    if not RECORDED.is_dir():
        missing("../shared/recorded is not beside this checkout")
    command = [sys.executable, "-m", "entrypoints.cli", "parse", provider, "*", "--body", str(RECORDED / body)]
    series = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["series"]

    assert [len(one["vintages"][-1]["data"]) for one in series] == counts
