"""Backing up and restoring the database that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapters.sql.backup import back_up, restore
from config.container import Container
from domain.audit import audit

Progress = Callable[[int, int], object]


def back_up_database(container: Container, file: Path, progress: Progress) -> int:
    """Copy everything into a new file and give the number of rows."""
    return back_up(container.engine(), file, progress)


def restore_database(container: Container, file: Path, progress: Progress) -> int:
    """Copy a backup into the database, which must be empty, and give the number of rows."""
    rows = restore(container.engine(), file, progress)
    audit("database restored", database=container.settings().place, backup=str(file), rows=rows)
    return rows
