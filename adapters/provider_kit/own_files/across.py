"""Tables with their dates across the top: each row is a series."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.provider_kit.own_files.date_cells import ReadCell
from adapters.provider_kit.own_files.grid import Cell, Column, Grid, Row, Table, all_quoted, as_name, quoted, refused, shown_name, text_in
from adapters.provider_kit.own_files.long_layout import find_key
from adapters.provider_kit.own_files.numbers import is_missing, is_number
from adapters.provider_kit.own_files.options import FileOptions

_SEARCHED, _LEAST = 60, 2
#: A year with a mark behind it: an estimate, a forecast.
_LIKE_YEAR = re.compile("[12][0-9]{3}(?![0-9])")


def dates_across(rows: Sequence[Row], read: ReadCell) -> int | None:
    """Return the position of the first row that holds two dates or more with nothing above them; None if there is none."""
    above: set[int] = set()
    for index, row in enumerate(rows[:_SEARCHED]):
        filled = [at for at, cell in enumerate(row.cells) if text_in(cell)]
        readings = {at: reading for at in filled if (reading := read(row.cells[at]))}
        kinds = {reading.kind for reading in readings.values()}
        if len(readings) >= _LEAST and len(kinds) == 1 and not above & set(readings):
            return index
        above.update(filled)
    return None


def read_across(grid: Grid, rows: Sequence[Row], at: int, read: ReadCell, *, options: FileOptions) -> Table:
    """
    Return the table whose dates stand in one row.

    Raises:
        AnswerNotUnderstood: no column of words tells the rows apart.

    """
    header = rows[at]
    dated = [at for at, cell in enumerate(header.cells) if text_in(cell) and read(cell)]
    labels = [at for at in range(max(len(row.cells) for row in rows)) if at not in set(dated)]
    series = [row for row in rows[at + 1 :] if _is_series(row, dated, labels) and list(row.cells) != list(header.cells)]
    if not series:
        raise refused(grid.name, f"no numbers stand under the dates of row {header.number}")
    _check_ends(grid, header, series)
    _check_between(grid, header, series, [at for at in labels if at > dated[0]])
    names = [as_name(cell) for cell in header.cells]
    naming = _naming(names, labels, series, options)
    keys = _keys(grid, names, labels, naming, series=series)
    if options.key:
        chosen = find_key(grid.name, options.key if len(naming) > 1 else ("/".join(options.key),), keys)
        series, keys = [series[chosen]], [keys[chosen]]
    over = names[min(naming)] if naming and min(naming) < len(names) else ""
    return Table(
        name=grid.name,
        # Statistical offices write what the dates are called behind a backslash over the labels.
        dates=Column(name=over.rpartition("\\")[2] if "\\" in over else "Date", position=0, cells=[header.cells[at] for at in dated]),
        read=read,
        rows=[at + 1 for at in dated],
        columns=[
            Column(name=" / ".join(key) if naming else "value", position=row.number, cells=[row.cell(at) for at in dated])
            for key, row in zip(keys, series, strict=True)
        ],
        across=True,
        left_out=[shown_name(names, at) for at in labels if at not in naming and (header.text(at) or not _is_void(at, series))],
        comma_delimited=grid.delimiter == ",",
        dot_is_decimal=grid.dot_is_decimal,
        header_row=header.number,
    )


def _is_series(row: Row, dated: Sequence[int], labels: Sequence[int]) -> bool:
    """Return whether a row holds a series, be it without values; a remark has one label alone."""
    return any(map(row.text, dated)) or sum(bool(row.text(at)) for at in labels) > 1


def _check_ends(grid: Grid, header: Row, series: Sequence[Row]) -> None:
    width = header.end
    for row in series:
        extra = next((at for at in range(width, len(row.cells)) if row.text(at)), None)
        if extra is not None:
            raise refused(grid.name, f"row {row.number}: {quoted(row.cells[extra])} stands behind the last date", "delimiter")
        if grid.delimiter and len(row.cells) < width:
            raise refused(grid.name, f"row {row.number} has {len(row.cells)} cells where row {header.number} has {width}", "delimiter")


def _check_between(grid: Grid, header: Row, series: Sequence[Row], labels: Sequence[int]) -> None:
    """Refuse numbers between or behind dates under nothing at all, as where two rows hold the dates."""
    for at in labels:
        row, name = next((row for row in series if is_number(row.cell(at))), None), header.text(at)
        if row and (not name or _LIKE_YEAR.match(name)):
            where = f"row {row.number}, column {at + 1}, cell {quoted(row.cell(at))}"
            under = f"{quoted(header.cell(at))}, which is no date," if name else "no date"
            raise refused(grid.name, f"{where}: a number under {under} of row {header.number}", "date_format")


def _naming(names: Sequence[str], labels: Sequence[int], series: Sequence[Row], options: FileOptions) -> Sequence[int]:
    """Return the columns that name the series: those that are asked for, else the first of words which differ in every row."""
    if options.key_columns:
        return [at for name in options.key_columns for at in labels if shown_name(names, at) == name]
    for at in labels:
        cells = [row.cell(at) for row in series]
        if all(map(_is_label, cells)) and len(set(cells)) == len(cells):
            return [at]
    return []


def _is_label(cell: Cell) -> bool:
    return isinstance(cell, str) and bool(cell.strip()) and not is_number(cell)


def _keys(
    grid: Grid, names: Sequence[str], labels: Sequence[int], naming: Sequence[int], *, series: Sequence[Row]
) -> Sequence[tuple[str, ...]]:
    keys = [tuple(as_name(row.cell(at)) for at in naming) for row in series]
    if len(set(keys)) == len(keys) and (naming or len(series) == 1):
        return keys
    words = [shown_name(names, at) for at in labels if any(row.text(at) for row in series)]
    twin = next((row.number for row, key in zip(series, keys, strict=True) if keys.count(key) > 1), series[0].number)
    what = f"row {twin}: no column of words differs in every row; there are {all_quoted(words) or 'none'}"
    raise refused(grid.name, what, "key_columns")


def _is_void(at: int, series: Sequence[Row]) -> bool:
    return all(is_missing(row.cell(at)) for row in series)
