"""``lanner feed``: the newest vintages of all series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.vintages import FeedEntry
    from entrypoints.cli.session import Session

_HEADINGS = ("code", "position", "vintage", "published", "known at", "added", "changed", "deleted", "cause")
_NUMBERS = ("position", "vintage", "added", "changed", "deleted")


@click.command
@click.option("--after", type=click.IntRange(0, 10**18), help="Those recorded after this position.  [default: the last ones]")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="The maximum number of vintages.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="json: one vintage a line."
)
@click.pass_obj
def feed(session: Session, *, after: int | None, limit: int, form: str) -> None:
    """
    List the vintages of all series in the order in which they were recorded, the newest last.

    With --after and the position of the last line that was seen, only what came since.
    """
    from entrypoints.cli.empty_lists import say_if_empty
    from entrypoints.cli.tables import print_json, print_table

    vintages = session.use_cases().list_vintages
    entries = list(vintages.last_recorded(limit))[::-1] if after is None else vintages.recorded(after=after, limit=limit)
    found = say_if_empty(session, entries, "vintages", among=after is not None)
    if form == "json":
        for entry in found:
            print_json(_document(entry))
    else:
        print_table(_HEADINGS, map(_row, found), right=_NUMBERS, spare=("cause", "published", "deleted", "changed", "added", "vintage"))


def _row(entry: FeedEntry) -> tuple[str, ...]:
    from entrypoints.cli.tables import when

    vintage = entry.vintage
    counts = (vintage.added, vintage.changed, vintage.deleted)
    return (
        f"{entry.provider}:{entry.code}",
        str(entry.position),
        str(vintage.number),
        when(vintage.published),
        when(vintage.known_at),
        *map(str, counts),
        vintage.cause.value,
    )


def _document(entry: FeedEntry) -> dict[str, Any]:
    from entrypoints.cli.series_output import vintage_document

    return {
        "position": entry.position,
        "timeseries": {"id": entry.series_id, "provider": entry.provider, "code": str(entry.code)},
        "is_newest": entry.is_newest,
        "vintage": vintage_document(entry.vintage),
    }
