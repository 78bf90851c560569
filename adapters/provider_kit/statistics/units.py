"""
Units: in what, on which scale, with how many decimals and with which adjustment values are given.

They are stated and never applied: the IMF's World Economic Outlook holds full values beside a SCALE of 9. Values of two scales or units
are not one series, whether an answer says so once, for a group of series or beside each observation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from adapters.provider_kit.parsing.collector import CollectedSeries, Notes
from adapters.provider_kit.parsing.limits import LONGEST_NAME, names_are_short
from domain.errors import AnswerNotUnderstood

UNIT, MULTIPLIER, SCALE, DECIMALS, ADJUSTMENT = "unit", "unit_multiplier", "scale", "decimals", "adjustment"
YEAR_START, YEAR_END = "year_start", "year_end"
# The names of each, the most telling first.
_NAMES = {
    UNIT: ("UNIT_MEASURE", "UNIT", "UNIT CODE", "BIS_UNIT", "UNITTEXT"),
    MULTIPLIER: ("UNIT_MULT", "UNIT_MULTIPLIER", "UNITMULT", "POWERCODE", "POWERCODE CODE"),
    SCALE: ("SCALE",),
    DECIMALS: ("DECIMALS", "DECIMALS_DISPLAYED"),
    ADJUSTMENT: ("ADJUSTMENT", "SEASONAL_ADJUSTMENT", "SEASONAL_ADJUST", "S_ADJ", "S_ADJUSTMENT"),
    YEAR_START: ("REPORTING_YEAR_START_DAY", "REPYEARSTART"),
    YEAR_END: ("REPORTING_YEAR_END_DAY", "REPYEAREND"),
}
_CONCEPTS = {name: concept for concept, names in _NAMES.items() for name in names}
# What an observation without the attribute means: units, and calendar years.
_UNSAID = {MULTIPLIER: "0", SCALE: "0", YEAR_START: "--01-01"}
_INTEGER = re.compile(r"[-+]?[0-9]{1,3}")
_SHOWN = 40
_ASK_FOR_ONE = "Ask the provider for periods of one unit and scale, or for a series that is given in one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """
    What an answer says of a series' values; empty where it says nothing.

    Attributes:
        extra: the powers of ten ``unit_multiplier`` and ``scale``, and the number of ``decimals``, where they are said.
        year_start: the first day of its reporting years.

    """

    unit: str
    adjustment: str
    extra: Mapping[str, Any]
    year_start: str


def concept_of(name: str) -> str:
    """Return what an attribute of this name says, such as ``unit_multiplier``; an empty text for any other attribute."""
    return _CONCEPTS.get(name.upper(), "") if len(name) <= LONGEST_NAME else ""


def notes_in(attributes: Mapping[str, str]) -> Notes:
    """Return the attributes that must not differ within a series."""
    noted = _noted if names_are_short(attributes) else _noted.__wrapped__
    return tuple((name, attributes[name]) for name in noted(tuple(attributes)) if attributes[name])


def units_of(series: CollectedSeries) -> Units:
    """
    Return what an answer says of a series' values.

    Raises:
        AnswerNotUnderstood: it says two different things; the message names the periods.

    """
    said = {name: _one(name, values) for name, values in sorted(_said(series).items())}
    found = {concept: _first(said, names) for concept, names in _NAMES.items()}
    for concept in (MULTIPLIER, YEAR_START):
        others = {_comparable(said[name]): name for name in said if concept_of(name) == concept}
        if len(others) > 1:
            both = " and ".join(f"{name} {said[name][:_SHOWN]!r}" for name in others.values())
            raise AnswerNotUnderstood(f"The answer says {both} of one series.")
    if found[YEAR_END]:
        raise AnswerNotUnderstood(f"Periods of a year that ends on {found[YEAR_END][:_SHOWN]!r} are not supported.")
    numbers = {name: _number(found[name]) for name in (MULTIPLIER, SCALE, DECIMALS) if found[name]}
    return Units(unit=found[UNIT], adjustment=found[ADJUSTMENT], extra=numbers, year_start=found[YEAR_START])


def _said(series: CollectedSeries) -> dict[str, dict[str, str]]:
    """Return each attribute's values and the first period of each; an empty value where other observations have one."""
    first = series.periods[0] if series.periods else ""
    said: dict[str, dict[str, str]] = {}
    # Where there is a value to scale, what stands beside missing ones does not matter.
    known = any(at.is_known for at in series.noted.values())
    noted = [(dict(notes), at.first) for notes, at in series.noted.items() if at.is_known or not known]
    for name in sorted({name for notes, _ in noted for name in notes}):
        for notes, period in noted:
            said.setdefault(name, {}).setdefault(notes.get(name, ""), period)
    for name, value in sorted(series.stated):
        said.setdefault(name, {}).pop("", None)
        said[name].setdefault(value, first)
    for name, value in {**series.facts, **series.dimensions}.items():
        if value and concept_of(name):
            said.setdefault(name, {value: first})
    return said


def _one(name: str, values: Mapping[str, str]) -> str:
    """Return the only value of an attribute; of decimals that differ none."""
    concept = concept_of(name)
    unsaid = _UNSAID.get(concept, "")
    different = {_comparable(value or unsaid): (value or unsaid, first) for value, first in values.items() if value or unsaid}
    if len(different) <= 1:
        return next((value for value in values if value), "")
    if concept == DECIMALS:
        return ""
    shown = " and ".join(f"{value[:_SHOWN]!r} from {first[:_SHOWN]}" for value, first in islice(different.values(), 2))
    raise AnswerNotUnderstood(f"{name[:_SHOWN]} is {shown}, so that the values are not one series.", hint=_ASK_FOR_ONE)


def _first(said: Mapping[str, str], names: tuple[str, ...]) -> str:
    by_name = {name.upper(): value for name, value in said.items()}
    return next((by_name[name] for name in names if by_name.get(name)), "")


def _comparable(value: str) -> int | str:
    return _number(value.strip())


def _number(value: str) -> int | str:
    return int(value) if _INTEGER.fullmatch(value) else value


@lru_cache(maxsize=1024)
def _noted(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of what must not differ; the attributes of an element are the same again and again."""
    return tuple(sorted(name for name in names if concept_of(name)))
