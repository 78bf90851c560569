"""The controls of a comparison: each is a link to another address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.frequency import Collapse, Frequency
from domain.series import TimeSeries
from entrypoints.web import words
from entrypoints.web.charts.palette import DASHES, MOST
from entrypoints.web.compare.comparison import Comparison
from entrypoints.web.compare.items import Axis
from entrypoints.web.compare.lines import Line
from entrypoints.web.compare.state import Show, State
from entrypoints.web.series.state import Units, available_units
from entrypoints.web.series.view import last_years


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several values of an option."""

    label: str
    link: str
    chosen: bool
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A series with its options."""

    line: Line
    dashes: str | None
    remove: str
    axes: Sequence[Choice]
    units: Sequence[Choice]
    columns: Sequence[Choice]
    colours: Sequence[Choice]


def chips(comparison: Comparison) -> list[Chip]:
    """Return the series with their options."""
    return [_chip(comparison.state, place, line) for place, line in enumerate(comparison.lines)]


def _chip(state: State, place: int, line: Line) -> Chip:
    item = line.item
    return Chip(
        line=line,
        dashes=DASHES[line.role],
        remove=state.without(place),
        axes=[Choice(label=axis.title(), link=state.changed(place, axis=axis), chosen=axis is item.axis) for axis in Axis],
        units=list(_units(state, place, line)),
        columns=list(_columns(state, place, line)),
        colours=[
            Choice(label=f"Colour {number}", link=state.changed(place, colour=number), chosen=number == item.colour, role=f"c{number}")
            for number in range(1, MOST + 1)
        ],
    )


def _units(state: State, place: int, line: Line) -> Iterator[Choice]:
    yield Choice(label="As all", link=state.changed(place, units=None), chosen=line.item.units is None)
    for units in available_units(line.frequency):
        yield Choice(label=units.label, link=state.changed(place, units=units), chosen=units is line.item.units)


def _columns(state: State, place: int, line: Line) -> Iterator[Choice]:
    if len(line.columns) > 1:
        for number, name in enumerate(line.columns, 1):
            # In an address, a semicolon ends an option, and digits may be a number.
            plain = name if name and ";" not in name and not name.isdigit() and line.columns.count(name) == 1 else str(number)
            yield Choice(label=name or f"Column {number}", link=state.changed(place, column=plain), chosen=number == line.place + 1)


def units_of_all(comparison: Comparison) -> list[Choice]:
    """Return the units that all series can be shown in."""
    state = comparison.state
    offered = [
        units for units in Units if all(units in available_units(line.frequency) for line in comparison.lines if not line.item.units)
    ]
    return [
        Choice(
            label=units.label,
            link=state.link(
                transform=None if units is Units.LEVEL else units.value, index=state.given.get("index") if units is Units.INDEX else None
            ),
            chosen=units is state.units,
        )
        for units in offered
    ]


def collapses(state: State) -> list[Choice]:
    """Return the lengths of periods whose last values may be shown."""
    kinds = (None, Collapse.WEEKLY, Collapse.MONTHLY, Collapse.QUARTERLY, Collapse.ANNUAL)
    return [
        Choice(
            label=kind.title() if kind else "All dates",
            link=state.link(collapse=kind.value if kind else None),
            chosen=kind is state.collapse,
        )
        for kind in kinds
    ]


def shared_periods(comparison: Comparison) -> Choice | None:
    """Return the periods for each of which all series can have a value, None if they have the same dates already or no such periods."""
    found = {line.frequency for line in comparison.lines if line.frequency}
    if len(found) < 2:  # noqa: PLR2004 - frequencies that differ
        return None
    coarsest = max(found, key=list(Frequency).index)
    return next((choice for choice in collapses(comparison.state) if choice.label == coarsest.title()), None)


def views(comparison: Comparison) -> list[Choice]:
    """Return what the picture may show."""
    state = comparison.state
    if len(comparison.lines) < 2:  # noqa: PLR2004 - a pair
        return []
    return [
        Choice(label=show.title(), link=state.link(view=None if show is Show.LINES else show.value), chosen=show is state.show)
        for show in Show
    ]


def swapped(state: State) -> str:
    """Return the address where the two series of a spread, a ratio or a scatter plot have changed places."""
    first, second = state.pair
    return state.link(of=f"{second + 1},{first + 1}")


def ranges(comparison: Comparison) -> list[Choice]:
    """Return the last years, and all."""
    state, shown = comparison.state, comparison.aligned
    lasts = [(name, start) for name, start, _ in last_years(shown.first, shown.last)] if shown.first and shown.last else []
    given = state.given.get("start"), state.given.get("end")
    found = [Choice(label=name, link=state.link(start=start, end=None), chosen=given == (start, None)) for name, start in lasts]
    return [*found, Choice(label="All", link=state.link(start=None, end=None), chosen=given == (None, None))]


def correlation_rows(comparison: Comparison) -> list[tuple[Line, list[tuple[str, str, str]]]]:
    """Return the lower half of the table of correlations: of each series those with the ones before it, as coefficient, count and link."""
    rows = []
    for second, line in enumerate(comparison.lines):
        cells = []
        for first in range(second):
            found = comparison.correlation(first, second)
            text = "–" if found.coefficient is None else f"{found.coefficient:.2f}".replace("-", "\N{MINUS SIGN}")
            cells.append((text, f"{found.count:,}", comparison.state.link(view=Show.SCATTER.value, of=f"{first + 1},{second + 1}")))
        rows.append((line, cells))
    return rows


def index_notes(comparison: Comparison) -> list[str]:
    """Say at which date series that are indexed are 100, why there, and which of them cannot be indexed."""
    state = comparison.state
    indexed = [line for line in comparison.lines if line.units is Units.INDEX]
    base = state.base or min((line.base for line in indexed if line.base), default=None)
    if not base:
        return []
    day = words.day(base)
    several = "all of them have a value" if len(indexed) > 1 else "it has a value"
    why = "their first value from the chosen date on" if state.base else f"the first date shown from which on {several}"
    lacking = [line for line in indexed if line.lacks_base]
    notes = [] if len(lacking) == len(indexed) else [f"100 at {day}: {why}."]
    return [*notes, *(f"{line.name} has no index: {_lacks(line)} from {day} on. Choose an earlier range or date." for line in lacking)]


def _lacks(line: Line) -> str:
    newest = line.vintage.last
    return f"its last value is of {words.period(newest, line.frequency)}, and it has none other than 0" if newest else "it has no value"


def matches(state: State, found: Sequence[TimeSeries]) -> list[tuple[TimeSeries, str]]:
    """Return series with the addresses to which each is added."""
    return [(series, state.adding(f"{series.provider}:{series.code}")) for series in found]
