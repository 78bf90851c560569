"""The observations of a series, oldest first, as lanner's own JSON."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.errors import NoObservationsYet
from domain.use_cases import UseCases
from domain.use_cases.describe_series import DescribeSeries
from domain.use_cases.read_series import Reading, ReadSeries
from entrypoints.formats import table
from entrypoints.rest.addresses import locate
from entrypoints.rest.errors import without_vintage
from entrypoints.rest.params import READING, Order, Parameters, identifier, selection
from entrypoints.rest.schemas import SourceSchema, VintageSchema


class ObservationsResource:
    """What is kept of a series; never fetches."""

    def __init__(self, read_series: ReadSeries, describe_series: DescribeSeries) -> None:
        self._read_series, self._describe_series = read_series, describe_series

    def on_get(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Read the part that is asked for."""
        key = identifier(series_id)
        parameters = Parameters(req, READING)
        newest_first = parameters.choice("order", Order) is Order.DESCENDING
        try:
            reading = self._read_series(key, selection(parameters))
        except NoObservationsYet as error:
            raise without_vintage(self._describe_series(key)) from error
        _age(resp, reading)
        locate(req, resp, f"/timeseries/{key}/data.json", vintage=reading.vintage.number)
        resp.media = {
            **table(reading.observations, newest_first=newest_first),
            "series": SourceSchema().dump(reading.series),
            "vintage": VintageSchema().dump(reading.vintage),
            "checked_at": reading.series.checked_at,
            "stale": reading.stale,
        }


def _age(resp: falcon.Response, reading: Reading) -> None:
    resp.last_modified = reading.vintage.known_at
    checked_at = reading.series.checked_at
    if checked_at:
        resp.set_header("Age", str(max(0, int((reading.now - checked_at).total_seconds()))))


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    resource = ObservationsResource(use_cases.read_series, use_cases.describe_series)
    yield "/timeseries/{series_id}/data", resource
    yield "/timeseries/{series_id}/data.json", resource
