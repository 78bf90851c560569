"""Ingest: decide which states of an answer a fetch adds to its series."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.errors import AnswerNotUnderstood, DamagedVintage, InvalidObservations
from domain.fetches import Fetch
from domain.inferred_frequency import with_frequency
from domain.observations import Label, Observations
from domain.ports import Fetched, PriorState, UnitOfWork
from domain.series import Metadata, TimeSeries
from domain.vintages import AsOf, Cause, NewState, Prepared, Vintage, is_new_state, known_at, refuse_shrink
from domain.window import Confirmation, Window

logger = logging.getLogger(__name__)

States = Sequence[tuple[Label | None, Observations]]


class WindowDiscarded(Exception):
    """A partial or "not modified" answer does not fit the stored state; the whole series must be requested."""


def prior_state(uow: UnitOfWork, series: TimeSeries) -> PriorState:
    """Return the stored state to tell a source; nothing if it is time to request the whole series again."""
    confirmed, newest = series.confirmed, series.newest
    if confirmed is None or newest is None or confirmed.is_due_in_whole(uow.now()):
        return PriorState(newest=None)
    return PriorState(newest=newest, validators=confirmed.validators if confirmed.vintage == newest.number else {})


def confirmation(uow: UnitOfWork, series: TimeSeries, known: PriorState, fetched: Fetched, *, added: Sequence[Vintage]) -> Confirmation:
    """Return what a successful fetch confirmed of a series whose source was given ``known``."""
    newest = max(filter(None, [series.newest, *added]), key=Vintage.knowledge)
    whole_at = series.confirmed.whole_at if series.confirmed and known.newest else uow.now()
    return Confirmation(
        vintage=newest.number, adapter_version=fetched.origin.adapter_version, whole_at=whole_at, validators=fetched.validators
    )


def described(series: TimeSeries, fetched: Fetched) -> Metadata:
    """Return the metadata that an answer gives a series; where it names no frequency, the dates of a whole state show it."""
    if fetched.not_modified:
        return series.metadata
    if fetched.covers:
        return replace(fetched.metadata, frequency=fetched.metadata.frequency or series.frequency)
    return with_frequency(fetched.metadata, fetched.vintages[-1][1])


def prepare(uow: UnitOfWork, series: TimeSeries, fetch: Fetch, fetched: Fetched) -> Prepared:
    """
    Decide what an answer adds to its series, and prepare it before the series is locked.

    Raises:
        WindowDiscarded: a partial answer does not fit the stored state.
        SuspiciousShrink: less than half would be left, and the fetch does not allow it.
        AnswerNotUnderstood: the answer has dates outside its window.

    """
    return uow.vintages.prepare(series, _new_states(uow, series, fetch, fetched))


def _new_states(uow: UnitOfWork, series: TimeSeries, fetch: Fetch, fetched: Fetched) -> Sequence[NewState]:
    kept, newest = _read_newest(uow, series), series.newest
    _check_partial(series, kept, fetched)
    if fetched.not_modified:
        return []
    states, now = _merge(kept, fetched), uow.now()
    moment = max(now, newest.fetched_at) if newest else now
    readable = newest if kept is not None else None
    labels = _labels(uow, series, readable) if any(published is not None for published, _ in states) else {}
    added: list[NewState] = []
    for published, state in states:
        digest = state.digest().hex()
        if is_new_state(published, digest, newest=readable, labelled=labels):
            added.append(_new_state((published, state), fetched, fetch=fetch, newest=newest, moment=moment))
            if published is not None:
                labels[published] = digest
    if newest and not fetch.allow_shrink:
        _refuse_shrink(kept, newest, added, fetched.covers)
    return added


def _labels(uow: UnitOfWork, series: TimeSeries, readable: Vintage | None) -> dict[Label, str]:
    labels, newest = dict(uow.vintages.labels(series.id)), series.newest
    if newest and readable is None and newest.published is not None:
        # A damaged newest vintage is stored again, though its digest is known.
        labels.pop(newest.published, None)
    return labels


def _check_partial(series: TimeSeries, kept: Observations | None, fetched: Fetched) -> None:
    """Raise WindowDiscarded unless a partial answer refers to the stored state, read by the same adapter version."""
    if not (fetched.not_modified or fetched.covers):
        return
    confirmed, version = series.confirmed, fetched.origin.adapter_version
    fits = confirmed is not None and confirmed.adapter_version == version
    if fetched.not_modified:
        fits = confirmed is not None and confirmed.is_of(series.newest, version)
    if kept is None or not fits:
        raise WindowDiscarded


def _refuse_shrink(kept: Observations | None, newest: Vintage, states: Sequence[NewState], covers: Window | None) -> None:
    later = sorted((new for new in states if new.known_at >= newest.known_at), key=lambda new: new.known_at)
    if not later:
        # States published earlier do not change the newest state, however small they are.
        return
    after = later[-1].observations
    if kept is None:
        refuse_shrink(newest.rows, len(after), "dates")
    else:
        parts = (covers.part(kept), covers.part(after)) if covers else (kept, after)
        refuse_shrink(parts[0].known_cells, parts[1].known_cells, "values")


def _read_newest(uow: UnitOfWork, series: TimeSeries) -> Observations | None:
    if series.newest is None:
        return None
    try:
        kept = uow.vintages.find(series.id, AsOf())
    except DamagedVintage as error:
        logger.warning("newest vintage is damaged", extra={"series": f"{series.provider}:{series.code}", "reason": error.message})
        return None
    return kept.observations if kept else None


def _merge(kept: Observations | None, fetched: Fetched) -> States:
    if fetched.covers is None:
        return fetched.vintages
    if kept is None:
        raise WindowDiscarded
    try:
        merged = fetched.covers.merged(kept, fetched.vintages[-1][1])
    except InvalidObservations as error:
        raise AnswerNotUnderstood(error.message) from error
    if merged is None:
        raise WindowDiscarded
    return [(None, merged)]


def _new_state(
    labelled: tuple[Label | None, Observations], fetched: Fetched, *, fetch: Fetch, newest: Vintage | None, moment: datetime
) -> NewState:
    published, state = labelled
    origin = fetched.origin
    reread = newest is not None and newest.origin.is_reparsed_by(origin)
    return NewState(
        published=published,
        observations=state,
        known_at=known_at(published, moment, newest),
        fetched_at=moment,
        cause=Cause.PARSER if reread else Cause.PUBLICATION,
        origin=origin,
        fetch_id=fetch.id,
    )
