"""Time series, their metadata and queries for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.codes import DatasetCode
from domain.fetches import Fetch, FetchStatus
from domain.frequency import Frequency
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
        extra: further metadata as JSON values; ``dates`` says on which day of their periods its dates stand, as in ``Anchor``.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """
    What identifies a series' current state: while it is equal, earlier responses are still valid.

    Attributes:
        vintages: number of vintages.
        entry: number of the newest entry in the history of its metadata; 0 if there is none.

    """

    provider: str
    vintages: int
    entry: int
    frequency: Frequency | None
    checked_at: datetime | None


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

    @property
    def status(self) -> SeriesStatus:
        """Success once a vintage is stored, whatever the newest fetch does."""
        if self.newest:
            return SeriesStatus.SUCCESS
        failed = self.fetch is not None and self.fetch.status in (FetchStatus.ERROR, FetchStatus.CANCELLED)
        return SeriesStatus.ERROR if failed else SeriesStatus.PENDING

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
