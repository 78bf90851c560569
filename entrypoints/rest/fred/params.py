"""FRED's parameters: names that it does not know are ignored, as FRED does; values are refused in its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

import falcon

from domain.aggregates import Aggregate
from domain.coarser_frequency import CoarserFrequency
from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.growth_rates import GrowthUnits
from domain.use_cases.read_realtime import RealtimeQuery
from entrypoints.rest.openapi.parameters import Order

FIRST_DAY, LAST_DAY = date(1776, 7, 4), date(9999, 12, 31)
#: The begin of observations that FRED states if none is asked for.
FIRST_OBSERVATION = date(1600, 1, 1)
MOST_OBSERVATIONS, MOST_DATES, MOST_ITEMS = 100_000, 10_000, 1_000
#: Of one request.
MOST_VINTAGES = 2_000
_DATABASE = "FRED"
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE_NUMBER = re.compile("[0-9]{1,9}")
_SHOWN = 40

E = TypeVar("E", bound=StrEnum)


class OutputType(StrEnum):
    """What a row of observations is."""

    REALTIME_PERIODS = "1"
    ALL_VINTAGES = "2"
    NEW_AND_REVISED = "3"
    INITIAL_RELEASES = "4"

    @property
    def is_by_vintage(self) -> bool:
        """Whether a row is a date, with a column for each vintage."""
        return self in (OutputType.ALL_VINTAGES, OutputType.NEW_AND_REVISED)


class AggregationMethod(StrEnum):
    """How values are aggregated."""

    AVERAGE = "avg"
    SUM = "sum"
    END_OF_PERIOD = "eop"

    @property
    def aggregate(self) -> Aggregate:
        """The aggregate of that name."""
        return _AGGREGATES[self]


_AGGREGATES = {
    AggregationMethod.AVERAGE: Aggregate.MEAN,
    AggregationMethod.SUM: Aggregate.SUM,
    AggregationMethod.END_OF_PERIOD: Aggregate.LAST,
}


class FileType(StrEnum):
    """In which format FRED answers."""

    XML = "xml"
    JSON = "json"
    CSV = "csv"
    TEXT = "txt"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """The media type in HTTP."""
        return _MEDIA_TYPES[self]

    @property
    def is_columnar(self) -> bool:
        """Whether clients read it by byte ranges."""
        return False


_ZIP = "application/zip"
_MEDIA_TYPES = {
    FileType.XML: "text/xml; charset=UTF-8",
    FileType.JSON: "application/json; charset=UTF-8",
    FileType.CSV: _ZIP,
    FileType.TEXT: _ZIP,
    FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LIST_TYPES = (FileType.XML, FileType.JSON)


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of all are wanted; without a limit all."""

    order: Order
    offset: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class ObservationsQuery:
    """A query for observations: the name by which the series is asked for, and what of it."""

    realtime: RealtimeQuery
    output: OutputType
    method: AggregationMethod
    page: Page
    file_type: FileType


def text(req: falcon.Request, name: str) -> str | None:
    """Return the value of a parameter, the last one of several; an empty one counts as absent."""
    given = req.params.get(name)
    value = (given if isinstance(given, str) or given is None else given[-1]) or ""
    if "\0" in value:
        raise InvalidInput(f"Variable {name} holds a NUL character.", field=name)
    return value.strip() or None


def required(req: falcon.Request, name: str) -> str:
    """Return a value that must be there."""
    value = text(req, name)
    if value is None:
        raise InvalidInput(f"Variable {name} is not set.", field=name)
    return value


