"""The releases of each date of a series (its revision triangle), and the history of one date's value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import falcon

from domain.api_keys import Scope
from domain.errors import NoObservationsYet
from domain.period_transforms import PeriodTransform
from domain.releases import Counted, Release, Releases
from domain.use_cases import UseCases
from domain.use_cases.read_releases import TriangleQuery
from entrypoints.rest.http.errors import no_observations
from entrypoints.rest.http.params import QueryParameters, parse_label, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import HISTORY, TRIANGLE
from entrypoints.rest.openapi.response_schemas import HISTORY_OF_DATE, TRIANGLE_OF_SERIES
from entrypoints.rest.schemas.series import SourceSchema

_DATES, _RELEASES = 40, 12


class ReleasesResource:
    """What was known of the dates of a series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._read_releases, self._describe_series = use_cases.read_releases, use_cases.describe_series
        self._sender = sender

    @operation({200: TRIANGLE_OF_SERIES}, TRIANGLE, problems=(422, 502), scope=Scope.READ)
    def on_get_triangle(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return the first, second … release of each date, and the latest."""
        key, parameters = parse_uuid(series_id), QueryParameters(req.params, TRIANGLE)
        most = parameters.number("releases", minimum=1, maximum=100) or _RELEASES
        query = TriangleQuery(
            column=parameters.text("column") or "",
            start=parameters.label("start_date"),
            end=parameters.label("end_date"),
            transform=parameters.choice("transform", PeriodTransform),
            counted=parameters.choice("count", Counted) or Counted.RELEASE,
            limit=parameters.number("limit", minimum=1, maximum=1000) or _DATES,
        )
        with self._reading(req, key):
            found = self._read_releases(key, query)
        resp.media = {
            "series": SourceSchema().dump(found.series),
            "column": found.column,
            "transform": query.transform,
            "count": query.counted,
            "dates": [_row(row, most) for row in found.rows],
        }

    @operation({200: HISTORY_OF_DATE}, HISTORY, problems=(422, 502), scope=Scope.READ)
    def on_get_history(self, req: falcon.Request, resp: falcon.Response, series_id: str, date: str) -> None:
        """Return each value that this date has had, in the order in which they became known; null where it was taken away."""
        key, day = parse_uuid(series_id), parse_label(date, "date")
        column = QueryParameters(req.params, HISTORY).text("column") or ""
        with self._reading(req, key):
            found = self._read_releases.history(key, day, column)
        resp.media = {
            "series": SourceSchema().dump(found.series),
            "column": found.column,
            "date": day,
            "values": [{**_release(each), "fetched_at": each.vintage.fetched_at, "cause": each.vintage.cause} for each in found.releases],
        }

    @contextmanager
    def _reading(self, req: falcon.Request, key: UUID) -> Iterator[None]:
        try:
            with self._sender.read_slots.acquire(req.context.client):
                yield
        except NoObservationsYet as error:
            raise no_observations(self._describe_series(key)) from error


def _row(row: Releases, most: int) -> dict[str, Any]:
    shown = [_release(each) for each in row.releases[:most]]
    return {"date": row.date, "censored": row.censored, "count": len(row.releases), "releases": shown, "latest": _release(row.releases[-1])}


def _release(release: Release) -> dict[str, Any]:
    vintage = release.vintage
    return {"value": release.value, "vintage": vintage.number, "known_at": vintage.known_at, "published": vintage.published}


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object, str]]:
    """Yield the routes."""
    resource = ReleasesResource(use_cases, sender)
    yield "/timeseries/{series_id}/triangle", resource, "triangle"
    yield "/timeseries/{series_id}/observations/{date}/history", resource, "history"
