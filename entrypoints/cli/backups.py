"""Commands that copy everything: ``backup`` and ``restore``."""

from __future__ import annotations

import sys
from collections.abc import Callable
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
    rows = _shown("Backing up", lambda progress: session.back_up(file, progress))
    click.echo(f"{file} holds {rows} rows.")


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def restore(session: Session, file: Path) -> None:
    """Copy a backup into the store, which must be empty; it may come from SQLite or Postgres and go to either."""
    bind_operator()
    rows = _shown("Restoring", lambda progress: session.restore(file, progress))
    click.echo(f"{rows} rows restored from {file}.")


def _shown(what: str, work: Callable[[Progress], int]) -> int:
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what)
        return work(lambda done, total: bar.update(task, completed=done, total=total))
