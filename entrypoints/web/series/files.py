"""A view as a file: exactly what is seen, as a picture, as rows or as a document."""

from __future__ import annotations

import numpy as np

from entrypoints.formats import cell, encode
from entrypoints.web.charts.plot import draw
from entrypoints.web.series.picture import plot_of
from entrypoints.web.series.state import FileFormat
from entrypoints.web.series.view import View, align

MEDIA_TYPES = {
    FileFormat.SVG: "image/svg+xml",
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.JSON: "application/json",
}


def as_file(view: View, kind: FileFormat) -> bytes:
    """Return the bytes of a file."""
    if kind is FileFormat.SVG:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{draw(plot_of(view))}\n'.encode()
    return _csv(view) if kind is FileFormat.CSV else _json(view)


def _rows(view: View) -> list[tuple[str, list[float | None]]]:
    dates, columns = align(view)
    texts = [str(text) for text in np.datetime_as_string(dates, timezone="naive" if view.today.unit == "D" else "UTC")]
    values = [[None if np.isnan(value) else float(value) for value in column] for column in columns]
    return list(zip(texts, map(list, zip(*values, strict=True)), strict=True))


def _csv(view: View) -> bytes:
    heading = ["date" if view.today.unit == "D" else "time", *([f"as of {view.chosen.known_at:%Y-%m-%d}"] if view.chosen else []), "today"]
    lines = [",".join(map(cell, heading))]
    lines += [",".join([date, *("" if value is None else repr(value) for value in row)]) for date, row in _rows(view)]
    return ("\n".join(lines) + "\n").encode()


def _json(view: View) -> bytes:
    chosen = view.chosen
    return encode(
        {
            "code": f"{view.series.provider}:{view.series.code}",
            "column": view.column,
            "transform": view.state.units,
            "unit": view.unit,
            "vintage": {"number": view.newest.number, "known_at": view.newest.known_at},
            "then": {"number": chosen.number, "known_at": chosen.known_at} if chosen else None,
            "columns": ["date", *(["then"] if chosen else []), "today"],
            "data": [[date, *row] for date, row in _rows(view)],
        }
    )
