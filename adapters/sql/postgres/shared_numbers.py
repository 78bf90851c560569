"""Whole numbers in a small file that the processes of one machine share."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from threading import Lock

logger = logging.getLogger(__name__)

_COUNT, _BYTES = 64, 8


class SharedNumbers:
    """
    64 numbers, 0 at first; where the file cannot be written, they are this process's own.

    A number is read and written in one piece, so that reading takes no lock.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if os.fstat(self._file).st_size < _COUNT * _BYTES:
                os.ftruncate(self._file, _COUNT * _BYTES)
            memory = mmap(self._file, _COUNT * _BYTES)
        except OSError as error:
            logger.warning("positions not shared", extra={"file": str(path), "reason": error.strerror})
            self._file, memory = -1, mmap(-1, _COUNT * _BYTES)
        self._numbers = memoryview(memory).cast("Q")

    def __getitem__(self, place: int) -> int:
        return self._numbers[place]

    def change(self, place: int, change: Callable[[int], int]) -> None:
        """Replace a number by what becomes of it, while no other process does."""
        with self._lock:
            self._flock(fcntl.LOCK_EX)
            try:
                self._numbers[place] = change(self._numbers[place])
            finally:
                self._flock(fcntl.LOCK_UN)

    def _flock(self, how: int) -> None:
        if self._file >= 0:
            # A file system without locks leaves it to chance which of two processes that write at the same instant comes second.
            with suppress(OSError):
                fcntl.flock(self._file, how)
