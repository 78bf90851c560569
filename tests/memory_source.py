"""
Memory: answers given by a test, or made up for a demonstration; chosen by ``LANNER_ROUTES``.

Made-up prices depend on nothing but the code, so that every fetch of it gives the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import DataSource, Fetched, PriorState
from domain.providers import Redistribution, Terms
from domain.series import Metadata
from domain.vintages import Origin

PROVIDER_API = 1
ADAPTER_VERSION = 1
NAME = "memory"
TITLE = "Made-up series, for demonstrations"
DATABASES: tuple[str, ...] = ()
TERMS = Terms(attribution="Nobody: the values are made up", url="", redistribution=Redistribution.OPEN)

Given = Fetched | FetchError | Callable[[DatasetCode, PriorState], Fetched]


def source(options: object, http: object) -> DataSource:
    """Open a source that makes up a series for any code."""
    return MemorySource()


class MemorySource:
    """
    Answers from a mapping; without one, with a made-up series for any code.

    Args:
        answers: what is fetched, the error that is raised, or a function of the code and what is known that does either.

    """

    def __init__(self, answers: Mapping[DatasetCode, Given] | None = None) -> None:
        self._answers = answers

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """See the port."""
        if self._answers is None:
            return _made_up(code)
        given = self._answers.get(code, DatasetNotFound())
        if isinstance(given, FetchError):
            raise given
        return given if isinstance(given, Fetched) else given(code, known)


def _made_up(code: DatasetCode) -> Fetched:
    observations = _prices(np.random.default_rng(list(str(code).encode())))
    metadata = Metadata(
        name=f"{code} (made up)",
        description="Random prices for demonstrations: the values are made up and mean nothing.",
        frequency=Frequency.DAILY,
        source="lanner's memory provider",
        attribution=TERMS.attribution,
    )
    sha256 = hashlib.sha256(observations.values.tobytes()).hexdigest()
    origin = Origin(request=f"memory:{code}", response_sha256=sha256, adapter_version=ADAPTER_VERSION)
    return Fetched(metadata=metadata, vintages=[(None, observations)], origin=origin)


def _prices(random: np.random.Generator) -> Observations:
    days = np.arange("2022-01-01", "2024-01-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)]
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, len(days))))
    opening = np.append(100, close[:-1])
    high = np.maximum(opening, close) * (1 + random.exponential(0.005, len(days)))
    low = np.minimum(opening, close) / (1 + random.exponential(0.005, len(days)))
    prices = np.column_stack([opening, high, low, close]).round(2)
    volume = random.integers(10_000, 1_000_000, len(days))
    return Observations.of(days, ("Open", "High", "Low", "Close", "Volume"), np.column_stack([prices, volume]))
