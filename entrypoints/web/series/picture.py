"""The picture of a view, and its description in words for those who do not see it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from domain.observations import Label, label
from entrypoints.web import words
from entrypoints.web.charts.plot import Curve, Kind, Plot
from entrypoints.web.series.state import Units
from entrypoints.web.series.view import View

_NOUNS = {Kind.LINE: "Line", Kind.STEP: "Step line", Kind.BARS: "Bars"}


def plot_of(view: View) -> Plot:
    """Return what is drawn."""
    then = view.shown(view.then) if view.then is not None else None
    last_then = then.dates[-1] if then is not None and len(then) else None
    later = last_then is not None and bool(len(view.shown(view.today))) and view.shown(view.today).dates[-1] > last_then
    return Plot(
        title=title_of(view),
        description=described(view),
        curves=(*view.fan_curves, *view.curves),
        kind=view.kind,
        log=view.log,
        marked=_moment(view.date) if view.date and view.chosen else None,
        unknown_from=last_then if later else None,
        unknown_label="not known yet",
    )


def _moment(date: Label) -> np.datetime64:
    return np.datetime64(date.astimezone(UTC).replace(tzinfo=None) if isinstance(date, datetime) else date)


def title_of(view: View) -> str:
    """Return what the picture shows."""
    name = view.series.metadata.name or str(view.series.code)
    column = f", {view.column}" if len(view.columns) > 1 else ""
    return f"{name}{column}: {view.state.units.label.lower()}" + (f" ({view.unit})" if view.unit and view.unit != "%" else "")


def described(view: View) -> str:
    """Describe the picture: its form, its range, where it begins and ends, and its extremes."""
    parts = [_described_curve(view, curve) for curve in reversed(view.curves)]
    kind = f"{_NOUNS[view.kind]}{' on a logarithmic axis' if view.log else ''}"
    span = view.shown(view.today)
    frequency = view.series.frequency
    between = f" from {words.period(span.first, frequency)} to {words.period(span.last, frequency)}" if span.first and span.last else ""
    fan = f" Behind them: {view.fan_label}." if view.fan else ""
    return f"{kind} of {words.counted(len(span), words.period_noun(frequency))}{between}. {' '.join(parts)}{fan}"


def _described_curve(view: View, curve: Curve) -> str:
    known = np.flatnonzero(~np.isnan(curve.values))
    name = curve.label[0].upper() + curve.label[1:]
    if not known.size:
        return f"{name}: no values."

    def at(place: int) -> str:
        value = words.number(float(curve.values[place]), view.decimals) + (" %" if view.state.units.is_percent else "")
        return f"{value} in {words.period(label(curve.dates[place]), view.series.frequency)}"

    low, high = known[np.argmin(curve.values[known])], known[np.argmax(curve.values[known])]
    first = "" if view.state.units is not Units.LEVEL else f"from {at(int(known[0]))} "
    return f"{name}: {first}to {at(int(known[-1]))}, lowest {at(int(low))}, highest {at(int(high))}.".replace(": to ", ": last ")
