"""
The dates of a whole column: one form for all its cells, or an error.

What day and month are is decided by all cells together; where two orders fit them all and give other dates, it is refused.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.date_cells import QUARTER_BY_T
from adapters.provider_kit.own_files.date_digits import Kind
from adapters.provider_kit.own_files.date_words import is_quarter_name, is_week_name
from adapters.provider_kit.own_files.grid import Cell, Table, listed, quoted, refused
from domain.errors import AnswerNotUnderstood, UnsupportedFrequency
from domain.inferred_frequency import inferred_frequency, step_in_months
from domain.observations import Dates

_FISCAL = re.compile(r"([0-9]{4})[-/]([0-9]{2})")
_LEAST_SORTED = 4
_KINDS = tuple(Kind)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_MICRO, _NONE = 1_000_000, -(2**62)
_DAY_LENGTH = 10
_PLAIN_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_PLAIN_MOMENT = rf"{_PLAIN_DAY}[T ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?"
_PLAIN = re.compile(rf"(?:{_PLAIN_DAY}\n)*+|(?:{_PLAIN_MOMENT}\n)*+|(?:{_PLAIN_MOMENT}Z\n)*+")
_MONTH_DIGITS = re.compile(r"[0-9]{4}[-/]?[0-9]{1,2}")
_NAME_DIGITS = re.compile(r"([^\W\d_]{3,13}\.?)[-/'’ ]{0,2}([0-9]{2})")
_KW_DIGITS = re.compile(r"[0-9]{4}[- ]?kw ?0?[1-4]|kw ?0?[1-4][-/ ][0-9]{4}", re.IGNORECASE)
_COLON_DIGITS = re.compile(r"[0-9]{4}:0[1-4]")
_ORDERS = {"dmy": "day/month", "mdy": "month/day", "ymd": "year/month/day"}


@dataclass(frozen=True, slots=True)
class Axis:
    """
    The dates of a series.

    Attributes:
        moments: in seconds, UTC.
        kind: what the cells say of the length of their periods.
        kept: positions of the cells that were read; fewer than there are only where a frequency chose among them.
        order: of day, month and year, where cells alone showed which of several it is; else empty.

    """

    moments: Dates
    kind: Kind
    kept: Sequence[int]
    order: str = ""


def read_dates(table: Table, frequency: str = "", *, by_format: bool = False) -> Axis:
    """
    Read the date column of a table.

    Args:
        frequency: of several lengths of periods the one to keep; empty if there may be one alone.
        by_format: whether a format was given, which leaves no doubt of a cell.

    Raises:
        AnswerNotUnderstood: a cell is no date, or what it means is in doubt; names it and the option that decides.
        UnsupportedFrequency: a moment is finer than a second.

    """
    cells = list(table.dates.cells)
    axis = None if by_format else _plain_axis(cells)
    if axis:
        return axis
    found = _readings(table, cells)
    kept = _of_one_kind(table, found, frequency)
    _check_zones(table, found)
    if not by_format:
        _check_periods(table, cells)
    order, is_shown = _order(table, found, kept)
    kinds = {_KINDS[kind] for kind in np.unique(found.kinds[kept])}
    kind = Kind.MOMENT if Kind.MOMENT in kinds else kinds.pop() if kinds else Kind.DAILY
    moments = np.where(found.certain == _NONE, found.orders[order], found.certain)[kept]
    if (moments % _MICRO).any():
        raise UnsupportedFrequency(f"{table.name} has moments finer than a second.")
    return Axis((moments // _MICRO).astype("datetime64[s]"), kind, kept, _ORDERS[order] if is_shown else "")


def frequency_of(dates: Dates, kind: Kind) -> str:
    """
    Return the frequency in lower-case words; empty where there is none that fits.

    Args:
        dates: sorted and unique, of days or seconds.
        kind: the length of the periods, where the file says it; months that follow each other by quarters are quarterly.

    """
    if kind is Kind.MONTHLY:
        return step_in_months(dates.astype("datetime64[M]")) or str(kind)
    return (inferred_frequency(dates) or "") if kind in (Kind.DAILY, Kind.MOMENT) else str(kind)


def are_plain(cells: Sequence[Cell]) -> bool:
    """Return whether cells are all days as 2024-01-31, or all moments of one form as 2024-01-31T12:00:00Z."""
    return set(map(type, cells)) == {str} and _PLAIN.fullmatch("\n".join((*cells, ""))) is not None


def _plain_axis(cells: Sequence[Cell]) -> Axis | None:
    """Read cells of one plain form, much faster than cell by cell; None if they are not, or one is no day or hour."""
    if not are_plain(cells):
        return None
    try:
        moments = np.array([cell.rstrip("Z") for cell in cells], dtype="datetime64[s]")
    except ValueError:
        return None
    return Axis(moments, Kind.DAILY if len(cells[0]) == _DAY_LENGTH else Kind.MOMENT, range(len(cells)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readings:
    """What the cells of a column may mean: kinds, zones, and microseconds since 1970, certain ones and those in each order."""

    kinds: NDArray[np.int8]
    zones: NDArray[np.int8]
    certain: NDArray[np.int64]
    orders: Mapping[str, NDArray[np.int64]]


def _readings(table: Table, cells: Sequence[Cell]) -> _Readings:
    kinds, zones, orders = array("b"), array("b"), {order: array("q") for order in ("", *_ORDERS)}
    for index, cell in enumerate(cells):
        reading = table.read(cell)
        if reading is None:
            raise table.refused(index, table.dates, "not a date", "date_format")
        kinds.append(_KINDS.index(reading.kind))
        zones.append(-1 if reading.zoned is None else int(reading.zoned))
        for order, moments in orders.items():
            moment = reading.by_order.get(order)
            moments.append(_NONE if moment is None else (moment - _EPOCH) // timedelta(microseconds=1))
    by_order = {order: np.frombuffer(moments, dtype=np.int64) for order, moments in orders.items()}
    certain = by_order.pop("")
    return _Readings(kinds=np.frombuffer(kinds, np.int8), zones=np.frombuffer(zones, np.int8), certain=certain, orders=by_order)


def _of_one_kind(table: Table, found: _Readings, frequency: str) -> Sequence[int]:
    first = {_KINDS[kind]: int(np.argmax(found.kinds == kind)) for kind in np.unique(found.kinds)}
    wanted = Kind.MOMENT if frequency == "hourly" else Kind(frequency) if frequency else None
    if set(first) <= {Kind.DAILY, Kind.MOMENT} or (len(first) == 1 and wanted in (None, *first)):
        return range(len(found.kinds))
    if wanted in first:
        positions: Sequence[int] = np.flatnonzero(found.kinds == _KINDS.index(wanted)).tolist()
        return positions
    said = [
        f"{kind} (row {table.rows[at]}, {quoted(table.dates.cells[at])})" for kind, at in sorted(first.items(), key=lambda item: item[1])
    ]
    raise refused(table.name, f"{listed(said)} periods in column {quoted(table.dates.shown)}", "frequency")


def _check_zones(table: Table, found: _Readings) -> None:
    if (found.zones == 0).any() and (found.zones == 1).any():
        raise table.refused(int(np.argmax(found.zones == 0)), table.dates, "no offset from UTC where other cells have one", "date_format")


def _check_periods(table: Table, cells: Sequence[Cell]) -> None:
    """Refuse periods that may be others by the column's name or all their digits: years that span two, weeks, quarters, days."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str)]
    doubt = doubt_of_periods(texts, table.dates.name) if texts and len(texts) == len(cells) else ""
    if doubt:
        raise table.refused(0, table.dates, doubt, "date_format")


