"""Numbers, dates and durations as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import floor, log10

from domain.frequency import Frequency
from domain.observations import Label

MINUS = "\N{MINUS SIGN}"
_MOST_DECIMALS = 6
_STEPS = (
    (60, "second", 1),
    (3600, "minute", 60),
    (86_400, "hour", 3600),
    (30 * 86_400, "day", 86_400),
    (365 * 86_400, "month", 30 * 86_400),
)


def number(value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
    """Write a number with thousands separated; without ``decimals`` as it is, to at most six digits after the point."""
    if value is None or value != value:  # noqa: PLR0124 - NaN differs from itself
        return "–"
    if decimals is None:
        text = f"{abs(value):,.{_MOST_DECIMALS}f}".rstrip("0").rstrip(".")
        if text == "0" and value:
            text = f"{abs(value):.3g}"
    else:
        text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in text for digit in "123456789")
    return (MINUS if negative else "+" if sign else "") + text


def decimals_for(largest: float) -> int:
    """Return the decimals that show about five digits of a number of this size."""
    if not largest or largest != largest:  # noqa: PLR0124 - NaN differs from itself
        return 1
    return max(0, min(_MOST_DECIMALS, 4 - floor(log10(abs(largest)))))


def day(moment: Label | None, *, long: bool = False) -> str:
    """Write a day, and the time of an instant: ``30 Jan 2009``."""
    if moment is None:
        return "–"
    text = f"{moment.day} {moment.strftime('%B' if long else '%b')} {moment.year}"
    return f"{text}, {moment:%H:%M}" if isinstance(moment, datetime) else text


def clock(moment: datetime, now: datetime) -> str:
    """Write a time of today, ``14:32:05 UTC``, or the day and time of another day."""
    moment = moment.astimezone(UTC)
    return f"{moment:%H:%M:%S} UTC" if moment.date() == now.astimezone(UTC).date() else f"{day(moment)} UTC"


def known(moment: datetime) -> str:
    """Write when something became known: the last second of a day stands for the day."""
    moment = moment.astimezone(UTC)
    return day(moment.date()) if (moment.hour, moment.minute, moment.second) == (23, 59, 59) else day(moment)


def period(moment: Label, frequency: Frequency | None) -> str:
    """Write the period that a date stands for: ``2008 Q4``, ``Jan 2009``."""
    if isinstance(moment, datetime):
        return day(moment)
    if frequency is Frequency.ANNUAL:
        return str(moment.year)
    if frequency is Frequency.QUARTERLY:
        return f"{moment.year} Q{(moment.month + 2) // 3}"
    if frequency is Frequency.MONTHLY:
        return f"{moment:%b} {moment.year}"
    return day(moment)


def periods(count: int, frequency: Frequency | None) -> str:
    """Count periods: ``248 quarters``."""
    names = {
        Frequency.ANNUAL: "year",
        Frequency.QUARTERLY: "quarter",
        Frequency.MONTHLY: "month",
        Frequency.WEEKLY: "week",
        Frequency.HOURLY: "hour",
    }
    return counted(count, names.get(frequency, "date") if frequency else "date")


def period_noun(frequency: Frequency | None) -> str:
    """Return what a date of a series stands for."""
    return periods(1, frequency).partition(" ")[2]


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, ``1 step`` or ``10 steps``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeou" else f"{noun}{'es' if noun.endswith('ch') else 's'}"
    return f"{count:,} {noun if count == 1 else plural}"


def duration(span: timedelta) -> str:
    """Write a duration in its largest unit: ``12 minutes``."""
    seconds = max(0.0, span.total_seconds())
    for limit, noun, unit in _STEPS:
        if seconds < limit:
            return counted(max(1, int(seconds // unit)), noun)
    return counted(int(seconds // (365 * 86_400)), "year")


def ago(moment: datetime, now: datetime) -> str:
    """Write how long ago, or in how long."""
    if moment > now:
        return f"in {duration(moment - now)}"
    return "just now" if (now - moment).total_seconds() < 10 else f"{duration(now - moment)} ago"  # noqa: PLR2004 - seconds nobody counts


def ordinal(position: int) -> str:
    """Return ``first``, ``2nd``, ``3rd`` and so on."""
    if position == 1:
        return "first"
    ending = "th" if position % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(position % 10, "th")
    return f"{position}{ending}"


def iso(moment: date | datetime | None) -> str:
    """Return a moment for machines."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return moment.isoformat() if moment else ""


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else f"{text[: max(1, most - 1)].rstrip()}…"
