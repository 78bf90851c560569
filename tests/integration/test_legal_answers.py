"""HTTP that few servers speak and that is legal all the same, against real local sockets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from time import sleep

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.url_policy import secure_twins
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, AnswerTruncated, SourceUnavailable
from domain.ports import RawResponse
from tests.builders import a_server, an_answer
from tests.tls import a_certificate, server_side

KEY = "canary-key"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
TEXT = b"Content-Type: text/csv\r\nConnection: close\r\n"


def a_client(base_url: str, *, seconds: float = 5) -> HttpClient:
    return HttpClient("canned", base_url, secrets=[KEY], deadline_seconds=seconds)


def ask(*parts: bytes) -> RawResponse:
    """What the client makes of these bytes."""
    with a_server(lambda target, headers: parts) as url:
        return a_client(url).get(["x.csv"])


@pytest.mark.parametrize(
    "interim",
    [HINTS, HINTS * 3, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" + HINTS, b"HTTP/1.0 103\n\n"],
)
def test_interim_answers_are_passed_over(interim: bytes) -> None:
    """Whatever an interim answer says, and however many come, the final one is read."""
    answer = ask(interim, OK + TEXT + b"Content-Length: 3\r\n\r\n", b"a\n1")

    assert (answer.status, answer.body) == (200, b"a\n1")
    assert "link" not in answer.headers


def test_interim_answers_are_bounded() -> None:
    """A server that sends nothing but interim answers is left once they are as large as a head may be."""
    with pytest.raises(AnswerTooLarge, match="head"):
        ask(HINTS * 2000)


@pytest.mark.parametrize("sent", [HINTS, HINTS[:-2], HINTS[:20]])
def test_an_interim_answer_alone_is_none(sent: bytes) -> None:
    """A connection that is closed after an interim answer, or inside it, brought no answer."""
    with pytest.raises(SourceUnavailable):
        ask(sent)


def test_many_headers_are_read() -> None:
    """150 headers, as behind several caches, are no obstacle, and each is given."""
    many = b"".join(b"X-Hop-%d: %d\r\n" % (number, number) for number in range(150))
    answer = ask(OK + many + TEXT + b"Content-Length: 3\r\n\r\na\n1")

    assert (answer.body, answer.headers["x-hop-0"], answer.headers["x-hop-149"]) == (b"a\n1", "0", "149")


def test_a_folded_header_is_one() -> None:
    """A line that begins with a space belongs to the header before."""
    answer = ask(OK + TEXT + b"X-A: 1\r\n\t2\r\nContent-Length:\r\n 3\r\n\r\na\n1")

    assert (answer.body, answer.headers["x-a"].split()) == (b"a\n1", ["1", "2"])


def test_what_is_not_http_is_left_at_once() -> None:
    """A server of another protocol that says something and waits is not waited for."""
    with a_server(lambda target, headers: waiting(b"220 mail.example ESMTP\r\n")) as url, pytest.raises(SourceUnavailable):
        a_client(url, seconds=3).get(["x"])


def waiting(sent: bytes) -> Iterator[bytes]:
    yield sent
    sleep(4)


@pytest.mark.parametrize(
    "lengths",
    [b"Content-Length: 3\r\ncontent-length: 3\r\n", b"Content-Length: 3, 3\r\n", b"Content-Length: 3,\r\n 3\r\nContent-Length:3\r\n"],
)
def test_equal_lengths_are_one(lengths: bytes) -> None:
    """Equal duplicate lengths are one length, which proves the end; the connection serves the next request."""
    heads = iter([OK + b"Content-Type: text/csv\r\n" + lengths + b"\r\n"] * 2)
    with one_connection(heads, b"a\n1") as url:
        client = a_client(url)

        assert [client.get(["x.csv"]).body for _ in range(2)] == [b"a\n1"] * 2


def test_equal_lengths_prove_a_cut() -> None:
    """What ends before a length that is given twice is cut."""
    with pytest.raises(AnswerTruncated):
        ask(OK + TEXT + b"Content-Length: 9\r\nContent-Length: 9\r\n\r\na\n1")


@pytest.mark.parametrize("lengths", [b"Content-Length: 3\r\nContent-Length: 4\r\n", b"Content-Length: 3, 4\r\n"])
def test_lengths_that_differ_are_refused(lengths: bytes) -> None:
    """Of two lengths neither is believed, and the sentence says so."""
    with pytest.raises(AnswerNotUnderstood, match="two lengths"):
        ask(OK + TEXT + lengths + b"\r\na\n1")


@contextmanager
def one_connection(heads: Iterator[bytes], body: bytes) -> Iterator[str]:
    """Run a server that answers all requests of the first connection, and accepts no other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as requests:
                for head in heads:
                    while requests.readline() not in (b"\r\n", b""):
                        pass
                    connection.sendall(head + body)
                requests.readline()

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 and its key, in one file."""
    return a_certificate(tmp_path_factory.mktemp("tls"))


@contextmanager
def both_ways(certificate, respond) -> Iterator[str]:
    """
    Run a server of which one port speaks http and https, as behind a proxy that sends all of http there, and give its http address.

    Args:
        respond: gets whether the connection is encrypted, the target and the headers, and gives the bytes to send.

    """
    context = server_side(certificate)

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            secure = connection.recv(1, socket.MSG_PEEK) == b"\x16"
            try:
                plain = context.wrap_socket(connection, server_side=True) if secure else connection
            except ssl.SSLError:
                continue
            with plain, plain.makefile("rb") as lines:
                target = lines.readline().decode().split(" ")[1]
                headers = dict(line.decode().strip().split(": ", 1) for line in iter(lines.readline, b"\r\n"))
                plain.sendall(respond(secure, target, {name.lower(): value for name, value in headers.items()}))

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=serve, args=(server,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)


def test_a_redirect_to_https_is_followed(certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured http address may redirect to https on the same host, and takes headers and secret parameters there."""
    monkeypatch.setattr("certifi.where", lambda: str(certificate))
    heard = []

    def respond(secure: bool, target: str, headers: Mapping[str, str]) -> bytes:  # noqa: FBT001 - what the server saw
        heard.append((secure, target, headers.get("x-api-token")))
        place = f"{url.replace('http:', 'https:')}{target}"
        return an_answer(b"{}") if secure else an_answer(b"", status=301, Location=place)

    with both_ways(certificate, respond) as url:
        answer = a_client(url + "/api").get(["x"], {"a": "1"}, {"X-Api-Token": KEY}, secret_params={"key": KEY})

    assert answer.body == b"{}"
    assert answer.url.startswith("https://")
    assert heard == [(secure, f"/api/x?a=1&key={KEY}", KEY) for secure in (False, True)]


