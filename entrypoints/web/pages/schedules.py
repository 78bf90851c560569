"""The schedules: what is followed, when it is looked at next and why then, and what is overdue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput, ScheduleNotFound, SchedulePaused
from entrypoints.rest.http.params import QueryParameters, parse_uuid, schedule_query
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import Parameter, Parameters
from entrypoints.web.following import followed
from entrypoints.web.forms import local_path, read_form, redirect
from entrypoints.web.site import Site

_PATH = "/operations/schedules"
_PARAMETERS: Parameters = {"cursor": Parameter("Where the list goes on.")}


class SchedulesPage:
    """All schedules."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @operation({200: None}, _PARAMETERS, etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List them, page by page."""
        use_cases = self._site.use_cases
        schedules, more = followed(use_cases, schedule_query(QueryParameters(req.params, _PARAMETERS)))
        self._site.render(req, resp, "schedules.html", schedules=schedules, more=more, now=use_cases.search_series.now())


class ScheduleActionPage:
    """What can be done with a schedule."""

    def __init__(self, site: Site) -> None:
        self._site, self._manage = site, site.use_cases.manage_schedules

    @operation({303: None}, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """Look now, pause, resume or remove it, and return to the list; what is gone, or paused, meanwhile stays so."""
        form = read_form(req, self._site.sender.body_slots)
        found, action = parse_uuid(schedule_id), form.get("action", "")
        with suppress(ScheduleNotFound, SchedulePaused):
            if action == "look":
                self._manage.trigger(found)
            elif action == "remove":
                self._manage.remove(found)
            elif action in ("pause", "resume"):
                self._manage.change(found, {"paused": action == "pause"})
            else:
                raise InvalidInput("action must be look, pause, resume or remove.", field="action")
        redirect(resp, local_path(form.get("next", _PATH)))


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield _PATH, SchedulesPage(site)
    yield f"{_PATH}/{{schedule_id}}", ScheduleActionPage(site)
