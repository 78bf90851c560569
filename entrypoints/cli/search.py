"""``lanner search``: what is stored, and what providers have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, starmap
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.searching import ProviderHits, SearchHit
    from domain.series import TimeSeries
    from domain.use_cases.search_providers import SearchProviders
    from entrypoints.cli.session import Session


@click.command
@click.argument("words", nargs=-1, required=True)
@click.option("--provider", "providers", multiple=True, help="Ask this provider; may be repeated. By default all that can be searched.")
@click.option("--limit", type=click.IntRange(1, 50), default=10, show_default=True, help="The maximum number of hits of each provider.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one hit a line.")
@click.pass_obj
def search(session: Session, *, words: tuple[str, ...], providers: tuple[str, ...], limit: int, form: str) -> None:
    """
    Search stored series and providers for WORDS.

    Providers are asked within their limits, after all fetches. `lanner fetch PROVIDER:CODE` fetches what is found.
    """
    from domain.series import SeriesQuery
    from entrypoints.cli.tables import print_json, print_table, say

    use_cases = session.use_cases()
    stored = use_cases.search_series(SeriesQuery(words=words, limit=limit)).items
    found = list(_found(use_cases.search_providers, " ".join(words), providers, limit))
    listed = {series.id for series in stored}
    hits = [(each, hit) for each in found for hit in each.hits if hit.series_id not in listed]
    if not (stored or hits) and not (found and all(each.failure for each in found)):
        say(f"Nothing is found in {session.service().database}, nor at the providers that were asked.", err=True)
    if form == "json":
        for document in (*map(_stored_document, stored), *starmap(_document, hits)):
            print_json(document)
    else:
        rows = [*map(_stored_row, stored), *starmap(_row, hits)]
        print_table(("code", "name", "frequency", "first", "last", ""), rows, wraps=("name", ""), spare=("first", "last", "frequency"))
    explain_searches(found)


def _found(search_providers: SearchProviders, text: str, names: Sequence[str], limit: int) -> Iterator[ProviderHits]:
    from domain.use_cases.search_providers import MOST_PROVIDERS

    wanted = names or [provider.name for provider in search_providers.searchable() if not provider.problem]
    for begin in range(0, len(wanted), MOST_PROVIDERS):
        yield from search_providers(text, wanted[begin : begin + MOST_PROVIDERS], limit=limit)


def explain_searches(found: Sequence[ProviderHits]) -> None:
    """Say below the hits which providers gave none, and why."""
    from entrypoints.cli.tables import say

    failed = [(each.provider.name, each.failure) for each in found if each.failure]
    for hint, alike in groupby(sorted(failed, key=lambda each: each[1].hint), key=lambda each: each[1].hint):
        names = [f"{name}: {failure.message}" for name, failure in alike]
        for name in names[:-1]:
            say(name, err=True)
        say(f"{names[-1]} {hint}".rstrip(), err=True)
    for each in found:
        if each.more and not each.failure:
            say(f"{each.provider.name}: there are more; --limit shows up to 50.", err=True)


def _stored_row(series: TimeSeries) -> tuple[str, ...]:
    from entrypoints.cli.tables import when

    first, last = (series.newest.first, series.newest.last) if series.newest else (None, None)
    return f"{series.provider}:{series.code}", series.metadata.name, series.metadata.frequency or "", when(first), when(last), "stored"


def _row(found: ProviderHits, hit: SearchHit) -> tuple[str, ...]:
    from entrypoints.cli.tables import when

    kind = ("stored" if hit.series_id else "") if hit.is_series else f"data set. {hit.hint}"
    return f"{found.provider.name}:{hit.code}", hit.name, hit.frequency or "", when(hit.first), when(hit.last), kind


def _stored_document(series: TimeSeries) -> dict[str, Any]:
    from entrypoints.cli.series_output import identity

    return {**identity(series), "stored": True}


def _document(found: ProviderHits, hit: SearchHit) -> dict[str, Any]:
    return {
        "provider": found.provider.name,
        "code": str(hit.code),
        "name": hit.name,
        "is_series": hit.is_series,
        "hint": hit.hint,
        "description": hit.description,
        "frequency": hit.frequency,
        "unit": hit.unit,
        "first_date": hit.first,
        "last_date": hit.last,
        "stored": hit.series_id is not None,
    }
