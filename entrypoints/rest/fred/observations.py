"""Observations of a series with their real-time periods."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import falcon
from falcon.util import dt_to_http

from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.fred import FRED_ROOT
from entrypoints.rest.fred.files import check_can_write_workbooks, workbook, zipped_csv
from entrypoints.rest.fred.finding import SeriesFinder
from entrypoints.rest.fred.params import FileType, ObservationsQuery, observations_query, required
from entrypoints.rest.fred.tables import count_cells, encode_table, header_of, table_of
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.openapi.fred_parameters import OBSERVATIONS as PARAMETERS
from entrypoints.rest.openapi.fred_schemas import OBSERVATIONS
from entrypoints.rest.openapi.operation import operation


class ObservationsResource:
    """The observations of a series, which is fetched first if it is missing or stale."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._find, self._sender = SeriesFinder(use_cases, sender), sender
        self._read_series, self._read_realtime = use_cases.read_series, use_cases.read_realtime

    @operation({200: OBSERVATIONS}, PARAMETERS, problems=(501, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return them with the days on which each value was the published one."""
        series = self._find(req, required(req, "series_id"))
        stored = self._read_series.stored_version(series.id)
        query = observations_query(req, stored.now)
        if query.file_type is FileType.XLSX:
            check_can_write_workbooks()
        key = (series.id, "fred", query, *stored.version.state)
        self._sender.send(req, resp, CacheableResponse(key=key, format=query.file_type, build=lambda: self._build(series.id, query)))

    def _build(self, series_id: UUID, query: ObservationsQuery) -> EncodedResponse:
        found = self._read_realtime(series_id, query.realtime)
        self._sender.check_size(further=count_cells(found.periods, query))
        table = table_of(found, query)
        header, kind = header_of(query, table), query.file_type
        headers = {"Last-Modified": dt_to_http(found.series.newest.known_at)} if found.series.newest else {}
        if kind in (FileType.JSON, FileType.XML):
            return EncodedResponse(encode_table(table, header, kind), headers)
        make, suffix = (workbook, "xlsx") if kind is FileType.XLSX else (zipped_csv, "zip")
        headers["Content-Disposition"] = f'attachment; filename="observations.{suffix}"'
        return EncodedResponse(make(found.series, table, header), headers)


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield f"{FRED_ROOT}/series/observations", ObservationsResource(use_cases, sender)
