"""``lanner check``: read every vintage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from domain.use_cases import UseCases
    from domain.use_cases.check_vintages import Checked
    from entrypoints.cli.session import Session


@click.command
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--provider", help="The provider for codes without one.")
@click.pass_obj
def check(session: Session, *, codes: tuple[str, ...], provider: str | None) -> None:
    """Read all vintages, or those of the given series, and list the damaged ones; exits with 1 if there are any."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.completed} series read"), TimeElapsedColumn()
    checked = damaged = 0
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty(), redirect_stdout=False) as bar:
        task = bar.add_task("", total=None)
        for each in _checked(session.use_cases(), codes, provider):
            checked, damaged = checked + 1, damaged + len(each.damage)
            bar.advance(task)
            if each.damage:
                bar.stop()
                _print_damage(each)
                bar.start()
    click.echo(f"{checked} series read, {damaged or 'no'} vintage{'' if damaged == 1 else 's'} damaged.")
    if damaged:
        sys.exit(1)


def _checked(use_cases: UseCases, codes: tuple[str, ...], provider: str | None) -> Iterator[Checked]:
    from entrypoints.cli.references import find_series

    if not codes:
        return use_cases.check_vintages()
    wanted = [find_series(use_cases.describe_series, code, provider) for code in codes]
    return map(use_cases.check_vintages.one, wanted)


def _print_damage(checked: Checked) -> None:
    from entrypoints.cli.tables import say

    for damage in checked.damage:
        say(f"{checked.series.provider}:{checked.series.code} vintage {damage.number}: {damage.reason}")
