"""A view as a file: exactly what is seen, as a picture, as rows or as a document."""

from __future__ import annotations

from domain.observations import Observations
from entrypoints.formats import axis_name, csv, encode, table
from entrypoints.web.charts.png import png_of
from entrypoints.web.series.picture import as_sheet
from entrypoints.web.series.state import FileFormat
from entrypoints.web.series.view import View, aligned

#: Of the formats that are files.
MEDIA_TYPES = {
    FileFormat.SVG: "image/svg+xml",
    FileFormat.PNG: "image/png",
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.JSON: "application/json",
}
#: The files that a page offers.
FILES = tuple(MEDIA_TYPES)


def as_file(view: View, kind: FileFormat) -> bytes:
    """Return the bytes of a file."""
    if kind is FileFormat.SVG:
        return as_sheet(view).encode()
    if kind is FileFormat.PNG:
        return png_of(as_sheet(view))
    shown = aligned(view, fan=kind is FileFormat.CSV)
    if kind is FileFormat.JSON:
        return _json(view, shown)
    then = f"as of {view.chosen.known_at:%Y-%m-%d}" if view.chosen else ""
    names = [then if name == "then" else name for name in shown.columns] if len(view.shown_columns) == 1 else shown.columns
    return csv(shown, (axis_name(shown), *names))


def _json(view: View, shown: Observations) -> bytes:
    chosen = view.chosen
    return encode(
        {
            "code": f"{view.series.provider}:{view.series.code}",
            "column": view.column,
            "transform": view.state.units,
            "unit": view.unit,
            "vintage": {"number": view.newest.number, "known_at": view.newest.known_at},
            "then": {"number": chosen.number, "known_at": chosen.known_at} if chosen else None,
            **table(shown),
        }
    )
