"""In which dialect a file was read, where its own cells alone decided it."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.provider_kit.own_files.options import FileOptions

DATES, NUMBERS = "dates", "numbers"


def dialect_of(order: str, decimals: Mapping[str, str], options: FileOptions) -> Mapping[str, str]:
    """
    Return what a later reading is to be held to: ``dates`` → the order of day and month, a column → its decimal mark.

    The marks stand under ``numbers`` once where all columns agree. What an option decides is not held against later readings, since who
    changes an option means it; the file itself is held to the option. Marks of thousands are not part of it: they come and go with
    the size of the numbers, which they do not change.

    Args:
        order: that the dates showed; empty if they left no choice.
        decimals: of each column whose cells left a choice.

    """
    marks = (
        {} if options.decimal or options.thousands is not None else {n: mark for n, mark in decimals.items() if n not in (DATES, NUMBERS)}
    )
    if len(set(marks.values())) == 1:
        marks = {NUMBERS: next(iter(marks.values()))}
    return {**({DATES: order} if order and not options.date_format else {}), **marks}
