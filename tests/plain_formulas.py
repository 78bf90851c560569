"""Formulas by plain loops over full copies: what the evaluator must agree with, written without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

#: A tree: a number, ("ref", name), ("as_of", tree, moment), (operator, tree, tree) or (function, tree, …).
Tree = Any
#: By period: the date that stands for it, and the value.
Cells = dict[int, tuple[date, float | None]]


class NotKnown(Exception):
    """Nothing was known at the moment."""


@dataclass(frozen=True)
class Plain:
    """A line: its frequency and its cells."""

    frequency: str
    cells: Cells

    def ordered(self) -> list[tuple[int, float | None]]:
        return [(period, self.cells[period][1]) for period in sorted(self.cells)]

    def having(self, values: Mapping[int, float | None]) -> Plain:
        return Plain(self.frequency, {period: (day, values.get(period)) for period, (day, _) in self.cells.items()})


@dataclass(frozen=True)
class Copy:
    """One full copy of a series, as it was stored."""

    position: int
    known_at: datetime
    values: Mapping[date, float | None]


@dataclass(frozen=True)
class Stored:
    """A series with its copies, or a formula with its definitions, each with its position."""

    frequency: str = ""
    copies: Sequence[Copy] = ()
    definitions: Sequence[tuple[int, Tree]] = ()


Value = Plain | float | None


def period_of(frequency: str, day: date) -> int:
    months = {"monthly": 1, "quarterly": 3, "annual": 12}
    return day.toordinal() if frequency == "daily" else (day.year * 12 + day.month - 1) // months[frequency]


@dataclass(frozen=True)
class PlainEvaluator:
    """Computes trees on stored copies at a moment and a position."""

    stored: Mapping[str, Stored]
    position: int
    as_of: datetime | None

    def value(self, tree: Tree, until: datetime | None = None) -> Value:
        if isinstance(tree, float):
            return tree
        name, *parts = tree
        if name == "ref":
            return self._read(parts[0], until)
        if name == "as_of":
            return self.value(parts[0], min(filter(None, [until, parts[1]])))
        values = [part if isinstance(part, (int, str)) else self.value(part, until) for part in parts]
        return calculated(name, values)

    def _read(self, name: str, until: datetime | None) -> Plain:
        stored = self.stored[name]
        if stored.definitions:
            known = [tree for position, tree in stored.definitions if position <= self.position]
            if not known:
                raise NotKnown
            found = self.value(known[-1], until)
            assert isinstance(found, Plain)
            return found
        limits = [each for each in (self.as_of, until) if each]
        visible = [copy for copy in stored.copies if copy.position <= self.position and all(copy.known_at <= each for each in limits)]
        if not visible:
            if until is None:
                raise NotKnown
            return Plain(stored.frequency, {})
        newest = max(visible, key=lambda copy: (copy.known_at, copy.position))
        return Plain(stored.frequency, {period_of(stored.frequency, day): (day, value) for day, value in newest.values.items()})


def calculated(name: str, values: Sequence[Any]) -> Value:
    if name in EACH:
        return everywhere(EACH[name], values)
    found: Value = OF_LINES[name](*values)
    return found


def everywhere(calculate: Callable[..., float], values: Sequence[Value], *, skips: bool = True) -> Value:
    """Calculate on every date that one line has; with ``skips`` a missing value makes a missing one."""
    lines = [each for each in values if isinstance(each, Plain)]
    if not lines:
        return tried(calculate, values)
    cells: Cells = {}
    for period in sorted({period for line in lines for period in line.cells}):
        day = next(line.cells[period][0] for line in lines if period in line.cells)
        operands = [each.cells.get(period, (day, None))[1] if isinstance(each, Plain) else each for each in values]
        cells[period] = (day, None if skips and None in operands else tried(calculate, operands))
    return Plain(lines[0].frequency, cells)


def tried(calculate: Callable[..., float | None], operands: Sequence[Any]) -> float | None:
    try:
        result = calculate(*operands)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return result if result is not None and math.isfinite(result) else None


def before(line: Plain, period: int, steps: int) -> float | None:
    """Return the value so many periods before: of days, so many known ones, each at most seven days from the next."""
    if line.frequency != "daily":
        return line.cells.get(period - steps, (None, None))[1]
    at = period
    for _ in range(abs(steps)):
        way = range(at - 1, at - 8, -1) if steps > 0 else range(at + 1, at + 8)
        nearer = [each for each in way if line.cells.get(each, (None, None))[1] is not None]
        if not nearer:
            return None
        at = nearer[0]
    return line.cells[at][1]


def lag(line: Plain, steps: int) -> Plain:
    return line.having({period: before(line, period, steps) for period in line.cells})


def compared(line: Plain, steps: int, calculate: Callable[[float, float], float]) -> Plain:
    found = everywhere(calculate, [line, lag(line, steps)])
    assert isinstance(found, Plain)
    return found


def yoy(line: Plain) -> Plain:
    values: dict[int, float | None] = {}
    for period, (day, value) in line.cells.items():
        old: float | None
        if line.frequency == "daily":
            same = day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day).toordinal()
            held = [line.cells.get(each, (None, None))[1] for each in range(same, same - 7, -1)]
            old = next((each for each in held if each is not None), None)
        else:
            old = line.cells.get(period - {"monthly": 12, "quarterly": 4, "annual": 1}[line.frequency], (None, None))[1]
        values[period] = None if value is None or old is None else tried(lambda a, b: a / b - 1, [value, old])
    return line.having(values)


def ma(line: Plain, length: int) -> Plain:
    values: dict[int, float | None] = {}
    for period, (_, value) in line.cells.items():
        window = [value, *(before(line, period, steps) for steps in range(1, length))]
        known = [each for each in window[::-1] if each is not None]
        values[period] = sum(known) / length if len(known) == length else None
    return line.having(values)


def running(line: Plain, step: Callable[[float, float], float], first: Callable[[float], float] = lambda value: value) -> Plain:
    values: dict[int, float | None] = {}
    state: float | None = None
    for period, value in line.ordered():
        if value is not None:
            state = first(value) if state is None else step(state, value)
            values[period] = state if math.isfinite(state) else None
    return line.having(values)


def ewma(line: Plain, span: int) -> Plain:
    return running(line, lambda old, new: old + 2 / (span + 1) * (new - old))


def index(line: Plain, year: str) -> Plain:
    base = [value for day, value in line.cells.values() if day.year == int(year) and value is not None]
    mean = sum(base) / len(base) if base else None
    return line.having(
        {p: None if v is None or mean is None else tried(lambda a, b: a / b * 100, [v, mean]) for p, (_, v) in line.cells.items()}
    )


def collapse(line: Plain, frequency: str, how: str) -> Plain:
    groups: dict[int, list[float]] = {}
    for day, value in line.cells.values():
        groups.setdefault(period_of(frequency, day), []).extend([] if value is None else [value])
    ends = {period: end_of(frequency, period) for period in groups}
    return Plain(frequency, {period: (ends[period], AGGREGATES[how](group)) for period, group in groups.items() if group})


def end_of(frequency: str, period: int) -> date:
    months = (period + 1) * {"monthly": 1, "quarterly": 3, "annual": 12}[frequency]
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def median(values: Sequence[float]) -> float:
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def fillna(line: Plain, filling: Plain | float | str) -> Value:
    if not isinstance(filling, str):
        return everywhere(lambda a, b: b if a is None else a, [line, filling], skips=False)
    ordered = line.ordered() if filling == "previous" else line.ordered()[::-1]
    values: dict[int, float | None] = {}
    last: float | None = None
    for period, value in ordered:
        last = last if value is None else value
        values[period] = last
    return line.having(values)


def splice(old: Plain, new: Plain, day: str) -> Plain:
    start = date.fromisoformat(day)
    cells = {period: cell for period, cell in old.cells.items() if cell[0] < start}
    return Plain(old.frequency, cells | {period: cell for period, cell in new.cells.items() if cell[0] >= start})


def where(condition: Value, then: Value, otherwise: Value) -> Value:
    return everywhere(lambda c, a, b: None if c is None else (a if c else b), [condition, then, otherwise], skips=False)


AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "last": lambda values: values[-1],
    "first": lambda values: values[0],
    "mean": lambda values: sum(values) / len(values),
    "sum": sum,
    "min": min,
    "max": max,
    "median": median,
}
EACH: Mapping[str, Callable[..., float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": math.pow,
    "<": lambda a, b: float(a < b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "negative": lambda a: -a,
    "log": math.log,
    "exp": math.exp,
    "abs": abs,
    "min": min,
    "max": max,
}
OF_LINES: Mapping[str, Callable[..., Value]] = {
    "lag": lag,
    "shift": lag,
    "lead": lambda line, steps: lag(line, -steps),
    "diff": lambda line, steps: compared(line, steps, lambda a, b: a - b),
    "pct_change": lambda line, steps: compared(line, steps, lambda a, b: a / b - 1),
    "yoy": yoy,
    "ma": ma,
    "ewma": ewma,
    "cumsum": lambda line: running(line, lambda a, b: a + b),
    "cumprod": lambda line: running(line, lambda a, b: a * b),
    "index": index,
    "collapse": collapse,
    "fillna": fillna,
    "splice": splice,
    "where": where,
}
