"""
Encoding observations as JSON, CSV, Parquet and Arrow.

With ``flags`` each column is followed by one of the flags beside its values, ``<column>_flag``, even where there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any
from unicodedata import category, normalize

import numpy as np
import orjson

from domain.observations import Observations
from domain.stand_ins.splice import PROVENANCE
from domain.use_cases.read_series import Reading

#: Raised whenever the bytes of an unchanged state change.
ENCODER_VERSION = 2
_BLOCK_CELLS = 2**20
_FORMULA_PREFIXES = frozenset("=+-@\N{MINUS SIGN}")
_CONTROL_PREFIXES = ("\t", "\r", "\n")
#: Unicode's categories of invisible characters in front of a formula: controls, format marks, accents, spaces.
_INVISIBLE = "CMZ"
#: Commas, and the separators of cells where the comma is the decimal sign.
_QUOTED = frozenset(',;\t"\r\n')


class Format(StrEnum):
    """A format of observations; its value is the suffix of URLs and files."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"

    @property
    def media_type(self) -> str:
        """The media type in HTTP."""
        return _MEDIA_TYPES[self]

    @property
    def is_columnar(self) -> bool:
        """Whether clients read it by byte ranges."""
        return self in (Format.PARQUET, Format.ARROW)


_MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.file",
}


def encode(document: Any) -> bytes:
    """Return JSON; instants in UTC end in ``Z``, and fragments from ``rows`` and ``records`` are inserted as they are."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def table(
    observations: Observations, *, newest_first: bool = False, flags: bool = False, provenance: Sequence[str] | None = None
) -> dict[str, Any]:
    """
    Return ``columns`` and ``data``; the first column is ``date``, or ``time`` where the axis is finer than a day.

    Args:
        provenance: the series of each row, oldest first, for a last column.

    """
    columns = heading(observations, flags=flags, provenance=provenance)
    return {"columns": columns, "data": rows(observations, newest_first=newest_first, flags=flags, provenance=provenance)}


def label_names(provenance: Sequence[str] | None) -> Sequence[str]:
    """Return the name of the column that labels rows, if they are labelled."""
    return () if provenance is None else (PROVENANCE,)


def axis_name(observations: Observations) -> str:
    """Return the name of the first column."""
    return "date" if observations.unit == "D" else "time"


def heading(observations: Observations, *, flags: bool = False, provenance: Sequence[str] | None = None) -> list[str]:
    """Return the names of the columns."""
    names = observations.columns
    own = [each for name in names for each in (name, f"{name}_flag")] if flags else names
    return [axis_name(observations), *own, *label_names(provenance)]


def rows(
    observations: Observations, *, newest_first: bool = False, flags: bool = False, provenance: Sequence[str] | None = None
) -> orjson.Fragment:
    """
    Return ``[[date, value, …], …]`` as JSON, with null for a missing value or flag; labels come last in each row.

    The matrix is encoded as a whole and the dates are inserted between its rows, without a Python object for each value.
    """
    if not len(observations):
        return orjson.Fragment(b"[]")
    lines = _row_lines(observations, quote=b'"', newest_first=newest_first)
    if flags:
        lines = [b",".join(cells) for cells in _flagged(lines, observations, quote=b'"', newest_first=newest_first)]
    if provenance is not None:
        lines = _labelled(lines, provenance, b",", orjson.dumps, newest_first=newest_first)
    return orjson.Fragment(b"[[" + b"],[".join(lines) + b"]]")


def records(
    observations: Observations, *, newest_first: bool = False, flags: bool = False, provenance: Sequence[str] | None = None
) -> orjson.Fragment:
    """Return an object for each date as JSON; duplicate names are numbered, since an object's keys are unique."""
    unique = unique_names(heading(observations, flags=flags, provenance=provenance))
    names = [orjson.dumps(name) + b":" for name in unique]
    lines = _row_lines(observations, quote=b'"', newest_first=newest_first)
    # Neither a date nor a number contains a comma.
    cells: Iterable[Sequence[bytes]] = (line.split(b",") for line in lines)
    if flags:
        cells = _flagged(lines, observations, quote=b'"', newest_first=newest_first)
    objects = [b",".join(map(bytes.__add__, names, each)) for each in cells]
    if provenance is not None:
        objects = _labelled(objects, provenance, b"," + names[-1], orjson.dumps, newest_first=newest_first)
    return orjson.Fragment(b"[{" + b"},{".join(objects) + b"}]" if lines else b"[]")


