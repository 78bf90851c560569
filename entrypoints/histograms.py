"""Histograms of durations in memory that processes share."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from multiprocessing import get_context
from threading import Lock
from typing import Any

_NUMBER_BYTES = 8
_TEXT_BYTES = 128
_ROWS = 1024
_SEPARATOR = "\n"


class SharedHistograms:
    """
    Histograms by the values of their labels. Each process adds to a part of its own and reads all parts; thread-safe.

    A row of a part is the text of the labels' values, the numbers of the buckets, and the sum. Once all rows of a part are taken, further
    durations are counted together, under the value ``other`` of each label.

    Args:
        bounds: the buckets' inclusive upper bounds in seconds, ascending.

    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self._row_bytes = _TEXT_BYTES + _NUMBER_BYTES * (len(bounds) + 2)
        self._lock = Lock()
        self.join(bytearray(_ROWS * self._row_bytes))

    def memory(self, processes: int) -> Any:
        """Return memory for so many processes, which are forked later, or are given it when they are spawned."""
        return get_context("spawn").RawArray("B", processes * _ROWS * self._row_bytes)

    def join(self, memory: Any, part: int = 0) -> None:
        """Go on in the memory of several processes, in a part of it that is this process's own from now on."""
        self._memory, self._part = memoryview(memory).cast("B"), part
        # Another process may have been here before.
        self._rows = dict(self._written(part))

    def add(self, durations: Iterable[tuple[tuple[str, ...], float]]) -> None:
        """Add durations in seconds, each with the values of its labels."""
        with self._lock:
            for values, seconds in durations:
                row = self._rows.get(values) or self._new_row(values)
                row[bisect_left(self.bounds, seconds)] += 1
                row[-1] += seconds

    def totals(self) -> Mapping[tuple[str, ...], Sequence[float]]:
        """Return by the labels' values, over all parts, the number in each bucket and beyond all bounds, and last the sum of seconds."""
        totals: dict[tuple[str, ...], Sequence[float]] = {}
        for part in range(len(self._memory) // (_ROWS * self._row_bytes)):
            for values, row in self._written(part):
                totals[values] = [a + b for a, b in zip(totals.get(values, [0.0] * len(row)), row, strict=True)]
        return totals

    def _new_row(self, values: tuple[str, ...]) -> memoryview[float]:
        other, text = ("other",) * len(values), _SEPARATOR.join(values).encode()
        if values != other and (len(text) > _TEXT_BYTES or len(self._rows) >= _ROWS - 1):
            return self._rows.get(other) or self._new_row(other)
        start = (self._part * _ROWS + len(self._rows)) * self._row_bytes
        # The first byte, which tells readers that there is a row, comes last.
        self._memory[start + 1 : start + len(text)] = text[1:]
        self._memory[start] = text[0]
        self._rows[values] = self._numbers(start)
        return self._rows[values]

    def _written(self, part: int) -> Iterator[tuple[tuple[str, ...], memoryview[float]]]:
        for row in range(part * _ROWS, (part + 1) * _ROWS):
            start = row * self._row_bytes
            text = bytes(self._memory[start : start + _TEXT_BYTES]).rstrip(b"\0").decode()
            if not text:
                return
            yield tuple(text.split(_SEPARATOR)), self._numbers(start)

    def _numbers(self, start: int) -> memoryview[float]:
        return self._memory[start + _TEXT_BYTES : start + self._row_bytes].cast("d")
