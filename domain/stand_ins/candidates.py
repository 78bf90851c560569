"""Candidates: series that may stand in for another, by their frequency, their names and what their values show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.codes import DatasetCode
from domain.frequency import Frequency
from domain.observations import Label
from domain.searching import ProviderHits, SearchHit
from domain.series import TimeSeries, terms
from domain.source_status import SourceStatus
from domain.stand_ins.evidence import Evidence

MOST_CANDIDATES = 50
#: From this share of common words on two names are similar.
SIMILAR = 0.25
MOST_TERMS = 6
_LEAST_LETTERS = 3
_COMMON = frozenset(("the", "and", "for", "from", "with", "all", "total", "series", "index", "data", "discontinued", "terminated"))
_ASIDE = re.compile(r"[(\[][^()\[\]]*[)\]]")
_NOT_SHOWN = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A series that may stand in for another.

    Attributes:
        id: of the stored series; None for one that a provider has and that is not stored.
        similarity: the share of the words of both names that they have in common.
        evidence: what its values show; None if it is not stored, or has too few in common.

    """

    id: UUID | None
    provider: str
    code: DatasetCode
    name: str
    frequency: Frequency | None
    unit: str = ""
    first: Label | None = None
    last: Label | None = None
    status_at_source: SourceStatus | None = None
    similarity: float
    evidence: Evidence | None = None

    @property
    def rank(self) -> tuple[float, float, str]:
        """Its sort key: what agrees best comes first, then what is named most alike."""
        shown = _NOT_SHOWN if self.evidence is None else self.evidence.typical_difference
        return round(shown, 4), -self.similarity, f"{self.provider}:{self.code}"


@dataclass(frozen=True, slots=True)
class StandIns:
    """
    The candidates for a series, best first, and what became of the searches at providers.

    Attributes:
        query: the words with which providers are searched.

    """

    series: TimeSeries
    items: Sequence[Candidate]
    query: str
    searched: Sequence[ProviderHits]


def name_terms(code: DatasetCode, name: str) -> tuple[str, ...]:
    """Return the words of a name, or of a code if there is none, that tell it from others."""
    found = terms(_ASIDE.sub(" ", name)) or terms(code.dataset)
    telling = tuple(term for term in found if len(term) >= _LEAST_LETTERS and term not in _COMMON)
    return telling or found


def similarity(own: Sequence[str], other: Sequence[str]) -> float:
    """Return the share of the words of two names that both have."""
    every = {*own, *other}
    return len({*own} & {*other}) / len(every) if every else 0.0


def stored_candidate(series: TimeSeries, own: Sequence[str], shown: Evidence | None) -> Candidate:
    """Return a stored series as a candidate."""
    newest = series.newest
    return Candidate(
        id=series.id,
        provider=series.provider,
        code=series.code,
        name=series.metadata.name,
        frequency=series.frequency,
        unit=series.metadata.unit,
        first=newest.first if newest else None,
        last=newest.last if newest else None,
        status_at_source=series.at_source.status,
        similarity=similarity(own, name_terms(series.code, series.metadata.name)),
        evidence=shown,
    )


def found_candidate(provider: str, hit: SearchHit, own: Sequence[str]) -> Candidate:
    """Return what a provider has as a candidate."""
    return Candidate(
        id=hit.series_id,
        provider=provider,
        code=hit.code,
        name=hit.name,
        frequency=hit.frequency,
        unit=hit.unit,
        first=hit.first,
        last=hit.last,
        similarity=similarity(own, name_terms(hit.code, hit.name)),
    )
