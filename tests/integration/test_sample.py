"""The sample series are the published figures, to the bit."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from adapters.providers.sample import provider as sample
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound
from domain.observations import Observations
from domain.ports import Fetched, PriorState

SHARED = Path(__file__).parents[3] / "shared"
ALFRED = SHARED / "recorded" / "alfred"

published_figures = pytest.mark.skipif(not SHARED.is_dir(), reason="the published files are not beside the repository (../shared)")


@cache
def fetch(dataset: str) -> Fetched:
    return sample.SampleSource().fetch(DatasetCode("SAMPLE", dataset), PriorState(newest=None))


def newest(dataset: str) -> Observations:
    return fetch(dataset).vintages[-1][1]


def figures(texts: list[str]) -> list[float | None]:
    return [float(text) if re.search(r"\d", text) else None for text in texts]


def shared_rows(name: str) -> list[list[str]]:
    with (SHARED / "sample" / name).open(newline="") as file:
        return list(csv.reader(file))[1:]


def recorded(name: str) -> list[dict[str, str]]:
    return json.loads((ALFRED / name).read_bytes())["observations"]


@pytest.mark.parametrize(
    ("dataset", "shape", "ends", "vintages"),
    [
        ("GDP", (315, 1), (date(1946, 1, 1), date(2024, 7, 1)), 393),
        ("MACRO", (203, 12), (date(1959, 1, 1), date(2009, 7, 1)), 1),
        ("CO2", (2284, 1), (date(1958, 3, 29), date(2001, 12, 29)), 1),
        ("SUNSPOTS", (309, 1), (date(1700, 12, 31), date(2008, 12, 31)), 1),
        ("NILE", (100, 1), (date(1871, 12, 31), date(1970, 12, 31)), 1),
        ("ELNINO", (732, 1), (date(1950, 1, 31), date(2010, 12, 31)), 1),
        ("EUROFX", (7126, 41), (date(1999, 1, 4), date(2026, 10, 30)), 1),
    ],
)
def test_a_dataset_has_its_extent(dataset, shape, ends, vintages):
    """Every sample dataset has its rows, columns, ends and vintages, and a unit for every column or for none."""
    fetched = fetch(dataset)
    state = fetched.vintages[-1][1]

    assert state.values.shape == shape
    assert (state.first, state.last) == ends
    assert len(fetched.vintages) == vintages
    assert len(fetched.metadata.column_units) in (0, shape[1])


def test_every_file_is_a_dataset():
    """The folder of sample files holds the datasets that are named, and nothing else."""
    files = {path.name for path in Path(sample.__file__).with_name("data").iterdir()}

    assert files == {f"{dataset}.csv.gz" for dataset in sample._DATASETS}


def test_vintages_are_labelled_by_their_day():
    """GDP's vintages carry the days of publication, ascending; the other series carry none."""
    labels = [published for published, _ in fetch("GDP").vintages]

    assert labels == sorted(set(labels))
    assert (labels[0], labels[-1]) == (date(1991, 12, 4), date(2024, 10, 30))
    assert [published for published, _ in fetch("NILE").vintages] == [None]


def test_the_recession_looked_milder_at_first():
    """GDP as known on 30 January 2009 and as known last tell of two different falls in the fourth quarter of 2008."""
    vintages = dict(fetch("GDP").vintages)
    falls = []
    for state in (vintages[date(2009, 1, 30)], newest("GDP")):
        before, after = state.window(date(2008, 7, 1), date(2008, 10, 1)).values[:, 0].tolist()
        falls.append(round(100 * ((after / before) ** 4 - 1), 1))

    assert falls == [-4.1, -7.6]


@pytest.mark.parametrize("code", [DatasetCode("SAMPLE", "NOTHING"), DatasetCode("SAMPLE", "gdp"), DatasetCode("WIKI", "GDP")])
def test_an_unknown_code_names_the_known_ones(code):
    """A code that is no sample dataset is not found, and the hint lists those there are."""
    with pytest.raises(DatasetNotFound, match=str(code)) as raised:
        sample.SampleSource().fetch(code, PriorState(newest=None))

    assert "SAMPLE/GDP, SAMPLE/MACRO" in raised.value.hint


@published_figures
@pytest.mark.parametrize(
    ("dataset", "file", "cells"),
    [
        ("MACRO", "macrodata.csv", lambda row: [(date(int(row[0]), 3 * int(row[1]) - 2, 1), row[2:])]),
        ("CO2", "co2.csv", lambda row: [(date.fromisoformat(row[0]), row[1:])]),
        ("SUNSPOTS", "sunspots.csv", lambda row: [(date(int(row[0]), 12, 31), row[1:])]),
        ("NILE", "nile.csv", lambda row: [(date(int(row[0]), 12, 31), row[1:])]),
    ],
)
def test_a_series_is_as_published(dataset, file, cells):
    """Dates and values equal those of the published file."""
    expected = [(day, figures(texts)) for row in shared_rows(file) for day, texts in cells(row)]

    assert list(newest(dataset).rows()) == expected


@published_figures
def test_el_nino_is_one_long_series():
    """The years of twelve months become one column of months, each dated by a day of that month."""
    expected = [((int(row[0]), month), figures([text])) for row in shared_rows("elnino.csv") for month, text in enumerate(row[1:], 1)]

    assert [((day.year, day.month), values) for day, values in newest("ELNINO").rows()] == expected


@published_figures
def test_exchange_rates_are_as_published():
    """The euro's rates equal the bank's file in columns, dates and values."""
    with zipfile.ZipFile(SHARED / "sample" / "eurofxref-hist.zip") as archive:
        header, *rows = csv.reader(io.StringIO(archive.read("eurofxref-hist.csv").decode()))
    state = newest("EUROFX")

    assert [*state.columns, ""] == header[1:]
    assert list(state.rows()) == sorted((date.fromisoformat(row[0]), figures(row[1:-1])) for row in rows)


@published_figures
def test_vintage_days_are_those_of_the_archive():
    """GDP has exactly the vintage days that ALFRED lists."""
    days = json.loads((ALFRED / "fred_series_vintagedates.json").read_bytes())["vintage_dates"]

    assert [str(published) for published, _ in fetch("GDP").vintages] == days


@published_figures
def test_past_states_equal_those_asked_as_of_a_day():
    """Every vintage up to 2019 equals what ALFRED gave when asked as of the first day of that year."""
    rows = [
        (row["realtime_start"], row["realtime_end"], (date.fromisoformat(row["date"]), figures([row["value"]])))
        for row in recorded("fred_series_asof_date.json")
    ]
    compared = [(str(published), state) for published, state in fetch("GDP").vintages if str(published) <= "2019-01-01"]

    assert len(compared) == 324
    for day, state in compared:
        assert list(state.rows()) == [row for since, until, row in rows if since <= day <= until], day


@published_figures
def test_first_values_equal_the_initial_release():
    """The first value that was known of a quarter is the one ALFRED gives as its initial release."""
    vintages = {str(published): {str(day): values for day, values in state.rows()} for published, state in fetch("GDP").vintages}

    for row in recorded("fred_series_initial_release.json"):
        assert vintages[row["realtime_start"]][row["date"]] == figures([row["value"]]), row