def csv(  # noqa: PLR0913 - what may stand beside the values
    observations: Observations,
    heading: Sequence[str],
    *,
    newest_first: bool = False,
    header: bool = True,
    flags: bool = False,
    provenance: Sequence[str] | None = None,
) -> bytes:
    """
    Return CSV with line feeds, numbers as Python's ``repr`` writes them, and empty cells for missing values.

    A heading, flag or label that a spreadsheet would take for a formula gets an apostrophe in front.

    Args:
        provenance: the series of each row, oldest first, for a last column, which the heading names.

    """
    lines = [",".join(map(cell, heading)).encode()] if header else []
    below = _row_lines(observations, quote=b"", newest_first=newest_first)
    if flags:
        below = [b",".join(cells) for cells in _flagged(below, observations, quote=b"", newest_first=newest_first)]
    if provenance is not None:
        below = _labelled(below, provenance, b",", lambda text: cell(text).encode(), newest_first=newest_first)
    lines += below
    return b"\n".join(lines) + b"\n" if lines else b""


def columnar(reading: Reading, kind: Format, *, newest_first: bool = False, flags: bool = False) -> bytes:
    """Return a Parquet or an Arrow file, with the series' code and its vintage, definition or rule in the schema's metadata."""
    metadata = _schema_metadata(reading)
    meanings = reading.series.metadata.flags
    if flags and meanings:
        metadata = {**metadata, "flags": orjson.dumps(dict(meanings)).decode()}
    return columnar_file(reading.observations, metadata, kind, newest_first=newest_first, flags=flags, provenance=reading.provenance)


def columnar_file(  # noqa: PLR0913 - what may stand beside the values
    observations: Observations,
    metadata: Mapping[str, str],
    kind: Format,
    *,
    newest_first: bool = False,
    flags: bool = False,
    provenance: Sequence[str] | None = None,
) -> bytes:
    """Return a Parquet or an Arrow file with this metadata in its schema."""
    import pyarrow as pa

    step = -1 if newest_first else 1
    dates = pa.array(observations.dates[::step]).cast(pa.date32() if observations.unit == "D" else pa.timestamp("ms", tz="UTC"))
    values = [pa.array(column[::step], from_pandas=True) for column in observations.values.T]
    if flags:
        codes = [pa.array(_codes(observations, place)[::step], pa.string()) for place in range(len(values))]
        values = [array for pair in zip(values, codes, strict=True) for array in pair]
    names = unique_names(heading(observations, flags=flags, provenance=provenance))
    labels = [] if provenance is None else [pa.array(list(provenance)[::step], pa.string())]
    return write_columnar(pa.table([dates, *values, *labels], names=names).replace_schema_metadata(metadata), kind)


def write_columnar(arrow_table: Any, kind: Format) -> bytes:
    """Return an Arrow table as a Parquet or an Arrow file."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    if kind is Format.PARQUET:
        import pyarrow.parquet as pq

        pq.write_table(arrow_table, sink, compression="zstd")
    else:
        with pa.ipc.new_file(sink, arrow_table.schema) as writer:
            writer.write_table(arrow_table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names with numbers added to duplicates: ``a``, ``a_2``, ``a_3``."""
    given: dict[str, None] = {}
    for name in names:
        unique, count = name, 1
        while unique in given:
            count += 1
            unique = f"{name}_{count}"
        given[unique] = None
    return list(given)


