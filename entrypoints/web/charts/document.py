"""A plot as a document from which a script draws it: what each pixel of its width shows, and the same around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.observations import Dates
from entrypoints.web.charts import time_axis
from entrypoints.web.charts.drawing import CANDLE_WIDTH, gathered
from entrypoints.web.charts.marks import thinned
from entrypoints.web.charts.plot import Candles, Curve, Plot

#: As many dates are sent whole, so that the script needs no more for any range; of more, rows are left out if this part remains.
_FEW, _WORTH = 12_000, 0.7

Member = tuple[int, int, Curve]


def document(plot: Plot, *, shown: tuple[float, float], extent: tuple[float, float], pixels: int) -> dict[str, Any]:
    """
    Return what a script needs to draw a plot.

    ``axes`` are lists of moments in seconds since 1970. Each curve names the one of its values by its place, and where its values
    begin there; null is a missing value. Of very many dates a curve has the first, lowest, highest and last of each pixel's width of
    the shown range.

    Args:
        plot: of what is shown and of as much around it as is sent.
        shown: the ends of the range that is shown at first.
        extent: the ends of all data, beyond which there is nothing to be asked for.
        pixels: the width of the shown range.

    """
    scale = pixels / (shown[1] - shown[0])
    logarithmic = {False: plot.log, True: plot.right_log}
    axes, curves, exact = _thinned([_positive(curve) if logarithmic[curve.right] else curve for curve in plot.curves], scale)
    candles = [gathered(each, _most(each, scale)) for each in plot.candles]
    slots = [plot.usual * len(each.dates) / max(1, len(few.dates)) for each, few in zip(plot.candles, candles, strict=True)]
    return {
        "title": plot.title,
        "description": plot.description,
        "kind": plot.kind,
        "log": plot.log,
        "right_log": plot.right_log,
        "frequency": plot.frequency,
        "finest": plot.finest,
        "usual": plot.usual,
        "shown": shown,
        "sent": plot.ends,
        "extent": extent,
        "pixels": pixels,
        "exact": exact and all(len(few.dates) == len(each.dates) for few, each in zip(candles, plot.candles, strict=True)),
        "axes": [_seconds(dates) for dates in axes],
        "curves": curves,
        "candles": [{**_candle_rows(each), "slot": slot} for each, slot in zip(candles, slots, strict=True)],
        "shading": {"label": plot.shading.label, "spans": plot.shading.spans.tolist()} if plot.shading else None,
        "marked": _second(plot.marked),
        "unknown": {"from": _second(plot.unknown_from), "label": plot.unknown_label} if plot.unknown_from is not None else None,
    }


def _positive(curve: Curve) -> Curve:
    """Return what a logarithmic axis can show."""
    return replace(curve, values=np.where(curve.values > 0, curve.values, np.nan))


def _thinned(curves: Sequence[Curve], scale: float) -> tuple[Sequence[Dates], Sequence[dict[str, Any]], bool]:
    """Return axes, curves, and whether nothing was left out; curves whose dates are a part of another's share its axis."""
    groups: list[tuple[Dates, list[Member]]] = []
    for place in sorted(range(len(curves)), key=lambda place: -len(curves[place].dates)):
        curve = curves[place]
        dates, at, members = next(
            ((dates, at, members) for dates, members in groups if (at := _position(dates, curve.dates)) is not None), (curve.dates, 0, [])
        )
        if not members:
            groups.append((dates, members))
        members.append((place, at, curve))
    rows: dict[int, dict[str, Any]] = {}
    axes, exact = [], True
    for axis, (dates, members) in enumerate(groups):
        kept = _kept(dates, members, scale)
        exact = exact and bool(kept.all())
        axes.append(dates[kept])
        for place, at, curve in members:
            inside = kept[at : at + len(curve.dates)]
            rows[place] = {
                **{name: getattr(curve, name) for name in ("role", "label", "right", "dash", "decimals", "suffix")},
                "axis": axis,
                "start": int(np.count_nonzero(kept[:at])),
                "values": curve.values[inside].tolist(),
                **({"flags": {str(moment): code for moment, code in curve.flags.items()}} if curve.flags else {}),
            }
    return axes, [rows[place] for place in range(len(curves))], exact


def _position(dates: Dates, part: Dates) -> int | None:
    """Return where dates hold others as an unbroken part; None if they do not."""
    if dates.dtype != part.dtype:
        return None
    at = int(np.searchsorted(dates, part[0])) if len(part) else 0
    return at if np.array_equal(dates[at : at + len(part)], part) else None


def _kept(dates: Dates, members: Sequence[Member], scale: float) -> NDArray[np.bool_]:
    if len(dates) <= _FEW:
        return np.ones(len(dates), dtype=bool)
    seconds = time_axis.seconds(dates)
    x = (seconds - seconds[:1]) * scale
    kept = np.zeros(len(dates), dtype=bool)
    for _, at, curve in members:
        part = slice(at, at + len(curve.dates))
        kept[part] |= thinned(x[part], curve.values)
    return kept if kept.sum() <= _WORTH * len(kept) else np.ones(len(kept), dtype=bool)


def _most(candles: Candles, scale: float) -> int:
    seconds = time_axis.seconds(candles.dates)
    return max(1, int((seconds[-1] - seconds[0]) * scale / CANDLE_WIDTH) + 1) if len(seconds) else 1


def _candle_rows(candles: Candles) -> dict[str, Any]:
    return {
        **{name: getattr(candles, name) for name in ("role", "label", "decimals")},
        "x": _seconds(candles.dates),
        "prices": candles.prices.T.tolist(),
        "volumes": None if candles.volumes is None else candles.volumes.tolist(),
    }


def _seconds(dates: Dates) -> list[int]:
    found: list[int] = time_axis.seconds(dates).astype(np.int64).tolist()
    return found


def _second(moment: np.datetime64 | None) -> float | None:
    return None if moment is None else float(time_axis.seconds(np.array([moment]))[0])
