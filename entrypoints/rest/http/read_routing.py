"""Reads at a replica: the token by which clients are shown what they have written, and a second try at the primary."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import falcon

from domain.errors import DomainError, InvalidInput
from domain.ports import ReadRouting
from entrypoints.rest.http.errors import Problem

HEADER = "Lanner-Consistency-Token"
_READING = ("GET", "HEAD", "OPTIONS")


class ConsistencyTokens:
    """Middleware: takes the token of a request, and gives its response a newer one."""

    def __init__(self, routing: ReadRouting) -> None:
        self._routing = routing

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Begin the request's reads; raises Problem for what is no token."""
        try:
            self._routing.begin(req.get_header(HEADER, default=""), at_primary=req.method not in _READING)
        except InvalidInput as error:
            errors = [{"header": HEADER, "detail": error.message}]
            raise Problem(HTTPStatus.BAD_REQUEST, error.code, error.message, hint=error.hint, errors=errors) from error

    def process_response(self, _req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Add the token, but not to what caches may keep: they would give it to others, much later."""
        token = self._routing.end()
        if token and "immutable" not in (resp.get_header("Cache-Control") or ""):
            resp.set_header(HEADER, token)


def asked_again(responder: Callable[..., None], routing: ReadRouting) -> Callable[..., None]:
    """Return a responder that refuses nothing because of a replica: what fails there is tried again at the primary."""

    @wraps(responder)
    def respond(req: falcon.Request, resp: falcon.Response, **params: Any) -> None:
        before = resp.headers
        try:
            responder(req, resp, **params)
        except (DomainError, Problem, falcon.HTTPError):
            if not routing.begin_again():
                raise
        else:
            return
        for name in resp.headers.keys() - before.keys():
            resp.delete_header(name)
        responder(req, resp, **params)

    return respond
