"""Cells of a long column in little memory."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, overload

from adapters.provider_kit.own_files.grid import Cell

_TOGETHER = 16_384


class PackedCells(Sequence[Cell]):
    """A list of cells that can grow; texts and floats are packed, many at a time, and a missing float becomes NaN."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._last: list[Cell] = []

    def extend(self, cells: Sequence[Cell]) -> None:
        """Add cells at the end."""
        self._last += cells
        while len(self._last) >= _TOGETHER:
            self._chunks.append(_packed(self._last[:_TOGETHER]))
            del self._last[:_TOGETHER]

    def __len__(self) -> int:
        return len(self._chunks) * _TOGETHER + len(self._last)

    def __iter__(self) -> Iterator[Cell]:
        for chunk in self._chunks:
            yield from (chunk if isinstance(chunk, list | array) else chunk.to_pylist())
        yield from self._last

    @overload
    def __getitem__(self, index: int) -> Cell: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Cell]: ...

    def __getitem__(self, index: int | slice) -> Cell | Sequence[Cell]:
        if isinstance(index, slice):
            return list(self)[index]
        chunk, at = divmod(index, _TOGETHER)
        if chunk >= len(self._chunks):
            return self._last[at + (chunk - len(self._chunks)) * _TOGETHER]
        found = self._chunks[chunk][at]
        return found if isinstance(self._chunks[chunk], list | array) else found.as_py()


def _packed(cells: list[Cell]) -> Any:
    kinds = set(map(type, cells))
    if kinds <= {float, type(None)}:
        return array("d", [math.nan if cell is None else cell for cell in cells])
    if kinds != {str}:
        return cells
    import pyarrow as pa

    try:
        return pa.array(cells, pa.large_string())
    except (pa.ArrowInvalid, UnicodeEncodeError):  # half a character
        return cells
