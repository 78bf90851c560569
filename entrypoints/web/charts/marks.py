"""Marks: the lines, steps and bars of a curve, thinned to what the width can show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from entrypoints.web.charts.markup import COLOURS, element
from entrypoints.web.charts.scales import Floats

_MOST_POINTS_A_PIXEL = 4
_BAR_SHARE, _WIDEST_BAR = 0.8, 28.0


def thinned(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return which points a drawing of one unit a pixel shows: the first, lowest, highest and last one of each pixel."""
    known = ~np.isnan(y)
    if known.sum() <= _MOST_POINTS_A_PIXEL * (np.ptp(x) + 1 if len(x) else 1):
        return np.ones(len(x), dtype=bool)
    kept, places = np.zeros(len(x), dtype=bool), np.flatnonzero(known)
    pixels, values = np.floor(x[places]).astype(np.int64), y[places]
    bounds = [0, *(np.flatnonzero(np.diff(pixels)) + 1).tolist(), len(places)]
    for first, last in pairwise(bounds):
        part = values[first:last]
        kept[places[[first, first + int(part.argmin()), first + int(part.argmax()), last - 1]]] = True
    # A gap from one pixel to another stays one.
    gaps = (np.diff(places) > 1) & (np.diff(pixels) > 0)
    kept[places[:-1][gaps] + 1] = True
    return kept


def line(x: Floats, y: Floats, role: str, *, step: bool = False) -> Markup:
    """Return a line with gaps where values are missing; a value that stands alone is a dot."""
    kept = thinned(x, y)
    x, y = x[kept], y[kept]
    path = " ".join(_runs(x, y, step=step))
    if not path:
        return Markup("")
    colour = COLOURS[role]
    return element(
        "path", cls=f"{role} line", d=path, fill="none", stroke=colour, stroke_width="2", stroke_linejoin="round", stroke_linecap="round"
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
    (x, y), (index, count) = points, place
    group = min(slot * _BAR_SHARE, _WIDEST_BAR * count)
    width = max(group / count, 0.6)
    left = x - group / 2 + index * group / count
    rectangles = [
        f"M{begin:.1f} {zero:.1f}V{end:.1f}h{width:.1f}V{zero:.1f}z" for begin, end in zip(left, y, strict=True) if not np.isnan(end)
    ]
    return element("path", cls=f"{role} bars", d="".join(rectangles), fill=COLOURS[role]) if rectangles else Markup("")