def doubt_of_periods(texts: Sequence[str], name: str) -> str:
    """Return what periods may be besides what they are read as, all together and under their column's name; empty if nothing."""
    if len(texts) > 1 and all((match := _FISCAL.fullmatch(text)) and (int(match[1]) + 1) % 100 == int(match[2]) for text in texts):
        return "a month, or a year that spans two"
    if all(map(_MONTH_DIGITS.fullmatch, texts)):
        return "a month or a week" if is_week_name(name) else "a month or a quarter" if is_quarter_name(name) else ""
    if all(map(_COLON_DIGITS.fullmatch, texts)):
        return "a month or a quarter"
    if all(map(_KW_DIGITS.fullmatch, texts)) and not is_week_name(name):
        return "a week (Kalenderwoche) or a quarter (kwartaal)"
    by_t = [QUARTER_BY_T.fullmatch(text) for text in texts]
    if all(by_t) and not is_quarter_name(name) and not any("4" in match.groups() for match in by_t if match):
        return "a quarter, or a third of a year"
    return "a month of a year, or a day of a month" if _may_be_days(texts) else ""


def _may_be_days(texts: Sequence[str]) -> bool:
    """Return whether Jan-20, Jan-21, … follow each other as days do, and no number is too large for a day."""
    matches = [_NAME_DIGITS.fullmatch(text) for text in texts]
    days = [(match[1].casefold(), int(match[2])) for match in matches if match]
    if len(days) < len(texts) or not all(1 <= day <= 31 for _, day in days):  # noqa: PLR2004 - a month's days
        return False
    return any(before[0] == after[0] and abs(after[1] - before[1]) == 1 for before, after in pairwise(days))


