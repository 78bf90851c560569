"""Reading what a series page shows: the columns of each state, in the chosen units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Label, Observations, label
from domain.period_transforms import by_period
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Reading, ReadSeries, Selection
from entrypoints.web.charts.scales import Floats
from entrypoints.web.series.state import ALL_COLUMNS, State, Units
from entrypoints.web.series.view import PRICES, View

_MOST_COLUMNS = 12


def read_view(read_series: ReadSeries, described: Described, state: State) -> View:
    """
    Read what a page shows.

    Raises:
        NoObservationsYet, NotKnownYet, VintageNotFound, DamagedVintage: there is nothing to read.
        InvalidInput: the series has no such column, or no such date.

    """
    has_flags = not described.series.is_formula
    newest = read_series(described.series.id, Selection(flags=has_flags))
    columns = newest.observations.columns
    places = price_columns(columns)
    usual = columns[places[3]] if places else next(iter(columns), "")
    every = state.column == ALL_COLUMNS and ALL_COLUMNS not in columns
    shown = list(columns[:_MOST_COLUMNS]) if every else [state.column or usual]
    column = shown[0] if shown else ""
    if column not in columns:
        raise InvalidInput(f"The series has no column {column!r}.", field="column", hint=f"Its columns: {', '.join(columns) or 'none'}.")
    then = read_series(described.series.id, Selection(moment=state.moment, flags=has_flags)) if state.moment else None
    bases = [base_of(_columns(each, shown[:1]), state) for each in (newest, then) if each and state.units is Units.INDEX]
    base = max((each for each in bases if each is not None), default=None)
    names = [columns[place] for place in places or ()]
    return View(
        described=described,
        state=state,
        base=base,
        column=column,
        columns=columns,
        newest=newest.vintage,
        chosen=then.vintage if then else None,
        today=shown_in_units(newest, shown, state, base),
        then=shown_in_units(then, shown, state, base) if then else None,
        shown_columns=shown,
        prices=_columns(newest, names) if names else None,
        prices_then=_columns(then, names) if then and names else None,
        computed=(then or newest).computed,
    )


def price_columns(columns: Sequence[str]) -> list[int] | None:
    """Return the places of open, high, low and close, and of the volume if there is one; None if one of the prices is missing."""
    places = {name.strip().lower(): place for place, name in reversed(list(enumerate(columns)))}
    if not all(name in places for name in PRICES):
        return None
    return [places[name] for name in (*PRICES, "volume") if name in places]


def _columns(reading: Reading, names: Sequence[str]) -> Observations:
    found = reading.observations
    if len(names) == 1 and names[0] in found.columns:
        place = found.columns.index(names[0])
        flags = found.flags.select([place]) if found.flags else None
        return Observations.from_trusted(found.dates, tuple(names), found.values[:, place : place + 1], flags)
    if all(name in found.columns for name in names):
        return found.select([found.columns.index(name) for name in names])
    values = [found.values[:, found.columns.index(name)] if name in found.columns else np.full(len(found), np.nan) for name in names]
    known = ~np.isnan(values).all(axis=0)
    return Observations.from_trusted(found.dates[known], tuple(names), np.column_stack(values)[known])


def shown_in_units(reading: Reading, names: Sequence[str], state: State, base: Label | None) -> Observations:
    """Return columns of a state in the chosen units; without values where the state lacks one."""
    return in_units(_columns(reading, names), state.units, reading.series.frequency, base)


def in_units(part: Observations, units: Units, frequency: Frequency | None, base: Label | None) -> Observations:
    """
    Return values in other units.

    Args:
        base: the date at which an index is 100.

    """
    if units.transform:
        return by_period(part, units.transform, frequency)
    if units is Units.INDEX:
        with np.errstate(all="ignore"):
            values = part.values / _at(part, base) * 100.0
        values[~np.isfinite(values)] = np.nan
        return Observations.from_trusted(part.dates, part.columns, values)
    return part


def base_of(part: Observations, state: State) -> Label | None:
    """Return the first date with a value from the chosen base on, else from the beginning of what is shown."""
    return first_known(part, state.base or state.start)


def first_known(part: Observations, start: Label | None) -> Label | None:
    """Return the first date with a value other than 0, from a date on."""
    shown = part.window(start)
    known = np.flatnonzero(~np.isnan(shown.values[:, 0]) & (shown.values[:, 0] != 0))
    return label(shown.dates[known[0]]) if known.size else None


def _at(part: Observations, moment: Label | None) -> Floats:
    found = part.window(moment, moment) if moment is not None else part.latest(0)
    return found.values[0] if len(found) else np.full(len(part.columns), np.nan)
