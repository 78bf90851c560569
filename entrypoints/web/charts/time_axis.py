"""The axis of time: round dates for its ticks, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from domain.observations import Dates

Tick = tuple[float, str]

_DAY, _YEAR = 86_400, 31_556_952
#: Months between ticks, finest first.
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 300, 600, 1200, 2400)
_SECONDS = (1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def seconds(dates: Dates) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return dates as seconds since 1970."""
    return dates.astype("datetime64[s]", copy=False).view(np.int64).astype(np.float64)


def ticks(first: float, last: float, most: int, *, finest: int = 1) -> Sequence[Tick]:
    """
    Return at most so many round moments between two, in seconds since 1970, with their labels.

    Args:
        finest: the smallest distance in seconds: a day where dates are days, or the shortest period that they stand for.

    """
    span = max(last - first, 1.0)
    if finest <= _SECONDS[-1] and span / most <= _SECONDS[-1] and span < _YEAR:
        step = next(step for step in (*_SECONDS, 28 * _DAY) if step >= finest and span / step <= most)
        if step <= _SECONDS[-1]:
            return list(_by_seconds(first, last, step))
    months = next((step for step in _MONTHS if step * _YEAR / 12 >= finest and span / _YEAR * 12 / step <= most), _MONTHS[-1])
    return list(_by_months(first, last, months))


def _by_seconds(first: float, last: float, step: int) -> Iterator[Tick]:
    # Weeks begin on Monday, the fourth day after the epoch's first.
    shift = 4 * _DAY if step % (7 * _DAY) == 0 else 0
    moment = -(-int(first - shift) // step) * step + shift
    year = ""
    while moment <= last:
        label, of = _moment_label(moment, step), str(np.datetime64(moment, "s"))[:4]
        yield float(moment), label if of == year or step < _DAY else f"{label} {of.lstrip('0')}"
        year, moment = of, moment + step


def _moment_label(moment: int, step: int) -> str:
    text = str(np.datetime64(moment, "s"))
    if step >= _DAY or moment % _DAY == 0:
        return f"{int(text[8:10])} {_NAMES[int(text[5:7]) - 1]}"
    return text[11:19] if step < 60 else text[11:16]  # noqa: PLR2004 - seconds of a minute


def _by_months(first: float, last: float, step: int) -> Iterator[Tick]:
    start = np.datetime64(int(first), "s").astype("datetime64[M]").astype(np.int64)
    month = -(-int(start) // step) * step
    if step > 12:  # noqa: PLR2004 - months of a year; steps of many years begin at round years
        year = 1970 + int(start) // 12
        month = (-(-year // (step // 12)) * (step // 12) - 1970) * 12
    while True:
        day = np.datetime64(month, "M")
        moment = float(day.astype("datetime64[s]").astype(np.int64))
        if moment > last:
            return
        if moment >= first:
            yield moment, _month_label(str(day), step)
        month += step


def _month_label(month: str, step: int) -> str:
    year, _, number = month.rpartition("-")
    year = year.lstrip("0") or "0"
    return year if step % 12 == 0 else f"{_NAMES[int(number) - 1]} {year}"
