"""Webhooks that are told while workers are killed, writers write and receivers are slow."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from ipaddress import ip_network
from uuid import UUID

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from adapters.sql.store import SqlStore
from adapters.webhook_sender import HttpWebhookSender
from domain.codes import DatasetCode
from domain.observations import Observations
from domain.use_cases.manage_webhooks import ManageWebhooks
from domain.webhooks.events import EventType
from domain.webhooks.signing import MasterSecret
from tests.builders import WEBHOOK_SECRET, FakeProviders, an_arrival, append
from tests.faults.conftest import scale
from tests.faults.figures import Figures
from tests.faults.processes import Process, comes_true
from tests.faults.provider import DATABASE
from tests.faults.stacks import Stack
from tests.receiving import Message, Receiver, receiving

pytestmark = pytest.mark.faults
WRITERS = 8
SETTINGS = {"LANNER_WEBHOOK_SECRET": WEBHOOK_SECRET, "LANNER_WEBHOOK_PRIVATE_ADDRESSES": "127.0.0.0/8"}


class Moody:
    """Verifies each message as it comes, answers slowly, and refuses the first attempt at some."""

    def __init__(self, seed: int, slowest: float) -> None:
        self._numbers, self._slowest, self._refused = random.Random(seed), slowest, set[str]()
        self.verifier: Verifier | None = None
        self.unsigned: list[str] = []

    def __call__(self, message: Message) -> int:
        try:
            assert self.verifier
            self.verifier.verify(message.body, dict(message.headers))
        except WebhookVerificationError as error:
            self.unsigned.append(f"{message.id}: {error}")
        time.sleep(self._numbers.uniform(0, self._slowest))
        if self._numbers.random() < 0.01 and message.id not in self._refused:
            self._refused.add(message.id)
            return 503
        return 204


@pytest.fixture
def receivers(stack: Stack) -> Iterator[list[Receiver]]:
    """One that is quick, one that is slow, one that is slower than a lease now and then."""
    with ExitStack() as ends:
        yield [ends.enter_context(receiving(Receiver(answer=Moody(stack.seed, slowest)))) for slowest in (0.0, 0.02, 0.1)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_event_is_told_in_order(stack: Stack, receivers: list[Receiver], figures: Figures) -> None:
    """Every vintage of eight writers reaches every receiver at least once, in the order of its series, under an accepted signature."""
    stack.worker.kill()
    vintages, kills, workers = scale(240, 10_000), scale(2, 40), scale(2, 4)
    store, codes = SqlStore(stack.engine), stack.codes(scale(16, 100))
    manage = ManageWebhooks(store, HttpWebhookSender([ip_network("127.0.0.0/8")]), FakeProviders({}), MasterSecret(WEBHOOK_SECRET))
    for webhook in manage.list():
        manage.remove(webhook.id)
    for receiver in receivers:
        add(manage, receiver)
    begun = time.monotonic()
    running = [stack.process("worker", **SETTINGS).start() for _ in range(workers)]
    with ThreadPoolExecutor(WRITERS) as executor:
        written = [executor.submit(write, store, codes[n::WRITERS], vintages // WRITERS) for n in range(WRITERS)]
        killed = kill(running, kills, stack.seed, lambda: all(map(heard_all, receivers, [vintages] * 3)))
        for each in written:
            each.result()
    assert comes_true(lambda: all(map(heard_all, receivers, [vintages] * 3)), scale(120, 3000))
    seconds = time.monotonic() - begun
    for process in running:
        process.kill()
    for receiver in receivers:
        assert_told_in_order(receiver, codes, vintages)
        assert getattr(receiver.answer, "unsigned", None) == []
    for webhook in manage.list():
        manage.remove(webhook.id)
    twice = [len(receiver.messages) - vintages for receiver in receivers]
    figures.add(
        f"32 {vintages:,} vintages told, kill -9",
        "P1 P2",
        stack.name,
        f"{killed} kills, {seconds:.0f} s, each to {len(receivers)} receivers in order; sent again: {', '.join(map(str, twice))}",
    )


def add(manage: ManageWebhooks, receiver: Receiver) -> None:
    """Have a receiver told vintages, and know its secret."""
    assert isinstance(receiver.answer, Moody)
    receiver.answer.verifier = Verifier(manage.create(receiver.url, events=[EventType.VINTAGE_CREATED])[1])


def write(store: SqlStore, codes: list[str], vintages: int) -> None:
    """Append vintages to series in turn, each in a transaction of its own."""
    kept: dict[str, UUID] = {}
    for number in range(vintages):
        code = codes[number % len(codes)]
        with store.writing() as uow:
            if code not in kept:
                kept[code] = uow.series.add("quandl", DatasetCode(DATABASE, code)).id
            append(uow, kept[code], [an_arrival(uow.now(), Observations.of([number], ["a"], [[1.0]]))])
            uow.commit()


def kill(workers: list[Process], kills: int, seed: int, is_done: Callable[[], bool]) -> int:
    """Kill one of the workers every two seconds and start it again, at most so many times."""
    numbers = random.Random(seed)
    for number in range(kills):
        time.sleep(2)
        if is_done():
            return number
        victim = numbers.choice(workers)
        victim.kill()
        victim.start()
    return kills


def heard_all(receiver: Receiver, vintages: int) -> bool:
    with receiver.lock:
        return len({message.id for message in receiver.messages}) >= vintages


def assert_told_in_order(receiver: Receiver, codes: list[str], vintages: int) -> None:
    """Check what a receiver heard: each vintage under one id, none before those that come before it."""
    ids: Counter[tuple[str, int]] = Counter()
    seen: dict[str, tuple[str, int]] = {}
    last: dict[str, int] = dict.fromkeys(codes, 0)
    for message in receiver.messages:
        code, number = message.data["timeseries"]["code"].partition("/")[2], message.data["vintage"]["number"]
        assert seen.setdefault(message.id, (code, number)) == (code, number)
        ids[code, number] += 1
        if ids[code, number] == 1:
            assert number == last[code] + 1, f"{code}: {number} after {last[code]}"
            last[code] = number
    assert len(seen) == len(ids) == sum(last.values()) == vintages
