"""How requests leave this network: through which proxies, and whose certificates they trust."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PORTS = {"http": 80, "https": 443}
_LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Proxy:
    """
    A proxy.

    Attributes:
        url: ``http://host:port`` or ``https://…``, perhaps with a user and a password.

    """

    url: str

    @property
    def place(self) -> str:
        """Its address without its secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of requests to the proxy itself."""
        user, at, _ = urlsplit(self.url).netloc.rpartition("@")
        return {"Proxy-Authorization": f"Basic {b64encode(unquote(user).encode()).decode()}"} if at else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """
    How requests leave this network.

    Attributes:
        http_proxy, https_proxy: URLs of the proxies for addresses of either scheme, empty if there is none.
        no_proxy: what is reached directly: names and all below them, addresses, networks, each perhaps with a port; ``*`` is everything.
        proxy_checks_addresses: whether the proxies themselves refuse addresses that are not public, and so may resolve any name.
        ca_file: a file, or a folder, of the authorities that are trusted in place of the public ones.

    """

    http_proxy: str = ""
    https_proxy: str = ""
    no_proxy: Sequence[str] = ()
    proxy_checks_addresses: bool = False
    ca_file: Path | None = None

    def proxy_for(self, url: str) -> Proxy | None:
        """Return the proxy for an address, or None if it is reached directly, as this machine itself always is."""
        parts = urlsplit(url)
        proxy, host = self.https_proxy if parts.scheme == "https" else self.http_proxy, (parts.hostname or "").rstrip(".")
        if not proxy or _is_here(host):
            return None
        port = parts.port or _PORTS.get(parts.scheme)
        return None if any(_covers(entry.lower(), host, port) for entry in self.no_proxy) else Proxy(proxy)

    @property
    def authorities(self) -> Mapping[str, str]:
        """The certificates to trust, as arguments of a connection pool."""
        import certifi

        if self.ca_file is None:
            return {"ca_certs": certifi.where()}
        return {"ca_cert_dir" if self.ca_file.is_dir() else "ca_certs": str(self.ca_file)}


DIRECT = Outbound()


def is_address(host: str) -> bool:
    """Return whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_here(host: str) -> bool:
    return ip_address(host).is_loopback if is_address(host) else host == _LOCALHOST or host.endswith(f".{_LOCALHOST}")


def _covers(entry: str, host: str, port: int | None) -> bool:
    if entry == "*":
        return True
    if is_address(host):
        return _covers_address(entry, host, port)
    name, colon, number = entry.removeprefix("*").lstrip(".").partition(":")
    return bool(name) and (not colon or number == str(port)) and (host == name or host.endswith(f".{name}"))


def _covers_address(entry: str, host: str, port: int | None) -> bool:
    place, bracket, rest = entry.removeprefix("[").partition("]")
    if not bracket and entry.count(":") == 1:
        place, _, rest = entry.partition(":")
    if rest and rest.removeprefix(":") != str(port):
        return False
    try:
        return ip_address(host) in ip_network(place, strict=False)
    except ValueError:
        return False
