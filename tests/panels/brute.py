"""A reader of panel cells by full copies and plain loops: what the definitions say, with nothing of the panel's own code."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
A_YEAR = {"monthly": 12, "quarterly": 4, "annual": 1, "weekly": 52}
LONGEST = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "annual": 366}
Cell = tuple[float | None, date | None, date | None, int, str]
Rows = list[tuple[date, float | None]]


@dataclass
class Copy:
    """A vintage with a whole copy of its column."""

    number: int
    published: date | datetime | None
    known_at: datetime
    fetched_at: datetime
    cause: str
    fetch: object
    previous_check_at: datetime | None
    sent: bytes
    rows: dict[date, float | None]


@dataclass
class Wanted:
    """A rule in plain values."""

    lag: timedelta = timedelta()
    seen: bool = False
    restated: bool = False
    release_time: time | None = None
    release_zone: str = "UTC"
    max_age: int | None = None
    release: int | None = None
    change: int | None = None
    window: int = 1
    collapse: str | None = None
    transform: str | None = None
    previous: bool = False
    assume: int | str | None = None
    zone: str = "UTC"


@dataclass
class History:
    """
    All copies of a series.

    Attributes:
        meanings: since when which frequency and which day of the period held.

    """

    copies: list[Copy]
    meanings: list[tuple[datetime, str | None, str | None]]
    checked_at: datetime | None
    cells: int = field(default=0)


def available(copy: Copy, wanted: Wanted) -> datetime:
    if wanted.seen:
        return copy.fetched_at + wanted.lag
    moment = copy.known_at
    label = copy.published
    if (
        label is not None
        and not isinstance(label, datetime)
        and moment == datetime(label.year, label.month, label.day, 23, 59, 59, tzinfo=UTC)
    ):
        if wanted.release_time:
            local = datetime.combine(label, wanted.release_time)
            moment = first_instant(local, ZoneInfo(wanted.release_zone))
        else:
            moment += timedelta(hours=12)
    if copy.cause in ("correction", "parser") and not wanted.restated:
        moment = max(moment, copy.fetched_at)
    return moment + wanted.lag


@cache
def first_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Look for the wall time minute by minute: its first appearance, else the first instant after the gap."""
    start = (local.replace(tzinfo=UTC) - timedelta(hours=16)).replace(second=0)
    for minute in range(32 * 60):
        at = start + timedelta(minutes=minute)
        shown = at.astimezone(zone).replace(tzinfo=None)
        if shown >= local.replace(second=0):
            return at + timedelta(seconds=local.second) if shown == local.replace(second=0) else at
    raise AssertionError(local)


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def end_of_period(day: date, frequency: str) -> date:
    if frequency == "daily":
        return day
    if frequency == "weekly":
        return day + (6 - day.weekday()) * DAY
    months = MONTHS[frequency]
    last = (day.month - 1) // months * months + months
    return date(day.year, last, monthrange(day.year, last)[1])


def bounds(day: date, frequency: str | None, anchor: str | None) -> tuple[date, date]:
    if frequency in (None, "daily"):
        return day, day
    if frequency == "weekly":
        if anchor == "a day":
            return day - day.weekday() * DAY, day + (6 - day.weekday()) * DAY
        return (day - 6 * DAY if anchor == "last day" else day), (day + 6 * DAY if anchor == "first day" else day)
    months = MONTHS[str(frequency)]
    if anchor == "last day":
        return shifted(day.replace(day=1), 1 - months), day.replace(day=monthrange(day.year, day.month)[1])
    if anchor == "first day":
        following = shifted(day.replace(day=1), months)
        return day, following.replace(day=min(day.day, monthrange(following.year, following.month)[1])) - DAY
    last = end_of_period(day, str(frequency))
    return shifted(last.replace(day=1), 1 - months), last


