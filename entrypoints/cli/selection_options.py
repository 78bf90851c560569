"""The options with which ``show`` and ``export`` choose a state of a series and a part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from domain.observations import Label
    from domain.periods import Side
    from domain.use_cases.read_series import Selection

_DAY_LENGTH = len("2009-01-30")
_OPTIONS = (
    click.option("--as-of", help="The state known on this date, or at this time."),
    click.option("--vintage", type=click.IntRange(1, 10**9), help="The vintage with this number."),
    click.option("--seen-by", help="The state fetched here by this date or time."),
    click.option("--restated", is_flag=True, help="With --as-of: use corrections from the moment of what they correct."),
    click.option("--start", help="The first date or time."),
    click.option("--end", help="The last date or time."),
    click.option("--flags", is_flag=True, help="Put its flags beside each column, as NAME_flag."),
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that ``read_selection`` takes to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_selection(
    *,
    start: str | None,
    end: str | None,
    flags: bool,
    columns: tuple[str, ...] = (),
    periods: Side | None = None,
    **moment: Any,
) -> Selection:
    """Return the options as a selection; ``moment`` holds the arguments of ``AsOf.parse``. Raises InvalidInput."""
    from domain.moments import AsOf
    from domain.use_cases.read_series import Selection

    as_of = AsOf.parse(moment.pop("as_of"), **moment)
    return Selection(
        moment=as_of, start=read_label(start, "start"), end=read_label(end, "end"), columns=columns, periods=periods, flags=flags
    )


def read_label(text: str | None, field: str) -> Label | None:
    """Return a day, or a moment with its offset; raises InvalidInput."""
    from domain.moments import parse_moment

    if text is None:
        return None
    moment = parse_moment(text, field=field)
    return moment.date() if len(text) == _DAY_LENGTH else moment
