"""Metrics of the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.fetches import FetchStatus, WaitingFor


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

    """

    fetches: Mapping[FetchStatus, int]
    waits: Mapping[WaitingFor, int]
    counted: Mapping[Counted, int]