def _schema_metadata(reading: Reading) -> Mapping[str, str]:
    series, vintage, computed, spliced = reading.series, reading.vintage, reading.computed, reading.spliced
    made = computed or spliced
    facts = {
        "code": f"{series.provider}:{series.code}",
        "vintage": "" if made else str(vintage.number),
        "definition": str(computed.version.number) if computed else "",
        "splice": str(spliced.rule.number) if spliced else "",
        "position": str(made.position) if made else "",
        "digest": vintage.digest,
        "unit": series.metadata.unit,
        "attribution": series.metadata.attribution,
    }
    return {name: value for name, value in facts.items() if value}


def _row_lines(observations: Observations, *, quote: bytes, newest_first: bool) -> list[bytes]:
    """Return a line for each date: as JSON without the brackets or, with an empty ``quote``, as CSV."""
    step = -1 if newest_first else 1
    dates = [quote + text.encode() + quote for text in observations.texts()[::step]]
    if not observations.columns or not dates:
        return dates
    values, lines = observations.values[::step], list[bytes]()
    # In blocks: the text of a large matrix takes several times the memory of its lines.
    block = max(1, _BLOCK_CELLS // len(observations.columns))
    for first in range(0, len(dates), block):
        part = np.ascontiguousarray(values[first : first + block])
        matrix = orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY)
        if not quote:
            matrix = _as_csv(matrix, part)
        rest = matrix[2:-2].split(b"],[")
        lines += [date + b"," + numbers for date, numbers in zip(dates[first : first + block], rest, strict=True)]
    return lines


def _flagged(lines: Sequence[bytes], observations: Observations, *, quote: bytes, newest_first: bool) -> Iterator[Sequence[bytes]]:
    """Yield the cells of each line with the flags between them."""
    step = -1 if newest_first else 1
    codes = observations.flags.codes if observations.flags else ()
    written: dict[str | None, bytes] = {code: orjson.dumps(code) if quote else cell(code).encode() for code in codes}
    written[None] = b"null" if quote else b""
    columns = [[written[code] for code in _codes(observations, place)[::step]] for place in range(len(observations.columns))]
    for row, line in enumerate(lines):
        # Neither a date nor a number contains a comma.
        date, *numbers = line.split(b",")
        yield [date, *(each for number, column in zip(numbers, columns, strict=True) for each in (number, column[row]))]


def _codes(observations: Observations, place: int) -> list[str | None]:
    return observations.flags.column(place) if observations.flags else [None] * len(observations)


def _labelled(
    lines: Sequence[bytes], labels: Sequence[str], separator: bytes, write: Callable[[str], bytes], *, newest_first: bool
) -> list[bytes]:
    """Return lines with the label of each at its end."""
    written = {label: separator + write(label) for label in dict.fromkeys(labels)}
    return [line + written[label] for line, label in zip(lines, labels[:: -1 if newest_first else 1], strict=True)]


def _as_csv(matrix: bytes, values: np.ndarray[Any, Any]) -> bytes:
    """Return the matrix with empty missing cells, and with all numbers as ``repr`` writes them if one has an exponent, or would."""
    if b"e" in matrix or b"0.0000" in matrix:
        texts = [",".join("" if value != value else repr(value) for value in row) for row in values.tolist()]  # noqa: PLR0124 - NaN
        matrix = f"[[{'],['.join(texts)}]]".encode()
    return matrix.replace(b"null", b"")


def cell(text: str) -> str:
    """Return text from outside as a cell that no spreadsheet takes for a formula."""
    safe = f"'{text}" if text.startswith(_CONTROL_PREFIXES) or _is_formula(text) else text
    return safe if _QUOTED.isdisjoint(safe) else '"' + safe.replace('"', '""') + '"'


def _is_formula(text: str) -> bool:
    """Return whether the first visible character begins a formula, also in its full-width form."""
    first = next((character for character in text if category(character)[0] not in _INVISIBLE), "")
    return normalize("NFKC", first) in _FORMULA_PREFIXES
