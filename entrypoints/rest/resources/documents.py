"""The API's own papers: its OpenAPI document, pages to read and try it, and what its problems mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from importlib import resources
from typing import Any

import falcon
import orjson

import entrypoints.rest
from domain.use_cases import UseCases
from entrypoints.rest.http.links import address
from entrypoints.rest.http.params import Parameters
from entrypoints.rest.http.problems import meanings
from entrypoints.rest.http.response_cache import Encoded
from entrypoints.rest.http.responses import accepted_coding, compressed
from entrypoints.rest.openapi.description import answering
from entrypoints.rest.openapi.shapes import MEANING, MEANINGS

_PAGE = "swagger/index.html"
_TYPES = {
    ".json": falcon.MEDIA_JSON,
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "start.js")
#: The pages run their own files and ask this server alone; the style sheet holds its pictures.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
_DOCUMENT = "openapi.json"
_BASE = b'<base href="/">'


class DocumentResource:
    """The OpenAPI document."""

    @answering({200: {falcon.MEDIA_JSON: {"type": "object"}}}, kept=True, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Send it as this version was released with it."""
        Parameters(req.params)
        _send(req, resp, _DOCUMENT)


class DocsResource:
    """The pages of Swagger UI, all of them files of this package."""

    @answering({200: {"text/html": {"type": "string"}}}, kept=True, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Send the page to read and try the API in a browser."""
        Parameters(req.params)
        _send_page(req, resp, _PAGE)

    @answering({200: {"text/javascript": {"type": "string"}, "text/css": {"type": "string"}}}, kept=True, scope=None)
    def on_get_file(self, req: falcon.Request, resp: falcon.Response, file: str) -> None:
        """Send a file that the page needs."""
        Parameters(req.params)
        if file not in _FILES:
            raise falcon.HTTPRouteNotFound
        _send_page(req, resp, f"swagger/{file}")


class ProblemsResource:
    """What the problems mean."""

    def __init__(self) -> None:
        self._meanings = meanings()

    @answering({200: MEANINGS}, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List them all by code."""
        Parameters(req.params)
        resp.media = {"items": [_addressed(meaning) for meaning in self._meanings.values()]}

    @answering({200: MEANING}, scope=None)
    def on_get_one(self, req: falcon.Request, resp: falcon.Response, code: str) -> None:
        """Show the one of a code."""
        Parameters(req.params)
        if code not in self._meanings:
            raise falcon.HTTPRouteNotFound
        resp.media = _addressed(self._meanings[code])


def _addressed(meaning: Mapping[str, Any]) -> dict[str, Any]:
    return {**meaning, "type": address(meaning["type"])}


def _send_page(req: falcon.Request, resp: falcon.Response, name: str) -> None:
    resp.set_header("Content-Security-Policy", _POLICY)
    _send(req, resp, name)


def _send(req: falcon.Request, resp: falcon.Response, name: str) -> None:
    kept = _kept(name, accepted_coding(req.get_header("Accept-Encoding", default="")), address(""))
    resp.set_headers({**kept.headers, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"})
    if kept.headers["ETag"] in req.get_header("If-None-Match", default=""):
        resp.status = HTTPStatus.NOT_MODIFIED
    else:
        resp.content_type, resp.data = _TYPES[name[name.rindex(".") :]], kept.body


@lru_cache(maxsize=16)
def _kept(name: str, coding: str, root: str) -> Encoded:
    body = (resources.files(entrypoints.rest) / name).read_bytes()
    if root and name == _PAGE:
        body = body.replace(_BASE, f'<base href="{root}/">'.encode())
    elif root and name == _DOCUMENT:
        body = orjson.dumps({**orjson.loads(body), "servers": [{"url": root}]})
    tag = blake2b(body + coding.encode(), digest_size=12).hexdigest()
    return compressed(Encoded(body, {"ETag": f'"{tag}"'}), coding)


def routes(_use_cases: UseCases) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Give the routes."""
    docs, problems = DocsResource(), ProblemsResource()
    yield "/openapi.json", DocumentResource()
    yield "/docs", docs
    yield "/docs/{file}", docs, "file"
    yield "/problems", problems
    yield "/problems/{code}", problems, "one"
