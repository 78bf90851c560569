"""The stored state of a series that a moment selects, and why there is none."""

from __future__ import annotations

from datetime import datetime

from domain.errors import DamagedVintage, InvalidInput, NoObservationsYet, NotKnownYet, VintageNotFound
from domain.moments import AsOf
from domain.ports import UnitOfWork
from domain.series import TimeSeries
from domain.vintages import StoredVintage


def stored_state(uow: UnitOfWork, series: TimeSeries, moment: AsOf) -> StoredVintage:
    """
    Return the vintage that a moment selects.

    Raises:
        NoObservationsYet: there is none at all.
        VintageNotFound: none has the requested number.
        NotKnownYet: the moment is before the first.

    """
    if moment.as_of or moment.seen_by:
        moment = moment.at(uow.now())
    name = f"{series.provider}:{series.code}"
    try:
        kept = uow.vintages.find(series.id, moment)
    except DamagedVintage as error:
        raise DamagedVintage(f"{name}: {error.message}") from error
    if kept:
        return kept
    beginning = uow.vintages.first_known(series.id)
    if beginning is None:
        raise NoObservationsYet(f"{name} has no observations yet.")
    if moment.vintage is not None:
        seen = " that was seen by then" if moment.seen_by or moment.position is not None else ""
        raise VintageNotFound(f"{name} has no vintage {moment.vintage}{seen}.", hint="Its vintages are numbered from 1.")
    first = beginning.fetched_at if moment.seen_by and moment.seen_by < beginning.fetched_at else beginning.known_at
    verb = "seen here" if first == beginning.fetched_at and moment.seen_by else "known"
    raise NotKnownYet(f"Nothing of {name} was {verb} then.", hint=f"It begins at {first.isoformat().replace('+00:00', 'Z')}.")


def check_position(uow: UnitOfWork, moment: AsOf) -> None:
    """Raise InvalidInput if the feed has not reached the position, after which what is recorded could still change the answer."""
    if moment.position is not None and moment.position > (last := uow.vintages.position()):
        raise InvalidInput(f"position {moment.position} has not been reached.", field="position", hint=f"The last one is {last}.")


def metadata_moment(moment: AsOf, kept: StoredVintage) -> datetime | None:
    """Return the moment whose metadata belong to a state; None for the newest."""
    pinned = moment.vintage is not None or moment.position is not None
    asked = [moment.as_of, moment.seen_by, kept.vintage.fetched_at if pinned else None]
    return min((each for each in asked if each is not None), default=None)
