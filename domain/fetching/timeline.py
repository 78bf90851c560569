"""The timeline of a series: where the states of imported files belong among those that are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from domain.errors import InvalidInput, SuspiciousShrink, VintageNotFound
from domain.fetches import Allowed, Suspicion
from domain.fetching.arrivals import moment_of
from domain.fetching.ingest import column_order
from domain.fetching.suspicion import is_shrunk
from domain.importing import FileState, Sighting
from domain.observations import Label, Observations
from domain.vintages import Cause, NewState, Origin, Vintage

_SHRUNK = "A file must hold the whole series as it was known at its date; if it does, allow shrink."
#: A day that has not ended anywhere may be written on a file already.
_AHEAD = timedelta(hours=14)


def _no_observations(number: int) -> Observations:
    raise VintageNotFound(f"There is no vintage {number}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    What is stored of a series.

    Attributes:
        name: what messages call it.
        vintages, sightings: all of them.
        checked_at: when a fetch last found the newest fetched vintage still valid; None if never.
        read: returns the observations of a vintage by its number.

    """

    name: str
    vintages: Sequence[Vintage] = ()
    sightings: Sequence[Sighting] = ()
    checked_at: datetime | None = None
    read: Callable[[int], Observations] = _no_observations


@dataclass(slots=True, kw_only=True)
class _Known:
    """A state that is stored, or is to be."""

    known_at: datetime
    answers_from: datetime
    digest: str
    origin: Origin
    number: int
    published: Label | None = None
    is_fetched: bool = False
    observations: Observations | None = None


@dataclass(frozen=True, slots=True)
class _Event:
    """A state was seen at a moment, whether or not it was stored for that."""

    known_at: datetime
    digest: str
    published: Label | None
    origin: Origin


