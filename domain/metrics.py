"""Figures: what tells whoever watches the service how it fares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.fetches import FetchStatus, WaitingFor


class Counted(StrEnum):
    """What no row tells afterwards, and is counted as it happens."""

    STALE_COMMITS = "fenced_closes"
    CLAIMS_LOST = "claims_refused"
    SWEEPS_WITH_WORK = "sweeps_with_work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """
    How the work stands.

    Attributes:
        fetches: that are kept, by their status.
        waits: pending fetches, by what they wait for.
        counted: since the store was made.

    """

    fetches: Mapping[FetchStatus, int]
    waits: Mapping[WaitingFor, int]
    counted: Mapping[Counted, int]
