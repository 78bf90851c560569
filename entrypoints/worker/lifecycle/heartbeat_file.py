"""Signs of life: a file for each worker in the data folder, locked as long as its process lives."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

_PATTERN = "worker-*.alive"


class HeartbeatFile:
    """The file of one process; its time says when that worker last swept the store."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Containers share a folder, and each has a process of the same number.
        self._path = folder / _PATTERN.replace("*", f"{socket.gethostname()}-{os.getpid()}")
        self._descriptor = self._open()
        # Until its first sweep it has not lived.
        os.utime(self._descriptor, (0, 0))

    @property
    def name(self) -> str:
        """What tells this worker from others."""
        return self._path.stem.removeprefix("worker-")

    def give(self) -> None:
        """Set the file's time to now, and make it anew if somebody has removed it."""
        if not self._path.exists():
            os.close(self._descriptor)
            self._descriptor = self._open()
        os.utime(self._descriptor)

    def _open(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor


def problem_of_workers(folder: Path, since: float) -> str:
    """Say what is wrong with the workers of a data folder, if anything is; what dead ones have left is removed."""
    seen = {path: path.stat().st_mtime for path in sorted(folder.glob(_PATTERN)) if _is_held(path)}
    silent = [path.stem.removeprefix("worker-") for path, time in seen.items() if time < since]
    if silent and len(silent) < len(seen):
        return f"The worker {silent[0]} has not looked into the database lately."
    return "" if seen and not silent else f"No worker of {folder} has looked into the database lately."


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False
