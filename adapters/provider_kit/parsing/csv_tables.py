"""CSV of providers as tables of text."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from adapters.provider_kit.parsing.limits import check_table
from adapters.provider_kit.parsing.number_cells import ANSWERS, NumberDialect
from adapters.provider_kit.parsing.tables import Table
from domain.errors import AnswerNotUnderstood, AnswerTruncated

_MARKUP = ("<", "{", "[")


def delimiter_in(line: str) -> str:
    """Return the most frequent separator in a header: comma, semicolon or tab."""
    return max(",;\t", key=line.count)


def csv_lines(text: str, delimiter: str = ",") -> list[list[str]]:
    """Read the lines of CSV that are not empty; raises as ``read_csv``."""
    try:
        lines = [line for line in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True) if line]
    except csv.Error as exc:
        if "unexpected end" in str(exc):
            raise AnswerTruncated("The answer is CSV that ends inside quotes.") from exc
        raise AnswerNotUnderstood(f"The answer is not CSV: {exc}.") from exc
    check_table(len(lines[0]), len(lines))
    return lines


def read_csv(text: str, dialect: NumberDialect = ANSWERS) -> Table:
    """
    Read CSV with commas and a header.

    Raises:
        AnswerNotUnderstood: it is no CSV.
        AnswerTruncated: it ends inside quotes.

    """
    names, *rows = csv_lines(text)
    return Table(names=tuple(map(str.strip, names)), rows=rows, dialect=dialect, decimals=".", ended=text[-1] in "\r\n")


def read_loose_csv(text: str, dialect: NumberDialect = ANSWERS, *, padded: bool = False, days: Collection[str] = ()) -> Table:
    """
    Read a text that may not be CSV, with any delimiter, blanks around cells, perhaps an empty last column; dates first.

    Args:
        padded: whether cells may be absent at the end of a row.
        days: the formats of the dates for ``strptime``, besides ISO.

    Raises:
        AnswerNotUnderstood: it is no CSV with a header.
        AnswerTruncated: it ends inside a cell or a row.

    """
    delimiter, names, rows = _lines(text)
    ended = text[-1] in "\r\n"
    if len(names) > 1 and not names[-1] and not any(row[-1] for row in rows if len(row) == len(names)):
        names, rows = names[:-1], [row[: len(names) - 1] for row in rows]
    if padded:
        whole = len(rows) if ended else len(rows) - 1
        rows = [row + [""] * (len(names) - len(row)) if i < whole else row for i, row in enumerate(rows)]
    if days:
        rows = [[_iso(row[0], days), *row[1:]] for row in rows]
    return Table(names=tuple(names), rows=rows, dialect=dialect, decimals="." if delimiter == "," else "", ended=ended)


def rows_of(table: Table) -> Iterator[Sequence[Any]]:
    """
    Yield a table's rows.

    Raises:
        AnswerNotUnderstood: a row has more or fewer cells than the header.
        AnswerTruncated: that row is the last and is not terminated.

    """
    for row, cells in enumerate(table.rows):
        if len(cells) != len(table.names):
            raise table.fault(row, f"{len(cells)} cells stand under {len(table.names)} column names")
        yield cells


def _lines(text: str) -> tuple[str, list[str], list[list[str]]]:
    if text.lstrip().startswith(_MARKUP):
        raise AnswerNotUnderstood(f"The answer is {'a page or XML' if text.lstrip()[0] == '<' else 'JSON'} where CSV must be.")
    delimiter = delimiter_in(text.lstrip().partition("\n")[0])
    names, *rows = [[cell.strip() for cell in line] for line in csv_lines(text, delimiter)]
    if len(names) == 1 or not any(names) or names[0][:1].isdigit():
        raise AnswerNotUnderstood("The answer is text, but no CSV with a line of column names.")
    if not rows and text[-1] not in "\r\n":
        raise AnswerTruncated("The answer is CSV that ends inside its line of column names.")
    return delimiter, names, rows


def _iso(cell: str, forms: Collection[str]) -> str:
    for form in forms:
        try:
            return datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
    return cell
