"""``lanner cancel``: end fetches that are no longer wanted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from uuid import UUID

import click

if TYPE_CHECKING:
    from domain.fetches import Fetch
    from domain.use_cases import UseCases
    from entrypoints.cli.session import Session


@click.command
@click.argument("wanted", nargs=-1, required=True, metavar="CODE_OR_ID...")
@click.option("--provider", help="The provider for codes without one.")
@click.pass_obj
def cancel(session: Session, *, wanted: tuple[str, ...], provider: str | None) -> None:
    """
    Cancel fetches that have not ended: those of series by their CODE, or one by its id, which `lanner fetches` shows.

    What is stored of the series stays. Exits with 1 if there was nothing to cancel of one of them.
    """
    from domain.errors import FetchAlreadyEnded, FetchNotFound
    from entrypoints.cli.tables import say

    use_cases, is_well = session.use_cases(), True
    found = [_named(use_cases, text, provider) for text in wanted]
    for name, fetch_id in found:
        try:
            fetch = _cancelled(use_cases, fetch_id)
        except (FetchAlreadyEnded, FetchNotFound) as error:
            is_well = False
            say(f"{name}: {error.message}", err=True)
        else:
            say(f"{name}: cancelled." if fetch.ended else f"{name}: its worker has been told, and ends it within seconds.")
    if not is_well:
        sys.exit(1)


def _cancelled(use_cases: UseCases, fetch_id: UUID | None) -> Fetch:
    from domain.errors import FetchAlreadyEnded

    if fetch_id is None:
        raise FetchAlreadyEnded("No fetch of it is pending or running.")
    return use_cases.cancel_fetch(fetch_id)


def _named(use_cases: UseCases, text: str, provider: str | None) -> tuple[str, UUID | None]:
    """Return the fetch in flight of a series, or the one of an id, with its name; no fetch if all of the series have ended."""
    from entrypoints.cli.references import find_series

    try:
        fetch_id = UUID(text)
    except ValueError:
        series = find_series(use_cases.describe_series, text, provider)
        is_in_flight = series.fetch is not None and not series.fetch.ended
        return f"{series.provider}:{series.code}", series.fetch.id if series.fetch and is_in_flight else None
    return f"Fetch {fetch_id}", fetch_id
