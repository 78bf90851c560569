"""Metrics of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.fetches import FetchStatus, WaitingFor

#: Upper bounds in seconds of the histograms of fetches.
FETCH_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

#: By provider and status, how many fetches took how long: the number in each bucket and beyond all bounds, and last the sum of seconds.
FetchDurations = Mapping[tuple[str, ...], Sequence[float]]


class Counted(StrEnum):
    """Events that are counted as they happen."""

    STALE_COMMITS = "fenced_closes"
    CLAIMS_LOST = "claims_refused"
    SWEEPS_WITH_WORK = "sweeps_with_work"
    DIVERGENCES = "divergences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """
    The fetches by status, and counters.

    Attributes:
        fetches: number stored, by status.
        waits: number of pending fetches, by what they wait for.
        counted: events since the store was created.
        durations: of the workers' fetches since then, by the status in which they left them.

    """

    fetches: Mapping[FetchStatus, int]
    waits: Mapping[WaitingFor, int]
    counted: Mapping[Counted, int]
    durations: FetchDurations = field(default_factory=dict)
