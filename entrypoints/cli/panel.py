"""``lanner panel``: what was known of many series at many moments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from entrypoints.cli.session import Session

Command = TypeVar("Command", bound="Callable[..., Any]")
_FORMATS = ("json", "csv", "parquet", "arrow")
_SERIES_HELP = """\
Write what was known of the SERIES at decision moments, without looking ahead.

Each of SERIES is a code or a mask, and may be followed by what holds for it alone: 'FRED/GDP;release=0;lag=P1D'. The options below hold
for all of them.

\b
  lanner panel SAMPLE/GDP --start 2008-12-31 --end 2009-12-31 \\
    --every month_ends --at 16:00 --tz America/New_York
"""


def _option(name: str, text: str, **more: Any) -> Callable[[Command], Command]:
    return click.option(f"--{name}", help=text, **more)


@click.command(help=_SERIES_HELP)
@click.argument("series", nargs=-1, required=True)
@_option("dates", "A moment: an instant, or a day with --at and --tz; may be repeated.", multiple=True)
@_option("start", "The first day of a rule.")
@_option("end", "The last day of a rule.")
@_option("every", "The rule: P1D, P1W, P1M, P3M, P1Y, business_days, month_ends, quarter_ends.")
@_option("at", "The time of day of the moments.")
@_option("tz", "The time zone of --at, of days, and of --release-time.")
@_option("lag", "Added to the moment of each vintage, such as P1D or PT6H.")
@_option("max-age", "Days after a period's end from which a value is stale and left out, such as P100D.")
@_option("release", "The nth release of each date, from 0, or latest.")
@_option("change", "The nth differing value of each date, from 0.")
@_option("window", "So many observations at each moment.")
@_option("clock", "known: since the world could know it; seen: since it was fetched here.")
@_option("collapse", "daily, weekly, monthly, quarterly or annual: complete periods, inside each vintage.")
@_option("transform", "diff, rdiff, annualized, yoy, rdiff_from, cumul or normalize, inside each vintage.")
@_option("fill", "none or previous.")
@_option("assume", "Before the first vintage: days after a period's end at which its value counts (P45D), learned, or none.")
@_option("release-time", "The time of day at which the days of labels are meant.")
@_option("restated", "Use corrections from the moment of what they correct.", is_flag=True, default=None)
@_option("position", "Only what was recorded up to this position of the feed.", type=click.IntRange(0, 10**18))
@_option(
    "shape", "A row for each cell, or a column for each series.", type=click.Choice(["long", "wide"]), default="long", show_default=True
)
@click.option("--format", "form", type=click.Choice(_FORMATS), help="By default the file's extension, or csv if it has none.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file.  [default: standard output]")
@click.pass_obj
def panel(session: Session, /, *, series: tuple[str, ...], shape: str, form: str | None, output: Path | None, **given: Any) -> None:
    """Write a panel."""
    from domain.panels.query import PanelQuery
    from domain.panels.spelling import read_series
    from entrypoints.cli.export import escape, format_of, write
    from entrypoints.cli.tables import say
    from entrypoints.formats import Format
    from entrypoints.panel_files import Shape, encode_panel

    kind = Format(form or format_of(output))
    query = PanelQuery.read({**given, "series": [read_series(text) for text in series]})
    found = session.use_cases().read_panel(query)
    content = encode_panel(found, Shape(shape), kind)
    if output is None:
        sys.stdout.buffer.write(escape(content) if not kind.is_columnar and sys.stdout.isatty() else content)
    else:
        write(output, content)
        say(f"{output}: {len(found.columns)} series at {len(query.decisions.moments)} moments, position {found.query.position}.", err=True)
