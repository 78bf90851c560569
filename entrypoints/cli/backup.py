"""``lanner backup``: copy the whole database into a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from entrypoints.cli.session import Progress, Session


@click.command
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Copy one consistent state into FILE, a new SQLite file, while the service may run."""
    from entrypoints.cli.tables import say

    counts = show_progress("Backing up", lambda progress: session.back_up(file, progress))
    say(f"{click.format_filename(file)} contains {describe_counts(counts)}, verified.")


def describe_counts(counts: Mapping[str, int]) -> str:
    """Return the numbers of rows as a text."""
    return f"{counts['series']} series, {counts['vintages']} vintages and {counts['fetches']} fetches, {sum(counts.values())} rows in all"


def show_progress(what: str, work: Callable[[Progress], Mapping[str, int]]) -> Mapping[str, int]:
    """Run ``work`` with a progress bar on a terminal; return what it returns."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what)
        return work(lambda done, total: bar.update(task, completed=done, total=total))
