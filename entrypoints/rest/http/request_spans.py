"""A span of each request, where this process is traced."""

from __future__ import annotations

from contextlib import ExitStack
from http import HTTPStatus

import falcon
from structlog.contextvars import bind_contextvars

from domain.ports import SpanKind, Tracer
from entrypoints.rest.http.errors import LOGGED_CHARACTERS
from entrypoints.rest.http.rate_limits import PROBES

_UNTRACED = PROBES | {"/metrics"}


class RequestSpans:
    """
    Begins a span with each request, as part of the client's trace if it names one; its id is in the log lines.

    What monitoring asks for every few seconds has none.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Begin the span; query strings, which may hold a secret, are no part of it."""
        if req.path in _UNTRACED:
            return
        headers = {name.lower(): value for name, value in req.headers.items()}
        facts = {
            "http.request.method": req.method,
            "url.path": req.path[:LOGGED_CHARACTERS],
            "url.scheme": req.scheme,
            "client.address": req.context.address,
            "lanner.request_id": req.context.request_id,
        }
        stack = ExitStack()
        span = stack.enter_context(self._tracer.span(req.method, SpanKind.SERVER, parent=headers, facts=facts))
        req.context.span = stack, span
        bind_contextvars(trace_id=self._tracer.traceparent().split("-")[1])

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """End it with the route and the status."""
        if req.context.span is None:
            return
        stack, span = req.context.span
        status = falcon.http_status_to_code(resp.status)
        span.note({"http.response.status_code": status})
        if req.uri_template:
            span.note({"http.route": req.uri_template})
            span.rename(f"{req.method} {req.uri_template}")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.fail(str(status))
        stack.close()