def test_https_on_the_way_is_verified(certificate) -> None:
    """The certificate of the https address is verified: nothing is sent to one that is not trusted."""
    heard = []

    def respond(secure: bool, target: str, headers: Mapping[str, str]) -> bytes:  # noqa: FBT001 - what the server saw
        heard.append(secure)
        return an_answer(b"", status=308, Location=f"{url.replace('http:', 'https:')}{target}")

    with both_ways(certificate, respond) as url, pytest.raises(SourceUnavailable, match="TLS"):
        a_client(url).get(["x"])

    assert heard == [False]


@pytest.mark.parametrize(
    "place", ["https://127.0.0.1:9/api/x", "https://127.0.0.2/api/x", "https://127.0.0.1/other", "https://u:p@127.0.0.1/api/x"]
)
def test_https_elsewhere_is_not_followed(place: str) -> None:
    """Another host, another port than the usual or the same, and another path are not where the API is."""
    with a_server(lambda target, headers: [an_answer(b"", status=302, Location=place)]) as url:
        client = HttpClient("canned", url + "/api", secrets=[KEY], deadline_seconds=5, by_operator=True)
        with pytest.raises(AnswerNotUnderstood, match="outside its API"):
            client.get(["x"])


@pytest.mark.parametrize(
    ("base_url", "twins"),
    [
        ("http://data.example/api", {"https://data.example/api"}),
        ("http://data.example:80/api", {"https://data.example/api"}),
        ("http://data.example:8080/api", {"https://data.example/api", "https://data.example:8080/api"}),
        ("http://[::1]:8080/api", {"https://[::1]/api", "https://[::1]:8080/api"}),
        ("https://data.example/api", set()),
    ],
)
def test_where_https_of_an_address_is(base_url: str, twins: set[str]) -> None:
    """It is at the usual port of the same host, or at the port of the http address."""
    assert set(secure_twins(base_url)) == twins
