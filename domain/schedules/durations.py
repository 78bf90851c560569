"""Lengths of time as people write them, such as ``6h`` or ``1d12h``."""

from __future__ import annotations

import re
from datetime import timedelta

from domain.errors import InvalidInput

_UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_DURATION = re.compile("(?:[0-9]{1,7}[wdhms]){1,5}")
_PART = re.compile("([0-9]{1,7})([wdhms])")


def parse_duration(text: str, *, field: str, least: timedelta, most: timedelta) -> timedelta:
    """
    Parse a length of time, a sum of whole weeks, days, hours, minutes and seconds such as ``90m`` or ``1d12h``.

    Raises:
        InvalidInput: it has another form, or is not within the bounds.

    """
    hint = "Write it with w, d, h, m or s, such as 6h, 90m or 1d12h."
    if not _DURATION.fullmatch(text):
        raise InvalidInput(f"{field} is not a length of time.", field=field, hint=hint)
    length = sum((int(number) * _UNITS[unit] for number, unit in _PART.findall(text)), timedelta())
    if not least <= length <= most:
        raise InvalidInput(f"{field} must be from {write_duration(least)} to {write_duration(most)}.", field=field)
    return length


def write_duration(length: timedelta) -> str:
    """Format a length of time as ``parse_duration`` parses it, in whole seconds."""
    left, parts = timedelta(seconds=int(length.total_seconds())), []
    for unit, size in _UNITS.items():
        number, left = divmod(left, size)
        # Weeks only where nothing else is left: two weeks are 2w, ten days are 10d.
        if unit == "w" and left:
            left += number * size
        elif number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
