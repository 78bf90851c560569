"""Aliases: a free one among many that are taken, without asking for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

_PARTS = 32
_DOUBLED = [2**power for power in range(1, _PARTS)]


def free_alias(alias: str, taken: Callable[[Sequence[str]], Collection[str]]) -> str:
    """
    Return the alias or, where that is taken, one with ``_2``, ``_3`` … that is free behind one that is not.

    However many are taken, it asks a few times.

    Args:
        taken: tells which of some names are taken.

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
