"""
What a cell may mean as a date, and dates in digits alone, which a number may look like too.

Digits are years, months, days, hours, or counts since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from adapters.provider_kit.parsing.period_texts import in_utc

_CENTURY = 69
_YEARS = range(1000, 2500)
#: Of stamps with hours; a count of seconds that looks like one lies after 2029.
_STAMPED_YEARS = range(1900, 2100)
#: A calendar's forms go before counts: those that look like one lie far off.
_SHAPES = {
    "year": re.compile("[0-9]{4}"),
    "yyyymm": re.compile("[0-9]{6}"),
    "yyyymmdd": re.compile("[0-9]{8}"),
    "yyyymmddhh": re.compile("[0-9]{10}"),
    "yyyymmddhhmm": re.compile("[0-9]{12}"),
    "yyyymmddhhmmss": re.compile("[0-9]{14}"),
    "yyyy.mm": re.compile(r"[12][0-9]{3}\.[01][0-9]"),
    "mm.yyyy": re.compile(r"[01]?[0-9]\.[12][0-9]{3}"),
}
_EPOCHS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}
#: How long a count since 1970 is, and how long one before 2001, which must be a whole minute.
_COUNTS = {10: "seconds", 13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}
_SHORT_COUNTS = {9: "seconds", 11: "milliseconds", 12: "milliseconds", 15: "microseconds", 18: "nanoseconds"}
_COUNT = re.compile(r"-?[0-9]{1,19}")
_MINUTE = 60


class Kind(StrEnum):
    """How long a period is; a moment has no length."""

    ANNUAL = "annual"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a cell may mean.

    Attributes:
        by_order: the moment in each order that is possible: ``dmy``, ``mdy``, ``ymd``; under an empty text where there is no doubt.
        zoned: whether it names its offset from UTC, and is in UTC by now; None for a day.

    """

    kind: Kind
    by_order: Mapping[str, datetime]
    zoned: bool | None = None


def certain(kind: Kind, year: int, month: int = 1, day: int = 1) -> Reading:
    """Return the reading of a date or period without doubt; raises ValueError if there is no such day."""
    return Reading(kind, {"": datetime(year, month, day)})  # noqa: DTZ001 - UTC, as all moments here


def moment_of(moment: datetime) -> Reading:
    """Return the reading of a moment without doubt."""
    return Reading(Kind.MOMENT, {"": in_utc(moment)}, moment.tzinfo is not None)


def full_year(text: str) -> int:
    """Return the year that two or four digits mean: 69 to 99 are of the twentieth century."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= _CENTURY else 2000)  # noqa: PLR2004 - digits


def digits_forms(text: str) -> Sequence[str]:
    """Name the forms of a date that digits, perhaps with one dot, may have, the likeliest first."""
    length = len(text.removeprefix("-"))
    if not text.isascii() or not text[-length:][:1].isdecimal():
        return ()
    forms = [form for form in _SHAPES if digits_date(text, form)]
    counts = (lengths.get(length, "") for lengths in (_COUNTS, _SHORT_COUNTS))
    return [*forms, *(form for form in counts if form and digits_date(text, form))]


def is_count(form: str) -> bool:
    """Return whether a form counts since 1970."""
    return form in _EPOCHS


def is_stamp(form: str) -> bool:
    """Return whether a form is that of a day with an hour."""
    return "hh" in form


def digits_date(text: str, form: str) -> Reading | None:
    """Return what digits mean in a form; None if nothing."""
    try:
        if form in _EPOCHS:
            return _count(text, form) if _COUNT.fullmatch(text) else None
        return _calendar(text, form) if _SHAPES[form].fullmatch(text) else None
    except (ValueError, OverflowError, OSError):
        return None


def _calendar(text: str, form: str) -> Reading | None:
    year = int(text[-4:] if form == "mm.yyyy" else text[:4])
    if year not in (_STAMPED_YEARS if is_stamp(form) else _YEARS):
        return None
    if form == "year":
        return certain(Kind.ANNUAL, year)
    if form in ("yyyymm", "yyyy.mm", "mm.yyyy"):
        return certain(Kind.MONTHLY, year, int(text.partition(".")[0] if form == "mm.yyyy" else text[-2:]))
    day = certain(Kind.DAILY, year, int(text[4:6]), int(text[6:8]))
    if form == "yyyymmdd":
        return day
    if text[8:10] == "24" and not int(text[10:] or 0):
        return moment_of(day.by_order[""] + timedelta(days=1))
    clock = time(int(text[8:10]), int(text[10:12] or 0), int(text[12:] or 0))
    return moment_of(datetime.combine(day.by_order[""], clock))


def _count(text: str, form: str) -> Reading | None:
    whole, rest = divmod(int(text), _EPOCHS[form])
    if _COUNTS.get(len(text)) != form and (rest or whole % _MINUTE):
        return None
    moment = datetime.fromtimestamp(whole, UTC).replace(microsecond=bool(rest))
    return moment_of(moment) if moment.year in _YEARS else None
