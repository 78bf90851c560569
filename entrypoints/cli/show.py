"""``lanner show``: stored series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from entrypoints.cli.selection_options import read_selection, selection_options

if TYPE_CHECKING:
    from entrypoints.cli.session import Session


@click.command
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@selection_options
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest dates to show.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one series a line.")
@click.pass_obj
def show(  # noqa: PLR0913 - the command's options
    session: Session, /, *, codes: tuple[str, ...], provider: str | None, limit: int, form: str, order: str, shape: str, **part: Any
) -> None:
    """
    Show series: their newest dates, oldest first, and a chart line of all dates between --start and --end.

    The limit is of what is shown: --transform is calculated of all dates between --start and --end. DATE is a day, or a moment with its
    offset from UTC.

    \b
      lanner show SAMPLE/GDP --as-of 2009-01-30 --limit 4
    """  # noqa: D301 - click's mark of lines that stay as they are
    from entrypoints.cli.references import read_each
    from entrypoints.cli.series_output import document, print_reading
    from entrypoints.cli.tables import print_json

    is_descending = order == "desc"
    readings = read_each(session.use_cases(), codes, provider, read_selection(**part))
    for number, reading in enumerate(readings):
        if form == "json":
            print_json(document(reading, limit, newest_first=is_descending, as_records=shape == "records", flags=part["flags"]))
            continue
        if number:
            click.echo()
        print_reading(reading, limit, newest_first=is_descending, flags=part["flags"])
