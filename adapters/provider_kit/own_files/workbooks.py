"""Workbooks: the sheets of an .xlsx file as rows of cells."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import reduce
from io import BytesIO
from itertools import count
from typing import Any
from xml.etree.ElementTree import ParseError, iterparse
from zipfile import BadZipFile, ZipFile

from adapters.provider_kit.own_files.grid import Cell, Grid, Row, all_quoted, refused
from adapters.provider_kit.own_files.options import FileOptions
from adapters.provider_kit.parsing.limits import ROWS, check_table

_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_DAMAGE = (BadZipFile, ParseError, zlib.error, OSError, ValueError, LookupError)
_MISSING_ERROR = "#N/A"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_workbook(body: bytes, name: str, options: FileOptions) -> list[Grid]:
    """
    Return the sheets that may hold the table: the one that is asked for, else all that are visible and not empty.

    Raises:
        AnswerNotUnderstood: it is no workbook, or has no such sheet; lists those that it has.
        AnswerTooLarge: a sheet has too many rows, columns or cells.

    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(BytesIO(body))
        shown = [sheet.name for sheet in book.sheets_metadata if sheet.visible == calamine.SheetVisibleEnum.Visible]
        wanted = [_wanted(book.sheet_names, options.sheet, name)] if options.sheet != "" else shown
        grids = [grid for sheet in wanted if (grid := _grid(body, book, sheet, name)).rows]
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, *_DAMAGE) as exc:
        raise refused(name, f"it is not a workbook that can be read ({exc})") from exc
    if not grids:
        raise refused(name, f"nothing stands on the sheets {all_quoted(wanted)}", "sheet")
    return grids


def _wanted(names: Sequence[str], sheet: str | int, name: str) -> str:
    found = names[sheet - 1] if isinstance(sheet, int) and 0 < sheet <= len(names) else sheet
    if found not in names:
        raise refused(name, f"there is no sheet {sheet!r} beside {all_quoted(names)}", "sheet")
    return str(found)


def _grid(body: bytes, book: Any, sheet_name: str, name: str) -> Grid:
    sheet = book.get_sheet_by_name(sheet_name)
    if sheet.end is None:
        return Grid(name=name, rows=[], sheet=sheet_name)
    height, width = sheet.end[0] + 1, sheet.end[1] + 1
    ROWS.check(height, name)
    check_table(width, height, name)
    rows = [[_cell(cell) for cell in cells] for cells in sheet.to_python(skip_empty_area=False)]
    for row, column, what in _errors(body, sheet_name, name):
        _fill(rows[row : row + 1], column, what)
    ranges = sheet.merged_cell_ranges or ()
    for (top, left), (bottom, _) in ranges:
        text = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
        if isinstance(text, str):  # it names all rows over which its cell is merged
            _fill(rows[top + 1 : bottom + 1], left, text)
    merged = [(first[0] + 1, first[1], last[1]) for first, last in ranges]
    return Grid(name=name, rows=list(map(Row, count(1), rows)), merged=merged, sheet=sheet_name)


def _fill(rows: Sequence[list[Cell]], at: int, cell: Cell) -> None:
    """Write a cell into a column of rows where nothing stands."""
    for cells in rows:
        if at < len(cells) and cells[at] is None:
            cells[at] = cell


def _cell(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, datetime):
        # A day's fraction in a double is off by less than a millisecond.
        near = (cell + timedelta(milliseconds=0.5)).replace(microsecond=0)
        cell = near if abs(near - cell) <= timedelta(milliseconds=1) else cell
        return cell.date() if cell.time() == time() else cell
    return str(cell) if isinstance(cell, time | timedelta) and not isinstance(cell, date) else cell


def _errors(body: bytes, sheet: str, name: str) -> Iterator[tuple[int, int, str]]:
    """
    Go through the cells that hold one of Excel's errors: (row from 0, column from 0, the error).

    Raises:
        AnswerNotUnderstood: a formula was saved without its result.

    """
    with ZipFile(BytesIO(body)) as archive:
        part = _part_of(archive, sheet)
        content = archive.read(part) if part in archive.namelist() else b""
        if b't="e"' not in content and b"<f" not in content:
            return
        for _, element in iterparse(BytesIO(content)):  # noqa: S314 - expat of today stops entities that grow
            if element.tag.endswith("}c"):
                yield from _error_of(element, name)
                element.clear()


def _part_of(archive: ZipFile, sheet: str) -> str:
    """Return the name of a sheet's part in the archive."""
    with archive.open("xl/workbook.xml") as book, archive.open("xl/_rels/workbook.xml.rels") as relations:
        ids = [element.get(_ID, "") for _, element in iterparse(book) if element.get("name") == sheet and element.get(_ID)]  # noqa: S314
        targets = {element.get("Id"): element.get("Target", "") for _, element in iterparse(relations)}  # noqa: S314
    target = targets.get(ids[0], "") if ids else ""
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _error_of(element: Any, name: str) -> Iterator[tuple[int, int, str]]:
    place = _PLACE.fullmatch(element.get("r", ""))
    inner = {child.tag.rpartition("}")[2]: child.text or "" for child in element}
    if not place:
        return
    if "f" in inner and not inner.get("v") and element.get("t") != "str":
        raise refused(name, f"cell {place[0]} holds a formula without its result; open the file in a spreadsheet and save it")
    if element.get("t") == "e" and inner.get("v", _MISSING_ERROR) != _MISSING_ERROR:
        column = reduce(lambda before, letter: before * 26 + ord(letter) - ord("A") + 1, place[1], 0)
        yield int(place[2]) - 1, column - 1, inner["v"]