def whole_number(req: falcon.Request, name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    value = text(req, name)
    if value is None:
        return default
    if not _WHOLE_NUMBER.fullmatch(value) or not least <= int(value) <= most:
        raise InvalidInput(f"Variable {name} is not between {least} and {most}.", field=name)
    return int(value)


def choice(req: falcon.Request, name: str, kind: type[E], default: E) -> E:
    """Return a word of an enumeration."""
    return chosen(text(req, name), name, kind) or default


def chosen(value: str | None, name: str, kind: type[E]) -> E | None:
    """Return a word of an enumeration, None without a value."""
    if value is None or value in list(kind):
        return kind(value) if value else None
    words = ", ".join(f"'{each}'" for each in kind)
    raise InvalidInput(f"Variable {name} is not one of {words}.", field=name)


def file_type(req: falcon.Request, allowed: Sequence[FileType] = LIST_TYPES) -> FileType:
    """Return the format that is asked for, XML if none is."""
    found = choice(req, "file_type", FileType, FileType.XML)
    if found not in allowed:
        words = ", ".join(f"'{each}'" for each in allowed)
        raise InvalidInput(f"Variable file_type is not one of {words}.", field="file_type")
    return found


def day(req: falcon.Request, name: str) -> date | None:
    """Return a day."""
    value = text(req, name)
    return None if value is None else parse_day(value, name)


def parse_day(value: str, name: str) -> date:
    """Parse a day."""
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidInput(f"Variable {name} is not a YYYY-MM-DD formatted date (e.g. 2000-02-24).", field=name)


def realtime(req: falcon.Request, now: datetime, *, whole: bool = False) -> tuple[date, date]:
    """
    Return the real-time period, by default today; with one end alone it reaches to the first or the last day of all.

    Args:
        whole: whether all days are the default.

    """
    first, last = day(req, "realtime_start"), day(req, "realtime_end")
    if first is None and last is None and not whole:
        return now.date(), now.date()
    first, last = first or FIRST_DAY, last or LAST_DAY
    _check_order("realtime_end", first, last)
    return first, last


def page(req: falcon.Request, *, most: int = MOST_ITEMS, order: Order = Order.ASCENDING) -> Page:
    """Return the page that is asked for."""
    limit = whole_number(req, "limit", 0, least=1, most=most) or None
    return Page(choice(req, "sort_order", Order, order), whole_number(req, "offset", 0, least=0, most=10**9), limit)


def observations_query(req: falcon.Request, now: datetime) -> ObservationsQuery:
    """
    Return the query of a request for observations.

    Raises:
        InvalidInput: a parameter has an invalid value.

    """
    vintages = text(req, "vintage_dates")
    on = tuple(sorted({parse_day(each.strip(), "vintage_dates") for each in vintages.split(",")})) if vintages else ()
    if len(on) > MOST_VINTAGES:
        raise InvalidInput(f"Variable vintage_dates has more than {MOST_VINTAGES} dates: use a real-time period.", field="vintage_dates")
    first, last = (on[0], on[-1]) if on else realtime(req, now)
    start, end = day(req, "observation_start"), day(req, "observation_end")
    _check_order("observation_end", start or FIRST_OBSERVATION, end or LAST_DAY)
    method = choice(req, "aggregation_method", AggregationMethod, AggregationMethod.AVERAGE)
    query = RealtimeQuery(
        first=first,
        last=last,
        on=on,
        column=text(req, "column") or "",
        start=start,
        end=end,
        units=choice(req, "units", GrowthUnits, GrowthUnits.LEVELS),
        frequency=chosen(text(req, "frequency"), "frequency", CoarserFrequency),
        aggregate=method.aggregate,
    )
    output = choice(req, "output_type", OutputType, OutputType.REALTIME_PERIODS)
    return ObservationsQuery(query, output, method, page(req, most=MOST_OBSERVATIONS), file_type(req, tuple(FileType)))


def series_code(name: str) -> DatasetCode:
    """Return the code of a series: of one in FRED by its id, of any other spelled out, ``DATABASE/DATASET``."""
    return DatasetCode.parse(name) if "/" in name else DatasetCode(_DATABASE, name)


def series_id(code: DatasetCode) -> str:
    """Return the name by which ``series_code`` finds a code."""
    return code.dataset if code.database == _DATABASE and "/" not in code.dataset else str(code)


def _check_order(name: str, first: date, last: date) -> None:
    if last < first:
        raise InvalidInput(f"Variable {name} ({last}) is before {name.replace('_end', '_start')} ({first}).", field=name)
