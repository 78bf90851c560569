"""
The numbers of a whole column: which mark is decimal is decided by all its cells, then by the other columns of the file.

A cell admits some pairs of decimal and thousands mark; those that all cells admit are left. Two decimal marks left that give other
numbers are a doubt, and refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.grid import Cell, Column, text_in

MISSING = frozenset({"", "na", "n/a", "#n/a", "n.a.", "nd", "null", "none", "nan", "-", "--", "–", "—", ".", "..", "...", "…", ":", "*"})

Pair = tuple[str, str]
PAIRS: frozenset[Pair] = frozenset((decimal, mark) for decimal in ".," for mark in ("", ".", ",", " ", "'") if decimal != mark)

_SPACES = re.compile("[\u00a0\u2007\u2009\u202f\t]")
_MARKS = str.maketrans({"\u2212": "-", "’": "'", "‘": "'", "ʼ": "'", "´": "'"})
_SIGNS = "$€£¥₩₽₹₺₴₫₪₦฿₡₲₵₸₼₾"
_CODES = (
    "USD EUR GBP CHF JPY CNY AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH ILS ZAR BRL MXN ARS CLP COP PEN INR IDR KRW "
    "HKD SGD TWD THB MYR PHP VND AED SAR EGP NGN KES US$ A$ C$ R$ NZ$ HK$ S$ NT$ Fr. Fr SFr. kr kr. Kč zł Ft Rs Rs."
)
_CURRENCY = "|".join(sorted((re.escape(code) for code in _CODES.split()), key=len, reverse=True))
_MONEY = rf"(?:[{_SIGNS}]|{_CURRENCY})"
_NUMBER = re.compile(
    rf"(?P<first>{_MONEY} ?(?=\())?(?P<open>\()?(?P<sign>[-+–] ?)?(?P<before>{_MONEY} ?)?(?P<inner>[-+–] ?)?"
    r"(?P<core>[0-9][0-9.,' ]*|[.,][0-9]+)(?P<exponent>[eE][-+]?[0-9]{1,5})?(?P<scale> ?[KkM](?![a-zA-Z]))?(?P<percent> ?%)?"
    rf"(?P<after> ?{_MONEY})?(?P<trailing>-)?(?P<close>\))?"
)
_LONGEST = 400
_SCALES = {"K": 3, "M": 6}
_TYPED = frozenset({int, float, type(None)})


def _grouped(pair: Pair) -> str:
    decimal, thousands = map(re.escape, pair)
    groups = rf"[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})++|" if thousands else ""
    return rf"(?:{groups}[0-9]++)(?:{decimal}[0-9]*+)?"


_PATTERNS = {pair: re.compile(rf"{_grouped(pair)}|{re.escape(pair[0])}[0-9]++") for pair in PAIRS}
#: Tells whether a text is a column of nothing but such numbers, each in a line.
_IS_COLUMN = {
    pair: re.compile(rf"(?:(?:-?{_grouped(pair)}{'' if pair[1] else '(?:[eE][-+]?[0-9]{1,3}+)?'})?\n)*+").fullmatch for pair in PAIRS
}


@dataclass(frozen=True, slots=True)
class Number:
    """
    A cell that is a number.

    Attributes:
        core: digits and marks.
        exponent: of ten.
        pairs: the (decimal, thousands) marks that it admits.
        unit: a percent or currency sign, or empty.

    """

    core: str
    exponent: int
    is_negative: bool
    pairs: frozenset[Pair]
    unit: str

    def value(self, pair: Pair) -> float:
        """Return the number under a pair of marks; infinite if no double is as large."""
        decimal, thousands = pair
        plain = self.core.replace(thousands, "") if thousands else self.core
        value = float(f"{plain.replace(decimal, '.')}e{self.exponent}" if self.exponent else plain.replace(decimal, "."))
        return -value if self.is_negative else value


@dataclass(slots=True)
class Survey:
    """
    What the cells of a column are.

    Attributes:
        pairs: the marks that all its numbers admit.
        numbers, words: the positions of cells that are numbers, and of those that are neither that nor missing.
        clash: (position, earlier position) of numbers that admit no common marks.
        units: percent and currency signs.
        typed: the values of cells that are numbers, and no text.
        lines: cells that are all plain numbers as text, a line each.

    """

    pairs: frozenset[Pair]
    numbers: Sequence[int] | NDArray[np.intp]
    words: Sequence[int]
    clash: tuple[int, int] | None = None
    units: Collection[str] = ()
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


def read_number(text: str) -> Number | None:
    """Return the number that a text spells in any dialect; None if it spells none."""
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=8192)
def _read(text: str) -> Number | None:
    match = _NUMBER.fullmatch(_SPACES.sub(" ", text).translate(_MARKS).strip())
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = [sign.strip() for sign in (match["sign"], match["inner"], match["trailing"]) if sign]
    currencies = [sign.strip() for sign in (match["first"], match["before"], match["after"]) if sign]
    if len(signs) + bool(match["open"]) > 1 or len(currencies) + bool(match["percent"]) > 1:
        return None
    core = match["core"].rstrip(" ")
    pairs = _pairs(core, may_group=not match["exponent"])
    if not pairs:
        return None
    exponent = int(match["exponent"][1:]) if match["exponent"] else 0
    exponent += _SCALES[match["scale"].strip().upper()] if match["scale"] else 0
    is_negative = bool(match["open"]) or (bool(signs) and signs[0] != "+")
    return Number(core, exponent, is_negative, pairs, "%" if match["percent"] else "".join(currencies))


def _pairs(core: str, *, may_group: bool) -> frozenset[Pair]:
    return _pairs_of_shape(core.translate(_SHAPE), may_group)


@lru_cache(maxsize=4096)
def _pairs_of_shape(core: str, may_group: bool) -> frozenset[Pair]:  # noqa: FBT001 - of a cached function
    return frozenset(pair for pair in PAIRS if (may_group or not pair[1]) and _PATTERNS[pair].fullmatch(core))


#: What a number's marks mean depends on where its zeros stand, but not on its other digits.
_SHAPE = str.maketrans("23456789", "1" * 8)


def is_missing(cell: Cell, missing: Collection[str] = ()) -> bool:
    """Return whether a cell says that there is no value; ``missing`` holds further words for it, in lower case."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return True
    text = text_in(cell).casefold()
    return (isinstance(cell, str) and text in MISSING) or text in missing or (bool(missing) and _plain_text(cell) in missing)


