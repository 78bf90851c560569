"""The recorded answers of statistical agencies, compared with a reading of the same files by the standard library alone."""

from __future__ import annotations

import itertools
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import ParsedSeries, RawResponse
from domain.use_cases.parse_answer import ParseAnswer

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "recorded"
SAMPLES = {"sdmx_samples": "sdmx", "jsonstat_samples": "jsonstat"}
PROVIDERS = {
    *("bis", "boe", "boi", "boj", "bundesbank", "cso_ie", "ecb", "eurostat", "imf", "insee", "istat", "norges_bank", "oecd", "onb"),
    *SAMPLES,
}
# Without the description of its dimensions; with a month that stands twice, differing; data and no series at all.
WITHOUT_TIME = "eurostat/statistics_prc_hicp_midx_PL_head.json"
CONTRADICTORY = {"ecb/sdmx_ECB_EXR_rg-xs.xml", "ecb/sdmx_ECB_EXR_sg-xs.xml"}
WITHOUT_SERIES = "imf/imfp_CompactData_WHDREO201910_9c0f19b5.json"
ERRORS = {
    "eurostat/sdmx_ESTAT_footer.xml": "too_large",
    "eurostat/sdmx_ESTAT_footer2.xml": "too_large",
    "imf/imfp_html_fddfa660.html": "unavailable",
    "imf/imfp_other_96418874.html": "not_understood",
}

Cells = list[tuple[str, float]]


def entries(*kinds: str, left_out: Any = ()) -> list[Any]:
    """The manifest's answers of these kinds and providers."""
    manifest = RECORDED / "MANIFEST.jsonl"
    if not manifest.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="../shared/recorded/MANIFEST.jsonl is not there"))]
    return [
        pytest.param(entry, id=entry["body"])
        for entry in map(json.loads, manifest.read_text().splitlines())
        if entry["provider"] in PROVIDERS and entry["kind"] in kinds and entry["body"] not in left_out
    ]


@cache
def parser() -> ParseAnswer:
    """The use case over the providers as they ship."""
    return ParseAnswer(InstalledProviders({}, deadline_seconds=5))


def parsed(entry: Any, code: Any = None, *, hints: bool = True) -> list[ParsedSeries]:
    """What the product reads; without hints it sees the body alone."""
    headers = {"content-type": entry["content_type"]} if hints else {}
    body = (RECORDED / entry["body"]).read_bytes()
    answer = RawResponse(body=body, status=entry["status"], headers=headers, url=entry["request_url"] if hints else "")
    return list(parser()(SAMPLES.get(entry["provider"], entry["provider"]), code, answer))


def independently(path: Path) -> list[Cells]:
    """Each series as dates and values, ascending; a key is whatever tells series apart in the file."""
    series: dict[Any, dict[str, float]] = {}
    read = {".json": from_json, ".csv": from_csv, ".xml": from_xml}[path.suffix]
    for key, period, value in read(path):
        cells = series.setdefault(key, {})
        if period is not None:
            cells[day(period)] = math.nan if value in (None, "", "NaN") else float(value)
    return [sorted(cells.items()) for cells in series.values()]


def day(period: str) -> str:
    """The day on which a period begins."""
    year, _, rest = period.partition("-")
    if match := re.fullmatch(r"(\d{4})-?([QM])(\d+)", period):
        return f"{match[1]}-{1 + (int(match[3]) - 1) * {'Q': 3, 'M': 1}[match[2]]:02}-01"
    return f"{year}-01-01" if not rest else f"{period}-01" if len(rest) == 2 else period


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def from_xml(path: Path) -> Iterator[tuple[Any, str | None, Any]]:
    root = ET.parse(path).getroot()  # noqa: S314 - recorded files
    across = next((found for e in root.iter() if (found := e.get("dimensionAtObservation"))), "TIME_PERIOD")
    if local(root) == "OeNBData":
        for data in root.iter("dataSet"):
            yield from ((tuple(data.attrib.items()), obs.get("periode"), obs.get("value")) for obs in data.iter("obs"))
    for data in (e for e in root.iter() if local(e) == "DataSet"):
        loose = [e for e in data if local(e) == "Obs"]
        for series in [e for e in data.iter() if local(e) == "Series"]:
            key = dict(series.attrib) | values_of(series, "SeriesKey")
            if across == "TIME_PERIOD":
                yield tuple(key.items()), None, None
            for obs in (e for e in series if local(e) == "Obs"):
                yield from observation(key, obs, across)
        for obs in loose:
            yield from observation({}, obs, across)


