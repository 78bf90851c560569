"""A series and its observations as text and as JSON."""

from __future__ import annotations

import shutil
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
from entrypoints.cli.fetch_states import explain, is_trouble, state_of
from entrypoints.cli.sparkline import sparkline
from entrypoints.cli.tables import number, print_table, printable, say, terminal_width, when
from entrypoints.formats import heading, label_names, records, table

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


def document(reading: Reading, limit: int, *, newest_first: bool = False, as_records: bool = False, flags: bool = False) -> dict[str, Any]:
    """Return a reading as JSON values: its newest dates, a row as a list or as an object."""
    newest, labels = reading.observations.latest(limit), _labels(reading, limit)
    if as_records:
        rows: dict[str, Any] = {"data": records(newest, newest_first=newest_first, flags=flags, provenance=labels)}
    else:
        rows = table(newest, newest_first=newest_first, flags=flags, provenance=labels)
    return {
        "series": {**identity(reading.series), "unit": reading.series.metadata.unit},
        **_state(reading),
        "checked_at": reading.series.checked_at,
        "stale": reading.stale,
        **({"flags": reading.series.metadata.flags} if flags else {}),
        **rows,
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


def print_reading(reading: Reading, limit: int, *, newest_first: bool = False, flags: bool = False) -> None:
    """Print the series' name and state, its newest dates, and a chart line of the first column over all dates read."""
    series, vintage = reading.series, reading.vintage
    label = f" (published {when(vintage.published)})" if vintage.published else ""
    say(series.metadata.name or str(series.code))
    facts = (f"{series.provider}:{series.code}", series.metadata.frequency or "frequency unknown", series.metadata.unit)
    say(", ".join(filter(None, facts)))
    say(f"{state_name(reading)}{label}, known at {when(vintage.known_at)}, {'stale' if reading.stale else 'fresh'}")
    if series.fetch and is_trouble(series.fetch):
        say(f"last fetch: {state_of(series.fetch)}, {explain(series.fetch)}")
    click.echo()
    _print_rows(reading, limit, newest_first=newest_first, flags=flags)
    if reading.observations.columns and len(reading.observations):
        _print_line(reading)


def _print_rows(reading: Reading, limit: int, *, newest_first: bool, flags: bool) -> None:
    newest = reading.observations.latest(limit)
    labels = _labels(reading, limit)
    # Labels come before the values, so that a narrow terminal leaves out none.
    headings = (reading.series.metadata.date_column, *label_names(labels), *heading(newest, flags=flags)[1:])
    named = [()] * len(newest) if labels is None else [(label,) for label in labels]
    cells = [(when(moment), *map(number, values)) for moment, values in newest.rows()]
    if flags:
        cells = list(_with_flags(newest, cells))
    cells = [(moment, *name, *values) for name, (moment, *values) in zip(named, cells, strict=True)]
    fitting = _fitting([headings, *cells])
    print_table(headings[:fitting], [row[:fitting] for row in (cells[::-1] if newest_first else cells)], right=newest.columns)
    if fitting < len(headings):
        say(f"and {len(headings) - fitting} more columns; --column NAME shows one")
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
    """Return how many columns fit on the terminal; all of them if there is none."""
    width = terminal_width()
    ends = accumulate(max(map(len, column)) + _GAP for column in zip(*lines, strict=True))
    return len(lines[0]) if width is None else max(2, bisect_right(list(ends), width + _GAP))


def _print_line(reading: Reading) -> None:
    observations = reading.observations
    values: list[float] = observations.values[:, 0].tolist()
    known = [value for value in values if not isnan(value)]
    span = f", from {number(min(known))} to {number(max(known))}" if known else ""
    click.echo()
    say(f"{observations.columns[0]}, {when(observations.first)} to {when(observations.last)}{span}")
    click.echo(sparkline(values, terminal_width() or shutil.get_terminal_size().columns))
