"""
Memory: answers given by a test, or made up; a provider of a third party, whose entry point lies in ``tests/plugins``.

Made-up prices depend on nothing but the code, so that every fetch of it gives the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.providers import Redistribution, Terms
from domain.series import Metadata
from domain.vintages import Origin

Given = Fetched | FetchError | Callable[[DatasetCode, PriorState], Fetched]


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
        attribution="Nobody: the values are made up",
    )
    sha256 = hashlib.sha256(observations.values.tobytes()).hexdigest()
    origin = Origin(request=f"memory:{code}", response_sha256=sha256, adapter_version=1)
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


PROVIDER = ProviderSpec(
    provider_api=2,
    name="memory",
    title="Made-up series",
    databases=(),
    terms=Terms(attribution="Nobody: the values are made up", url="", redistribution=Redistribution.OPEN),
    open=lambda _options, _http: MemorySource(),
)
