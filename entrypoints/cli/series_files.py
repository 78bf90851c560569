"""Series as files: one as the REST API writes it, several as one table of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain

from domain.controls import escape_controls_in_json
from domain.observations import Label
from domain.use_cases.read_series import Reading
from entrypoints.cli.series_output import document
from entrypoints.formats import Format, columnar, csv, encode, heading
from entrypoints.record_tables import Column, Kind, records_csv, records_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A format, the order of dates, whether a row is an object in JSON, and whether flags stand beside the columns."""

    kind: Format
    newest_first: bool = False
    as_records: bool = False
    flags: bool = False


def encode_readings(readings: Sequence[Reading], form: Form) -> bytes:
    """Return the content of a file: in JSON a line for each series, else a table, of several series with a row for each value."""
    if form.kind is Format.JSON:
        return b"".join(_json_line(reading, form) for reading in readings)
    if len(readings) > 1:
        return _values(readings, form)
    [reading] = readings
    if form.kind is Format.CSV:
        observations = reading.observations
        labels = reading.provenance
        names = heading(observations, flags=form.flags, provenance=labels)
        return csv(observations, names, newest_first=form.newest_first, flags=form.flags, provenance=labels)
    return columnar(reading, form.kind, newest_first=form.newest_first, flags=form.flags)


def _json_line(reading: Reading, form: Form) -> bytes:
    shown = document(reading, len(reading.observations), newest_first=form.newest_first, as_records=form.as_records, flags=form.flags)
    return escape_controls_in_json(encode(shown).decode()).encode() + b"\n"


def _values(readings: Sequence[Reading], form: Form) -> bytes:
    """Return a table with a row for each value; its dates are instants if those of one series are."""
    rows = list(chain.from_iterable(_rows(reading, newest_first=form.newest_first) for reading in readings))
    codes, dates, columns, values = zip(*rows, strict=True) if rows else ((), (), (), ())
    if any(isinstance(each, datetime) for each in dates):
        at = Column("time", Kind.INSTANT, [_instant(each) for each in dates])
    else:
        at = Column("date", Kind.DATE, dates)
    table = [Column("code", Kind.TEXT, codes), at, Column("column", Kind.TEXT, columns), Column("value", Kind.REAL, values)]
    if form.kind is Format.CSV:
        return records_csv([column.name for column in table], [column.values for column in table])
    return records_file(table, {}, form.kind)


def _rows(reading: Reading, *, newest_first: bool) -> Iterator[tuple[str, Label, str, float | None]]:
    name, observations = f"{reading.series.provider}:{reading.series.code}", reading.observations
    rows = list(observations.rows())
    for moment, values in rows[::-1] if newest_first else rows:
        for column, value in zip(observations.columns, values, strict=True):
            yield name, moment, column, value


def _instant(moment: date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
