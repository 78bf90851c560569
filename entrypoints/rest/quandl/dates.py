"""Dates as scripts of many years write them, read as Quandl's server did."""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

_TIME = r"(?:[T ].*)?"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?P<year>[0-9]{{4}})(?P<sign>[-/.])(?P<month>[0-9]{{1,2}})(?P=sign)(?P<day>[0-9]{{1,2}}){_TIME}",
        r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})",
        r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?:[0-9]{4}(?:[0-9]{2})?|[T ].*)?",
        rf"(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/(?P<year>[0-9]{{4}}){_TIME}",
        rf"{_NAME},?[- ](?P<year>[0-9]{{4}})",
        rf"(?:[A-Za-z]{{3,9}},? )?{_NAME} (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<year>[0-9]{{4}}){_TIME}",
        rf"(?:[A-Za-z]{{3,9}},? )?(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?[- ]{_NAME},?[- ](?P<year>[0-9]{{4}}){_TIME}",
    )
)
#: Twelve and fourteen digits are a day with its time.
_MILLISECONDS = re.compile(r"[0-9]{13}|-[0-9]{11,13}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = {name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name} | {"sept": 9}


def parse_date(text: str) -> date | None:
    """
    Return the day of a date; None if it is none.

    ``1/2/2017`` is the second of January; a month without a day is its first one; a time of day is left out, and a number is the
    milliseconds since 1970 that JavaScript counts.
    """
    text = " ".join(text.split())
    try:
        if _MILLISECONDS.fullmatch(text):
            return (_EPOCH + timedelta(milliseconds=int(text))).date()
        match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
        return _day(match.groupdict()) if match else None
    except (ValueError, OverflowError, KeyError):
        return None


def _day(parts: Mapping[str, str]) -> date:
    month = int(parts["month"]) if "month" in parts else _MONTHS[parts["name"].lower()]
    return date(int(parts["year"]), month, int(parts.get("day", 1)))
