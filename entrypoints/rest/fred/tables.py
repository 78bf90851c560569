"""Observations as FRED's rows: one for each value and the period in which it was published, or one for each date and all its vintages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import orjson

from domain.observations import Dates, Observations
from domain.realtime_periods import RealtimePeriods, Values
from domain.use_cases.read_realtime import Realtime
from entrypoints.rest.fred.documents import XML_BEGIN, attributes
from entrypoints.rest.fred.params import FIRST_OBSERVATION, LAST_DAY, FileType, ObservationsQuery, OutputType, series_id
from entrypoints.rest.openapi.parameters import Order

_MISSING = b"."
_NO_NAME = re.compile("[^A-Za-z0-9_.-]")
PERIOD_COLUMNS = ("realtime_start", "realtime_end", "date", "value")


#: A row costs about so many times the bytes that one of lanner's own format with as many cells does.
_COST = 2
#: Rows are made and written in parts of so many: as texts they take several times the memory of what is written.
_PART = 2**16

Row = Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class Table:
    """
    Rows of texts; one of them is None where a row has no such member.

    Attributes:
        parts: the rows, which are made when they are read, and can be read once.
        shown: how many they are.
        count: of all rows, of which these may be a page.

    """

    columns: Sequence[str]
    parts: Iterable[Sequence[Row]]
    shown: int
    count: int


class _Form(NamedTuple):
    """How a row is written: its begin and end, a member by its name, and what stands between two."""

    begin: bytes
    member: str
    between: bytes
    end: bytes


_JSON, _XML = _Form(b"{", '"%s":"%%b"', b",", b"}"), _Form(b"  <observation ", '%s="%%b"', b" ", b"/>\n")


def count_cells(periods: RealtimePeriods, query: ObservationsQuery) -> int:
    """Return how many cells of lanner's own format the table of these periods costs, before any is made."""
    if query.output.is_by_vintage:
        columns = _vintages(periods, query)
        return _COST * int((columns.ends(periods) - columns.begins(periods)).sum())
    count = int(periods.is_initial.sum()) if query.output is OutputType.INITIAL_RELEASES else len(periods)
    return _COST * len(PERIOD_COLUMNS) * len(_places(count, query))


def table_of(found: Realtime, query: ObservationsQuery) -> Table:
    """Return the rows that a query asks for."""
    if query.output.is_by_vintage:
        return _by_vintage(found, query)
    periods = found.periods.take(found.periods.is_initial) if query.output is OutputType.INITIAL_RELEASES else found.periods
    places = _places(len(periods), query)
    parts = (_rows(periods.take(places[first : first + _PART])) for first in range(0, len(places), _PART))
    return Table(PERIOD_COLUMNS, parts, len(places), len(periods))


def header_of(query: ObservationsQuery, table: Table) -> dict[str, Any]:
    """Return what FRED says above observations."""
    realtime, page = query.realtime, query.page
    return {
        "realtime_start": realtime.first.isoformat(),
        "realtime_end": realtime.last.isoformat(),
        "observation_start": (realtime.start or FIRST_OBSERVATION).isoformat(),
        "observation_end": (realtime.end or LAST_DAY).isoformat(),
        "units": realtime.units.value,
        "output_type": int(query.output),
        "file_type": query.file_type.value,
        "order_by": "observation_date",
        "sort_order": page.order.value,
        "count": table.count,
        "offset": page.offset,
        "limit": page.limit or max(table.count, 100_000),
    }


def encode_table(table: Table, header: Mapping[str, Any], kind: FileType) -> bytes:
    """Return a table as JSON or XML."""
    if kind is FileType.JSON:
        begin, end = orjson.dumps(dict(header))[:-1] + b',"observations":[', b"]}"
        lines = (b",".join(_lines(table.columns, part, _JSON)) for part in table.parts)
        return begin + b",".join(lines) + end
    begin, end = XML_BEGIN + f"<observations {attributes(header)}>\n".encode(), b"</observations>\n"
    lines = (b"".join(_lines(table.columns, part, _XML)) for part in table.parts)
    return begin + b"".join(lines) + end


