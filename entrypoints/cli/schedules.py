"""``lanner schedules``: what is followed, by which rule, and when it is looked at next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from domain.schedules.schedule import Rule, ScheduleState
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
    from entrypoints.cli.tables import print_json

    found = _all(session.use_cases().manage_schedules)
    if form == "table":
        print_schedules(found)
        return
    for state in found:
        rule, next_ = state.schedule.rule, state.next
        print_json(
            {
                "id": state.schedule.id,
                "selector": str(state.schedule.selector),
                "kind": rule.kind,
                "spec": rule.spec,
                "tz": rule.tz,
                "window": str(rule.window) if rule.window else None,
                "paused": state.schedule.paused,
                "series": state.series,
                "next_at": next_ and next_.next_at,
                "reason": next_ and next_.reason,
                "last_success_at": state.last_success_at,
                "overdue_since": state.overdue_since,
            }
        )


def print_schedules(found: Iterable[ScheduleState]) -> None:
    """Print schedules as a table."""
    from entrypoints.cli.tables import print_table

    headings = ("follows", "rule", "series", "next", "last success", "why then")
    print_table(headings, map(_row, found), right=("series",))


def _all(manage_schedules: ManageSchedules) -> Iterator[ScheduleState]:
    from domain.schedules.schedule import ScheduleQuery

    query = ScheduleQuery(limit=_PAGE)
    while True:
        page = manage_schedules.list(query)
        yield from page.items
        if page.next is None:
            return
        query = replace(query, after=page.next)


def _row(state: ScheduleState) -> tuple[str, ...]:
    from entrypoints.cli.tables import when

    next_ = state.next
    at = "paused" if state.schedule.paused else when(next_.next_at) if next_ else ""
    why = next_.reason if next_ else ""
    return str(state.schedule.selector), _rule(state.schedule.rule), str(state.series), at, when(state.last_success_at), why


def _rule(rule: Rule) -> str:
    kind = f"every {rule.spec}" if rule.kind == "interval" else f"cron {rule.spec} {rule.tz}" if rule.kind == "cron" else "learned"
    return f"{kind}, {rule.window} {rule.tz}" if rule.window else kind
