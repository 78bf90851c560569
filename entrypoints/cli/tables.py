"""Output as text and JSON: tables and sentences, which keep within the width of a terminal, times in UTC, numbers."""

from __future__ import annotations

import codecs
import json
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import click

from domain.controls import escape_controls_in_json

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LINE = 80


def print_table(  # noqa: PLR0913 - what may be done to columns
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Collection[str] = (),
    wraps: Collection[str] = (),
    spare: Sequence[str] = (),
    has_heading: bool = True,
) -> None:
    """
    Print rows in aligned columns, without a terminal each row as one line; nothing if there are none.

    Args:
        headings: of the columns.
        right: headings of the columns to align right.
        wraps: headings of the columns whose cells a narrow terminal may break between words.
        spare: headings of the columns that a narrow terminal may do without, the first one first.
        has_heading: whether the headings are printed.

    """
    from entrypoints.cli.layout import Columns, lay_out

    names = [printable(heading) for heading in headings]
    cells = [[printable(cell) for cell in row] for row in rows]
    if not cells:
        return
    found = lay_out(Columns(headings=names, right=right, wraps=wraps, spare=spare, has_heading=has_heading), cells, terminal_width())
    for number, line in enumerate(found.lines):
        click.echo(click.style(line, bold=True) if number < found.heading_lines else line)
    if found.left_out:
        say(f"Not shown at this width: {', '.join(found.left_out)}.")


def say(text: str, *, err: bool = False) -> None:
    """Print a sentence: on a terminal in lines that fit, but for longer words, else in one line."""
    from entrypoints.cli.layout import wrap

    width = terminal_width(err=err)
    for line in [printable(text)] if width is None else wrap(printable(text), width):
        click.echo(line, err=err)


def print_paragraph(text: str, *, indent: int = 0) -> None:
    """Print a text in lines of at most 80 characters, or fewer on a narrow terminal, but for longer words; an empty one is no line."""
    from entrypoints.cli.layout import wrap

    width = min(_LINE, terminal_width() or _LINE)
    for line in wrap(printable(text), width - indent):
        click.echo(" " * indent + line)


def print_facts(title: str, facts: Mapping[str, str]) -> None:
    """Print a title and a line for each fact that is no empty text; on a terminal several where it is long."""
    from entrypoints.cli.layout import wrap

    click.echo(printable(title))
    width, indent = terminal_width(), max(map(len, facts), default=0) + 4
    for name, text in facts.items():
        lines = [printable(text)] if width is None else wrap(printable(text), width - indent)
        for number, line in enumerate(lines if text else ()):
            click.echo(f"{'' if number else f'  {name}':<{indent}}{line}")


def terminal_width(*, err: bool = False) -> int | None:
    """Return how many characters a line of the terminal has that is written to; None if it is none."""
    stream = sys.stderr if err else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else None


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
