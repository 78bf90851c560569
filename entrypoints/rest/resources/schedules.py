"""Schedules: following series, looking ahead, pausing and triggering."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope
from domain.use_cases import UseCases
from domain.use_cases.manage_schedules import ManageSchedules
from entrypoints.rest.http.body import read_object
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, fetch_cursor, parse_uuid, schedule_query
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import PREVIEWING, SCHEDULES
from entrypoints.rest.openapi.response_schemas import LOOKS, page_of
from entrypoints.rest.requests import load
from entrypoints.rest.schemas.schedules import (
    NothingSchema,
    PreviewedLookSchema,
    ScheduleChangeSchema,
    ScheduleRequestSchema,
    ScheduleSchema,
)

_MOST_PREVIEWED, _PREVIEWED = 1000, 10


class _Resource:
    def __init__(self, manage_schedules: ManageSchedules, sender: ResponseSender) -> None:
        self._manage_schedules, self._sender = manage_schedules, sender

    def _read_nothing(self, req: falcon.Request) -> None:
        load(NothingSchema(), read_object(req, self._sender.body_slots))


class SchedulesResource(_Resource):
    """Schedules."""

    @operation({200: page_of(ScheduleSchema)}, SCHEDULES, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List schedules, oldest first."""
        page = self._manage_schedules.list(schedule_query(QueryParameters(req.params, SCHEDULES)))
        resp.media = {"items": ScheduleSchema(many=True).dump(page.items), "next": add_next_link(req, resp, fetch_cursor(page.next))}

    @operation({201: ScheduleSchema}, body=ScheduleRequestSchema, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Follow the series that a selector means; a code's series is added if it is not stored yet."""
        state = self._manage_schedules.create(**load(ScheduleRequestSchema(), read_object(req, self._sender.body_slots)))
        resp.status, resp.location = falcon.HTTP_CREATED, public_path(f"/schedules/{state.schedule.id}")
        resp.media = ScheduleSchema().dump(state)


class ScheduleResource(_Resource):
    """One schedule."""

    @operation({200: ScheduleSchema}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """Return it with its state."""
        resp.media = ScheduleSchema().dump(self._manage_schedules.get(parse_uuid(schedule_id)))

    @operation({200: ScheduleSchema}, body=ScheduleChangeSchema, scope=Scope.FETCH)
    def on_patch(self, req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """Change its rule; its series are planned anew."""
        changes = load(ScheduleChangeSchema(), read_object(req, self._sender.body_slots))
        resp.media = ScheduleSchema().dump(self._manage_schedules.change(parse_uuid(schedule_id), changes))

    @operation({204: None}, scope=Scope.FETCH)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """Remove it; the series that it followed stay stored."""
        self._manage_schedules.remove(parse_uuid(schedule_id))
        resp.status = falcon.HTTP_NO_CONTENT


class PreviewResource(_Resource):
    """The looks ahead of one schedule."""

    @operation({200: LOOKS}, PREVIEWING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """List the next ones, with the reason for each."""
        number = QueryParameters(req.params, PREVIEWING).number("n", minimum=1, maximum=_MOST_PREVIEWED) or _PREVIEWED
        looks = self._manage_schedules.preview(parse_uuid(schedule_id), number)
        resp.media = {"items": PreviewedLookSchema(many=True).dump(looks)}


class TriggerResource(_Resource):
    """The series of one schedule."""

    @operation({200: ScheduleSchema}, body=NothingSchema, problems=(409,), scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """Look at all of them now, if the schedule's window is open; else when it opens."""
        self._read_nothing(req)
        resp.media = ScheduleSchema().dump(self._manage_schedules.trigger(parse_uuid(schedule_id)))


class PauseResource(_Resource):
    """The looks of one schedule."""

    def __init__(self, manage_schedules: ManageSchedules, sender: ResponseSender, *, paused: bool) -> None:
        super().__init__(manage_schedules, sender)
        self._paused = paused

    @operation({200: ScheduleSchema}, body=NothingSchema, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, schedule_id: str) -> None:
        """Stop them, or have them go on; twice is as good as once."""
        self._read_nothing(req)
        resp.media = ScheduleSchema().dump(self._manage_schedules.change(parse_uuid(schedule_id), {"paused": self._paused}))


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    shared = use_cases.manage_schedules, sender
    yield "/schedules", SchedulesResource(*shared)
    yield "/schedules/{schedule_id}", ScheduleResource(*shared)
    yield "/schedules/{schedule_id}/preview", PreviewResource(*shared)
    yield "/schedules/{schedule_id}/trigger", TriggerResource(*shared)
    yield "/schedules/{schedule_id}/pause", PauseResource(*shared, paused=True)
    yield "/schedules/{schedule_id}/resume", PauseResource(*shared, paused=False)
