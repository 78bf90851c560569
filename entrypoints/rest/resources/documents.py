"""The API's documentation: its OpenAPI document, Swagger UI, and the catalogue of problems."""

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
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.problems import problem_catalog
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import ResponseSender, choose_encoding, compress
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import MEANING, MEANINGS

_PAGE = "swagger/index.html"
_TYPES = {
    ".json": falcon.MEDIA_JSON,
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "start.js")
#: The page loads files of this server only; the style sheet embeds its images.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
_DOCUMENT = "openapi.json"
_BASE = b'<base href="/">'


class DocumentResource:
    """The OpenAPI document."""

    @operation({200: {falcon.MEDIA_JSON: {"type": "object"}}}, etag=True, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the document of this version."""
        _send(req, resp, _DOCUMENT)


class DocsResource:
    """Swagger UI, from files of this package."""

    @operation({200: {"text/html": {"type": "string"}}}, etag=True, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Return the page to read and try the API in a browser."""
        _send_page(req, resp, _PAGE)

    @operation({200: {"text/javascript": {"type": "string"}, "text/css": {"type": "string"}}}, etag=True, scope=None)
    def on_get_file(self, req: falcon.Request, resp: falcon.Response, file: str) -> None:
        """Return a file that the page needs."""
        if file not in _FILES:
            raise falcon.HTTPRouteNotFound
        _send_page(req, resp, f"swagger/{file}")


class ProblemsResource:
    """The catalogue of problems."""

    def __init__(self) -> None:
        self._catalog = problem_catalog()

    @operation({200: MEANINGS}, scope=None)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """List all problems by code."""
        resp.media = {"items": [_with_url(problem) for problem in self._catalog.values()]}

    @operation({200: MEANING}, scope=None)
    def on_get_one(self, _req: falcon.Request, resp: falcon.Response, code: str) -> None:
        """Return the problem with this code."""
        if code not in self._catalog:
            raise falcon.HTTPRouteNotFound
        resp.media = _with_url(self._catalog[code])


def _with_url(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {**problem, "type": public_path(problem["type"])}


def _send_page(req: falcon.Request, resp: falcon.Response, name: str) -> None:
    resp.set_header("Content-Security-Policy", _POLICY)
    _send(req, resp, name)


def _send(req: falcon.Request, resp: falcon.Response, name: str) -> None:
    file = _load(name, choose_encoding(req.get_header("Accept-Encoding", default="")), public_path(""))
    resp.set_headers({**file.headers, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"})
    if file.headers["ETag"].strip('"') in (req.if_none_match or ()):
        resp.status = HTTPStatus.NOT_MODIFIED
    else:
        resp.content_type, resp.data = _TYPES[name[name.rindex(".") :]], file.body


@lru_cache(maxsize=16)
def _load(name: str, encoding: str, root: str) -> EncodedResponse:
    body = (resources.files(entrypoints.rest) / name).read_bytes()
    if root and name == _PAGE:
        body = body.replace(_BASE, f'<base href="{root}/">'.encode())
    elif root and name == _DOCUMENT:
        body = orjson.dumps({**orjson.loads(body), "servers": [{"url": root}]})
    tag = blake2b(body + encoding.encode(), digest_size=12).hexdigest()
    return compress(EncodedResponse(body, {"ETag": f'"{tag}"'}), encoding)


def routes(_use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object] | tuple[str, object, str]]:
    """Yield the routes."""
    docs, problems = DocsResource(), ProblemsResource()
    yield "/openapi.json", DocumentResource()
    yield "/docs", docs
    yield "/docs/{file}", docs, "file"
    yield "/problems", problems
    yield "/problems/{code}", problems, "one"
