"""Fetches: listing them, requesting one for a series, cancelling one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import falcon

from domain.api_keys import Scope
from domain.errors import SeriesNotFound, StoreUnavailable
from domain.use_cases import UseCases
from domain.use_cases.cancel_fetch import CancelFetch
from domain.use_cases.follow_fetches import FollowFetches
from entrypoints.rest.http.body import idempotency_key, read_object
from entrypoints.rest.http.errors import check_not_refused
from entrypoints.rest.http.links import add_next_link, public_path
from entrypoints.rest.http.params import QueryParameters, fetch_cursor, fetch_query, parse_uuid
from entrypoints.rest.http.prefer_wait import PreferWait
from entrypoints.rest.http.rate_limits import requester_of
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import FOLLOWING, REQUESTING
from entrypoints.rest.openapi.response_schemas import BATCH, page_of
from entrypoints.rest.requests import BatchRequestSchema, RefreshSchema, load
from entrypoints.rest.schemas.fetches import FetchSchema
from entrypoints.rest.schemas.requested import BatchItemSchema


class FetchesResource:
    """Fetches."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._follow_fetches, self._request_batch, self._sender = use_cases.follow_fetches, use_cases.request_batch, sender

    @operation({200: page_of(FetchSchema)}, FOLLOWING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List fetches, newest first."""
        page = self._follow_fetches.list(fetch_query(QueryParameters(req.params, FOLLOWING)))
        resp.media = {"items": FetchSchema(many=True).dump(page.items), "next": add_next_link(req, resp, fetch_cursor(page.next))}

    @operation({200: BATCH}, body=BatchRequestSchema, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Request many series at once, by codes and masks: each has its state or its error, and new fetches belong to one batch."""
        arguments = load(BatchRequestSchema(), read_object(req, self._sender.body_slots))
        batch = self._request_batch(**arguments, request_id=req.context.request_id, requester=requester_of(req))
        resp.media = {
            "batch": batch.id,
            "items": BatchItemSchema(many=True).dump(batch.items),
            "links": {"fetches": public_path(f"/fetches?batch={batch.id}")},
        }


class FetchResource:
    """One fetch."""

    def __init__(self, follow_fetches: FollowFetches, cancel_fetch: CancelFetch) -> None:
        self._follow_fetches, self._cancel_fetch = follow_fetches, cancel_fetch

    @operation({200: FetchSchema}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response, fetch_id: str) -> None:
        """Return its current state."""
        resp.media = FetchSchema().dump(self._follow_fetches(parse_uuid(fetch_id)))

    @operation({200: FetchSchema, 202: FetchSchema}, problems=(409,), scope=Scope.FETCH)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, fetch_id: str) -> None:
        """Cancel it: 200 if it is cancelled, 202 if its worker has yet to stop."""
        fetch = self._cancel_fetch(parse_uuid(fetch_id))
        resp.status = falcon.HTTP_OK if fetch.ended else falcon.HTTP_ACCEPTED
        resp.media = FetchSchema().dump(fetch)


class RefreshResource:
    """The fetches of one series."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._request_fetch, self._describe_series, self._sender = use_cases.request_fetch, use_cases.describe_series, sender
        self._prefer_wait = PreferWait(use_cases.await_fetch, sender.wait_slots)

    @operation({200: FetchSchema, 201: FetchSchema}, REQUESTING, body=RefreshSchema, scope=Scope.FETCH)
    def on_post(self, req: falcon.Request, resp: falcon.Response, series_id: str) -> None:
        """Fetch it again, however fresh it is, or join the fetch in flight; respond at once, or at its end if that is preferred."""
        arguments, key = load(RefreshSchema(), read_object(req, self._sender.body_slots)), idempotency_key(req)
        about = {"request_id": req.context.request_id, "key": key, "requester": requester_of(req)}
        requested = self._request_fetch.refetch(parse_uuid(series_id), **arguments, **about)
        fetch = self._prefer_wait(req, resp, requested.fetch)
        if self._prefer_wait.is_asked(req):
            with suppress(SeriesNotFound, StoreUnavailable):
                check_not_refused(self._describe_series(requested.series.id), fetch)
        resp.media = FetchSchema().dump(fetch)
        if requested.created:
            resp.status = falcon.HTTP_CREATED
            resp.location = public_path(f"/fetches/{requested.fetch.id}")


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/fetches", FetchesResource(use_cases, sender)
    yield "/fetches/{fetch_id}", FetchResource(use_cases.follow_fetches, use_cases.cancel_fetch)
    yield "/timeseries/{series_id}/fetches", RefreshResource(use_cases, sender)
