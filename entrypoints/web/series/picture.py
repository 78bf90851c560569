"""The picture of a view, and the text that a screen reader reads instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from domain.observations import Label, label
from entrypoints.web import words
from entrypoints.web.charts.document import document
from entrypoints.web.charts.drawing import draw
from entrypoints.web.charts.marks import FAN
from entrypoints.web.charts.plot import Candles, Curve, Kind, Plot
from entrypoints.web.charts.sheet import Key, Sheet, sheet_svg
from entrypoints.web.charts.time_axis import seconds
from entrypoints.web.series.state import Units
from entrypoints.web.series.view import PRICES, View

_NOUNS = {Kind.LINE: "Line", Kind.STEP: "Step line", Kind.BARS: "Bars", Kind.CANDLES: "Candles"}


def plot_of(view: View) -> Plot:
    """Return what is drawn."""
    marked = _moment(view.date) if view.chosen and view.date else None
    return replace(_drawn(view), title=title_of(view), description=described(view), marked=marked)


def document_of(view: View, pixels: int) -> dict[str, Any]:
    """
    Return what a script draws: the range that is shown, and as much before and after it.

    Args:
        pixels: the width of the range.

    """
    plot = plot_of(view)
    extent = plot.ends_of(*_bounds(view))
    # A range without any date is shown as it is.
    first, last = plot.ends if plot.bounds else (_second(view.state.start, extent[0]), _second(view.state.end, extent[1]))
    length = max(last - first, plot.usual)
    shown = (first, first + length)
    around = view.between(*(_date(view, moment) for moment in (max(extent[0], first - length), min(extent[1], last + length))))
    sent = replace(_drawn(around), title=plot.title, description=plot.description, marked=plot.marked, log=plot.log)
    return {"kept": {"base": words.iso(view.base)} if view.base else {}, **document(sent, shown=shown, extent=extent, pixels=pixels)}


def _drawn(view: View) -> Plot:
    """Return the plot without the words and marks that depend on the very range."""
    today, then = view.shown(view.today), view.shown(view.then) if view.then is not None else None
    last_then = then.dates[-1] if then is not None and len(then) else None
    later = last_then is not None and bool(len(today)) and today.dates[-1] > last_then
    candles = view.kind is Kind.CANDLES
    return Plot(
        title="",
        description="",
        curves=() if candles else (*view.fan_curves, *view.curves),
        candles=tuple(_candles(view)) if candles else (),
        kind=view.kind,
        shading=view.shading,
        log=view.log,
        frequency=str(view.series.frequency or ""),
        unknown_from=last_then if later else None,
        unknown_label="not known yet",
    )


def as_sheet(view: View) -> str:
    """Return the picture with title, legend and source, as an SVG document."""
    metadata = view.series.metadata
    column = view.column if len(view.columns) > 1 and len(view.shown_columns) == 1 and view.kind is not Kind.CANDLES else ""
    fan = [Key(role=FAN, label=view.fan_label)] if view.fan_label else []
    shade = [Key(role="band", label=view.shading.label)] if view.shading else []
    sheet = Sheet(
        title=metadata.name or str(view.series.code),
        subtitle=" · ".join(filter(None, [column, view.state.units.label, view.unit if view.unit != "%" else ""])),
        legend=[*(Key(role=curve.role, label=curve.label, dashed=curve.dashed) for curve in view.legend), *fan, *shade],
        source=f"{view.series.code} · Source: {metadata.source or metadata.attribution or view.series.provider}",
    )
    return sheet_svg(sheet, draw(plot_of(view)))


def _candles(view: View) -> Iterator[Candles]:
    for drawn, state in zip(view.drawn, (view.prices, view.prices_then), strict=False):
        if state is None:
            continue
        part = view.shown(state)
        volumes = part.values[:, len(PRICES)] if len(part.columns) > len(PRICES) else None
        prices = part.values[:, : len(PRICES)]
        yield Candles(role=drawn.role, label=drawn.label, dates=part.dates, prices=prices, volumes=volumes, decimals=view.decimals)


def _bounds(view: View) -> tuple[float, float]:
    """Return the first and the last date of both states, in seconds since 1970."""
    dates = [each.dates for each in (view.today, view.then) if each is not None and len(each)]
    ends = seconds(np.array([each[place] for each in dates for place in (0, -1)])) if dates else np.array([0.0, 1.0])
    return float(ends.min()), float(ends.max())


def _date(view: View, moment: float) -> Label:
    return label(np.datetime64(int(moment), "s").astype(view.today.dates.dtype))


def _second(date: Label | None, otherwise: float) -> float:
    return otherwise if date is None else float(seconds(np.array([_moment(date)]))[0])


def _moment(date: Label) -> np.datetime64:
    return np.datetime64(date.astimezone(UTC).replace(tzinfo=None) if isinstance(date, datetime) else date)


def title_of(view: View) -> str:
    """Return what the picture shows."""
    name = view.series.metadata.name or str(view.series.code)
    column = f", {view.column}" if len(view.columns) > 1 and len(view.shown_columns) == 1 and view.kind is not Kind.CANDLES else ""
    return f"{name}{column}: {view.state.units.label.lower()}" + (f" ({view.unit})" if view.unit and view.unit != "%" else "")


def described(view: View) -> str:
    """Describe the picture: its form, its range, where it begins and ends, and its extremes."""
    parts = [_described_curve(view, curve) for curve in reversed(view.curves)]
    kind = f"{_NOUNS[view.kind]}{' on a logarithmic axis' if view.log else ''}"
    span = view.shown(view.today)
    frequency = view.series.frequency
    between = f" from {words.period(span.first, frequency)} to {words.period(span.last, frequency)}" if span.first and span.last else ""
    fan = f" Behind them: {view.fan_label}." if view.fan_label else ""
    return f"{kind} of {words.counted(len(span), words.period_noun(frequency))}{between}. {' '.join(parts)}{fan}"


def _described_curve(view: View, curve: Curve) -> str:
    values = curve.values
    name = curve.label[0].upper() + curve.label[1:]
    known = np.arange(len(values)) if len(values) and not np.isnan(values.min()) else np.flatnonzero(~np.isnan(values))
    if not known.size:
        return f"{name}: no values."

    def at(place: int) -> str:
        value = words.number(float(values[place]), view.decimals) + (" %" if view.state.units.is_percent else "")
        return f"{value} in {words.period(label(curve.dates[place]), view.series.frequency)}"

    of_known = values if len(known) == len(values) else values[known]
    low, high = known[of_known.argmin()], known[of_known.argmax()]
    first = "" if view.state.units is not Units.LEVEL else f"from {at(int(known[0]))} "
    return f"{name}: {first}to {at(int(known[-1]))}, lowest {at(int(low))}, highest {at(int(high))}.".replace(": to ", ": last ")
