"""
The key in a code, compared with the key of a series.

Part for part in order, as the agency writes it; an empty part matches anything, ``+`` separates alternatives unless a value holds it,
parts at the end may be left out, and doubtful attributes may be passed over. A full key may also name the dimensions in another order,
unless two values that then change places could be mistaken for each other, such as two currencies; of a whole table any values that one
series alone has do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

_ANY = ("", "*")
_WORD = re.compile(r"[A-Za-z]{2,}")

#: The values that a part of a key asks for; any if empty.
Asked = frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """
    A part of a series' key.

    Attributes:
        name: of the dimension.
        values: its value in lower case, as the answer and as codes write it.
        is_doubtful: whether it may be an attribute, which is no part of the key.

    """

    name: str
    values: tuple[str, str]
    is_doubtful: bool

    def is_asked(self, part: Asked) -> bool:
        """Return whether a part of a code means it."""
        return not part or not part.isdisjoint(self.values)


def parts_of(key: str) -> list[Asked]:
    """Return the parts of a key in a code."""
    parts = key.casefold().split(".") if key else []
    return [frozenset() if part in _ANY else frozenset({part}) for part in parts]


def alternatives(asked: Sequence[Asked]) -> list[Asked]:
    """Return parts in which ``+`` separates values."""
    return [frozenset(value for text in part for value in text.split("+")) for part in asked]


def fits(asked: Sequence[Asked], parts: Sequence[Part], *, in_whole_table: bool) -> bool:
    """
    Return whether a key means a series of these parts.

    Args:
        in_whole_table: whether the answer holds all series that there are, so that no other can be meant.

    """
    told = [part for part in asked if part]
    if not _are_there(told, parts):
        return False
    if len(asked) > len(parts):
        asked = told
    return _is_in_order(asked, parts) or (len(told) == len(asked) and _is_rearranged(told, parts, in_whole_table=in_whole_table))


def _are_there(told: Sequence[Asked], parts: Sequence[Part]) -> bool:
    known = {value for part in parts for value in part.values}
    return not any(known.isdisjoint(part) for part in told)


def _is_in_order(asked: Sequence[Asked], parts: Sequence[Part]) -> bool:
    """Compare part for part; doubtful ones may be passed over, and either those or dimensions at the end left out."""
    reached = {(0, False)}  # how many parts of the series are behind, and whether a doubtful one is among those that were asked for
    for ask in asked:
        behind: set[tuple[int, bool]] = set()
        for at, doubtful in reached:
            for place in range(at, len(parts)):
                if parts[place].is_asked(ask):
                    behind.add((place + 1, doubtful or parts[place].is_doubtful))
                if not parts[place].is_doubtful:
                    break
        reached = behind
    last = max((at for at, part in enumerate(parts, 1) if not part.is_doubtful), default=0)
    return any(not doubtful or at >= last for at, doubtful in reached)


def _is_rearranged(told: Sequence[Asked], parts: Sequence[Part], *, in_whole_table: bool) -> bool:
    """Compare the values whatever their order is; doubtful ones only count where all others are there."""
    sure = [part for part in parts if not part.is_doubtful]
    if len(told) < len(sure) and not in_whole_table:
        return False
    places = _places(told, sure if len(told) <= len(sure) else parts)
    if places is None or (len(told) >= len(sure) and not {*sure} <= {*places}):
        return False
    order = {part: at for at, part in enumerate(parts)}
    return not any(order[one] > order[two] and _may_be_mistaken(one, two) for one, two in combinations(places, 2))


def _places(told: Sequence[Asked], parts: Sequence[Part]) -> list[Part] | None:
    """Return for each value the first part that has it and is not taken; None if one is nowhere."""
    free, places = list(parts), []
    for ask in told:
        at = next((at for at, part in enumerate(free) if part.is_asked(ask)), None)
        if at is None:
            return None
        places.append(free.pop(at))
    return places


def _may_be_mistaken(one: Part, two: Part) -> bool:
    """Return whether two values can be of one code list: they are equally long, or their dimensions' names share a word."""
    shared = {*_WORD.findall(one.name.casefold())} & {*_WORD.findall(two.name.casefold())}
    return len(one.values[0]) == len(two.values[0]) or bool(shared)