def shifted(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def pipeline(rows: dict[date, float | None], wanted: Wanted, frequency: str | None) -> tuple[Rows, str | None]:
    """Collapse, then transform, then leave out a last period that is not complete."""
    found: Rows = sorted(rows.items())
    complete = True
    if wanted.collapse:
        known = [day for day, value in found if value is not None]
        periods: dict[date, float] = {}
        for day, value in found:
            if value is not None:
                periods[end_of_period(day, wanted.collapse)] = value
        complete = bool(known) and is_complete(known, wanted.collapse, frequency)
        found, frequency = sorted(periods.items()), wanted.collapse
    found = transformed(found, wanted.transform, frequency)
    return (found if complete else found[:-1]), frequency


def is_complete(known: list[date], collapse: str, frequency: str | None) -> bool:
    last = known[-1]
    if frequency is None:
        return False
    if frequency in MONTHS:
        following = shifted(last.replace(day=1), MONTHS[frequency])
    elif frequency == "weekly":
        following = last + 7 * DAY
    else:
        following = last + DAY
        if all(day.weekday() < 5 for day in known if day > last - 31 * DAY):
            while following.weekday() >= 5:
                following += DAY
    return end_of_period(following, collapse) != end_of_period(last, collapse)


def transformed(rows: Rows, kind: str | None, frequency: str | None) -> Rows:
    if kind is None:
        return rows
    if kind in ("cumul", "normalize", "rdiff_from"):
        return whole(rows, kind)
    return [(day, compared(value, earlier(day, dict(rows), kind, str(frequency)), kind, str(frequency))) for day, value in rows]


def whole(rows: Rows, kind: str) -> Rows:
    known = [value for _, value in rows if value is not None]
    found: Rows = []
    total = 0.0
    seen = False
    base = next((value for value in known if value != 0), 1.0)
    newest_day = max((day for day, value in rows if value is not None), default=None)
    for day, value in rows:
        if kind == "cumul":
            total += value or 0.0
            seen = seen or value is not None
            found.append((day, digits(total) if seen else None))
        elif value is None:
            found.append((day, None))
        elif kind == "normalize":
            found.append((day, digits(value / base * 100.0) if value else 0.0))
        elif day == newest_day:
            found.append((day, 0.0))
        else:
            found.append((day, digits((known[-1] - value) / value) if value else None))
    return found


def digits(value: float) -> float:
    return float(f"{value:.14g}")


def earlier(day: date, rows: Mapping[date, float | None], kind: str, frequency: str) -> float | None:
    if frequency == "daily":
        if kind == "yoy":
            last = monthrange(day.year - 1, day.month)[1]
            start = date(day.year - 1, day.month, min(day.day, last))
        else:
            start = day - DAY
        return next((rows[start - n * DAY] for n in range(7) if rows.get(start - n * DAY) is not None), None)
    wanted = period(day, frequency) - (A_YEAR[frequency] if kind == "yoy" else 1)
    found = [value for each, value in sorted(rows.items()) if period(each, frequency) == wanted]
    return found[-1] if found else None


def period(day: date, frequency: str) -> int:
    if frequency == "weekly":
        return (day.toordinal() - 1) // 7
    return (day.year * 12 + day.month - 1) // MONTHS[frequency]


def compared(value: float | None, old: float | None, kind: str, frequency: str) -> float | None:
    if value is None or old is None:
        return None
    if kind == "diff":
        return value - old
    if old == 0:
        return None
    ratio = value / old
    try:
        result = (ratio ** A_YEAR[frequency] if kind == "annualized" else ratio) - 1
    except OverflowError:
        return None
    return result if not isinstance(result, complex) and math.isfinite(result) else None


def meaning_at(history: History, moment: datetime) -> tuple[str | None, str | None]:
    known = [each for each in history.meanings if each[0] <= moment] or history.meanings[:1]
    return known[-1][1:] if known else (None, None)


def cells(history: History, wanted: Wanted, moment: datetime) -> list[Cell]:
    """Return the cells of a moment, oldest first: value, date, period's end, vintage, status."""
    frequency, anchor = meaning_at(history, moment)
    there = [copy for copy in history.copies if available(copy, wanted) <= moment]
    today = local_day(moment, wanted.zone)
    if not there:
        found, status = assumed(history, wanted, moment, frequency, anchor), "assumed"
    elif wanted.release is None and wanted.change is None:
        newest = max(there, key=lambda copy: (copy.known_at, copy.number))
        found, status = [(*each, newest.number) for each in picked(newest.rows, wanted, frequency, anchor, today)], "ok"
        found = found or [(None, None, None, newest.number)]
    else:
        return finished(counted(there, wanted, frequency, anchor, today), wanted, today, moment, history)
    if not found:
        return [(None, None, None, 0, "before_store")]
    marked = [(value, day, end, number, "missing" if value is None else status) for value, day, end, number in found]
    return finished(marked, wanted, today, moment, history)


def finished(found: list[Cell], wanted: Wanted, today: date, moment: datetime, history: History) -> list[Cell]:
    end = found[-1][2]
    if wanted.max_age is not None and end is not None and (today - end).days > wanted.max_age:
        return [(None, *each[1:4], "stale") for each in found]
    late = history.checked_at is None or moment > history.checked_at
    return [(*each[:4], "unchecked" if each[4] == "ok" and late else each[4]) for each in found]


def picked(
    rows: dict[date, float | None], wanted: Wanted, frequency: str | None, anchor: str | None, today: date
) -> list[tuple[float | None, date, date]]:
    found, after = pipeline(rows, wanted, frequency)
    held = ("last day" if wanted.collapse == "weekly" else None) if wanted.collapse else anchor
    begun = [(day, value) for day, value in found if bounds(day, after, held)[0] <= today]
    known = [each for each in begun if each[1] is not None]
    if wanted.previous:
        begun = known or begun[-1:]
    return [(value, day, bounds(day, after, held)[1]) for day, value in begun[-wanted.window :]]


def assumed(history: History, wanted: Wanted, moment: datetime, frequency: str | None, anchor: str | None) -> list[Any]:
    if wanted.assume is None or not history.copies:
        return []
    first_moment = min(available(copy, wanted) for copy in history.copies)
    first = max((c for c in history.copies if available(c, wanted) == first_moment), key=lambda c: (c.known_at, c.number))
    delay = learned(history, wanted, frequency, anchor) if wanted.assume == "learned" else wanted.assume
    if delay is None:
        return []
    cut = {}
    for day, value in first.rows.items():
        end = bounds(day, frequency, anchor)[1]
        if datetime(end.year, end.month, end.day, tzinfo=UTC) + int(delay) * DAY <= moment:
            cut[day] = value
    found = picked(cut, wanted, frequency, anchor, local_day(moment, wanted.zone))
    return [(*each, first.number) for each in found]


def learned(history: History, wanted: Wanted, frequency: str | None, anchor: str | None) -> int | None:
    plain = Wanted(**{**wanted.__dict__, "collapse": None, "transform": None})
    delays = []
    states = known_order(history.copies, plain)
    lasts = lasts_of([rows for _, rows in states])
    for day in sorted({day for copy in history.copies for day in copy.rows}):
        values = [rows.get(day) for _, rows in states]
        first = next((n for n, value in enumerate(values) if value is not None), None)
        if first is not None and not is_censored(states, day, first, lasts=lasts, after=frequency):
            end = bounds(day, frequency, anchor)[1]
            delays.append(available(states[first][0], plain) - datetime(end.year, end.month, end.day, tzinfo=UTC))
    taken = delays[:24]
    return math.ceil(max(taken) / DAY) if len(taken) >= 6 else None


State = tuple[Copy, dict[date, float | None]]


def known_order(copies: Sequence[Copy], wanted: Wanted) -> list[State]:
    """Return the states that were the newest one after another, those read again with their new values."""
    if wanted.seen:
        last: dict[object, Copy] = {}
        for copy in copies:
            if copy.cause != "parser":
                last[copy.fetch] = max((copy, last.get(copy.fetch, copy)), key=lambda c: (c.known_at, c.number))
        chosen = list(last.values())
        copies = [copy for copy in copies if copy in chosen or (copy.cause == "parser" and any(reads(copy, each) for each in chosen))]
    found: list[State] = []
    for copy in sorted(copies, key=lambda c: (available(c, wanted), c.number)):
        if found and copy.cause == "parser":
            same = [n for n, (kept, _) in enumerate(found) if (kept.known_at, kept.published) == (copy.known_at, copy.published)]
            if not same and (copy.known_at, copy.number) < (found[-1][0].known_at, found[-1][0].number):
                continue
            place = same[-1] if same else len(found) - 1
            found[place] = found[place][0], copy.rows
        elif found and (copy.known_at, copy.number) < (found[-1][0].known_at, found[-1][0].number):
            continue
        elif not found or copy.published is not None or not same_bits(copy.rows, found[-1][1]):
            found.append((copy, copy.rows))
    return found


def reads(again: Copy, copy: Copy) -> bool:
    """Return whether a copy was read from the same bytes as an earlier one."""
    return copy.number < again.number and (copy.known_at, copy.published, copy.sent) == (again.known_at, again.published, again.sent)


def same_bits(one: dict[date, float | None], other: dict[date, float | None]) -> bool:
    return {day: repr(value) for day, value in one.items()} == {day: repr(value) for day, value in other.items()}


def lasts_of(results: Sequence[dict[date, float | None]]) -> list[date | None]:
    return [max((day for day, value in each.items() if value is not None), default=None) for each in results]


def is_censored(states: list[State], day: date, first: int, *, lasts: list[date | None], after: str | None) -> bool:
    if first == 0:
        return True
    held = [last for last in lasts[:first] if last is not None]
    if held and max(held) >= day:
        return True
    copy, before = states[first][0], states[first - 1][0]
    if copy.published is not None:
        return False
    looked = max(copy.previous_check_at or before.fetched_at, before.fetched_at)
    return after is None or copy.fetched_at - looked >= timedelta(days=LONGEST[after])


def counted(there: list[Copy], wanted: Wanted, frequency: str | None, anchor: str | None, today: date) -> list[Cell]:
    states = known_order(there, wanted)
    after = wanted.collapse or frequency
    held = ("last day" if wanted.collapse == "weekly" else None) if wanted.collapse else anchor
    results = [dict(pipeline(rows, wanted, frequency)[0]) for _, rows in states]
    lasts, found = lasts_of(results), list[Cell]()
    for day in sorted({day for each in results for day in each}):
        if bounds(day, after, held)[0] > today:
            continue
        values = [(n, each[day]) for n, each in enumerate(results) if each.get(day) is not None]
        if wanted.change is not None:
            keys = [f"{value:.12g}" if wanted.transform else repr(value) for _, value in values]
            values = [each for n, each in enumerate(values) if n == 0 or keys[n] != keys[n - 1]]
        nth = wanted.release if wanted.change is None else wanted.change
        if len(values) <= (nth or 0):
            continue
        place, value = values[nth or 0]
        first = next(n for n, each in enumerate(results) if each.get(day) is not None)
        censored = is_censored(states, day, first, lasts=lasts, after=after)
        end = bounds(day, after, held)[1]
        found.append((None if censored else value, day, end, states[place][0].number, "censored" if censored else "ok"))
    if wanted.previous and any(each[4] != "censored" for each in found):
        found = [each for each in found if each[4] != "censored"]
    return found[-wanted.window :] or [(None, None, None, 0, "missing")]
