"""Calls of the HTTP client that would not end by themselves, over plain sockets and TLS."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import SourceTimedOut, ThrottledLocally
from domain.ports import PriorState
from tests.builders import a_server, an_answer
from tests.tls import a_certificate, server_side

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#: How long a server drips, if nobody hangs up.
LONG = 15


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 and its key, in one file."""
    return a_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["http", "https"])
def tls(request, monkeypatch):
    """What encrypts the server's connections, trusted by the client; None for http."""
    if request.param == "http":
        return None
    path = request.getfixturevalue("certificate")
    monkeypatch.setattr("certifi.where", lambda: str(path))
    return server_side(path)


def a_client(url: str, *, seconds: float = 0.3) -> HttpClient:
    return HttpClient("canned", url, secrets=[], deadline_seconds=seconds, by_operator=True)


def dripping(*, head: bool):
    """Answer with a head, or a body, that comes byte by byte and never ends in time."""

    def respond(target, headers):
        yield HEAD if head else HEAD + b"Content-Length: 1000\r\n\r\n"
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            yield b"x"
            time.sleep(0.01)

    return respond


@pytest.mark.parametrize("head", [True, False], ids=["head", "body"])
def test_what_drips_is_cut_at_the_deadline(tls, head):
    """Neither a head nor a body that comes byte by byte puts the deadline off."""
    with a_server(dripping(head=head), tls) as url, pytest.raises(SourceTimedOut):
        a_client(url).get(["x"])


def test_a_dripped_body_without_an_end_is_not_taken_for_whole(tls):
    """A body that only the end of its connection would end is late, not short, when the deadline cuts it."""

    def respond(target, headers):
        yield HEAD + b"\r\n{}"
        time.sleep(1)

    with a_server(respond, tls) as url, pytest.raises(SourceTimedOut):
        a_client(url).get(["x"])


def test_a_handshake_that_hangs_is_cut():
    """A server that accepts and then says nothing of TLS is left at the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(SourceTimedOut):
        a_client(f"https://127.0.0.1:{server.getsockname()[1]}").get(["x"])


def test_many_calls_share_one_watch():
    """However many calls run at once, one thread watches over them, and each is cut at its own deadline."""
    with a_server(dripping(head=False)) as url, ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(a_client(url, seconds=0.2 + 0.05 * n).get, ["x"]) for n in range(8)]
        errors = [call.exception() for call in calls]
        watching = [thread for thread in threading.enumerate() if thread.name == "call-deadlines"]

    assert [type(error) for error in errors] == [SourceTimedOut] * 8
    assert len(watching) == 1


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
UNCHANGED = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"


@contextmanager
def one_connection(tls, answers):
    """Serve these answers on the first connection that comes, and no other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with tls.wrap_socket(connection, server_side=True) if tls else connection as line:
                for answer in answers:
                    line.recv(65536)
                    line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_connections_are_kept(tls):
    """Calls one after the other use one connection, whether their answers have a body or not."""
    answers = [OK, UNCHANGED] * 2
    with one_connection(tls, answers) as url:
        client = a_client(url, seconds=5)
        statuses = [client.get(["x"], headers={"If-None-Match": "x"}).status for _ in answers]

    assert statuses == [200, 304, 200, 304]


def test_a_deadline_is_one_calls_own(tls):
    """A connection that a call leaves behind in good order is not cut at that call's deadline."""

    def answers():
        yield OK
        time.sleep(0.6)
        yield OK

    with one_connection(tls, answers()) as url:
        client = a_client(url, seconds=5)
        client.get(["x"], until=time.monotonic() + 0.4)

        assert client.get(["x"]).body == b"{}"


def test_everything_is_cut_at_once(tls):
    """A client that is cut ends its calls at the socket, as refused, and makes no other; other clients go on."""
    asked = threading.Event()

    def respond(target, headers):
        asked.set()
        yield from dripping(head=False)(target, headers) if target == "/slow" else [an_answer(b"{}")]

    with a_server(respond, tls) as url, ThreadPoolExecutor(1) as threads:
        client = a_client(url, seconds=LONG)
        call = threads.submit(client.get, ["slow"])
        asked.wait(5)
        client.abort_calls()
        error = call.exception(5)
        with pytest.raises(ThrottledLocally, match="lanner stops"):
            client.get(["quick"])

        assert isinstance(error, ThrottledLocally)
        assert "lanner stops" in error.message
        assert a_client(url, seconds=5).get(["quick"]).body == b"{}"


def test_the_providers_are_cut_together():
    """The registry cuts what its sources ask, and those it opens afterwards ask nothing."""
    asked = threading.Event()

    def respond(target, headers):
        asked.set()
        yield from dripping(head=False)(target, headers)

    with a_server(respond) as url, ThreadPoolExecutor(1) as threads:
        opened, late = (InstalledProviders({"quandl": {"base_url": url}}, deadline_seconds=LONG) for _ in range(2))
        code, known = DatasetCode("WIKI", "FB"), PriorState(newest=None)
        call = threads.submit(opened.source("quandl").fetch, code, known)
        asked.wait(5)
        opened.abort_calls()
        late.abort_calls()
        with pytest.raises(ThrottledLocally, match="lanner stops"):
            late.source("quandl").fetch(code, known)

        assert isinstance(call.exception(5), ThrottledLocally)
