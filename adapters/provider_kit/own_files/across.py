"""Tables with their dates across the top: each row is a series."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.provider_kit.own_files.date_cells import ReadCell
from adapters.provider_kit.own_files.grid import Cell, Column, Grid, Row, Table, as_name, listed, quoted, refused, text_in
from adapters.provider_kit.own_files.keys import folded, no_key
from adapters.provider_kit.own_files.numbers import is_missing, is_number
from adapters.provider_kit.own_files.options import FileOptions

_LEAST = 2
#: A year with a mark behind it: an estimate, a forecast.
_LIKE_YEAR = re.compile("[12][0-9]{3}(?![0-9])")


def dates_across(rows: Sequence[Row], read: ReadCell) -> int | None:
    """Return the position of the first row that holds two dates or more with nothing above them; None if there is none."""
    above: set[int] = set()
    for index, row in enumerate(rows[:60]):
        readings = {at: reading for at, cell in enumerate(row.cells) if text_in(cell) and (reading := read(cell))}
        kinds = {reading.kind for reading in readings.values()}
        if len(readings) >= _LEAST and len(kinds) == 1 and not above & set(readings):
            return index
        above |= {at for at, cell in enumerate(row.cells) if text_in(cell)}
    return None


def read_across(grid: Grid, rows: Sequence[Row], header: int, read: ReadCell, *, options: FileOptions) -> Table:
    """
    Return the table whose dates stand in one row.

    Raises:
        AnswerNotUnderstood: no column of words tells the rows apart.

    """
    names = rows[header].cells
    dated = [at for at, cell in enumerate(names) if text_in(cell) and read(cell)]
    labels = [at for at in range(max(len(row.cells) for row in rows)) if at not in set(dated)]
    series = [row for row in rows[header + 1 :] if _is_series(row, dated, labels) and list(row.cells) != list(names)]
    if not series:
        raise refused(grid.name, f"no numbers stand under the dates of row {rows[header].number}")
    _check_ends(grid, rows[header], series)
    _check_between(grid, rows[header], series, [at for at in labels if at > dated[0]])
    naming = _naming(grid, names, labels, series, options=options)
    series, naming = _keyed(grid, series, naming, options)
    columns = [
        Column(name=name, position=row.number, cells=[_at(row, at) for at in dated]) for name, row in zip(naming, series, strict=True)
    ]
    used = set(_named_by(names, labels, series, options))
    return Table(
        name=grid.name,
        dates=Column(name=_corner(names, used), position=0, cells=[names[at] for at in dated]),
        read=read,
        rows=[at + 1 for at in dated],
        columns=columns,
        across=True,
        left_out=[_shown(names, at) for at in labels if at not in used and _is_left_out(names, at, series)],
        comma_delimited=grid.delimiter == ",",
        dot_is_decimal=grid.dot_is_decimal,
        header_row=rows[header].number,
    )


def _corner(names: Sequence[Cell], used: set[int]) -> str:
    """Return what the dates are called: what stands behind a backslash over the labels, as statistical offices write it."""
    over = as_name(names[min(used)]) if used and min(used) < len(names) else ""
    return over.rpartition("\\")[2] if "\\" in over else "Date"


def _at(row: Row, at: int) -> Cell:
    return row.cells[at] if at < len(row.cells) else None


def _shown(names: Sequence[Cell], at: int) -> str:
    return (as_name(names[at]) if at < len(names) else "") or f"column {at + 1}"


def _is_series(row: Row, dated: Sequence[int], labels: Sequence[int]) -> bool:
    """Return whether a row holds a series, be it without values; a remark has one label alone."""
    if any(text_in(_at(row, at)) for at in dated):
        return True
    return sum(bool(text_in(_at(row, at))) for at in labels) > 1


def _check_ends(grid: Grid, header: Row, series: Sequence[Row]) -> None:
    width = max((at + 1 for at, cell in enumerate(header.cells) if text_in(cell)), default=0)
    for row in series:
        extra = next((at for at in range(width, len(row.cells)) if text_in(row.cells[at])), None)
        if extra is not None:
            raise refused(grid.name, f"row {row.number}: {quoted(row.cells[extra])} stands behind the last date", "delimiter")
        if grid.delimiter and len(row.cells) < width:
            raise refused(grid.name, f"row {row.number} has {len(row.cells)} cells where row {header.number} has {width}", "delimiter")


def _check_between(grid: Grid, header: Row, series: Sequence[Row], labels: Sequence[int]) -> None:
    """Refuse numbers between or behind dates under nothing at all, as where two rows hold the dates."""
    for at in labels:
        row, name = next((row for row in series if is_number(_at(row, at))), None), _at(header, at)
        if row and (not text_in(name) or _LIKE_YEAR.match(text_in(name))):
            where = f"row {row.number}, column {at + 1}, cell {quoted(_at(row, at))}"
            under = f"{quoted(name)}, which is no date," if text_in(name) else "no date"
            raise refused(grid.name, f"{where}: a number under {under} of row {header.number}", "date_format")


def _is_label(cells: Sequence[Cell]) -> bool:
    return all(isinstance(cell, str) and cell.strip() and not is_number(cell) for cell in cells)


def _named_by(names: Sequence[Cell], labels: Sequence[int], series: Sequence[Row], options: FileOptions) -> Sequence[int]:
    if options.key_columns:
        return [at for at in labels if _shown(names, at) in options.key_columns]
    found = (at for at in labels if _is_label(cells := [_at(row, at) for row in series]) and len(set(cells)) == len(cells))
    return [*found][:1]


def _naming(grid: Grid, names: Sequence[Cell], labels: Sequence[int], series: Sequence[Row], *, options: FileOptions) -> list[str]:
    used = _named_by(names, labels, series, options)
    naming = [" / ".join(as_name(_at(row, at)) for at in used) for row in series]
    if len(set(naming)) == len(naming) and (used or len(series) == 1):
        return naming if used else ["value"]
    words = [_shown(names, at) for at in labels if any(text_in(_at(row, at)) for row in series)]
    twin = next((row.number for row, name in zip(series, naming, strict=True) if naming.count(name) > 1), series[0].number)
    raise refused(
        grid.name,
        f"row {twin}: no column of words differs in every row; there are {listed(list(map(quoted, words))) or 'none'}",
        "key_columns",
    )


def _keyed(grid: Grid, series: list[Row], naming: list[str], options: FileOptions) -> tuple[list[Row], list[str]]:
    """Return the one row that a key names, or all where there is no key."""
    if not options.key:
        return series, naming
    wanted = " / ".join(options.key)
    found = [at for at, name in enumerate(naming) if name == wanted] or [
        at for at, name in enumerate(naming) if folded(name) == folded(wanted)
    ]
    if len(found) != 1:
        raise no_key(grid.name, options.key, naming)
    return [series[found[0]]], [naming[found[0]]]


def _is_left_out(names: Sequence[Cell], at: int, series: Sequence[Row]) -> bool:
    return bool(at < len(names) and text_in(names[at])) or any(not is_missing(_at(row, at)) for row in series)
