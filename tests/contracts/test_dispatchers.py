"""What every dispatcher does: tells of a fetch where somebody listens, and neither waits nor raises where nobody does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Thread
from uuid import UUID, uuid4

import pytest
from amqp.exceptions import AMQPError
from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import make_url

from adapters.celery_dispatcher import CeleryDispatcher
from adapters.memory.dispatcher import InlineDispatcher, NullDispatcher, RecordingDispatcher
from domain.ports import Dispatcher
from entrypoints.worker.app import create_worker
from entrypoints.worker.tasks import QUEUE, TASK
from entrypoints.worker.tasks import notify as notify_from_worker
from tests.builders import waiting_use_cases
from tests.faults.proxy import proxy_to
from tests.servers import RABBITMQ_PORT, free_port

IDS = [uuid4() for _ in range(20)]
LONGEST_SECONDS = 0.1


@dataclass
class Receiver:
    """A dispatcher, and a way to receive its notifications: so many of them, or as many as come."""

    dispatcher: Dispatcher
    receive: Callable[[int], list[UUID]]


def inline() -> Receiver:
    notified: list[UUID] = []
    return Receiver(InlineDispatcher(notified.append), lambda _: notified)


def recording() -> Receiver:
    dispatcher = RecordingDispatcher()
    return Receiver(dispatcher, lambda _: dispatcher.notified)


def over(broker_url: str) -> Receiver:
    """Listen with the worker's own queue, as the worker declares it before any notification."""
    worker = create_worker(waiting_use_cases(), broker_url=broker_url)
    with worker.connection_for_read() as connection:
        queue = worker.amqp.queues[QUEUE](connection.default_channel)
        queue.declare()
        queue.purge()
    return Receiver(CeleryDispatcher(broker_url), lambda count: received(worker, count))


def received(worker: Celery, count: int, sizes: list[int] | None = None) -> list[UUID]:
    """Take messages from the worker's queue, noting how many ids each has; each must be one that the worker would run."""
    found: list[UUID] = []
    end = time.monotonic() + 10
    with worker.connection_for_read() as connection:
        queue = worker.amqp.queues[QUEUE](connection.default_channel)
        while len(found) < count and time.monotonic() < end:
            message = queue.get(no_ack=True)
            if message is None:
                time.sleep(0.02)
                continue
            (arguments, _, _) = message.decode()
            assert message.headers["task"] == TASK
            assert message.content_type == "application/json"
            found.extend(map(UUID, arguments))
            if sizes is not None:
                sizes.append(len(arguments))
    return found


@pytest.fixture(params=["inline", "recording", "celery over memory", pytest.param("celery over amqp", marks=pytest.mark.server)])
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """Every dispatcher whose notifications are received."""
    if request.param == "celery over amqp":
        yield over(request.getfixturevalue("broker_url"))
    elif request.param == "celery over memory":
        yield over("memory://localhost/")
    else:
        yield {"inline": inline, "recording": recording}[request.param]()


def test_every_notification_is_received_in_order(receiver):
    """The id of each fetch is received, in the order of the notifications."""
    for fetch_id in IDS:
        receiver.dispatcher.notify(fetch_id)

    assert receiver.receive(len(IDS)) == IDS


def test_a_second_notification_is_allowed(receiver):
    """Notifying twice for the same fetch is no error; it may be received twice."""
    receiver.dispatcher.notify(IDS[0])
    receiver.dispatcher.notify(IDS[0])

    assert set(receiver.receive(2)) == {IDS[0]}


def test_notifications_close_to_each_other_go_together():
    """Far fewer messages than notifications reach the broker when many come at once."""
    url = "memory://localhost/"
    receiver, sent = over(url), [uuid4() for _ in range(80)]
    for fetch_id in sent:
        receiver.dispatcher.notify(fetch_id)
    messages: list[int] = []
    notified = received(create_worker(waiting_use_cases(), broker_url=url), len(sent), messages)

    assert notified == sent
    assert len(messages) <= len(sent) / 4


@pytest.fixture
def hanging() -> Iterator[str]:
    """A broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"amqp://127.0.0.1:{server.getsockname()[1]}//"


@pytest.mark.parametrize("deaf", ["silent", "closed port", "no such host", "no broker", "hanging"])
def test_notifying_never_waits_nor_raises(deaf, hanging):
    """Whatever is wrong with the broker, each notification returns at once."""
    dispatcher: Dispatcher = NullDispatcher()
    if deaf != "silent":
        urls = {"closed port": f"amqp://127.0.0.1:{free_port()}//", "no such host": "amqp://nowhere.invalid//", "no broker": "nonsense://x"}
        dispatcher = CeleryDispatcher(urls.get(deaf, hanging))
    took = []
    for fetch_id in IDS:
        began = time.monotonic()
        dispatcher.notify(fetch_id)
        took.append(time.monotonic() - began)

    assert max(took) < LONGEST_SECONDS


def test_a_hanging_broker_is_given_up_in_seconds(hanging):
    """A notification that a silent broker took is told to be unheard; until then nothing is told."""
    dispatcher = CeleryDispatcher(hanging)
    before = dispatcher.broker_reachable
    dispatcher.notify(IDS[0])
    end = time.monotonic() + 30
    while dispatcher.broker_reachable is None and time.monotonic() < end:
        time.sleep(0.05)

    assert (before, dispatcher.broker_reachable) == (None, False)


@pytest.mark.slow
@pytest.mark.server
def test_a_broker_that_falls_silent_is_given_up_in_seconds(broker_url):
    """Neither an API's dispatcher nor a worker waits for ever for a broker that keeps its connection and says nothing more."""
    url = make_url(broker_url)
    with proxy_to(url.port or RABBITMQ_PORT) as proxy:
        proxied = url.set(port=proxy.port).render_as_string(hide_password=False)
        sends = [CeleryDispatcher(proxied)._send, partial(notify_unheard, worker_at(proxied))]
        for send in sends:
            send([IDS[0]])
        proxy.silent.set()
        seconds = [Thread(target=send, args=([IDS[0]],), daemon=True) for send in sends]
        for second in seconds:
            second.start()
        for second in seconds:
            second.join(30)

        assert not any(second.is_alive() for second in seconds)


def worker_at(broker_url: str) -> Celery:
    return create_worker(waiting_use_cases(), broker_url=broker_url)


def notify_unheard(worker: Celery, fetch_ids: Sequence[UUID]) -> None:
    with suppress(OSError, AMQPError, OperationalError):
        notify_from_worker(worker, fetch_ids)


def test_a_dead_broker_is_left_alone_for_a_moment(caplog):
    """However many notifications wait, a broker that cannot be reached is tried once a second, with one line in the log."""
    dispatcher = CeleryDispatcher(f"amqp://127.0.0.1:{free_port()}//")
    for fetch_id in IDS:
        dispatcher.notify(fetch_id)
    end = time.monotonic() + 10
    while not dispatcher._waiting.empty() and time.monotonic() < end:
        time.sleep(0.02)

    assert 1 <= caplog.messages.count("notification failed") < len(IDS) / 2


def test_notifying_goes_on_when_the_queue_is_full(hanging, caplog):
    """With a hanging broker notifications pile up to a bound, then are dropped with a line in the log; the sweeper finds their fetches."""
    dispatcher = CeleryDispatcher(hanging)
    for _ in range(12_000):
        dispatcher.notify(IDS[0])

    assert "notification dropped" in caplog.messages
