"""Webhooks: addresses that are told events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.schedules.selector import Selector
from domain.webhooks.events import EventType

DEFAULT_THRESHOLD, LARGEST_THRESHOLD = 5.0, 1e6
#: For how long messages are signed with the secret before a rotation too.
OVERLAP = timedelta(hours=24)
MOST_WEBHOOKS = 100
_MOST_CHARACTERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """
    An address and the events that it is told.

    Attributes:
        selector: the series whose events it is told; None for all.
        threshold: a revision is large whose largest change is at least so many percent of the old value.
        rotation: how often its secret was changed.
        previous_until: until when its messages are signed with the secret before, too.
        disabled_at, disabled_reason: since when and why it is told nothing.
        position: the last in the feed that was read for it.
        holds: whether nothing more is read until ``retry_at``.
        retry_at: when the next of its pending deliveries is tried again.
        last_success_at: when it last accepted a message.

    """

    id: UUID
    url: str
    events: frozenset[EventType]
    selector: Selector | None
    threshold: float = DEFAULT_THRESHOLD
    created_at: datetime
    rotation: int = 0
    previous_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str = ""
    position: int
    holds: bool = False
    retry_at: datetime | None = None
    last_success_at: datetime | None = None

    def check(self) -> None:
        """Raise InvalidInput, which names the field, if one is not valid."""
        if not self.events:
            raise InvalidInput("A webhook needs at least one event.", field="events", hint=f"The events are {', '.join(EventType)}.")
        if not 0 < self.threshold <= LARGEST_THRESHOLD:
            raise InvalidInput(f"threshold must be above 0 and at most {LARGEST_THRESHOLD:.0f} percent.", field="threshold")
        if len(self.url) > _MOST_CHARACTERS:
            raise InvalidInput(f"url must have at most {_MOST_CHARACTERS} characters.", field="url")

    def wants(self, kind: EventType, provider: str, code: DatasetCode) -> bool:
        """Return whether it is told events of this type of a series."""
        return kind in self.events and (self.selector is None or self.selector.matches(provider, code))

    def rotations(self, now: datetime) -> Sequence[int]:
        """Return the rotations with whose secrets messages are signed, the present one first."""
        both = self.rotation > 0 and self.previous_until is not None and now < self.previous_until
        return [self.rotation, self.rotation - 1] if both else [self.rotation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    How far a worker has come with a webhook; see its attributes.

    Attributes:
        gone: the reason for which it is disabled from now on; empty if it is not.

    """

    position: int
    holds: bool
    retry_at: datetime | None
    last_success_at: datetime | None
    gone: str = ""
