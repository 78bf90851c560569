"""CSV as providers write it, dates first, as a table of text cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from adapters.provider_kit.parsing.documents import csv_lines
from adapters.provider_kit.parsing.tables import Table
from domain.errors import AnswerNotUnderstood, AnswerTruncated

_MARKUP = ("<", "{", "[")


def csv_table(text: str, *, missing: Collection[str] = (), padded: bool = False, day: Callable[[str], str] = str) -> Table:
    """
    Read a header and rows.

    Args:
        missing: the provider's words for a missing value.
        padded: whether cells may be wanting at the end of a row.
        day: turns the provider's way to write a date into ISO.

    Raises:
        AnswerNotUnderstood: it is no CSV with a line of names.
        AnswerTruncated: it ends inside a cell or a row.

    """
    names, rows = _lines(text)
    ended = text[-1] in "\r\n"
    if len(names) > 1 and not names[-1] and not any(row[-1] for row in rows if len(row) == len(names)):
        names, rows = names[:-1], [row[: len(names) - 1] for row in rows]
    if padded:
        whole = len(rows) if ended else len(rows) - 1
        rows = [row + [""] * (len(names) - len(row)) if i < whole else row for i, row in enumerate(rows)]
    cells = [[day(row[0]), *("" if cell in missing else cell for cell in row[1:])] for row in rows]
    return Table(names=tuple(names), rows=cells, as_text=True, ended=ended)


def _lines(text: str) -> tuple[list[str], list[list[str]]]:
    if text.lstrip().startswith(_MARKUP):
        raise AnswerNotUnderstood(f"The answer is {'a page or XML' if text.lstrip()[0] == '<' else 'JSON'} where CSV must be.")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    names, *rows = map(_stripped, csv_lines(text, delimiter))
    if len(names) == 1 or not any(names) or names[0][:1].isdigit():
        raise AnswerNotUnderstood("The answer is text, but no CSV with a line of column names.")
    if not rows and text[-1] not in "\r\n":
        raise AnswerTruncated("The answer is CSV that ends inside its line of column names.")
    return names, rows


def _stripped(line: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in line]
