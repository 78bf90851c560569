"""Links in responses, below the path prefix under which the client reaches this service."""

from __future__ import annotations

from contextvars import ContextVar
from urllib.parse import urlencode

import falcon

_SERIES_PARAMETERS = ("code", "provider")
_STATE_PARAMETERS = ("as_of", "seen_by", "restated", "vintage", "position", "definition_as_of", *_SERIES_PARAMETERS)
_root: ContextVar[str] = ContextVar("root", default="")


def set_root(prefix: str) -> None:
    """Set the path prefix of the current request."""
    _root.set(prefix)


def public_path(path: str) -> str:
    """Return a path with the prefix of the current request."""
    return f"{_root.get()}{path}"


def add_next_link(req: falcon.Request, resp: falcon.Response, cursor: int | str | None) -> str | None:
    """Add a ``Link`` header to the next page, if there is one, and return its cursor as a string."""
    if cursor is None:
        return None
    target = urlencode({**req.params, "cursor": cursor}, doseq=True)
    resp.set_header("Link", f'<{public_path(req.path)}?{target}>; rel="next"')
    return str(cursor)


def permanent_path(req: falcon.Request, path: str, *, vintage: int) -> str:
    """Return the path that always returns this part of this vintage: the same query, with the vintage's number for its ``as_of``."""
    others = {name: value for name, value in req.params.items() if value and name not in _STATE_PARAMETERS}
    return f"{path}?{urlencode({**others, 'vintage': vintage}, doseq=True)}"


def pinned_path(req: falcon.Request, path: str, *, position: int) -> str:
    """Return the path that always returns this result of a formula: the same query, as of this position of the feed."""
    others = {name: value for name, value in req.params.items() if value and name not in ("position", *_SERIES_PARAMETERS)}
    return f"{path}?{urlencode({**others, 'position': position}, doseq=True)}"
