"""``lanner revisions``: what changed between two states of a series, all its releases, and their statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

if TYPE_CHECKING:
    from domain.observations import Observations
    from domain.revisions import Revision
    from domain.use_cases import UseCases
    from domain.use_cases.compare_vintages import Comparison
    from entrypoints.cli.session import Session

    #: A JSON document, and what prints the same as a table.
    Shown = tuple[dict[str, Any], Callable[[], None]]
    Show = Callable[[UseCases, UUID], Shown]

_LINES, _MOST_RELEASES = 100, 100
_PARTS = ("column", "start", "end", "transform")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "": ("before", "after", "limit"),
    "triangle": (*_PARTS, "limit"),
    "statistics": (*_PARTS, "first", "final", "exclude_shifts"),
}


@click.command
@click.argument("code")
@click.option("--provider", help="The provider, if not the one that the code is routed to.")
@click.option("--from", "before", help="The earlier state: a vintage's number, a date or a time.  [default: the previous vintage]")
@click.option("--to", "after", help="The later state, likewise.  [default: the newest vintage]")
@click.option("--statistics", is_flag=True, help="Print the statistics of revisions, from first values to final ones.")
@click.option("--triangle", is_flag=True, help="Print the first, second ... release of each date.")
@click.option("--column", help="With either: the column.  [default: the first one]")
@click.option("--start", help="With either: the first date or time.")
@click.option("--end", help="With either: the last date or time.")
@click.option(
    "--transform",
    type=click.Choice(["none", "diff", "rdiff", "annualized", "yoy"]),
    help="With either: changes by periods inside each vintage.  [default: rdiff with --statistics, else none]",
)
@click.option("--first", type=click.IntRange(0, 10_000), help="With --statistics: the release that is the initial value.  [default: 0]")
@click.option("--final", help="With --statistics: the final value: latest, a release's number, or P3Y.  [default: latest]")
@click.option("--exclude-shifts", is_flag=True, help="With --statistics: leave out periods whose level shifted in between.")
@click.option("--limit", type=click.IntRange(min=1), help="The maximum number of lines of a table.  [default: 100]")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: all in one line.")
@click.pass_obj
def revisions(session: Session, /, *, code: str, provider: str | None, form: str, **options: Any) -> None:
    """Compare two states of a series, value by value; or show all its releases, or their statistics."""
    from entrypoints.cli.references import explain_missing_observations, find_series
    from entrypoints.cli.series_output import identity
    from entrypoints.cli.tables import print_json

    views: Mapping[str, Callable[..., Show]] = {"triangle": _triangle, "statistics": _statistics}
    show = _chosen({name: view for name, view in views.items() if options.pop(name)}, options)
    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    with explain_missing_observations(series):
        document, print_table = show(use_cases, series.id)
    if form == "json":
        print_json({"series": identity(series), **document})
    else:
        print_table()


def _chosen(views: Mapping[str, Callable[..., Show]], options: Mapping[str, Any]) -> Show:
    """Return what shows the view asked for; raises InvalidInput if there are two, or one with an option of another."""
    from domain.errors import InvalidInput

    if len(views) > 1:
        raise InvalidInput("--triangle and --statistics exclude each other.", field="statistics", hint="Give one of them.")
    [(view, read)] = views.items() or [("", _comparison)]
    foreign = [name for name, value in options.items() if name not in _OPTIONS[view] and value is not None and value is not False]
    if foreign:
        name = {"before": "from", "after": "to"}.get(foreign[0], foreign[0].replace("_", "-"))
        with_it = f"with --{view}" if view else "without --triangle or --statistics"
        raise InvalidInput(f"--{name} has no meaning {with_it}.", field=name, hint="`lanner revisions --help` says where it belongs.")
    return read(**{name: options[name] for name in _OPTIONS[view]})


def _comparison(*, before: str | None, after: str | None, limit: int | None) -> Show:
    from domain.moments import AsOf

    earlier = AsOf.named(before, field="from") if before else None
    later = AsOf.named(after, field="to") if after else AsOf()

    def show(use_cases: UseCases, series_id: UUID) -> Shown:
        comparison = use_cases.compare_vintages(series_id, earlier, later)
        return _document(comparison), lambda: _print_comparison(comparison, limit or _LINES)

    return show


def _triangle(*, transform: str | None, limit: int | None, column: str | None, start: str | None, end: str | None) -> Show:
    from domain.period_transforms import PeriodTransform
    from domain.use_cases.read_releases import TriangleQuery
    from entrypoints.cli.revision_tables import print_triangle
    from entrypoints.cli.selection_options import read_label
    from entrypoints.revision_documents import triangle_document

    chosen = PeriodTransform(transform) if transform not in (None, "none") else None
    first, last = read_label(start, "start"), read_label(end, "end")
    query = TriangleQuery(column=column or "", start=first, end=last, transform=chosen, limit=limit or _LINES)

    def show(use_cases: UseCases, series_id: UUID) -> Shown:
        found = use_cases.read_releases(series_id, query)
        return triangle_document(found, query, _MOST_RELEASES), lambda: print_triangle(found, query)

    return show


def _statistics(*, column: str | None, transform: str | None, first: int | None, final: str | None, **options: Any) -> Show:
    from domain.period_transforms import PeriodTransform
    from domain.revision_statistics.final import Final
    from domain.use_cases.measure_revisions import StatisticsQuery
    from entrypoints.cli.revision_tables import print_statistics
    from entrypoints.cli.selection_options import read_label
    from entrypoints.revision_documents import statistics_document

    query = StatisticsQuery(
        column=column or "",
        transform=None if transform == "none" else PeriodTransform(transform or PeriodTransform.RDIFF),
        first=first or 0,
        final=Final.parse(final or "latest"),
        start=read_label(options["start"], "start"),
        end=read_label(options["end"], "end"),
        exclude_shifts=options["exclude_shifts"],
    )

    def show(use_cases: UseCases, series_id: UUID) -> Shown:
        found = use_cases.measure_revisions(series_id, query)
        return statistics_document(found, query), lambda: print_statistics(found, query)

    return show


def _document(comparison: Comparison) -> dict[str, Any]:
    from entrypoints.cli.series_output import vintage_document
    from entrypoints.formats import table

    revision = comparison.revision
    return {
        "from": vintage_document(comparison.before),
        "to": vintage_document(comparison.after),
        "added": table(revision.added),
        "changed": revision.changed,
        "deleted": table(revision.deleted),
        "columns_added": revision.columns_added,
        "columns_removed": revision.columns_removed,
        "flags_changed": revision.flags_changed,
        "flags_alone": revision.has_flags_alone,
    }


def _print_comparison(comparison: Comparison, limit: int) -> None:
    from entrypoints.cli.tables import print_table, say, when

    revision, states = comparison.revision, (comparison.before, comparison.after)
    known = [f"vintage {state.number}, known at {when(state.known_at)}" for state in states]
    say(f"{comparison.series.provider}:{comparison.series.code}")
    say(f"from {known[0]}, to {known[1]}")
    say(f"dates added: {len(revision.added)}, values changed: {len(revision.changed)}, dates deleted: {len(revision.deleted)}")
    for verb, names in (("added", revision.columns_added), ("removed", revision.columns_removed)):
        if names:
            say(f"columns {verb}: {', '.join(names)}")
    if revision.flags_changed:
        say(f"flags changed: {len(revision.flags_changed)}{', and nothing else' if revision.has_flags_alone else ''}")
    lines = sorted(_lines(revision), key=lambda line: line[1])
    if lines:
        click.echo()
        print_table(("", "date", "column", "old", "new"), lines[-limit:], right=("old", "new"), wraps=("column",))
    if len(lines) > limit:
        say(f"and {len(lines) - limit} earlier lines: --limit shows more")


def _lines(revision: Revision) -> Iterator[tuple[str, ...]]:
    from entrypoints.cli.tables import number, when

    for date, column, value in _cells(revision.deleted):
        yield "deleted", date, column, value, ""
    for change in revision.changed:
        yield "changed", when(change.date), change.column, number(change.old), number(change.new)
    for flag in revision.flags_changed:
        yield "flag", when(flag.date), flag.column, flag.old or "", flag.new or ""
    for date, column, value in _cells(revision.added):
        yield "added", date, column, "", value


def _cells(observations: Observations) -> Iterator[tuple[str, str, str]]:
    from entrypoints.cli.tables import number, when

    for moment, values in observations.rows():
        for column, value in zip(observations.columns, values, strict=True):
            yield when(moment), column, number(value)
