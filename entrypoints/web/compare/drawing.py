"""What the script of a comparison's page draws: the range that is shown, and as much before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from domain.observations import Label, Observations, label
from entrypoints.web import words
from entrypoints.web.charts.document import document
from entrypoints.web.compare.comparison import Comparison, read_comparison
from entrypoints.web.compare.lines import Line, StoredSeries
from entrypoints.web.compare.picture import plot_of
from entrypoints.web.compare.state import State
from entrypoints.web.series.state import Units
from entrypoints.web.site import Site

#: Seconds from 1970 to the first and the last day of the calendar.
_FIRST, _LAST = (int(np.datetime64(day, "s").astype(np.int64)) for day in ("0001-01-02", "9999-12-30"))


def document_of(site: Site, state: State, pixels: int) -> dict[str, Any]:
    """
    Return what a script needs to draw a comparison; raises as ``read_comparison``.

    Args:
        pixels: the width of the range.

    """
    stored = StoredSeries(site.use_cases, state.moment)
    comparison = read_comparison(site, state, stored)
    plot, base = plot_of(comparison), _base(comparison.lines)
    whole = read_comparison(site, replace(state, start=None, end=None, base=base), stored)
    extent = plot_of(whole).ends
    first, last = plot.ends if plot.bounds else extent
    length = max(last - first, plot.usual)
    around = [_between(line, first - length, last + length) for line in whole.lines]
    sent = replace(
        plot_of(Comparison(state=state, lines=around)),
        title=plot.title,
        description=plot.description,
        log=plot.log,
        right_log=plot.right_log,
    )
    kept = {"index": words.iso(base)} if state.units is Units.INDEX and base else {}
    return {"kept": kept, **document(sent, shown=(first, first + length), extent=extent, pixels=pixels)}


def _base(lines: Sequence[Line]) -> Label | None:
    return min((line.base for line in lines if line.base is not None), default=None)


def _between(line: Line, first: float, last: float) -> Line:
    return replace(line, shown=line.shown.window(_label(line.shown, first), _label(line.shown, last)))


def _label(shown: Observations, moment: float) -> Label:
    bounded = min(max(int(moment), _FIRST), _LAST)
    return label(np.datetime64(bounded, "s").astype(shown.dates.dtype))
