"""The functions of formulas: what arguments each takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from domain.aggregates import Aggregate
from domain.errors import InvalidInput
from domain.formulas.expressions import Expression, Number, Text
from domain.frequency import Collapse
from domain.moments import parse_moment

#: The most periods that a function goes back, or a window has.
MOST_STEPS = 10_000
BASE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?|-Q[1-4])?")


class Kind(StrEnum):
    """What an argument is; its value is said in messages."""

    VALUE = "a series or a number"
    STEPS = f"a whole number from 1 to {MOST_STEPS}"
    SHIFT = f"a whole number from -{MOST_STEPS} to {MOST_STEPS}"
    FREQUENCY = f"one of {', '.join(Collapse)}, in quotes"
    AGGREGATE = f"one of {', '.join(Aggregate)}, in quotes"
    BASE = "a year, quarter, month or day in quotes, such as '2010', '2010-Q1', '2010-01' or '2010-01-04'"
    MOMENT = "a day or a moment in quotes, such as '2009-01-30' or '2009-01-30T12:00:00Z'"
    DAY = "a day in quotes, such as '2009-01-30'"
    FILLING = "a series, a number, 'previous' or 'next'"


#: For each function the kinds of its arguments, and how many of them must be given; None for two or more values.
_TAKEN: Mapping[str, tuple[Sequence[Kind], int] | None] = {
    "lag": ((Kind.VALUE, Kind.STEPS), 1),
    "lead": ((Kind.VALUE, Kind.STEPS), 1),
    "shift": ((Kind.VALUE, Kind.SHIFT), 2),
    "diff": ((Kind.VALUE, Kind.STEPS), 1),
    "pct_change": ((Kind.VALUE, Kind.STEPS), 1),
    "yoy": ((Kind.VALUE,), 1),
    "ma": ((Kind.VALUE, Kind.STEPS), 2),
    "ewma": ((Kind.VALUE, Kind.STEPS), 2),
    "cumsum": ((Kind.VALUE,), 1),
    "cumprod": ((Kind.VALUE,), 1),
    "log": ((Kind.VALUE,), 1),
    "exp": ((Kind.VALUE,), 1),
    "abs": ((Kind.VALUE,), 1),
    "min": None,
    "max": None,
    "where": ((Kind.VALUE, Kind.VALUE, Kind.VALUE), 3),
    "index": ((Kind.VALUE, Kind.BASE), 2),
    "collapse": ((Kind.VALUE, Kind.FREQUENCY, Kind.AGGREGATE), 2),
    "splice": ((Kind.VALUE, Kind.VALUE, Kind.DAY), 3),
    "fillna": ((Kind.VALUE, Kind.FILLING), 2),
    "as_of": ((Kind.VALUE, Kind.MOMENT), 2),
}
FUNCTIONS = tuple(_TAKEN)
_FEWEST_VALUES = 2


def check_call(name: str, arguments: Sequence[Expression]) -> str:
    """Return what is wrong with a call; empty if nothing is."""
    if name not in _TAKEN:
        return f"there is no function {name[:40]}: there are {', '.join(FUNCTIONS)}; databases are written in capitals"
    taken = _TAKEN[name]
    kinds, needed = taken or ((Kind.VALUE,) * len(arguments), _FEWEST_VALUES)
    if not needed <= len(arguments) <= max(len(kinds), needed):
        return f"{name}(…) takes {_count(len(kinds) if taken else None, needed)}, not {len(arguments)}"
    wrong = next(((at, kind) for at, (kind, given) in enumerate(zip(kinds, arguments, strict=False), 1) if not _fits(kind, given)), None)
    return f"argument {wrong[0]} of {name}(…) must be {wrong[1]}" if wrong else ""


def _count(most: int | None, needed: int) -> str:
    if most is None:
        return f"{needed} or more arguments"
    return f"{needed} or {most} arguments" if most > needed else f"{needed} argument{'s' if needed > 1 else ''}"


def _fits(kind: Kind, given: Expression) -> bool:
    if kind is Kind.VALUE:
        return not isinstance(given, Text)
    if kind in (Kind.STEPS, Kind.SHIFT):
        least = 1 if kind is Kind.STEPS else -MOST_STEPS
        return isinstance(given, Number) and given.value.is_integer() and least <= given.value <= MOST_STEPS
    if kind is Kind.FILLING:
        return not isinstance(given, Text) or given.value in ("previous", "next")
    return isinstance(given, Text) and _is_text_of(kind, given.value)


def _is_text_of(kind: Kind, text: str) -> bool:
    if kind is Kind.FREQUENCY:
        return text in list(Collapse)
    if kind is Kind.AGGREGATE:
        return text in list(Aggregate)
    if kind is Kind.BASE and len(text) < len("2009-01-30"):
        return BASE.fullmatch(text) is not None and text[:4] != "0000"
    if kind is not Kind.MOMENT and len(text) != len("2009-01-30"):
        return False
    try:
        parse_moment(text, field="expression")
    except InvalidInput:
        return False
    return True
