"""
What an answer may hold, whatever its format: all the bounds there are, and the count of a body before any parser takes it.

A count of bytes, signs and lines costs next to nothing; what it lets pass grows with the body and no faster. What a parser makes more
of than is written, such as a row with a cell for each name that any other row has, it counts by these bounds before it makes it.
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
    """How many of something an answer may hold."""

    most: int
    what: str

    def check(self, count: int, whose: str = _THE_ANSWER, *, hint: str = "") -> None:
        """Raise AnswerTooLarge where there are more."""
        if count > self.most:
            raise AnswerTooLarge(f"{whose} has more than {self.most} {self.what}.", hint=hint)


@dataclass(frozen=True, slots=True)
class Size:
    """How many bytes something may have."""

    most: int

    def check(self, size: int, whose: str = _THE_ANSWER, *, does: str = "is larger", hint: str = "") -> None:
        """Raise AnswerTooLarge where it has more."""
        if size > self.most:
            raise AnswerTooLarge(f"{whose} {does} than {self.most // 1024**2} MiB.", hint=hint)


#: One body over HTTP, and what a ZIP archive unpacks to; all bodies of one fetch; one file.
BODY, FETCH, FILE = Size(32 * 1024**2), Size(64 * 1024**2), Size(128 * 1024**2)
PAGES = Bound(200, "pages")
ROWS = Bound(2_000_000, "rows")
COLUMNS = Bound(20_000, "columns")
CELLS = Bound(20_000_000, "cells")
#: Of all states that an answer gives of a series, which repeat each other.
VINTAGE_CELLS = Bound(50_000_000, "cells in its vintages")
VINTAGE_ROWS = Bound(1_000_000_000, "rows times vintages")
SERIES = Bound(100_000, "series")
OBSERVATIONS = Bound(2_000_000, "observations")
#: Of one series, and of all series together as often as they are named.
NAMES, NAMED = Bound(256, "dimensions and attributes in a series"), Bound(6_000_000, "values of dimensions and attributes")
#: A text of more signs is no period, and no name of a dimension.
LONGEST_NAME = 100
DEPTH = 32


def check_body(body: bytes, whose: str = _THE_ANSWER) -> None:
    """
    Make sure that a body takes no more memory or nesting than a series needs, whatever reads it.

    Raises:
        AnswerTooLarge, AnswerNotUnderstood: it would.

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
    """Raise AnswerTooLarge where a table would have too many columns or cells."""
    COLUMNS.check(columns, whose)
    CELLS.check(columns * rows, whose)


def names_of(records: Collection[Iterable[str]], whose: str = _THE_ANSWER) -> list[str]:
    """Return the names that any of some records has, in order; raises AnswerTooLarge where a table of them would be too large."""
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        COLUMNS.check(len(names), whose)
    check_table(len(names), len(records), whose)
    return list(names)


def _columns(body: bytes) -> int:
    """Count what the first line that holds anything is parted into."""
    begin = len(body) - len(body.lstrip(b"\xef\xbb\xbf\r\n"))
    end = min((at for at in (body.find(b"\n", begin), body.find(b"\r", begin)) if at >= 0), default=len(body))
    return max(body.count(separator, begin, end) for separator in _SEPARATORS) + 1


def closes(body: bytes) -> bool:
    """Return whether the last bracket of a body of JSON closes the first one."""
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
    """Go through JSON slice by slice, so that it takes little memory: the highest level, the last one, the brackets that open."""
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
        # Within a text that does not end, no level is the last one.
        yield int(levels.max()), level + inside, int(np.count_nonzero(steps > 0))
