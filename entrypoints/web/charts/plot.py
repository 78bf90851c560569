"""A plot of one or two curves over time, drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from markupsafe import Markup

from domain.observations import Dates
from entrypoints.web.charts import marks, scales, time_axis
from entrypoints.web.charts.markup import COLOURS, FONT, element
from entrypoints.web.charts.scales import Floats, Scale

_TOP, _RIGHT, _BOTTOM = 16, 14, 26
_GLYPH, _TICK_WIDTH = 7.0, 78
_SIZE = "12"
#: Below it, labels of as many ticks would crowd.
_LOW = 280


class Kind(StrEnum):
    """How values are drawn."""

    LINE = "line"
    STEP = "step"
    BARS = "bars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Values over time; its role, ``now`` or ``then``, is its colour."""

    role: str
    label: str
    dates: Dates
    values: Floats


@dataclass(frozen=True, kw_only=True)
class Plot:
    """
    What is drawn.

    Attributes:
        description: of the picture, in words.
        curves: the last one on top.
        marked: a date that is pointed out.
        unknown_from: the last date known then: what follows is shaded, with ``unknown_label``.

    """

    title: str
    description: str
    curves: Sequence[Curve]
    kind: Kind
    log: bool = False
    marked: np.datetime64 | None = None
    unknown_from: np.datetime64 | None = None
    unknown_label: str = ""

    @cached_property
    def values(self) -> Floats:
        """All values of all curves."""
        return np.concatenate([curve.values for curve in self.curves]) if self.curves else np.empty(0)

    @cached_property
    def seconds(self) -> Floats:
        """All dates of all curves in order, each once, as seconds since 1970."""
        found = [time_axis.seconds(curve.dates) for curve in self.curves]
        return found[0] if len(found) == 1 else np.unique(np.concatenate(found or [np.empty(0)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The scales of a drawing."""

    x: Scale
    y: Scale
    labels: Sequence[str]
    slot: float


def frame_of(plot: Plot, width: int, height: int) -> Frame:
    """Lay out the axes."""
    low, high = height - _BOTTOM, _TOP
    if plot.log:
        y = scales.logarithmic(plot.values, low, high)
    else:
        y = scales.linear(plot.values, low, high, zero=plot.kind is Kind.BARS, ticks=6 if height < _LOW else 9)
    labels = tick_labels(y.ticks)
    left = 10 + _GLYPH * max(map(len, labels), default=1)
    seconds = plot.seconds if plot.seconds.size else np.array([0.0, 1.0])
    first, last = float(seconds[0]), float(seconds[-1])
    usual = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 86_400.0
    margin = usual / 2 if plot.kind is Kind.BARS or first == last else 0.0
    x = Scale(first - margin, last + margin, left + 2, width - _RIGHT)
    return Frame(x=x, y=y, labels=labels, slot=usual * (x.end - x.start) / (x.high - x.low))


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Write round values as briefly as they can be told apart."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    divisor, suffix = next(((size, name) for size, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m")) if largest >= 2 * size), (1.0, ""))
    return [
        "0" if not tick else f"{tick / divisor:,.10f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}") + suffix for tick in ticks
    ]


def draw(plot: Plot, *, width: int = 760, height: int = 300, cls: str = "") -> Markup:
    """Return the plot as an SVG element, which a screen reader reads as its description."""
    frame = frame_of(plot, width, height)
    parts = [
        element("title", plot.title),
        element("desc", plot.description),
        *_shade(plot, frame, height),
        *_value_axis(frame),
        *_time_axis(plot, frame, height),
        *_curves(plot, frame),
        *_marked(plot, frame, height),
    ]
    return element(
        "svg",
        parts,
        xmlns="http://www.w3.org/2000/svg",
        cls=f"chart {cls}".strip(),
        viewBox=f"0 0 {width} {height}",
        role="img",
        font_family=FONT,
        data_left=frame.x.start,
        data_right=frame.x.end,
        data_top=float(_TOP),
        data_bottom=float(height - _BOTTOM),
        data_first=f"{frame.x.low:.0f}",
        data_last=f"{frame.x.high:.0f}",
        data_low=f"{frame.y.low:.12g}",
        data_high=f"{frame.y.high:.12g}",
        data_log="true" if frame.y.log else None,
    )


def _value_axis(frame: Frame) -> Iterator[Markup]:
    for tick, label in zip(frame.y.ticks, frame.labels, strict=True):
        at = frame.y.at(tick)
        stroke = COLOURS["dim" if tick == 0 else "line"]
        yield element("path", cls="zero" if tick == 0 else "rule", d=f"M{frame.x.start:.1f} {at:.1f}H{frame.x.end:.1f}", stroke=stroke)
        yield element("text", label, cls="tick", x=frame.x.start - 8, y=at + 4, text_anchor="end", font_size=_SIZE, fill=COLOURS["dim"])


def _time_axis(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    finest = 86_400 if all(curve.dates.dtype == np.dtype("datetime64[D]") for curve in plot.curves) else 1
    most = max(2, int((frame.x.end - frame.x.start) // _TICK_WIDTH))
    for moment, label in time_axis.ticks(frame.x.low, frame.x.high, most, finest=finest):
        at, half = frame.x.at(moment), _GLYPH * len(label) / 2
        if at + half > frame.x.end + _RIGHT or at - half < 0:
            continue
        yield element("path", cls="notch", d=f"M{at:.1f} {height - _BOTTOM}v5", stroke=COLOURS["dim"])
        yield element("text", label, cls="tick", x=at, y=float(height - 6), text_anchor="middle", font_size=_SIZE, fill=COLOURS["dim"])


def _curves(plot: Plot, frame: Frame) -> Iterator[Markup]:
    count = len(plot.curves)
    bars = plot.kind is Kind.BARS
    for index, curve in enumerate(plot.curves):
        x = frame.x(time_axis.seconds(curve.dates))
        y = frame.y(curve.values)
        if bars:
            # What was known then stands left of what is known today.
            yield marks.bars((x, y), curve.role, zero=frame.y.at(0.0), slot=frame.slot, place=(count - 1 - index, count))
            continue
        yield marks.line(x, y, curve.role, step=plot.kind is Kind.STEP)
        known = np.flatnonzero(~np.isnan(y))
        if known.size and (count > 1 or known.size == 1):
            yield element("circle", cls=curve.role, cx=float(x[known[-1]]), cy=float(y[known[-1]]), r="3.5", fill=COLOURS[curve.role])


def _shade(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    if plot.unknown_from is None:
        return
    offset = frame.slot / 2 if plot.kind is Kind.BARS else 0.0
    left = frame.x.at(float(time_axis.seconds(np.array([plot.unknown_from]))[0])) + offset
    width = frame.x.end - left
    if width <= 1:
        return
    yield element("rect", cls="shade", x=left, y=float(_TOP), width=width, height=float(height - _TOP - _BOTTOM), fill=COLOURS["shade"])
    if width > _GLYPH * len(plot.unknown_label):
        yield element("text", plot.unknown_label, cls="tick", x=left + 8, y=_TOP + 14.0, font_size=_SIZE, fill=COLOURS["dim"])


def _marked(plot: Plot, frame: Frame, height: int) -> Iterator[Markup]:
    if plot.marked is None or not plot.seconds.size:
        return
    moment = float(time_axis.seconds(np.array([plot.marked]))[0])
    if plot.seconds[0] <= moment <= plot.seconds[-1]:
        at = frame.x.at(moment)
        yield element("path", cls="marked", d=f"M{at:.1f} {_TOP}V{height - _BOTTOM}", stroke=COLOURS["dim"], stroke_dasharray="2 3")
