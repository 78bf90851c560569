"""The rows of each series together, whatever the order and the size of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np

from adapters.provider_kit.file_imports.batches import Batch, Moments, Numbers, Places
from adapters.provider_kit.parsing.limits import Bound

#: The largest series of a table, and how much of a table whose series are mixed is sorted in memory.
CELLS = Bound(4_000_000, "cells in one series of a table")
_SORTED_BYTES = 24 * 1024**2
_PARTS, _DEEPEST = 32, 4


@dataclass(frozen=True, slots=True)
class Rows:
    """
    All rows of a series.

    Attributes:
        place: the number of its first row in the file; of mixed tables of one of its rows.

    """

    name: str
    place: int
    moments: Moments
    values: Sequence[Numbers]
    published: Moments
    flags: Sequence[Places] = ()


@dataclass(slots=True)
class Order:
    """
    What the names alone tell of a table.

    Attributes:
        rows: how many there are.
        is_grouped: whether the rows of each series stand together.
        names: of all series.

    """

    rows: int = 0
    is_grouped: bool = True
    names: set[str] = field(default_factory=set)
    _last: str = ""

    def add(self, series: Places, names: Sequence[str]) -> None:
        """Look at further rows, given by the places of their names."""
        self.rows += len(series)
        for place in _starts(series):
            name = names[series[place]]
            if name != self._last:
                self.is_grouped = self.is_grouped and name not in self.names
                self.names.add(name)
                self._last = name


def grouped(batches: Iterable[Batch], file: str) -> Iterator[Rows]:
    """
    Yield the series of a table whose rows stand together.

    Raises:
        AnswerTooLarge: a series has more cells than memory is for.

    """
    name, place, parts, cells = "", 0, list[tuple[Any, ...]](), 0
    for batch in batches:
        starts = [*_starts(batch.series), len(batch.series)]
        for begin, end in pairwise(starts):
            of = batch.names[batch.series[begin]]
            if of != name and parts:
                yield _joined(name, place, parts)
                parts, cells = [], 0
            if not parts:
                name, place = of, batch.first_row + begin
            parts.append(_part(batch, slice(begin, end)))
            cells += (end - begin) * (len(batch.values) + 1)
            CELLS.check(cells, f"{file}: series {name!r}")
    if parts:
        yield _joined(name, place, parts)


def mixed(batches: Iterable[Batch], file: str, rows: int, columns: int) -> Iterator[Rows]:
    """
    Yield the series of a table whose rows stand in any order, through temporary files.

    Args:
        rows, columns: of the table.

    """
    size = rows * (columns + 3) * 8
    with TemporaryDirectory(prefix="lanner-import-") as folder:
        yield from _sorted_parts(batches, file, Path(folder), size, depth=0)


def _sorted_parts(batches: Iterable[Batch], file: str, folder: Path, size: int, *, depth: int) -> Iterator[Rows]:
    if size <= _SORTED_BYTES or depth == _DEEPEST:
        yield from grouped(_sorted(batches), file)
        return
    for number, part in enumerate(_spilled(batches, folder, depth)):
        inner = folder / str(number)
        inner.mkdir()
        yield from _sorted_parts(_read(part), file, inner, part.stat().st_size, depth=depth + 1)
        part.unlink()


def _sorted(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield one batch of all rows, in the order of the names; rows of one series keep their order."""
    places: dict[str, int] = {}
    parts = []
    for batch in batches:
        among = np.array([places.setdefault(name, len(places)) for name in batch.names], np.int64)
        parts.append((among[batch.series], batch.moments, batch.published, *batch.values, *batch.flags))
    if not parts:
        return
    series, moments, published, *cells = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    order = np.argsort(series, kind="stable")
    values, flags = _parted([column[order] for column in cells])
    yield Batch(
        names=list(places),
        series=series[order],
        moments=moments[order],
        values=values,
        published=published[order] if len(published) else published,
        first_row=1,
        flags=flags,
    )


def _spilled(batches: Iterable[Batch], folder: Path, depth: int) -> list[Path]:
    """Write rows into files by their series, and return the files."""
    import pyarrow as pa

    files = [folder / f"{number}.rows" for number in range(_PARTS)]
    writers: dict[int, Any] = {}
    for batch in batches:
        hashes = np.array([crc32(name.encode(), depth) % _PARTS for name in batch.names], np.int64)[batch.series]
        order = np.argsort(hashes, kind="stable")
        bounds = np.searchsorted(hashes[order], np.arange(_PARTS + 1))
        table = _table(batch, order)
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            if number not in writers:
                writers[number] = pa.ipc.new_stream(str(files[number]), table.schema)
            begin, end = int(bounds[number]), int(bounds[number + 1])
            writers[number].write_batch(table.slice(begin, end - begin))
    for writer in writers.values():
        writer.close()
    return [files[number] for number in sorted(writers)]


def _table(batch: Batch, order: Any) -> Any:
    import pyarrow as pa

    names = pa.array(batch.names, pa.string()).take(pa.array(batch.series[order]))
    columns = [names, pa.array(batch.moments[order]), *(pa.array(column[order]) for column in (*batch.values, *batch.flags))]
    columns += [pa.array(batch.published[order])] if len(batch.published) else []
    return pa.record_batch(columns, names=[str(number) for number in range(len(columns))], metadata={"p": str(len(batch.published) > 0)})


def _read(file: Path) -> Iterator[Batch]:
    import pyarrow as pa

    with pa.OSFile(str(file)) as source, pa.ipc.open_stream(source) as reader:
        has_labels = reader.schema.metadata[b"p"] == b"True"
        for table in reader:
            names, moments, *others = table.columns
            encoded = names.dictionary_encode()
            cells = [column.to_numpy() for column in others]
            published = cells.pop() if has_labels else np.empty(0, np.int64)
            values, flags = _parted(cells)
            yield Batch(
                names=encoded.dictionary.to_pylist(),
                series=encoded.indices.to_numpy().astype(np.int64),
                moments=moments.to_numpy(),
                values=values,
                published=published,
                first_row=1,
                flags=flags,
            )


def _starts(series: Any) -> list[int]:
    """Return the places at which another series begins."""
    found: list[int] = (np.flatnonzero(series[1:] != series[:-1]) + 1).tolist()
    return [0, *found] if len(series) else []


def _part(batch: Batch, rows: slice) -> tuple[Any, ...]:
    return batch.moments[rows], batch.published[rows], *(column[rows] for column in (*batch.values, *batch.flags))


def _joined(name: str, place: int, parts: Sequence[tuple[Any, ...]]) -> Rows:
    moments, published, *cells = (np.concatenate(column) if len(parts) > 1 else column[0] for column in zip(*parts, strict=True))
    values, flags = _parted(cells)
    return Rows(name, place, moments, values, published, flags)


def _parted(cells: Sequence[Any]) -> tuple[Sequence[Numbers], Sequence[Places]]:
    """Return the columns of numbers, and behind them those of flags."""
    count = sum(column.dtype.kind == "f" for column in cells)
    return cells[:count], cells[count:]
