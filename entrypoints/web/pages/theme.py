"""The switch between light and dark colours, which works without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from entrypoints.rest.openapi.operation import operation
from entrypoints.web.forms import local_path, read_form, redirect
from entrypoints.web.rendering import THEME, THEMES
from entrypoints.web.site import Site

_A_YEAR = 365 * 86_400


class ThemePage:
    """The colours."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @operation({303: None}, scope=None)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Remember a choice in this browser, and return to the page."""
        form = read_form(req, self._site.sender.body_slots)
        chosen = form.get("theme", "")
        path = req.root_path or "/"
        known = chosen in THEMES
        resp.set_cookie(
            THEME,
            chosen if known else "",
            max_age=_A_YEAR if known else 0,
            path=path,
            secure=req.scheme == "https",
            same_site="Lax",
        )
        redirect(resp, local_path(form.get("next", "/")))


def routes(site: Site) -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/theme", ThemePage(site)
