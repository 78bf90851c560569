"""The parts of a date as one text, which is a date if they make one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.provider_kit.own_files.date_cells import digits_in
from adapters.provider_kit.own_files.grid import Cell
from adapters.provider_kit.own_files.months import month_of

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0*)?)?(?: ?([AaPp])\.?[Mm]\.?)?")
_PERIOD = re.compile(r"(?:([MmQq])0?([0-9]|1[0-2])|(M13|A01))")
QUARTER = re.compile(r"(?:Q|([1-4])[.] ?(?:Quartal|quarter))0?([1-4]?)", re.IGNORECASE)


def whole_date(parts: Mapping[str, Cell]) -> str:
    """Return the parts as one text, which is a date if they make one."""
    texts = {part: digits_in(cell) for part, cell in parts.items()}
    clock = _clock(texts)
    return f"{_day(texts)} {clock}" if clock else _day(texts)


def _day(texts: Mapping[str, str]) -> str:
    if "date" in texts:
        return texts["date"]
    year = texts["year"]
    if "quarter" in texts:
        quarter = QUARTER.fullmatch(texts["quarter"])
        return f"{year}-Q{(quarter[1] or quarter[2]) if quarter else texts['quarter']}"
    if "week" in texts:
        return f"{year}-W{texts['week'].lstrip('Ww')}"
    if "period" in texts:
        return _of_period(year, texts["period"])
    month = texts["month"].lstrip("Mm") if texts["month"][1:].isdecimal() else str(month_of(texts["month"]) or texts["month"])
    return "-".join(filter(None, (year, month, texts.get("day"))))


def _of_period(year: str, period: str) -> str:
    """Write a year's period as the Bureau of Labor Statistics names it: M01 to M12, Q01 to Q04, and M13 or A01 for the whole year."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        return f"{year}-{month_of(period) or '?'}"
    return year if match[3] else f"{year}-{match[1].upper()}{match[2]}"


def _clock(texts: Mapping[str, str]) -> str:
    if "hour" in texts:
        return f"{texts['hour']:0>2}:{texts.get('minute', '0'):0>2}"
    text = texts.get("time", "")
    if text.isdecimal():
        digits = f"{text:0>4}" if len(text) <= 4 else f"{text:0>6}"  # noqa: PLR2004 - HHMM or HHMMSS
        return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return text if _CLOCK.fullmatch(text) else text and f"({text})"
