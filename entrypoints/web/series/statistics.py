"""Statistics of what is shown: of today's values, and of those that were known then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.frequency import Frequency
from domain.observations import Observations, label
from entrypoints.web import words
from entrypoints.web.series.view import View

_PERIODS = (Frequency.MONTHLY, Frequency.QUARTERLY, Frequency.ANNUAL)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What each statistic is called, and its value for each curve that is shown, today's first."""

    states: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[str]]]


def statistics(view: View) -> Statistics:
    """Return the statistics of the range that is shown; the standard deviation divides by n − 1."""
    columns = [_described(view, view.shown(each.state), each.column) for each in view.drawn]
    return Statistics(
        states=[(each.role, each.label) for each in view.drawn], rows=[(name, [column[name] for column in columns]) for name in columns[0]]
    )


def _described(view: View, part: Observations, column: int) -> dict[str, str]:
    values = part.values[:, column]
    places = np.flatnonzero(~np.isnan(values))
    known = values[places]
    if not known.size:
        names = ("Values", "Missing", "Mean", "Standard deviation", "Lowest", "Highest", "Latest", "Change to it")
        return dict.fromkeys(names, "–") | {"Values": "0", "Missing": words.number(len(values))}

    preposition = "in" if view.series.frequency in _PERIODS else "on"

    def at(place: int) -> str:
        return f"{view.write(float(known[place]))} {preposition} {words.period(label(part.dates[places[place]]), view.series.frequency)}"

    change = float(known[-1] - known[-2]) if known.size > 1 else None
    return {
        "Values": words.number(known.size),
        "Missing": words.number(len(values) - known.size),
        "Mean": view.write(float(known.mean())),
        "Standard deviation": view.write(float(known.std(ddof=1))) if known.size > 1 else "–",
        "Lowest": at(int(known.argmin())),
        "Highest": at(int(known.argmax())),
        "Latest": at(-1),
        "Change to it": view.write(change, sign=True),
    }
