"""``lanner schedules``: what is followed, by which rule, and when it is looked at next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from domain.schedules.schedule import Rule, ScheduleState
    from domain.use_cases import UseCases
    from domain.use_cases.manage_schedules import ManageSchedules
    from entrypoints.cli.session import Session

_PAGE = 500


@click.command
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one schedule a line."
)
@click.pass_obj
def schedules(session: Session, *, form: str) -> None:
    """List the schedules, oldest first, each with its next look and the reason for it."""
    from entrypoints.cli.empty_lists import say_if_empty
    from entrypoints.cli.tables import print_json

    use_cases = session.use_cases()
    found = say_if_empty(session, _all(use_cases.manage_schedules), "schedules")
    if form == "table":
        listed = list(found)
        print_schedules(listed)
        if listed:
            warn_without_worker(use_cases)
        return
    for state in found:
        rule, next_ = state.schedule.rule, state.next
        print_json(
            {
                "id": state.schedule.id,
                "selector": str(state.schedule.selector),
                "kind": rule.kind,
                "spec": rule.spec,
                "tz": rule.tz or None,
                "window": str(rule.window) if rule.window else None,
                "paused": state.schedule.paused,
                "series": state.series,
                "next_at": next_ and next_.next_at,
                "reason": next_ and next_.reason,
                "expected_at": next_ and next_.expected_at,
                "last_success_at": state.last_success_at,
                "overdue_since": state.overdue_since,
            }
        )


def print_schedules(found: Iterable[ScheduleState]) -> None:
    """Print a paragraph for each schedule, in lines of at most 80 characters but for long names."""
    from entrypoints.cli.tables import print_paragraph, say

    for number, state in enumerate(found):
        if number:
            click.echo()
        for line in _lines(state):
            say(line)
        print_paragraph(state.next.reason if state.next else "", indent=2)


def warn_without_worker(use_cases: UseCases) -> None:
    """Say so on standard error if no worker is there that would look at what is followed."""
    from entrypoints.cli.tables import say

    if not use_cases.check_health().workers:
        say("No worker has run within a minute: `lanner up`, or `lanner worker`, looks at what is followed.", err=True)


def _all(manage_schedules: ManageSchedules) -> Iterator[ScheduleState]:
    from domain.schedules.schedule import ScheduleQuery

    query = ScheduleQuery(limit=_PAGE)
    while True:
        page = manage_schedules.list(query)
        yield from page.items
        if page.next is None:
            return
        query = replace(query, after=page.next)


def _lines(state: ScheduleState) -> Iterator[str]:
    from entrypoints.cli.tables import printable

    schedule, next_ = state.schedule, state.next
    counted = "1 series" if state.series == 1 else f"{state.series} series"
    yield printable(f"{schedule.selector}  {_rule(schedule.rule)}  {counted}")
    facts = {
        "next": "paused" if schedule.paused else _local(next_.next_at if next_ else None, schedule.rule),
        "expected": _local(next_.expected_at if next_ else None, schedule.rule),
        "overdue since": _local(state.overdue_since, schedule.rule),
        "last success": _local(state.last_success_at, schedule.rule),
    }
    yield from (f"  {name:<15}{text}" for name, text in facts.items() if text)


def _local(moment: datetime | None, rule: Rule) -> str:
    """Return a time in the zone of the schedule, else in that of this machine, with the zone; an empty text for None."""
    from zoneinfo import ZoneInfo

    if moment is None:
        return ""
    return f"{moment.astimezone(ZoneInfo(rule.tz) if rule.tz else None):%a %Y-%m-%d %H:%M %Z}"


def _rule(rule: Rule) -> str:
    at = f" {rule.tz}" if rule.tz else ""
    kinds = {"interval": f"every {rule.spec}", "cron": f"cron {rule.spec}{at}", "calendar": f"calendar {rule.spec}".rstrip()}
    kind = kinds.get(rule.kind, "learned")
    return f"{kind}, {rule.window}{at}" if rule.window else kind
