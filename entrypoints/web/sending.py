"""Sending views as files, and as documents from which scripts draw them."""

from __future__ import annotations

from hashlib import blake2b
from http import HTTPStatus
from typing import Any

import falcon

from entrypoints.formats import encode
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import choose_encoding, compress
from entrypoints.web.rendering import page_headers

_POLICY = "default-src 'none'; frame-ancestors 'none'"


def send_file(req: falcon.Request, resp: falcon.Response, body: bytes, *, media_type: str, name: str) -> None:
    """Respond with a file, or with 304 if the client has it."""
    resp.set_headers({**page_headers(), "Content-Security-Policy": _POLICY})
    resp.append_header("Vary", "Cookie")
    resp.etag = blake2b(body, digest_size=12).hexdigest()
    if resp.etag.strip('"') in (req.if_none_match or ()):
        resp.status = HTTPStatus.NOT_MODIFIED
        return
    resp.content_type, resp.data = media_type, body
    plain = name.replace("/", "-").replace('"', "")
    resp.set_header("Content-Disposition", f'inline; filename="{plain}"')


def send_document(req: falcon.Request, resp: falcon.Response, document: Any) -> None:
    """Respond with JSON for a script of this service's own."""
    encoded = compress(EncodedResponse(encode(document), {}), choose_encoding(req.get_header("Accept-Encoding", default="")))
    resp.set_headers({**page_headers(), **encoded.headers})
    resp.append_header("Vary", "Accept-Encoding, Cookie")
    resp.content_type, resp.data = falcon.MEDIA_JSON, encoded.body