def _plain_text(cell: Cell) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def is_number(cell: Cell) -> bool:
    """Return whether a cell, as a whole, is a number in any dialect."""
    if isinstance(cell, str):
        return read_number(cell) is not None
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) and cell == cell  # noqa: PLR0124 - NaN


def admitted(decimal: str, thousands: str | None) -> frozenset[Pair]:
    """Return the marks that options leave: an empty decimal mark and no thousands mark leave all."""
    return frozenset(
        pair
        for pair in PAIRS
        if (not decimal or pair[0] == decimal) and (thousands is None or (pair[1] in ("", thousands) and pair[0] != thousands))
    )


def survey(cells: Sequence[Cell], missing: Collection[str] = (), pairs: frozenset[Pair] = PAIRS) -> Survey:
    """
    Look through a column.

    Args:
        missing: further words for a missing value, in lower case.
        pairs: the (decimal, thousands) marks that numbers may have.

    """
    found = None if missing else _whole(cells)
    if found and found.pairs & pairs:
        found.pairs &= pairs
        return found
    clash, allowed, units = None, pairs, set[str]()
    numbers: list[int] = []
    words: list[int] = []
    for index, cell in enumerate(cells):
        if is_missing(cell, missing):
            continue
        number = read_number(cell) if isinstance(cell, str) else None
        if (number is None and not is_number(cell)) or (number and not number.pairs & allowed):
            words.append(index)
            continue
        if number:
            clash = clash or (None if pairs & number.pairs else (index, numbers[0] if numbers else index))
            pairs = pairs & number.pairs or pairs
            units.add(number.unit)
        numbers.append(index)
    return Survey(pairs, numbers, words, clash, units - {""})


def _whole(cells: Sequence[Cell]) -> Survey | None:
    """Look through a column of nothing but plain numbers, much faster than cell by cell; None if it holds anything else."""
    kinds = set(map(type, cells))
    if kinds <= _TYPED:
        try:
            typed = np.array(cells, dtype=np.float64)
        except OverflowError:
            return None
        return Survey(PAIRS, np.flatnonzero(~np.isnan(typed)), (), typed=typed)
    if kinds != {str}:
        return None
    return _in_lines(cells) or _in_lines(["" if cell.casefold() in MISSING else cell for cell in cells])


def _in_lines(cells: Sequence[str]) -> Survey | None:
    lines = "\n".join((*cells, ""))
    if not lines.isascii():
        lines = _SPACES.sub(" ", lines).translate(_MARKS)
    pairs = frozenset(pair for pair, is_column in _IS_COLUMN.items() if is_column(lines))
    if not pairs or lines.count("\n") != len(cells):
        return None
    return Survey(pairs, np.array([index for index, cell in enumerate(cells) if cell], dtype=np.intp), (), lines=lines)


def values(column: Column, found: Survey, decimal: str) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where one is missing and infinite where one is too large."""
    if found.typed is not None:
        return found.typed
    pair = next(pair for pair in sorted(found.pairs, key=lambda pair: -len(pair[1])) if pair[0] == decimal)
    if found.lines:
        plain = (found.lines.replace(pair[1], "") if pair[1] else found.lines).replace(decimal, ".")
        return np.array([float(line) if line else math.nan for line in plain.split("\n")[:-1]])
    read, cells = np.full(len(column.cells), math.nan), list(column.cells)
    for index in found.numbers:
        number = read_number(cells[index]) if isinstance(cells[index], str) else None
        read[index] = number.value(pair) if number else _float(cells[index])
    return read


def _float(cell: Cell) -> float:
    try:
        return float(cell)
    except OverflowError:
        return math.inf
