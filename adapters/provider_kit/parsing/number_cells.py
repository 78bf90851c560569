"""Numbers in single cells: the marks that each admits, and what is missing."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

#: Marks of a missing value, in lower case.
MISSING = frozenset({"", "na", "n/a", "#n/a", "n.a.", "nd", "null", "none", "nan", "-", "--", "–", "—", "−", ".", "..", "...", "…", ":"})

Pair = tuple[str, str]
PAIRS: frozenset[Pair] = frozenset((decimal, mark) for decimal in ".," for mark in ("", ".", ",", " ", "'") if decimal != mark)
#: The last three digits are parted, and before them every two, as in 12,34,567.50.
INDIAN: Pair = (".", "2,")

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


def grouped(pair: Pair) -> str:
    """Return the pattern of a number in a pair of marks that begins with a digit."""
    decimal, thousands = map(re.escape, pair)
    groups = rf"[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})++|" if thousands else ""
    if pair == INDIAN:
        groups = "[1-9][0-9]?(?:,[0-9]{2}(?=,))*+,[0-9]{3}|"
    return rf"(?:{groups}[0-9]++)(?:{decimal}[0-9]*+)?"


_PATTERNS = {pair: re.compile(rf"{grouped(pair)}|{re.escape(pair[0])}[0-9]++") for pair in (*PAIRS, INDIAN)}


@dataclass(frozen=True, slots=True)
class Number:
    """
    A cell that is a number.

    Attributes:
        core: digits and marks.
        exponent: of ten.
        pairs: the (decimal, thousands) marks that it admits.
        unit: a percent or currency sign, or empty.
        scaled: whether K or M stands behind it.

    """

    core: str
    exponent: int
    is_negative: bool
    pairs: frozenset[Pair]
    unit: str
    scaled: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether it is zero under any marks."""
        return not self.core.strip("0.,' ")

    def value(self, pair: Pair) -> float:
        """Return the number under a pair of marks; infinite if no double is as large."""
        decimal, thousands = pair[0], pair[1][-1:]
        plain = self.core.replace(thousands, "") if thousands else self.core
        value = float(f"{plain.replace(decimal, '.')}e{self.exponent}" if self.exponent else plain.replace(decimal, "."))
        return -value if self.is_negative else value


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDialect:
    """
    What is missing and what is a number where that does not depend on the marks of a column.

    Attributes:
        missing: marks of a missing value, in lower case.
        scaled: whether a number may be written in thousands or millions, as 1.2K.
        pairs: the (decimal, thousands) marks that numbers may have.

    """

    missing: frozenset[str] = MISSING
    scaled: bool = False
    pairs: frozenset[Pair] = PAIRS

    @property
    def has_numerals(self) -> bool:
        """Whether a mark of a missing value may be a number, as -999."""
        return self.missing is not MISSING and any(char.isdecimal() for mark in self.missing for char in mark)

    def is_missing(self, cell: Any) -> bool:
        """Return whether a cell says that there is no value."""
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return True
        if isinstance(cell, str):
            return cell.strip().casefold() in self.missing
        return str(cell).casefold() in self.missing or (isinstance(cell, float) and cell.is_integer() and str(int(cell)) in self.missing)

    def number(self, text: str) -> Number | None:
        """Return the number that a text spells in any marks; None if it spells none."""
        found = _number(text) if len(text) <= _LONGEST else None
        return found if found and found.pairs & self.pairs and (self.scaled or not found.scaled) else None

    def is_number(self, cell: Any) -> bool:
        """Return whether a cell, as a whole, is a number in any marks."""
        return self.number(cell) is not None if isinstance(cell, str) else is_typed_number(cell)

    def read(self, cell: Any) -> float | None:
        """Return the number in a cell that stands alone, with no mark but a decimal point: NaN if it is missing, None if it is none."""
        if type(cell) is float and math.isfinite(cell):
            return cell
        is_plain = (cell.isascii() and "_" not in cell) if isinstance(cell, str) else is_typed_number(cell)
        try:
            number = float(cell) if is_plain else math.inf
        except (ValueError, OverflowError):
            number = math.inf
        if math.isfinite(number):
            return number
        return math.nan if self.is_missing(cell) else None


#: That of answers: the usual marks of missing values.
ANSWERS = NumberDialect()


@lru_cache(maxsize=8192)
def _number(text: str) -> Number | None:
    match = _NUMBER.fullmatch(with_usual_marks(text).strip())
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
    # One currency is written kr and kr., Fr and Fr., Rs and Rs.
    unit = "%" if match["percent"] else "".join(currencies).removesuffix(".")
    return Number(core, exponent, is_negative, pairs, unit, scaled=bool(match["scale"]))


def _pairs(core: str, *, may_group: bool) -> frozenset[Pair]:
    return _pairs_of_shape(core.translate(_SHAPE), may_group)


@lru_cache(maxsize=4096)
def _pairs_of_shape(core: str, may_group: bool) -> frozenset[Pair]:  # noqa: FBT001 - of a cached function
    return frozenset(pair for pair in _PATTERNS if (may_group or not pair[1]) and _PATTERNS[pair].fullmatch(core))


#: What a number's marks mean depends on where its zeros stand, but not on its other digits.
_SHAPE = str.maketrans("23456789", "1" * 8)


def with_usual_marks(text: str) -> str:
    """Return a text with a blank for each kind of space, and one sign for each kind of minus and apostrophe."""
    return _SPACES.sub(" ", text).translate(_MARKS)


def looks_like_number(text: str) -> bool:
    """Return whether a text that is no number of answers was meant as one: infinity, digits in other groups, thousands as 1.2K."""
    plain = with_usual_marks(text).strip() if len(text) <= _LONGEST else ""
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return plain.lstrip("+-").casefold() in ("inf", "infinity")
    return any(mark in match["core"] for mark in ",'") or ("." in match["core"] and bool(match["scale"]))


def is_typed_number(cell: Any) -> bool:
    """Return whether a cell that is no text is a number."""
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool) and cell == cell  # noqa: PLR0124 - NaN


def as_float(cell: Any) -> float:
    """Return a number as a float; an infinite one if no double is as large."""
    try:
        return float(cell)
    except OverflowError:
        return math.inf