def values_of(parent: ET.Element, name: str) -> dict[str, str]:
    return {value.get("id"): value.get("value") for e in parent if local(e) == name for value in e}


def observation(key: dict[str, str], obs: ET.Element, across: str) -> Iterator[tuple[Any, str, Any]]:
    whole = key | values_of(obs, "ObsKey")
    value = obs.get("OBS_VALUE")
    for e in obs:
        if local(e) == "ObsDimension":
            whole[e.get("id", across)] = e.get("value")
        if local(e) == "ObsValue":
            value = e.get("value")
    if obs.get("TIME_PERIOD"):
        whole["TIME_PERIOD"] = obs.get("TIME_PERIOD")
    if across != "TIME_PERIOD" and not any(local(e) == "ObsKey" for e in obs) and obs.attrib:
        whole[across] = next(v for k, v in obs.attrib.items() if k.endswith("type"))
    period = whole.pop("TIME_PERIOD")
    yield tuple(whole.items()), period, value


def from_csv(path: Path) -> Iterator[tuple[Any, str, Any]]:
    for line in path.read_text().splitlines()[1:]:
        cells = line.split(",")
        yield tuple(cells[3:5]), cells[5], cells[6]


def from_json(path: Path) -> Iterator[tuple[Any, str | None, Any]]:
    document = json.loads(path.read_text())
    if "CompactData" in document:
        listed = lambda found: found if isinstance(found, list) else [found]  # noqa: E731
        for series in listed(document["CompactData"]["DataSet"].get("Series", [])):
            key = tuple((k, v) for k, v in series.items() if k != "Obs")
            yield from ((key, obs["@TIME_PERIOD"], obs["@OBS_VALUE"]) for obs in listed(series["Obs"]))
        return
    data = document.get("data", document)
    if "dataSets" in data:
        yield from from_sdmx_json(data)
        return
    for name, cube in [("", document), *document.items()] if "dimension" in document else document.items():
        if isinstance(cube, dict) and "value" in cube:
            yield from from_cube(name, cube)


def from_sdmx_json(data: Any) -> Iterator[tuple[Any, str, Any]]:
    for data_set in data["dataSets"]:
        dimensions = (data.get("structure") or data["structures"][data_set["structure"]])["dimensions"]
        for outer, series in data_set.get("series", {"": data_set}).items():
            for inner, cells in series["observations"].items():
                places = [*zip(dimensions.get("series", []), outer.split(":"), strict=False)] if outer else []
                places += zip(dimensions["observation"], inner.split(":"), strict=True)
                values = {dimension["id"]: dimension["values"][int(at)] for dimension, at in places}
                named = {name: value.get("id", value.get("value")) for name, value in values.items()}
                period = named.pop("TIME_PERIOD")
                if data_set.get("action") != "Delete":
                    yield tuple(named.items()), period, cells[0]


def from_cube(name: str, cube: Any) -> Iterator[tuple[Any, str, Any]]:
    dimensions = cube["dimension"]
    names, role = cube.get("id") or dimensions["id"], cube.get("role") or dimensions.get("role") or {"time": ["time"]}
    categories = []
    for dimension in names:
        category = dimensions[dimension]["category"]
        index = category.get("index") or list(category["label"])
        categories.append(sorted(index, key=index.get) if isinstance(index, dict) else index)
    time = names.index(role["time"][0])
    for position, place in enumerate(itertools.product(*categories)):
        value = cube["value"].get(str(position)) if isinstance(cube["value"], dict) else cube["value"][position]
        yield (name, *place[:time], *place[time + 1 :]), place[time], value


