"""Where webhooks are sent, and where not."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from threading import Thread, Timer

import pytest

from adapters.webhook_sender import HttpWebhookSender
from domain.errors import InvalidInput
from domain.webhooks.delivery import Reply
from tests.builders import a_server, an_answer
from tests.integration.test_reach import names
from tests.receiving import Receiver, receiving

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
SIGNED = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def sender() -> HttpWebhookSender:
    return HttpWebhookSender(LOOPBACK, seconds=5)


def test_a_message_is_posted(sender: HttpWebhookSender, receiver: Receiver) -> None:
    """With its headers and its bytes, to the path and the query, over a connection that is used again."""
    for _ in range(2):
        assert sender.send(f"{receiver.url}/a?b=c", SIGNED, b'{"type":"x"}') == Reply(204)

    message = receiver.messages[0]
    assert (message.path, message.body) == ("/hook/a?b=c", b'{"type":"x"}')
    assert {name: message.headers[name] for name in SIGNED} == SIGNED
    assert (message.headers["content-type"], message.headers["user-agent"].partition("/")[0]) == ("application/json", "lanner")
    assert len(receiver.messages) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(sender: HttpWebhookSender, receiver: Receiver, status: int) -> None:
    """Its answer is a failure, and the address that it names hears nothing."""
    with receiving() as other:
        receiver.answer, receiver.headers = lambda _: status, {"Location": other.url}
        reply = sender.send(receiver.url, SIGNED, b"{}")

        assert (reply.status, reply.accepts) == (status, False)
        assert other.messages == []
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "localhost", "0.0.0.0"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_private_address_gets_nothing(scheme: str, host: str) -> None:
    """However it is written, unless the setting permits it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        reply = HttpWebhookSender(seconds=5).send(f"{scheme}://{host}:{server.getsockname()[1]}/", SIGNED, b"{}")
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()

    assert reply.status is None
    assert "LANNER_WEBHOOK_PRIVATE_ADDRESSES" in reply.error


def test_a_name_that_turns_private_gets_nothing(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    """What a name resolves to is judged at each connection: it leads elsewhere a moment after it was fine."""
    receiver.headers = {"Connection": "close"}
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    with socket.create_server(("127.0.0.2", int(port))) as private, names(monkeypatch, "127.0.0.1", "127.0.0.2") as asked:
        url, sender = f"http://hooks.example:{port}/hook", HttpWebhookSender([ipaddress.ip_network("127.0.0.1")], seconds=5)
        sender.check(url)
        replies = [sender.send(url, SIGNED, b"{}") for _ in range(4)]
        private.settimeout(0.05)
        with pytest.raises(TimeoutError):
            private.accept()

    assert asked == ["hooks.example"] * 4
    assert [reply.status for reply in replies] == [204, None, 204, None]
    assert "It is at 127.0.0.2" in replies[1].error
    assert len(receiver.messages) == 2


def test_only_the_named_network_is_permitted(receiver: Receiver) -> None:
    """Another private one is not; and without TLS no public address is asked either."""
    reply = HttpWebhookSender([ipaddress.ip_network("10.0.0.0/8")]).send(receiver.url, SIGNED, b"{}")
    public = HttpWebhookSender(LOOPBACK, seconds=1).send("http://8.8.8.8:9/", SIGNED, b"{}")

    assert receiver.messages == []
    assert "It is at 127.0.0.1" in reply.error
    assert "It is at 8.8.8.8" in public.error


def test_a_slow_receiver_is_left(receiver: Receiver) -> None:
    """After the time for one message in all, also if it says something every now and then."""
    sender = HttpWebhookSender(LOOPBACK, seconds=0.3)
    receiver.answer = lambda _: time.sleep(1) or 204

    def drip(*_: object) -> Iterator[bytes]:
        yield an_answer(b"x" * 100, status=200)[:-100]
        for _ in range(20):
            time.sleep(0.1)
            yield b"x"

    with a_server(drip) as url:
        begun = time.monotonic()
        replies = [sender.send(receiver.url, SIGNED, b"{}"), sender.send(url, SIGNED, b"{}")]

    assert time.monotonic() - begun < 2
    assert replies == [Reply(None, "It did not answer within 0.3 seconds.")] * 2


def test_a_long_answer_is_not_read(sender: HttpWebhookSender) -> None:
    """What a receiver says is of no interest, but its status."""
    with a_server(lambda *_: [an_answer(b"x" * 10**7)]) as url:
        assert sender.send(url, SIGNED, b"{}") == Reply(200)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000])
def test_no_answer_is_a_failure(sender: HttpWebhookSender, said: bytes) -> None:
    """Whatever a receiver does, the reply says so."""
    with a_server(lambda *_: [said]) as url:
        reply = sender.send(url, SIGNED, b"{}")

    assert reply.status is None
    assert reply.error.endswith(".")


def test_a_receiver_that_is_not_there_is_said_to_be_none(sender: HttpWebhookSender) -> None:
    """In words, not by the name of a class."""
    with a_server(lambda *_: []) as url:
        pass

    assert sender.send(url, SIGNED, b"{}") == Reply(None, "It could not be reached: connection refused.")


def test_sending_ends_when_the_process_stops(receiver: Receiver) -> None:
    """A receiver that hangs does not keep it waiting."""
    sender = HttpWebhookSender(LOOPBACK, seconds=30)
    receiver.answer = lambda _: time.sleep(2) or 204
    replies: list[Reply] = []
    thread = Thread(target=lambda: replies.append(sender.send(receiver.url, SIGNED, b"{}")))
    thread.start()
    Timer(0.2, sender.abort).start()
    thread.join(1.5)

    assert replies
    assert not replies[0].accepts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "https://",
        "https://user@example.org/",
        "https://user:password@example.org/",
        "https://example.org/#part",
        "https://exa mple.org/",
        "https://example.org/\n",
        "https://größe.example/",
        "https://example.org:99999/",
        "https://[::1/",
        "http://example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1:8443/x",
        "https://169.254.169.254/latest",
    ],
)
def test_an_address_to_which_nothing_could_be_sent(url: str) -> None:
    """It is refused before it is stored; the error names the field and says what to write."""
    with pytest.raises(InvalidInput) as caught:
        HttpWebhookSender().check(url)

    assert caught.value.field == "url"
    assert caught.value.hint


def test_an_address_that_is_permitted(sender: HttpWebhookSender) -> None:
    """A host of the open Internet with TLS, or one of the operator's own."""
    sender.check("https://example.org/hooks?key=1")
    sender.check("http://127.0.0.1:9/")
    sender.check("http://inside.example/")
    with pytest.raises(InvalidInput, match=r"10\.0\.0\.1"):
        sender.check("http://10.0.0.1/")
