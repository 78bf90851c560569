"""``lanner revisions``: what changed between two states of a series."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.observations import Observations
    from domain.revisions import Revision
    from domain.use_cases.compare_vintages import Comparison
    from entrypoints.cli.session import Session


@click.command
@click.argument("code")
@click.option("--provider", help="The provider, if not the one that the code is routed to.")
@click.option("--from", "before", help="The earlier state: a vintage's number, a date or a time.  [default: the previous vintage]")
@click.option("--to", "after", help="The later state, likewise.  [default: the newest vintage]")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The maximum number of lines of the table.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: all in one line.")
@click.pass_obj
def revisions(  # noqa: PLR0913 - the command's options
    session: Session, *, code: str, provider: str | None, before: str | None, after: str | None, limit: int, form: str
) -> None:
    """Compare two states of a series, value by value."""
    from domain.moments import AsOf
    from entrypoints.cli.references import explain_missing_observations, find_series
    from entrypoints.cli.tables import print_json

    earlier = AsOf.named(before, field="from") if before else None
    later = AsOf.named(after, field="to") if after else AsOf()
    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    with explain_missing_observations(series):
        comparison = use_cases.compare_vintages(series.id, earlier, later)
    if form == "json":
        print_json(_document(comparison))
    else:
        _print_comparison(comparison, limit)


def _document(comparison: Comparison) -> dict[str, Any]:
    from entrypoints.cli.series_output import identity, vintage_document
    from entrypoints.formats import table

    revision = comparison.revision
    return {
        "series": identity(comparison.series),
        "from": vintage_document(comparison.before),
        "to": vintage_document(comparison.after),
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
