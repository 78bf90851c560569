"""Importing: states that files of the operator's own show of series, and when each was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
        file: what messages and origins call the file.
        sha256: of the file's bytes, in hex.
        reader_version: of what read the file; higher where the same bytes are read differently.

    """

    published: Label | None
    observations: Observations
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
    metadata: Metadata
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
