"""A file as it stands, beside what would be read of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from adapters.provider_kit.own_files.grid import Row, quoted, text_in
from adapters.provider_kit.own_files.options import NAMES, FileOptions, read_options
from adapters.provider_kit.own_files.reader import as_refusals, read_file, read_grids, stem_of
from adapters.provider_kit.parsing.bodies import doubts
from adapters.provider_kit.parsing.limits import check_body
from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.ports import FilePreview, FileRow, ParsedSeries, RawResponse

_FIRST, _BEFORE, _AFTER = 14, 4, 5
_MOST_CELLS, _MOST_SIGNS = 40, 60
_CODE = DatasetCode("FILES", "PREVIEW")
#: How messages name a place, and the options that decide.
_ROW, _CELL = re.compile(r"\brow (\d{1,9})\b"), re.compile(r"\bcell ('[^']{0,99}'|\"[^\"]{0,99}\")")
_COLUMN, _DECIDES = re.compile(r"\bcolumn ('[^']{0,99}'|\"[^\"]{0,99}\")"), re.compile(r"\boptions? ([a-z_, ]+)")
_GLOB = re.compile(r"[*?\[]")


def preview(body: bytes, name: str, given: Mapping[str, Any]) -> FilePreview:
    """Return a file's rows, and the series in it or why it is refused; raises nothing of what may be wrong with a file."""
    options, series, error = FileOptions(), None, None
    try:
        with as_refusals(is_lasting=True):
            options = read_options(given, "The form")
            check_body(body, name)
            series = _parsed(body, name, options)
    except FetchError as exc:
        error = exc
    message = error.message if error else ""
    found = _ROW.search(message)
    row = int(found[1]) if found else None
    rows = list(_rows(body, name, options, row))
    return FilePreview(
        rows=[FileRow(each.number, tuple(_shown(cell) for cell in each.cells[:_MOST_CELLS])) for each in rows],
        row=row,
        cell=_cell_in(rows, row, message),
        series=series,
        error=error,
        options=_deciding(message),
        toml=as_toml(name, given) if given else "",
    )


def as_toml(name: str, given: Mapping[str, Any]) -> str:
    """Return the table of ``lanner.toml`` that holds these options for the file of this name."""
    lines = [f"[{_toml(_GLOB.sub(lambda sign: f'[{sign[0]}]', name))}]"]
    return "\n".join([*lines, *(f"{option} = {_toml(value)}" for option, value in given.items())]) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _parsed(body: bytes, name: str, options: FileOptions) -> ParsedSeries:
    found = read_file(body, name, options)
    parsed = found.parsed(_CODE, stem_of(name), is_keyed=bool(options.key))
    return replace(parsed, warnings=doubts(RawResponse(body=body)))


def _rows(body: bytes, name: str, options: FileOptions, wanted: int | None) -> Iterator[Row]:
    """Go through the first rows, and those around the wanted one; of a file that is no table, through its lines as they are."""
    try:
        grid = read_grids(body, name, options)[0]
        yield from _around(chain(grid.rows, grid.rest), wanted)
    except FetchError:
        lines = body[:200_000].decode("utf-8", "replace").splitlines() if b"\0" not in body[:1000] else []
        yield from _around((Row(number, [line]) for number, line in enumerate(lines, 1)), wanted)


def _around(rows: Iterator[Row], wanted: int | None) -> Sequence[Row]:
    first = list(islice(rows, _FIRST))
    if wanted is None or not first or wanted <= first[-1].number:
        return first
    near: list[Row] = []
    for row in rows:
        if row.number > wanted + _AFTER:
            break
        if row.number >= wanted - _BEFORE:
            near.append(row)
    return [*first[: _FIRST - _BEFORE], *near]


def _cell_in(rows: Sequence[Row], number: int | None, message: str) -> int | None:
    """Return the place of the cell that a message names, in the row that it names."""
    named, column = _CELL.search(message), _COLUMN.search(message)
    row = next((row for row in rows if row.number == number), None)
    if row is None or not (named or column):
        return None
    under = [place for header in rows if column for place, cell in enumerate(header.cells) if quoted(text_in(cell)) == column[1]]
    same = [place for place, cell in enumerate(row.cells) if named and quoted(cell) == named[1]]
    places = [place for place in under if place in same] or same or [place for place in under if place < len(row.cells)]
    return places[0] if places else None


def _deciding(message: str) -> tuple[str, ...]:
    names = [word for found in _DECIDES.findall(message) for word in re.split(r"[, ]+", found)]
    return tuple(dict.fromkeys(name for name in names if name in NAMES))


def _shown(cell: Any) -> str:
    text = storable(text_in(int(cell) if isinstance(cell, float) and cell.is_integer() else cell))
    return text if len(text) <= _MOST_SIGNS else text[:_MOST_SIGNS] + "…"
