"""``lanner list``: the stored series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.series import SeriesQuery, TimeSeries
    from domain.use_cases.search_series import SearchSeries
    from entrypoints.cli.session import Session

_PAGE = 500
_STORED = ("pending", "success", "error")
_AT_SOURCE = ("active", "suspended", "discontinued", "gone")


@click.command("list")
@click.argument("words", nargs=-1)
@click.option("--provider", help="Only this provider's series.")
@click.option("--database", help="Only series of this database code.")
@click.option("--status", type=click.Choice([*_STORED, *_AT_SOURCE]), help="Only series of this status, here or at the source.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="The maximum number of series.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one series a line.")
@click.pass_obj
def list_series(  # noqa: PLR0913 - the command's options
    session: Session, *, words: tuple[str, ...], provider: str | None, database: str | None, status: str | None, limit: int, form: str
) -> None:
    """
    List the stored series, oldest request first.

    With WORDS, only series whose code, name or description contains each of them. Below stands why the last fetch of a series failed, or
    what it waits for.
    """
    from domain.series import SeriesQuery, SeriesStatus
    from domain.source_status import SourceStatus
    from entrypoints.cli.empty_lists import say_if_empty
    from entrypoints.cli.tables import print_json

    query = SeriesQuery(
        words=words,
        provider=provider,
        database=database and database.upper(),
        status=SeriesStatus(status) if status in _STORED else None,
        status_at_source=SourceStatus(status) if status in _AT_SOURCE else None,
    )
    found = say_if_empty(session, _find(session.use_cases().search_series, query, limit), "series", among=query != SeriesQuery())
    if form == "json":
        for series in found:
            print_json(_document(series))
    else:
        _print(list(found))


def _find(search_series: SearchSeries, query: SeriesQuery, limit: int) -> Iterator[TimeSeries]:
    left = limit
    while left:
        page = search_series(replace(query, limit=min(left, _PAGE)))
        yield from page.items
        if page.next is None:
            return
        left -= len(page.items)
        query = replace(query, after=page.next)
    from entrypoints.cli.tables import say

    say(f"There are more than {limit}; --limit shows more.", err=True)


def _print(found: Sequence[TimeSeries]) -> None:
    from entrypoints.cli.fetch_states import explain, is_trouble, state_of
    from entrypoints.cli.tables import print_table

    headings = ("code", "name", "frequency", "rows", "first", "last", "status", "checked")
    print_table(headings, map(_row, found), right=("rows",), wraps=("name",), spare=("checked", "rows", "frequency", "first"))
    troubled = [(each, each.fetch) for each in found if each.fetch and is_trouble(each.fetch)]
    if troubled:
        click.echo("\nLast fetches that failed or have not ended:")
        lines = [(f"{series.provider}:{series.code}", state_of(fetch), explain(fetch)) for series, fetch in troubled]
        print_table(("code", "state", "reason"), lines, wraps=("reason",), has_heading=False)


def _row(series: TimeSeries) -> tuple[str, ...]:
    from entrypoints.cli.tables import when

    newest = series.newest
    return (
        f"{series.provider}:{series.code}",
        series.metadata.name,
        series.metadata.frequency or "",
        str(newest.rows) if newest else "",
        when(newest.first if newest else None),
        when(newest.last if newest else None),
        series.status,
        when(series.checked_at),
    )


def _document(series: TimeSeries) -> dict[str, Any]:
    from entrypoints.cli.fetch_states import fetch_document
    from entrypoints.cli.series_output import identity

    newest = series.newest
    return {
        **identity(series),
        "status": series.status,
        "status_at_source": series.at_source.status,
        "replaced_by": series.at_source.replaced_by,
        "rows": newest and newest.rows,
        "first_date": newest and newest.first,
        "last_date": newest and newest.last,
        "checked_at": series.checked_at,
        "fetch": series.fetch and fetch_document(series.fetch),
    }
