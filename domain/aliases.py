"""Find a free alias among many taken ones with few queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

_PARTS = 32
_DOUBLED = [2**power for power in range(1, _PARTS)]


def free_alias(alias: str, taken: Callable[[Sequence[str]], Collection[str]]) -> str:
    """
    Return the alias or, if it is taken, it with a free suffix ``_2``, ``_3`` … that follows a taken one.

    Calls ``taken`` a few times, however many are taken.

    Args:
        taken: returns which of the given names are taken.

    """
    below, numbers = 0, [*range(1, _PARTS), *(_PARTS * times for times in _DOUBLED)]
    while True:
        names = {number: f"{alias}_{number}" if number > 1 else alias for number in numbers}
        known = taken(list(names.values()))
        free = next((number for number in numbers if names[number] not in known), None)
        below = max((number for number in numbers if free is None or number < free), default=below)
        if free is None:
            numbers = [below * times for times in _DOUBLED]
        elif free == below + 1:
            return names[free]
        else:
            numbers = [*range(below + 1, free, max((free - below) // _PARTS, 1)), free]
