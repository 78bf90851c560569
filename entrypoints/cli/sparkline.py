"""A chart of a column in one line of block characters."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

_BLOCKS = "▁▂▃▄▅▆▇█"
_MIDDLE = 3


def sparkline(values: Sequence[float], width: int) -> str:
    """
    Return a chart of the values, NaN where one is missing, in at most ``width`` characters.

    Where there are more values than characters, each stands for the last known one of its part.
    """
    count = min(width, len(values))
    parts = (values[i * len(values) // count : (i + 1) * len(values) // count] for i in range(count))
    # Halves: the difference of the largest and the smallest double would overflow.
    halves = [next((value / 2 for value in reversed(part) if not isnan(value)), None) for part in parts]
    known = [half for half in halves if half is not None]
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    return "".join(
        " " if half is None else _BLOCKS[round((len(_BLOCKS) - 1) * ((half - low) / span)) if span else _MIDDLE] for half in halves
    )
