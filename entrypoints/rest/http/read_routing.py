"""Reads at a replica: the token by which clients are shown what they have written, and a second try at the primary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

import falcon

from domain.errors import DomainError, InvalidInput
from domain.moments import parse_moment
from domain.ports import CONSISTENCY_HEADER, ReadRouting
from entrypoints.rest.http.errors import Problem

_READING = ("GET", "HEAD", "OPTIONS")
_MOMENT = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[T ][0-9:.]{4,15}(?:Z|[-+ ][0-9:]{4,5})?)?", re.IGNORECASE)
#: What was known at a moment is asked of the primary for so long: a replica may not have all of it yet, and the answer is to stay the same.
_RECENT, _RECENT_DAYS = timedelta(minutes=1), timedelta(days=2)


class ConsistencyTokens:
    """Middleware: takes the token of a request, and gives its response a newer one."""

    def __init__(self, routing: ReadRouting) -> None:
        self._routing = routing

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Begin the request's reads; raises Problem for what is no token."""
        try:
            at_primary = req.method not in _READING or _is_of_now(req)
            self._routing.begin(req.get_header(CONSISTENCY_HEADER, default=""), at_primary=at_primary)
        except InvalidInput as error:
            errors = [{"header": CONSISTENCY_HEADER, "detail": error.message}]
            raise Problem(HTTPStatus.BAD_REQUEST, error.code, error.message, hint=error.hint, errors=errors) from error

    def process_response(self, _req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Add the token, but not to what caches may keep: they would give it to others, much later."""
        token = self._routing.end()
        if token and "immutable" not in (resp.get_header("Cache-Control") or ""):
            resp.set_header(CONSISTENCY_HEADER, token)


def _is_of_now(req: falcon.Request) -> bool:
    """Return whether the query names a moment of the last minute, or a day of now with a time of day apart from it."""
    if not req.query_string:
        return False
    now, margin = datetime.now(UTC), _RECENT_DAYS if "at" in req.params else _RECENT
    return any(abs(now - moment) < margin for moment in _moments(unquote_plus(req.query_string)))


def _moments(text: str) -> Iterator[datetime]:
    for found in _MOMENT.findall(text):
        with suppress(InvalidInput):
            yield parse_moment(found, field="")


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
