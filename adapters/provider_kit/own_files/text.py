"""Text as rows of cells: encoding, delimiter and quotes, lines that are remarks."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import islice

from adapters.provider_kit.own_files.date_cells import read_loosely
from adapters.provider_kit.own_files.grid import HEAD, Grid, Row, quoted, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.bodies import marked
from adapters.provider_kit.parsing.limits import ROWS, check_table

#: Signs of two bytes or more in UTF-8, and bytes that can be none.
_UTF8, _NO_UTF8 = re.compile(rb"[\xc3-\xf4][\x80-\xbf]{1,3}"), re.compile(rb"[\xc0-\xff](?![\x80-\xbf])|(?<![\x80-\xff])[\x80-\xbf]")
#: What stands in no word of the West: four letters with marks in a row, or a sign within a word.
_UNLIKE_WESTERN = re.compile(r"[^\W\d_a-zA-Z]{4}|[a-zà-ÿ][¹³¤¦¬±¼½¾¿¡][a-zà-ÿ]|[^\W\d_][‚„†‡•‰][^\W\d_]|œæ|æœ|œê")
_DELIMITERS = ",;\t|"
_SAMPLE, _SAMPLE_SIGNS = 200, 200_000
_BLANKS = " "
_SEP = re.compile(r"sep=(.)", re.IGNORECASE)
_EUROSTAT = re.compile(r"(?:.{0,200})\\(?:TIME_PERIOD|time)", re.IGNORECASE)
_FLAGGED = re.compile(r"([-+0-9.eE]{1,40}|:) ?[a-z]{1,4}")


def read_text(body: bytes, name: str, options: FileOptions) -> Grid:
    """
    Return text as rows of cells.

    Raises:
        AnswerNotUnderstood: its encoding is unknown, quotes do not close, or no delimiter parts its lines; names row and option.
        AnswerTooLarge: it has too many rows, columns or cells.

    """
    text = _decode(body, name, options.encoding)
    first, _, below = text.partition("\n")
    separator = _SEP.fullmatch(first.strip("\r\ufeff "))
    if separator:
        text = "\n" + below
    delimiter = options.delimiter or (separator[1] if separator else "") or _delimiter(text)
    rest = _rows(text, delimiter, name)
    rows = list(islice(rest, HEAD))
    if rows and rows[0].cells and _EUROSTAT.fullmatch(rows[0].cells[0]):
        rows, rest = [rows[0], *map(_without_flags, rows[1:])], map(_without_flags, rest)
    return Grid(name=name, rows=rows, rest=rest, delimiter=delimiter)


def _decode(body: bytes, name: str, encoding: str) -> str:
    """Return a body as text: by the mark at its beginning, as it is declared, else in UTF-8, else in Windows' Western encoding."""
    known = marked(body) or encoding
    if known:
        return _decoded(body, known, name)
    if body[:_SAMPLE].count(0) > len(body[:_SAMPLE]) // 4:
        raise refused(name, "every second byte is zero, as in UTF-16 without a mark", "encoding")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as exc:
        if len(_UTF8.findall(body[:_SAMPLE_SIGNS])) > len(_NO_UTF8.findall(body[:_SAMPLE_SIGNS])):
            return _decoded(body, "utf-8", name)
        text = _decoded(body, "cp1252", name)
        odd = _UNLIKE_WESTERN.search(text, 0, _SAMPLE_SIGNS)
        if odd:
            shown, row = text[max(0, odd.start() - 5) : odd.end() + 5], 1 + text.count("\n", 0, odd.start())
            raise refused(name, f"row {row} is text in an encoding that nothing names: {quoted(shown)} in cp1252", "encoding") from exc
        return text


def _decoded(body: bytes, encoding: str, name: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as exc:
        row = body.count(b"\n", 0, exc.start) + 1
        shown = body[max(0, exc.start - 10) : exc.end + 10]
        raise refused(name, f"row {row} is not text in {encoding}: {quoted(shown)}", "encoding") from exc
    except LookupError as exc:
        raise refused(name, f"option encoding: there is no encoding {quoted(encoding)}") from exc


def _without_flags(row: Row) -> Row:
    """Return a row of Eurostat's without the letters behind its numbers."""
    return Row(row.number, [match[1] if (match := _FLAGGED.fullmatch(cell)) else cell for cell in row.cells])


def _rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    columns, lines = 0, _lines(text, delimiter)
    for count in itertools.count(1):
        try:
            row = next(lines, None)
        except csv.Error as exc:
            raise refused(name, f"it is not CSV at {exc}", "delimiter") from exc
        if row is None:
            return
        columns = max(columns, len(row.cells))
        if count % 1000 == 1:
            ROWS.check(count, name)
            check_table(columns, count, name)
        if not _is_remark(row.cells):
            yield row


def _lines(text: str, delimiter: str) -> Iterator[Row]:
    if delimiter == _BLANKS:
        yield from (Row(number, line.split()) for number, line in enumerate(text.splitlines(), 1))
        return
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t")
    number = 1
    try:
        for cells in reader:
            yield Row(number, list(map(str.strip, cells)))
            number = reader.line_num + 1
    except csv.Error as exc:
        raise csv.Error(f"row {number}: {exc}") from exc


def _is_remark(cells: Sequence[str]) -> bool:
    """Return whether a line begins with #, but not with Excel's word for a missing value."""
    return bool(cells) and cells[0].startswith("#") and cells[0].casefold() not in ("#n/a", "#")


def _delimiter(text: str) -> str:
    """Return the delimiter under which most lines of one length hold a date, else the one that parts most lines alike."""
    sample = text[:_SAMPLE_SIGNS]
    return max(_DELIMITERS, key=lambda delimiter: _score(sample, delimiter))


def _score(sample: str, delimiter: str) -> tuple[int, int, int]:
    rows: list[Row] = []
    try:
        for row in islice(_lines(sample, delimiter), _SAMPLE):
            if row.end > 1:
                rows.append(row)  # noqa: PERF401 - what came before an error counts
    except csv.Error:
        pass
    if not rows:
        return (0, 0, 0)
    width, count = max(Counter(row.end for row in rows).items(), key=lambda item: (item[1], item[0]))
    dated = sum(min(2, sum(read_loosely(cell) is not None for cell in row.cells)) for row in rows)
    return (dated, count, width)