def _order(table: Table, found: _Readings, kept: Sequence[int]) -> tuple[str, bool]:
    """
    Return the order of day, month and year that all cells admit, and whether they admit no other.

    Raises:
        AnswerNotUnderstood: there are two that differ, or none.

    """
    doubtful: Sequence[int] = np.asarray(kept)[found.certain[kept] == _NONE].tolist()
    if not doubtful:
        return "dmy", False
    admitted = {order: moments[doubtful] for order, moments in found.orders.items()}
    left: Mapping[str, NDArray[np.int64]] = {order: moments for order, moments in admitted.items() if (moments != _NONE).all()}
    if not left:
        raise _no_order(table, doubtful, admitted)
    left = _without_jumps(left)
    first, *others = left.values()
    differ: Sequence[int] = np.flatnonzero(np.any([moments != first for moments in others], axis=0)).tolist() if others else []
    if differ:
        raise table.refused(doubtful[differ[0]], table.dates, " or ".join(_ORDERS[order] for order in left), "date_format")
    return next(iter(left)), len(left) == 1


def _no_order(table: Table, doubtful: Sequence[int], admitted: Mapping[str, NDArray[np.int64]]) -> AnswerNotUnderstood:
    *_, before, index = sorted(int(np.argmax(moments == _NONE)) for moments in admitted.values())
    other = quoted(table.dates.cells[doubtful[before]])
    return table.refused(doubtful[index], table.dates, f"not in the order of other cells, such as {other}", "date_format")


def _without_jumps(orders: Mapping[str, NDArray[np.int64]]) -> Mapping[str, NDArray[np.int64]]:
    """Drop the year of two digits as the first part where it makes dates jump, which another order puts into regular steps."""
    others = {order: moments for order, moments in orders.items() if order != "ymd"}
    if len(others) in (0, len(orders)) or len(orders["ymd"]) < _LEAST_SORTED or _is_sorted(orders["ymd"]):
        return orders
    ordered = (np.sort(moments // _MICRO).astype("datetime64[s]") for moments in others.values() if _is_sorted(moments))
    return others if any(frequency_of(dates, Kind.DAILY) for dates in ordered) else orders


def _is_sorted(moments: NDArray[np.int64]) -> bool:
    steps = moments[1:] - moments[:-1]
    return bool((steps > 0).all() or (steps < 0).all())
