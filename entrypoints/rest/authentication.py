"""Who may ask for what: API keys, the scope that each responder declares, and the refusal of clients that keep guessing."""

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
from entrypoints.rest.openapi.operation import operation_of
from entrypoints.rest.quandl import QUANDL_ROOT

Route = tuple[str, object] | tuple[str, object, str]
#: (URI template, method) → scope; None where no key is needed.
Scopes = Mapping[tuple[str, str], Scope | None]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_KEY_PARAMETERS = ("api_key", "auth_token")
#: So many refused keys from one address; then its requests are refused unread, unless their key was good lately.
_REFUSALS = (Limit(60, 60),)


def scopes_of(routes: Iterable[Route]) -> Scopes:
    """Return what each responder declares; one that declares nothing is the administrator's."""
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
    Lets in who has a good key with the scope that the request needs; the answer is the same whether what is asked for exists.

    Args:
        check_key: None where everybody may do everything.
        scopes: of the routes.

    """

    def __init__(self, check_key: CheckKey | None, scopes: Scopes) -> None:
        self._check_key, self._scopes = check_key, scopes
        self._refusals = TokenBuckets()

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Find out who asks; whether that is enough is decided once the route is known."""
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
        """Refuse who lacks the scope that the matched responder declares."""
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
                raise TooManyRequests("Too many keys from this address were refused.", seconds=waiting)
        try:
            return check_key(text)
        except InvalidApiKey:
            self._refusals.take(client, _REFUSALS)
            raise


def _key_text(req: falcon.Request) -> str:
    in_query = next((name for name in _KEY_PARAMETERS if req.params.get(name)), None)
    is_quandl = req.path.startswith(f"{QUANDL_ROOT}/")
    if in_query and not is_quandl:
        detail = "A key in the address ends up in logs."
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