@dataclass(kw_only=True)
class Timeline:
    """
    Finds what the states of files add to a series, so that ``as_of`` answers at each file's moment what the file shows.

    The result does not depend on the order in which files are imported: a state that was no news is remembered as a sighting, and is
    stored once another one comes in before it.

    Attributes:
        added: what to store, in order.
        sightings: what to remember.
        given: how many labels the provider gave already, and nothing was added for.

    """

    history: History
    now: datetime
    allow: Allowed
    added: list[NewState] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    given: int = 0

    def __post_init__(self) -> None:
        """Read the past."""
        history = self.history
        self._known = [_known(vintage) for vintage in sorted(history.vintages, key=Vintage.knowledge)]
        self._fetched = [each for each in self._known if each.is_fetched]
        self._given = {each.known_at for each in self._fetched}
        self._labels = {each.published for each in self._fetched} - {None}
        self._fetched_at = max([self.now, *(vintage.fetched_at for vintage in history.vintages)])
        self._seen = list(history.sightings)
        self._past = self._events()
        self._number = len(history.vintages)
        self._columns: tuple[str, ...] | None = None

    def add(self, state: FileState) -> None:
        """
        Add the state of a file; those of one series by their labels, oldest first.

        Raises:
            InvalidInput: its label lies in the future, belongs to another state already, or is needed and missing.
            SuspiciousShrink: it has less than half of its neighbour's values, or the other way round, and that is not allowed.

        """
        observations = self._in_order(state.observations)
        sighting = self._sighting(state, observations.digest().hex())
        if self._is_remembered(sighting, observations.without_flags().digest().hex()):
            return
        self._settle(until=sighting.known_at)
        event = _event(sighting)
        if self._is_given(event):
            self.given += 1
        elif not self._shows(event):
            self._check_neighbours(state.file, observations, event)
            self._store(event, observations)
        self._seen.append(sighting)
        self.sightings.append(sighting)

    def taken(self) -> tuple[Sequence[NewState], Sequence[Sighting]]:
        """Return what has been added since this was called last, and keep the observations of its last state alone."""
        added, sightings = self.added, self.sightings
        self.added, self.sightings = [], []
        for each in self._known:
            each.observations = each.observations if each.number == self._number else None
        return added, sightings

    def finish(self) -> None:
        """Store again what the last states would hide: a later sighting, or what a fetch has found since."""
        self._settle(until=None)

    def _settle(self, *, until: datetime | None) -> None:
        while self._past and (until is None or self._past[0].known_at < until):
            event = self._past.pop(0)
            if not (self._is_given(event) or self._shows(event)):
                self._store(event, self._observations(next(each for each in self._known if self._holds(each, event.digest))))

    def _holds(self, known: _Known, digest: str) -> bool:
        return known.digest == digest and (known.observations is not None or known.number <= len(self.history.vintages))

    def _events(self) -> list[_Event]:
        events = [_event(sighting) for sighting in self.history.sightings]
        if self._fetched and self.history.checked_at:
            newest = self._fetched[-1]
            events.append(_Event(self.history.checked_at, newest.digest, None, newest.origin))
        return sorted(events, key=lambda event: event.known_at)

    def _sighting(self, state: FileState, digest: str) -> Sighting:
        published = state.published
        if published is not None and moment_of(published) > self.now + timedelta(days=1) + _AHEAD:
            raise _refused(state, f"its date {published} lies in the future", "Correct the date, or the clock of this machine.")
        if published is None:
            self._check_unlabelled(state, digest)
        known_at = self.now if published is None else min(moment_of(published), self.now)
        return Sighting(
            sha256=state.sha256,
            file=state.file,
            published=published,
            known_at=known_at,
            digest=digest,
            reader_version=state.reader_version,
        )

    def _check_unlabelled(self, state: FileState, digest: str) -> None:
        if self._known and self._known[-1].digest != digest:
            what = f"{self.history.name} has observations already, and nothing tells when the file was saved"
            raise _refused(state, what, "State where its date stands: --published filename, column or mtime.", field="published")

    def _is_remembered(self, sighting: Sighting, without_flags: str) -> bool:
        """
        Return whether a file showed the same at this label before, perhaps when its flags were not read yet.

        Raises:
            InvalidInput: another state has the label.

        """
        for seen in self._seen:
            same_file, same_label = seen.sha256 == sighting.sha256, seen.published == sighting.published
            if same_file and same_label and seen.digest in (sighting.digest, without_flags):
                return True
            same_moment = sighting.published is not None and (same_label or seen.known_at == sighting.known_at)
            if seen.digest != sighting.digest and (same_moment or (same_file and same_label)):
                what = f"{self.history.name} has another state of {sighting.published or 'this file'} already, from {seen.file}"
                raise InvalidInput(f"{sighting.file}: {what}.", field="paths", hint="Keep one of the two, or date them apart.")
        return False

    def _is_given(self, event: _Event) -> bool:
        return event.known_at in self._given or event.published in self._labels

    def _shows(self, event: _Event) -> bool:
        before = self._at(event.known_at)
        return before is not None and before.digest == event.digest

    def _at(self, moment: datetime) -> _Known | None:
        return next((each for each in reversed(self._known) if each.answers_from <= moment), None)

    def _check_neighbours(self, file: str, state: Observations, event: _Event) -> None:
        if Suspicion.SHRINK in self.allow:
            return
        before = self._at(event.known_at)
        after = next((each for each in self._known if each.known_at > event.known_at), None)
        pairs = [(self._observations(before), state, "it has", "the state before it")] if before else []
        pairs += [(state, self._observations(after), "the state after it has", "it")] if after else []
        for earlier, later, which, other in pairs:
            if is_shrunk(earlier, later):
                what = f"{which} less than half of the values, or of the dates, of {other}"
                message = f"{file}: as a state of {self.history.name} of {event.published or 'now'} {what}."
                raise SuspiciousShrink(message, hint=_SHRUNK)

    def _observations(self, known: _Known) -> Observations:
        return self.history.read(known.number) if known.observations is None else known.observations

    def _store(self, event: _Event, observations: Observations) -> None:
        self._number += 1
        known = _Known(known_at=event.known_at, answers_from=event.known_at, digest=event.digest, origin=event.origin, number=self._number)
        known.observations = observations
        self._known.append(known)
        self._known.sort(key=lambda each: (each.known_at, each.number))
        self.added.append(
            NewState(
                published=event.published,
                observations=observations,
                known_at=event.known_at,
                fetched_at=self._fetched_at,
                previous_check_at=self._last_look(event.known_at),
                cause=Cause.IMPORT,
                origin=event.origin,
                fetch_id=uuid5(NAMESPACE_OID, event.origin.response_sha256),
            )
        )

    def _last_look(self, moment: datetime) -> datetime | None:
        looks = [*(each.known_at for each in self._known), *(seen.known_at for seen in self._seen)]
        return max((look for look in looks if look < moment), default=None)

    def _in_order(self, state: Observations) -> Observations:
        """Return a state with its columns in the order of the newest fetched one: their order is no news."""
        if self._columns is None:
            self._columns = self._observations(self._fetched[-1]).columns if self._fetched else ()
        places = column_order(self._columns, state.columns)
        return state.select(places) if places else state


def _known(vintage: Vintage) -> _Known:
    return _Known(
        known_at=vintage.known_at,
        answers_from=vintage.answers_from,
        digest=vintage.digest,
        origin=vintage.origin,
        number=vintage.number,
        published=vintage.published,
        is_fetched=vintage.cause is not Cause.IMPORT,
    )


def _event(sighting: Sighting) -> _Event:
    origin = Origin(request=f"file:{sighting.file}", response_sha256=sighting.sha256, adapter_version=sighting.reader_version)
    return _Event(sighting.known_at, sighting.digest, sighting.published, origin)


def _refused(state: FileState, what: str, hint: str, *, field: str = "paths") -> InvalidInput:
    return InvalidInput(f"{state.file}: {what}.", field=field, hint=hint)
