"""A plot as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from markupsafe import Markup

from entrypoints.web.charts import marks, time_axis
from entrypoints.web.charts.markup import COLOURS, element, picture, tick_text
from entrypoints.web.charts.plot import BOTTOM, GLYPH, RIGHT, TOP, Candles, Frame, Kind, Plot, frame_of, tick_labels
from entrypoints.web.charts.scales import Scale

#: The sizes of a page's picture, on a phone and else.
NARROW, WIDE = (400, 260), (760, 300)
_TICK_WIDTH = 78
#: The part of the height that volumes take, and the least width of a candle.
VOLUME_SHARE, CANDLE_WIDTH = 0.18, 2.6


def draw(plot: Plot, *, width: int = WIDE[0], height: int = WIDE[1], cls: str = "") -> Markup:
    """Return the plot as an SVG element, which a screen reader reads as its description."""
    frame = frame_of(plot, width, height)
    parts = [
        *_shading(plot, frame, height),
        *_unknown(plot, frame, height),
        *_value_axes(frame),
        *_time_axis(plot, frame, height),
        *_candles(plot, frame, height),
        *_curves(plot, frame),
        *_marked(plot, frame, height),
    ]
    return picture(parts, title=plot.title, description=plot.description, size=(width, height), cls=cls)


def _value_axes(frame: Frame) -> Iterator[Markup]:
    for tick, label in zip(frame.y.ticks, tick_labels(frame.y.ticks), strict=True):
        at = frame.y.at(tick)
        stroke = COLOURS["dim" if tick == 0 else "line"]
        yield element("path", cls="zero" if tick == 0 else "rule", d=f"M{frame.x.start:.1f} {at:.1f}H{frame.x.end:.1f}", stroke=stroke)
        yield tick_text(label, frame.x.start - 8, at + 4, "end")
    if frame.right:
        for tick, label in zip(frame.right.ticks, tick_labels(frame.right.ticks), strict=True):
            yield tick_text(label, frame.x.end + 8, frame.right.at(tick) + 4, "start")


def _time_axis(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    most = max(2, int((frame.x.end - frame.x.start) // _TICK_WIDTH))
    for moment, label in time_axis.ticks(frame.x.low, frame.x.high, most, finest=plot.finest):
        at, half = frame.x.at(moment), GLYPH * len(label) / 2
        if at + half > frame.x.end + RIGHT or at - half < 0:
            continue
        yield element("path", cls="notch", d=f"M{at:.1f} {height - BOTTOM}v5", stroke=COLOURS["dim"])
        yield tick_text(label, at, float(height - 6), "middle")


def _curves(plot: Plot, frame: Frame) -> Iterator[Markup]:
    behind = [curve for curve in plot.curves if curve.role == marks.FAN]
    count = len(plot.curves) - len(behind)
    bars = plot.kind is Kind.BARS
    for index, curve in enumerate(plot.curves, -len(behind)):
        x = frame.x(time_axis.seconds(curve.dates))
        scale = frame.of(curve)
        with np.errstate(all="ignore"):
            y = scale(curve.values)
        if bars and index >= 0:
            # What was known then stands left of what is known today.
            yield marks.bars((x, y), curve.role, zero=scale.at(0.0), slot=frame.slot, place=(count - 1 - index, count))
            continue
        yield marks.line(x, y, curve.role, step=plot.kind is Kind.STEP, dash=curve.dash)
        known = np.flatnonzero(~np.isnan(y))
        if known.size and index >= 0 and (count > 1 or known.size == 1):
            yield element("circle", cls=curve.role, cx=float(x[known[-1]]), cy=float(y[known[-1]]), r="3.5", fill=COLOURS[curve.role])


def _candles(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    count = len(plot.candles)
    most = max(1, int((frame.x.end - frame.x.start) / (CANDLE_WIDTH * max(1, count))))
    for index, each in enumerate(plot.candles):
        fewer = gathered(each, most)
        x = frame.x(time_axis.seconds(fewer.dates))
        slot = frame.slot * len(each.dates) / max(1, len(fewer.dates))
        if fewer.volumes is not None and (fewer.volumes > 0).any() and index == 0:
            low = float(height - BOTTOM)
            scale = Scale(0.0, float(np.nanmax(fewer.volumes)), low, low - VOLUME_SHARE * (low - TOP))
            yield marks.bars((x, scale(fewer.volumes)), "volume", zero=low, slot=slot, place=(0, 1))
        prices = tuple(frame.y(fewer.prices[:, column]) for column in range(4))
        yield from marks.candles(x, prices, each.role, slot=slot, place=(count - 1 - index, count))


def gathered(candles: Candles, most: int) -> Candles:
    """
    Return at most so many candles, each for as many dates as the others.

    Such a candle goes from the first open to the last close, and holds every extreme and the sum of the volumes.
    """
    size = -(-len(candles.dates) // most)
    if size <= 1:
        return candles
    known = ~np.isnan(candles.prices).any(axis=1)
    dates, prices = candles.dates[known], candles.prices[known]
    starts = np.arange(0, len(dates), size)
    ends = np.append(starts[1:], len(dates)) - 1
    high, low = np.maximum.reduceat(prices[:, 1], starts), np.minimum.reduceat(prices[:, 2], starts)
    return replace(
        candles,
        dates=dates[starts],
        prices=np.column_stack([prices[starts, 0], high, low, prices[ends, 3]]),
        volumes=None if candles.volumes is None else np.add.reduceat(np.nan_to_num(candles.volumes[known]), starts),
    )


def _shading(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    spans = plot.shading.spans if plot.shading else ()
    for begin, end in spans:
        left, right = max(frame.x.at(float(begin)), frame.x.start), min(frame.x.at(float(end)), frame.x.end)
        if right > left:
            place = {"x": left, "y": float(TOP), "width": max(right - left, 1.0), "height": float(height - TOP - BOTTOM)}
            yield element("rect", cls="band", **place, fill=COLOURS["band"])


def _unknown(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    if plot.unknown_from is None:
        return
    offset = frame.slot / 2 if plot.kind.fills_slots else 0.0
    left = frame.x.at(float(time_axis.seconds(np.array([plot.unknown_from]))[0])) + offset
    width = frame.x.end - left
    if width <= 1:
        return
    yield element("rect", cls="shade", x=left, y=float(TOP), width=width, height=float(height - TOP - BOTTOM), fill=COLOURS["shade"])
    if width > GLYPH * len(plot.unknown_label):
        yield tick_text(plot.unknown_label, left + 8, TOP + 14.0)


def _marked(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    if plot.marked is None or plot.bounds is None:
        return
    moment = float(time_axis.seconds(np.array([plot.marked]))[0])
    if plot.bounds[0] <= moment <= plot.bounds[1]:
        at = frame.x.at(moment)
        yield element("path", cls="marked", d=f"M{at:.1f} {TOP}V{height - BOTTOM}", stroke=COLOURS["dim"], stroke_dasharray="2 3")
