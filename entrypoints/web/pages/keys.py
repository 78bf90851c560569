"""The page of API keys, for administrators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon

from domain.api_keys import Scope
from domain.errors import InvalidInput
from entrypoints.rest.http.params import parse_integer
from entrypoints.rest.openapi.operation import operation
from entrypoints.web.forms import read_form, redirect
from entrypoints.web.site import Site

_MOST_DAYS = 3650


class KeysPage:
    """API keys."""

    def __init__(self, site: Site) -> None:
        self._site, self._manage_keys = site, site.use_cases.manage_keys

    @operation({200: None}, etag=True, scope=Scope.ADMIN)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List them."""
        self._show(req, resp)

    @operation({200: None}, scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Create one, and show its token this once."""
        form = read_form(req, self._site.sender.body_slots)
        days = parse_integer(form["days"], "days", maximum=_MOST_DAYS) if form.get("days") else None
        scopes = [scope for scope in Scope if f"scope_{scope}" in form]
        try:
            key, token = self._manage_keys.create(form.get("name", ""), scopes, days=days)
        except InvalidInput as error:
            resp.status = falcon.HTTP_BAD_REQUEST
            self._show(req, resp, problem=f"{error.message} {error.hint}")
            return
        self._show(req, resp, made=key.name, token=token)
        resp.set_header("Cache-Control", "no-store")

    def _show(self, req: falcon.Request, resp: falcon.Response, **values: Any) -> None:
        self._site.render(
            req,
            resp,
            "keys.html",
            **{"problem": "", "made": "", "token": "", **values},
            keys=self._manage_keys.list(),
            required=self._site.guard is not None,
            now=self._site.use_cases.search_series.now(),
        )


class RevocationPage:
    """The revocation of a key."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @operation({303: None}, scope=Scope.ADMIN)
    def on_post(self, req: falcon.Request, resp: falcon.Response, key_id: str) -> None:
        """Revoke it, and return to the list."""
        read_form(req, self._site.sender.body_slots)
        self._site.use_cases.manage_keys.revoke(key_id)
        redirect(resp, "/operations/keys")


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/operations/keys", KeysPage(site)
    yield "/operations/keys/{key_id}", RevocationPage(site)
