"""Permissions of lanner's files and folders: other users' access is removed, or else warned of or refused."""

from __future__ import annotations

import glob
import logging
import os
import stat
from functools import cache
from pathlib import Path

from domain.errors import InvalidInput

logger = logging.getLogger(__name__)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CAN_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: SQLite's files beside a database, and the copies made before migrations.
_BESIDE, _COPIES = ("", "-wal", "-shm", "-journal"), ".[0-9][0-9][0-9][0-9]"


def close_file(file: Path) -> None:
    """
    Remove other users' access to a file; warn once if they can read it and that cannot be changed.

    Raises:
        InvalidInput: all users can write to it, and that cannot be changed.

    """
    mode = _mode_of(file)
    # A device such as /dev/null stores nothing; a folder is reported when it is read.
    if stat.S_ISCHR(mode) or stat.S_ISDIR(mode) or not mode & _OTHERS or _is_closed(file, mode):
        return
    if mode & stat.S_IWOTH:
        raise InvalidInput(f"All users can write to {file}.", field=str(file), hint=f"Let its owner run: chmod 600 {file}")
    if mode & stat.S_IROTH:
        _warn("others can read a file", file)


def close_database(file: Path) -> None:
    """Remove other users' access to a SQLite database, the files beside it and its copies; raises as ``close_file`` except for copies."""
    for ending in _BESIDE:
        close_file(Path(f"{file}{ending}"))
    for copy in file.parent.glob(glob.escape(file.name) + _COPIES):
        mode = _mode_of(copy)
        if mode & _OTHERS and not _is_closed(copy, mode):
            _warn("others can read a file", copy)


def close_folder(folder: Path) -> None:
    """Remove other users' access to a folder that they can write to, unless it is sticky like /tmp; warn once if that fails."""
    mode = _mode_of(folder)
    if not stat.S_ISDIR(mode) or mode & stat.S_ISVTX or not mode & _CAN_WRITE or _is_closed(folder, mode | stat.S_IRWXU):
        return
    if mode & stat.S_IWOTH:
        _warn("others can write to the data folder", folder)


@cache
def _warn(event: str, path: Path) -> None:
    logger.warning(event, extra={"path": str(path)})


def _mode_of(path: Path) -> int:
    try:
        return path.stat().st_mode if hasattr(os, "geteuid") else 0
    except OSError:
        return 0


def _is_closed(path: Path, mode: int) -> bool:
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return False
    try:
        # Another user's link could point to any file of ours.
        if {path.stat().st_uid, path.lstat().st_uid} != {os.geteuid()}:
            return False
        path.chmod(stat.S_IMODE(mode) & stat.S_IRWXU)
    except OSError:  # on a file system that is read-only, or has no modes
        return False
    closed = not _mode_of(path) & _OTHERS
    if closed:
        logger.info("closed to others", extra={"path": str(path)})
    return closed
