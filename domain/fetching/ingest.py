"""Ingest: decide which states of an answer a fetch adds to its series."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from domain.errors import AnswerNotUnderstood, DamagedVintage, InvalidObservations
from domain.fetches import Fetch
from domain.fetching.arrivals import Arrivals, Kept, moment_of
from domain.fetching.suspicion import DIALECT, Screening, merged_dialect, refuse_suspicious
from domain.gates.settings import Gates
from domain.inferred_frequency import with_frequency
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.ports import Fetched, PriorState, UnitOfWork
from domain.series import Metadata, TimeSeries, with_flag_list
from domain.vintages import Cause, Prepared, Vintage
from domain.window import Confirmation

logger = logging.getLogger(__name__)

States = Sequence[tuple[Label | None, Observations]]


class WindowDiscarded(Exception):
    """A partial or "not modified" answer does not fit the stored state; the whole series must be requested."""


def prior_state(uow: UnitOfWork, series: TimeSeries) -> PriorState:
    """Return the stored state to tell a source; nothing if it is time to request the whole series again, or nothing was fetched."""
    confirmed, newest = series.confirmed, newest_fetched(uow, series)
    if confirmed is None or newest is None or confirmed.is_due_in_whole(uow.now()):
        return PriorState(newest=None)
    return PriorState(newest=newest, validators=confirmed.validators if confirmed.vintage == newest.number else {})


def newest_fetched(uow: UnitOfWork, series: TimeSeries) -> Vintage | None:
    """Return the newest vintage that was fetched: sources know nothing of the files that were imported."""
    newest = series.newest
    return newest if newest is None or newest.cause is not Cause.IMPORT else uow.vintages.newest_fetched(series.id)


def confirmation(uow: UnitOfWork, series: TimeSeries, known: PriorState, fetched: Fetched, *, added: Sequence[Vintage]) -> Confirmation:
    """Return what a successful fetch confirmed of a series whose source was given ``known``."""
    newest = max(filter(None, [newest_fetched(uow, series), *added]), key=Vintage.knowledge)
    whole_at = series.confirmed.whole_at if series.confirmed and known.newest else uow.now()
    return Confirmation(
        vintage=newest.number, adapter_version=fetched.origin.adapter_version, whole_at=whole_at, validators=fetched.validators
    )


def prepare(uow: UnitOfWork, series: TimeSeries, fetch: Fetch, fetched: Fetched, *, gates: Gates) -> tuple[Prepared, Metadata]:
    """
    Decide what an answer adds to its series, prepare it before the series is locked, and return it with the metadata to record.

    Args:
        gates: those that it has to pass.

    Raises:
        WindowDiscarded: a partial answer does not fit the stored state.
        SuspiciousShrink: less than half of a column would be left, and the fetch does not allow it.
        SuspiciousValues: it is written in another way than before, or does not pass a gate, and the fetch does not allow it.
        AnswerNotUnderstood: the answer has dates outside its window.

    """
    kept = _read(uow, series)
    _check_partial(series, kept, fetched)
    states = _unchanged(kept) if fetched.not_modified else _merge(kept.state, fetched)
    arrivals = _arrivals(uow, series, fetch, fetched, kept=kept)
    added = [new for published, state in states if (new := arrivals.add(published, state))]
    added += arrivals.resumed(states[-1][1], added) if states else []
    if fetched.not_modified:
        return uow.vintages.prepare(series, added), series.metadata
    metadata = _metadata(series, kept.state, fetched)
    refuse_suspicious(series, kept, added, fetched, by=Screening(allow=fetch.allow, gates=gates, metadata=metadata))
    has_flags = any(state and state.flags for state in (kept.state, *(new.observations for new in added)))
    return uow.vintages.prepare(series, added), with_flag_list(metadata, series.metadata, has_flags=has_flags)


def _unchanged(kept: Kept) -> States:
    """Return the state that "not modified" confirms; a labelled one is stored under its label."""
    return [(None, kept.state)] if kept.newest and kept.state is not None and kept.newest.published is None else []


def _metadata(series: TimeSeries, kept: Observations | None, fetched: Fetched) -> Metadata:
    """Return the metadata that an answer gives a series; where it names no frequency, the dates of a whole state show it."""
    metadata, columns = fetched.metadata, fetched.vintages[-1][1].columns
    if not fetched.covers:
        metadata = with_frequency(metadata, fetched.vintages[-1][1])
    # What was known of it stays where an answer does not show it.
    metadata = replace(metadata, frequency=metadata.frequency or series.frequency)
    places = column_order(kept.columns, columns) if kept else None
    if places and len(metadata.column_units) == len(columns):
        metadata = replace(metadata, column_units=tuple(metadata.column_units[place] for place in places))
    dialect = merged_dialect(series.metadata.extra.get(DIALECT, {}), fetched.dialect)
    return replace(metadata, extra={**metadata.extra, DIALECT: dialect}) if dialect else metadata


def _arrivals(uow: UnitOfWork, series: TimeSeries, fetch: Fetch, fetched: Fetched, *, kept: Kept) -> Arrivals:
    now, confirmed, newest = uow.now(), series.confirmed, kept.newest
    answered = [published for published, _ in fetched.vintages if published is not None]
    stored = uow.vintages.labels(series.id) if answered else {}
    has_flags = any(state and state.flags for state in (kept.state, *(state for _, state in fetched.vintages)))
    read_by = confirmed.adapter_version if confirmed and newest and confirmed.vintage == newest.number else None
    return Arrivals(
        newest=newest,
        overtaken_by=series.newest if series.newest and series.newest.cause is Cause.IMPORT else None,
        readable=kept.state is not None,
        labels=stored,
        first_flagged=uow.vintages.first_flagged(series.id) if has_flags else None,
        read_by=read_by or (newest.origin.adapter_version if newest else None),
        last_label=max((*stored, *answered), key=moment_of, default=None),
        origin=fetched.origin,
        fetch_id=fetch.id,
        fetched_at=max(now, series.newest.fetched_at) if series.newest else now,
        checked_at=series.checked_at,
    )


def _check_partial(series: TimeSeries, kept: Kept, fetched: Fetched) -> None:
    """Raise WindowDiscarded unless a partial answer refers to the stored state, read by the same adapter version."""
    if not (fetched.not_modified or fetched.covers):
        return
    confirmed, version = series.confirmed, fetched.origin.adapter_version
    fits = confirmed is not None and confirmed.adapter_version == version
    if fetched.not_modified:
        fits = confirmed is not None and confirmed.is_of(kept.newest, version)
    if kept.state is None or not fits:
        raise WindowDiscarded


def _read(uow: UnitOfWork, series: TimeSeries) -> Kept:
    newest = newest_fetched(uow, series)
    if newest is None:
        return Kept(None, None)
    try:
        found = uow.vintages.find(series.id, AsOf() if newest == series.newest else AsOf(vintage=newest.number))
    except DamagedVintage as error:
        logger.warning("newest vintage is damaged", extra={"series": f"{series.provider}:{series.code}", "reason": error.message})
        return Kept(newest, None)
    return Kept(newest, found.observations if found else None)


def _merge(kept: Observations | None, fetched: Fetched) -> States:
    if fetched.covers is None:
        return [(published, _in_order(kept, state)) for published, state in fetched.vintages]
    if kept is None:
        raise WindowDiscarded
    try:
        merged = fetched.covers.merged(kept, _in_order(kept, fetched.vintages[-1][1]))
    except InvalidObservations as error:
        raise AnswerNotUnderstood(error.message) from error
    if merged is None:
        raise WindowDiscarded
    return [(None, merged)]


def _in_order(kept: Observations | None, state: Observations) -> Observations:
    """Return a state with its columns in the order of the newest stored one, new columns last: their order is no news."""
    places = column_order(kept.columns, state.columns) if kept else None
    return state.select(places) if places else state


def column_order(kept: Sequence[str], columns: Sequence[str]) -> Sequence[int] | None:
    """Return the positions that bring columns into the stored order, new ones last; None if they are in it already."""
    if columns[: len(kept)] == kept or len(set(columns)) < len(columns):
        return None
    rank = {name: place for place, name in enumerate(kept)}
    places = sorted(range(len(columns)), key=lambda place: rank.get(columns[place], len(kept)))
    return None if places == list(range(len(columns))) else places