def csv_of(table: Table) -> bytes:
    """Return a table as CSV, with empty cells where a row has no member, and FRED's sign of a missing value."""
    parts = (b"\n".join([b",".join([cell or b"" for cell in row]) for row in part]) for part in table.parts)
    return b"\n".join([",".join(table.columns).encode(), *parts]) + b"\n"


def _lines(columns: Sequence[str], rows: Sequence[Row], form: _Form) -> list[bytes]:
    """Return rows in a form; those without gaps need no decision for each cell."""
    members = [(form.member % name).encode() for name in columns]
    if tuple(columns) == PERIOD_COLUMNS:
        whole = form.begin + form.between.join(members) + form.end
        return [whole % tuple(row) for row in rows]
    return [
        form.begin + form.between.join([each % cell for each, cell in zip(members, row, strict=True) if cell is not None]) + form.end
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Vintages:
    """The columns of vintages: the day by which each is named, and the place of its state."""

    days: Dates
    places: Any
    only_new: bool

    def begins(self, periods: RealtimePeriods) -> Any:
        """Return for each row the first column in which it stands."""
        return self.places.searchsorted(periods.since, "left")

    def ends(self, periods: RealtimePeriods) -> Any:
        """Return for each row the column behind the last one in which it stands."""
        if self.only_new:
            return self.places.searchsorted(periods.since, "right")
        return self.places.searchsorted(periods.until, "left")


def _vintages(periods: RealtimePeriods, query: ObservationsQuery) -> _Vintages:
    realtime, only_new = query.realtime, query.output is OutputType.NEW_AND_REVISED
    if realtime.on:
        days, places = np.array(realtime.on, "datetime64[D]"), periods.places_on(realtime.on)
    else:
        places = periods.places_during(realtime.first, realtime.last)
        days = periods.days[places]
    kept = places >= 0
    if only_new:  # on a day between vintages nothing was new
        kept &= periods.days[np.maximum(places, 0)] == days if len(periods.days) else kept
    return _Vintages(days[kept], places[kept], only_new)


def _by_vintage(found: Realtime, query: ObservationsQuery) -> Table:
    periods, columns = found.periods, _vintages(found.periods, query)
    name = _NO_NAME.sub("_", series_id(found.series.code))
    names = ["date", *(f"{name}_{text.replace('-', '')}" for text in np.datetime_as_string(columns.days))]
    begins, ends = (each.tolist() for each in (columns.begins(periods), columns.ends(periods)))
    cells = zip(date_texts(periods.dates), value_texts(periods.values), begins, ends, strict=True)
    shown = [each for each in cells if each[2] < each[3]]
    rows = [_row(day, list(of_date), len(names)) for day, of_date in groupby(shown, itemgetter(0))]
    chosen = [rows[place] for place in _places(len(rows), query).tolist()]
    return Table(names, [chosen] if chosen else [], len(chosen), len(rows))


def _rows(periods: RealtimePeriods) -> list[Row]:
    texts = date_texts(periods.first_days), date_texts(periods.last_days), date_texts(periods.dates), value_texts(periods.values)
    return list(zip(*texts, strict=True))


def _row(day: bytes, cells: Sequence[tuple[bytes, bytes, int, int]], width: int) -> list[bytes | None]:
    row: list[bytes | None] = [None] * width
    row[0] = day
    for _, value, begin, end in cells:
        row[1 + begin : 1 + end] = [value] * (end - begin)
    return row


def _places(count: int, query: ObservationsQuery) -> Any:
    page, places = query.page, np.arange(count)
    ordered = places[::-1] if page.order is Order.DESCENDING else places
    return ordered[page.offset : None if page.limit is None else page.offset + page.limit]


def date_texts(days: Dates) -> list[bytes]:
    """Return dates as text, each of them written once."""
    unique, places = np.unique(days, return_inverse=True)
    texts = [text.encode() for text in Observations.from_trusted(unique, (), np.empty((len(unique), 0))).texts()]
    return [texts[place] for place in places.tolist()]


def value_texts(values: Values) -> list[bytes]:
    """Return values as FRED writes them: without exponents, and a point for one that is missing."""
    if not len(values):
        return []
    texts = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].replace(b"null", _MISSING).split(b",")
    return [_plain(text) if b"e" in text else text for text in texts]


def _plain(text: bytes) -> bytes:
    return np.format_float_positional(float(text), trim="0").encode()
