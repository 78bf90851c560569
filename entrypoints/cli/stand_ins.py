"""``lanner stand-ins``: which series could go on for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.search import explain_searches

if TYPE_CHECKING:
    from domain.stand_ins.candidates import Candidate
    from entrypoints.cli.session import Session


@click.command
@click.argument("code")
@click.option("--provider", help="The provider of CODE, if not the one that it is routed to.")
@click.option("--ask", "providers", multiple=True, help="Search this provider too; may be repeated, for at most four.")
@click.option("--query", default="", help="The words for providers.  [default: those of the series' name]")
@click.option("--column", default="", help="The column that must go on.  [default: the closing price, else the first one]")
@click.option("--limit", type=click.IntRange(1, 50), default=20, show_default=True, help="The maximum number of candidates.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one a line.")
@click.pass_obj
def stand_ins(session: Session, /, *, code: str, provider: str | None, form: str, **more: Any) -> None:
    """
    List series that could stand in for the series CODE, the one that agrees best first.

    `lanner equivalences add CODE OTHER --scale … --failover` makes one of those that are stored its stand-in.
    """
    from entrypoints.cli.empty_lists import say_if_empty
    from entrypoints.cli.references import find_series
    from entrypoints.cli.tables import print_json, print_table

    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    found = use_cases.find_stand_ins(series.id, **more)
    if form == "json":
        for each in found.items:
            print_json(_document(each))
    else:
        headings = ("code", "name", "frequency", "overlap", "typical", "largest", "correlation", "of changes", "scale", "column")
        right = ("overlap", "typical", "largest", "correlation", "of changes", "scale")
        rows = [_row(each) for each in say_if_empty(session, found.items, "candidates", among=True)]
        print_table(
            headings, rows, right=right, wraps=("name",), spare=("frequency", "column", "of changes", "largest", "scale", "correlation")
        )
    if more["providers"]:
        explain_searches(found.searched)


def _row(candidate: Candidate) -> tuple[str, ...]:
    from entrypoints.cli.tables import number

    named = f"{candidate.provider}:{candidate.code}", candidate.name, candidate.frequency or ""
    shown = candidate.evidence
    if shown is None:
        return *named, *([""] * 6), "" if candidate.id else "not stored"
    differences = (f"{each:.2%}" for each in (shown.typical_difference, shown.largest_difference))
    correlations = ("" if each is None else f"{each:.4f}" for each in (shown.correlation, shown.correlation_of_changes))
    return *named, str(shown.overlap), *differences, *correlations, number(shown.scale), shown.other_column


def _document(candidate: Candidate) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "code": str(candidate.code),
        "provider": candidate.provider,
        "name": candidate.name,
        "frequency": candidate.frequency,
        "unit": candidate.unit,
        "first_date": candidate.first,
        "last_date": candidate.last,
        "status_at_source": candidate.status_at_source,
        "similarity": candidate.similarity,
        "stored": candidate.id is not None,
        "evidence": asdict(candidate.evidence) if candidate.evidence else None,
    }
