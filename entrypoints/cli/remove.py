"""``lanner remove``: remove series with all their vintages."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from domain.series import TimeSeries
    from domain.use_cases import UseCases
    from entrypoints.cli.session import Session


@click.command
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--provider", help="The provider for codes without one.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.pass_obj
def remove(session: Session, *, codes: tuple[str, ...], provider: str | None, yes: bool) -> None:
    """
    Remove series with all their vintages, after asking.

    Only a backup has them then. What is fetched again begins with vintage 1.
    """
    from entrypoints.cli.operator import bind_operator
    from entrypoints.cli.references import find_series
    from entrypoints.cli.tables import say

    bind_operator()
    use_cases = session.use_cases()
    found = {series.id: series for series in (find_series(use_cases.describe_series, code, provider) for code in codes)}
    for series in found.values():
        say(_describe(use_cases, series), err=True)
    if not (yes or _confirmed(len(found))):
        say("Nothing is removed.", err=True)
        sys.exit(1)
    for series in found.values():
        following = [schedule.selector for schedule, _ in use_cases.manage_schedules.looks_at(series.id)]
        _remove(use_cases, series)
        say(f"{series.provider}:{series.code} is removed.")
        for selector in following:
            say(f"It was followed as {selector}, which stays: lanner unfollow {shlex.quote(str(selector))}", err=True)


def _confirmed(number: int) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here: add --yes.")
    return click.confirm("Remove it with all its vintages?" if number == 1 else f"Remove these {number} with all their vintages?", err=True)


def _describe(use_cases: UseCases, series: TimeSeries) -> str:
    from entrypoints.cli.tables import when

    name = f"{series.provider}:{series.code}{f' ({series.metadata.name})' if series.metadata.name else ''}"
    if series.is_formula or series.newest is None:
        return f"{name}: {'a formula' if series.is_formula else 'no vintages'}"
    _, [last] = use_cases.list_vintages.last_ones(series.id, 1)
    vintages = f"{last.number} vintage{'' if last.number == 1 else 's'}"
    return f"{name}: {vintages}, {series.newest.rows} rows, {when(series.newest.first)}..{when(series.newest.last)}"


def _remove(use_cases: UseCases, series: TimeSeries) -> None:
    if series.is_formula:
        use_cases.manage_formulas.remove(series.code)
    else:
        use_cases.remove_series(series.id, confirm=f"{series.provider}:{series.code}")
