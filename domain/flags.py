"""Flags: short codes beside the values of a state, such as ``p`` for a provisional one."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidObservations

Cells = NDArray[np.uint16]

_MOST_CHARACTERS = 32
_MOST_CODES = 2**16 - 1
_SHOWN = 40
_WORD = r"[^\s\0-\x1f\x7f-\x9f\ud800-\udfff]+"
_CODE = re.compile(f"{_WORD}( {_WORD})*")


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """
    The flags of a state, of which there is at least one.

    Attributes:
        codes: those in use, sorted.
        cells: in the shape of the values: places in ``codes``, counted from 1; 0 where there is no flag.

    """

    codes: tuple[str, ...]
    cells: Cells

    @classmethod
    def of(cls, codes: Sequence[str], cells: NDArray[Any]) -> Self | None:
        """
        Return flags from places in codes that may be repeated, unsorted or unused; None if no cell has a flag.

        Raises:
            InvalidObservations: a code is not short, or has blanks that do not part words; or there are too many.

        """
        used = np.flatnonzero(np.bincount(cells.ravel(order="K"), minlength=len(codes) + 1)[1:])
        if not used.size:
            return None
        kept = tuple(sorted({codes[place] for place in used.tolist()}))
        if kept != tuple(codes) or len(kept) > _MOST_CODES:
            _check(kept)
            ranks = {code: rank for rank, code in enumerate(kept, start=1)}
            table = np.zeros(len(codes) + 1, np.uint16)
            table[used + 1] = [ranks[codes[place]] for place in used.tolist()]
            cells = table[cells]
        return cls(kept, _frozen(cells))

    @classmethod
    def from_texts(cls, columns: Iterable[Sequence[str]]) -> Self | None:
        """Return flags from a sequence of codes for each column, empty where there is no flag; raises as ``of``."""
        places: dict[str, int] = {"": 0}
        cells = [[places.setdefault(text, len(places)) for text in texts] for texts in columns]
        _check([code for code in places if code])
        return cls.of([code for code in places if code], np.array(cells, np.uint16).T) if len(places) > 1 else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Flags):
            return NotImplemented
        return self.codes == other.codes and np.array_equal(self.cells, other.cells)

    __hash__ = None  # type: ignore[assignment]

    def rows(self, part: Any) -> Flags | None:
        """Return the flags of some rows, as numpy selects them; None if those have none."""
        return Flags.of(self.codes, self.cells[part])

    def select(self, indices: Sequence[int]) -> Flags | None:
        """Return the flags of the columns at these positions; None if those have none."""
        return Flags.of(self.codes, self.cells[:, list(indices)])

    def column(self, place: int) -> list[str | None]:
        """Return the codes beside a column's values, None where there is no flag."""
        named = [None, *self.codes]
        return [named[at] for at in self.cells[:, place].tolist()]

    def canonical(self) -> bytes:
        """Return the bytes of which a digest is made: the codes with their lengths, and the cells, column after column."""
        codes = [code.encode() for code in self.codes]
        head = struct.pack("<I", len(codes)) + b"".join(struct.pack("<I", len(code)) + code for code in codes)
        return head + self.cells.astype("<u2", copy=False).tobytes(order="F")


def is_code(text: str) -> bool:
    """Return whether a text can be a flag: short, and visible but for single blanks between its words."""
    return len(text) <= _MOST_CHARACTERS and _CODE.fullmatch(text) is not None


def stacked(parts: Sequence[tuple[Flags | None, int]], columns: int) -> Flags | None:
    """Return the flags of states, each with its number of rows, one below the other; None if none has any."""
    if all(flags is None for flags, _ in parts):
        return None
    codes = shared_codes(flags for flags, _ in parts)
    cells = [placed(flags, codes, (rows, columns)) for flags, rows in parts]
    return Flags.of(codes, np.concatenate(cells))


def shared_codes(parts: Iterable[Flags | None]) -> Sequence[str]:
    """Return all codes of several flags, sorted."""
    return sorted({code for flags in parts if flags is not None for code in flags.codes})


def placed(flags: Flags | None, codes: Sequence[str], shape: tuple[int, int]) -> Cells:
    """Return the cells of flags as places in other codes, counted from 1, which hold all of theirs."""
    if flags is None:
        return np.zeros(shape, np.uint16)
    ranks = {code: rank for rank, code in enumerate(codes, start=1)}
    return np.array([0, *(ranks[code] for code in flags.codes)], np.uint16)[flags.cells]


def _check(codes: Sequence[str]) -> None:
    if len(codes) > _MOST_CODES:
        raise InvalidObservations(f"There are more than {_MOST_CODES} different flags.", field="flags")
    wrong = next((code for code in codes if not is_code(code)), None)
    if wrong is not None:
        what = f"of at most {_MOST_CHARACTERS} visible characters, with single blanks between its words"
        raise InvalidObservations(f"The flag {wrong[:_SHOWN]!r} is no code {what}.", field="flags")


def _frozen(cells: NDArray[Any]) -> Cells:
    kept = np.asfortranarray(cells, dtype=np.uint16)
    kept.setflags(write=False)
    return kept
