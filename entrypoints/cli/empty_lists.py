"""What is said where a list is empty: in which database was looked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from entrypoints.cli.session import Session

Item = TypeVar("Item")


def say_if_empty(session: Session, found: Iterable[Item], what: str, *, among: bool = False) -> Iterator[Item]:
    """
    Yield what was found; say on standard error if that is nothing, so that the output stays empty.

    Args:
        what: the items are, in the plural.
        among: whether only some of them were asked for.

    """
    is_empty = True
    for item in found:
        is_empty = False
        yield item
    if is_empty:
        from entrypoints.cli.tables import say

        place = session.service().database
        say(f"No such {what} in {place}." if among else f"There are no {what} in {place} yet.", err=True)
