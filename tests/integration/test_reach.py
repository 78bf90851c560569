"""Where the HTTP client goes and where it does not: addresses, hostile codes, hostile base URLs."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.url_policy import is_public
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import FetchError, InvalidInput, SourceUnavailable
from domain.ports import PriorState
from tests.builders import a_server, an_answer

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "nonsense",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "104.18.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public(address):
    """Private, loopback, link-local, multicast, reserved and unspecified addresses are none of the Internet's, in any clothes."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_that_is_public(address):
    """The Internet's addresses are."""
    assert is_public(address)


@contextmanager
def names(monkeypatch, *addresses: str) -> Iterator[list[str]]:
    """Have every name resolve to the next of these addresses; gives the names that were asked for."""
    asked, resolve, turn = [], socket.getaddrinfo, itertools.cycle(addresses)

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        return resolve(next(turn), port, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", getaddrinfo)
        yield asked


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "localhost"])
def test_a_private_address_is_not_asked(host):
    """However the address of a default base URL is written, it is refused if it is this machine's, with the way out."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = HttpClient("canned", f"https://{host}:{server.getsockname()[1]}", secrets=[], deadline_seconds=5)
        with pytest.raises(SourceUnavailable) as raised:
            client.get(["x"])
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()

    assert "open Internet" in raised.value.message
    assert "LANNER_PROVIDERS__CANNED__BASE_URL" in raised.value.hint


def test_a_name_that_leads_elsewhere_the_next_time(monkeypatch):
    """What a name resolves to is judged where it is connected to, every time anew."""
    with socket.create_server(("127.0.0.1", 0)) as server, names(monkeypatch, "127.0.0.1") as asked:
        client = HttpClient("canned", f"https://data.example:{server.getsockname()[1]}", secrets=[], deadline_seconds=5)
        for _ in range(2):
            with pytest.raises(SourceUnavailable, match="open Internet"):
                client.get(["x"])

    assert asked == ["data.example"] * 2


def test_an_operator_may_permit_it(monkeypatch):
    """A base URL that was configured may lead to a private address, with http and by name."""
    with a_server(lambda target, headers: [an_answer(b"{}")]) as url, names(monkeypatch, "127.0.0.1"):
        port = url.rpartition(":")[2]
        providers = InstalledProviders({"quandl": {"base_url": f"http://inside.example:{port}/api"}}, deadline_seconds=5)
        providers.check()
        with pytest.raises(FetchError, match="JSON of another shape"):
            providers.source("quandl").fetch(DatasetCode("WIKI", "FB"), PriorState(newest=None))


STEPS = ("..", ".", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..%2f", "..%5c", "..\\", "..;", "..%00", "...", "%c0%ae%c0%ae", "․․", "．．")
ENDS = ("admin", "@evil.example/x", "?a=b#", "#", "//evil.example", "\\\\evil.example", "%0d%0aHost: evil", "http://evil.example/")
HOSTILE = [f"{step}/{end}" for step in STEPS for end in ENDS] + [f"x/{step}/{step}/{end}" for step in STEPS for end in ENDS]
HOSTILE += [f"x{mark}{end}" for mark in "/\\?#@:;&%\r\n\t \0" for end in ENDS]
HOSTILE += [
    "/",
    "//",
    "///etc/passwd",
    "A//B",
    " ",
    "",
    "a" * 201,
    "file:///etc/passwd",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "$(id)",
    "`id`",
    "' OR 1=1",
]


def test_no_code_leaves_the_base_url():
    """Several hundred hostile codes, and each as segments of its own, reach nothing but what lies below the base URL."""
    heard = []
    with a_server(lambda target, headers: [an_answer(b"{}")] if heard.append((target, headers["host"])) is None else []) as url:
        client = HttpClient("canned", url + "/api/v3", secrets=[], deadline_seconds=5)
        source = InstalledProviders({"quandl": {"base_url": url + "/api/v3"}}, deadline_seconds=5).source("quandl")
        for text in HOSTILE:
            for attempt in (
                lambda text=text: client.get(["datasets", text]),
                lambda text=text: client.get(text.split("/"), {"code": text}),
                lambda text=text: source.fetch(DatasetCode("WIKI", text), PriorState(newest=None)),
                lambda text=text: source.fetch(DatasetCode.parse(text), PriorState(newest=None)),
            ):
                try:
                    attempt()
                except (FetchError, InvalidInput):
                    continue
    host = url.removeprefix("http://")

    assert len(HOSTILE) > 300
    assert len(heard) > 300
    for target, asked in heard:
        path = target.partition("?")[0]
        assert asked == host
        assert path.startswith("/api/v3/")
        assert ".." not in unquote(unquote(path)).replace("\\", "/").split("/")
        assert target.isascii()
        assert target.isprintable()
        assert "#" not in target


@pytest.mark.parametrize("place", [f"{{url}}/api/v3/{step}/{step}/{end}" for step in STEPS for end in ENDS] + [f"{end}" for end in ENDS])
def test_no_redirect_leaves_the_base_url(place):
    """Wherever an answer leads, nothing but what lies below the base URL is asked."""
    heard = []

    def respond(target, headers):
        heard.append(target)
        yield an_answer(b"", status=302, Location=place.replace("{url}", url).encode("ascii", "ignore").decode())

    with a_server(respond) as url, pytest.raises(FetchError):
        HttpClient("canned", url + "/api/v3", secrets=[], deadline_seconds=5).get(["x"])

    assert [target for target in heard if not target.startswith("/api/v3/")] == []
    assert [target for target in heard if ".." in unquote(unquote(target.partition("?")[0])).replace("\\", "/").split("/")] == []


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://evil.example",
        "file:///etc/passwd",
        "//evil.example",
        "evil.example",
        "https://",
        "https://user:password@evil.example",
        "https://@evil.example",
        "https://evil.example?x=1",
        "https://evil.example/#x",
        "https://evil.example:0",
        "https://evil.example:99999",
        "https://[::1",
        "javascript:alert(1)",
        "unix:///var/run/docker.sock",
    ],
)
def test_a_base_url_that_is_none(base_url):
    """A base URL of another form stops the start, and is not repeated."""
    with pytest.raises(InvalidInput) as raised:
        InstalledProviders({"quandl": {"base_url": base_url}}, deadline_seconds=5).check()

    assert raised.value.field == "LANNER_PROVIDERS__QUANDL__BASE_URL"
    assert base_url not in raised.value.message
