"""Cron expressions, evaluated by cronsim; what a clock change does to them is decided here."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from domain.errors import InvalidInput
from domain.schedules.zones import instant_of, local_time

_FIELDS, _HOUR = 5, 1
_ALL_HOURS = frozenset(range(24))
_LONGEST = 100
_HINT = "Write five fields, minute hour day month weekday, such as 30 8 * * 1-5."


def check_cron(text: str, *, field: str, now: datetime) -> None:
    """
    Check a cron expression of five fields.

    Raises:
        InvalidInput: it has another form, or no day is ever meant by it.

    """
    if len(text) > _LONGEST or len(text.split()) != _FIELDS:
        raise InvalidInput(f"{field} is not a cron expression of five fields.", field=field, hint=_HINT)
    try:
        CronSim(text, now)
    except CronSimError as error:
        raise InvalidInput(f"{field} is not a cron expression: {error}.", field=field, hint=_HINT) from error
    if next_cron(text, ZoneInfo("UTC"), now) is None:
        raise InvalidInput(f"{field} means no day that exists.", field=field, hint=_HINT)


def next_cron(text: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """
    Return the first moment after another that an expression means, in UTC; None if there is none within 50 years.

    An expression with the hour ``*`` means each hour that passes: 25 on the day on which a clock is set back. Any other means local
    times: one that is repeated counts once, the first time, and one that is skipped counts at the end of the gap.
    """
    fields = text.split()
    try:
        if CronSim(text, after).hours == _ALL_HOURS:
            # cronsim takes 0-23 for certain hours.
            fields[_HOUR] = "*"
            return next(CronSim(" ".join(fields), after.astimezone(zone))).astimezone(UTC)
        locals_ = CronSim(text, local_time(after, zone))
        return next(moment for local in islice(locals_, 2 * _LONGEST) if (moment := instant_of(local, zone)) > after)
    except StopIteration:
        return None
