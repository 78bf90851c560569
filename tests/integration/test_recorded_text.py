"""Recorded answers of FRED, Stooq, the Treasury and the ECB, compared with a reading of the same files by the standard library."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.errors import FetchError
from domain.observations import Observations
from domain.ports import ParsedSeries, RawResponse
from domain.use_cases.parse_answer import ParseAnswer

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
ERRORS = {
    "fred/error_bad_key_400.json": "key_rejected",
    "stooq/error_daily_limit_200.txt": "rate_limited",
    "stooq/error_no_data_200.txt": "not_found",
}
MISSING = {"", ".", "N/A", None}

Column = dict[str, float | None]


def entries(*kinds: str) -> list[Any]:
    """The manifest's answers of these kinds that a server really sent, each with the provider that reads it."""
    manifest = RECORDED / "MANIFEST.jsonl"
    if not manifest.is_file():
        return [pytest.param(None, None, marks=pytest.mark.skip(reason="../shared/recorded/MANIFEST.jsonl is not there"))]
    lines = (json.loads(line) for line in manifest.read_text().splitlines())
    chosen = [entry for entry in lines if entry["kind"] in kinds and entry["trust"] in ("real", "copied", "derived")]
    named = [(reader(entry), entry) for entry in chosen]
    return [pytest.param(provider, entry, id=f"{provider}:{entry['body']}") for provider, entry in named if provider]


def reader(entry: Mapping[str, Any]) -> str:
    """The provider that reads an answer, if it is one of these."""
    if "eurofxref" in entry["body"]:
        return "ecb_fx"
    return entry["provider"] if entry["provider"] in ("fred", "alfred", "stooq", "us_treasury") else ""


@cache
def parser() -> ParseAnswer:
    """The use case over the providers as they ship, none of them configured."""
    return ParseAnswer(InstalledProviders({}, deadline_seconds=5))


def parsed(provider: str, entry: Any, *, hints: bool = True) -> list[ParsedSeries]:
    """What the product reads; without hints it sees the body and status alone."""
    headers = {"content-type": entry["content_type"]} if hints else {}
    body = (RECORDED / entry["body"]).read_bytes()
    answer = RawResponse(body=body, status=entry["status"], headers=headers, url=entry["request_url"] if hints else "")
    return list(parser()(provider, None, answer))


def number(text: str | None) -> float | None:
    return None if text in MISSING else float(text)


def of_fred(path: Path) -> list[Column]:
    """The newest state: for each date the value whose span goes furthest; of first releases, the only one."""
    if path.suffix == ".xml":
        rows = [dict(element.attrib) for element in ET.parse(path).getroot()]  # noqa: S314 - a file of our own
    else:
        rows = json.loads(path.read_text())["observations"]
    last = max(row["realtime_end"] for row in rows)
    only = len({row["date"] for row in rows}) == len(rows)
    return [{row["date"]: number(row["value"]) for row in rows if only or row["realtime_end"] == last}]


def of_csv(path: Path) -> list[Column]:
    """A column for each name behind the first; rows may lack cells, lines may end with a comma."""
    names, *rows = csv.reader(io.StringIO(path.read_text()))
    width = len(names) if names[-1] else len(names) - 1
    return [{row[0][:10]: number(row[i]) if i < len(row) else None for row in rows} for i in range(1, width)]


def of_treasury(path: Path) -> list[Column]:
    """Every rate by the name of its element, cut out of the text; a tenor left out of an entry is missing."""
    found: dict[str, Column] = defaultdict(dict)
    days = []
    for entry in re.findall(r"<m:properties>(.*?)</m:properties>", path.read_text(), re.DOTALL):
        [day] = re.findall(r"<d:NEW_DATE[^>]*>(\d{4}-\d\d-\d\d)T", entry)
        days.append(day)
        for name, value in re.findall(r"<d:(BC_\w+)[^>]*>([-.\d]+)<", entry):
            found[name][day] = float(value)
    return [{day: column.get(day) for day in days} for column in found.values()]


def of_rates(path: Path) -> list[Column]:
    """Every currency; one that is not quoted on a day is missing there."""
    days = [cube for cube in ET.parse(path).getroot().iter() if "time" in cube.attrib]  # noqa: S314 - a file of our own
    found: dict[str, Column] = defaultdict(dict)
    for day in days:
        for cube in day:
            found[cube.attrib["currency"]][day.attrib["time"]] = number(cube.attrib["rate"])
    return [{day.attrib["time"]: column.get(day.attrib["time"]) for day in days} for column in found.values()]


