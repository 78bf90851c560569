"""
Numbers of a whole column, in answers of providers and in files: which mark is decimal is decided by all its cells.

A cell admits some pairs of decimal and thousands mark; those that all cells admit are left. Two decimal marks left that give other
numbers are a doubt, which the caller decides or refuses.
"""

from __future__ import annotations

import marshal
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.number_cells import (
    ANSWERS,
    INDIAN,
    PAIRS,
    NumberDialect,
    Pair,
    as_float,
    grouped,
    is_typed_number,
    with_usual_marks,
)

_TYPED = frozenset({int, float, type(None)})
_FLOATS_HEAD, _FLOATS = 5, np.dtype([("kind", "S1"), ("value", "<f8")])
#: Tells whether a text is a column of nothing but such numbers, each in a line.
_IS_COLUMN = {
    pair: re.compile(rf"(?:(?:-?{grouped(pair)}{'' if pair[1] else '(?:[eE][-+]?[0-9]{1,3}+)?'})?\n)*+").fullmatch
    for pair in (*PAIRS, INDIAN)
}


@dataclass(slots=True)
class Survey:
    """
    What the cells of a column are.

    Attributes:
        pairs: the marks that all its numbers admit.
        numbers, words: the positions of cells that are numbers, and of those that are neither that nor missing.
        clash: (position, earlier position) of numbers that admit no common marks.
        units: percent and currency signs.
        bare: the position of the first number without such a sign, but for zeros; None if all have one.
        typed: the values of cells that are numbers, and no text.
        lines: cells that are all plain numbers as text, a line each.

    """

    pairs: frozenset[Pair]
    numbers: Sequence[int] | NDArray[np.intp]
    words: Sequence[int]
    clash: tuple[int, int] | None = None
    units: Collection[str] = ()
    bare: int | None = None
    typed: NDArray[np.float64] | None = None
    lines: str = ""

    @property
    def decimals(self) -> set[str]:
        """The decimal marks that are left."""
        return {decimal for decimal, _ in self.pairs}

    @property
    def is_doubtful(self) -> bool:
        """Whether two decimal marks are left that give other numbers: one under which nothing else differs gives the same."""
        return len(self.decimals) > 1 and not any({(".", mark), (",", mark)} <= self.pairs for mark in ("", " ", "'"))

    def pair(self, decimal: str) -> Pair:
        """Return the marks to read the column with, given the decimal one: without a mark of thousands if none stands in it."""
        return (decimal, "") if (decimal, "") in self.pairs else next(pair for pair in sorted(self.pairs) if pair[0] == decimal)


def survey(cells: Sequence[Any], dialect: NumberDialect = ANSWERS) -> Survey:
    """Look through a column."""
    pairs = dialect.pairs
    found = None if dialect.has_numerals else _whole(cells, dialect.missing)
    if found and found.pairs & pairs:
        found.pairs &= pairs
        return found
    clash, bare, units = None, None, set[str]()
    numbers: list[int] = []
    words: list[int] = []
    for index, cell in enumerate(cells):
        if dialect.is_missing(cell):
            continue
        number = dialect.number(cell) if isinstance(cell, str) else None
        if number is None and not is_typed_number(cell):
            words.append(index)
            continue
        if number:
            clash = clash or (None if pairs & number.pairs else (index, numbers[0] if numbers else index))
            pairs = pairs & number.pairs or pairs
        if number and number.unit:
            units.add(number.unit)
        elif bare is None and not (number.is_zero if number else cell == 0):
            bare = index
        numbers.append(index)
    return Survey(pairs, numbers, words, clash, units, bare)


def _whole(cells: Sequence[Any], missing: frozenset[str]) -> Survey | None:
    """Look through a column of nothing but plain numbers, much faster than cell by cell; None if it holds anything else."""
    typed = _floats(cells)
    kinds = set(map(type, cells)) if typed is None else frozenset[type]()
    if kinds == {str}:
        return _in_lines(cells) or _in_lines(["" if cell.casefold() in missing else cell for cell in cells])
    if typed is None and kinds <= _TYPED:
        try:
            typed = np.array(cells, dtype=np.float64)
        except OverflowError:
            return None
    return None if typed is None else Survey(PAIRS, np.flatnonzero(~np.isnan(typed)), (), typed=typed)


def _floats(cells: Any) -> NDArray[np.float64] | None:
    """Return cells that are all floats; three times as fast as checking and converting each."""
    if not cells or type(cells[0]) is not float:
        return None
    # In marshal version 2 a tuple or list is a type byte and a length, then a type byte and eight bytes for each float.
    written = marshal.dumps(cells, 2)
    if len(written) != _FLOATS_HEAD + len(cells) * _FLOATS.itemsize:
        return None
    floats = np.frombuffer(written, _FLOATS, len(cells), _FLOATS_HEAD)
    return floats["value"] if (floats["kind"] == b"g").all() else None


def _in_lines(cells: Sequence[str]) -> Survey | None:
    lines = "\n".join((*cells, ""))
    if not lines.isascii():
        lines = with_usual_marks(lines)
    pairs = _pairs_of_lines(lines)
    if not pairs or lines.count("\n") != len(cells):
        return None
    return Survey(pairs, np.array([index for index, cell in enumerate(cells) if cell], dtype=np.intp), (), lines=lines)


def _pairs_of_lines(lines: str) -> frozenset[Pair]:
    """Return the marks that a column of plain numbers admits; where it holds no mark but points, three questions tell."""
    if any(mark in lines for mark in ",' "):
        return frozenset(pair for pair, is_column in _IS_COLUMN.items() if is_column(lines))
    if "." not in lines:
        return PAIRS if _IS_COLUMN[".", ""](lines) else frozenset()
    asked = [pair for pair in ((".", ""), (".", " "), (",", ".")) if _IS_COLUMN[pair](lines)]
    alike = {(".", mark) for mark in ",'"} if (".", " ") in asked else set()
    return frozenset({*asked, *alike})


def values(cells: Sequence[Any], found: Survey, decimal: str, dialect: NumberDialect = ANSWERS) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where one is missing and infinite where one is too large."""
    if found.typed is not None:
        return found.typed
    pair = found.pair(decimal)
    if found.lines:
        plain = (found.lines.replace(pair[1][-1:], "") if pair[1] else found.lines).replace(decimal, ".")
        return np.array([float(line) if line else math.nan for line in plain.split("\n")[:-1]])
    read, listed = np.full(len(cells), math.nan), list(cells)
    for index in found.numbers:
        number = dialect.number(listed[index]) if isinstance(listed[index], str) else None
        read[index] = number.value(pair) if number else as_float(listed[index])
    return read
