"""The fan: the states of the vintages that were known just before the one that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.moments import AsOf
from domain.use_cases.read_series import ReadSeries, Selection
from domain.vintages import Vintage
from entrypoints.web.series.reading import shown_in_units
from entrypoints.web.series.view import View


def with_fan(read_series: ReadSeries, view: View, vintages: Sequence[Vintage]) -> View:
    """
    Return a view with as many earlier vintages behind it as its address asks for.

    Args:
        vintages: of the series.

    Raises:
        DamagedVintage: one of them cannot be read.

    """
    shown = view.chosen or view.newest
    earlier = sorted((each for each in vintages if each.knowledge() < shown.knowledge()), key=Vintage.knowledge)[-view.state.fan :]
    states = [
        (
            each,
            shown_in_units(read_series(view.series.id, Selection(moment=AsOf(vintage=each.number))), [view.column], view.state, view.base),
        )
        for each in earlier
    ]
    return replace(view, fan=states)
