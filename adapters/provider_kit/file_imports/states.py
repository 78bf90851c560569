"""States from the rows of a series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from adapters.provider_kit.file_imports.batches import BatchReader, Moments, Numbers, Places
from adapters.provider_kit.file_imports.found_files import ImportFile
from adapters.provider_kit.file_imports.runs import Rows
from adapters.provider_kit.own_files.date_digits import Kind
from adapters.provider_kit.own_files.dates import frequency_of
from adapters.provider_kit.own_files.grid import quoted, refused
from adapters.provider_kit.text import storable
from domain.errors import InvalidObservations
from domain.flags import Flags
from domain.frequency import Frequency
from domain.importing import FileState
from domain.observations import Label, Observations, Unit
from domain.series import Metadata

READER_VERSION = 3
_DAY_SECONDS = 86_400
#: Columns of numbers, and of flags.
_Cells = tuple[Sequence[Numbers], Sequence[Places]]


@dataclass(frozen=True, slots=True)
class States:
    """
    Makes states of a file's rows.

    Attributes:
        label: of the file, if no column says it.

    """

    reader: BatchReader
    file: ImportFile
    label: Label | None

    def of(self, rows: Rows) -> Sequence[FileState]:
        """Return the states of a series, the oldest label first; raises AnswerNotUnderstood if a date has two values."""
        if not len(rows.published):
            return [self._state(rows.name, self.label, rows.moments, (rows.values, rows.flags))]
        return list(self._labelled(rows))

    def _labelled(self, rows: Rows) -> Iterator[FileState]:
        order = np.argsort(rows.published, kind="stable")
        labels, starts = np.unique(rows.published[order], return_index=True)
        for seconds, places in zip(labels.tolist(), np.split(order, starts[1:]), strict=True):
            cells = [column[places] for column in rows.values], [column[places] for column in rows.flags]
            yield self._state(rows.name, self.reader.label(seconds), rows.moments[places], cells)

    def _state(self, name: str, label: Label | None, moments: Moments, cells: _Cells) -> FileState:
        observations = self._observations(name, moments, *cells)
        frequency = frequency_of(observations.dates, self.reader.kind or Kind.DAILY)
        return FileState(
            published=label,
            observations=observations,
            metadata=Metadata(
                name=storable(name),
                frequency=Frequency(frequency) if frequency else None,
                date_column=storable(self.reader.columns.date),
            ),
            file=self.file.name,
            sha256=self.file.sha256,
            reader_version=READER_VERSION,
        )

    def _observations(self, name: str, moments: Moments, values: Sequence[Numbers], flags: Sequence[Places]) -> Observations:
        columns = tuple(map(storable, self.reader.columns.values))
        matrix = np.empty((len(moments), len(columns)), order="F")
        for place, column in enumerate(values):
            matrix[:, place] = column
        days, seconds = np.divmod(moments, _DAY_SECONDS)
        unit: Unit = "s" if seconds.any() else "D"
        axis = moments.astype("datetime64[s]") if unit == "s" else days.astype("datetime64[D]")
        try:
            return Observations.of(axis, columns, matrix, unit=unit, flags=self._flags(flags, matrix.shape))
        except InvalidObservations as exc:
            raise refused(self.file.name, f"series {quoted(name)}: {exc.message.rstrip('.')}") from exc

    def _flags(self, flags: Sequence[Places], shape: tuple[int, ...]) -> Flags | None:
        cells = np.zeros(shape, np.int64)
        for name, places in zip(self.reader.columns.flags, flags, strict=True):
            cells[:, self.reader.columns.values.index(name)] = places
        return Flags.of(list(self.reader.flags), cells) if flags else None
