"""The releases of an iCalendar, parsed by icalendar; repeated ones are expanded by recurring-ical-events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from adapters.provider_kit.parsing.limits import Bound, Size
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood
from domain.schedules.calendar import AHEAD, BEHIND, LONGEST_TITLE, MOST_EVENTS, ReleaseEvent

if TYPE_CHECKING:
    from icalendar import Calendar

BODY = Size(4 * 1024**2)
_EVENTS = Bound(MOST_EVENTS, "events")
_BEGIN = b"BEGIN:VEVENT"
#: No release repeats within a day, and expanding such a rule takes time without end.
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_CANCELLED = "CANCELLED"


def read_events(body: bytes, now: datetime) -> tuple[ReleaseEvent, ...]:
    """
    Return the releases from ``BEHIND`` before a moment until ``AHEAD`` after it, in order; cancelled ones are left out.

    Raises:
        AnswerNotUnderstood, AnswerTooLarge: it is no iCalendar, is damaged, or lists too much.

    """
    import recurring_ical_events

    whose = "The calendar"
    BODY.check(len(body), whose)
    _EVENTS.check(body.upper().count(_BEGIN), whose)
    calendar = _parsed(body)
    try:
        _check_rules(calendar)
        found = recurring_ical_events.of(calendar).between(now - BEHIND, now + AHEAD)
        events = list(islice(_events(found), MOST_EVENTS + 1))
    except AnswerNotUnderstood:
        raise
    except Exception as exc:
        raise AnswerNotUnderstood(f"{whose} has an event that cannot be read ({type(exc).__name__}).") from exc
    _EVENTS.check(len(events), whose)
    return tuple(sorted(events, key=lambda event: (event.at.isoformat(), event.title)))


def _parsed(body: bytes) -> Calendar:
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(body)
    except Exception as exc:
        # The parser raises whatever a line makes of it.
        raise AnswerNotUnderstood(f"This is no iCalendar: {_first_line(body)!r} stands at its begin.") from exc
    if not isinstance(calendar, Calendar):
        raise AnswerNotUnderstood("This is a part of an iCalendar, and no whole one.")
    return calendar


def _check_rules(calendar: Any) -> None:
    for event in calendar.walk("VEVENT"):
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            times = [len(rule.get(name, [])) for name in _WITHIN_A_DAY]
            if _TOO_OFTEN.intersection(map(str, rule.get("FREQ", []))) or max(times) > 1:
                raise AnswerNotUnderstood("The calendar has an event that repeats within a day, as no release does.")


def _events(found: Iterator[Any]) -> Iterator[ReleaseEvent]:
    for event in found:
        if str(event.get("STATUS", "")).upper() != _CANCELLED:
            yield ReleaseEvent(_moment(event.start), storable(" ".join(str(event.get("SUMMARY", "")).split()))[:LONGEST_TITLE])


def _moment(at: date) -> date:
    """Return a day, a local time without zone, or an instant in UTC."""
    if not isinstance(at, datetime) or at.tzinfo is None:
        return at
    return at.astimezone(UTC)


def _first_line(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split("\n", 1)[0].split())[:60]
