"""``fredgraph.csv``: the newest values of some series, or those of a day, side by side, as FRED's graphs give them without a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import repeat
from typing import TypeVar

import falcon

from domain.alignment import align
from domain.api_keys import Scope
from domain.coarser_frequency import CoarserFrequency
from domain.errors import InvalidInput
from domain.growth_rates import GrowthUnits
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_realtime import RealtimeQuery
from entrypoints.formats import Format, csv
from entrypoints.rest.fred import GRAPH
from entrypoints.rest.fred.finding import SeriesFinder
from entrypoints.rest.fred.params import AggregationMethod, chosen, parse_day, required, series_id, text
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.openapi.fred_parameters import GRAPH as PARAMETERS
from entrypoints.rest.openapi.fred_schemas import GRAPH as SCHEMA
from entrypoints.rest.openapi.operation import operation

_MOST_SERIES = 50
#: The names of frequencies in the addresses of graphs.
_FREQUENCIES = {
    "Daily": CoarserFrequency.DAILY,
    "Weekly": CoarserFrequency.WEEKLY,
    "Biweekly": CoarserFrequency.BIWEEKLY,
    "Monthly": CoarserFrequency.MONTHLY,
    "Quarterly": CoarserFrequency.QUARTERLY,
    "Semiannual": CoarserFrequency.SEMIANNUAL,
    "Annual": CoarserFrequency.ANNUAL,
    **{f"Weekly, Ending {each.name.removeprefix('WEEK_ENDING_').capitalize()}": each for each in CoarserFrequency if "WEEK_E" in each.name},
    "Biweekly, Ending Wednesday": CoarserFrequency.TWO_WEEKS_ENDING_WEDNESDAY,
    "Biweekly, Ending Monday": CoarserFrequency.TWO_WEEKS_ENDING_MONDAY,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Line:
    """One series of a graph: its column's name, and what of it is wanted."""

    name: str
    series: TimeSeries
    query: RealtimeQuery


class GraphResource:
    """Series side by side, which are fetched first if they are missing or stale."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._find, self._read_series, self._sender = SeriesFinder(use_cases, sender), use_cases.read_series, sender
        self._read_realtime = use_cases.read_realtime

    @operation({200: SCHEMA}, PARAMETERS, problems=(404, 413, 422, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return their values as CSV, on all dates that one of them has."""
        names = _several(req, "id")
        if len(names) > _MOST_SERIES:
            raise InvalidInput(f"id names more than {_MOST_SERIES} series.", field="id")
        found = [self._find(req, name) for name in names]
        stored = [self._read_series.stored_version(series.id) for series in found]
        lines = list(_lines(req, found, stored[0].now))

        def build() -> EncodedResponse:
            parts = [self._read_realtime.state(line.series.id, line.query)[1] for line in lines]
            table = align(parts, [line.name for line in lines])
            self._sender.check_size(table)
            return EncodedResponse(csv(table, ["observation_date", *table.columns]), {})

        key = tuple((line.name, line.query, each.version.state, line.series.id) for line, each in zip(lines, stored, strict=True))
        self._sender.send(req, resp, CacheableResponse(key=("fredgraph", *key), format=Format.CSV, build=build))


def _lines(req: falcon.Request, found: Sequence[TimeSeries], now: datetime) -> Iterator[_Line]:
    start, end = text(req, "cosd"), text(req, "coed")
    vintages = _each(req, "vintage_date", len(found), lambda value: parse_day(value, "vintage_date"))
    units = _each(req, "transformation", len(found), lambda value: chosen(value, "transformation", GrowthUnits))
    methods = _each(req, "fam", len(found), lambda value: chosen(value, "fam", AggregationMethod))
    frequencies = _frequencies(req, len(found))
    for series, vintage, unit, frequency, method in zip(found, vintages, units, frequencies, methods, strict=True):
        day = vintage or now.date()
        name = series_id(series.code)
        query = RealtimeQuery(
            first=day,
            last=day,
            start=_first_of(start, "cosd"),
            end=_first_of(end, "coed"),
            units=unit or GrowthUnits.LEVELS,
            frequency=frequency,
            aggregate=(method or AggregationMethod.AVERAGE).aggregate,
        )
        yield _Line(f"{name}_{vintage:%Y%m%d}" if vintage else name, series, query)


def _several(req: falcon.Request, name: str) -> list[str]:
    """Return the values of a parameter, which may be repeated or separated by commas."""
    required(req, name)
    given = req.params[name]
    texts = [given] if isinstance(given, str) else given
    return [part.strip() for value in texts for part in value.split(",") if part.strip()]


def _each(req: falcon.Request, name: str, count: int, parse: Callable[[str], T]) -> Sequence[T | None]:
    """Return a value for each series: one for all, or one for each."""
    if text(req, name) is None:
        return [None] * count
    return _spread([parse(value) for value in _several(req, name)], name, count)


def _spread(values: Sequence[T], name: str, count: int) -> Sequence[T]:
    if len(values) not in (1, count):
        raise InvalidInput(f"{name} has {len(values)} values for {count} series: give one, or one for each.", field=name)
    return values if len(values) == count else list(repeat(values[0], count))


def _frequencies(req: falcon.Request, count: int) -> Sequence[CoarserFrequency | None]:
    """Return the frequency for each series; their names may hold a comma."""
    value = text(req, "fq")
    if value is None:
        return [None] * count
    words = value.replace(", Ending", "; Ending").split(",")
    names = [word.strip().replace("; Ending", ", Ending") for word in words]
    unknown = [name for name in names if name not in _FREQUENCIES]
    if unknown:
        raise InvalidInput(f"fq {unknown[0][:40]!r} is not one of {', '.join(map(repr, _FREQUENCIES))}.", field="fq")
    return _spread([_FREQUENCIES[name] for name in names], "fq", count)


def _first_of(value: str | None, name: str) -> date | None:
    """Return the first of several days, which graphs repeat for each series."""
    return parse_day(value.split(",")[0], name) if value else None


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield GRAPH, GraphResource(use_cases, sender)
