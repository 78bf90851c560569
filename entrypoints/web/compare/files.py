"""A comparison as a file: exactly what is seen, as a picture, as rows or as a document."""

from __future__ import annotations

from typing import Any

from domain.errors import InvalidInput
from entrypoints.formats import Format, axis_name, columnar_file, csv, encode, table
from entrypoints.web import words
from entrypoints.web.charts.png import png_of
from entrypoints.web.compare.comparison import Comparison
from entrypoints.web.compare.lines import Line
from entrypoints.web.compare.picture import as_sheet
from entrypoints.web.compare.state import ComparisonFormat, Show

MEDIA_TYPES = {
    ComparisonFormat.SVG: "image/svg+xml",
    ComparisonFormat.PNG: "image/png",
    ComparisonFormat.CSV: Format.CSV.media_type,
    ComparisonFormat.PARQUET: Format.PARQUET.media_type,
    ComparisonFormat.JSON: Format.JSON.media_type,
}


def as_file(comparison: Comparison, kind: ComparisonFormat) -> bytes:
    """Return the bytes of a file; raises InvalidInput if rows would have a column without values, since its index cannot begin."""
    shown = comparison.table
    if kind is ComparisonFormat.SVG:
        return as_sheet(comparison).encode()
    if kind is ComparisonFormat.PNG:
        return png_of(as_sheet(comparison))
    _check_bases(comparison)
    if kind is ComparisonFormat.CSV:
        return csv(shown, (axis_name(shown), *shown.columns))
    if kind is ComparisonFormat.PARQUET:
        return columnar_file(shown, {"series": encode([_described(line) for line in comparison.lines]).decode()}, Format.PARQUET)
    return encode({"series": [_described(line) for line in comparison.lines], "correlations": _correlations(comparison), **table(shown)})


def _check_bases(comparison: Comparison) -> None:
    base = comparison.state.base
    for line in comparison.lines if base else ():
        if line.lacks_base:
            message = f"index: {line.item.reference} has no value other than 0 from {words.iso(base)} on."
            raise InvalidInput(message, field="index", hint="Choose an earlier date, or give the series a transform of its own.")


def _described(line: Line) -> dict[str, Any]:
    vintage = line.vintage
    return {
        "code": f"{line.series.provider}:{line.series.code}",
        "name": line.series.metadata.name,
        "column": line.column,
        "transform": line.units,
        "unit": line.unit,
        "axis": line.item.axis,
        "base": line.base,
        "frequency": line.frequency,
        "vintage": {"number": vintage.number, "known_at": vintage.known_at},
    }


def _correlations(comparison: Comparison) -> list[dict[str, Any]]:
    count = len(comparison.lines)
    pairs = [(first, second) for first in range(count) for second in range(first + 1, count)]
    shown = pairs if comparison.state.show is Show.LINES else [comparison.state.pair]
    found = [(first, second, comparison.correlation(first, second)) for first, second in shown]
    return [{"of": [first + 1, second + 1], "r": each.coefficient, "n": each.count} for first, second, each in found]
