"""Which IP addresses are public, and which URLs lie below a base URL."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

UrlOrigin = tuple[str, str | None, int | None]

_HTTP = 80
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Return whether an IP address is public, and so is an IPv4 address embedded in it."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    inner = _embedded(ip)
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_site_local)


def origin(url: str) -> UrlOrigin:
    """Return a URL's scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": _HTTP, "https": 443}.get(parts.scheme)


def is_below(url: str, base_url: str) -> bool:
    """Return whether a URL lies below another, without ``..`` that leads out of it."""
    parts = urlsplit(url)
    prefix = urlsplit(base_url).path.rstrip("/") + "/"
    return (
        origin(url) == origin(base_url)
        and parts.username is None
        and parts.path.startswith(prefix)
        and not has_parent_segments(unquote(parts.path).split("/"))
    )


def secure_twins(base_url: str) -> Sequence[str]:
    """Return where an http address may be by https on the same host: at the usual port, and at its own; nothing for another scheme."""
    parts = urlsplit(base_url)
    if parts.scheme != "http":
        return ()
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    own = [f"{host}:{parts.port}"] if parts.port not in (None, _HTTP) else []
    return [parts._replace(scheme="https", netloc=str(netloc)).geturl() for netloc in (host, *own)]


def has_parent_segments(segments: Sequence[str]) -> bool:
    """Return whether path segments contain ``..``, also after percent-decoding them once or twice."""
    return ".." in unquote("/".join(segments)).replace("\\", "/").split("/")


def _embedded(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour
