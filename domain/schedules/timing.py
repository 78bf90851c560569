"""The next look by a rule that does not learn: an interval or a cron expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from domain.errors import InvalidInput
from domain.schedules.cron import next_cron
from domain.schedules.durations import write_duration
from domain.schedules.schedule import NextLook, Rule, Schedule, ScheduleKind
from domain.schedules.zones import zone_of

#: A look that begins later than this was missed, as by a downtime.
MISSED_AFTER = timedelta(minutes=5)
_BITS = 48


def next_look(schedule: Schedule, series_id: UUID | None, after: datetime) -> NextLook:
    """
    Return the first look at a series after a moment, for a schedule of the kind ``interval`` or ``cron``.

    Intervals count from the schedule's creation. Without ``series_id`` it is the rule's own time, before the series' jitter.
    """
    rule = schedule.rule
    late = share_of(series_id) * rule.jitter if series_id else timedelta(0)
    if rule.kind is ScheduleKind.INTERVAL:
        length, begin = rule.interval, schedule.created_at + late
        # At least one of them, also for a clock that was set back to before the creation.
        at = begin + max((after - begin) // length + 1, 1) * length
        reason = f"It is looked at every {write_duration(length)}."
    else:
        nominal = next_cron(rule.spec, zone_of(rule.zone), after - late)
        if nominal is None:
            raise InvalidInput("spec means no day that exists.", field="spec")
        at, reason = nominal + late, f"It is looked at by the cron expression {rule.spec} in {rule.zone}."
    return inside_window(rule, NextLook(at=at, reason=reason))


def inside_window(rule: Rule, look: NextLook) -> NextLook:
    """Return the look, moved to the window's next opening if it is outside."""
    if rule.window is None:
        return look
    opens = rule.window.earliest(look.at, zone_of(rule.zone))
    if opens == look.at:
        return look
    return replace(look, at=opens, reason=f"{look.reason} It waits until the window {rule.window} in {rule.zone} opens.")


def preview(schedule: Schedule, after: datetime, number: int) -> Iterator[NextLook]:
    """Yield the next looks by the rule, before any series' jitter."""
    for _ in range(number):
        look = next_look(schedule, None, after)
        yield look
        after = look.at


def catch_up_delay(rule: Rule, series_id: UUID, due_at: datetime, now: datetime) -> timedelta:
    """Return for how long a look is put off because it was missed: a part of the catch-up time that depends on the series."""
    return share_of(series_id) * rule.catch_up if now - due_at > MISSED_AFTER else timedelta(0)


def share_of(series_id: UUID) -> float:
    """Return a number from 0 to below 1 that spreads series evenly and is always the same for one."""
    return int.from_bytes(sha256(series_id.bytes).digest()[: _BITS // 8]) / 2.0**_BITS
