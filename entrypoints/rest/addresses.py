"""Addresses that answers point to: the next page, and where a vintage stays for ever."""

from __future__ import annotations

from urllib.parse import urlencode

import falcon

_NOT_KEPT = ("as_of", "seen_by", "vintage", "code", "provider")


def link_next(req: falcon.Request, resp: falcon.Response, cursor: int | str | None) -> str | None:
    """Point to the page after ``cursor``, if there is one, and give the cursor as clients send it."""
    if cursor is None:
        return None
    target = urlencode({**req.params, "cursor": cursor}, doseq=True)
    resp.set_header("Link", f'<{req.path}?{target}>; rel="next"')
    return str(cursor)


def permanent_address(req: falcon.Request, path: str, *, vintage: int) -> str:
    """Name the address that goes on giving this part of this vintage: the same question, with the moment made a number."""
    kept = {name: given for name, given in req.params.items() if given and name not in _NOT_KEPT}
    return f"{path}?{urlencode({**kept, 'vintage': vintage}, doseq=True)}"
