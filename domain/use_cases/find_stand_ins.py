"""FindStandIns: which series could go on for one that has ended, and what shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.errors import DamagedVintage, InvalidInput, NotOfFormulas
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.ports import Store, UnitOfWork
from domain.quotas import Requester
from domain.searching import MOST_HITS, ProviderHits
from domain.series import SeriesQuery, TimeSeries
from domain.stand_ins.candidates import (
    MOST_CANDIDATES,
    MOST_TERMS,
    SIMILAR,
    Candidate,
    StandIns,
    found_candidate,
    name_terms,
    similarity,
    stored_candidate,
)
from domain.stand_ins.comparison import Frequencies
from domain.stand_ins.evidence import Evidence, evidence
from domain.use_cases.search_providers import SearchProviders

#: How many stored series are looked at, and how many of them are read.
_MOST_LISTED, _MOST_OF_A_WORD, _MOST_READ = 1000, 100, 150
_CLOSING = "close"


@dataclass(frozen=True, slots=True)
class FindStandIns:
    """Find candidates of equal frequency or similar name among what is stored, and at providers."""

    store: Store
    search_providers: SearchProviders

    def __call__(  # noqa: PLR0913 - what can be chosen
        self,
        series_id: UUID,
        *,
        providers: Sequence[str] = (),
        query: str = "",
        column: str = "",
        limit: int = MOST_CANDIDATES,
        requester: Requester | None = None,
    ) -> StandIns:
        """
        Return the best candidates for a series, at most ``limit``.

        Args:
            providers: to search, too; what they find is no more than named alike until it is stored.
            query: the words for them; by default those of the series' name that tell it from others.
            column: that must go on; by default the closing price if there is one, else the first one.
            requester: whose quota pays for the searches.

        Raises:
            SeriesNotFound: none has this id.
            NotOfFormulas: it is a formula.
            InvalidInput: it has no such column, or the providers are none, or too many; TooManyRequests as for a search.

        """
        with self.store.reading() as uow:
            series = uow.series.get(series_id)
            if series.is_formula:
                raise NotOfFormulas(f"{series.code} is a formula, whose series have stand-ins.")
            own = name_terms(series.code, series.metadata.name)
            found = list(_stored(uow, series, own, column))
        text = query or " ".join(own[:MOST_TERMS])
        searched = (
            self.search_providers(text, providers, limit=MOST_HITS, requester=requester) if providers else self.search_providers.not_asked()
        )
        known = {each.id for each in found}
        found += [each for each in _found(searched, series, own) if each.id is None or each.id not in known]
        return StandIns(series, sorted(found, key=lambda each: each.rank)[:limit], text, searched)


def _stored(uow: UnitOfWork, series: TimeSeries, own: Sequence[str], column: str) -> Iterator[Candidate]:
    state = _state(uow, series)
    if column and state is not None and column not in state.columns:
        hint = f"Its columns: {', '.join(state.columns)}."
        raise InvalidInput(f"{series.code} has no column {column[:40]!r}.", field="column", hint=hint)
    wanted = column or _usual(state.columns if state is not None else ())
    for place, other in enumerate(_alike(uow, series, own)):
        reads = state is not None and place < _MOST_READ and _overlap(series, other)
        candidate = _state(uow, other) if reads else None
        shown = _evidence(state, candidate, (series.frequency, other.frequency), wanted) if state is not None else None
        yield stored_candidate(other, own, shown)


def _alike(uow: UnitOfWork, series: TimeSeries, own: Sequence[str]) -> Sequence[TimeSeries]:
    """Return the stored series of equal frequency or similar name, those named most alike first."""
    pages = [uow.series.search(SeriesQuery(words=(term,), limit=_MOST_OF_A_WORD)).items for term in own[:MOST_TERMS]]
    pages.append(uow.series.search(SeriesQuery(limit=_MOST_LISTED)).items)
    others = {each.id: each for page in pages for each in page if each.id != series.id and not each.is_formula}
    alike = {each.id: similarity(own, name_terms(each.code, each.metadata.name)) for each in others.values()}
    same = [each for each in others.values() if alike[each.id] >= SIMILAR or (series.frequency and each.frequency is series.frequency)]
    return sorted(same, key=lambda each: (-alike[each.id], not _overlap(series, each), each.number))


def _overlap(series: TimeSeries, other: TimeSeries) -> bool:
    """Return whether a stored series has dates within the range of another."""
    if series.newest is None or other.newest is None:
        return False
    first, last, begins, ends = (_day(each) for each in (series.newest.first, series.newest.last, other.newest.first, other.newest.last))
    return bool(first and last and begins and ends) and begins <= last and first <= ends


def _day(label: Label | None) -> str:
    return label.isoformat()[:10] if label else ""


def _evidence(state: Observations, candidate: Observations | None, frequencies: Frequencies, column: str) -> Evidence | None:
    if candidate is None or not candidate.columns or not state.columns:
        return None
    return evidence(state, candidate, frequencies, column=column)


def _state(uow: UnitOfWork, series: TimeSeries) -> Observations | None:
    if series.newest is None:
        return None
    try:
        kept = uow.vintages.find(series.id, AsOf())
    except DamagedVintage:
        return None
    return kept.observations if kept else None


def _usual(columns: Sequence[str]) -> str:
    return next((name for name in columns if name.strip().lower() == _CLOSING), next(iter(columns), ""))


def _found(searched: Sequence[ProviderHits], series: TimeSeries, own: Sequence[str]) -> Iterator[Candidate]:
    """Yield the series that providers have found, but for the series itself."""
    for hits in searched:
        for hit in hits.hits:
            candidate = found_candidate(hits.provider.name, hit, own)
            fits = candidate.similarity >= SIMILAR or (series.frequency and hit.frequency is series.frequency)
            if hit.is_series and fits and candidate.id != series.id:
                yield candidate
