"""Signing in with an API key, and signing out."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.errors import InvalidApiKey
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.sessions import COOKIE, SECONDS
from entrypoints.web.forms import local_path, read_form, redirect
from entrypoints.web.site import Site


class SignInPage:
    """Signing in."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @operation({200: None}, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Show the form; where no keys are required there is nothing to sign in to."""
        if self._site.guard is None:
            redirect(resp, "/")
        else:
            self._site.render(req, resp, "sign_in.html", target="/", refused=False)

    @operation({303: None}, scope=None)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Begin a session with a key."""
        form = read_form(req, self._site.sender.body_slots)
        target = local_path(form.get("next", "/"))
        if self._site.guard is None or self._site.sessions is None:
            redirect(resp, target)
            return
        try:
            key = self._site.guard(form.get("token", ""), req.context.client)
        except InvalidApiKey:
            resp.status = falcon.HTTP_UNAUTHORIZED
            self._site.render(req, resp, "sign_in.html", target=target, refused=True)
            return
        _set_cookie(req, resp, self._site.sessions.begin(key), SECONDS)
        redirect(resp, target)


class SignOutPage:
    """Signing out."""

    @operation({303: None}, scope=None)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """End the session in this browser."""
        _set_cookie(req, resp, "", 0)
        redirect(resp, "/")


def _set_cookie(req: falcon.Request, resp: falcon.Response, value: str, seconds: int) -> None:
    path = req.root_path or "/"
    resp.set_cookie(COOKIE, value, max_age=seconds, path=path, secure=req.scheme == "https", http_only=True, same_site="Strict")


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/sign-in", SignInPage(site)
    yield "/sign-out", SignOutPage()
