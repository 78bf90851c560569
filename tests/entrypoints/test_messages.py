"""Messages that are none of ours: each is refused and logged once, and the worker goes on."""

from __future__ import annotations

import bz2
import json
import lzma
import signal
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from amqp.basic_message import Message as RawMessage
from amqp.serialization import PROPERTY_CLASSES, decode_properties_basic
from amqp.spec import Basic
from kombu.message import Message

from domain.codes import DatasetCode
from entrypoints.worker.app import create_worker
from entrypoints.worker.message_validation import MessageRefusedError, checked_headers, refuse_unreadable_properties
from entrypoints.worker.tasks import QUEUE, TASK
from tests.entrypoints.test_worker import at_work, ends, silent_use_cases

GOOD_BODY = json.dumps([[str(uuid4())], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]).encode()
JSON = {"content_type": "application/json", "content_encoding": "utf-8"}


def headers(**others: Any) -> dict[str, Any]:
    """Headers as lanner sends them, but for some."""
    return {"lang": "py", "task": TASK, "id": str(uuid4()), "eta": None, "expires": None, "retries": 0, "timelimit": [None, None], **others}


def without(*names: str) -> dict[str, Any]:
    """Headers that lack some."""
    return {name: value for name, value in headers().items() if name not in names}


#: What → body, headers and properties.
BODIES: dict[str, tuple[bytes, dict[str, Any], dict[str, Any]]] = {
    **{
        f"body {body[:20]!r}": (body, headers(), JSON)
        for body in [
            *(b"", b"{}", b"[]", b"null", b"0", b'"text"', b"\xff\xfe\x00garbage", b"[" * 5_000, b"[[], {}]", b"[[], {}, {}]"),
            *(b"[[7], {}, {}]", b'[["no id"], {}, {}]', b'[[["nested"]], {}, {}]', b"[[null], {}, {}]", b'["text", {}, {}]'),
            *(
                b'[{"0": 1}, {}, {}]',
                b'{"args": [1], "task": 2, "id": 3}',
                b'{"a": 1, "b": 2, "c": 3}',
                b'[[{"__type__": "uuid"}], {}, {}]',
            ),
        ]
    },
    "named arguments": (GOOD_BODY.replace(b"{}", b'{"fetch": 1}'), headers(), JSON),
    "arguments of another shape": (GOOD_BODY.replace(b"{}", b"[]"), headers(), JSON),
    "a task to follow": (GOOD_BODY.replace(b'"chain": null', b'"chain": [{"task": "lanner.fetch_dataset"}]'), headers(), JSON),
    "a follower of another kind": (GOOD_BODY.replace(b'"chain"', b'"link"'), headers(), JSON),
    "no followers": (GOOD_BODY.partition(b', {"callbacks')[0] + b", null]", headers(), JSON),
    "too long": (json.dumps([[str(uuid4())] * 100_000, {}, {}]).encode(), headers(), JSON),
}
HEADERS: dict[str, tuple[bytes, dict[str, Any], dict[str, Any]]] = {
    "no headers": (GOOD_BODY, {}, JSON),
    "protocol 1 without id": (json.dumps({"task": TASK, "args": [], "kwargs": {}}).encode(), {}, JSON),
    "protocol 1": (json.dumps({"task": TASK, "id": "a", "args": [], "kwargs": {}}).encode(), {}, JSON),
    "no id": (GOOD_BODY, without("id"), JSON),
    "no task": (GOOD_BODY, without("task"), JSON),
    **{
        f"{name} {value!r:.20}": (GOOD_BODY, headers(**{name: value}), JSON)
        for name, values in {
            "task": (["lanner"], 7, {}, None, "", "os.system", "celery.map"),
            "id": (["a"], 7, {}, None, "", "x" * 300),
            "eta": (7, ["now"], "soon", "2999-01-01T00:00:00+00:00"),
            "expires": (["now"], {"in": 1}, "never", True, "0001-01-01T00:00:00+14:00"),
            "retries": ("many", [1], {}),
            "priority": ("high", [1]),
            "group": (7, ["g"], {}),
            "timelimit": ("soon", 7, [1, "x"], {"soft": 1}),
            "shadow": (["a"], 7),
            "root_id": (["a"], 7),
            "ignore_result": ("yes",),
        }.items()
        for value in values
    },
}
PROPERTIES: dict[str, tuple[bytes, dict[str, Any], dict[str, Any]]] = {
    "no content type": (GOOD_BODY, headers(), {"content_encoding": "utf-8"}),
    **{
        kind: (GOOD_BODY, headers(), {"content_type": kind, "content_encoding": "binary"})
        for kind in ("application/x-python-serialize", "application/x-yaml", "text/plain", "application/x-msgpack")
    },
}
PACKED: dict[str, tuple[bytes, dict[str, Any], dict[str, Any]]] = {
    **{
        f"packed as {name}": (pack(GOOD_BODY), headers(compression=name), JSON)
        for name, pack in {
            "application/x-gzip": zlib.compress,
            "gzip": zlib.compress,
            "application/x-bz2": bz2.compress,
            "application/x-lzma": lzma.compress,
        }.items()
    },
    "packed in an unknown way": (GOOD_BODY, headers(compression="rot13"), JSON),
    "packed in a way that is a list": (GOOD_BODY, headers(compression=["gzip"]), JSON),
    "not packed, but said so": (GOOD_BODY, headers(compression="gzip"), JSON),
}
ALL = BODIES | HEADERS | PROPERTIES | PACKED


