"""Finding the series that a name of FRED's API means, fetching it first if it is missing or stale."""

from __future__ import annotations

from functools import lru_cache, partial
from uuid import UUID

import falcon
import numpy as np

from domain.api_keys import Scope
from domain.errors import DamagedVintage, NotFound
from domain.moments import AsOf
from domain.observations import Label, label
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_series import Selection
from entrypoints.rest.fred.params import series_code
from entrypoints.rest.http.errors import no_observations
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.responses import ResponseSender

_CACHE_SIZE = 10_000


class SeriesFinder:
    """Finds series by their names, and the span of their dates, which every process reads once for each vintage."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._use_cases, self._sender = use_cases, sender
        self._spans = lru_cache(_CACHE_SIZE)(self._read_span)

    def __call__(self, req: falcon.Request, name: str) -> TimeSeries:
        """Return a series with observations; raises what a use case or ``no_observations`` raises."""
        context = req.context
        series = self._use_cases.read_through(
            series_code(name),
            may_fetch=Scope.FETCH in context.scopes,
            acquire_slot=partial(self._sender.wait_slots.acquire, context.client),
            request_id=context.request_id,
            requester=requester_of(req),
            as_written="/" in name,
        )
        if series.newest is None and not series.is_formula:
            raise no_observations(self._use_cases.describe_series(series.id))
        return series

    def dates(self, series: TimeSeries) -> tuple[Label, Label] | None:
        """Return the first and the last date with a value of the newest state; None if there is none, or it cannot be read."""
        try:
            number = series.newest.number if series.newest else None
            return self._read_span(series.id, None) if number is None else self._spans(series.id, number)
        except (NotFound, DamagedVintage):  # a removed or damaged series must not hide the others
            return None

    def _read_span(self, series_id: UUID, vintage: int | None) -> tuple[Label, Label] | None:
        found = self._use_cases.read_series(series_id, Selection(moment=AsOf(vintage=vintage))).observations
        known = np.flatnonzero(~np.isnan(found.values).all(axis=1))
        return (label(found.dates[known[0]]), label(found.dates[known[-1]])) if len(known) else None
