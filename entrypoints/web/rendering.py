"""Rendering: pages from templates, with the headers that every page has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import falcon
from jinja2 import Environment, PackageLoader, StrictUndefined

from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.gates.cells import MOST_CELLS
from domain.series import TimeSeries
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import choose_encoding, compress
from entrypoints.web import words
from entrypoints.web.assets import asset
from entrypoints.web.remedies import remedy_of

#: Where the home page is; browsers see it at the root.
HOME = "/home"
HTML = "text/html; charset=utf-8"
THEME = "lanner_theme"
THEMES = ("light", "dark")
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
POLICY = f"{_POLICY}form-action 'self'; frame-ancestors 'none'"
#: Characters of codes that need no escape in a path.
_PLAIN = "/:@,.=+-_!$()~^|"
_FILTERS = {name: getattr(words, name) for name in ("number", "day", "known", "period", "periods", "counted", "duration", "ordinal", "iso")}


class Renderer:
    """Renders templates to pages."""

    def __init__(self) -> None:
        loader = PackageLoader("entrypoints.web")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self._templates.filters.update(_FILTERS)
        self._templates.filters["ago"] = words.ago
        self._templates.globals.update(link=public_path, asset=asset, series_path=series_path, code_path=code_path, remedy_of=remedy_of)
        self._templates.globals.update(version=version("lanner"), Scope=Scope, MOST_CELLS=MOST_CELLS)

    def __call__(self, req: falcon.Request, resp: falcon.Response, template: str, /, **values: Any) -> None:
        """Respond with a page, or with 304 if the browser has it."""
        html = self.fragment(req, template, **values)
        encoding = choose_encoding(req.get_header("Accept-Encoding", default=""))
        encoded = compress(EncodedResponse(html.encode("utf-8", "replace"), {}), encoding)
        tag = blake2b(encoded.body, digest_size=12).hexdigest()
        resp.set_headers(page_headers())
        resp.append_header("Vary", "Accept, Accept-Encoding, Cookie")
        resp.etag = tag
        if req.method in ("GET", "HEAD") and tag in (req.if_none_match or ()) and resp.status == falcon.HTTP_OK:
            resp.status = HTTPStatus.NOT_MODIFIED
            return
        resp.set_headers(dict(encoded.headers))
        resp.content_type, resp.data = HTML, encoded.body

    def fragment(self, req: falcon.Request, template: str, /, **values: Any) -> str:
        """Return a part of a page."""
        return self._templates.get_template(template).render({**_shared(req), **values})


def page_headers() -> Mapping[str, str]:
    """Return the headers of every page; its own address is told to pages of this service only, whose forms it identifies."""
    return {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Cache-Control": "private, no-cache"}


def framed_headers(origins: Collection[str]) -> Mapping[str, str]:
    """Return the headers of a page that pages of this service and of these origins may show in a frame."""
    ancestors = " ".join(["'self'", *origins])
    return {**page_headers(), "Content-Security-Policy": f"{_POLICY}form-action 'none'; frame-ancestors {ancestors}"}


def series_path(series: TimeSeries) -> str:
    """Return the path of a series' page, which names its provider."""
    return code_path(series.provider, series.code)


def code_path(provider: str, code: DatasetCode) -> str:
    """Return the path of the page that the series of a provider's code has, or would have."""
    return f"/s/{quote(f'{provider}:{code}', safe=_PLAIN)}"


def origin_of(req: falcon.Request) -> str:
    """Return scheme, host and path prefix under which the client reaches this service, for addresses that are used elsewhere."""
    return f"{req.scheme}://{req.get_header('Host', default='localhost')}{public_path('')}"


def current_path(req: falcon.Request) -> str:
    """Return path and query of the page, without the prefix under which the service is reached."""
    path = "/" if req.path == HOME else quote(req.path, safe=_PLAIN)
    return f"{path}?{req.query_string}" if req.query_string else path


def _shared(req: falcon.Request) -> dict[str, Any]:
    chosen = (req.get_cookie_values(THEME) or [""])[0]
    return {
        "theme": chosen if chosen in THEMES else "",
        "key": req.context.key,
        "scopes": req.context.scopes,
        "here": current_path(req),
        "query": "",
        "comparing": None,
    }
