"""Authentication by API key, authorization by the scope that each responder declares, and a limit on failed attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import falcon
from structlog.contextvars import bind_contextvars

from domain.api_keys import ApiKey, Scope
from domain.errors import InsufficientScope, InvalidApiKey, TooManyRequests
from domain.providers import Limit
from domain.use_cases.check_key import CheckKey
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.rate_limits import TokenBuckets
from entrypoints.rest.openapi.operation import Route, operation_of
from entrypoints.rest.quandl import is_quandl

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


class Authentication:
    """
    Refuses requests without a valid key that has the scope they need; the refusal does not depend on whether the resource exists.

    Args:
        check_key: None where no keys are required.
        scopes: of the routes.

    """

    def __init__(self, check_key: CheckKey | None, scopes: Scopes) -> None:
        self._check_key, self._scopes = check_key, scopes
        self._refusals = TokenBuckets()

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Look up the key; whether its scopes suffice is decided once the route is known."""
        if self._check_key is None:
            return
        context = req.context
        try:
            key = self._key(self._check_key, req)
        except (InvalidApiKey, TooManyRequests, Problem) as error:
            context.refusal = error
            return
        context.scopes, context.key, context.owner = key.scopes, key, key.id
        bind_contextvars(key=key.id)

    def process_resource(self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: Mapping[str, Any]) -> None:
        """Raise InsufficientScope, or the refusal noted before, unless the key has the responder's scope."""
        if self._check_key is None or req.method == "OPTIONS":
            return
        needed = self._scopes.get((req.uri_template or "", req.method), Scope.ADMIN)
        if needed is None:
            return
        if req.context.refusal:
            raise req.context.refusal
        if needed not in req.context.scopes:
            raise InsufficientScope(f"This needs a key with the scope {needed}.")

    def _key(self, check_key: CheckKey, req: falcon.Request) -> ApiKey:
        text, client = _key_text(req), req.context.client
        if not check_key.was_good(text):
            waiting = self._refusals.wait(client, _REFUSALS)
            if waiting:
                raise TooManyRequests("Too many invalid keys came from this address.", seconds=waiting)
        try:
            return check_key(text)
        except InvalidApiKey:
            self._refusals.take(client, _REFUSALS)
            raise


def _key_text(req: falcon.Request) -> str:
    in_query = next((name for name in _KEY_PARAMETERS if req.params.get(name)), None)
    if in_query and not is_quandl(req.path):
        detail = "A key in the URL ends up in logs."
        hint = "Send it as Authorization: Bearer KEY, or in X-Api-Token."
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, hint=hint, errors=[{"parameter": in_query, "detail": detail}])
    kind, _, bearer = (req.get_header("Authorization") or "").partition(" ")
    given = bearer.strip() if kind.lower() == "bearer" else req.get_header("X-Api-Token")
    if not given and in_query:
        value = req.params[in_query]
        given = value if isinstance(value, str) else value[-1]
    if not given:
        raise InvalidApiKey
    return given
