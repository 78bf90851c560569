"""Marks: the lines, steps, bars and candles of a curve, thinned to what the width can show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson
from markupsafe import Markup
from numpy.typing import NDArray

from entrypoints.web.charts.markup import COLOURS, element
from entrypoints.web.charts.scales import Floats

#: The role of curves that are drawn thin, behind the others.
FAN = "fan"
_MOST_POINTS_A_PIXEL = 4
#: From so many points a pixel on, it is faster to search each pixel by itself.
_MANY = 200
_BAR_SHARE, _WIDEST_BAR = 0.8, 28.0


def thinned(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """
    Return which points a drawing of one unit a pixel shows: the first, lowest, highest and last one of each pixel.

    Args:
        x: ascending positions.
        y: NaN where missing.

    """
    if len(x) <= _MOST_POINTS_A_PIXEL * (np.ptp(x) + 1 if len(x) else 1):
        return np.ones(len(x), dtype=bool)
    known = ~np.isnan(y)
    whole = bool(known.all())
    places = np.arange(0) if whole else np.flatnonzero(known)
    x, y = (x, y) if whole else (x[places], y[places])
    kept = np.zeros(len(x), dtype=bool)
    if len(x):
        # Few pixels hold many points, so their borders are looked for instead of each point's pixel.
        starts = np.searchsorted(x, np.arange(np.floor(x[0]), np.floor(x[-1]) + 1))
        starts = starts[np.diff(starts, prepend=-1) > 0]
        ends = np.append(starts[1:], len(x))
        kept[starts] = kept[ends - 1] = True
        for find, extreme in ((np.argmin, np.minimum), (np.argmax, np.maximum)):
            if len(x) > _MANY * len(starts):
                kept[[begin + find(y[begin:end]) for begin, end in zip(starts.tolist(), ends.tolist(), strict=True)]] = True
            else:
                reached = np.flatnonzero(y == np.repeat(extreme.reduceat(y, starts), ends - starts))
                kept[reached[np.searchsorted(reached, starts)]] = True
    if whole:
        return kept
    found = np.zeros(len(known), dtype=bool)
    found[places[kept]] = True
    # A gap from one pixel to another stays one.
    gaps = (np.diff(places) > 1) & (np.diff(np.floor(x)) > 0)
    found[places[:-1][gaps] + 1] = True
    return found


def line(x: Floats, y: Floats, role: str, *, step: bool = False, dash: str | None = None) -> Markup:
    """Return a line with gaps where values are missing; a value that stands alone is a dot."""
    kept = thinned(x, y)
    path = "".join(_runs(x[kept], y[kept], step=step))
    if not path:
        return Markup("")
    return element(
        "path",
        cls=f"{role} line",
        d=path,
        fill="none",
        stroke=COLOURS[role],
        stroke_width="1" if role == FAN else "2",
        stroke_opacity="0.45" if role == FAN else None,
        stroke_linejoin="round",
        stroke_linecap="round",
        stroke_dasharray=dash,
    )


def _runs(x: Floats, y: Floats, *, step: bool) -> Iterator[str]:
    known = np.flatnonzero(~np.isnan(y))
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if known.size else ():
        points = np.column_stack([x[run], y[run]])
        if step:
            # To the date of each value at the height of the one before.
            points = np.repeat(points, 2, axis=0)
            points = np.column_stack([points[1:, 0], points[:-1, 1]])
        yield f"M{_written(points)}" if len(run) > 1 else f"M{_written(points)}h{'1' if step else '.1'}"


def _written(points: Floats) -> str:
    """Write coordinates to a tenth, all of them at once."""
    return orjson.dumps(np.round(points, 1).ravel(), option=orjson.OPT_SERIALIZE_NUMPY).decode()[1:-1]


def bars(points: tuple[Floats, Floats], role: str, *, zero: float, slot: float, place: tuple[int, int]) -> Markup:
    """
    Return bars from zero.

    Args:
        zero: the position of 0.
        slot: the distance between dates.
        place: which of how many bars side by side it is.

    """
    kept = thinned(*points)
    x, y = points[0][kept], points[1][kept]
    left, width = _side_by_side(x, slot, place)
    rectangles = [
        f"M{begin:.1f} {zero:.1f}V{end:.1f}h{width:.1f}V{zero:.1f}z" for begin, end in zip(left, y, strict=True) if not np.isnan(end)
    ]
    return element("path", cls=f"{role} bars", d="".join(rectangles), fill=COLOURS[role]) if rectangles else Markup("")


def candles(x: Floats, prices: tuple[Floats, ...], role: str, *, slot: float, place: tuple[int, int]) -> Iterator[Markup]:
    """
    Yield candles: a body from open to close, hollow where the price rose, and a wick from low to high.

    Args:
        prices: the positions of open, high, low and close.
        slot, place: as for bars.

    """
    left, width = _side_by_side(x, slot, place)
    paths: dict[str, list[str]] = {"rose": [], "fell": []}
    for begin, opened, high, low, closed in zip(left, *prices, strict=True):
        if np.isnan([opened, high, low, closed]).any():
            continue
        # Positions grow downwards.
        top, bottom, middle = min(opened, closed), max(opened, closed), begin + width / 2
        body = f"M{begin:.1f} {top:.1f}h{width:.1f}V{bottom:.1f}h{-width:.1f}z"
        wicks = f"M{middle:.1f} {high:.1f}V{top:.1f}M{middle:.1f} {bottom:.1f}V{low:.1f}"
        paths["fell" if closed > opened else "rose"].append(body + wicks)
    for kind, found in paths.items():
        if found:
            colour = COLOURS[role]
            fill = colour if kind == "fell" else COLOURS["paper"]
            yield element("path", cls=f"{role} candles {kind}", d="".join(found), fill=fill, stroke=colour, stroke_width="1")


def _side_by_side(x: Floats, slot: float, place: tuple[int, int]) -> tuple[Floats, float]:
    """Return the left ends and the width of marks of which several share a slot."""
    index, count = place
    group = min(slot * _BAR_SHARE, _WIDEST_BAR * count)
    return x - group / 2 + index * group / count, max(group / count, 0.6)
