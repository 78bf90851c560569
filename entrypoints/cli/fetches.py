"""``lanner fetches``: how fetches ended and why, or what they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

if TYPE_CHECKING:
    from domain.fetches import Fetch, FetchQuery
    from domain.use_cases import UseCases
    from entrypoints.cli.session import Session

_STATUSES = ("pending", "running", "success", "error", "cancelled")


@click.command
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--status", type=click.Choice(_STATUSES), help="Only fetches of this status.")
@click.option("--provider", help="Only this provider's; and the provider for codes without one.")
@click.option("--batch", type=click.UUID, help="Only those that one request for many series added.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="The maximum number of fetches, of each CODE.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one fetch a line.")
@click.pass_obj
def fetches(session: Session, /, *, codes: tuple[str, ...], form: str, **asked: Any) -> None:
    """
    List fetches, newest first: how they ended and why, or what they wait for.

    With CODE, only those of these series. `lanner cancel` ends one that has not ended.
    """
    from entrypoints.cli.empty_lists import say_if_empty
    from entrypoints.cli.fetch_states import fetch_document
    from entrypoints.cli.tables import print_json

    use_cases = session.use_cases()
    queries = _queries(use_cases, codes, asked)
    found = list(say_if_empty(session, _found(use_cases, queries), "fetches", among=bool(codes or asked["status"] or asked["provider"])))
    if form == "json":
        for name, fetch in found:
            print_json({"code": name, **fetch_document(fetch)})
    else:
        _print(found)


def _queries(use_cases: UseCases, codes: tuple[str, ...], asked: dict[str, Any]) -> list[FetchQuery]:
    from domain.fetches import FetchQuery, FetchStatus
    from entrypoints.cli.references import find_series

    query = FetchQuery(**asked | {"status": FetchStatus(asked["status"]) if asked["status"] else None})
    if not codes:
        return [query]
    wanted = [find_series(use_cases.describe_series, code, asked["provider"]).id for code in codes]
    return [replace(query, provider=None, series_id=series_id) for series_id in wanted]


def _found(use_cases: UseCases, queries: list[FetchQuery]) -> Iterator[tuple[str, Fetch]]:
    """Yield each fetch with the code of its series."""
    from domain.errors import SeriesNotFound

    names: dict[UUID, str] = {}
    for fetch in (fetch for query in queries for fetch in use_cases.follow_fetches.list(query).items):
        try:
            if fetch.series_id not in names:
                series = use_cases.describe_series(fetch.series_id).series
                names[fetch.series_id] = f"{series.provider}:{series.code}"
        except SeriesNotFound:
            continue
        yield names[fetch.series_id], fetch


def _print(found: list[tuple[str, Fetch]]) -> None:
    from entrypoints.cli.fetch_states import explain, state_of
    from entrypoints.cli.tables import print_table, when

    headings = ("code", "state", "requested", "ended", "attempts", "id", "result")
    rows = [
        (name, state_of(each), when(each.created_at), when(each.finished_at), str(each.attempts), str(each.id), explain(each))
        for name, each in found
    ]
    print_table(headings, rows, right=("attempts",), wraps=("result",), spare=("id", "ended", "attempts"))
