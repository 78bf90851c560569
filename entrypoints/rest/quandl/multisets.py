"""Multisets: columns of several datasets side by side, as Quandl's first version merged them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import falcon
import numpy as np

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import DomainError, InvalidCode, InvalidInput
from domain.observations import Observations
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_series import StoredVersion
from entrypoints.formats import csv, encode, rows
from entrypoints.rest.http.errors import Problem, status_of
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_MULTISET
from entrypoints.rest.openapi.response_schemas import MULTISET
from entrypoints.rest.quandl import EARLIER_ROOTS, QUANDL_ROOT, documents
from entrypoints.rest.quandl.formats import SUFFIXES, QuandlFormat, split_format
from entrypoints.rest.quandl.params import DatasetQuery, dataset_query, texts
from entrypoints.rest.quandl.reader import DatasetReader
from entrypoints.rest.quandl.xml import xml, xml_rows

_MOST = 100
_CODE_PARTS = 2
_DATE = "Date"
_NOT_FOUND = "Not Found"


@dataclass(frozen=True, slots=True)
class _Part:
    """What is wanted of a dataset: its name in the request, and the numbers of columns; all if there are none."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A part with its series, or with the reason why there is none."""

    part: _Part
    series: TimeSeries | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Merged:
    """The columns of all parts on the dates of any; ``names`` are those of the columns alone."""

    observations: Observations
    names: Sequence[str]
    errors: Mapping[str, str]
    frequency: str


class MultisetResource:
    """Columns of several datasets."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._reader, self._sender = DatasetReader(use_cases, sender), sender
        self._read_through, self._read_series = use_cases.read_through, use_cases.read_series

    @operation({200: MULTISET}, QUANDL_MULTISET, problems=(413, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return them side by side, with a row for each date of any; what is missing or stale is fetched first."""
        kind, query = split_format(req, resp, req.path)[1], dataset_query(req, resp)
        found = self._find(req, _parts(req))
        stored = [self._read_series.stored_version(each.series.id, query.selection.moment) if each.series else None for each in found]

        def build() -> EncodedResponse:
            return EncodedResponse(_encode(self._merge(found, stored, query), query, kind), {})

        states = tuple(
            (each.part, each.error, each.series and each.series.id, version and version.version.state)
            for each, version in zip(found, stored, strict=True)
        )
        self._sender.send(req, resp, CacheableResponse(key=("multiset", query, states), format=kind, build=build))

    def _find(self, req: falcon.Request, parts: Sequence[_Part]) -> list[_Found]:
        """Return the series of each part; raises the first error if there is none at all, and any that may pass."""
        codes = {part.name: _code(part.name) for part in parts}
        valid = {name: code for name, code in codes.items() if isinstance(code, DatasetCode)}
        several = self._read_through.several([*valid.values()], **self._reader.fetching(req))
        series = {**codes, **dict(zip(valid, several, strict=True))}
        found = [(part, self._problem(series[part.name])) for part in parts]
        problems = [problem for _, problem in found if problem]
        if len(problems) == len(parts):
            raise problems[0]
        return [
            _Found(part, None, problem.detail if isinstance(problem, Problem) else problem.message)
            if problem
            else _Found(part, series[part.name])  # type: ignore[arg-type]
            for part, problem in found
        ]

    def _problem(self, found: TimeSeries | DatasetCode | DomainError) -> Problem | DomainError | None:
        """Return why nobody has a dataset, None if it can be read; any other error is raised."""
        if isinstance(found, TimeSeries):
            if found.newest or found.is_formula:
                return None
            problem: Problem | Any = self._reader.no_data(found)
        else:
            problem = found
        status = problem.status if isinstance(problem, Problem) else status_of(type(problem))
        if status is HTTPStatus.NOT_FOUND or isinstance(problem, InvalidCode):
            return problem
        raise problem

    def _merge(self, found: Sequence[_Found], stored: Sequence[StoredVersion | None], query: DatasetQuery) -> _Merged:
        parts: list[tuple[str, Sequence[str], Observations]] = []
        frequencies = set()
        for each, version in zip(found, stored, strict=True):
            name, dataset = each.part.name, None
            if each.series:
                selection = replace(query.selection, limit=None, by_rule=bool(version and version.version.rules))
                dataset = self._reader.read(each.series, replace(query, selection=selection, columns=each.part.columns), all_columns=False)
            if dataset and dataset.column_exists:
                reading = dataset.reading
                frequencies.add(reading.series.metadata.frequency)
                parts.append((name, documents.column_names(reading.series, reading.observations.columns)[1:], reading.observations))
            else:
                parts.append((name, [_NOT_FOUND], Observations.of([], [_NOT_FOUND], [])))
        errors = {each.part.name: each.error for each in found if each.error}
        common = frequencies.pop() if len(frequencies) == 1 else None
        frequency = query.selection.collapse or common or documents.DEFAULT_FREQUENCY
        merged = self._side_by_side(parts)
        limit = query.selection.limit
        names = [name for _, names, _ in parts for name in names]
        return _Merged(merged if limit is None else merged.latest(limit), names, errors, frequency)

    def _side_by_side(self, parts: Sequence[tuple[str, Sequence[str], Observations]]) -> Observations:
        """Return all columns on the dates of any; dates of days count as their first second beside those of seconds."""
        columns = tuple(f"{code} - {name}" for code, names, _ in parts for name in names)
        dates = np.unique(np.concatenate([observations.dates for *_, observations in parts]))
        self._sender.check_size(further=len(dates) * (1 + len(columns)))
        values, at = np.full((len(dates), len(columns)), np.nan, order="F"), 0
        for *_, observations in parts:
            width = len(observations.columns)
            values[np.searchsorted(dates, observations.dates), at : at + width] = observations.values
            at += width
        return Observations.from_trusted(dates, columns, values)


