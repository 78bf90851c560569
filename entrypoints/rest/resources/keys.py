"""API keys: created, listed and revoked by an administrator."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.api_keys import Scope, TokenForm
from domain.quotas import read_limits
from domain.use_cases import UseCases
from domain.use_cases.manage_keys import ManageKeys
from entrypoints.rest.http.body import read_object
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import KEYS
from entrypoints.rest.requests import KeyRequestSchema, load
from entrypoints.rest.schemas.keys import KeySchema, NewKeySchema


class KeysResource:
    """API keys."""

    def __init__(self, manage_keys: ManageKeys, sender: ResponseSender) -> None:
        self._manage_keys, self._sender = manage_keys, sender

    @operation({200: KEYS}, scope=Scope.ADMIN)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """List all keys without their tokens, oldest first; expired and revoked ones too."""
        resp.media = {"items": KeySchema(many=True).dump(self._manage_keys.list())}

    @operation({201: NewKeySchema}, body=KeyRequestSchema, scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Create a key; its token is in this response and nowhere else."""
        given = load(KeyRequestSchema(), read_object(req, self._sender.body_slots))
        limits = read_limits(given["limit"], field="limit") if given["limit"] else ()
        scopes, form = [Scope(scope) for scope in given["scopes"]], TokenForm(given["form"])
        key, token = self._manage_keys.create(given["name"], scopes, days=given["days"], limits=limits, form=form)
        resp.status, resp.location = falcon.HTTP_CREATED, public_path(f"/keys/{key.id}")
        resp.set_header("Cache-Control", "no-store")
        resp.media = {**KeySchema().dump(key), "token": token}


class KeyResource:
    """One API key."""

    def __init__(self, manage_keys: ManageKeys) -> None:
        self._manage_keys = manage_keys

    @operation({200: KeySchema}, scope=Scope.ADMIN)
    def on_delete(self, _req: falcon.Request, resp: falcon.Response, key_id: str) -> None:
        """Revoke it; running services refuse it within five seconds."""
        resp.media = KeySchema().dump(self._manage_keys.revoke(key_id))


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/keys", KeysResource(use_cases.manage_keys, sender)
    yield "/keys/{key_id}", KeyResource(use_cases.manage_keys)
