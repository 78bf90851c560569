"""The spans of years in which Yahoo is asked for days, weeks, months and quarters, and charts of several spans put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from adapters.providers.yahoo.answers import granularity_of, symbol_of
from domain.errors import AnswerNotUnderstood

#: Yahoo gives 100 years at once; a span ends a month after the year's end, to hold what is dated ahead.
_YEARS, _MONTH = 99, timedelta(days=31)
_FIRST_YEAR = 1800
#: Noon in UTC is the same day in nearly all of the exchanges' zones, so that weeks begin on Mondays and quarters with January.
_NOON = time(12, tzinfo=UTC)


def spans(year: int, *, weekly: bool) -> Iterator[tuple[int, int]]:
    """Return the first and last moments to ask for, newest first, of which the first ends after this year."""
    until = date(year + 1, 1, 1) + _MONTH
    for first in range(year + 1 - _YEARS, _FIRST_YEAR, -_YEARS):
        since = date(first, 1, 1)
        since -= timedelta(days=since.weekday() if weekly else 0)
        yield _moment(since), _moment(until)
        until = since


def begins_before(chart: Mapping[str, Any], moment: int) -> bool:
    """Return whether a chart's symbol was traded before this moment, as far as Yahoo says it."""
    meta = chart.get("meta")
    first = meta.get("firstTradeDate") if isinstance(meta, dict) else None
    return type(first) is int and first < moment


def joined(charts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """
    Put charts of one symbol together, which come newest first; what the newest says of the symbol holds.

    Raises:
        AnswerNotUnderstood: they are of several symbols or intervals, or one has more or fewer prices than moments.

    """
    if len(charts) == 1:
        return charts[0]
    if len({(symbol_of(chart), granularity_of(chart)) for chart in charts}) > 1:
        raise AnswerNotUnderstood("The charts of several spans are of several symbols or intervals.")
    oldest_first = charts[::-1]
    stamps = [stamp for chart in oldest_first for stamp in _stamps(chart)]
    indicators = {group: [_columns(oldest_first, group)] for group in ("quote", "adjclose")}
    kinds = dict.fromkeys(kind for chart in oldest_first for kind in _events(chart))
    events = {kind: {name: event for chart in oldest_first for name, event in _events(chart).get(kind, {}).items()} for kind in kinds}
    return {**charts[0], "timestamp": stamps, "indicators": indicators, "events": events}


def _columns(charts: Sequence[Mapping[str, Any]], group: str) -> Mapping[str, list[Any]]:
    parts = [(_group(chart, group), len(_stamps(chart))) for chart in charts]
    names = dict.fromkeys(name for columns, _ in parts for name in columns)
    return {name: [cell for columns, length in parts for cell in columns.get(name, [None] * length)] for name in names}


def _group(chart: Mapping[str, Any], group: str) -> Mapping[str, list[Any]]:
    """Return the lists of a group; without moments there are none, whatever they hold."""
    indicators, length = chart.get("indicators"), len(_stamps(chart))
    groups = indicators.get(group) if isinstance(indicators, dict) else None
    found = groups[0] if length and isinstance(groups, list) and groups and isinstance(groups[0], dict) else {}
    columns = {name: cells for name, cells in found.items() if isinstance(cells, list)}
    if any(len(cells) != length for cells in columns.values()):
        raise AnswerNotUnderstood("A chart in the answer has more or fewer prices than moments.")
    return columns


def _stamps(chart: Mapping[str, Any]) -> list[Any]:
    stamps = chart.get("timestamp")
    return stamps if isinstance(stamps, list) else []


def _events(chart: Mapping[str, Any]) -> Mapping[str, Any]:
    events = chart.get("events")
    return {kind: found for kind, found in events.items() if isinstance(found, dict)} if isinstance(events, dict) else {}


def _moment(day: date) -> int:
    return int(datetime.combine(day, _NOON).timestamp())
