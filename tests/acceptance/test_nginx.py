"""The shipped nginx in front: what it lets through, what it makes of it, and whom it keeps waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import requests

from entrypoints.rest import connections
from tests.acceptance.raw import Reply, ask, ask_http_2, connect, received
from tests.acceptance.running import Lanner, lanner, running
from tests.nginx import nginx
from tests.servers import free_port

pytestmark = pytest.mark.server
ROOT = Path(__file__).parents[2]
POST_LINE = "POST /timeseries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
STALLED = {
    "nothing": "",
    "half a line": "GET /heal",
    "half a head": "GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
    "no body": POST_LINE,
    "half a body": POST_LINE + '{"code":',
}
HURRIED_SECONDS = 6


class Echo(BaseHTTPRequestHandler):
    """Answers with what reached it."""

    protocol_version = "HTTP/1.1"
    begun: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.begun.append(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        told = {"method": self.command, "path": self.path, "headers": dict(self.headers), "bytes": len(body)}
        content = json.dumps(told).encode()
        if self.path.startswith("/large"):
            content += b" " * 8_000_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_DELETE = do_GET  # noqa: N815 - the library's form

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def before_echo(echo: int) -> Iterator[int]:
    with nginx(echo) as port:
        yield port


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    """An API that everybody may use, at least from here."""
    folder = tmp_path_factory.mktemp("behind")
    assert lanner("migrate", folder=folder, environment={}).returncode == 0
    with running(folder, {"LANNER_API_PROCESSES": "1", "LANNER_TRUSTED_PROXIES": "127.0.0.1"}, "api") as api:
        yield api


@pytest.fixture(scope="module")
def hurried(service: Lanner) -> Iterator[int]:
    with nginx(urlsplit(service.address).port or 0, hurried=True) as port:
        yield port


def told(reply: Reply) -> dict[str, Any]:
    """Give what reached the other side."""
    assert reply.status == 200, reply
    return dict(reply.json())


def test_headers_with_underscores_are_dropped(before_echo: int) -> None:
    """``X_Api_Token``, which WSGI cannot tell from ``X-Api-Token``, does not arrive, and neither do others of its kind."""
    names = ("X_Api_Token", "Content_Length", "X_Forwarded_For", "X-Forwarded_Prefix", "X_Request-ID")
    headers = told(ask(before_echo, "GET /", "X-Api-Token: good", *(f"{name}: evil" for name in names)))["headers"]

    assert headers["X-Api-Token"] == "good"
    assert [name for name, value in headers.items() if "_" in name or value == "evil"] == []


def test_forwarded_headers_are_said_anew(before_echo: int) -> None:
    """What a client says of itself counts for nothing."""
    names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Port", "Forwarded", "X-Real-IP")
    headers = told(ask(before_echo, "GET /", *(f"{name}: evil" for name in names), source="127.0.0.7"))["headers"]

    assert {name: value for name, value in headers.items() if "orward" in name or "eal" in name} == {
        "X-Forwarded-For": "127.0.0.7",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "localhost",
    }


def test_the_port_of_the_host_is_kept(before_echo: int) -> None:
    """Links that are made from it lead where the client came in."""
    headers = told(ask(before_echo, "GET /", host="LocalHost:8000"))["headers"]

    assert (headers["Host"], headers["X-Forwarded-Host"]) == ("localhost:8000", "localhost:8000")


@pytest.mark.parametrize(
    "path", ["/timeseries/1?a=%2f", "//timeseries/1?a=%2f", "/%2ftimeseries/1?a=%2f", "/x/%2e%2e/timeseries/./1?a=%2f"]
)
def test_a_path_arrives_in_its_normal_form(before_echo: int, path: str) -> None:
    """However it is spelt; its query stays as it is."""
    assert told(ask(before_echo, f"DELETE {path}"))["path"] == "/timeseries/1?a=%2f"


@pytest.mark.parametrize("path", ["/data/a%20b%3Fc%23d%25e", "/data/%3C%22%3E%7C%5E%60", "/data/%c3%a4", "/data/a%0d%0aX-Evil:%201"])
def test_what_is_quoted_stays_quoted(before_echo: int, path: str) -> None:
    """What a path holds neither ends it nor begins another header."""
    reached = told(ask(before_echo, f"GET {path}"))

    assert reached["path"].lower() == path.lower().replace(":", "%3a") or reached["path"].lower() == path.lower()
    assert "X-Evil" not in reached["headers"]


@pytest.mark.parametrize(
    ("path", "reached", "prefix"),
    [
        ("/lanner/timeseries?id=1", "/timeseries?id=1", "/lanner"),
        ("/%6canner//timeseries", "/timeseries", "/lanner"),
        ("/lanner/", "/", "/lanner"),
        ("/lannery/x", "/lannery/x", None),
        ("/", "/", None),
        ("/lanner/lanner/x", "/lanner/x", "/lanner"),
    ],
)
def test_a_prefix_is_stripped_and_told(before_echo: int, path: str, reached: str, prefix: str | None) -> None:
    """Below ``/lanner/`` lies the same API, which is told so."""
    found = told(ask(before_echo, f"GET {path}", "X-Forwarded-Prefix: /evil"))

    assert (found["path"], found["headers"].get("X-Forwarded-Prefix")) == (reached, prefix)


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("GET /timeseries", "evil.example"),
        ("GET /timeseries", "localhost.evil.example"),
        ("GET /timeseries", "127.0.0.2"),
        ("GET http://evil.example/timeseries", "localhost"),
        ("GET http://evil.example:8000/timeseries", "localhost"),
        ("GET //evil.example/timeseries", "evil.example"),
    ],
)
def test_other_hosts_are_not_answered(before_echo: int, line: str, host: str) -> None:
    """A name that is not ours is refused, be it the header's or the target's."""
    reply = ask(before_echo, line, host=host)

    assert (reply.status, reply.json()["code"]) == (421, "host_not_allowed")


def test_the_name_that_was_checked_is_told(before_echo: int) -> None:
    """Where target and header name different hosts, the API hears of the one that counts."""
    headers = told(ask(before_echo, "GET http://localhost/timeseries", host="evil.example"))["headers"]

    assert (headers["Host"], headers["X-Forwarded-Host"]) == ("localhost", "localhost")


@pytest.mark.parametrize("line", ["GET /timeseries", "CONNECT evil.example:443", "TRACE /timeseries"])
def test_no_host_and_odd_methods_are_refused(before_echo: int, line: str) -> None:
    """They do not reach the API."""
    assert ask(before_echo, line, host="" if line.startswith("GET") else "localhost").status in (400, 405)


def test_health_may_be_asked_by_address(before_echo: int) -> None:
    """A health check knows no host name."""
    assert [ask(before_echo, f"GET {path}", host="10.1.2.3").status for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 421]


def test_http_2_in_plain_text_is_refused(before_echo: int) -> None:
    """It is for TLS alone."""
    assert ask_http_2(before_echo, "localhost") == ""


def test_authorities_of_http_2_are_checked(echo: int) -> None:
    """Where HTTP/2 is spoken, its ``:authority`` is a host like any other, and a header beside it does not count."""
    with nginx(echo, listen=" http2") as port:
        statuses = [
            ask_http_2(port, "localhost", path="/timeseries"),
            ask_http_2(port, "evil.example", path="/timeseries"),
            ask_http_2(port, "evil.example", ("host", "localhost"), path="/timeseries"),
        ]

    assert statuses[0] == "200"
    assert set(statuses[1:]) <= {"421", "400", ""}


@pytest.mark.parametrize(
    ("path", "most"),
    [("/timeseries", 64), ("/", 64), ("/lanner/timeseries", 64), ("/fetches", 1024), ("/panel", 1024), ("/lanner/fetches", 1024)],
)
def test_bodies_have_a_size_for_each_route(before_echo: int, path: str, most: int) -> None:
    """Up to it they arrive, above it they are refused unread."""
    fits, above = (ask(before_echo, f"POST {path}", body=b" " * size) for size in (most * 1024, most * 1024 + 1))

    assert told(fits)["bytes"] == most * 1024
    assert (above.status, above.json()["code"]) == (413, "body_too_large")
    assert "application/problem+json" in above.head


def test_addresses_have_16_kilobytes(before_echo: int) -> None:
    """A longer one is refused, and so is a header that long."""
    statuses = [ask(before_echo, f"GET /{'a' * length}").status for length in (16_000, 17_000)]

    assert [*statuses, ask(before_echo, "GET /", f"X-A: {'a' * 17_000}").status] == [200, 414, 431]


def test_a_client_has_a_number_of_requests_at_once(before_echo: int) -> None:
    """One address does not get more, another does, and the refusal says when to try again."""
    with ExitStack() as stack:
        for _ in range(64):
            slow = stack.enter_context(connect(before_echo, source="127.0.0.8"))
            slow.sendall(POST_LINE.encode())
        time.sleep(0.5)
        refused = ask(before_echo, "GET /", source="127.0.0.8")
        other = ask(before_echo, "GET /", source="127.0.0.9")

    assert (refused.status, refused.json()["code"], refused.json()["retryable"]) == (429, "too_many_requests", True)
    assert "Retry-After: 1" in refused.head
    assert other.status == 200


def test_a_client_has_a_number_of_requests_a_second() -> None:
    """What one address asks for beyond it is refused, what others ask for is not."""
    line = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    with nginx(free_port()) as port, connect(port, source="127.0.0.10") as connection:
        sending = Thread(target=connection.sendall, args=((line + b"\r\n") * 990 + line + b"Connection: close\r\n\r\n",), daemon=True)
        sending.start()
        content = received(connection).body
        sending.join()
        other = ask(port, "GET /", source="127.0.0.11")

    assert content.count(b" 502 ") >= 600
    assert content.count(b" 429 ") >= 50
    assert (other.status, other.json()["code"]) == (502, "unavailable")


def test_bodies_arrive_whole(before_echo: int) -> None:
    """The API hears of a request when all of it is there."""
    with connect(before_echo) as connection:
        head = POST_LINE.replace("/timeseries", "/whole").replace("localhost\r\n", "localhost\r\nConnection: close\r\n")
        connection.sendall(head.encode() + b" " * 99)
        time.sleep(0.5)
        begun_early = "/whole" in Echo.begun
        connection.sendall(b" ")
        reached = told(received(connection))

    assert not begun_early
    assert reached["bytes"] == 100


def test_answers_are_taken_at_once(before_echo: int) -> None:
    """The API gets rid of an answer of megabytes that its reader leaves alone."""
    with connect(before_echo, receive=4096) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        time.sleep(1)
        body = received(connection).body

    assert len(body) > 8_000_000


def test_links_carry_the_prefix(service: Lanner) -> None:
    """Those of headers and of documents lead back below it, and the client's own address is in the log."""
    with nginx(urlsplit(service.address).port or 0) as port:
        here = f"http://127.0.0.1:{port}/lanner"
        document = {"provider": "sample", "database_code": "SAMPLE", "dataset_code": "GDP"}
        made = requests.post(f"{here}/timeseries", json=document, timeout=30)
        problem = requests.get(f"{here}/none", timeout=30).json()
        page = requests.get(f"{here}/docs", timeout=30).text
        doc = requests.get(f"{here}/openapi.json", timeout=30).json()
        ask(port, "GET /lanner/from-afar", "X-Forwarded-For: 203.0.113.1", source="127.0.0.9")

    assert made.headers["Location"] == f"/lanner/timeseries/{made.json()['id']}" == made.json()["links"]["self"]
    assert problem["type"] == "/lanner/problems/unknown_route"
    assert '<base href="/lanner/">' in page
    assert doc["servers"] == [{"url": "/lanner"}]
    end = time.monotonic() + 5
    while '"path":"/from-afar"' not in service.log() and time.monotonic() < end:
        time.sleep(0.05)
    [line] = [line for line in service.log().splitlines() if '"path":"/from-afar"' in line]
    assert json.loads(line)["client"] == "127.0.0.9"