class AsWritten(RawMessage):
    """A message whose properties are sent to the letter."""

    def __init__(self, properties: bytes) -> None:
        super().__init__(GOOD_BODY)
        self.as_written = properties

    def _serialize_properties(self) -> bytes:
        return self.as_written


def table(*fields: bytes) -> bytes:
    """Properties of a message with JSON and these headers."""
    written = b"".join(fields)
    return struct.pack(">H", 0xA000) + b"\x10application/json" + struct.pack(">I", len(written)) + written


#: Properties that a broker passes on, and py-amqp cannot read or would read for ever.
UNREADABLE = {
    "a moment beyond all calendars": table(b"\x01aT" + struct.pack(">Q", 2**60)),
    "arrays in arrays": table(b"\x01a" + b"".join(b"A" + struct.pack(">I", 5 * n) for n in reversed(range(3_000)))),
    "a content type that is no UTF-8": struct.pack(">H", 0x8000) + b"\x02\xff\xfe",
    "a correlation id that is no UTF-8": struct.pack(">H", 0x0400) + b"\x02\xff\xfe",
    **{
        f"content encoding {name}": struct.pack(">H", 0xC000) + b"\x10application/json" + bytes([len(name)]) + name.encode()
        for name in ("punycode", "bz2", "zlib_codec", "utf-16", "no-such-encoding")
    },
}


@pytest.fixture
def checking() -> Iterator[None]:
    """Have py-amqp read properties as the worker does."""
    refuse_unreadable_properties()
    yield
    PROPERTY_CLASSES[Basic.CLASS_ID] = decode_properties_basic


@pytest.mark.parametrize("what", ALL)
def test_a_message_that_is_none_of_ours_is_told(what: str) -> None:
    """Whatever is not a fetch's message as lanner sends it is told by its properties, headers and body."""
    body, given, properties = ALL[what]
    given = {name: value for name, value in given.items() if value is not None}

    with pytest.raises(MessageRefusedError) as caught:
        checked_headers(Message(body=body, headers=given, **properties))
    assert "garbage" not in str(caught.value)


def test_ours_is_taken() -> None:
    """A message as lanner sends it passes, and Celery is told no more of it than it needs."""
    until = datetime.now(UTC) + timedelta(minutes=1)
    message = Message(body=GOOD_BODY, headers=headers(id="a", expires=until.isoformat(), origin="gen1@here", stamps={"x": 1}), **JSON)

    assert checked_headers(message) == {"lang": "py", "task": TASK, "id": "a", "expires": until.isoformat()}


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.usefixtures("checking")
def test_properties_that_cannot_be_read_are_put_aside(what: str) -> None:
    """Reading a message's frame raises nothing, and the message is refused."""
    message = RawMessage()
    message.inbound_header(struct.pack(">HxxQ", 60, 1) + UNREADABLE[what])

    assert "content_encoding" not in message.properties
    with pytest.raises(MessageRefusedError):
        checked_headers(Message(body=b"", headers=message.headers))


@pytest.mark.usefixtures("checking")
def test_a_compressed_message_is_not_unpacked() -> None:
    """What is packed is refused by its header, before kombu unpacks it."""
    sent = RawMessage(b"", application_headers=headers(compression="gzip"), content_type="application/json")
    message = RawMessage()
    message.inbound_header(struct.pack(">HxxQ", 60, 1) + sent._serialize_properties())
    received = Message(body=b"never unpacked", headers=message.headers)

    assert (received.errors, received.body) == ([], b"never unpacked")
    with pytest.raises(MessageRefusedError, match="compressed"):
        checked_headers(received)


def send_all(channel: Any) -> int:
    """Send every message that is none of ours; tell how many there are."""
    for body, given, properties in ALL.values():
        message = channel.prepare_message(body, headers=given, **properties)
        channel.basic_publish(message, exchange="", routing_key=QUEUE)
    for written in UNREADABLE.values():
        channel.basic_publish(AsWritten(written), exchange="", routing_key=QUEUE)
    return len(ALL) + len(UNREADABLE)


@pytest.mark.slow
@pytest.mark.server
def test_a_worker_goes_on_after_every_one_of_them(broker_url: str, postgres_url: str, tmp_path: Path) -> None:
    """One process refuses all of them, logging each once and quoting none, and then does what it is asked to; the queue is empty."""
    servers = {"LANNER_DATABASE_URL": postgres_url, "LANNER_BROKER_URL": broker_url}
    app = create_worker(silent_use_cases(), broker_url=broker_url)
    with (
        socket.create_server(("127.0.0.1", 0)) as provider,
        at_work(servers, tmp_path, provider, LANNER_WORKER_PROCESSES="1", LANNER_POLL_SECONDS="3600") as worker,
        app.connection_for_write() as connection,
    ):
        channel = connection.default_channel
        app.amqp.queues[QUEUE](channel).declare()
        sent = send_all(channel)
        fetch = worker.use_cases.request_fetch(DatasetCode("SAMPLE", "GDP")).fetch
        assert ends(worker.use_cases, fetch.id, 30)
        assert worker.process.poll() is None
        left = in_queue(channel)
        worker.process.send_signal(signal.SIGTERM)

    assert left == 0
    assert worker.log.count("message refused") == sent, worker.log
    assert "garbage" not in worker.log
    assert "Traceback" not in worker.log


def in_queue(channel: Any) -> int:
    """Count what waits in the queue once nothing is on its way."""
    end = time.monotonic() + 10
    while (left := channel.queue_declare(QUEUE, passive=True).message_count) and time.monotonic() < end:
        time.sleep(0.1)
    return int(left)
