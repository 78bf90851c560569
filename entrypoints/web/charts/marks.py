"""Marks: the lines, steps, bars and candles of a curve, thinned to what the width can show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from entrypoints.web.charts.markup import COLOURS, element
from entrypoints.web.charts.scales import Floats

#: The role of curves that are drawn thin, behind the others.
FAN = "fan"
_MOST_POINTS_A_PIXEL = 4
_BAR_SHARE, _WIDEST_BAR = 0.8, 28.0


def thinned(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return which points a drawing of one unit a pixel shows: the first, lowest, highest and last one of each pixel."""
    known = ~np.isnan(y)
    if known.sum() <= _MOST_POINTS_A_PIXEL * (np.ptp(x) + 1 if len(x) else 1):
        return np.ones(len(x), dtype=bool)
    kept, places = np.zeros(len(x), dtype=bool), np.flatnonzero(known)
    pixels, values = np.floor(x[places]).astype(np.int64), y[places]
    starts = pixel_starts(pixels)
    kept[places[starts]] = True
    kept[places[np.append(starts[1:], len(places)) - 1]] = True
    lengths = np.diff(np.append(starts, len(places)))
    for extreme in (np.minimum, np.maximum):
        reached = np.flatnonzero(values == np.repeat(extreme.reduceat(values, starts), lengths))
        # Of several points that reach it, the first of each pixel.
        kept[places[reached[pixel_starts(pixels[reached])]]] = True
    # A gap from one pixel to another stays one.
    gaps = (np.diff(places) > 1) & (np.diff(pixels) > 0)
    kept[places[:-1][gaps] + 1] = True
    return kept


def pixel_starts(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of the first point of each pixel, given the ascending pixels of all points."""
    return np.flatnonzero(np.diff(pixels, prepend=pixels[:1] - 1))


def line(x: Floats, y: Floats, role: str, *, step: bool = False, dashed: bool = False) -> Markup:
    """Return a line with gaps where values are missing; a value that stands alone is a dot."""
    kept = thinned(x, y)
    x, y = x[kept], y[kept]
    path = " ".join(_runs(x, y, step=step))
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
        stroke_dasharray="2 5" if dashed else None,
    )


def _runs(x: Floats, y: Floats, *, step: bool) -> Iterator[str]:
    known = np.flatnonzero(~np.isnan(y))
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1) if known.size else ():
        points = [f"{x[place]:.1f} {y[place]:.1f}" for place in run]
        if step:
            yield f"M{points[0]}" + "".join(f"H{x[place]:.1f}V{y[place]:.1f}" for place in run[1:]) if len(run) > 1 else f"M{points[0]}h1"
        else:
            yield f"M{points[0]}" + "".join(f"L{point}" for point in points[1:]) if len(points) > 1 else f"M{points[0]}h.1"


def bars(points: tuple[Floats, Floats], role: str, *, zero: float, slot: float, place: tuple[int, int]) -> Markup:
    """
    Return bars from zero.

    Args:
        zero: the position of 0.
        slot: the distance between dates.
        place: which of how many bars side by side it is.

    """
    (x, y) = points
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
