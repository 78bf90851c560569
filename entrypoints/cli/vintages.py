"""``lanner vintages``: the vintages of a series."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from uuid import UUID

    from domain.series import MetadataChange
    from domain.use_cases.compare_vintages import CompareVintages
    from domain.use_cases.list_vintages import ListVintages
    from domain.vintages import Vintage
    from entrypoints.cli.session import Session

_COLUMNS = ("vintage", "published", "known at", "fetched at", "rows", "first", "last", "added", "changed", "deleted", "cause")
_NUMBERS = ("vintage", "rows", "added", "changed", "deleted")
#: What a narrow terminal does without, the first one first.
_SPARE = ("fetched at", "first", "rows", "cause", "deleted", "added", "last", "published")


@click.command
@click.argument("code")
@click.option("--provider", help="The provider, if not the one that the code is routed to.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The maximum number of vintages, the last ones stored."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one vintage a line."
)
@click.pass_obj
def vintages(session: Session, *, code: str, provider: str | None, limit: int, form: str) -> None:
    """List the vintages of a series in the order in which they were stored."""
    from domain.errors import NotOfFormulas
    from entrypoints.cli.references import find_series
    from entrypoints.cli.series_output import vintage_document
    from entrypoints.cli.tables import print_json, print_table, say

    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    if series.is_formula:
        hint = f"GET /timeseries/{series.id}/vintages lists the moments at which its result differs."
        raise NotOfFormulas(f"{series.code} is a formula, whose vintages are not stored.", hint=hint)
    last: deque[tuple[Vintage, Sequence[MetadataChange]]] = deque(maxlen=limit)
    count = 0
    for vintage, changes in _all(use_cases.list_vintages, series.id):
        last.append((vintage, changes))
        count += 1
    if form == "json":
        for vintage, changes in last:
            print_json({**vintage_document(vintage), "metadata_changes": changes})
    else:
        say(f"{series.provider}:{series.code}, {count} vintage{'' if count == 1 else 's'}")
        click.echo()
        print_table(_COLUMNS, (_row(vintage) for vintage, _ in last), right=_NUMBERS, spare=_SPARE)
        for vintage, changes in last:
            for change in changes:
                say(f"vintage {vintage.number}: {change.field} was {change.before!r}, is {change.after!r}")
        _print_columns(use_cases.compare_vintages, series.id, [vintage for vintage, _ in last])
        _print_flags(use_cases.list_vintages, series.id, [vintage for vintage, _ in last])
    if count > limit:
        say(f"There are {count}; --limit shows more.", err=True)


def _all(list_vintages: ListVintages, series_id: UUID) -> Iterator[tuple[Vintage, Sequence[MetadataChange]]]:
    after: int | None = 0
    while after is not None:
        page = list_vintages(series_id, after=after)
        yield from ((vintage, page.changes.get(vintage.number, ())) for vintage in page.items)
        after = page.next


def _print_columns(compare_vintages: CompareVintages, series_id: UUID, shown: Sequence[Vintage]) -> None:
    """Say of which vintages all dates count as changed because columns came or went."""
    from entrypoints.cli.tables import say

    found = compare_vintages.columns(series_id) if any(vintage.may_have_other_columns for vintage in shown) else {}
    for vintage in shown:
        changed = found.get(vintage.number)
        if changed:
            said = [f"the column {name!r} was lost" for name in changed.removed] + [f"the column {name!r} is new" for name in changed.added]
            say(f"vintage {vintage.number}: {', '.join(said)}; with other columns every date counts as changed")


def _print_flags(list_vintages: ListVintages, series_id: UUID, shown: Sequence[Vintage]) -> None:
    """Say which vintages brought other flags alone."""
    from domain.releases import with_flags_alone

    if all(vintage.added or vintage.changed or vintage.deleted for vintage in shown):
        return
    found = with_flags_alone(vintage for vintage, _ in _all(list_vintages, series_id))
    for vintage in shown:
        if vintage.number in found:
            click.echo(f"vintage {vintage.number}: other flags, the same values")


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
        vintage.cause.value,
    )
