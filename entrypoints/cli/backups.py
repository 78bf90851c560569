"""Commands that copy everything: ``backup`` and ``restore``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.operator import bind_operator

if TYPE_CHECKING:
    from entrypoints.cli.session import Progress, Session


@click.command
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Copy one consistent state into FILE, a new SQLite file, while the service goes on."""
    counts = _shown("Backing up", lambda progress: session.back_up(file, progress))
    click.echo(f"{click.format_filename(file)} holds {_told(counts)}; it was read again.")


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep-damaged", is_flag=True, help="Restore vintages that do not match their checksum as they are.")
@click.pass_obj
def restore(session: Session, *, file: Path, keep_damaged: bool) -> None:
    """Copy a backup into the store, which must be empty; it may come from SQLite or Postgres and go to either."""
    bind_operator()
    counts = _shown("Restoring", lambda progress: session.restore(file, progress, keep_damaged))
    click.echo(f"Restored from {click.format_filename(file)}: {_told(counts)}.")


def _told(counts: Mapping[str, int]) -> str:
    return f"{counts['series']} series, {counts['vintages']} vintages and {counts['fetches']} fetches, {sum(counts.values())} rows in all"


def _shown(what: str, work: Callable[[Progress], Mapping[str, int]]) -> Mapping[str, int]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what)
        return work(lambda done, total: bar.update(task, completed=done, total=total))
