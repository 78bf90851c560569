"""Time zones: local times to instants, where a clock change skips or repeats some."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import InvalidInput

_LEAST = timedelta(seconds=1)


def zone_of(name: str, *, field: str = "tz") -> ZoneInfo:
    """
    Return the time zone of this name in the IANA database.

    Raises:
        InvalidInput: there is none.

    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Use a name of the IANA database, such as Europe/Berlin, America/New_York or UTC."
        raise InvalidInput(f"{field} {name[:40]!r} is not a time zone.", field=field, hint=hint) from None


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """
    Return the instant in UTC of a local time without zone.

    Of a time that a clock change repeats it is the earlier one; for a time that is skipped, the first instant after the gap.
    """
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if local_time(instant, zone) == local:
        return instant
    before, after = local.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    skipped = after.astimezone(zone).utcoffset()
    while after - before > _LEAST:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == skipped:
            after = middle
        else:
            before = middle
    # Clocks are changed at whole seconds.
    return after.replace(microsecond=0)


def local_time(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the local time of an instant, without zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
