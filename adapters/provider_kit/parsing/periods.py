"""Columns of periods as dates, and the frequencies that codes and words mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time

import numpy as np

from adapters.provider_kit.parsing.period_texts import API, PeriodForms, in_utc
from domain.errors import AnswerNotUnderstood, UnsupportedFrequency
from domain.frequency import Frequency
from domain.observations import Dates, Unit

_SHOWN = 40
_MIDNIGHT = time()
_DAYS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}\n)*+")
_BY_FORM = {
    "A": Frequency.ANNUAL,
    "S": Frequency.SEMIANNUAL,
    "Q": Frequency.QUARTERLY,
    "2M": Frequency.BIMONTHLY,
    "M": Frequency.MONTHLY,
    "W": Frequency.WEEKLY,
    "D": Frequency.DAILY,
}
# The codes of SDMX's list of frequencies, its durations, and words.
_FREQUENCIES = {
    **dict.fromkeys(("A", "P1Y", "ANNUAL", "ANNUALLY", "YEARLY"), Frequency.ANNUAL),
    **dict.fromkeys(("S", "P6M", "SEMIANNUAL", "SEMI-ANNUAL", "HALF-YEARLY"), Frequency.SEMIANNUAL),
    **dict.fromkeys(("Q", "P3M", "QUARTERLY"), Frequency.QUARTERLY),
    **dict.fromkeys(("2M", "M2", "P2M", "BIMONTHLY", "BI-MONTHLY"), Frequency.BIMONTHLY),
    **dict.fromkeys(("M", "P1M", "MONTHLY"), Frequency.MONTHLY),
    **dict.fromkeys(("W", "P7D", "P1W", "WEEKLY"), Frequency.WEEKLY),
    **dict.fromkeys(("D", "B", "P1D", "DAILY"), Frequency.DAILY),
    **dict.fromkeys(("H", "PT1H", "HOURLY"), Frequency.HOURLY),
}
_SPANS = {"A": "year", "S": "half-year", "T": "third of the year", "Q": "quarter", "2M": "two months", "M": "month", "W": "week"}


@dataclass(frozen=True, slots=True)
class Axis:
    """
    The dates of a series.

    Attributes:
        frequency: by the form of the periods; None if unknown or mixed.
        convention: which day represents a period, in words.

    """

    dates: Dates
    unit: Unit
    frequency: Frequency | None
    convention: str = ""


def read_periods(texts: Iterable[object], forms: PeriodForms = API) -> Axis:
    """
    Convert periods to dates: days, or seconds in UTC if one is an instant.

    Raises:
        AnswerNotUnderstood: one is no period.
        UnsupportedFrequency: one is finer than a second.

    """
    stripped = [str(text).strip() for text in texts]
    days = read_days(stripped)
    if days is not None:
        return Axis(days, "D", Frequency.DAILY if len(days) and forms.days_are_daily else None, "the day itself")
    found = [period for text in stripped if (period := forms.read(text))]
    if len(found) < len(stripped):
        odd = next(text for text in stripped if not forms.read(text))
        raise AnswerNotUnderstood(f"{odd[:_SHOWN]!r} stands where a period such as 2024, 2024Q1, 2024-01 or 2024-01-31 must be.")
    if any(period.form == "I" or period.begins.time() != _MIDNIGHT for period in found):
        if any(period.begins.microsecond for period in found):
            raise UnsupportedFrequency("The answer has moments finer than a second.")
        moments = [in_utc(period.begins) for period in found]
        return Axis(np.array(moments, dtype="datetime64[s]"), "s", None, "moments in UTC")
    kinds = {period.form for period in found}
    spans = sorted(_SPANS[form] for form in kinds if form in _SPANS)
    convention = " or ".join(f"first day of the {span}" for span in spans) or "the day itself"
    frequency = _BY_FORM.get(kinds.pop()) if len(kinds) == 1 else None
    frequency = None if frequency is Frequency.DAILY and not forms.days_are_daily else frequency
    return Axis(np.array([period.begins.date() for period in found], dtype="datetime64[D]"), "D", frequency, convention)


def read_days(texts: Sequence[str]) -> Dates | None:
    """Return the days if all are written as ``2024-01-31``, else None."""
    # One match of all: matching each takes longer than everything else.
    if _DAYS.fullmatch("\n".join((*texts, ""))):
        with suppress(ValueError):
            return np.array(texts, dtype="datetime64[D]")
    return None


def frequency_of(text: str) -> Frequency | None:
    """Return the frequency of a code or word: ``M``, ``P1M``, ``Monthly``, ``WEEKLY(MONDAY)``."""
    return _FREQUENCIES.get(text.upper().partition("(")[0].strip())


def read_moment(text: str) -> datetime | None:
    """Return an ISO 8601 date or time, converted to UTC if it has a zone; None if the text is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
