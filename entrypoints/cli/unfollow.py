"""``lanner unfollow``: have series no longer fetched by themselves."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from domain.schedules.selector import Selector
    from domain.use_cases import UseCases
    from entrypoints.cli.session import Session


@click.command
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.pass_obj
def unfollow(session: Session, *, codes: tuple[str, ...]) -> None:
    """
    Remove the schedules of series; what is stored stays.

    CODE is a code, mask or provider as `lanner schedules` shows it.
    """
    from domain.errors import ScheduleNotFound
    from domain.schedules.selector import Selector
    from entrypoints.cli.tables import say

    use_cases = session.use_cases()
    selectors = [use_cases.manage_schedules.resolve(Selector.parse(text, field="code")) for text in codes]
    found = {selector: use_cases.manage_schedules.find(selector) for selector in selectors}
    for selector, states in found.items():
        if not states:
            raise ScheduleNotFound(f"No schedule has the selector {selector}.", hint=_hint(use_cases, selector))
    for selector, states in found.items():
        for state in states:
            use_cases.manage_schedules.remove(state.schedule.id)
        say(f"{selector} is no longer followed.")


def _hint(use_cases: UseCases, selector: Selector) -> str:
    """Return how to find what follows a series all the same, as a mask does."""
    from domain.errors import SeriesNotFound

    if selector.code:
        try:
            series = use_cases.describe_series.by_code(selector.code, selector.provider).series
        except SeriesNotFound:
            return "`lanner schedules` lists what is followed."
        following = [schedule.selector for schedule, _ in use_cases.manage_schedules.looks_at(series.id)]
        if following:
            return f"It is followed by a mask: lanner unfollow {shlex.quote(str(following[0]))}"
    return "`lanner schedules` lists what is followed."