def _parts(req: falcon.Request) -> list[_Part]:
    given = [text for name in ("columns", "columns[]") for value in texts(req, name) for text in value.split(",")]
    parts = [_part(text.strip()) for text in given if text.strip()]
    if not 0 < len(parts) <= _MOST:
        hint = "Write them as DATABASE.DATASET or DATABASE.DATASET.COLUMN, separated by commas."
        raise InvalidInput(f"columns must name 1 to {_MOST} columns or datasets.", field="columns", hint=hint)
    return parts


def _part(text: str) -> _Part:
    names = text.replace("/", ".").split(".")
    count = len(names)
    while count > _CODE_PARTS and names[count - 1].isdigit():
        count -= 1
    return _Part(".".join(names[:count]), tuple(names[count:]))


def _code(name: str) -> DatasetCode | InvalidCode:
    database, _, dataset = name.partition(".")
    try:
        return DatasetCode(database, dataset)
    except InvalidCode as error:
        return error


def _encode(merged: _Merged, query: DatasetQuery, kind: QuandlFormat) -> bytes:
    observations = merged.observations
    heading = [_DATE, *observations.columns]
    if kind is QuandlFormat.CSV:
        return csv(observations, heading, newest_first=query.newest_first, header=query.header)
    write_rows = xml_rows if kind is QuandlFormat.XML else rows
    document: dict[str, Any] = {
        "errors": merged.errors,
        "column_names": heading,
        "columns": [_DATE, *merged.names],
        "data": write_rows(observations, newest_first=query.newest_first),
        "frequency": merged.frequency,
        "from_date": documents.day(observations.first),
        "to_date": documents.day(observations.last),
    }
    return xml(document, "multiset") if kind is QuandlFormat.XML else encode(document)


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    multiset = MultisetResource(use_cases, sender)
    for root in (*EARLIER_ROOTS, QUANDL_ROOT):
        for suffix in SUFFIXES:
            yield f"{root}/multisets{suffix}", multiset
