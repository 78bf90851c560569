"""The picture of a comparison, and the text that a screen reader reads instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from domain.frequency import Frequency
from domain.observations import Observations, label
from entrypoints.web import words
from entrypoints.web.charts.drawing import NARROW, draw
from entrypoints.web.charts.markup import frame
from entrypoints.web.charts.plot import Curve, Kind, Plot
from entrypoints.web.charts.scales import Floats
from entrypoints.web.charts.scatter import Scatter, draw_scatter
from entrypoints.web.charts.sheet import CHART_HEIGHT, CHART_WIDTH, Key, Sheet, sheet_svg
from entrypoints.web.compare.comparison import Comparison
from entrypoints.web.compare.lines import Line
from entrypoints.web.compare.state import Show

_MOST_NAMED = 3


def shown(comparison: Comparison, *, width: int = CHART_WIDTH, height: int = CHART_HEIGHT) -> dict[str, Any]:
    """Return what a page needs to show the picture: with its title and its legend, in this size and in that of a phone."""
    sizes = {"wide": (width, height), "narrow": NARROW}
    return {
        "comparison": comparison,
        "title": title_of(comparison),
        "subtitle": subtitle_of(comparison),
        "keys": _keys(comparison),
        "source": source_of(comparison),
        "charts": [drawn(comparison, width=wide, height=high, cls=cls) for cls, (wide, high) in sizes.items()],
        "frames": [frame(size, cls) for cls, size in sizes.items()],
    }


def drawn(comparison: Comparison, *, width: int = CHART_WIDTH, height: int = CHART_HEIGHT, cls: str = "") -> Markup:
    """Return the picture as an SVG element."""
    if comparison.state.show is Show.SCATTER:
        return draw_scatter(scatter_of(comparison), width=width, height=height, cls=cls)
    return draw(plot_of(comparison), width=width, height=height, cls=cls)


def as_sheet(comparison: Comparison) -> str:
    """Return the picture with title, legend and source, as an SVG document."""
    source = source_of(comparison)
    sheet = Sheet(title=title_of(comparison), subtitle=subtitle_of(comparison), legend=_keys(comparison), source=source)
    return sheet_svg(sheet, drawn(comparison))


def source_of(comparison: Comparison) -> str:
    """Return where the values come from, and since when they are known."""
    found = [(line.series.metadata.source or line.series.metadata.attribution or line.series.provider) for line in comparison.lines]
    moment = comparison.state.moment.as_of
    return f"Source: {', '.join(dict.fromkeys(found))}{f' · as known on {words.known(moment)}' if moment else ''}"


def _keys(comparison: Comparison) -> list[Key]:
    if comparison.state.show is not Show.LINES:
        return []
    return [Key(role=line.role, label=legend_label(line)) for line in comparison.lines]


def plot_of(comparison: Comparison) -> Plot:
    """Return what is drawn over time: all series, or the spread or ratio of two."""
    curves = [_curve(line) for line in comparison.lines] if comparison.state.show is Show.LINES else [_computed(comparison)]
    log = comparison.state.log
    return Plot(
        title=title_of(comparison),
        description=described(comparison),
        kind=Kind.LINE,
        curves=curves,
        log=log and _positive(curve.values for curve in curves if not curve.right),
        right_log=log and _positive(curve.values for curve in curves if curve.right),
        frequency=comparison.frequency or "",
    )


def _positive(parts: Iterable[Floats]) -> bool:
    values = np.concatenate([*parts, np.empty(0)])
    known = values[~np.isnan(values)]
    return bool(known.size) and bool((known > 0).all())


def _curve(line: Line) -> Curve:
    return Curve(
        role=line.role,
        label=legend_label(line),
        dates=line.shown.dates,
        values=line.scaled,
        right=line.right,
        decimals=line.decimals,
        suffix=" %" if line.units.is_percent else "",
    )


def _computed(comparison: Comparison) -> Curve:
    values = comparison.table.values[:, -1] * (100 if comparison.in_percent else 1)
    return Curve(
        role="now",
        label=comparison.state.show.value,
        dates=comparison.table.dates,
        values=values,
        decimals=comparison.computed_decimals,
    )


def scatter_of(comparison: Comparison) -> Scatter:
    """Return the two series of a scatter plot: the first one across, the second one upwards."""
    first, second = comparison.pair
    x, y = (column * (100 if line.units.is_percent else 1) for column, line in zip(comparison.table.values.T, comparison.pair, strict=True))
    return Scatter(
        title=title_of(comparison),
        description=described(comparison),
        x=x,
        y=y,
        x_label=f"{legend_label(first)} →",
        y_label=f"↑ {legend_label(second)}",
    )


def legend_label(line: Line) -> str:
    """Return a series' name with its unit, and its axis if that is the right one."""
    parts = [part for part in (line.unit, "right axis" if line.right else "") if part]
    return f"{line.name} ({', '.join(parts)})" if parts else line.name


