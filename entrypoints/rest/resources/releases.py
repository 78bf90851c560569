"""The releases of each date of a series (its revision triangle, or one of them), and the history of one date's value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.period_transforms import PeriodTransform
from domain.releases import Counted
from domain.use_cases import UseCases
from domain.use_cases.read_releases import TriangleQuery
from entrypoints.formats import Format
from entrypoints.rest import release_tables
from entrypoints.rest.http.errors import explain_missing_observations, no_observations
from entrypoints.rest.http.params import QueryParameters, parse_label, parse_state, parse_uuid
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.revision_parameters import HISTORY, RELEASES, TRIANGLE, Across
from entrypoints.rest.openapi.revision_schemas import HISTORY_OF_DATE, NTH_RELEASES, TRIANGLES
from entrypoints.rest.resources.observations import negotiate
from entrypoints.rest.schemas.series import SourceSchema
from entrypoints.revision_documents import of_release

_DATES, _RELEASES, _MOST, _COLUMNS = 40, 12, 10_000, 6


class ReleasesResource:
    """What was known of the dates of a series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender, kind: Format | None) -> None:
        self._read_releases, self._describe_series = use_cases.read_releases, use_cases.describe_series
        self._stored_version = use_cases.read_series.stored_version
        self._sender, self._format = sender, kind

    @operation({200: TRIANGLES}, TRIANGLE, problems=(404, 413, 422, 502), etag=True, scope=Scope.READ)
    def on_get_triangle(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return the first, second … release of each date and the latest, or its value in each vintage."""
        key, parameters = parse_uuid(series_id), QueryParameters(req.params, TRIANGLE)
        query = _query(parameters, parameters.number("limit", minimum=1, maximum=1000) or _DATES)
        if parameters.choice("by", Across) is Across.VINTAGE:
            build = self._by_vintage(key, query, parameters)
        else:
            _refuse(parameters, "from", "to", hint="It belongs to by=vintage; start_date and end_date choose the dates.")
            build = self._by_lag(key, query, parameters.number("releases", minimum=1, maximum=100) or _RELEASES)
        self._send(req, resp, key, build)

    @operation({200: NTH_RELEASES}, RELEASES, problems=(404, 413, 422, 502), etag=True, scope=Scope.READ)
    def on_get_nth(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return one release of each date, by default the first."""
        key, parameters = parse_uuid(series_id), QueryParameters(req.params, RELEASES)
        query, n = _query(parameters, parameters.number("limit", minimum=1)), parameters.number("n", maximum=_MOST) or 0
        censored = parameters.flag("censored")

        def build(kind: Format) -> bytes:
            found = self._read_releases.nth(key, query, n, censored=censored)
            self._sender.check_size(further=_COLUMNS * len(found.rows))
            return release_tables.nth_releases(found, query, n, kind)

        self._send(req, resp, key, build)

    def _by_lag(self, key: UUID, query: TriangleQuery, most: int) -> Callable[[Format], bytes]:
        return lambda kind: release_tables.triangle(self._read_releases(key, query), query, most, kind)

    def _by_vintage(self, key: UUID, query: TriangleQuery, parameters: QueryParameters) -> Callable[[Format], bytes]:
        _refuse(parameters, "releases", "count", hint="It belongs to by=lag; from and to choose the vintages.")
        since, until = parse_state(parameters, "from"), parse_state(parameters, "to")

        def build(kind: Format) -> bytes:
            found = self._read_releases.by_vintage(key, query, since, until)
            self._sender.check_size(found.observations)
            return release_tables.by_vintage(found, query, kind)

        return build

    def _send(self, req: falcon.Request, resp: falcon.Response, key: UUID, build: Callable[[Format], bytes]) -> None:
        kind = self._format or negotiate(req, resp)
        version = self._stored_version(key).version
        if not version.vintages:
            raise no_observations(self._describe_series(key))
        identity = (key, req.relative_uri.partition("?")[2], req.path, version.vintages, version.entry)
        self._sender.send(req, resp, CacheableResponse(key=identity, format=kind, build=lambda: EncodedResponse(build(kind), {})))


class HistoryResource:
    """What was known of one date of a series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._read_releases, self._describe_series = use_cases.read_releases, use_cases.describe_series
        self._sender = sender

    @operation({200: HISTORY_OF_DATE}, HISTORY, problems=(422, 502), scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str, date: str) -> None:
        """Return each value that this date has had, in the order in which they became known; null where it was taken away."""
        key, day = parse_uuid(series_id), parse_label(date, "date")
        column = QueryParameters(req.params, HISTORY).text("column") or ""
        with explain_missing_observations(self._describe_series, key), self._sender.read_slots.acquire(req.context.client):
            found = self._read_releases.history(key, day, column)
        resp.media = {
            "series": SourceSchema().dump(found.series),
            "column": found.column,
            "date": day,
            "values": [{**of_release(each), "fetched_at": each.vintage.fetched_at, "cause": each.vintage.cause} for each in found.releases],
        }


def _query(parameters: QueryParameters, limit: int | None) -> TriangleQuery:
    return TriangleQuery(
        column=parameters.text("column") or "",
        start=parameters.label("start_date"),
        end=parameters.label("end_date"),
        transform=parameters.choice("transform", PeriodTransform),
        counted=parameters.choice("count", Counted) or Counted.RELEASE,
        limit=limit,
    )


def _refuse(parameters: QueryParameters, *names: str, hint: str) -> None:
    for name in names:
        if parameters.text(name) is not None:
            raise InvalidInput(f"{name} has no meaning here.", field=name, hint=hint)


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    for kind in (None, *Format):
        suffix, resource = f".{kind}" if kind else "", ReleasesResource(use_cases, sender, kind)
        yield f"/timeseries/{{series_id}}/triangle{suffix}", resource, "triangle"
        yield f"/timeseries/{{series_id}}/releases{suffix}", resource, "nth"
    yield "/timeseries/{series_id}/observations/{date}/history", HistoryResource(use_cases, sender)
