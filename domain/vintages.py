"""Vintages: states of a series as known at a moment, their differences, and when a new one is added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.codes import DatasetCode
from domain.deltas import counts
from domain.observations import Label, Observations


class Cause(StrEnum):
    """
    Why a vintage was added.

    ``publication``: the provider published it. ``correction``: the provider changed what it had published under the same label.
    ``parser``: a new adapter version reads the same bytes differently. ``mixed``: other bytes, read by a new adapter version, so that
    changes of earlier dates may be of either kind. ``import``: a file of the operator's own shows it.
    """

    PUBLICATION = "publication"
    CORRECTION = "correction"
    PARSER = "parser"
    MIXED = "mixed"
    IMPORT = "import"

    @property
    def restates(self) -> bool:
        """Whether it replaces a state that was known before, at that state's own moment."""
        return self in (Cause.CORRECTION, Cause.PARSER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    The origin of an answer.

    Attributes:
        request: the request's URL without secrets, or the file's name.
        response_sha256: of the answer's bytes, in hex.
        adapter_version: of the data source that read the answer.

    """

    request: str
    response_sha256: str
    adapter_version: int

    def is_reparsed_by(self, later: Origin) -> bool:
        """Return whether the other origin has the same bytes, read by another adapter version."""
        return self.response_sha256 == later.response_sha256 and self.adapter_version != later.adapter_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Vintage:
    """
    One vintage, without its observations.

    Attributes:
        number: order of arrival in its series, from 1.
        published: the provider's own label, a day or a moment.
        known_at: the moment it became known; with ``number`` the knowledge order.
        fetched_at: when the whole answer had arrived here.
        previous_check_at: when the series had last been fetched before, without this state; None if never, or not recorded.
        added, changed, deleted: number of dates whose values differ from the vintage known just before, at arrival; with other columns
            every date that stays counts as changed.
        digest: SHA-256 of the whole state, in hex.

    """

    number: int
    published: Label | None
    known_at: datetime
    fetched_at: datetime
    rows: int
    first: Label | None
    last: Label | None
    added: int
    changed: int
    deleted: int
    digest: str
    cause: Cause
    origin: Origin
    fetch_id: UUID
    previous_check_at: datetime | None = None

    @property
    def answers_from(self) -> datetime:
        """The moment from which on ``as_of`` selects it: nobody knew a restated state before it was fetched."""
        return self.fetched_at if self.cause.restates else self.known_at

    @property
    def has_release_label(self) -> bool:
        """Whether the provider published it under its label; the date of an imported file says when it was seen."""
        return self.published is not None and self.cause is not Cause.IMPORT

    @property
    def may_have_other_columns(self) -> bool:
        """Whether every date that stayed counts as changed, as all do where columns came or went."""
        return 0 < self.changed == self.rows - self.added

    def knowledge(self) -> tuple[datetime, int]:
        """Return its sort key in knowledge order."""
        return self.known_at, self.number

    @classmethod
    def of(cls, number: int, arrival: NewState, before: Observations | None) -> Vintage:
        """Return the vintage of a new state, with the counts of differences from the state known just before."""
        after = arrival.observations
        added, changed, deleted = (len(after), 0, 0) if before is None else counts(before, after)
        return cls(
            number=number,
            published=arrival.published,
            known_at=arrival.known_at,
            fetched_at=arrival.fetched_at,
            previous_check_at=arrival.previous_check_at,
            rows=len(after),
            first=after.first,
            last=after.last,
            added=added,
            changed=changed,
            deleted=deleted,
            digest=after.digest().hex(),
            cause=arrival.cause,
            origin=arrival.origin,
            fetch_id=arrival.fetch_id,
        )


@dataclass(frozen=True, slots=True)
class StoredVintage:
    """A vintage with its observations."""

    vintage: Vintage
    observations: Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """
    A vintage in the feed of all series, and its position there.

    Attributes:
        is_newest: whether it is the newest state of its series in knowledge order, as of this reading.

    """

    position: int
    series_id: UUID
    provider: str
    code: DatasetCode
    vintage: Vintage
    is_newest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledState:
    """The last stored state of one of the provider's labels."""

    number: int
    digest: str
    known_at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class FirstKnown:
    """When anything of a series was first known, and first fetched here."""

    known_at: datetime
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Damage:
    """A vintage that differs from what was written, and how."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewState:
    """A state to be appended to a series, and the provider's label for it."""

    published: Label | None
    observations: Observations
    known_at: datetime
    fetched_at: datetime
    previous_check_at: datetime | None = None
    cause: Cause = Cause.PUBLICATION
    origin: Origin
    fetch_id: UUID


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    States prepared for appending to a series.

    Attributes:
        after: number of the last vintage at that time; 0 if there was none.
        rows: the vintages in the store's own form.

    """

    after: int
    vintages: Sequence[Vintage]
    rows: Sequence[Any]
