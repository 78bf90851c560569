"""Time series: what one provider's code names."""

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
    """What can be said of a series' data."""

    PENDING = "pending"
    SUCCESS = "success"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """
    What a provider says about a series.

    Attributes:
        date_column: the provider's own name for the first column.
        extra: further facts of the provider, as JSON values; ``dates`` says which day of a period its dates are.

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
    What tells whether an answer about a series still holds.

    Attributes:
        vintages: how many there are.
        entry: number of the newest entry in the history of its metadata, 0 if there is none.

    """

    provider: str
    vintages: int
    entry: int
    frequency: Frequency | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """
    A series under its permanent identity (provider, code), with what is known of it now.

    Attributes:
        number: the store's integer for it, Quandl's ``id``.
        alias: the code by which Quandl clients reach it.
        checked_at: when a fetch of it last ended well, changed or not.
        newest: the newest vintage in knowledge order.
        fetch: the newest fetch.
        confirmed: what the last good fetch confirmed.

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
        """Success once a vintage is kept, whatever the newest fetch does."""
        if self.newest:
            return SeriesStatus.SUCCESS
        failed = self.fetch is not None and self.fetch.status in (FetchStatus.ERROR, FetchStatus.CANCELLED)
        return SeriesStatus.ERROR if failed else SeriesStatus.PENDING

    @property
    def frequency(self) -> Frequency | None:
        """How often it is observed, if its provider says."""
        return self.metadata.frequency


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """
    A question to the list of series.

    Attributes:
        words: each must begin a word of the code, name or description, case-blind.
        alias: the code by which Quandl clients reach it, in capitals.
        after: number of the last series already seen.
        skip: how many more to leave out, for clients that count pages.

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
        """The words' parts without punctuation, which stands nowhere by itself."""
        return terms(" ".join(self.words))

    @property
    def can_be_met(self) -> bool:
        """Return that no word is punctuation alone."""
        return all(terms(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A part of the list in order of creation, and the number to go on after, if there is more."""

    items: tuple[TimeSeries, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Database:
    """A database code under which series are kept, and whose they are."""

    code: str
    providers: tuple[str, ...]


def terms(text: str) -> tuple[str, ...]:
    """Return the runs of letters and digits by which a text is found, each once and in small letters."""
    found = _RUN.findall(text[:_MOST_SEARCHED].casefold())
    return tuple(dict.fromkeys(run[:_LONGEST] for run in found))
