"""The statistics of a series' revisions."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from domain.period_transforms import PeriodTransform
from domain.revision_statistics.final import Final
from domain.use_cases import UseCases
from domain.use_cases.measure_revisions import StatisticsQuery
from entrypoints.rest.http.errors import explain_missing_observations
from entrypoints.rest.http.params import QueryParameters, parse_uuid
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.revision_parameters import STATISTICS
from entrypoints.rest.openapi.revision_schemas import STATISTICS_OF_REVISIONS
from entrypoints.rest.schemas.series import SourceSchema
from entrypoints.revision_documents import statistics_document

_MOST, _RELEASES, _NONE = 10_000, 12, "none"


class RevisionStatisticsResource:
    """The statistics of a series' revisions, from the first values of its periods to their final ones."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._measure_revisions, self._describe_series = use_cases.measure_revisions, use_cases.describe_series
        self._sender = sender

    @operation({200: STATISTICS_OF_REVISIONS}, STATISTICS, problems=(413, 422, 502), scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Return mean revision, bias, news and noise tests, first efficient release and more."""
        key, query = parse_uuid(series_id), _query(QueryParameters(req.params, STATISTICS))
        with explain_missing_observations(self._describe_series, key), self._sender.read_slots.acquire(req.context.client):
            found = self._measure_revisions(key, query)
        resp.media = {"series": SourceSchema().dump(found.series), **statistics_document(found, query)}


def _query(parameters: QueryParameters) -> StatisticsQuery:
    return StatisticsQuery(
        column=parameters.text("column") or "",
        start=parameters.label("start_date"),
        end=parameters.label("end_date"),
        transform=_transform(parameters.text("transform")),
        first=parameters.number("first", maximum=_MOST) or 0,
        final=Final.parse(parameters.text("final") or "latest"),
        hac_lags=parameters.number("hac_lags"),
        exclude_shifts=parameters.flag("exclude_shifts"),
        horizons=parameters.number("releases", minimum=1, maximum=100) or _RELEASES,
    )


def _transform(text: str | None) -> PeriodTransform | None:
    words = [*PeriodTransform, _NONE]
    if text is not None and text not in words:
        raise InvalidInput(f"transform must be one of {', '.join(words)}.", field="transform")
    return None if text == _NONE else PeriodTransform(text or PeriodTransform.RDIFF)


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/timeseries/{series_id}/revisions/statistics", RevisionStatisticsResource(use_cases, sender)
