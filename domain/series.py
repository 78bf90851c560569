"""Time series: what one provider's code names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.codes import DatasetCode
from domain.coverage import Confirmation
from domain.fetches import Fetch, FetchStatus
from domain.frequency import Frequency
from domain.vintages import Vintage


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

    def is_stale(self, now: datetime, max_age: timedelta | None = None) -> bool:
        """Tell whether the last good fetch is older than ``max_age``, by default the frequency's."""
        usual = (self.metadata.frequency or Frequency.DAILY).max_age
        return self.checked_at is None or now - self.checked_at > (usual if max_age is None else max_age)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """
    A question to the list of series.

    Attributes:
        words: each must stand in the code, name or description, case-blind.
        after: number of the last series already seen.

    """

    words: tuple[str, ...] = ()
    provider: str | None = None
    database: str | None = None
    code: DatasetCode | None = None
    status: SeriesStatus | None = None
    after: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """A part of the list in order of creation, and the number to go on after, if there is more."""

    items: tuple[TimeSeries, ...]
    next: int | None
