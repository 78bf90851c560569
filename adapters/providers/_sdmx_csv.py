"""
SDMX-CSV 1.0 and 2.0, with or without labels, and wide CSV with one column for each series.

::

    DATAFLOW,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE,OBS_STATUS
    STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE
    STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,FREQ,Frequency,TIME_PERIOD,Time period,OBS_VALUE,Observation value
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from adapters.providers._gathering import Gathering, is_time
from adapters.providers._sdmx_periods import read_period
from domain.errors import AnswerNotUnderstood, AnswerTruncated

_BESIDE = frozenset({"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "KEY", "SERIES_KEY", "LAST UPDATE"})
_FLOWS = ("STRUCTURE_ID", "DATAFLOW")
_VALUE = "OBS_VALUE"
_DELETES = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where what stands."""

    dimensions: Sequence[tuple[int, str]]
    words: Sequence[int]
    time: int
    value: int
    flow: int | None
    action: int | None


def read_csv(text: str, flow: str) -> Gathering:
    """
    Gather the series of a table.

    Raises:
        AnswerNotUnderstood: it is not such a table.
        AnswerTruncated: its last line was cut.

    """
    names, *rows = _rows(text)
    columns = _columns(names, rows)
    gathering = Gathering()
    gathering.was_data = True
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise _fault(number, len(rows), text, f"{len(row)} cells stand under {len(names)} names")
        named = flow or (_flow(row[columns.flow]) if columns.flow is not None else "")
        key = {name: row[at].partition(": ")[0] for at, name in columns.dimensions}
        series = gathering.series(named, key, words=[row[at] for at in columns.words])
        period = row[columns.time].partition(": ")[0]
        if columns.action is not None and row[columns.action] == _DELETES:
            gathering.delete(series, period)
        else:
            series.add(period, row[columns.value])
    return gathering


def _rows(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [row for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as exc:
        if "unexpected end" in str(exc):
            raise AnswerTruncated("The answer is CSV that ends inside quotes.") from exc
        raise AnswerNotUnderstood(f"The answer is not CSV: {exc}.") from exc


def _fault(number: int, count: int, text: str, what: str) -> Exception:
    if number == count and not text.endswith("\n"):
        return AnswerTruncated(f"The answer ends in the middle of row {number}.")
    return AnswerNotUnderstood(f"Row {number}: {what}.")


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> _Columns:
    plain = [name.partition("[")[0].partition(": ")[0].strip() for name in names]
    if _VALUE not in plain:
        raise AnswerNotUnderstood("The answer is text, but neither JSON, XML nor SDMX-CSV.")
    value = plain.index(_VALUE)
    labelled = "STRUCTURE_NAME" in plain
    beside = [at for at, name in enumerate(plain) if name.upper() in _BESIDE]
    between = [at for at in range(value) if at not in beside]
    words = between[1::2] if labelled else []
    between = between[::2] if labelled else between
    time = _time(plain, between, rows)
    flow = next((plain.index(name) for name in _FLOWS if name in plain), None)
    return _Columns(
        dimensions=[(at, plain[at]) for at in between if at < time or not is_time(plain[time])],
        words=[at for at in words if at < time],
        time=time,
        value=value,
        flow=flow,
        action=plain.index("ACTION") if "ACTION" in plain else None,
    )


def _time(names: Sequence[str], between: list[int], rows: Sequence[Sequence[str]]) -> int:
    """Find the column of the time, and take it out of those of dimensions: by its name, else by what stands in it."""
    found = [at for at, name in enumerate(names) if is_time(name)]
    found = found or [at for at in reversed(between) if rows and all(at < len(row) and read_period(row[at]) for row in rows)]
    if not found:
        raise AnswerNotUnderstood("The answer is SDMX-CSV without a column for the time.")
    if found[0] in between:
        between.remove(found[0])
    return found[0]


def _flow(reference: str) -> str:
    """Read ``ESTAT:NA_MAIN(1.0)`` as ``NA_MAIN``."""
    return reference.partition("(")[0].rpartition(":")[2]
