"""What happens around every request: its id, its log line, its security headers, and whether its target and host are answered."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from random import getrandbits
from time import perf_counter, time

import falcon
from structlog.contextvars import bind_contextvars, clear_contextvars

from domain.api_keys import Scope
from entrypoints.rest.http.access_log import AccessLog
from entrypoints.rest.http.errors import LOGGED_CHARACTERS, Problem
from entrypoints.rest.http.rate_limits import PROBES
from entrypoints.rest.http.responses import ResponseSender

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]*)?")
_CACHE_SIZE = 256
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = "Content-Security-Policy"
_MAX_TARGET_LENGTH = 16 * 1024
_SAME_SITE = ("same-origin", "none")


class RequestTrace:
    """Gives a request its id, in its answer and in all its log lines, and has its access line written."""

    def __init__(self) -> None:
        self._lines = AccessLog()

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Take the client's id if it is harmless, else make one."""
        given = req.get_header("X-Request-ID", default="")
        # No secret, so it need not be the system's chance, for which a thread gives way to all others.
        req.context.request_id = given if given and _REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"
        req.context.begun = perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=req.context.request_id, client=req.context.address)

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Tell how it ended."""
        if not req.context.request_id:  # Falcon refuses some methods before any process_request
            self.process_request(req, resp)
        resp.set_header("X-Request-ID", req.context.request_id)
        key = req.context.key
        self._lines.add(
            {
                "request_id": req.context.request_id,
                "client": req.context.address,
                "key": key.id if key else None,
                "method": req.method,
                "path": req.path[:LOGGED_CHARACTERS],  # the query may hold a secret
                "status": falcon.http_status_to_code(resp.status),
                "milliseconds": round(1000 * (perf_counter() - req.context.begun), 1),
                "created": time(),
            }
        )


class SharedAnswers:
    """Hands every request what all of them share."""

    def __init__(self, sender: ResponseSender) -> None:
        self._sender = sender

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Put it where resources find it."""
        req.context.sender = self._sender


class TargetCheck:
    """Refuses targets that can be spelt in several ways, or that are too long to be looked at."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Let one spelling of each path through; a single slash at its end is left out by Falcon."""
        path = req.env["PATH_INFO"] or "/"
        if len(path) + len(req.query_string) > _MAX_TARGET_LENGTH:
            detail = f"Path and query are longer than {_MAX_TARGET_LENGTH} bytes."
            raise Problem(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long", detail, hint="Name fewer columns, or make several requests.")
        if "//" not in path and "/." not in path and path[0] == "/":
            return
        segments = path.removesuffix("/").split("/")
        if segments[0] or any(segment in ("", ".", "..") for segment in segments[1:]):
            detail = "The path has an empty, a . or a .. segment."
            raise Problem(HTTPStatus.BAD_REQUEST, "invalid_path", detail, hint="Write it as the links have it, such as /timeseries.")


class CrossSiteCheck:
    """
    Takes from GET requests of other sites' pages what only clients of their own accord may do: have something fetched.

    Browsers send them without asking, with an image for example; what is kept is all that they get (see Fetch Metadata, W3C).

    Args:
        origins: whose pages may do what any client may.

    """

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origin.lower() for origin in origins)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Look at what browsers say of where a request comes from."""
        origin, site = req.env.get("HTTP_ORIGIN"), req.env.get("HTTP_SEC_FETCH_SITE")
        if (origin is None and site is None) or req.method not in ("GET", "HEAD"):
            return
        if origin is not None:
            own = origin.lower().partition("://")[2] == req.get_header("Host", default="").lower()
            foreign = not own and origin.lower() not in self._origins
        else:
            foreign = site not in _SAME_SITE
        if foreign:
            req.context.scopes -= {Scope.FETCH}


class SecurityHeaders:
    """Sets the headers that keep browsers and caches from making more of an answer than it is."""

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Encode the body now, while a failure to do so can still become a problem; then set the headers."""
        resp.set_headers(_SECURITY_HEADERS)
        if resp.get_header(_POLICY) is None:  # the pages of /docs have one of their own
            resp.set_header(_POLICY, "default-src 'none'; frame-ancestors 'none'")
        if req.context.key:
            kept = resp.get_header("Cache-Control") or "no-cache"
            if not kept.startswith("private"):
                resp.set_header("Cache-Control", f"private, {kept}")
        resp.render_body()


class VaryByOrigin:
    """Tells caches that whether a page may read an answer depends on the page's origin."""

    def process_response(self, _req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Say so in every answer: one kept for another origin would be refused by the browser."""
        resp.append_header("Vary", "Origin")


class HostCheck:
    """
    Answers loopback names and those that are allowed, which DNS rebinding cannot forge.

    Args:
        allowed: names, ``*.`` before a name for all below it, ``*`` for all, and networks of addresses.

    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._networks = [ip_network(host) for host in allowed if "/" in host]
        self._endings = tuple(_name(host)[1:] for host in allowed if host.startswith("*"))
        self._names = {"localhost", *(_name(host) for host in allowed if "/" not in host)}
        self._answers = lru_cache(_CACHE_SIZE)(self._is_answered)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Refuse any other name, and a request without one; who watches the service may ask by any."""
        host = req.get_header("Host", default="")
        if not self._answers(host) and req.path not in PROBES:
            name = _name(host)
            detail = f"This server does not answer as {name[:100]!r}." if name else "The Host header names no host."
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "host_not_allowed",
                detail,
                hint="Use localhost, or add the name to LANNER_ALLOWED_HOSTS and start lanner again.",
                errors=[{"header": "Host", "detail": detail}],
            )

    def _is_answered(self, host: str) -> bool:
        name = _name(host)
        if name in self._names or (name and name.endswith(self._endings)):
            return True
        try:
            address = ip_address(name.strip("[]"))
        except ValueError:
            return False
        return address.is_loopback or any(address in network for network in self._networks)


def _name(host: str) -> str:
    match = _HOST.fullmatch(host.strip())
    return match[1].lower() if match else ""
