"""Whatever bytes arrive, the running API answers without an error of its own, and goes on answering."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings

from tests.acceptance.running import Lanner, running
from tests.entrypoints.rest.examples import CHECKS, EXAMPLES, LIMITS, loaded

HOST = b"Host: localhost\r\nConnection: close\r\n"
GET = b"GET /healthz HTTP/1.1\r\n" + HOST
KEPT_ALIVE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
JSON = HOST + b"Content-Type: application/json\r\n"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
SILENCE = 1.0
#: What may be dropped, or be waited for, without a word.
SILENT = ("nothing", "HTTP 2", "half a line", "half a request", "a body that does not come")


def a_post(body: bytes, *headers: bytes) -> bytes:
    """Write a request for a series as a client would, whatever its body is."""
    lines = [b"Content-Length: %d" % len(body), *headers]
    return b"POST /timeseries HTTP/1.1\r\n" + JSON + b"\r\n".join(lines) + b"\r\n\r\n" + body


REQUESTS = {
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "an unknown version": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "HTTP 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "a method of its own": b"FETCH /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "an odd method": b"G@T\x00 /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long method": b"G" * 70_000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target without slash": b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a whole address": b"GET http://localhost/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT localhost:22 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a trace": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long target": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long query": b"GET /timeseries?query=" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "many parameters": b"GET /timeseries?" + b"limit=1&" * 7_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "upwards": b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "upwards, coded": b"GET /docs/%2e%2e%2fopenapi.json HTTP/1.1\r\n" + HOST + b"\r\n",
    "no UTF-8 in the path": b"GET /\xff\xfe/%ff%fe HTTP/1.1\r\n" + HOST + b"\r\n",
    "no UTF-8 in the query": b"GET /timeseries?query=%ff%fe&code=\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    "half a coding": b"GET /timeseries?query=%&code=%2 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in the path": b"GET /fetches/%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a bare NUL": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in the query": b"GET /timeseries?query=a%00b HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL at the Quandl-compatible API": b"GET /api/v3/datasets.json?query=a%00b&database_code=%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "surrogates": b"GET /timeseries?query=%ed%a0%80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no UTF-8 at the Quandl-compatible API": b"GET /api/v3/datasets/%ff/%fe.csv?start_date=%ff HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: localhost:80\r\n" + b"\r\n",
    "a wrong host": b"GET /healthz HTTP/1.1\r\nHost: \xff[[::\r\n\r\n",
    "a header without a colon": GET + b"nonsense\r\n\r\n",
    "a header without a name": GET + b": x\r\n\r\n",
    "a folded header": GET + b"X-A: b\r\n c\r\n\r\n",
    "a NUL in a header": GET + b"X-Request-ID: a\x00b\r\n\r\n",
    "no UTF-8 in headers": GET + b"X-Request-ID: \xff\r\nAccept: \xff\r\nAuthorization: Bearer \xff\r\nX-Api-Token: \xfe\r\n\r\n",
    "a huge header": GET + b"X-A: " + b"a" * 500_000 + b"\r\n\r\n",
    "many headers": GET + b"".join(b"X-%d: a\r\n" % number for number in range(5_000)) + b"\r\n",
    "odd codings": b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"Accept-Encoding: gzip;q=9,;;;,*;q=nan\r\n\r\n",
    "an odd Accept": b"GET /timeseries HTTP/1.1\r\n" + HOST + b"Accept: /;q=;,*/*;q=x\r\n\r\n",
    "an odd Content-Length": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: -1\r\n\r\n",
    "a wordy Content-Length": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: ten\r\n\r\n{}",
    "two lengths": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a huge Content-Length": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "a body that does not come": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: 100\r\n\r\n{",
    "a length and chunks": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "an odd chunk": b"POST / HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a huge chunk": b"POST / HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
    "half a chunk": b"POST / HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "an unknown coding": b"POST / HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: gzip\r\n\r\n",
    "a body with GET": GET + b"Content-Length: 2\r\n\r\n{}",
    "half a request": GET,
    "half a line": b"GET /heal",
    "a pipeline": KEPT_ALIVE * 50,
    "a pipeline that breaks": KEPT_ALIVE * 3 + b"\x00\x01\x02\r\n\r\n" + GET + b"\r\n",
    "a smuggled request": a_post(b'{"code": "A/B"}' + GET + b"\r\n"),
    "an upgrade": GET + b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
    "an expectation": b"POST / HTTP/1.1\r\n" + JSON + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    "an odd range": b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"Range: bytes=99999999999999999999-,-,5-1\r\n\r\n",
    "an empty body": a_post(b""),
    "no UTF-8 in the body": a_post(b'{"code": "\xff\xfe"}'),
    "a NUL in the body": a_post(b'{"code": "A/\\u0000"}\x00'),
    "half a surrogate": a_post(b'{"code": "A/\\ud800"}'),
    "a deep body": a_post(b"[" * 100_000),
    "a deep and closed body": a_post(b'{"code":' * 20_000 + b"1" + b"}" * 20_000),
    "a long number": a_post(b'{"code": ' + b"9" * 100_000 + b"}"),
    "a large exponent": a_post(b'{"code": 1e999999, "refresh": -0.0e-9999}'),
    "odd numbers": a_post(b'{"code": NaN, "refresh": Infinity}'),
    "a list": a_post(b"[" + b"0," * 30_000 + b"0]"),
    "a body in another set": a_post(b'{"code": "A/B"}', b"Content-Type: application/json; charset=utf-16"),
    "a coded body": a_post(b"\x1f\x8b\x08", b"Content-Encoding: gzip"),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    """A running service; it must still end well after all of this."""
    with running(tmp_path_factory.mktemp("raw"), {}, "up") as service:
        yield service


def connected(service: Lanner, request: bytes) -> socket.socket:
    address = urlsplit(service.address)
    connection = socket.create_connection((address.hostname, address.port), timeout=SILENCE)
    with suppress(OSError):  # it may hang up before it has heard all
        connection.sendall(request)
    return connection


def statuses(service: Lanner, request: bytes) -> list[int]:
    """Send bytes, and give the statuses of what comes back before the server hangs up or is silent."""
    received = b""
    with connected(service, request) as connection, suppress(OSError):
        while part := connection.recv(65536):
            received += part
    return [int(status) for status in STATUS.findall(received)]


def assert_well(service: Lanner, found: list[int]) -> None:
    """Nothing broke, and the next client is served."""
    assert [status for status in found if status >= 500] == []
    assert service.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("name", REQUESTS)
def test_odd_requests(service: Lanner, name: str) -> None:
    """What is no good request gets no server error, and takes nothing from the next client."""
    found = statuses(service, REQUESTS[name])

    assert_well(service, found)
    assert found or name in SILENT


@pytest.mark.timeout(1800)
def test_requests_damaged_at_random(service: Lanner) -> None:
    """Bytes put in, left out and changed anywhere in good requests break nothing."""
    chance = random.Random(5)
    good = [KEPT_ALIVE, REQUESTS["an empty body"], a_post(b'{"code": "SAMPLE/NILE"}'), REQUESTS["chunks"], REQUESTS["an odd range"]]
    found = []
    for _ in range(EXAMPLES):
        request = bytearray(chance.choice(good).replace(b"keep-alive", b"close"))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(request))
            request[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        with connected(service, bytes(request)) as connection, suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            found += [int(status) for status in STATUS.findall(connection.recv(65536))]

    assert_well(service, found)


@pytest.mark.parametrize("half", [GET, a_post(b"{}")[:-1], KEPT_ALIVE * 500], ids=["head", "body", "answers"])
def test_slow_clients(service: Lanner, half: bytes) -> None:
    """Clients that stop within a request, or never read their answers, keep nobody else waiting."""
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(connected(service, half))

        assert service.get("/healthz").status_code == 200
        assert service.get("/timeseries").status_code == 200
    assert service.post("/timeseries", {"code": "SAMPLE/NILE"}).status_code in (200, 201)


@pytest.mark.timeout(1800)
def test_the_service_keeps_to_its_document(service: Lanner) -> None:
    """Over real connections, too, requests at random find what the OpenAPI document says."""
    known = service.request("SAMPLE", "NILE")
    service.polled(known["id"])
    schema = loaded(
        {
            "series_id": [known["id"]],
            "fetch_id": [known["fetch"]["id"]],
            "number": ["1", "2"],
            "database": ["SAMPLE"],
            "dataset": ["NILE", "NILE.csv"],
            "part": ["data.json", "metadata", "codes"],
            "code": ["SAMPLE/NILE", "SAMPLE/GDP", "busy"],
            "database_code": ["SAMPLE"],
            "dataset_code": ["NILE", "CO2"],
            "provider": ["sample"],
        }
    )

    @settings(LIMITS, max_examples=EXAMPLES)
    @given(schema.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=service.address, checks=CHECKS)

    ask()
