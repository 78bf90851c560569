"""Whether a request comes from a page of this service, as the browser that sends it says (see Fetch Metadata, W3C)."""

from __future__ import annotations

import falcon

_SAME_SITE = ("same-origin", "none")


def is_of_another_site(req: falcon.Request) -> bool:
    """Return whether the browser says that another site caused the request; what is no browser says nothing."""
    origin, site = req.env.get("HTTP_ORIGIN"), req.env.get("HTTP_SEC_FETCH_SITE")
    if origin is not None:
        return not _is_own(req, origin)
    return site is not None and site not in _SAME_SITE


def is_of_own_page(req: falcon.Request) -> bool:
    """Return whether the browser says that a page of this very service sent the request."""
    origin, site = req.env.get("HTTP_ORIGIN"), req.env.get("HTTP_SEC_FETCH_SITE")
    if site is not None and site != "same-origin":
        return False
    return _is_own(req, origin) if origin else site is not None


def _is_own(req: falcon.Request, origin: str) -> bool:
    host: str = req.get_header("Host", default="")
    return origin.lower().partition("://")[2] == host.lower()