def figures(cells: Cells) -> tuple[Any, ...]:
    """Count, first and last date, sum and number of missing values."""
    values = [value for _, value in cells]
    known = [value for value in values if not math.isnan(value)]
    return len(cells), cells[0][0] if cells else None, cells[-1][0] if cells else None, math.fsum(known), len(values) - len(known)


def in_product(series: ParsedSeries) -> Cells:
    """The cells of a series as it was parsed."""
    [(published, state)] = series.vintages
    assert published is None
    assert state.columns == ("Value",)
    return list(zip(state.texts(), state.values[:, 0].tolist(), strict=True))


SERIES = entries("series", "series_set", left_out={WITHOUT_TIME, WITHOUT_SERIES, *CONTRADICTORY})
SERIES = [entry for entry in SERIES if "eurofxref" not in (entry.id or "")]


@pytest.mark.parametrize("hints", [True, False], ids=["with URL", "body alone"])
@pytest.mark.parametrize("entry", SERIES)
def test_every_series_is_read(entry, hints):
    """Each recorded answer gives every series in it once: its dates, values and missing values, under a code of its own."""
    expected = independently(RECORDED / entry["body"])
    everything = parsed(entry, hints=hints)

    assert len({str(series.code) for series in everything}) == len(everything) == len(expected)
    assert sorted(map(figures, map(in_product, everything)), key=repr) == sorted(map(figures, expected), key=repr)
    assert sum(len(cells) for cells in expected) > 0


@pytest.mark.parametrize("entry", SERIES)
def test_each_series_is_found_by_its_code(entry):
    """Each code that the whole answer gives finds its series alone in the same answer."""
    everything = parsed(entry)
    for series in everything[:: max(1, len(everything) // 10)]:
        [alone] = parsed(entry, series.code)

        assert alone == series


@pytest.mark.parametrize("entry", entries("error"))
def test_every_error_is_named(entry):
    """Each recorded error has its name."""
    with pytest.raises(FetchError) as raised:
        parsed(entry)

    assert raised.value.code == ERRORS[entry["body"]]


@pytest.mark.parametrize("entry", entries("structure", "metadata"))
def test_what_is_no_data_is_not_understood(entry):
    """An answer that describes data but holds none is not taken for a series without observations."""
    with pytest.raises(FetchError) as raised:
        parsed(entry)

    assert raised.value.code == "not_understood"


@pytest.mark.parametrize("entry", [entry for entry in entries("series_set") if entry.id in {WITHOUT_TIME, *CONTRADICTORY}])
def test_a_body_that_contradicts_itself_is_refused(entry):
    """A cube whose dimensions are not described, and a month that stands twice with two values, are not guessed at."""
    with pytest.raises(FetchError) as raised:
        parsed(entry)

    assert raised.value.code == "not_understood"


@pytest.mark.parametrize("entry", [entry for entry in entries("series_set") if entry.id == WITHOUT_SERIES])
def test_data_without_series_are_none(entry):
    """A data set without any series gives none, and none by a code."""
    assert parsed(entry) == []
    with pytest.raises(FetchError) as raised:
        parsed(entry, DatasetCode("IMF", "WHDREO201910.A.US.NGDPD"))

    assert raised.value.code == "not_found"


@pytest.mark.parametrize("entry", [entry for entry in SERIES if entry.id in {"ecb/bbk_ecb-data.xml", "oecd/pdr_tourism.json"}])
def test_the_command_prints_every_series(entry):
    """``lanner parse PROVIDER *`` prints what the use case gives."""
    options = ["--body", str(RECORDED / entry["body"]), "--content-type", entry["content_type"], "--url", entry["request_url"]]
    command = [sys.executable, "-m", "entrypoints.cli", "parse", entry["provider"], "*", *options]
    printed = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout)
    cells = [[(row[0], math.nan if row[1] is None else row[1]) for row in series["vintages"][0]["data"]] for series in printed["series"]]

    assert sorted(map(figures, cells), key=repr) == sorted(map(figures, independently(RECORDED / entry["body"])), key=repr)
    assert np.array([len(series["column_names"]) for series in printed["series"]]).max() == 2
