"""Rows laid out within a width, no word of them cut: in columns, or each as a paragraph where the columns do not fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

_GAP = 2
_INDENT = " " * _GAP
_RUN = re.compile(r"\s+|\S+")
#: A wrapped column is as wide as its longest word, but need not be wider than this; where columns can be left out, it is wider.
_LONGEST_WORD, _COMFORTABLE = 16, 24
#: A longer sentence at the end of a row stands below it, unless so large a part of the width is left for it.
_LINES_IN_ROW, _READABLE = 2, 0.6

Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    What may be done to columns so that they fit; columns are named by their headings.

    Attributes:
        right: aligned right.
        wraps: their cells may be broken between words; all others stay whole.
        spare: left out if need be, the first one first.
        has_heading: whether the headings are shown.

    """

    headings: Row
    right: Collection[str] = ()
    wraps: Collection[str] = ()
    spare: Sequence[str] = ()
    has_heading: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """Lines, how many of them are headings, and the headings of the columns left out."""

    lines: Sequence[str]
    heading_lines: int = 0
    left_out: Sequence[str] = ()


def lay_out(columns: Columns, rows: Sequence[Row], width: int | None) -> Layout:
    """
    Lay out rows so that no line is wider than ``width``, but for single words that are; without a width as one line for each row.

    A first cell that takes more than half of the width stands on a line of its own, as does a word that is wider than its column; a
    longer sentence in a narrow last column stands below its row.
    """
    if width is None:
        return _table(columns, rows, _natural(columns, rows), None)
    for count in range(len(columns.spare) + 1):
        dropped = columns.spare[:count]
        kept = [place for place, heading in enumerate(columns.headings) if heading not in dropped]
        narrowed = replace(columns, headings=[columns.headings[place] for place in kept])
        part = [[row[place] for place in kept] for row in rows]
        widths = _fitting(narrowed, part, width, 0 if count == len(columns.spare) else _COMFORTABLE)
        if widths:
            return replace(_table(narrowed, part, widths, width), left_out=dropped)
    return Layout([line for row in rows for line in _paragraph(columns.headings, row, width)])


def wrap(text: str, width: int) -> list[str]:
    """Break a text between words into lines of at most so many cells of a terminal; longer words stay whole."""
    from rich.cells import cell_len

    lines, gap = [""], ""
    for run in _RUN.findall(text):
        if run.isspace():
            gap = run
            continue
        longer = f"{lines[-1]}{gap}{run}"
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(run)
    return [line for line in lines if line.strip()]


def _natural(columns: Columns, rows: Sequence[Row]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, cells), default=0) for cells in _by_column(columns, rows)]


def _by_column(columns: Columns, rows: Sequence[Row]) -> list[list[str]]:
    headings = columns.headings
    return [[*([heading] if columns.has_heading else []), *(row[place] for row in rows)] for place, heading in enumerate(headings)]


def _fitting(columns: Columns, rows: Sequence[Row], width: int, wrapped: int) -> list[int]:
    """
    Return the width of each column so that all fit; nothing if they cannot. Headings are broken between words before anything else.

    Args:
        wrapped: how wide a wrapped column with as much in it is at least, if its words are shorter.

    """
    widths = _natural(columns, rows)
    room = width - _GAP * (len(widths) - 1)
    if sum(widths) <= room:
        return widths
    cells = _by_column(columns, rows)
    if columns.has_heading:
        headless = _natural(replace(columns, has_heading=False), rows)
        widths = [max(wide, _longest_word(heading)) for wide, heading in zip(headless, columns.headings, strict=True)]
    widths[0] = _key_width(cells[0], min(widths[0], width // 2))
    places = [place for place, heading in enumerate(columns.headings) if heading in columns.wraps and place]
    least = {place: min(widths[place], max(wrapped, *map(_longest_word, cells[place]))) for place in places}
    room -= sum(wide for place, wide in enumerate(widths) if place not in least)
    if room < sum(least.values()):
        return []
    for place in places:
        others = sum(least[other] for other in places if other > place)
        widths[place] = min(widths[place], room - others)
        room -= widths[place]
    return widths


def _key_width(cells: Sequence[str], most: int) -> int:
    from rich.cells import cell_len

    return max((length for length in map(cell_len, cells) if length <= most), default=0)


def _longest_word(text: str) -> int:
    from rich.cells import cell_len

    return min(_LONGEST_WORD, max(map(cell_len, text.split()), default=0))


def _table(columns: Columns, rows: Sequence[Row], widths: Sequence[int], width: int | None) -> Layout:
    right = [heading in columns.right for heading in columns.headings]
    heading = list(_lines(columns.headings, widths, right, width)) if columns.has_heading else []
    is_narrow = width is not None and columns.headings[-1] in columns.wraps and widths[-1] < _READABLE * width
    lines = list(heading)
    for row in rows:
        sentence = row[-1] if is_narrow and len(wrap(row[-1], widths[-1])) > _LINES_IN_ROW else ""
        lines += _lines([*row[:-1], ""] if sentence else row, widths, right, width)
        lines += [_INDENT + line for line in wrap(sentence, (width or 0) - _GAP)]
    return Layout(lines, len(heading))


def _lines(row: Row, widths: Sequence[int], right: Sequence[bool], width: int | None) -> Iterator[str]:
    from rich.cells import cell_len, set_cell_size

    def aligned(text: str, wide: int, to_the_right: bool) -> str:  # noqa: FBT001 - mapped over columns
        return " " * (wide - cell_len(text)) + text if to_the_right else set_cell_size(text, wide)

    key, *others = row
    if cell_len(key) > widths[0]:
        yield key.rstrip()
        key = ""
    cells = [[text] if cell_len(text) <= wide else wrap(text.strip(), wide) for text, wide in zip([key, *others], widths, strict=True)]
    too_long = [any(cell_len(line) > wide for line in cell) for cell, wide in zip(cells, widths, strict=True)]
    cells = [[] if longer else cell for cell, longer in zip(cells, too_long, strict=True)]
    for number in range(max(map(len, cells))):
        parts = [cell[number] if number < len(cell) else "" for cell in cells]
        yield (" " * _GAP).join(map(aligned, parts, widths, right)).rstrip()
    for text, longer in zip(row, too_long, strict=True):
        yield from (_INDENT + line for line in (wrap(text, (width or 0) - _GAP) if longer else ()))


def _paragraph(headings: Row, row: Row, width: int) -> Iterator[str]:
    key, *values = row
    longest = min(max(map(len, headings[1:]), default=0), width // 3)
    yield key
    for heading, value in zip(headings[1:], values, strict=True):
        lines = wrap(value, width - longest - 2 * _GAP)
        if lines and len(heading) > longest:
            yield from (_INDENT + line for line in wrap(heading, width - _GAP))
            heading = ""  # noqa: PLW2901 - it stands above
        for number, line in enumerate(lines):
            yield f"{_INDENT}{'' if number else heading:<{longest}}{_INDENT}{line}"
