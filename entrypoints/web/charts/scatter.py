"""A scatter plot: the values of two series on the same dates, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from entrypoints.web import words
from entrypoints.web.charts import scales
from entrypoints.web.charts.markup import COLOURS, element, picture, tick_text
from entrypoints.web.charts.plot import GLYPH, TOP, tick_labels
from entrypoints.web.charts.scales import Floats, Scale

_RIGHT, _BOTTOM, _NAMES = 20, 42, 18
_TICK_WIDTH = 70
#: Dots of one place are one: so many places a unit where dots are few, and where they are many, which cover each other.
_FINE, _COARSE, _MANY = 2.0, 0.5, 5000


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """
    What is drawn.

    Attributes:
        x, y: the values, without missing ones; the last one is the newest and stands out.
        x_label, y_label: what the axes measure.

    """

    title: str
    description: str
    x: Floats
    y: Floats
    x_label: str
    y_label: str


def draw_scatter(plot: Scatter, *, width: int = 760, height: int = 300, cls: str = "") -> Markup:
    """Return the plot as an SVG element, which a screen reader reads as its description."""
    y = scales.linear(plot.y, height - _BOTTOM, TOP + _NAMES, zero=False, ticks=6)
    left = 12 + GLYPH * max(map(len, tick_labels(y.ticks)))
    x = scales.linear(plot.x, left, width - _RIGHT, zero=False, ticks=max(2, int((width - left) // _TICK_WIDTH)))
    parts = [*_axes(plot, x, y, height), *_dots(plot, x, y)]
    return picture(parts, title=plot.title, description=plot.description, size=(width, height), cls=cls)


def _axes(plot: Scatter, x: Scale, y: Scale, height: int) -> Iterator[Markup]:
    for tick, label in zip(y.ticks, tick_labels(y.ticks), strict=True):
        at = y.at(tick)
        yield element("path", cls="rule", d=f"M{x.start:.1f} {at:.1f}H{x.end:.1f}", stroke=COLOURS["line"])
        yield tick_text(label, x.start - 8, at + 4, "end")
    for tick, label in zip(x.ticks, tick_labels(x.ticks), strict=True):
        at = x.at(tick)
        yield element("path", cls="rule", d=f"M{at:.1f} {y.start:.1f}V{y.end:.1f}", stroke=COLOURS["line"])
        yield tick_text(label, at, y.start + 16, "middle")
    most = int((x.end - x.start) / GLYPH)
    yield tick_text(words.shortened(plot.x_label, most), x.end, height - 6.0, "end")
    yield tick_text(words.shortened(plot.y_label, most), 6.0, 14.0, "start")


def _dots(plot: Scatter, x: Scale, y: Scale) -> Iterator[Markup]:
    if not len(plot.x):
        return
    fineness = _COARSE if len(plot.x) > _MANY else _FINE
    places = np.round(np.column_stack([x(plot.x), y(plot.y)]) * fineness) / fineness
    # A line of no length with round ends is a dot: many of them are one element.
    dots = "".join(f"M{across:.1f} {down:.1f}h0" for across, down in np.unique(places, axis=0))
    yield element("path", cls="now dots", d=dots, stroke=COLOURS["now"], stroke_width="5", stroke_linecap="round", stroke_opacity="0.55")
    newest_x, newest_y = float(places[-1, 0]), float(places[-1, 1])
    yield element("circle", cls="then", cx=newest_x, cy=newest_y, r="4.5", fill=COLOURS["then"])
