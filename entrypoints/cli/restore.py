"""``lanner restore``: copy a backup into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.cli.backup import describe_counts, show_progress
from entrypoints.cli.operator import bind_operator

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep-damaged", is_flag=True, help="Also restore vintages that do not match their checksum.")
@click.pass_obj
def restore(session: Session, *, file: Path, keep_damaged: bool) -> None:
    """Copy a backup into the configured database, which must be empty; SQLite and Postgres backups fit both."""
    from entrypoints.cli.tables import say

    bind_operator()
    counts = show_progress("Restoring", lambda progress: session.restore(file, progress, keep_damaged))
    say(f"Restored from {click.format_filename(file)}: {describe_counts(counts)}.")
