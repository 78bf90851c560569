"""The files that are imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from domain.importing import FileSeries, ImportRequest


class FileImports(Protocol):
    """Finds series in files."""

    def find(self, request: ImportRequest) -> Iterator[FileSeries]:
        """
        Yield every series with its states; one that stands in several tables once for each, the oldest first where files have dates.

        Memory stays bounded whatever the size of the files.

        Raises:
            InvalidInput: a part of the request is wrong, a path does not exist, or nothing tells when a file was saved.
            FetchError: a file is not understood, too large or in doubt; the message names file, row and cell.

        """
        ...
