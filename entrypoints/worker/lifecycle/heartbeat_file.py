"""Heartbeat files: one a worker in the data folder, locked while its process lives."""

from __future__ import annotations

import errno
import fcntl
import math
import os
import socket
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic

from domain.errors import InvalidInput

_PATTERN, _TOUCH_SECONDS = "worker-*.alive", 1.0
#: Of file systems without locks, such as NFS without its lock daemon.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


def check_folder(folder: Path) -> None:
    """
    Make the folder if there is none, and a file in it, which is removed again.

    Raises:
        InvalidInput: that is not permitted; the message names the folder.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"The data folder {folder} cannot be used: {error.strerror}."
        raise InvalidInput(message, field="LANNER_DATA_DIR", hint="Set LANNER_DATA_DIR to a folder that you can write to.") from error


class HeartbeatFile:
    """The file of one process; its modification time is that of the last time the worker looked for work, or tried to."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Containers that share a folder have processes of the same id.
        self._path = folder / _PATTERN.replace("*", f"{socket.gethostname()}-{os.getpid()}")
        self._descriptor, self._touched_at = self._open(), -math.inf
        # The worker has not polled yet.
        os.utime(self._descriptor, (0, 0))

    @property
    def name(self) -> str:
        """The worker's name: its host and process id."""
        return self._path.stem.removeprefix("worker-")

    def touch(self) -> None:
        """Set the file's time to now, at most once a second; create it again if it was removed."""
        if monotonic() - self._touched_at < _TOUCH_SECONDS:
            return
        self._touched_at = monotonic()
        if not self._path.exists():
            os.close(self._descriptor)
            self._descriptor = self._open()
        os.utime(self._descriptor)

    def _open(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _lock(descriptor, fcntl.LOCK_EX)
        return descriptor


def find_worker_problem(folder: Path, since: float, group: int | None = None) -> str:
    """
    Return what is wrong with the workers of a data folder, or an empty text; remove the files of dead workers.

    Args:
        since: when each must have looked for work, or tried to.
        group: the process group of the only workers that count, by default all.

    """
    files = (path for path in sorted(folder.glob(_PATTERN)) if _may_live(path, since))
    seen = {path: path.stat().st_mtime for path in files if group is None or _group_of(path) == group}
    silent = [path.stem.removeprefix("worker-") for path, time in seen.items() if time < since]
    if silent and len(silent) < len(seen):
        return f"The worker {silent[0]} has not polled the database lately."
    return "" if seen and not silent else f"No worker of {folder} has polled the database lately."


def _group_of(path: Path) -> int | None:
    host, _, process = path.stem.removeprefix("worker-").rpartition("-")
    with suppress(ProcessLookupError, ValueError):
        return os.getpgid(int(process)) if host == socket.gethostname() else None
    return None


def _may_live(path: Path, since: float) -> bool:
    try:
        with path.open("rb") as file:
            if not _lock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB):
                # Nothing else tells a silent worker from what a dead one has left.
                return path.stat().st_mtime >= since
            path.unlink(missing_ok=True)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _lock(descriptor: int, how: int) -> bool:
    """Lock a file; return whether its file system has locks at all."""
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True
