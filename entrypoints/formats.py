"""Observations as bytes that clients read: JSON, CSV, Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from unicodedata import category, normalize

import numpy as np
import orjson

from domain.observations import Observations
from domain.use_cases.read_series import Reading

#: Raised whenever the bytes of an unchanged state change.
ENCODER_VERSION = 2
_BLOCK_CELLS = 2**20
_FORMULA_PREFIXES = frozenset("=+-@\N{MINUS SIGN}")
_CONTROL_PREFIXES = ("\t", "\r", "\n")
#: Unicode's classes of what is not seen in front of a sign: controls and marks of format, accents, spaces.
_INVISIBLE = "CMZ"
#: Commas and what separates cells where the comma is the decimal sign.
_QUOTED = frozenset(',;\t"\r\n')


class Format(StrEnum):
    """How observations can be written; the words are the suffixes of addresses and files."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"

    @property
    def media_type(self) -> str:
        """Name the format as HTTP does."""
        return _MEDIA_TYPES[self]

    @property
    def is_columnar(self) -> bool:
        """Tell whether readers ask for ranges of bytes of it."""
        return self in (Format.PARQUET, Format.ARROW)


_MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.file",
}


def encode(document: Any) -> bytes:
    """Write JSON; moments in UTC end in ``Z``, and what ``rows`` gave is taken over as it is."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def table(observations: Observations, *, newest_first: bool = False) -> dict[str, Any]:
    """Give observations under their columns' names; the first is ``date``, or ``time`` on an axis finer than a day."""
    return {"columns": [axis_name(observations), *observations.columns], "data": rows(observations, newest_first=newest_first)}


def axis_name(observations: Observations) -> str:
    """Name the first column."""
    return "date" if observations.unit == "D" else "time"


def rows(observations: Observations, *, newest_first: bool = False) -> orjson.Fragment:
    """
    Write ``[[date, value, …], …]``, with null where a value is missing.

    The whole matrix is encoded in one go and the dates are spliced in between its rows: no Python object per value.
    """
    if not len(observations):
        return orjson.Fragment(b"[]")
    lines = _row_lines(observations, quote=b'"', newest_first=newest_first)
    return orjson.Fragment(b"[[" + b"],[".join(lines) + b"]]")


def records(observations: Observations, *, newest_first: bool = False) -> orjson.Fragment:
    """Write each date as an object; a name that stands twice is numbered, for an object holds it once."""
    names = [orjson.dumps(name) + b":" for name in unique_names([axis_name(observations), *observations.columns])]
    lines = _row_lines(observations, quote=b'"', newest_first=newest_first)
    # Neither a date nor a number holds a comma.
    objects = (b",".join(map(bytes.__add__, names, line.split(b","))) for line in lines)
    return orjson.Fragment(b"[{" + b"},{".join(objects) + b"}]" if lines else b"[]")


def csv(observations: Observations, heading: Sequence[str], *, newest_first: bool = False, header: bool = True) -> bytes:
    """
    Write comma-separated values with a line feed at line ends, numbers as Python's ``repr`` does, missing ones empty.

    A heading that a spreadsheet would take for a formula begins with an apostrophe.
    """
    lines = [",".join(map(cell, heading)).encode()] if header else []
    lines += _row_lines(observations, quote=b"", newest_first=newest_first)
    return b"\n".join(lines) + b"\n" if lines else b""


def columnar(reading: Reading, kind: Format, *, newest_first: bool = False) -> bytes:
    """Write a Parquet or an Arrow file, with what names the series and its vintage in the schema's metadata."""
    import pyarrow as pa

    observations = reading.observations
    step = -1 if newest_first else 1
    dates = pa.array(observations.dates[::step]).cast(pa.date32() if observations.unit == "D" else pa.timestamp("ms", tz="UTC"))
    values = [pa.array(column[::step], from_pandas=True) for column in observations.values.T]
    names = unique_names([axis_name(observations), *observations.columns])
    arrow_table = pa.table([dates, *values], names=names).replace_schema_metadata(_schema_metadata(reading))
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
    """Make names unique: ``a``, ``a_2``, ``a_3``."""
    given: dict[str, None] = {}
    for name in names:
        unique, count = name, 1
        while unique in given:
            count += 1
            unique = f"{name}_{count}"
        given[unique] = None
    return list(given)


def _schema_metadata(reading: Reading) -> Mapping[str, str]:
    series, vintage = reading.series, reading.vintage
    facts = {
        "code": f"{series.provider}:{series.code}",
        "vintage": str(vintage.number),
        "digest": vintage.digest,
        "unit": series.metadata.unit,
        "attribution": series.metadata.attribution,
    }
    return {name: value for name, value in facts.items() if value}


def _row_lines(observations: Observations, *, quote: bytes, newest_first: bool) -> list[bytes]:
    """Give a line of bytes for each date: as JSON without the brackets or, without a quote, as CSV."""
    step = -1 if newest_first else 1
    dates = [quote + text.encode() + quote for text in observations.texts()[::step]]
    if not observations.columns or not dates:
        return dates
    values, lines = observations.values[::step], list[bytes]()
    # Block by block: the text of a large matrix takes several times what its lines take.
    block = max(1, _BLOCK_CELLS // len(observations.columns))
    for first in range(0, len(dates), block):
        part = np.ascontiguousarray(values[first : first + block])
        matrix = orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY)
        if not quote:
            matrix = _as_csv(matrix, part)
        rest = matrix[2:-2].split(b"],[")
        lines += [date + b"," + numbers for date, numbers in zip(dates[first : first + block], rest, strict=True)]
    return lines


def _as_csv(matrix: bytes, values: np.ndarray[Any, Any]) -> bytes:
    """Empty the missing cells; write all numbers anew where one has an exponent, or in Python would, so that all are Python's."""
    if b"e" in matrix or b"0.0000" in matrix:
        texts = [",".join("" if value != value else repr(value) for value in row) for row in values.tolist()]  # noqa: PLR0124 - NaN
        matrix = f"[[{'],['.join(texts)}]]".encode()
    return matrix.replace(b"null", b"")


def cell(text: str) -> str:
    """Write a text that is not ours as a cell that no spreadsheet takes for a formula."""
    safe = f"'{text}" if text.startswith(_CONTROL_PREFIXES) or _is_formula(text) else text
    return safe if _QUOTED.isdisjoint(safe) else '"' + safe.replace('"', '""') + '"'


def _is_formula(text: str) -> bool:
    """Tell whether the first character that is seen begins a formula, in whatever width it is written."""
    first = next((character for character in text if category(character)[0] not in _INVISIBLE), "")
    return normalize("NFKC", first) in _FORMULA_PREFIXES
