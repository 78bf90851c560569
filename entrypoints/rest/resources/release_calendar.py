"""The releases of followed series: a list, and an iCalendar to subscribe to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid5

import falcon

from domain.api_keys import Scope
from domain.schedules.listed import ListedRelease, Standing
from domain.use_cases import UseCases
from domain.use_cases.list_releases import ListReleases
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, fetch_cursor, release_query
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import Content, operation
from entrypoints.rest.openapi.parameters import RELEASE_CALENDAR
from entrypoints.rest.openapi.response_schemas import page_of
from entrypoints.rest.schemas.releases import ListedReleaseSchema

if TYPE_CHECKING:
    from icalendar import Event

_MEDIA_TYPE = "text/calendar"
_CALENDAR: Content = {_MEDIA_TYPE: {"type": "string"}}
_IN_FULL = {name: parameter for name, parameter in RELEASE_CALENDAR.items() if name not in ("limit", "cursor")}
#: A programme of a year that nobody can read through is cut.
_MOST = 5_000
_WORDS = {Standing.PUBLISHED: "", Standing.CALENDAR: " (by calendar)", Standing.LEARNED: " (expected)", Standing.LOOK: " (next look)"}


class ReleaseCalendarResource:
    """The releases of followed series."""

    def __init__(self, list_releases: ListReleases) -> None:
        self._list_releases = list_releases

    @operation({200: page_of(ListedReleaseSchema)}, RELEASE_CALENDAR, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List releases that came and the next one that is expected of each series, oldest first."""
        page = self._list_releases(release_query(QueryParameters(req.params, RELEASE_CALENDAR), datetime.now(UTC)))
        items = ListedReleaseSchema(many=True).dump(page.items)
        resp.media = {"items": items, "next": add_next_link(req, resp, fetch_cursor(page.next))}

    @operation({200: _CALENDAR}, _IN_FULL, scope=Scope.READ)
    def on_get_calendar(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the same as an iCalendar (RFC 5545), to which calendars can subscribe."""
        from icalendar import Calendar

        now = datetime.now(UTC)
        query = release_query(QueryParameters(req.params, _IN_FULL), now)
        calendar = Calendar({"prodid": "-//lanner//releases//EN", "version": "2.0", "x-wr-calname": "Releases of followed series"})
        for release in self._list_releases(replace(query, limit=_MOST)).items:
            calendar.add_component(_event(release, now, f"{req.prefix}{public_path(f'/timeseries/{release.series_id}')}"))
        resp.content_type, resp.data = _MEDIA_TYPE, calendar.to_ical()


def _event(release: ListedRelease, now: datetime, url: str) -> Event:
    from icalendar import Event

    event, code = Event(), f"{release.provider}:{release.code}"
    # The next release of a series is one event, which moves when it has come.
    event.add("uid", uuid5(release.series_id, str(release.vintage or release.schedule_id)).urn)
    event.add("dtstamp", now)
    event.add("dtstart", release.at)
    event.add("summary", f"{release.name or code}{_WORDS[release.standing]}")
    brought = f"Vintage {release.vintage} brought {release.newest.isoformat()}." if release.newest else release.reason
    event.add("description", f"{code}: {brought}")
    event.add("status", "CONFIRMED" if release.standing in (Standing.PUBLISHED, Standing.CALENDAR) else "TENTATIVE")
    event.add("categories", [release.standing.value])
    event.add("transp", "TRANSPARENT")
    event.add("url", url)
    return event


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    resource = ReleaseCalendarResource(use_cases.list_releases)
    yield "/releases", resource
    yield "/releases.ics", resource, "calendar"
