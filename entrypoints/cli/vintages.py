"""``lanner vintages`` and ``lanner revisions``: what was known when, and what changed in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from uuid import UUID

    from domain.observations import Observations
    from domain.revisions import Revision
    from domain.use_cases.compare_vintages import Comparison
    from domain.use_cases.list_vintages import ListVintages
    from domain.vintages import Vintage
    from entrypoints.cli.session import Session

_CODE = click.argument("code")
_PROVIDER = click.option("--provider", help="The provider, if it is not the one that serves the code.")
_COLUMNS = ("vintage", "published", "known at", "fetched at", "rows", "first", "last", "added", "changed", "deleted")
_NUMBERS = ("vintage", "rows", "added", "changed", "deleted")


@click.command
@_CODE
@_PROVIDER
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many, the last that arrived.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one vintage a line."
)
@click.pass_obj
def vintages(session: Session, *, code: str, provider: str | None, limit: int, form: str) -> None:
    """List the vintages of a series in order of arrival."""
    from entrypoints.cli.references import find_series
    from entrypoints.cli.tables import print_json, print_table

    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    last: deque[Vintage] = deque(maxlen=limit)
    count = 0
    for vintage in _all(use_cases.list_vintages, series.id):
        last.append(vintage)
        count += 1
    if form == "json":
        for vintage in last:
            print_json(_document(vintage))
    else:
        click.echo(f"{series.provider}:{series.code}, {count} vintage{'' if count == 1 else 's'}\n")
        print_table(_COLUMNS, map(_row, last), right=_NUMBERS)
    if count > limit:
        click.echo(f"There are {count}; --limit shows more.", err=True)


def _all(list_vintages: ListVintages, series_id: UUID) -> Iterator[Vintage]:
    after: int | None = 0
    while after is not None:
        page = list_vintages(series_id, after=after)
        yield from page.items
        after = page.next


def _row(vintage: Vintage) -> tuple[str, ...]:
    from entrypoints.cli.tables import when

    moments = (vintage.published, vintage.known_at, vintage.fetched_at)
    counts = (vintage.added, vintage.changed, vintage.deleted)
    return (
        str(vintage.number),
        *map(when, moments),
        str(vintage.rows),
        when(vintage.first),
        when(vintage.last),
        *map(str, counts),
    )


def _document(vintage: Vintage) -> dict[str, Any]:
    return {
        "number": vintage.number,
        "published": vintage.published,
        "known_at": vintage.known_at,
        "fetched_at": vintage.fetched_at,
        "rows": vintage.rows,
        "first_date": vintage.first,
        "last_date": vintage.last,
        "added": vintage.added,
        "changed": vintage.changed,
        "deleted": vintage.deleted,
        "digest": vintage.digest,
        "cause": vintage.cause,
        "origin": vintage.origin,
        "fetch_id": vintage.fetch_id,
    }


@click.command
@_CODE
@_PROVIDER
@click.option("--from", "before", help="The earlier state: a vintage's number, a day or a moment.  [default: the one known just before]")
@click.option("--to", "after", help="The later state, likewise.  [default: the newest]")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many lines of the table.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: all in one line.")
@click.pass_obj
def revisions(  # noqa: PLR0913 - the command's options
    session: Session, *, code: str, provider: str | None, before: str | None, after: str | None, limit: int, form: str
) -> None:
    """Compare two states of a series, value by value."""
    from domain.vintages import AsOf
    from entrypoints.cli.references import explaining_absence, find_series
    from entrypoints.cli.tables import print_json

    earlier = AsOf.named(before, field="from") if before else None
    later = AsOf.named(after, field="to") if after else AsOf()
    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    with explaining_absence(series):
        comparison = use_cases.compare_vintages(series.id, earlier, later)
    if form == "json":
        print_json(_compared(comparison))
    else:
        _print_comparison(comparison, limit)


def _compared(comparison: Comparison) -> dict[str, Any]:
    from entrypoints.cli.showing import identity
    from entrypoints.formats import table

    revision = comparison.revision
    return {
        "series": identity(comparison.series),
        "from": _document(comparison.before),
        "to": _document(comparison.after),
        "added": table(revision.added),
        "changed": revision.changed,
        "deleted": table(revision.deleted),
        "columns_added": revision.columns_added,
        "columns_removed": revision.columns_removed,
    }


def _print_comparison(comparison: Comparison, limit: int) -> None:
    from entrypoints.cli.tables import print_table, printable, when

    revision, states = comparison.revision, (comparison.before, comparison.after)
    known = [f"vintage {state.number}, known at {when(state.known_at)}" for state in states]
    click.echo(f"{comparison.series.provider}:{comparison.series.code}")
    click.echo(f"from {known[0]}, to {known[1]}")
    click.echo(f"dates added: {len(revision.added)}, values changed: {len(revision.changed)}, dates deleted: {len(revision.deleted)}")
    for verb, names in (("added", revision.columns_added), ("removed", revision.columns_removed)):
        if names:
            click.echo(printable(f"columns {verb}: {', '.join(names)}"))
    lines = sorted(_lines(revision), key=lambda line: line[1])
    if lines:
        click.echo()
        print_table(("", "date", "column", "old", "new"), lines[-limit:], right=("old", "new"))
    if len(lines) > limit:
        click.echo(f"and {len(lines) - limit} earlier lines: --limit shows more")


def _lines(revision: Revision) -> Iterator[tuple[str, ...]]:
    from entrypoints.cli.tables import number, when

    for date, column, value in _cells(revision.deleted):
        yield "deleted", date, column, value, ""
    for change in revision.changed:
        yield "changed", when(change.date), change.column, number(change.old), number(change.new)
    for date, column, value in _cells(revision.added):
        yield "added", date, column, "", value


def _cells(observations: Observations) -> Iterator[tuple[str, str, str]]:
    from entrypoints.cli.tables import number, when

    for moment, values in observations.rows():
        for column, value in zip(observations.columns, values, strict=True):
            yield when(moment), column, number(value)
