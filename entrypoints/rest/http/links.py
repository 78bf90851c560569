"""Addresses that answers point to, under the path prefix by which the client reaches this service."""

from __future__ import annotations

from contextvars import ContextVar
from urllib.parse import urlencode

import falcon

_STATE_PARAMETERS = ("as_of", "seen_by", "vintage", "code", "provider")
_root: ContextVar[str] = ContextVar("root", default="")


def set_root(prefix: str) -> None:
    """Note the path prefix of the request that this thread answers."""
    _root.set(prefix)


def public_path(path: str) -> str:
    """Return the address of one of our paths as the client knows it."""
    return f"{_root.get()}{path}"


def add_next_link(req: falcon.Request, resp: falcon.Response, cursor: int | str | None) -> str | None:
    """Point to the page after ``cursor``, if there is one, and return the cursor as clients send it."""
    if cursor is None:
        return None
    target = urlencode({**req.params, "cursor": cursor}, doseq=True)
    resp.set_header("Link", f'<{public_path(req.path)}?{target}>; rel="next"')
    return str(cursor)


def permanent_path(req: falcon.Request, path: str, *, vintage: int) -> str:
    """Return the path that goes on giving this part of this vintage: the same question, with the moment made a number."""
    kept = {name: given for name, given in req.params.items() if given and name not in _STATE_PARAMETERS}
    return f"{path}?{urlencode({**kept, 'vintage': vintage}, doseq=True)}"
