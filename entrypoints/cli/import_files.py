"""``lanner import``: import files of one's own, as series and their past vintages."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.file_options import read_options

if TYPE_CHECKING:
    from domain.importing import ImportedSeries, ImportRequest
    from entrypoints.cli.session import Session

#: A comma before another part; any other one belongs to a column's name.
_NEXT_PART = re.compile(",(?=(?:date|code|value|published)=)")


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path))
@click.option("--as", "database", required=True, metavar="DATABASE", help="The database code of the series.")
@click.option(
    "--layout",
    type=click.Choice(["wide", "long", "by-ticker"]),
    default="wide",
    show_default=True,
    help="A file is a series; or a row is a date of a series, with one column of numbers or with several.",
)
@click.option("--map", "columns", multiple=True, metavar="date=NAME,...", help="Which columns hold date, code, value and published.")
@click.option(
    "--published", type=click.Choice(["column", "filename", "mtime", "none"]), default=None, help="Where a file's own date stands."
)
@click.option("--into", metavar="PROVIDER", help="Add to the stored series of this provider.")
@click.option("--option", "options", metavar="NAME=JSON", multiple=True, help="How to read cells, as in lanner.toml; may be repeated.")
@click.option(
    "--allow", multiple=True, type=click.Choice(["shrink"]), help="Accept states with less than half of their neighbour's values."
)
@click.option("--dry-run", is_flag=True, help="Store nothing, and print what would be added.")
@click.pass_obj
def import_files(session: Session, /, *, allow: tuple[str, ...], dry_run: bool, **given: Any) -> None:
    """
    Import files as series, each file's states known since the file's date.

    PATH is a file, an archive, or a folder with all files in it. An import that was interrupted goes on when it is repeated.
    """
    from domain.fetches import Suspicion
    from entrypoints.cli.tables import say

    use_case = session.use_cases().import_files
    outcomes = use_case(_request(given), allow=frozenset(map(Suspicion, allow)), dry_run=dry_run)
    series = set[str]()
    vintages = rows = 0
    with _progress() as report:
        for each in outcomes:
            series.add(str(each.code))
            vintages, rows = vintages + each.vintages, rows + each.rows
            report(_line(each, dry_run=dry_run), len(series), rows)
    added = "would be added" if dry_run else "added"
    say(f"{len(series):,} series, {vintages:,} vintages {added}, {rows:,} rows.")


def _request(given: Mapping[str, Any]) -> ImportRequest:
    from domain.importing import IMPORT, ImportRequest

    return ImportRequest(
        paths=given["paths"],
        database=given["database"],
        layout=given["layout"],
        columns=read_columns(given["columns"]),
        published=given["published"] or "",
        provider=given["into"] or IMPORT,
        options=read_options(given["options"]),
    )


def read_columns(texts: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """Parse ``date=NAME,code=NAME``; a part may be repeated, for several columns."""
    found: dict[str, list[str]] = {}
    for part in (part for text in texts for part in _NEXT_PART.split(text)):
        role, equals, name = part.partition("=")
        if not (equals and name):
            raise click.BadParameter(f"{part!r} is not date=NAME, code=NAME, value=NAME or published=NAME.", param_hint="--map")
        found.setdefault(role.strip(), []).append(name)
    return found


def _line(each: ImportedSeries, *, dry_run: bool) -> str:
    from entrypoints.cli.tables import when

    name = f"{each.provider}:{each.code}"
    if not each.vintages:
        outcome = "unchanged"
    else:
        span = when(each.first) if each.first == each.last else f"{when(each.first)}..{when(each.last)}"
        would = "would be " if dry_run else ""
        outcome = f"{each.vintages} of {each.states} states {would}added, {each.rows} rows, known since {span}"
    given = f", {each.given} left out, since the provider gave their labels" if each.given else ""
    return f"{name}  {outcome}{given}"


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], object]]:
    """Yield what prints a line and reports the numbers of series and rows so far."""
    from entrypoints.cli.tables import say

    if not sys.stderr.isatty():
        yield lambda line, _series, _rows: say(line)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("reading", total=None)

        def report(line: str, series: int, rows: int) -> None:
            bar.stop()
            say(line)
            bar.update(task, description=f"{series:,} series, {rows:,} rows")
            bar.start()

        yield report
