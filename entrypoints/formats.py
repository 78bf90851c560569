"""Observations as bytes that clients read."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from domain.observations import Observations


def encode(document: Any) -> bytes:
    """Write JSON; moments in UTC end in ``Z``, and what ``rows`` gave is taken over as it is."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def table(observations: Observations, *, newest_first: bool = False) -> dict[str, Any]:
    """Give observations under their columns' names; the first is ``date``, or ``time`` on an axis finer than a day."""
    columns = ["date" if observations.unit == "D" else "time", *observations.columns]
    return {"columns": columns, "data": rows(observations, newest_first=newest_first)}


def rows(observations: Observations, *, newest_first: bool = False) -> orjson.Fragment:
    """
    Write ``[[date, value, …], …]``, with null where a value is missing.

    The whole matrix is encoded in one go and the dates are spliced in between its rows: no Python object per value.
    """
    if not len(observations):
        return orjson.Fragment(b"[]")
    step = -1 if newest_first else 1
    dates = [b'"' + text.encode() + b'"' for text in observations.texts()[::step]]
    if observations.columns:
        matrix = orjson.dumps(np.ascontiguousarray(observations.values[::step]), option=orjson.OPT_SERIALIZE_NUMPY)
        dates = [date + b"," + values for date, values in zip(dates, matrix[2:-2].split(b"],["), strict=True)]
    return orjson.Fragment(b"[[" + b"],[".join(dates) + b"]]")
