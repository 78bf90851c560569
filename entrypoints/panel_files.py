"""Encoding panels as JSON, CSV, Parquet and Arrow, in the long shape or the wide one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import orjson

from domain.panels.cells import Status
from domain.panels.panel import Panel
from entrypoints.formats import Format, encode, write_columnar
from entrypoints.record_tables import records_csv

LONG = (
    *("decision_at", "name", "code", "column", "value", "date", "period_end"),
    *("known_at", "published", "seen_at", "vintage", "age_days", "status"),
)


class Shape(StrEnum):
    """The shape of a panel: a row for each cell with all that is known of it, or a row for each moment and a column for each series."""

    LONG = "long"
    WIDE = "wide"


def encode_panel(panel: Panel, shape: Shape, kind: Format, more: Mapping[str, str] | None = None) -> bytes:
    """
    Return a panel in a format.

    Args:
        more: further entries for the metadata of Parquet and Arrow, which hold the pinned query.

    Raises:
        InvalidInput: the wide shape does not fit.

    """
    made = (wide_table if shape is Shape.WIDE else long_table)(panel)
    if kind.is_columnar:
        about = {
            "query": orjson.dumps(panel.document).decode(),
            "position": str(panel.query.position),
            "shape": shape.value,
            **(more or {}),
        }
        return write_columnar(made.replace_schema_metadata(about), kind)
    columns = [made.column(name).to_pylist() for name in made.column_names]
    if kind is Format.CSV:
        return records_csv(made.column_names, columns)
    return encode({"query": panel.document, "columns": made.column_names, "data": list(zip(*columns, strict=True))})


def wide_table(panel: Panel) -> Any:
    """Return an Arrow table with ``decision_at`` and a column for each series; raises InvalidInput if it does not fit."""
    import pyarrow as pa

    values = [pa.array(column, from_pandas=True) for column in panel.wide().T]
    return pa.table([_instants(panel.query.decisions.instants), *values], names=["decision_at", *(each.name for each in panel.columns)])


def long_table(panel: Panel) -> Any:
    """Return an Arrow table of all cells, series after series."""
    import pyarrow as pa

    columns, parts = panel.columns, [each.cells for each in panel.columns]
    dates = np.concatenate([part.date for part in parts])
    ends, numbers = (np.concatenate([getattr(part, name) for part in parts]) for name in ("period_end", "vintage"))
    places = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    undated = np.isnat(ends)
    status = pa.array([word.name.lower() for word in Status])
    return pa.table(
        [
            _instants(panel.query.decisions.instants[np.concatenate([part.decision for part in parts])]),
            pa.array([each.name for each in columns]).take(pa.array(places)),
            pa.array([each.reference for each in columns]).take(pa.array(places)),
            pa.array([name for each in columns for name in each.columns]),
            pa.array(np.concatenate([part.value for part in parts]), from_pandas=True),
            _instants(dates) if any(part.fine for part in parts) else pa.array(dates.astype("datetime64[D]")),
            pa.array(ends),
            _instants(np.concatenate([each.known_at for each in columns])),
            pa.array([label for each in columns for label in each.published], pa.string()),
            _instants(np.concatenate([each.seen_at for each in columns])),
            pa.array(numbers, mask=numbers == 0),
            pa.array(np.concatenate([part.age for part in parts]), mask=undated),
            status.take(pa.array(np.concatenate([part.status for part in parts]))),
        ],
        names=list(LONG),
    )


def _instants(moments: Any) -> Any:
    import pyarrow as pa

    return pa.array(moments.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))
