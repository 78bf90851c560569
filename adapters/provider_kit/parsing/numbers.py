"""Cells of JSON and XML, read as the exact numbers of one series."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.provider_kit.parsing.periods import Axis
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, InvalidObservations
from domain.observations import Observations

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", ".", "..", "-", "--"})
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_JSON_NUMBERS = frozenset({int, float, type(None)})
_SHOWN = 40


def numbers(cells: Sequence[Any], column: str, missing: frozenset[str] = MISSING) -> NDArray[np.float64]:
    """
    Read cells as numbers, those in text as exactly as those that are numbers.

    Args:
        column: what messages call it.
        missing: words that say that a value is missing, in lower case; null says it too.

    Raises:
        AnswerNotUnderstood: a cell is no number; names it.

    """
    if set(map(type, cells)) <= _JSON_NUMBERS:
        return np.array(cells, dtype=np.float64)
    return np.array([_number(cell, column, missing) for cell in cells], dtype=np.float64)


def is_number(cell: Any) -> bool:
    """Return whether a cell is a number, or text that spells one."""
    return type(cell) in (int, float) or (isinstance(cell, str) and bool(_NUMBER.fullmatch(cell.strip())))


def observations(axis: Axis, columns: Mapping[str, NDArray[np.float64]]) -> Observations:
    """
    Return dates and columns as observations.

    Raises:
        AnswerNotUnderstood: they do not make any.

    """
    values = np.column_stack(list(columns.values())) if columns else np.empty((len(axis.dates), 0))
    try:
        return Observations.of(axis.dates, [storable(name) for name in columns], values, unit=axis.unit)
    except InvalidObservations as exc:
        raise AnswerNotUnderstood(exc.message) from exc


def _number(cell: Any, column: str, missing: frozenset[str]) -> float:
    if cell is None:
        return np.nan
    if type(cell) in (int, float):
        return float(cell)
    text = cell.strip() if isinstance(cell, str) else None
    if text is not None and text.casefold() in missing:
        return np.nan
    if text is None or not _NUMBER.fullmatch(text):
        shown = repr(cell)
        shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"
        raise AnswerNotUnderstood(f"{column} holds {storable(shown)} where a number must be.")
    return float(text)
