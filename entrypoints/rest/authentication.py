"""Who may ask for what: API keys, the scopes of routes, and what is open to all."""

from __future__ import annotations

from http import HTTPStatus

import falcon

from domain.errors import KeyRefused, ScopeMissing
from domain.fetches import ANONYMOUS
from domain.keys import Scope
from domain.use_cases.check_key import CheckKey
from entrypoints.rest.errors import Problem
from entrypoints.rest.quandl import DOOR

#: What says nothing of what is kept.
OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/openapi.json", "/docs", "/problems"})
_EVERY = frozenset(Scope)
_IN_QUERY = ("api_key", "auth_token")
_SCOPES = {"GET": Scope.READ, "HEAD": Scope.READ, "POST": Scope.FETCH, "DELETE": Scope.FETCH}


class Authentication:
    """
    Lets in who has a good key with the scope that the request needs; the answer is the same whether what is asked for exists.

    Args:
        check_key: None where everybody may do everything.

    """

    def __init__(self, check_key: CheckKey | None) -> None:
        self._check_key = check_key

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Find out who asks."""
        req.context.scopes, req.context.keyed, req.context.owner = _EVERY, False, ANONYMOUS
        if self._check_key is None or is_open(req.method, req.path) or req.method == "OPTIONS":
            return
        key = self._check_key(_text(req))
        req.context.scopes, req.context.keyed, req.context.owner = key.scopes, True, key.id
        needed = needed_scope(req.method, req.path)
        if needed not in key.scopes:
            raise ScopeMissing(f"This needs a key with the scope {needed}.")


def is_open(method: str, path: str) -> bool:
    """Tell whether a route needs no key."""
    return method in ("GET", "HEAD") and (path in OPEN_PATHS or path.startswith(("/docs/", "/problems/")))


def needed_scope(method: str, path: str) -> Scope:
    """Name the scope of a route: to remove a series is the administrator's, to cancel a fetch is not."""
    if method == "DELETE" and path.startswith("/timeseries/"):
        return Scope.ADMIN
    return _SCOPES.get(method, Scope.ADMIN)


def _text(req: falcon.Request) -> str:
    in_query = next((name for name in _IN_QUERY if req.params.get(name)), None)
    at_door = req.path.startswith(f"{DOOR}/")
    if in_query and not at_door:
        detail = "A key in the address ends up in logs."
        hint = "Send it as Authorization: Bearer KEY, or in X-Api-Token."
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, hint=hint, errors=[{"parameter": in_query, "detail": detail}])
    kind, _, bearer = (req.get_header("Authorization") or "").partition(" ")
    given = bearer.strip() if kind.lower() == "bearer" else req.get_header("X-Api-Token")
    if not given and in_query:
        value = req.params[in_query]
        given = value if isinstance(value, str) else value[-1]
    if not given:
        raise KeyRefused
    return given
