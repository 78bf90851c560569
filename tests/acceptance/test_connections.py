"""Connections that send nothing or read nothing end, those of HTTP/2 without TLS at once, and there is room for thousands."""

from __future__ import annotations

import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from entrypoints.rest import connections
from tests.acceptance.running import Lanner, lanner, running

ROOT = Path(__file__).parents[2]
SECONDS = 2
ENDED_SECONDS = 10
MANY = 300
ESTABLISHED = "01"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
GET = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends connections that are left unread")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    """An API that waits for its clients for two seconds, and may have few files open at first."""
    folder = tmp_path_factory.mktemp("connections")
    assert lanner("migrate", folder=folder, environment={}).returncode == 0
    environment = {"PYTHONPATH": str(ROOT), "FAULTS_INSIDE": f"hurry={SECONDS}", "LANNER_API_PROCESSES": "1"}
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY, limits[1]))
    try:
        service = running(folder, environment, "api", module="tests.faults.launch")
        with service as api:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            yield api
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def connected(service: Lanner, sent: bytes) -> socket.socket:
    """Send something over a connection whose side here holds little."""
    address = urlsplit(service.address)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(ENDED_SECONDS)
    connection.connect((address.hostname, address.port))
    connection.sendall(sent)
    return connection


def open_connections(service: Lanner) -> int:
    """Count those that the API holds."""
    port = f":{urlsplit(service.address).port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(line[1].endswith(port) and line[3] == ESTABLISHED for line in lines)


def seconds_until(claim: Callable[[], bool]) -> float:
    begun = time.monotonic()
    while not claim() and time.monotonic() - begun < ENDED_SECONDS:
        time.sleep(0.1)
    return time.monotonic() - begun


@pytest.mark.parametrize("sent", [b"", GET[:20], GET[:-2], PREFACE[:10], GET], ids=["nothing", "line", "head", "preface", "kept alive"])
def test_silent_connections_end(service: Lanner, sent: bytes) -> None:
    """A client that stops anywhere before the end of a request's head is disconnected at the deadline."""
    begun = time.monotonic()
    with connected(service, sent) as connection:
        while connection.recv(65536):
            pass

    assert time.monotonic() - begun < ENDED_SECONDS / 2


def test_http_2_without_tls_is_refused(service: Lanner) -> None:
    """The preface of HTTP/2 gets no HTTP/2."""
    with connected(service, PREFACE) as connection:
        received = connection.recv(65536)

    assert received == b"" or received.startswith(b"HTTP/1.")


@on_linux
def test_unread_answers_end(service: Lanner) -> None:
    """A client that requests much and reads nothing of it is disconnected at the deadline."""
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connected(service, GET * 200))
        assert seconds_until(lambda: open_connections(service) >= 20) < ENDED_SECONDS

        assert seconds_until(lambda: open_connections(service) == 0) < ENDED_SECONDS


@on_linux
def test_there_is_room_beside_the_silent(service: Lanner) -> None:
    """More silent connections than files may be open at first keep nobody out."""
    with ExitStack() as stack:
        for _ in range(2 * MANY):
            stack.enter_context(connected(service, b""))

        assert service.get("/healthz").status_code == 200
        assert open_connections(service) > MANY


def test_the_deadlines_are_bearable() -> None:
    """They are long enough for slow networks, and short enough to be worth something."""
    assert (connections.HEADER_TIMEOUT_SECONDS, connections.SEND_TIMEOUT_SECONDS, connections.MAX_CONNECTIONS) == (30, 30, 4096)
