"""A series and its observations as text and as JSON."""

from __future__ import annotations

import shutil
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import isnan
from typing import Any

import click

from domain.observations import Observations
from domain.series import TimeSeries
from domain.use_cases.read_series import Reading
from domain.vintages import Vintage
from entrypoints.cli.sparkline import sparkline
from entrypoints.cli.tables import number, print_table, printable, when
from entrypoints.formats import heading, label_names, table

_GAP = 2


def identity(series: TimeSeries) -> dict[str, Any]:
    """Return what identifies a series, as JSON values."""
    return {
        "id": series.id,
        "code": str(series.code),
        "provider": series.provider,
        "alias": series.alias,
        "name": series.metadata.name,
        "frequency": series.metadata.frequency,
    }


def document(reading: Reading, limit: int, *, flags: bool = False) -> dict[str, Any]:
    """Return a reading as JSON values, dates ascending."""
    observations = reading.observations.latest(limit)
    return {
        "series": {**identity(reading.series), "unit": reading.series.metadata.unit},
        **_state(reading),
        "checked_at": reading.series.checked_at,
        "stale": reading.stale,
        **({"flags": reading.series.metadata.flags} if flags else {}),
        **table(observations, flags=flags, provenance=_labels(reading, limit)),
    }


def _state(reading: Reading) -> dict[str, Any]:
    vintage, computed = reading.vintage, reading.computed
    if spliced := reading.spliced:
        rule = {"rule": spliced.rule.number, "position": spliced.position, "stand_in": spliced.rule.stand_in, "start": spliced.rule.start}
        return {"vintage": None, "splice": {**rule, "scale": spliced.rule.scale, "known_at": vintage.known_at}}
    if computed is None:
        return {"vintage": {"number": vintage.number, "published": vintage.published, "known_at": vintage.known_at}}
    formula = {"expression": computed.version.definition.expression, "definition": computed.version.number, "position": computed.position}
    return {"vintage": None, "formula": {**formula, "known_at": vintage.known_at}}


def state_name(reading: Reading) -> str:
    """Return the name of the state that was read: its vintage, or the definition or rule by which it was made."""
    computed = reading.computed
    if reading.spliced:
        return f"splice {reading.spliced.rule.number} with {reading.spliced.rule.stand_in} from {reading.spliced.rule.start}"
    return f"definition {computed.version.number}" if computed else f"vintage {reading.vintage.number}"


def vintage_document(vintage: Vintage) -> dict[str, Any]:
    """Return a vintage as JSON values, without its observations."""
    return {
        "number": vintage.number,
        "published": vintage.published,
        "known_at": vintage.known_at,
        "fetched_at": vintage.fetched_at,
        "previous_check_at": vintage.previous_check_at,
        "rows": vintage.rows,
        "first_date": vintage.first,
        "last_date": vintage.last,
        "added": vintage.added,
        "changed": vintage.changed,
        "deleted": vintage.deleted,
        "digest": vintage.digest,
        "cause": vintage.cause,
        "origin": vintage.origin,
        "fetch_id": vintage.fetch_id,
    }


def print_reading(reading: Reading, limit: int, *, flags: bool = False) -> None:
    """Print the series' name and state, its newest dates, and a chart line of the first column over all dates read."""
    series, vintage = reading.series, reading.vintage
    label = f" (published {when(vintage.published)})" if vintage.published else ""
    click.echo(printable(series.metadata.name or str(series.code)))
    click.echo(f"{series.provider}:{series.code}, {series.metadata.frequency or 'frequency unknown'}")
    click.echo(f"{state_name(reading)}{label}, known at {when(vintage.known_at)}, {'stale' if reading.stale else 'fresh'}\n")
    _print_rows(reading, limit, flags=flags)
    if reading.observations.columns and len(reading.observations):
        _print_line(reading)


def _print_rows(reading: Reading, limit: int, *, flags: bool) -> None:
    newest = reading.observations.latest(limit)
    labels = _labels(reading, limit)
    cells: list[tuple[str, ...]] = [(when(moment), *map(number, values)) for moment, values in newest.rows()]
    if flags:
        cells = list(_with_flags(newest, cells))
    # Labels come before the values, so that a narrow terminal leaves out none.
    headings = (reading.series.metadata.date_column, *label_names(labels), *heading(newest, flags=flags)[1:])
    cells = cells if labels is None else [(moment, label, *rest) for label, (moment, *rest) in zip(labels, cells, strict=True)]
    fitting = _fitting([headings, *cells]) if sys.stdout.isatty() else len(headings)
    print_table(headings[:fitting], [row[:fitting] for row in cells], right=newest.columns)
    if fitting < len(headings):
        click.echo(f"and {len(headings) - fitting} more columns; --column NAME shows one")
    if newest.flags:
        click.echo()
        for code in newest.flags.codes:
            click.echo(printable(f"{code}  {_meaning(reading, code)}".rstrip()))


def _with_flags(observations: Observations, rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    flags = [observations.flags.column(place) if observations.flags else () for place in range(len(observations.columns))]
    for place, (moment, *values) in enumerate(rows):
        pairs = ((value, (column[place] or "") if column else "") for value, column in zip(values, flags, strict=True))
        yield (moment, *(each for pair in pairs for each in pair))


def _meaning(reading: Reading, code: str) -> str:
    known = reading.series.metadata.flags
    return known.get(code) or "; ".join(known[word] for word in code.split() if known.get(word))


def _labels(reading: Reading, limit: int) -> Sequence[str] | None:
    """Return the series of each of the newest rows, if the rows of a reading are labelled."""
    labels = reading.provenance
    return labels if labels is None else labels[max(0, len(labels) - limit) :]


def _fitting(lines: Sequence[Sequence[str]]) -> int:
    ends = accumulate(max(map(len, column)) + _GAP for column in zip(*lines, strict=True))
    return max(2, bisect_right(list(ends), _terminal_width() + _GAP))


def _print_line(reading: Reading) -> None:
    observations = reading.observations
    values: list[float] = observations.values[:, 0].tolist()
    known = [value for value in values if not isnan(value)]
    span = f", from {number(min(known))} to {number(max(known))}" if known else ""
    click.echo(f"\n{printable(observations.columns[0])}, {when(observations.first)} to {when(observations.last)}{span}")
    click.echo(sparkline(values, _terminal_width()))


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns
