"""
Sample series: real ones under free terms that ship with lanner and need no network.

Codes are the datasets' names: ``SAMPLE/GDP``.

Each dataset is one file ``data/<dataset>.csv.gz``: comma-separated, the first line naming the columns, ISO dates
ascending, every number spelt as its publisher spelt it, an empty cell where a value is missing. GDP has one line for each
value and the days on which it was the published one (``Published`` to ``Until``, both included); its vintages are the
days on which such a span begins, and a date is part of a vintage if a span of it covers that day.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adapters.provider_kit.spec import ProviderSpec, in_capitals
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound
from domain.frequency import Frequency
from domain.observations import Label, Observations, label
from domain.periods import Anchor
from domain.ports import Fetched, PriorState
from domain.providers import Redistribution, Terms
from domain.searching import SearchHit, SearchKind, matching
from domain.series import Metadata

_PUBLIC = "Public domain"
_DATASETS = {
    "GDP": Metadata(
        name="Gross Domestic Product",
        description="US gross domestic product with every vintage published since December 1991.",
        unit="Billions of dollars",
        frequency=Frequency.QUARTERLY,
        seasonal_adjustment="Seasonally adjusted annual rate",
        source="U.S. Bureau of Economic Analysis, by ALFRED",
        attribution="U.S. Bureau of Economic Analysis",
        terms=_PUBLIC,
        extra={"dates": Anchor.START.of("quarter")},
    ),
    "MACRO": Metadata(
        name="United States macroeconomic indicators",
        description="Output, spending, prices, money, interest, unemployment and population of the United States.",
        frequency=Frequency.QUARTERLY,
        seasonal_adjustment="Seasonally adjusted",
        column_units=(
            *["Billions of chained 2005 dollars"] * 5,
            "Index 1982-84=100",
            "Billions of dollars",
            *["Percent"] * 2,
            "Millions",
            *["Percent"] * 2,
        ),
        source="FRED, by statsmodels",
        attribution="Federal Reserve Bank of St. Louis",
        terms=_PUBLIC,
        extra={"dates": Anchor.START.of("quarter")},
    ),
    "CO2": Metadata(
        name="Atmospheric carbon dioxide at Mauna Loa",
        description="Weekly means of continuous air samples; weeks without samples are missing.",
        unit="Parts per million by volume",
        frequency=Frequency.WEEKLY,
        source="Scripps Institution of Oceanography, by statsmodels",
        attribution="C. D. Keeling and T. P. Whorf",
        terms=_PUBLIC,
        extra={"dates": Anchor.END.of("week, a Saturday")},
    ),
    "SUNSPOTS": Metadata(
        name="Yearly sunspot activity",
        description="Mean number of sunspots of each year since 1700.",
        unit="Sunspots",
        frequency=Frequency.ANNUAL,
        source="National Geophysical Data Center, by statsmodels",
        attribution="National Geophysical Data Center",
        terms=_PUBLIC,
        extra={"dates": Anchor.END.of("year")},
    ),
    "NILE": Metadata(
        name="Flow of the Nile at Aswan",
        description="Yearly volume of the river, with its fall of 1898.",
        unit="100 million cubic metres",
        frequency=Frequency.ANNUAL,
        source="Cobb (1978), by statsmodels",
        attribution="G. W. Cobb",
        terms=_PUBLIC,
        extra={"dates": Anchor.END.of("year")},
    ),
    "ELNINO": Metadata(
        name="Sea-surface temperature of the eastern Pacific",
        description="Monthly means where El Niño shows, off the coast of Peru and Ecuador.",
        unit="Degrees Celsius",
        frequency=Frequency.MONTHLY,
        source="NOAA Climate Prediction Center, by statsmodels",
        attribution="National Oceanic and Atmospheric Administration",
        terms=_PUBLIC,
        extra={"dates": Anchor.END.of("month")},
    ),
    "EUROFX": Metadata(
        name="Euro foreign exchange reference rates",
        description="What one euro is worth in 41 currencies, as concerted at 14:15 CET on working days.",
        unit="Currency units per euro",
        frequency=Frequency.DAILY,
        source="European Central Bank",
        attribution="European Central Bank",
        terms="Free to reuse with the source named",
    ),
}


class SampleSource:
    """The data source of the series that ship with lanner; reads their files at every fetch."""

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        metadata = _DATASETS.get(code.dataset) if code.database in PROVIDER.databases else None
        if metadata is None:
            raise DatasetNotFound(f"There is no sample dataset {code}.", hint=f"There are SAMPLE/{', SAMPLE/'.join(_DATASETS)}.")
        body = Path(__file__).with_name("data").joinpath(f"{code.dataset}.csv.gz").read_bytes()
        origin = PROVIDER.origin(f"sample:{code.dataset}", body)
        return Fetched(metadata=metadata, vintages=_vintages(gzip.decompress(body).decode()), origin=origin)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        return matching([_hit(name, known) for name, known in _DATASETS.items()], text)[:limit]


def _hit(name: str, known: Metadata) -> SearchHit:
    code = DatasetCode("SAMPLE", name)
    return SearchHit(code=code, name=known.name, description=known.description, frequency=known.frequency, unit=known.unit)


def _vintages(text: str) -> Sequence[tuple[Label | None, Observations]]:
    header, *rows = (line.split(",") for line in text.splitlines())
    if header[0] == "Published":
        return _published(rows, columns=header[3:])
    return [(None, Observations.of([row[0] for row in rows], header[1:], [_numbers(row[1:]) for row in rows]))]


def _published(rows: Sequence[Sequence[str]], columns: Sequence[str]) -> Sequence[tuple[Label, Observations]]:
    since, until, dates = np.array([row[:3] for row in rows], dtype="datetime64[D]").T
    values = np.array([_numbers(row[3:]) for row in rows])
    vintages = []
    for day in np.unique(since):
        covers = (since <= day) & (day <= until)
        vintages.append((label(day), Observations.of(dates[covers], columns, values[covers])))
    return vintages


def _numbers(cells: Sequence[str]) -> list[float]:
    return [float(cell or "nan") for cell in cells]


PROVIDER = ProviderSpec(
    provider_api=2,
    name="sample",
    title="Sample series, offline",
    databases=("SAMPLE",),
    example="SAMPLE/GDP",
    terms=Terms(
        attribution="U.S. Bureau of Economic Analysis, FRED, NOAA, SIDC, statsmodels; exchange rates: European Central Bank",
        url="https://www.ecb.europa.eu/services/using-our-site/disclaimer/html/index.en.html",
        redistribution=Redistribution.ATTRIBUTION,
    ),
    open=lambda _options, _http: SampleSource(),
    own_spelling=in_capitals,
    search=SearchKind.QUERY,
)