def independently(provider: str, path: Path) -> list[Column]:
    if provider in ("fred", "alfred"):
        return of_fred(path)
    if path.suffix == ".csv":
        return of_csv(path)
    return of_treasury(path) if provider == "us_treasury" else of_rates(path)


def columns_of(state: Observations) -> list[Column]:
    rows = [(day.isoformat(), values) for day, values in state.rows()]
    return [{day: values[i] for day, values in rows} for i in range(len(state.columns))]


def summary(columns: list[Column]) -> list[tuple[Any, ...]]:
    """Count, first and last date, sum and number of missing values of each column."""
    return [
        (len(column), min(column), max(column), math.fsum(v for v in column.values() if v is not None), list(column.values()).count(None))
        for column in columns
    ]


@pytest.mark.parametrize("hints", [True, False], ids=["with URL", "body alone"])
@pytest.mark.parametrize(("provider", "entry"), entries("series", "series_set"))
def test_every_series_is_read_as_it_is(provider, entry, hints):
    """Each recorded series has all its dates, columns, values and missing values in its newest state, and nothing is left out."""
    [series] = parsed(provider, entry, hints=hints)
    expected, actual = independently(provider, RECORDED / entry["body"]), columns_of(series.vintages[-1][1])

    assert summary(actual) == summary(expected)
    assert actual == expected
    assert series.left_out == ()


@pytest.mark.parametrize(("provider", "entry"), entries("series"))
def test_a_series_is_named_by_its_url(provider, entry):
    """Where no code is given, it is the one in the URL."""
    [series] = parsed(provider, entry)
    named = {
        "fred": r"series_id=(\w+)",
        "alfred": r"series_id=(\w+)",
        "stooq": r"s=([^&]+)",
        "us_treasury": r"data=(\w+)",
    }
    match = re.search(named.get(provider, "(?!)"), entry["request_url"])
    expected = match[1].upper() if match and provider == "stooq" else match[1] if match else "ALL" if provider == "ecb_fx" else "UNNAMED"

    assert series.code.dataset == expected


@pytest.mark.parametrize(("provider", "entry"), entries("error"))
def test_every_error_is_named(provider, entry):
    """Each recorded error has its name, also where the status says that all is well."""
    with pytest.raises(FetchError) as raised:
        parsed(provider, entry)

    assert raised.value.code == ERRORS[entry["body"]]


@pytest.mark.parametrize(("provider", "entry"), entries("metadata", "search", "other"))
def test_what_is_no_series_is_not_understood(provider, entry):
    """Descriptions, lists and pages are not taken for empty series."""
    with pytest.raises(FetchError) as raised:
        parsed(provider, entry)

    assert raised.value.code == "not_understood"


def test_vintages_are_those_that_alfred_lists():
    """Without asking for them, the days seen in the spans of GDP's values are those that ALFRED lists as its vintages."""
    folder = RECORDED / "alfred"
    if not folder.is_dir():
        pytest.skip("../shared/recorded/alfred is not beside this checkout")
    listed = json.loads((folder / "fred_series_vintagedates.json").read_text())["vintage_dates"]
    [series] = parser()("alfred", None, RawResponse(body=(folder / "fred_series_all_releases.json").read_bytes()))

    assert [published.isoformat() for published, _ in series.vintages] == listed


@pytest.mark.parametrize(
    ("provider", "body", "count"),
    [("fred", "fred/xml_sp500_obs.xml", 4), ("stooq", "stooq/tsla_us_d.csv", 3202), ("ecb_fx", "ecb/eurofxref-daily.xml", 1)],
)
def test_the_command_reads_them(provider, body, count):
    """``lanner parse`` reads a recorded answer of a provider that has no key and is not enabled."""
    if not RECORDED.is_dir():
        pytest.skip("../shared/recorded is not beside this checkout")
    command = [sys.executable, "-m", "entrypoints.cli", "parse", provider, "*", "--body", str(RECORDED / body)]
    [series] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["series"]

    assert len(series["vintages"][-1]["data"]) == count
