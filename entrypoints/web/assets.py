"""Style sheet, scripts and pictures of the pages, at addresses that change with their content."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from http import HTTPStatus
from importlib import resources

import falcon

import entrypoints.web
from entrypoints.rest.http.links import public_path
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import choose_encoding, compress
from entrypoints.rest.openapi.operation import operation

_FOREVER = "public, max-age=31536000, immutable"
#: The folder of files that others wrote.
_VENDOR = "vendor"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain"}


@cache
def _files() -> dict[str, bytes]:
    folder = resources.files(entrypoints.web) / "static"
    found = {file.name: file for file in folder.iterdir() if file.is_file()}
    found |= {f"{_VENDOR}/{file.name}": file for file in (folder / _VENDOR).iterdir()}
    return {name: found[name].read_bytes() for name in sorted(found)}


@cache
def version() -> str:
    """Return a digest of all files, the folder of their addresses: so that modules can import each other by relative paths."""
    return blake2b(b"".join(name.encode() + body for name, body in _files().items()), digest_size=8).hexdigest()


def asset(name: str) -> str:
    """Return the address of a file."""
    return public_path(f"/static/{version()}/{name}")


class AssetResource:
    """The files."""

    @operation({200: None}, etag=True, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response, folder: str, file: str) -> None:
        """Return a file, to be kept for ever under the address of this version."""
        if file not in _files():
            raise falcon.HTTPRouteNotFound
        encoded = _encoded(file, choose_encoding(req.get_header("Accept-Encoding", default="")))
        resp.set_headers({**encoded.headers, "Vary": "Accept-Encoding"})
        # A page of another version of lanner, still open while this one started, must not keep this one's file.
        resp.set_header("Cache-Control", _FOREVER if folder == version() else "no-cache")
        if encoded.headers["ETag"].strip('"') in (req.if_none_match or ()):
            resp.status = HTTPStatus.NOT_MODIFIED
        else:
            resp.content_type, resp.data = _TYPES[file[file.rindex(".") :]], encoded.body


@cache
def _encoded(name: str, encoding: str) -> EncodedResponse:
    body = _files()[name]
    tag = blake2b(body + encoding.encode(), digest_size=12).hexdigest()
    return compress(EncodedResponse(body, {"ETag": f'"{tag}"'}), encoding)


def routes() -> Iterator[tuple[str, object]]:
    """Yield the route."""
    yield "/static/{folder}/{file:path}", AssetResource()