def title_of(comparison: Comparison) -> str:
    """Return what the picture shows."""
    lines = comparison.lines
    of_one_series = len(lines) > 1 and len({line.series.id for line in lines}) == 1
    name = lines[0].series.metadata.name or str(lines[0].series.code)
    return f"{name}: {_title(comparison)}" if of_one_series else _title(comparison)


def _title(comparison: Comparison) -> str:
    show = comparison.state.show
    if show is Show.LINES:
        return listed([line.name for line in comparison.lines])
    first, second = (line.name for line in comparison.pair)
    titles = {Show.SPREAD: f"{first} minus {second}", Show.RATIO: f"{first} divided by {second}", Show.SCATTER: f"{second} against {first}"}
    return titles[show]


def listed(names: Sequence[str]) -> str:
    """Join names to a phrase, the fourth and later ones as a count."""
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[: _MOST_NAMED - 1])} and {len(names) - _MOST_NAMED + 1} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def subtitle_of(comparison: Comparison) -> str:
    """Return the units, how values were collapsed, and the range."""
    show, last = comparison.state.show, comparison.table.last
    units = dict.fromkeys(line.units.label for line in comparison.lines)
    unit = comparison.computed_unit if show in (Show.SPREAD, Show.RATIO) else ", ".join(units).lower()
    collapsed = f"last value of each {words.period_noun(Frequency(comparison.state.collapse))}" if comparison.state.collapse else ""
    newest = f"the large dot is {words.period(last, comparison.frequency)}" if show is Show.SCATTER and last else ""
    return " · ".join(filter(None, [unit, collapsed, _span(comparison.table, comparison.frequency), newest]))


def _span(shown: Observations, frequency: Frequency | None) -> str:
    if shown.first is None or shown.last is None:
        return ""
    return f"{words.period(shown.first, frequency)} to {words.period(shown.last, frequency)}"


def described(comparison: Comparison) -> str:
    """Describe the picture: what it shows, its range, and of each curve where it ends and its extremes."""
    show, table = comparison.state.show, comparison.table
    span = f" from {text}" if (text := _span(table, comparison.frequency)) else ""
    if show is Show.LINES:
        curves = [_described_curve(legend_label(line), line.shown, line.scaled, line) for line in comparison.lines]
        return f"Lines of {len(comparison.lines)} series{span}. {' '.join(curves)}"
    count = words.counted(len(table), "date")
    if show is Show.SCATTER:
        first, second = comparison.state.pair
        found = comparison.correlation(first, second)
        strength = f" Correlation {words.number(found.coefficient, 2)}." if found.coefficient is not None else ""
        return f"Dots of {count} that have both values{span}: {_title(comparison)}.{strength}"
    curve = _computed(comparison)
    return f"Line of {count} that have both values{span}. {_described_curve(_title(comparison), table, curve.values, comparison)}"


def _described_curve(name: str, shown: Observations, values: Floats, of: Line | Comparison) -> str:
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        return f"{name}: no values."
    decimals = of.decimals if isinstance(of, Line) else of.computed_decimals

    def at(place: int) -> str:
        return f"{words.number(float(values[place]), decimals)} in {words.period(label(shown.dates[place]), of.frequency)}"

    low, high = int(known[np.argmin(values[known])]), int(known[np.argmax(values[known])])
    return f"{name}: from {at(int(known[0]))} to {at(int(known[-1]))}, lowest {at(low)}, highest {at(high)}."
