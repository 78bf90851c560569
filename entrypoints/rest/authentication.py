"""Authentication by API key, authorization by the scope that each responder declares, and a limit on failed attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote_plus

import falcon
from structlog.contextvars import bind_contextvars

from domain.api_keys import ApiKey, Scope
from domain.errors import InsufficientScope, InvalidApiKey, TooManyRequests
from domain.providers import Limit
from domain.use_cases.check_key import CheckKey
from entrypoints.rest.fred import is_fred
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.rate_limits import TokenBuckets
from entrypoints.rest.openapi.operation import Route, operation_of
from entrypoints.rest.quandl import is_quandl
from entrypoints.rest.sessions import Sessions

#: (URI template, method) → scope; None where no key is needed.
Scopes = Mapping[tuple[str, str], Scope | None]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_KEY_PARAMETERS = ("api_key", "auth_token")
#: So many invalid keys from one address; then its requests are refused unread, unless their key was valid lately.
_REFUSALS = (Limit(60, 60),)


def scopes_of(routes: Iterable[Route]) -> Scopes:
    """Return the scope that each responder declares, by default ``admin``."""
    found: dict[tuple[str, str], Scope | None] = {}
    for path, resource, *suffix in routes:
        for method in METHODS:
            responder = getattr(resource, "_".join(["on", method.lower(), *suffix]), None)
            operation = operation_of(responder)
            found[path, method] = operation.scope if operation else Scope.ADMIN
        found[path, "HEAD"] = found[path, "GET"]
    return found


class KeyGuard:
    """Checks tokens of API keys, within a limit on the invalid ones from each address."""

    def __init__(self, check_key: CheckKey) -> None:
        self._check_key, self._refusals = check_key, TokenBuckets()

    def __call__(self, text: str, client: str) -> ApiKey:
        """Return the key with this token; raises InvalidApiKey or TooManyRequests."""
        if not self._check_key.was_known(text):
            waiting = self._refusals.wait(client, _REFUSALS)
            if waiting:
                raise TooManyRequests("Too many invalid keys came from this address.", seconds=waiting)
        try:
            return self._check_key(text)
        except InvalidApiKey:
            self._refusals.take(client, _REFUSALS)
            raise


class QueryKeys:
    """
    Middleware: takes a key out of the query, where the operator allows it there for clients that can send no header.

    Nothing behind this sees it: no log line, no link, no message of an error.
    """

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Keep it in the context, for requests that only read."""
        if req.method not in ("GET", "HEAD") or _takes_query_keys(req.path):
            return
        params = cast("dict[str, str | list[str]]", req.params)
        given = [params.pop(name) for name in _KEY_PARAMETERS if name in params]
        if given:
            req.context.query_key = given[0] if isinstance(given[0], str) else given[0][-1]
            kept = (part for part in req.query_string.split("&") if unquote_plus(part.partition("=")[0]) not in _KEY_PARAMETERS)
            req.query_string = req.env["QUERY_STRING"] = "&".join(kept)


class Authentication:
    """
    Refuses requests without a valid key that has the scope they need; the refusal does not depend on whether the resource exists.

    Args:
        guard: None where no keys are required.
        sessions: of browsers.
        scopes: of the routes.

    """

    def __init__(self, guard: KeyGuard | None, sessions: Sessions | None, scopes: Scopes) -> None:
        self._guard, self._sessions, self._scopes = guard, sessions, scopes

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Look up the key; whether its scopes suffice is decided once the route is known."""
        if self._guard is None:
            return
        context = req.context
        try:
            key = self._key(self._guard, req)
        except (InvalidApiKey, TooManyRequests, Problem) as error:
            context.refusal = error
            return
        context.scopes, context.key, context.owner = key.scopes, key, key.id
        bind_contextvars(key=key.id)

    def process_resource(self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: Mapping[str, Any]) -> None:
        """Raise InsufficientScope, or the refusal noted before, unless the key has the responder's scope."""
        if self._guard is None or req.method == "OPTIONS":
            return
        needed = self._scopes.get((req.uri_template or "", req.method), Scope.ADMIN)
        if needed is None:
            return
        if req.context.refusal:
            raise req.context.refusal
        if needed not in req.context.scopes:
            raise InsufficientScope(f"This needs a key with the scope {needed}.")

    def _key(self, guard: KeyGuard, req: falcon.Request) -> ApiKey:
        text = _key_text(req)
        if text:
            return guard(text, req.context.client)
        key = self._sessions.key_of(req) if self._sessions else None
        if key is None:
            raise InvalidApiKey
        return key


def _key_text(req: falcon.Request) -> str:
    """Return the key that the request carries, empty if there is none."""
    in_query = next((name for name in _KEY_PARAMETERS if req.params.get(name)), None)
    if in_query and not _takes_query_keys(req.path):
        detail = "A key in the URL ends up in logs."
        hint = "Send it as Authorization: Bearer KEY, or in X-Api-Token; or have the operator set LANNER_QUERY_KEYS=true."
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, hint=hint, errors=[{"parameter": in_query, "detail": detail}])
    kind, _, bearer = (req.get_header("Authorization") or "").partition(" ")
    given = bearer.strip() if kind.lower() == "bearer" else req.get_header("X-Api-Token")
    if not given and in_query:
        value = req.params[in_query]
        given = value if isinstance(value, str) else value[-1]
    return given or req.context.query_key


def _takes_query_keys(path: str) -> bool:
    """Return whether an imitated API takes keys in the query, as its clients send them."""
    return is_quandl(path) or is_fred(path)
