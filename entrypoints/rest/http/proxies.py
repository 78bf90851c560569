"""Forwarding headers of trusted proxies: the client's address, and the scheme, host and path prefix that it used."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address

import falcon

from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.links import set_root

Network = IPv4Network | IPv6Network

_CACHE_SIZE = 1024
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_HOST = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NODE = re.compile(r"\[(?P<ipv6>[0-9A-Fa-f:.]+)\](?::[0-9]+)?|(?P<ipv4>[0-9.]+)(?::[0-9]+)?|(?P<bare>[0-9A-Fa-f:.]+)")
_X_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix")


class ProxyHeaders:
    """
    Replaces the proxy's address, scheme and host by the client's, if the proxy is trusted.

    The standard ``Forwarded`` (RFC 7239) is used only without any ``X-Forwarded`` header: a proxy that sets those passes on a ``Forwarded``
    that a client forged.

    Args:
        trusted: the proxies' networks.
        root_path: the path prefix under which clients reach the service, unless a proxy names another; empty, or like ``/lanner``.

    """

    def __init__(self, trusted: Collection[Network] = (), root_path: str = "") -> None:
        self._root_path = root_path
        self._is_trusted = lru_cache(_CACHE_SIZE)(lambda address: _is_in(address, trusted))
        self._trusts = bool(trusted)

    def process_request(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Set the client's address and the path prefix, and strip the prefix from the path where the proxy has not."""
        address, root = req.remote_addr, self._root_path
        if self._trusts and self._is_trusted(address):
            address, root = self._forwarded(req, address)
        req.context.address = address
        set_root(root)
        if root:
            req.env["SCRIPT_NAME"] = root
            if f"{req.path}/".startswith(f"{root}/"):
                req.path = req.path[len(root) :] or "/"

    def _forwarded(self, req: falcon.Request, address: str) -> tuple[str, str]:
        sent = any(req.get_header(name) for name in _X_FORWARDED)
        hops, scheme, host = _x_forwarded(req) if sent else _standard(req)
        prefix = _last(req, "X-Forwarded-Prefix")
        if scheme:
            req.env["wsgi.url_scheme"] = _checked(scheme, re.compile("https?"), "X-Forwarded-Proto" if sent else "Forwarded")
        if host:
            req.env["HTTP_HOST"] = _checked(host, _HOST, "X-Forwarded-Host" if sent else "Forwarded")
        root = _checked(prefix.rstrip("/"), _PREFIX, "X-Forwarded-Prefix") if prefix else self._root_path
        return self._first_untrusted(hops, address), root

    def _first_untrusted(self, hops: Sequence[str], address: str) -> str:
        """Return the address of the last hop, counted from here, that is no trusted proxy."""
        for hop in reversed(hops):
            match = _NODE.fullmatch(hop.strip())
            if not match:
                break
            address = match[match.lastgroup or 0]
            if not self._is_trusted(address):
                break
        return address


def _x_forwarded(req: falcon.Request) -> tuple[list[str], str, str]:
    hops = [hop for hop in (req.get_header("X-Forwarded-For") or "").split(",") if hop.strip()]
    return hops, _last(req, "X-Forwarded-Proto"), _last(req, "X-Forwarded-Host")


def _standard(req: falcon.Request) -> tuple[list[str], str, str]:
    elements = req.forwarded or []
    last = elements[-1] if elements else None
    return [element.src or "" for element in elements], (last and last.scheme) or "", (last and last.host) or ""


def _last(req: falcon.Request, name: str) -> str:
    return (req.get_header(name) or "").rpartition(",")[2].strip()


def _checked(value: str, pattern: re.Pattern[str], header: str) -> str:
    if not pattern.fullmatch(value):
        detail = f"The proxy's header {header} is not valid."
        hint = "Configure the proxy to set it, and to drop the one that a client sends."
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_request", detail, hint=hint, errors=[{"header": header, "detail": detail}])
    return value


def _is_in(address: str, networks: Iterable[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None) or known
    return any(mapped in network for network in networks)
