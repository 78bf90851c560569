"""Importing: states that files of the operator's own show of series, and when each was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.codes import DatasetCode
from domain.observations import Label, Observations
from domain.series import Metadata

#: The provider of series that files alone hold.
IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """
    The state of a series in a file.

    Attributes:
        published: the day or moment when the file was saved or published; None if nothing tells.
        metadata: what the file says of the series.
        file: what messages and origins call the file.
        sha256: of the file's bytes, in hex.
        reader_version: of what read the file; higher where the same bytes are read differently.

    """

    published: Label | None
    observations: Observations
    metadata: Metadata
    file: str
    sha256: str
    reader_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeries:
    """
    A series that was found in files.

    Attributes:
        states: each read when it is taken; the oldest label first, those of one file together.

    """

    code: DatasetCode
    states: Iterable[FileState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """
    A file showed a state of a series: remembered also where the state was no news.

    Attributes:
        known_at: the moment of its label, or of the import if it has none.
        digest: of the state, in hex.

    """

    sha256: str
    file: str
    published: Label | None
    known_at: datetime
    digest: str
    reader_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """
    What to import, and how to read it.

    Attributes:
        paths: files and folders; of a folder all files that are read, in all of its folders.
        database: the database code of the series.
        layout: ``wide``: a file is a series; ``long``: a row for each series and date, with one column of numbers; ``by-ticker``: the
            same with several.
        columns: which columns hold what: ``date``, ``code``, ``value``, ``published`` → names; empty where they are found by their names.
        published: where the date of a file stands: ``column``, ``filename``, ``mtime``, ``none``; empty if that is not said.
        provider: whose series get the states.
        options: how cells are read, as in ``lanner.toml``.
        most_bytes: the largest sum of all files; None if any is read.

    """

    paths: Sequence[Path]
    database: str
    layout: str = "wide"
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    published: str = ""
    provider: str = IMPORT
    options: Mapping[str, Any] = field(default_factory=dict)
    most_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSeries:
    """
    What files added to a series, or would add.

    Attributes:
        states: how many states the files hold of it.
        vintages: how many of them were added.
        given: how many were left out since the provider gave the state of their date.
        rows: of the states that were added, together.
        first, last: when the first and the last of those became known; None if none was added.

    """

    provider: str
    code: DatasetCode
    states: int
    vintages: int
    given: int
    rows: int
    first: datetime | None
    last: datetime | None
