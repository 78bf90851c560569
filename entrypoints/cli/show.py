"""``lanner show``: a stored series."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.selection_options import read_selection, selection_options

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.argument("code")
@click.option("--provider", help="The provider, if not the one that the code is routed to.")
@selection_options
@click.option("--column", "columns", multiple=True, help="Only this column; may be repeated.")
@click.option("--periods", type=click.Choice(["start", "end"]), help="Label weeks to years with their first or last day.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest dates to show.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one line.")
@click.pass_obj
def show(  # noqa: PLR0913 - the command's options
    session: Session,
    /,
    *,
    code: str,
    provider: str | None,
    columns: tuple[str, ...],
    periods: str | None,
    limit: int,
    form: str,
    **part: Any,
) -> None:
    """Show a series: its newest dates, oldest first, and a chart line of all dates between --start and --end."""
    from domain.periods import Side
    from entrypoints.cli.references import explain_missing_observations, find_series
    from entrypoints.cli.series_output import document, print_reading
    from entrypoints.cli.tables import print_json

    selection = read_selection(columns=columns, periods=Side(periods) if periods else None, **part)
    use_cases = session.use_cases()
    series = find_series(use_cases.describe_series, code, provider)
    with explain_missing_observations(series):
        reading = use_cases.read_series(series.id, replace(selection, by_rule=True))
    if form == "json":
        print_json(document(reading, limit, flags=selection.flags))
    else:
        print_reading(reading, limit, flags=selection.flags)
