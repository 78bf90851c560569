"""Reading a file that somebody shows, without storing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.errors import FetchError
from domain.ports.sources import ParsedSeries


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row as it stands in a file, by its number there, from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePreview:
    """
    A file as it stands, and what would be read of it.

    Attributes:
        rows: the first ones, and those around the one in question; cells are cut at a length that can be shown.
        row, cell: the number of the row in question and the place of the cell in it, from 0; None if there is none.
        series: what would be read; None if the file is refused.
        error: why it is refused.
        options: names of the options that would decide.
        toml: the table of ``lanner.toml`` that says the same as the given options; empty if none are given.

    """

    rows: Sequence[FileRow]
    row: int | None = None
    cell: int | None = None
    series: ParsedSeries | None = None
    error: FetchError | None = None
    options: tuple[str, ...] = ()
    toml: str = ""


class FilePreviews(Protocol):
    """Reads files within bounds of time and memory."""

    def __call__(self, body: bytes, name: str, options: Mapping[str, Any]) -> FilePreview:
        """
        Read a file as a fetch would; what is wrong with it is part of the preview.

        Args:
            name: the file's, without folders.
            options: as ``lanner.toml`` has them.

        """
        ...
