"""Columns of digits that are dates: most cells are of one form, and the column is called so, or it is the first and in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from adapters.provider_kit.own_files.date_cells import ReadCell, digits_in, forms_of, read_loosely, reader_of_form
from adapters.provider_kit.own_files.date_digits import digits_date, is_count, is_stamp
from adapters.provider_kit.own_files.date_words import may_be_called
from adapters.provider_kit.own_files.grid import Cell, text_in

_ALL = 0.8
#: A column's name and one date.
_NAMED = 2
_INTEGER = re.compile("-?[0-9]+")
_PERIODS = frozenset(("year", "yyyymm", "yyyymmdd"))
_YEARS_OF_TIME, _COUNTED_YEARS = range(1800, 2101), range(1650, 2151)


def digit_columns(columns: Sequence[Sequence[Cell]], names: Sequence[Sequence[str]], *, is_headed: bool) -> Sequence[tuple[int, ReadCell]]:
    """
    Return the positions of columns of digits that are dates, and what reads their cells.

    Of years there is one such column, of other forms as many as are called so and hold different dates.

    Args:
        names: the texts above each column.
        is_headed: whether a column without a name is an index, which may hold dates.

    """
    forms = {at: form for at, cells in enumerate(columns) if (form := _form(cells, names[at] or (["date"] if is_headed else [])))}
    if not forms:
        first = next((at for at, cells in enumerate(columns) if any(map(text_in, cells))), 0)
        cells = columns[first] if names and not names[first] else ()
        form = next((form for form in _forms(cells) if _is_sorted(cells, form) and _are_recent(cells, form)), "")
        return [(first, _reader(cells, form))] if form else ()
    chosen = next(iter(forms))
    others = [at for at, form in forms.items() if "year" not in (form, forms[chosen]) and at != chosen]
    varying = [at for at in others if len(set(map(str, columns[at]))) > _NAMED]
    return [(at, _reader(columns[at], forms[at])) for at in (chosen, *varying)]


def _form(cells: Sequence[Cell], names: Sequence[str]) -> str:
    """Return the form of a column that is called as dates of this form may be; empty if it is none."""
    return next((form for form in _forms(cells) if _is_called(names, form, cells)), "")


def reader_of_digits(cells: Sequence[Cell]) -> ReadCell | None:
    """Return what reads the cells of a column of digits, whatever it is called; None if they are no dates."""
    form = next(iter(_forms(cells)), "")
    return _reader(cells, form) if form else None


def _forms(cells: Sequence[Cell]) -> Iterator[str]:
    """
    Go through the forms that most cells admit, that of most cells first.

    Those before the first date may be titles, but no numbers where dates are counts, and a year is a period of any length.
    """
    filled = [cell for cell in cells if text_in(cell)]
    forms = list(map(forms_of, filled))
    begin = next((i for i, found in enumerate(forms) if found), len(forms))
    whole = sum(_INTEGER.fullmatch(digits_in(cell)) is not None for cell in filled)
    counts = Counter(form for found in forms for form in found)
    periods = sum(counts[form] for form in _PERIODS)
    # Counts that look like stamps of the calendar are stamps with mistakes in them.
    stamps = max((count for form, count in counts.items() if is_stamp(form)), default=0)
    for form, count in counts.most_common():
        least = max(len(forms) - begin, whole if is_count(form) else 0)
        if (periods if form in _PERIODS else count) >= _ALL * least and not (is_count(form) and 2 * stamps >= count > stamps):
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


def _are_recent(cells: Sequence[Cell], form: str) -> bool:
    """Return whether digits under no name are of years in which things are counted, and not the numbers of customers."""
    dates = [digits_date(digits_in(cell), form) for cell in cells if form in forms_of(cell)]
    return all(date.by_order[""].year in _COUNTED_YEARS for date in dates if date)


def _is_sorted(cells: Sequence[Cell], form: str) -> bool:
    numbers = [float(text_in(cell)) for cell in cells if text_in(cell) and form in forms_of(cell)]
    pairs = list(pairwise(numbers))
    return len(pairs) > 0 and (all(a < b for a, b in pairs) or all(a > b for a, b in pairs))
