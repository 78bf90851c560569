"""The options with which ``show`` and ``export`` choose a state of a series and a part of it: those of the REST API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.observations import Label
    from domain.use_cases.read_series import Selection

_DAY_LENGTH = len("2009-01-30")
#: Written out, so that help loads none of the domain; a test compares them with it.
COLLAPSES = ("daily", "weekly", "monthly", "quarterly", "annual")
AGGREGATES = ("last", "first", "mean", "sum", "min", "max", "median")
TRANSFORMS = ("diff", "rdiff", "rdiff_from", "cumul", "normalize", "yoy")
_OPTIONS = (
    click.option("--provider", metavar="NAME", help="The provider of codes without one, if not the one that they are routed to."),
    click.option("--as-of", metavar="DATE", help="The state known on this date, or at this time."),
    click.option("--vintage", type=click.IntRange(1, 10**9), help="The vintage with this number."),
    click.option("--seen-by", metavar="DATE", help="The state fetched here by this date or time."),
    click.option("--restated", is_flag=True, help="With --as-of: use corrections from the moment of what they correct."),
    click.option("--position", type=click.IntRange(0, 10**18), help="Only what was recorded up to this position of `lanner feed`."),
    click.option("--definition-as-of", metavar="DATE", help="Of a formula: its definition of this date or time."),
    click.option("--start", metavar="DATE", help="The first date or time."),
    click.option("--end", metavar="DATE", help="The last date or time."),
    click.option("--column", "columns", multiple=True, metavar="NAME", help="Only this column; may be repeated."),
    click.option("--column-index", type=click.IntRange(0), help="Only the column with this number, from 1; 0 is the dates alone."),
    click.option("--collapse", type=click.Choice(COLLAPSES), help="One row for each period of this length."),
    click.option("--aggregate", type=click.Choice(AGGREGATES), help="With --collapse: what each period becomes.  [default: last]"),
    click.option("--transform", type=click.Choice(TRANSFORMS), help="Changes or sums of the values; yoy compares with the year before."),
    click.option("--periods", type=click.Choice(["start", "end"]), help="Date weeks to years by their first or last day."),
    click.option("--order", type=click.Choice(["asc", "desc"]), default="asc", show_default=True, help="Oldest or newest first."),
    click.option(
        "--shape",
        type=click.Choice(["table", "records"]),
        default="table",
        show_default=True,
        help="In JSON: a row is a list or an object.",
    ),
    click.option("--flags", is_flag=True, help="Put its flags beside each column, as NAME_flag."),
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ``read_selection`` takes to a command, and those that say how rows are written."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_selection(  # noqa: PLR0913 - the parts of a selection
    *,
    start: str | None,
    end: str | None,
    columns: tuple[str, ...],
    column_index: int | None,
    collapse: str | None,
    aggregate: str | None,
    transform: str | None,
    periods: str | None,
    flags: bool,
    limit: int | None = None,
    **moment: Any,
) -> Selection:
    """Return the options as a selection; ``moment`` holds the arguments of ``AsOf.parse``. Raises InvalidInput."""
    from domain.aggregates import Aggregate
    from domain.errors import InvalidInput
    from domain.frequency import Collapse
    from domain.moments import AsOf
    from domain.periods import Side
    from domain.use_cases.read_series import Selection

    if columns and column_index is not None:
        raise InvalidInput("--column and --column-index exclude each other.", field="column_index", hint="Give one of them.")
    return Selection(
        moment=AsOf.parse(moment.pop("as_of"), **moment),
        start=read_label(start, "start"),
        end=read_label(end, "end"),
        columns=tuple(dict.fromkeys(columns)),
        column_index=column_index,
        collapse=Collapse(collapse) if collapse else None,
        aggregate=Aggregate(aggregate) if aggregate else None,
        transform=_transform(transform),
        limit=limit,
        periods=Side(periods) if periods else None,
        flags=flags,
    )


def _transform(name: str | None) -> Any:
    from domain.period_transforms import PeriodTransform
    from domain.transforms import Transform

    if name == PeriodTransform.YOY:
        return PeriodTransform.YOY
    return Transform(name) if name else None


def read_label(text: str | None, field: str) -> Label | None:
    """Return a day, or a moment with its offset; raises InvalidInput."""
    from domain.moments import parse_moment

    if text is None:
        return None
    moment = parse_moment(text, field=field)
    return moment.date() if len(text) == _DAY_LENGTH else moment
