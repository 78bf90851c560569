"""Who besides this user may read or change what is kept in files: mended where it is ours, else refused or told."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from domain.errors import InvalidInput

logger = logging.getLogger(__name__)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: What SQLite keeps beside a database.
_BESIDE = ("", "-wal", "-shm", "-journal")


def close_file(file: Path) -> None:
    """
    Close a file to everybody else; warn where others can read it and that cannot be changed.

    Raises:
        InvalidInput: others can write to it, and that cannot be changed.

    """
    mode = _mode_of(file)
    if not mode & _OTHERS or _is_closed(file, stat.S_IMODE(mode) & ~_OTHERS):
        return
    if mode & stat.S_IWOTH:
        raise InvalidInput(f"Everybody can write to {file}.", field=str(file), hint=f"Have its owner close it: chmod 600 {file}")
    if mode & stat.S_IROTH:
        logger.warning("others can read a file", extra={"file": str(file)})


def close_database(file: Path) -> None:
    """Close a SQLite database and what lies beside it; raises as ``close_file``."""
    for ending in _BESIDE:
        close_file(Path(f"{file}{ending}"))


def close_folder(folder: Path) -> None:
    """Close a folder that others can write to, unless it is one for everybody, such as /tmp; warn where that cannot be done."""
    mode = _mode_of(folder)
    if mode & stat.S_ISVTX or not mode & _CAN_WRITE or _is_closed(folder, stat.S_IRWXU):
        return
    if mode & stat.S_IWOTH:
        logger.warning("others can write to the data folder", extra={"folder": str(folder)})


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode if hasattr(os, "geteuid") else 0
    except OSError:
        return 0


def _is_closed(path: Path, mode: int) -> bool:
    try:
        if path.stat().st_uid != os.geteuid():
            return False
        path.chmod(mode)
    except OSError:  # on a file system that is mounted read-only, or knows no modes
        return False
    closed = not _mode_of(path) & _OTHERS
    if closed:
        logger.info("closed to others", extra={"path": str(path)})
    return closed
