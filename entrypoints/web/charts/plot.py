"""A plot: curves or candles over time on one or two axes, and the layout of its axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np

from domain.frequency import Frequency
from domain.observations import Dates
from entrypoints.web.charts import scales, time_axis
from entrypoints.web.charts.palette import DASHED, DASHES
from entrypoints.web.charts.scales import Floats, Scale

TOP, RIGHT, BOTTOM = 16, 14, 26
GLYPH = 7.0
#: Below it, labels of as many ticks would crowd.
_LOW = 280
_SHORTEST_DAYS: Mapping[str, int] = {Frequency.MONTHLY: 28, Frequency.QUARTERLY: 90, Frequency.ANNUAL: 365}
#: As many distances tell which one is usual.
_SAMPLE = 1000


class Kind(StrEnum):
    """How values are drawn."""

    LINE = "line"
    STEP = "step"
    BARS = "bars"
    CANDLES = "candles"

    @property
    def fills_slots(self) -> bool:
        """Whether the marks of a date have a width."""
        return self in (Kind.BARS, Kind.CANDLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """
    Values over time.

    Attributes:
        role: its colour: ``now``, ``then``, ``fan`` for thin lines behind these, or ``c1`` to ``c12`` for several series.
        right: whether the right axis measures it.
        decimals: with how many its values are written.
        suffix: what follows its values, such as `` %``.
        flags: of its values, by their dates in seconds since 1970.

    """

    role: str
    label: str
    dates: Dates
    values: Floats
    right: bool = False
    dashed: bool = False
    decimals: int = 1
    suffix: str = ""
    flags: Mapping[int, str] = field(default_factory=dict)

    @property
    def dash(self) -> str | None:
        """The lengths of its dashes and gaps, None for a solid line."""
        return DASHED if self.dashed else DASHES.get(self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candles:
    """
    Prices over time.

    Attributes:
        prices: of shape (dates, 4): open, high, low and close.
        volumes: drawn as bars at the bottom, on a scale of their own; None if there are none.
        role, label, decimals: as those of a curve.

    """

    role: str
    label: str
    dates: Dates
    prices: Floats
    volumes: Floats | None = None
    decimals: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shading:
    """
    Spans of time that are shaded, such as recessions.

    Attributes:
        spans: of shape (spans, 2), from and until when, in seconds since 1970.

    """

    label: str
    spans: Floats


@dataclass(frozen=True, kw_only=True)
class Plot:
    """
    What is drawn.

    Attributes:
        description: of the picture, in words.
        curves: the last one on top.
        candles: in place of curves where the kind is candles; the last one on top.
        log, right_log: whether the left and the right axis are logarithmic.
        frequency: of the dates, by which they are written: ``quarterly``; empty for days and moments.
        marked: a date that is pointed out.
        unknown_from: the last date known then: what follows is shaded, with ``unknown_label``.

    """

    title: str
    description: str
    kind: Kind
    curves: Sequence[Curve] = ()
    candles: Sequence[Candles] = ()
    shading: Shading | None = None
    log: bool = False
    right_log: bool = False
    frequency: str = ""
    marked: np.datetime64 | None = None
    unknown_from: np.datetime64 | None = None
    unknown_label: str = ""

    @cached_property
    def values(self) -> Floats:
        """All values that the left axis measures."""
        return _joined([*(curve.values for curve in self.curves if not curve.right), *(each.prices.ravel() for each in self.candles)])

    @cached_property
    def right_values(self) -> Floats:
        """All values that the right axis measures."""
        return _joined(curve.values for curve in self.curves if curve.right)

    @cached_property
    def dates(self) -> Sequence[Dates]:
        """The dates of each curve, or of each group of candles."""
        return [*(curve.dates for curve in self.curves), *(each.dates for each in self.candles)]

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The first and the last date in seconds since 1970; None if there is no date at all."""
        found = [time_axis.seconds(dates[[0, -1]]) for dates in self.dates if len(dates)]
        return (min(float(each[0]) for each in found), max(float(each[1]) for each in found)) if found else None

    @cached_property
    def usual(self) -> float:
        """The usual distance of dates in seconds, of the curve with most of them; that of very many is told from some of them."""
        dates = max(self.dates, key=len, default=None)
        count = 0 if dates is None else len(dates) - 1
        if dates is None or count < 1:
            return 86_400.0
        places = np.linspace(0, count - 1, min(count, _SAMPLE)).astype(np.int64)
        return float(np.median(time_axis.seconds(dates[places + 1]) - time_axis.seconds(dates[places])))

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the axis of time: the first and last date, with room for their marks."""
        return self.ends_of(*self.bounds) if self.bounds else (0.0, 1.0)

    def ends_of(self, first: float, last: float) -> tuple[float, float]:
        """Return the ends of an axis from one date to another, in seconds."""
        margin = self.usual / 2 if self.kind.fills_slots or first == last else 0.0
        return first - margin, last + margin

    @property
    def finest(self) -> int:
        """The smallest sensible distance of ticks in seconds: the shortest of the periods that dates stand for, or a day."""
        if any(dates.dtype != np.dtype("datetime64[D]") for dates in self.dates):
            return 1
        return 86_400 * _SHORTEST_DAYS.get(self.frequency, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """
    The scales of a drawing.

    Attributes:
        right: the scale of the right axis; None if nothing is measured by it.
        slot: the usual distance of dates.

    """

    x: Scale
    y: Scale
    right: Scale | None
    slot: float

    def of(self, curve: Curve) -> Scale:
        """Return the scale that measures a curve."""
        return self.right if curve.right and self.right else self.y


def frame_of(plot: Plot, width: int, height: int) -> Frame:
    """Lay out the axes."""
    y = _value_scale(plot, plot.values, height, log=plot.log)
    right = _value_scale(plot, plot.right_values, height, log=plot.right_log) if plot.right_values.size else None
    begin = 12 + _label_width(y)
    end = width - (RIGHT if right is None else 12 + _label_width(right))
    x = Scale(*plot.ends, begin, end)
    return Frame(x=x, y=y, right=right, slot=plot.usual * (x.end - x.start) / (x.high - x.low))


def _value_scale(plot: Plot, values: Floats, height: int, *, log: bool) -> Scale:
    low, high = height - BOTTOM, TOP
    if log:
        return scales.logarithmic(values, low, high)
    return scales.linear(values, low, high, zero=plot.kind is Kind.BARS, ticks=6 if height < _LOW else 9)


def _label_width(scale: Scale) -> float:
    return GLYPH * max(map(len, tick_labels(scale.ticks)), default=1)


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Write round values as briefly as they can be told apart."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    divisor, suffix = next(((size, name) for size, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m")) if largest >= 2 * size), (1.0, ""))
    return [
        "0" if not tick else f"{tick / divisor:,.10f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}") + suffix for tick in ticks
    ]


def _joined(parts: Iterable[Floats]) -> Floats:
    found = list(parts)
    return np.concatenate(found) if found else np.empty(0)