def test_stalled_clients_end(hurried: int) -> None:
    """A client that stops within a request is disconnected at the deadline, and others are served meanwhile."""
    with ExitStack() as stack:
        connections = {kind: stack.enter_context(connect(hurried)) for kind in STALLED}
        for kind, sent in STALLED.items():
            connections[kind].sendall(sent.encode())
        begun = time.monotonic()
        assert ask(hurried, "GET /healthz").status == 200
        assert ask(hurried, "GET /timeseries").status == 200
        statuses = {kind: received(connection).status for kind, connection in connections.items()}

    assert time.monotonic() - begun < HURRIED_SECONDS
    assert set(statuses.values()) <= {0, 408}


def test_dripping_heads_end(hurried: int) -> None:
    """A deadline is for all of the head, however it drips."""
    begun = time.monotonic()
    with connect(hurried) as connection, suppress(OSError):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        while time.monotonic() - begun < HURRIED_SECONDS:
            connection.sendall(b"a")
            time.sleep(0.1)

    assert time.monotonic() - begun < HURRIED_SECONDS


@pytest.fixture(scope="module")
def all_hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx before an API, the deadlines of both a tenth."""
    folder = tmp_path_factory.mktemp("hurried")
    assert lanner("migrate", folder=folder, environment={}).returncode == 0
    hurry = connections.HEADER_TIMEOUT_SECONDS // 10
    environment = {"PYTHONPATH": str(ROOT), "FAULTS_INSIDE": f"hurry={hurry}", "LANNER_API_PROCESSES": "1"}
    with (
        running(folder, environment, "api", module="tests.faults.launch") as api,
        nginx(urlsplit(api.address).port or 0, hurried=True) as port,
    ):
        yield port


@pytest.mark.slow
def test_idle_connections_are_kept_and_none_is_lost(all_hurried: int) -> None:
    """A client's connection is there for longer than load balancers keep theirs; none of its requests meets an API that hangs up."""
    idle = [0.5, 1.5, 1.9, 2.0, 2.1, 2.5, 2.8, 2.9, 2.95, 3.0, 3.05, 3.1, 3.2, 4.0, 5.0, 6.0]
    with ThreadPoolExecutor(len(idle)) as threads:
        statuses = list(threads.map(partial(posted_after, all_hurried), idle))

    assert statuses == [[400, 400, 400]] * len(idle)


def posted_after(port: int, seconds: float) -> list[int]:
    """Send what the API refuses, which nginx sends once only, over one connection, and again after it was idle; give the statuses."""
    connection, statuses = HTTPConnection("127.0.0.1", port, timeout=10), []
    connection.connect()
    # A closed one would be opened anew.
    connection.auto_open = 0
    for pause in (0.0, seconds, seconds):
        time.sleep(pause)
        connection.request("POST", "/timeseries", body=b"none", headers={"Host": "localhost", "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses
