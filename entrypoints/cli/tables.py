"""Output as text and JSON: tables, which wrap on a terminal only, times in UTC, numbers."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from textwrap import wrap
from typing import Any

import click

from domain.controls import escape_controls_in_json

_WIDE = 100_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LINE = 80


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[str] = ()) -> None:
    """
    Print rows in aligned columns.

    Args:
        headings: of the columns; if empty, no header is printed.
        right: headings of the columns to align right.

    """
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else _WIDE)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(headings))
    for heading in headings:
        table.add_column(printable(heading), overflow="fold", justify="right" if heading in right else "left")
    for row in rows:
        table.add_row(*map(printable, row))
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_paragraph(text: str, *, indent: int = 0) -> None:
    """Print a text in lines of at most 80 characters, but for longer words; an empty one is no line."""
    for line in wrap(printable(text), _LINE - indent, break_long_words=False, break_on_hyphens=False):
        click.echo(" " * indent + line)


def printable(text: str) -> str:
    """Replace control characters by spaces: providers' texts may contain line breaks and terminal codes."""
    return "".join(character if character.isprintable() else " " for character in text)


def print_json(document: Any) -> None:
    """Print a line of JSON with control characters escaped."""
    from entrypoints.formats import encode

    line = escape_controls_in_json(encode(document).decode())
    # JSON is UTF-8, whatever the terminal is; ASCII is both.
    is_utf8 = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    click.echo(line if is_utf8 else _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], line))


def when(moment: date | None) -> str:
    """Return a date, or a time in UTC, in ISO 8601; an empty text for None."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return moment.isoformat() if moment else ""


def number(value: float | None) -> str:
    """Return a value with all its digits; an empty text for None."""
    return "" if value is None else repr(value).removesuffix(".0")
