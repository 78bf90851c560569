"""
Size limits of answers in every format, and the checks of a body before it is parsed.

Counting bytes, brackets and lines is cheap, and memory then grows no faster than the body. A parser that makes more cells than are
written, such as a cell in each row for every name in any row, checks these limits before it makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from domain.errors import AnswerNotUnderstood, AnswerTooLarge

_SLICE = 256 * 1024
_NO_SIGNS = bytes(set(range(256)) - set(b'[]{}"'))
_LEVELS = np.zeros(256, dtype=np.int8)
_LEVELS[list(b"[{")], _LEVELS[list(b"]}")] = 1, -1
_BOM = b"\xef\xbb\xbf"
_SEPARATORS = (b",", b";", b"\t")
_PACKED = (b"PAR1", b"PK\x03\x04", b"\x1f\x8b")
_THE_ANSWER = "The answer"


@dataclass(frozen=True, slots=True)
class Bound:
    """The largest count of something in an answer."""

    most: int
    what: str

    def check(self, count: int, whose: str = _THE_ANSWER, *, hint: str = "") -> None:
        """Raise AnswerTooLarge if there are more."""
        if count > self.most:
            raise AnswerTooLarge(f"{whose} has more than {self.most} {self.what}.", hint=hint)


@dataclass(frozen=True, slots=True)
class Size:
    """The largest size in bytes."""

    most: int

    def check(self, size: int, whose: str = _THE_ANSWER, *, does: str = "is larger", hint: str = "") -> None:
        """Raise AnswerTooLarge if it is larger."""
        if size > self.most:
            raise AnswerTooLarge(f"{whose} {does} than {self.most // 1024**2} MiB.", hint=hint)


#: One body over HTTP, and what a ZIP archive unpacks to; all bodies of one fetch; one file.
BODY, FETCH, FILE = Size(32 * 1024**2), Size(64 * 1024**2), Size(128 * 1024**2)
PAGES = Bound(200, "pages")
ROWS = Bound(2_000_000, "rows")
COLUMNS = Bound(20_000, "columns")
CELLS = Bound(20_000_000, "cells")
#: Of all vintages of a series in one answer, which repeat each other.
VINTAGE_CELLS = Bound(50_000_000, "cells in its vintages")
VINTAGE_ROWS = Bound(1_000_000_000, "rows times vintages")
SERIES = Bound(100_000, "series")
OBSERVATIONS = Bound(2_000_000, "observations")
#: Of one series, and of all series of an answer together.
NAMES, NAMED = Bound(256, "dimensions and attributes in a series"), Bound(6_000_000, "values of dimensions and attributes")
GROUPS = Bound(256, "kinds of groups of series")
#: Most characters of a period or of the name of a dimension.
LONGEST_NAME = 100
_LONGEST_NAMES = 4_000
DEPTH = 32


def check_body(body: bytes, whose: str = _THE_ANSWER) -> None:
    """
    Check that no parser needs too much memory or depth for a body.

    Raises:
        AnswerTooLarge, AnswerNotUnderstood: it is too large, or nested too deeply.

    """
    FILE.check(len(body), whose)
    start = body[:64].removeprefix(_BOM).lstrip()[:1]
    if start in (b"{", b"["):
        _check_json(body, whose)
    elif start == b"<":
        ROWS.check(body.count(b"<") // 2, whose)
    elif not body.startswith(_PACKED):
        rows = max(body.count(b"\n"), body.count(b"\r"))
        ROWS.check(rows, whose)
        check_table(_columns(body), rows, whose)


def check_table(columns: int, rows: int, whose: str = _THE_ANSWER) -> None:
    """Raise AnswerTooLarge if a table has too many columns or cells."""
    COLUMNS.check(columns, whose)
    CELLS.check(columns * rows, whose)


def names_of(records: Collection[Iterable[str]], whose: str = _THE_ANSWER) -> list[str]:
    """Return the names in all records, in order; raises AnswerTooLarge if a table of them would be too large."""
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        COLUMNS.check(len(names), whose)
    check_table(len(names), len(records), whose)
    return list(names)


def names_are_short(names: Iterable[str]) -> bool:
    """Return whether the names of an element are short enough together to be remembered."""
    return sum(map(len, names)) <= _LONGEST_NAMES


def _columns(body: bytes) -> int:
    """Count the columns in the first line that is not empty."""
    begin = len(body) - len(body.lstrip(b"\xef\xbb\xbf\r\n"))
    end = min((at for at in (body.find(b"\n", begin), body.find(b"\r", begin)) if at >= 0), default=len(body))
    return max(body.count(separator, begin, end) for separator in _SEPARATORS) + 1


def closes(body: bytes) -> bool:
    """Return whether the last bracket of a JSON body closes the first."""
    return body.rstrip()[-1:] in (b"}", b"]") and [*_levels(body)][-1][1] == 0


def _check_json(body: bytes, whose: str) -> None:
    if len(body) > 2 * CELLS.most:
        CELLS.check(body.count(b","), whose)
    rows = 0
    for highest, _, begun in _levels(body):
        rows += begun
        ROWS.check(rows, whose)
        if highest > DEPTH:
            raise AnswerNotUnderstood(f"{whose} is nested deeper than {DEPTH} levels.")


def _levels(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield for each slice of JSON, to save memory: its deepest level, its last level, the number of opening brackets."""
    level, inside, escaped = 0, False, 0
    for at in range(0, len(body), _SLICE):
        piece = body[at + escaped : at + _SLICE]
        escaped = (len(piece) - len(piece.rstrip(b"\\"))) % 2
        if b"\\" in piece:
            piece = piece.replace(rb"\\", b"").replace(rb"\"", b"")
        signs = np.frombuffer(piece.translate(None, _NO_SIGNS) or b" ", dtype=np.uint8)
        steps = _LEVELS[signs]
        in_text = np.logical_xor.accumulate(signs == ord('"')) ^ inside
        levels = level + np.cumsum(np.where(in_text, 0, steps), dtype=np.int32)
        level, inside = int(levels[-1]), bool(in_text[-1])
        # Inside an unfinished string the last level is not final.
        yield int(levels.max()), level + inside, int(np.count_nonzero(steps > 0))
