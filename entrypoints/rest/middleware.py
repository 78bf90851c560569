"""Middleware for every request: its id and log line, checks of its target, host and origin, and security headers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from random import getrandbits
from time import perf_counter, time
from typing import Any

import falcon
from structlog.contextvars import bind_contextvars, clear_contextvars

from domain.api_keys import Scope
from entrypoints.rest.fred import is_lenient
from entrypoints.rest.http.access_log import AccessLog
from entrypoints.rest.http.errors import LOGGED_CHARACTERS, Problem
from entrypoints.rest.http.origins import is_of_another_site
from entrypoints.rest.http.params import QueryParameters
from entrypoints.rest.http.rate_limits import PROBES
from entrypoints.rest.http.request_metrics import labels_of
from entrypoints.rest.openapi.operation import Route, operation_of, operations
from entrypoints.rest.quandl import is_quandl

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


class RequestTrace:
    """Sets a request's id, in its response and all its log lines, and writes its access line."""

    def __init__(self) -> None:
        self._log = AccessLog()

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Accept the client's id if it is harmless, else generate one."""
        given = req.get_header("X-Request-ID", default="")
        # It is no secret, so it needs none of the system's randomness, which costs a switch of threads.
        req.context.request_id = given if given and _REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"
        req.context.begun = perf_counter()
        clear_contextvars()
        bind_contextvars(request_id=req.context.request_id, client=req.context.address)

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        if not req.context.request_id:  # Falcon refuses some methods before any process_request
            self.process_request(req, resp)
        resp.set_header("X-Request-ID", req.context.request_id)
        key, seconds, status = req.context.key, perf_counter() - req.context.begun, falcon.http_status_to_code(resp.status)
        self._log.add(
            {
                "request_id": req.context.request_id,
                "client": req.context.address,
                "key": key.id if key else None,
                "method": req.method,
                "path": req.path[:LOGGED_CHARACTERS],  # the query may hold a secret
                "status": status,
                "milliseconds": round(1000 * seconds, 1),
                "created": time(),
            },
            (labels_of(req.method, req.uri_template, status), seconds),
        )


class TargetCheck:
    """Refuses paths that are not normalised, and targets that are too long."""

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Raise Problem for them; Falcon strips a single trailing slash."""
        path = req.env["PATH_INFO"] or "/"
        if len(path) + len(req.query_string) > _MAX_TARGET_LENGTH:
            detail = f"Path and query are longer than {_MAX_TARGET_LENGTH} bytes."
            raise Problem(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long", detail, hint="Name fewer columns, or make several requests.")
        if "//" not in path and "/." not in path and path[0] == "/":
            return
        segments = path.removesuffix("/").split("/")
        if segments[0] or any(segment in ("", ".", "..") for segment in segments[1:]):
            detail = "The path has an empty, a . or a .. segment."
            raise Problem(HTTPStatus.BAD_REQUEST, "invalid_path", detail, hint="Use the path of a link, such as /timeseries.")


class ParameterCheck:
    """Refuses query parameters for operations that declare none, except health probes and the APIs of others, which ignore them."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._without: set[tuple[str, str]] = set()
        for path, method, responder in operations(routes):
            found = operation_of(responder)
            if found and not _ignores_parameters(path) and all(each.place != "query" for each in found.parameters.values()):
                self._without |= {(path, verb) for verb in (("GET", "HEAD") if method == "get" else (method.upper(),))}

    def process_resource(self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: Mapping[str, Any]) -> None:
        """Raise InvalidInput for the first parameter that has a value."""
        if req.params and (req.uri_template, req.method) in self._without:
            QueryParameters(req.params)


def _ignores_parameters(path: str) -> bool:
    return path in PROBES or is_quandl(path) or is_lenient(path)


class CrossSiteCheck:
    """
    Takes the scope to fetch from GET requests that pages of other sites send.

    Browsers send such requests without asking the user, for an image for example; they may read stored data only (see Fetch Metadata, W3C).

    Args:
        origins: whose pages may do what any client may.

    """

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origin.lower() for origin in origins)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Compare Origin, or else Sec-Fetch-Site, with this host and the allowed origins."""
        origin = req.env.get("HTTP_ORIGIN")
        if req.method in ("GET", "HEAD") and is_of_another_site(req) and (origin or "").lower() not in self._origins:
            req.context.scopes -= {Scope.FETCH}


class SecurityHeaders:
    """Sets headers that keep browsers and caches from misusing a response."""

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        """Set the headers, and encode the body now, while a failure to do so can still become a problem."""
        resp.set_headers({name: value for name, value in _SECURITY_HEADERS.items() if resp.get_header(name) is None})
        if resp.get_header(_POLICY) is None:  # the pages of /docs have one of their own
            resp.set_header(_POLICY, "default-src 'none'; frame-ancestors 'none'")
        if req.context.key:
            policy = resp.get_header("Cache-Control") or "no-cache"
            if not policy.startswith("private"):
                resp.set_header("Cache-Control", f"private, {policy}")
        resp.render_body()


class VaryByOrigin:
    """Adds ``Vary: Origin`` to all responses: a browser would refuse one that was cached for another origin."""

    def process_response(self, _req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's form
        resp.append_header("Vary", "Origin")


class HostCheck:
    """
    Refuses Host headers other than loopback names and allowed ones, against DNS rebinding.

    Args:
        allowed: host names, ``*.`` before a name for its subdomains, ``*`` for all, and networks of addresses.

    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._networks = [ip_network(host) for host in allowed if "/" in host]
        self._endings = tuple(_name(host)[1:] for host in allowed if host.startswith("*"))
        self._names = {"localhost", *(_name(host) for host in allowed if "/" not in host)}
        self._is_allowed = lru_cache(_CACHE_SIZE)(self._match)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Raise Problem for other names and for a missing one; health probes may use any."""
        host = req.get_header("Host", default="")
        if not self._is_allowed(host) and req.path not in PROBES:
            name = _name(host)
            detail = f"This server does not serve the host name {name[:100]!r}." if name else "The Host header names no host."
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "host_not_allowed",
                detail,
                hint="Use localhost, or add the name to LANNER_ALLOWED_HOSTS and start lanner again.",
                errors=[{"header": "Host", "detail": detail}],
            )

    def _match(self, host: str) -> bool:
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
