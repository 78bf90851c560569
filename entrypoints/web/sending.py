"""Sending views as files."""

from __future__ import annotations

from hashlib import blake2b
from http import HTTPStatus

import falcon

from entrypoints.web.rendering import page_headers

_POLICY = "default-src 'none'; frame-ancestors 'none'"


def send_file(req: falcon.Request, resp: falcon.Response, body: bytes, media_type: str, name: str) -> None:
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
