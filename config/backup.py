"""Backup and restore of the configured database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from adapters.sql.backups.back_up import back_up
from adapters.sql.backups.file import contents
from adapters.sql.backups.restore import restore
from config.container import Container
from domain.audit import audit

Progress = Callable[[int, int], object]


def back_up_database(container: Container, file: Path, progress: Progress) -> Mapping[str, int]:
    """Copy everything into a new file and return the number of rows by table."""
    back_up(container.engine(), file, progress)
    return contents(file)


def restore_database(container: Container, file: Path, progress: Progress, *, keep_damaged: bool) -> Mapping[str, int]:
    """Copy a backup into the database, which must be empty, and return the number of rows by table."""
    folder = container.settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    counts = restore(container.engine(), file, progress, keep_damaged=keep_damaged, folder=folder)
    audit("database restored", database=container.settings().place, backup=str(file), rows=sum(counts.values()))
    return counts
