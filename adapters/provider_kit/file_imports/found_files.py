"""The files of an import: found in folders and archives, opened as they are read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from isal import igzip

from adapters.provider_kit.file_imports.labels import FILE_NAME, FILE_TIME, NONE, dated_name, file_time
from adapters.provider_kit.own_files import SUFFIXES
from adapters.provider_kit.own_files.grid import refused
from adapters.provider_kit.parsing.containers import GZIP
from adapters.provider_kit.parsing.limits import FILE
from adapters.provider_kit.text import storable
from domain.errors import AnswerTooLarge, InvalidInput
from domain.observations import Label

_BLOCK = 1024**2
_ZIP = ".zip"
_WORKBOOK = "[Content_Types].xml"


@dataclass(frozen=True)
class ImportFile:
    """
    A file, or one in an archive.

    Attributes:
        name: its path from the folder that was named; what messages and origins call it.
        path: of the file, or of the archive.
        member: in the archive.

    """

    name: str
    path: Path
    member: ZipInfo | None = None

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of its bytes as they lie in the folder or archive, in hex."""
        return self._hash(Event())

    @contextmanager
    def hashing(self) -> Iterator[None]:
        """Find ``sha256`` in a thread while the file is looked through."""
        given_up = Event()
        with ThreadPoolExecutor(1, thread_name_prefix="hash") as thread:
            hashed = thread.submit(self._hash, given_up)
            try:
                yield
            except BaseException:
                given_up.set()
                raise
            vars(self)["sha256"] = hashed.result()

    @property
    def size(self) -> int:
        """How many bytes it has, where it lies."""
        return self.member.file_size if self.member else self.path.stat().st_size

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open it to be read once, unpacked if it is gzip."""
        with self._bytes() as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            yield cast("BinaryIO", igzip.IGzipFile(fileobj=file)) if packed else file  # type: ignore[no-untyped-call]

    def whole(self) -> bytes:
        """Return all bytes as they are; raises AnswerTooLarge beyond 128 MiB."""
        FILE.check(self.size, self.name)
        with self._bytes() as file:
            return file.read()

    def published(self, kind: str) -> Label | None:
        """
        Return when it was saved.

        Args:
            kind: ``filename``, ``mtime`` or ``none``; empty if nobody has said.

        Raises:
            InvalidInput: its name holds no day, or one that may be meant.

        """
        if kind == FILE_TIME:
            # Times in archives have no zone.
            return date(*self.member.date_time[:3]) if self.member else file_time(self.path.stat().st_mtime)
        if kind in (FILE_NAME, ""):
            day = dated_name(self.name)[1]
            if kind == FILE_NAME and day is None:
                hint = "Name it as gdp_2019-01-30.csv, or state another place of its date: --published."
                raise InvalidInput(f"The name of {self.name} holds no date.", field="published", hint=hint)
            if kind == "" and day is not None:
                hint = f"State --published {FILE_NAME} if it was saved then, else --published {NONE}."
                raise InvalidInput(f"The name of {self.name} holds the date {day}.", field="published", hint=hint)
            return day
        return None

    def _hash(self, given_up: Event) -> str:
        digest = hashlib.sha256()
        with self._bytes() as file:
            while (block := file.read(_BLOCK)) and not given_up.is_set():
                digest.update(block)
        return digest.hexdigest()

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        if self.member is None:
            with self.path.open("rb") as file:
                yield file
            return
        with ZipFile(self.path) as archive, archive.open(self.member) as member:
            yield cast(BinaryIO, member)


def found_files(paths: Sequence[Path], most_bytes: int | None) -> list[ImportFile]:
    """
    Return the files of some paths, by their names; of folders those with an ending that is read, and no symbolic links.

    Raises:
        InvalidInput: a path does not exist, or there are no files.
        AnswerTooLarge: they have more bytes together than they may.

    """
    files = sorted((file for path in paths for file in _below(path)), key=lambda file: file.name)
    if not files:
        raise InvalidInput("There are no files to import.", field="paths", hint=f"Files end in {', '.join(SUFFIXES)}.")
    if most_bytes is not None and sum(file.size for file in files) > most_bytes:
        raise AnswerTooLarge(f"The files have more than {most_bytes // 1024**2} MiB together.", hint="Import them with lanner import.")
    return files


def _below(path: Path) -> Iterator[ImportFile]:
    if not path.exists():
        raise InvalidInput(f"There is no file or folder {path}.", field="paths", hint="Check the path.")
    if not path.is_dir():
        yield from _members(path, path.name)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if file.suffix.lower() in SUFFIXES and not file.is_symlink() and file.is_file():
                yield from _members(file, file.relative_to(path).as_posix(), f"{path.resolve().name}/")


def _members(path: Path, name: str, above: str = "") -> Iterator[ImportFile]:
    """Yield a file, or the files of an archive; the folder that was named counts where a name is nothing but a date."""
    shown = storable(name if dated_name(name)[0] else above + name)
    if not is_zipfile(path):
        yield ImportFile(shown, path)
        return
    try:
        with ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
    except (BadZipFile, OSError) as exc:
        raise refused(name, f"it is not a ZIP archive that can be unpacked ({exc})") from exc
    if any(each.filename == _WORKBOOK for each in members):
        yield ImportFile(shown, path)
        return
    folder = shown[: -len(_ZIP)] if shown.lower().endswith(_ZIP) else shown
    for member in members:
        yield ImportFile(storable(f"{folder}/{member.filename}") if len(members) > 1 else shown, path, member)
