"""Access to a folder that no symbolic link leads out of, also if a link is swapped in between check and read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

#: Opening a pipe does not wait for a writer.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class OutsideError(Exception):
    """A link leads out of the folder."""


class NoRegularFileError(Exception):
    """A pipe, a device, a socket or a folder is where a file should be."""


class Folder:
    """
    Lists and reads what lies in a folder.

    Links are resolved first; then each part of the resolved place is opened in the one before it, and no link is followed any more.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))

    def folders(self, place: PurePath) -> list[PurePath]:
        """
        List the folders in a place, sorted by name; links to folders are among them.

        Raises:
            OutsideError: the place lies outside.
            OSError: it cannot be read.

        """
        return self._listed(place, stat.S_ISDIR)

    def files(self, place: PurePath) -> list[PurePath]:
        """List the regular files in a place as ``folders`` does."""
        return self._listed(place, stat.S_ISREG)

    def read(self, place: PurePath, most: int) -> bytes:
        """
        Read a file, of a longer one no more than one byte beyond ``most``.

        Raises:
            OutsideError, NoRegularFileError: it is none that is read.
            OSError: it cannot be read.

        """
        with self._opened(place) as descriptor:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NoRegularFileError
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(most + 1)

    def stat(self, place: PurePath) -> tuple[int, int]:
        """Return when a file was changed, in nanoseconds since 1970, and its size in bytes; raises as ``read``."""
        with self._opened(place) as descriptor:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise NoRegularFileError
            return facts.st_mtime_ns, facts.st_size

    def _listed(self, place: PurePath, is_kind: Callable[[int], bool]) -> list[PurePath]:
        with self._opened(place) as descriptor:
            names = sorted(os.listdir(descriptor))  # noqa: PTH208 - a path may lead elsewhere by now
            return [place / name for name in names if is_kind(_mode(name, descriptor))]

    @contextmanager
    def _opened(self, place: PurePath) -> Iterator[int]:
        real = Path(os.path.realpath(self._path / place))
        if not real.is_relative_to(self._path):
            raise OutsideError
        descriptor = os.open(self._path, _FLAGS | os.O_DIRECTORY)
        try:
            for part in real.relative_to(self._path).parts:
                inner = os.open(part, _FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


def _mode(name: str, descriptor: int) -> int:
    """Return the kind of an entry, links resolved; None if it does not exist."""
    try:
        return os.stat(name, dir_fd=descriptor).st_mode
    except OSError as exc:
        if exc.errno not in _NOT_THERE:
            raise
        return 0
