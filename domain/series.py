"""Time series, their metadata and queries for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from domain.codes import FORMULA, DatasetCode
from domain.fetches import Fetch, FetchStatus
from domain.frequency import Frequency
from domain.gates.settings import SeriesGates
from domain.source_status import AtSource, SourceStatus
from domain.vintages import Vintage
from domain.window import Confirmation

_RUN, _LONGEST, _MOST_SEARCHED = re.compile(r"[^\W_]+"), 100, 100_000


class SeriesStatus(StrEnum):
    """Whether a series has data."""

    PENDING = "pending"
    SUCCESS = "success"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """
    A provider's description of a series.

    Attributes:
        date_column: the provider's own name for the first column.
        extra: further metadata as JSON values; ``dates`` says on which day of their periods its dates stand, as in ``Anchor``, and
            ``flags`` what each flag means.

    """

    name: str = ""
    description: str = ""
    unit: str = ""
    frequency: Frequency | None = None
    seasonal_adjustment: str = ""
    column_units: tuple[str, ...] = ()
    source: str = ""
    attribution: str = ""
    terms: str = ""
    date_column: str = "Date"
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def flags(self) -> Mapping[str, str]:
        """The meaning of each flag that the series has or had, empty where nothing says it."""
        found = self.extra.get(FLAGS)
        return {code: meaning for code, meaning in found.items() if isinstance(meaning, str)} if isinstance(found, dict) else {}


#: In ``extra``: the meanings of flags.
FLAGS = "flags"
#: The fields of metadata that say what a series' values mean; entries of ``extra`` do so too, but for the list of flags.
_MEANING = ("name", "unit", "frequency", "seasonal_adjustment", "column_units")


@dataclass(frozen=True, slots=True)
class MetadataEntry:
    """Metadata as recorded at a moment, and the position of the feed; 0 for those recorded before entries had one."""

    known_at: datetime
    metadata: Metadata
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataChange:
    """
    A change of what a series' values mean, such as their unit or its multiplier.

    Attributes:
        field: of the metadata; ``extra.NAME`` for one of its further entries.
        before, after: JSON values; None where there was or is none.

    """

    known_at: datetime
    field: str
    before: Any
    after: Any


def with_flag_list(metadata: Metadata, stored: Metadata, *, has_flags: bool) -> Metadata:
    """
    Return an answer's metadata with the flags that were listed before, too: older vintages have them.

    Args:
        has_flags: whether any state that is stored has flags; else the answer's list is left out.

    """
    if not (metadata.flags or stored.flags):
        return metadata
    new = {code: meaning for code, meaning in metadata.flags.items() if meaning or code not in stored.flags} if has_flags else {}
    listed = {**stored.flags, **new}
    extra = {name: value for name, value in metadata.extra.items() if name != FLAGS}
    return replace(metadata, extra={**extra, FLAGS: listed} if listed else extra)


def metadata_changes(history: Sequence[MetadataEntry]) -> Sequence[MetadataChange]:
    """Return the changes from each entry of a history to the next."""
    return [
        MetadataChange(known_at=after.known_at, field=name, before=old.get(name), after=new.get(name))
        for before, after in pairwise(history)
        for old, new in [(_meaning(before.metadata), _meaning(after.metadata))]
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]


def _meaning(metadata: Metadata) -> Mapping[str, Any]:
    fields = {name: getattr(metadata, name) for name in _MEANING}
    return fields | {f"extra.{name}": value for name, value in metadata.extra.items() if name != FLAGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """
    What identifies a series' current state: while it is equal, earlier responses are still valid.

    Attributes:
        vintages: number of vintages.
        entry: number of the newest entry in the history of its metadata; 0 if there is none.
        status_at_source, status_since, replaced_by: as in ``AtSource``.
        inputs: of a formula, or of a series that is read by a rule, what its result depends on beside its own state.
        rules: number of the rules by which it has been spliced.

    """

    provider: str
    vintages: int
    entry: int
    frequency: Frequency | None
    checked_at: datetime | None
    status_at_source: SourceStatus = SourceStatus.ACTIVE
    status_since: datetime | None = None
    replaced_by: str | None = None
    inputs: tuple[object, ...] = ()
    rules: int = 0

    @property
    def state(self) -> tuple[object, ...]:
        """What an answer depends on that shows observations and metadata."""
        return (self.vintages, self.entry, *self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """
    A series with its permanent identity (provider, code) and its current state.

    Attributes:
        number: the store's integer id, Quandl's ``id``.
        alias: the code by which Quandl clients reach it.
        checked_at: when a fetch of it last succeeded, changed or not.
        newest: the newest vintage in knowledge order.
        fetch: the newest fetch.
        confirmed: what the last successful fetch confirmed.
        gates: what is set for it alone.

    """

    id: UUID
    number: int
    provider: str
    code: DatasetCode
    alias: str
    created_at: datetime
    checked_at: datetime | None = None
    metadata: Metadata = field(default_factory=Metadata)
    newest: Vintage | None = None
    fetch: Fetch | None = None
    confirmed: Confirmation | None = None
    at_source: AtSource = field(default_factory=AtSource)
    gates: SeriesGates = field(default_factory=SeriesGates)

    @property
    def status(self) -> SeriesStatus:
        """Success once a vintage is stored, whatever the newest fetch does; always of a formula."""
        if self.newest or self.is_formula:
            return SeriesStatus.SUCCESS
        failed = self.fetch is not None and self.fetch.status in (FetchStatus.ERROR, FetchStatus.CANCELLED)
        return SeriesStatus.ERROR if failed else SeriesStatus.PENDING

    @property
    def is_formula(self) -> bool:
        """Whether it is computed from other series when it is read, and never fetched."""
        return self.provider == FORMULA

    @property
    def frequency(self) -> Frequency | None:
        """How often it is observed, if its provider declares that."""
        return self.metadata.frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """
    A query for series.

    Attributes:
        words: each must begin a word of the code, name or description, in any case.
        alias: the code by which Quandl clients reach it, in capitals.
        after: number of the last series already seen.
        skip: number of further series to skip, for numbered pages.

    """

    words: tuple[str, ...] = ()
    provider: str | None = None
    database: str | None = None
    code: DatasetCode | None = None
    alias: str | None = None
    status: SeriesStatus | None = None
    status_at_source: SourceStatus | None = None
    after: int = 0
    skip: int = 0
    limit: int = 100

    @property
    def terms(self) -> tuple[str, ...]:
        """The words split at punctuation, which is not indexed."""
        return terms(" ".join(self.words))

    @property
    def can_be_met(self) -> bool:
        """Return whether no word is punctuation alone."""
        return all(terms(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A page of series in order of creation, and ``after`` of the next page, if there is one."""

    items: tuple[TimeSeries, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Database:
    """A database code and the providers of its series."""

    code: str
    providers: tuple[str, ...]


def terms(text: str) -> tuple[str, ...]:
    """Return the search terms of a text: its runs of letters and digits, each once and in lower case."""
    found = _RUN.findall(text[:_MOST_SEARCHED].casefold())
    return tuple(dict.fromkeys(run[:_LONGEST] for run in found))
