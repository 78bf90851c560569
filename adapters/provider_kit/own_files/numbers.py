"""Numbers of files of one's own, as the kit reads them: a star is missing, too, K and M are thousands and millions, options add marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.own_files.grid import Cell, Column
from adapters.provider_kit.parsing import numbers
from adapters.provider_kit.parsing.number_cells import MISSING, PAIRS, Number, NumberDialect, Pair
from adapters.provider_kit.parsing.numbers import Survey

_DIALECT = NumberDialect(missing=MISSING | {"*"}, scaled=True)


def read_number(text: str) -> Number | None:
    """Return the number that a text spells in any marks; None if it spells none."""
    return _DIALECT.number(text)


def is_missing(cell: Cell) -> bool:
    """Return whether a cell says that there is no value."""
    return _DIALECT.is_missing(cell)


def is_number(cell: Cell) -> bool:
    """Return whether a cell, as a whole, is a number in any marks."""
    return _DIALECT.is_number(cell)


def admitted(decimal: str, thousands: str | None) -> frozenset[Pair]:
    """Return the marks that options leave: an empty decimal mark and no thousands mark leave all."""
    return frozenset(
        pair
        for pair in PAIRS
        if (not decimal or pair[0] == decimal) and (thousands is None or (pair[1] in ("", thousands) and pair[0] != thousands))
    )


def survey(cells: Sequence[Cell], missing: Collection[str], pairs: frozenset[Pair]) -> Survey:
    """
    Look through a column.

    Args:
        missing: further words for a missing value, in lower case.
        pairs: the (decimal, thousands) marks that numbers may have.

    """
    dialect = NumberDialect(missing=_DIALECT.missing | set(missing), scaled=True) if missing else _DIALECT
    return numbers.survey(cells, dialect, pairs)


def values(column: Column, found: Survey, decimal: str) -> NDArray[np.float64]:
    """Return the numbers of a column, NaN where one is missing and infinite where one is too large."""
    return numbers.values(column.cells, found, decimal, _DIALECT)
