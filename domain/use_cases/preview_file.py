"""PreviewFile: show what would be read of a file; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.errors import InvalidInput
from domain.inferred_frequency import with_frequency
from domain.ports import FilePreview, FilePreviews

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """Read a file as a fetch would."""

    files: FilePreviews

    def __call__(self, body: bytes, name: str, options: Mapping[str, Any]) -> FilePreview:
        """
        Return the file's rows and the series in it, or why it is refused.

        Args:
            name: of the file, for messages; folders before it are left out.
            options: as ``lanner.toml`` has them.

        Raises:
            InvalidInput: the file is empty.

        """
        if not body:
            raise InvalidInput("The file is empty.", field="file", hint="Choose a file with a line of names and rows of dates and numbers.")
        found = self.files(body, _bare(name), options)
        if found.series is None:
            return found
        series = found.series
        return replace(found, series=replace(series, metadata=with_frequency(series.metadata, series.vintages[-1][1])))


def _bare(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[-_LONGEST_NAME:] or "file"
