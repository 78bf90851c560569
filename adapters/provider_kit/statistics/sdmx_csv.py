"""
SDMX-CSV 1.0 and 2.0, with or without labels, and older tables of agencies.

::

    DATAFLOW,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE,OBS_STATUS
    STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE
    STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,FREQ,Frequency,TIME_PERIOD,Time period,OBS_VALUE,Observation value
    STRUCTURE,STRUCTURE_ID,ACTION,SERIES_KEY,OBS_VALUE1,OBS_VALUE2,ATTR_1[],DIM_2,DIM_1
    LOCATION,Country,SUBJECT,Subject,TIME,Time,Value,Flag Codes

Dimensions precede the time or the values; where none do, the key column identifies the series, else every possible dimension does.
Attributes that stand among them, as at the BIS, are known by their names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.provider_kit.parsing.collector import CollectedSeries, Flow, Parts, SeriesCollector, is_time, time_name
from adapters.provider_kit.parsing.csv_tables import csv_lines, delimiter_in, rows_of
from adapters.provider_kit.parsing.flag_codes import code_of, flag_of, is_flag
from adapters.provider_kit.parsing.period_texts import PeriodForms
from adapters.provider_kit.parsing.tables import Table
from adapters.provider_kit.statistics.attribute_names import is_code, is_fact, looks_like_dimension
from adapters.provider_kit.statistics.conventions import STANDARD, Conventions
from adapters.provider_kit.statistics.flows import named_flow, stated_flow
from adapters.provider_kit.statistics.units import concept_of, notes_in
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood

_BESIDE = frozenset({"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "KEY", "SERIES_KEY", "OBS_KEY", "LAST UPDATE"})
_FLOWS = ("STRUCTURE_ID", "DATAFLOW")
_VALUE = re.compile(r"OBS_VALUE[0-9]*|VALUE", re.IGNORECASE)
_KEY = "SERIES_KEY"
_DELETES = "D"
_DATAFLOW = "dataflow"
_MOST_KNOWN = 10_000

_Named = Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """
    Positions of the columns, most with their names.

    Attributes:
        doubtful: may be dimensions or not.
        facts: attributes that stand where dimensions do.
        noted: attributes that must not differ within a series.
        flagged: attributes that hold flags, each with the position of its label, if it has one.

    """

    dimensions: _Named
    doubtful: _Named
    facts: _Named
    noted: _Named
    flagged: Sequence[tuple[int, str, int | None]]
    words: Sequence[int]
    time: int
    values: _Named
    flow: int | None
    structure: int | None
    action: int | None


def read_csv(text: str, flow: str, conventions: Conventions = STANDARD) -> SeriesCollector:
    """
    Collect the series of a table.

    Raises:
        AnswerNotUnderstood: it is no such table.
        AnswerTruncated: its last line is cut off.

    """
    delimiter = delimiter_in(text.partition("\n")[0])
    names, *rows = csv_lines(text, delimiter)
    columns = _columns(names, rows, conventions)
    reader = _Rows(columns, flow, decimals="." if delimiter == "," else _decimals(rows, columns.values) if delimiter == ";" else "")
    for row in rows_of(Table(names=tuple(names), rows=rows, ended=text.endswith("\n"))):
        reader.read(row)
    return reader.collector


class _Rows:
    """Reads rows one after another."""

    def __init__(self, columns: _Columns, flow: str, *, decimals: str) -> None:
        self.collector = SeriesCollector(decimals)
        self.collector.was_data = True
        self._columns, self._asked = columns, flow
        self._flows: dict[tuple[str, str], Flow] = {}
        self._order = tuple(name for _, name in sorted((*columns.dimensions, *columns.doubtful, *columns.facts)))
        beside = [at for at in (columns.flow, columns.structure) if at is not None]
        self._own = [at for at, _ in (*columns.dimensions, *columns.doubtful, *columns.facts)] + [*beside, *columns.words]
        self._known: dict[tuple[str, ...], list[CollectedSeries]] = {}
        self._marks = [place for at, _, label in columns.flagged for place in (at, label) if place is not None]
        self._flags: dict[tuple[str, ...], str] = {}

    def read(self, row: Sequence[str]) -> None:
        """Read one row; the rows of a series have the same cells but for time, values and attributes of observations."""
        columns = self._columns
        period = _code(row[columns.time])
        given = [at for at, _ in columns.values if period or row[at]]  # else attributes of a whole series
        if columns.action is not None and row[columns.action] == _DELETES:
            for parts in self._parts(row):
                self.collector.delete(self._flow(row), parts, period)
        elif given:
            notes = notes_in({name: _code(row[at]) for at, name in columns.noted})
            flag = self._flag(row) if columns.flagged else ""
            for at, series in zip((at for at, _ in columns.values), self._series(row), strict=True):
                if at in given:
                    series.add(period, row[at], notes, flag)

    def _series(self, row: Sequence[str]) -> list[CollectedSeries]:
        cells = tuple([row[at] for at in self._own])
        if cells not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            words = [row[word] for word in self._columns.words]
            self._known[cells] = [self.collector.series(self._flow(row), parts, words) for parts in self._parts(row)]
        return self._known[cells]

    def _flag(self, row: Sequence[str]) -> str:
        cells = tuple([row[at] for at in self._marks])
        if cells not in self._flags:
            if len(self._flags) >= _MOST_KNOWN:
                self._flags.clear()
            self._flags[cells] = self._read_flag(row)
        return self._flags[cells]

    def _read_flag(self, row: Sequence[str]) -> str:
        found = {}
        for at, name, label in self._columns.flagged:
            written, _, said = row[at].partition(": ")
            code, meaning = code_of(name, written), said if label is None else row[label]
            found[name] = written
            if code and meaning:
                self.collector.meanings.setdefault(code, storable(meaning.strip()))
        return flag_of(found)

    def _parts(self, row: Sequence[str]) -> list[Parts]:
        """Return what tells the series of a row from others, for each measure."""
        columns = self._columns
        key = {name: _code(row[at]) for at, name in columns.dimensions}
        doubtful = {name: _code(row[at]) for at, name in columns.doubtful if row[at]}
        facts = {name: _code(row[at]) for at, name in (*columns.doubtful, *columns.facts)}
        parts = Parts(dimensions=key, facts=facts, doubtful=doubtful, order=self._order)
        if len(columns.values) == 1:
            return [parts]
        return [parts | Parts(dimensions={"MEASURE": measure}, order=("MEASURE",)) for _, measure in columns.values]

    def _flow(self, row: Sequence[str]) -> Flow:
        columns = self._columns
        stated = row[columns.flow] if columns.flow is not None else ""
        kind = row[columns.structure] if columns.structure is not None else _DATAFLOW
        if (kind, stated) not in self._flows:
            flow = stated_flow(stated, is_dataflow=kind.casefold() == _DATAFLOW) if stated else Flow()
            self._flows[kind, stated] = named_flow(self._asked, flow)
        return self._flows[kind, stated]


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]], conventions: Conventions) -> _Columns:
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
    time = _time(plain, between or behind, rows, conventions.forms)
    keys = _Keys(plain, rows, conventions, time)
    dimensions, doubtful = keys.before(between) if between else keys.behind(behind)
    key = {at for at, _ in (*dimensions, *doubtful)}
    known = {at for at, _ in dimensions} | {at for at, _ in values} | {*words, time}
    return _Columns(
        dimensions=dimensions,
        doubtful=doubtful,
        facts=[(at, plain[at]) for at in between if at < time and at not in key],
        noted=[(at, name) for at, name in enumerate(plain) if at not in known and concept_of(name)],
        flagged=[(at, name, at + 1 if labelled and at + 1 < len(plain) else None) for at, name in enumerate(plain) if is_flag(name)],
        words=[at for at in words if at < time],
        time=time,
        values=values,
        flow=next((plain.index(name) for name in _FLOWS if name in plain), None),
        structure=plain.index("STRUCTURE") if "STRUCTURE" in plain else None,
        action=plain.index("ACTION") if "ACTION" in plain else None,
    )


class _Keys:
    """Chooses the columns that are dimensions, and those that may be."""

    def __init__(self, names: Sequence[str], rows: Sequence[Sequence[str]], conventions: Conventions, time: int) -> None:
        self._names, self._rows, self._conventions, self._time = names, rows, conventions, time

    def before(self, columns: Sequence[int]) -> tuple[_Named, _Named]:
        """Choose among the columns before the values: dimensions stand before the time if any column does."""
        first = [at for at in columns if at < self._time] if is_time(self._names[self._time]) else []
        places = first or [at for at in columns if at != self._time]
        possible = [at for at in columns if at != self._time and not is_fact(self._names[at], self._conventions)]
        sure = [at for at in possible if at in places and self._names[at] not in self._conventions.doubtful]
        return self._named(sure), self._named([at for at in possible if at not in sure])

    def behind(self, columns: Sequence[int]) -> tuple[_Named, _Named]:
        """Choose among the columns of a table that has none before the values."""
        if _KEY in self._names:
            return [(self._names.index(_KEY), _KEY)], []
        possible = [at for at in columns if at != self._time and self._has_codes(at)]
        sure = [at for at in possible if looks_like_dimension(self._names[at], self._conventions)]
        return self._named(sure), self._named([at for at in possible if at not in sure])

    def _has_codes(self, at: int) -> bool:
        """Return whether a column can be a dimension by its name and all its cells."""
        cells = [_code(row[at]) for row in self._rows if at < len(row) and row[at]]
        return not is_fact(self._names[at], self._conventions) and all(map(is_code, cells))

    def _named(self, columns: Sequence[int]) -> _Named:
        return [(at, self._names[at]) for at in columns]


def _time(names: Sequence[str], candidates: Sequence[int], rows: Sequence[Sequence[str]], forms: PeriodForms) -> int:
    """Return the position of the time column: by its name, else by its cells."""
    named = time_name(names)
    found = (
        [names.index(named)]
        if named
        else [at for at in reversed(candidates) if _are_periods([_code(row[at]) for row in rows if at < len(row)], forms)]
    )
    if not found:
        raise AnswerNotUnderstood("The answer is SDMX-CSV without a column for the time.")
    return found[0]


def _are_periods(cells: Sequence[str], forms: PeriodForms) -> bool:
    return any(cells) and all(not cell or forms.read(cell) for cell in cells)


def _code(cell: str) -> str:
    """Read ``A: Annual`` as ``A``."""
    return cell.partition(": ")[0]


def _decimals(rows: Sequence[Sequence[str]], values: _Named) -> str:
    """Return the comma where semicolons part the cells because it is the decimal mark: no value of the table has a point."""
    return "" if any("." in row[at] for row in rows for at, _ in values if at < len(row)) else ","
