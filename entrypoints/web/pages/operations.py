"""The operations page: fetches with what they wait for, what is followed, the providers with their limits, and health."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import falcon

from domain.api_keys import Scope
from domain.errors import FetchAlreadyEnded, SeriesNotFound
from domain.fetches import FetchStatus
from domain.schedules.schedule import ScheduleQuery
from domain.series import TimeSeries
from entrypoints.rest.http.params import QueryParameters, fetch_cursor, fetch_query, parse_uuid
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import FOLLOWING
from entrypoints.web.following import followed
from entrypoints.web.forms import local_path, read_form, redirect
from entrypoints.web.remedies import allowed_by
from entrypoints.web.site import Site

_SCHEDULES = 20


class OperationsPage:
    """Fetches, schedules, providers and health."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases

    @operation({200: None}, FOLLOWING, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show them; fetches may be filtered."""
        parameters = QueryParameters(req.params, FOLLOWING)
        page = self._use_cases.follow_fetches.list(fetch_query(parameters))
        named = {series_id: self._series(series_id) for series_id in dict.fromkeys(fetch.series_id for fetch in page.items)}
        providers = self._use_cases.list_providers()
        schedules, more_schedules = followed(self._use_cases, ScheduleQuery(limit=_SCHEDULES))
        self._site.render(
            req,
            resp,
            "operations.html",
            schedules=schedules,
            more_schedules=more_schedules,
            rows=[(fetch, named[fetch.series_id]) for fetch in page.items],
            more=fetch_cursor(page.next),
            statuses=tuple(FetchStatus),
            status=parameters.text("status") or "",
            provider=parameters.text("provider") or "",
            providers=sorted(providers, key=lambda each: (bool(each.provider.problem), each.provider.title)),
            health=self._use_cases.check_health(),
            now=self._use_cases.search_series.now(),
        )

    def _series(self, series_id: UUID) -> TimeSeries | None:
        with suppress(SeriesNotFound):
            return self._use_cases.describe_series(series_id).series
        return None


class FetchActionPage:
    """What can be done with a fetch."""

    def __init__(self, site: Site) -> None:
        self._site, self._use_cases = site, site.use_cases

    @operation({303: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, fetch_id: str) -> None:
        """Cancel it, or fetch its series again, and return to the list."""
        form = read_form(req, self._site.sender.body_slots)
        fetch = self._use_cases.follow_fetches(parse_uuid(fetch_id))
        if form.get("action") == "cancel":
            with suppress(FetchAlreadyEnded):
                self._use_cases.cancel_fetch(fetch.id)
        else:
            request_id, requester = req.context.request_id, requester_of(req)
            self._use_cases.request_fetch.refetch(fetch.series_id, allow=allowed_by(form), request_id=request_id, requester=requester)
        redirect(resp, local_path(form.get("next", "/operations")))


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/operations", OperationsPage(site)
    yield "/operations/fetches/{fetch_id}", FetchActionPage(site)
