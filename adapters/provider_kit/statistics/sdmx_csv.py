"""
SDMX-CSV 1.0 and 2.0, with or without labels, and older tables of agencies.

::

    DATAFLOW,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE,OBS_STATUS
    STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE
    STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,FREQ,Frequency,TIME_PERIOD,Time period,OBS_VALUE,Observation value
    STRUCTURE,STRUCTURE_ID,ACTION,SERIES_KEY,OBS_VALUE1,OBS_VALUE2,ATTR_1[],DIM_2,DIM_1
    LOCATION,Country,SUBJECT,Subject,TIME,Time,Value,Flag Codes

Dimensions precede the values; where none do, the key column identifies the series, else every possible dimension does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.provider_kit.parsing.collector import SeriesCollector, is_time
from adapters.provider_kit.parsing.csv_tables import csv_lines, delimiter_in, rows_of
from adapters.provider_kit.parsing.periods import STATISTICS, YEAR_START
from adapters.provider_kit.parsing.tables import Table
from adapters.provider_kit.statistics.ambiguous_dimensions import split_names
from domain.errors import AnswerNotUnderstood

_BESIDE = frozenset({"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "KEY", "SERIES_KEY", "OBS_KEY", "LAST UPDATE"})
_FLOWS = ("STRUCTURE_ID", "DATAFLOW")
_VALUE = re.compile(r"OBS_VALUE[0-9]*|VALUE", re.IGNORECASE)
_KEY = "SERIES_KEY"
_DELETES = "D"
_DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Positions of the columns, with the names of dimensions and measures."""

    dimensions: Sequence[tuple[int, str]]
    words: Sequence[int]
    time: int
    values: Sequence[tuple[int, str]]
    flow: int | None
    action: int | None
    year_start: int | None


def read_csv(text: str, flow: str) -> SeriesCollector:
    """
    Collect the series of a table.

    Raises:
        AnswerNotUnderstood: it is no such table.
        AnswerTruncated: its last line is cut off.

    """
    delimiter = delimiter_in(text.partition("\n")[0])
    names, *rows = csv_lines(text, delimiter)
    columns = _columns(names, rows)
    collector = SeriesCollector()
    collector.was_data = True
    with_comma = delimiter == ";" and not any("." in row[at] for row in rows for at, _ in columns.values if at < len(row))
    for row in rows_of(Table(names=tuple(names), rows=rows, ended=text.endswith("\n"))):
        _read_row(collector, columns, [_with_point(cell) for cell in row] if with_comma else row, flow)
    return collector


def _read_row(collector: SeriesCollector, columns: _Columns, row: Sequence[str], flow: str) -> None:
    named = flow or (_flow(row[columns.flow]) if columns.flow is not None else "")
    key = {name: _code(row[at]) for at, name in columns.dimensions}
    period = _code(row[columns.time])
    facts = {} if columns.year_start is None else {YEAR_START: _code(row[columns.year_start])}
    for at, measure in columns.values:
        if not (period or row[at]):  # attributes of a whole series
            continue
        whole = {**key, "MEASURE": measure} if len(columns.values) > 1 else key
        series = collector.series(named, whole, facts, words=[row[word] for word in columns.words])
        if columns.action is not None and row[columns.action] == _DELETES:
            collector.delete(series, period)
        else:
            series.add(period, row[at])


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> _Columns:
    plain = [name.partition("[")[0].partition(":")[0].strip() for name in names]
    values = [(at, name) for at, name in enumerate(plain) if _VALUE.fullmatch(name)]
    values = [value for value in values if value[1].casefold() != "value"] or values[:1]
    if not values:
        raise AnswerNotUnderstood("The answer is text, but neither JSON, XML nor SDMX-CSV.")
    beside = {at for at, name in enumerate(plain) if name.upper() in _BESIDE} | {at for at, _ in values}
    labelled = "STRUCTURE_NAME" in plain or {"TIME", "Time"} <= set(plain)
    between = [at for at in range(values[0][0]) if at not in beside]
    words = between[1::2] if labelled else []
    between = between[::2] if labelled else between
    behind = [] if between else [at for at in range(len(plain)) if at not in beside and "[" not in names[at]]
    time = _time(plain, between or behind, rows)
    flow = next((plain.index(name) for name in _FLOWS if name in plain), None)
    dimensions = [(at, plain[at]) for at in between if at != time and (at < time or not is_time(plain[time]))]
    return _Columns(
        dimensions=dimensions if between else _behind(plain, [at for at in behind if at != time], rows),
        words=[at for at in words if at < time],
        time=time,
        values=values,
        flow=flow,
        action=plain.index("ACTION") if "ACTION" in plain else None,
        year_start=plain.index(YEAR_START) if YEAR_START in plain else None,
    )


def _behind(names: Sequence[str], behind: Sequence[int], rows: Sequence[Sequence[str]]) -> list[tuple[int, str]]:
    """Return the dimensions of a table that has none before the values."""
    if _KEY in names:
        return [(names.index(_KEY), _KEY)]
    told = split_names({names[at]: rows[0][at] for at in behind if at < len(rows[0])})[0] if rows else {}
    return [(at, names[at]) for at in behind if names[at] in told]


def _time(names: Sequence[str], candidates: Sequence[int], rows: Sequence[Sequence[str]]) -> int:
    """Return the position of the time column: by its name, else by its cells."""
    found = [at for at, name in enumerate(names) if is_time(name)]
    found = found or [at for at in reversed(candidates) if _are_periods([_code(row[at]) for row in rows if at < len(row)])]
    if not found:
        raise AnswerNotUnderstood("The answer is SDMX-CSV without a column for the time.")
    return found[0]


def _are_periods(cells: Sequence[str]) -> bool:
    return any(cells) and all(not cell or STATISTICS.read(cell) for cell in cells)


def _code(cell: str) -> str:
    """Read ``A: Annual`` as ``A``."""
    return cell.partition(": ")[0]


def _with_point(cell: str) -> str:
    """Replace the decimal comma of a number by a point."""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _flow(reference: str) -> str:
    """Read ``ESTAT:NA_MAIN(1.0)`` as ``NA_MAIN``."""
    return reference.partition("(")[0].rpartition(":")[2]
