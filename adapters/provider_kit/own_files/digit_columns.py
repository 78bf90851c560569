"""Columns of digits that are dates: most cells are of one form, and the column is called so, or it is the first and in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from adapters.provider_kit.own_files.date_cells import ReadCell, digits_in, forms_of, read_loosely, reader_of_form
from adapters.provider_kit.own_files.date_names import may_be_called
from adapters.provider_kit.own_files.grid import Cell, text_in

_ALL = 0.8
_PERIODS = frozenset(("year", "yyyymm", "yyyymmdd"))
_YEARS_OF_TIME = range(1800, 2101)


def digit_column(columns: Sequence[Sequence[Cell]], names: Sequence[Sequence[str]], *, is_headed: bool) -> tuple[int, ReadCell] | None:
    """
    Return the position of the column of digits that are dates, and what reads its cells; None if there is none.

    Args:
        names: the texts above each column.
        is_headed: whether a column without a name is an index, which may hold dates.

    """
    found = [(at, form) for at, cells in enumerate(columns) for form in _forms(cells)]
    first = next((at for at, cells in enumerate(columns) if any(map(text_in, cells))), 0)
    shown = {at: names[at] or (["date"] if is_headed else []) for at, _ in found}
    named = [(at, form) for at, form in found if _is_called(shown[at], form, columns[at])]
    unnamed = [(at, form) for at, form in found if not shown[at] and at == first and _is_sorted(columns[at], form)]
    at = next((at for at, _ in (*named, *unnamed)), None)
    if at is None:
        return None
    form = next(form for place, form in (*named, *unnamed) if place == at)
    return at, _reader(columns[at], form)


def reader_of_digits(cells: Sequence[Cell]) -> ReadCell | None:
    """Return what reads the cells of a column of digits, whatever it is called; None if they are no dates."""
    form = next(iter(_forms(cells)), "")
    return _reader(cells, form) if form else None


def _forms(cells: Sequence[Cell]) -> Iterator[str]:
    """Go through the forms that most cells from the first date on admit, that of most cells first; a year counts as a period of any length."""
    forms = [forms_of(cell) for cell in cells if text_in(cell)]
    begin = next((i for i, found in enumerate(forms) if found), len(forms))
    counts = Counter(form for found in forms for form in found)
    periods = sum(counts[form] for form in _PERIODS)
    for form, count in counts.most_common():
        if (periods if form in _PERIODS else count) >= _ALL * (len(forms) - begin):
            yield form


def _reader(cells: Sequence[Cell], form: str) -> ReadCell:
    """Return the reader of a form, which takes periods of other lengths too where such stand among them."""
    others = {other for cell in cells for other in forms_of(cell)} & _PERIODS - {form}
    return read_loosely if form in _PERIODS and others else reader_of_form(form)


def _is_called(names: Sequence[str], form: str, cells: Sequence[Cell]) -> bool:
    """Return whether a name says what the digits are; years may stand under ``time`` where they follow each other."""
    if any(may_be_called(name, form) for name in names):
        return True
    if form != "year" or "time" not in map(str.casefold, names):
        return False
    years = sorted({int(digits_in(cell)) for cell in cells if form in forms_of(cell)})
    return len(years) > 1 and set(years) <= set(_YEARS_OF_TIME) and all(b - a == 1 for a, b in pairwise(years))


def _is_sorted(cells: Sequence[Cell], form: str) -> bool:
    numbers = [float(text_in(cell)) for cell in cells if text_in(cell) and form in forms_of(cell)]
    pairs = list(pairwise(numbers))
    return len(pairs) > 0 and (all(a < b for a, b in pairs) or all(a > b for a, b in pairs))
