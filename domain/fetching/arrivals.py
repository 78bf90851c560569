"""Arrivals: which states of an answer are new to a series, when each became known, and why it was added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from domain.observations import Label, Observations
from domain.vintages import Cause, LabelledState, NewState, Origin, Vintage

_END_OF_DAY = time(23, 59, 59, tzinfo=UTC)
_LEAST = timedelta(microseconds=1)


def moment_of(label: Label) -> datetime:
    """Return the moment of a provider's label; a day is its last second, since the data may have come out as late as that."""
    return label if isinstance(label, datetime) else datetime.combine(label, _END_OF_DAY)


def known_at(published: Label | None, fetched_at: datetime, newest: Vintage | None) -> datetime:
    """
    Return when a state became known that is stored for the first time.

    Without a label it is the moment of the fetch. With one it is the label's moment, but never later than the fetch, and in the
    order of the labels: a later label is never known before the newest one, an earlier label never after it.
    """
    if published is None:
        return max(fetched_at, newest.known_at) if newest else fetched_at
    moment = min(moment_of(published), fetched_at)
    if newest is None or newest.published is None:
        return moment
    if moment_of(published) < moment_of(newest.published):
        return min(moment, newest.known_at - _LEAST)
    return max(moment, newest.known_at)


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest fetched vintage of a series, if there is one, and its observations, if they can be read."""

    newest: Vintage | None
    state: Observations | None


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """
    The states of one answer, compared with what is stored of their series.

    Attributes:
        newest: the series' newest fetched vintage in knowledge order.
        overtaken_by: the imported vintage that is newer in knowledge order, if one is.
        readable: whether its observations can be read; else a state is stored again though its digest is known.
        labels: the last stored state of each of the provider's labels.
        first_flagged: the number of the first vintage that has flags; None if none has any.
        read_by: the adapter version that read the newest state last.
        last_label: the last of the labels, stored or in this answer.
        origin, fetch_id: of this answer.
        fetched_at: when it had arrived; not before an earlier one, even if the clock was set back.
        checked_at: when the series had last been fetched successfully before.

    """

    newest: Vintage | None
    overtaken_by: Vintage | None = None
    readable: bool
    labels: Mapping[Label, LabelledState]
    first_flagged: int | None = None
    read_by: int | None
    last_label: Label | None
    origin: Origin
    fetch_id: UUID
    fetched_at: datetime
    checked_at: datetime | None
    _added: dict[Label, str] = field(default_factory=dict, init=False)

    def add(self, published: Label | None, state: Observations) -> NewState | None:
        """Return what to store of the next state, oldest label first; None if it is stored already."""
        if published is None:
            return self._unlabelled(state)
        digest, stored = state.digest().hex(), self._stored(published)
        if published in self._added:
            if digest == self._added[published]:
                return None
        elif stored and self._shows(state, stored):
            return None
        self._added[published] = digest
        if stored is None:
            return self._new(published, state, self._publication, known_at(published, self.fetched_at, self.newest))
        return self._new(published, state, *self._restatement(published, stored))

    def resumed(self, state: Observations, added: Sequence[NewState]) -> Sequence[NewState]:
        """
        Return the end of an imported state: the provider's newest state, again from now on, where it is not the newest known.

        A labelled state is known since its label, which a file may have been saved after.
        """
        imported = self.overtaken_by
        if imported is None or self._shows(state, imported) or any(new.known_at >= imported.known_at for new in added):
            return []
        return [self._new(None, state, Cause.IMPORT, self.fetched_at)]

    def _shows(self, state: Observations, stored: Vintage | LabelledState) -> bool:
        """
        Return whether a state is no news beside a stored one.

        The first flags of a series come with its next vintage: they are no news of states that were stored before it.
        """
        if stored.digest == state.digest().hex():
            return True
        came_before = self.first_flagged is None or stored.number < self.first_flagged
        return state.flags is not None and came_before and stored.digest == state.without_flags().digest().hex()

    def _stored(self, published: Label) -> LabelledState | None:
        if not self.readable and self.newest and published == self.newest.published:
            return None
        return self.labels.get(published)

    def _unlabelled(self, state: Observations) -> NewState | None:
        newest = None if self.overtaken_by else self.newest
        if newest and self.readable and self._shows(state, newest):
            return None
        if newest and newest.origin.is_reparsed_by(self.origin):
            return self._new(None, state, Cause.PARSER, newest.known_at)
        return self._new(None, state, self._publication, known_at(None, self.fetched_at, newest))

    def _restatement(self, published: Label, stored: LabelledState) -> tuple[Cause, datetime]:
        """Return why a stored label has other values now, and when that counts as known."""
        newest, is_read_again = self.newest, stored.origin.is_reparsed_by(self.origin)
        if newest and newest.published and moment_of(published) < moment_of(newest.published):
            # Before the newest state, even where all labels of an answer became known with its fetch.
            known = min(stored.known_at, newest.known_at - _LEAST)
        elif newest and newest.published == published == self.last_label and not is_read_again:
            cause = Cause.MIXED if self._publication is Cause.MIXED else Cause.CORRECTION
            return cause, max(self.fetched_at, newest.known_at)
        else:
            known = stored.known_at
        return Cause.PARSER if is_read_again else Cause.CORRECTION, known

    @cached_property
    def _publication(self) -> Cause:
        return Cause.MIXED if self.read_by not in (None, self.origin.adapter_version) else Cause.PUBLICATION

    def _new(self, published: Label | None, state: Observations, cause: Cause, known: datetime) -> NewState:
        return NewState(
            published=published,
            observations=state,
            known_at=known,
            fetched_at=self.fetched_at,
            previous_check_at=self.checked_at,
            cause=cause,
            origin=self.origin,
            fetch_id=self.fetch_id,
        )
