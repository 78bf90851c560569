"""Notifications and the broker: dead, hanging, restarted, forgetful, repetitive. No fetch depends on either."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import OperationalError

from adapters.celery_dispatcher import QUEUE, TASK, _client
from tests.faults.conftest import scale
from tests.faults.disturbing import disturbed, kept_alive, settled
from tests.faults.figures import Figures
from tests.faults.processes import comes_true
from tests.faults.proxy import proxy_to
from tests.faults.stacks import Stack

pytestmark = pytest.mark.faults
COPIES = 20


@pytest.mark.faults(long=True)
def test_the_api_dies_between_commit_and_notification(stack: Stack, figures: Figures) -> None:
    """A request that was committed is fetched although nobody was told of it, and asking again finds it."""
    stack.api.kill()
    dying, codes = stack.process("api", inside="die_when_notifying"), stack.codes(scale(3, 200))
    stack.run(dying)
    # Granian starts a process again that ended, but not one that ends again and again.
    with kept_alive(dying):
        ledger = stack.driver.post(codes, threads=1)
    waited = settled(stack, codes)
    verdict = stack.verifier.judge(ledger)
    unanswered = {said.code for said in ledger.lines if said.status == 0}
    figures.add("3 dies between commit and notification", "P1", stack.name, f"{verdict}; {len(unanswered)} deaths, {waited}")

    assert unanswered == set(codes)
    assert {said.status for said in ledger.accepted} == {200}
    assert verdict.well, verdict


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_the_broker_is_down(servers: Stack, figures: Figures) -> None:
    """Requests are accepted as ever while there is no broker, and fetched."""
    assert servers.broker
    before = servers.driver.post(servers.codes(scale(50, 1000)))
    servers.broker.stop()
    codes = servers.codes(scale(50, 1000))
    ledger = servers.driver.post(codes)
    servers.heal()
    waited = settled(servers, codes, scale(60, 300))
    verdict = servers.verifier.judge(ledger)
    figure = f"{verdict}; POST p99 {ledger.percentile(0.99):.0f} ms, before {before.percentile(0.99):.0f} ms, {waited}"
    figures.add("4 broker down", "P1", servers.name, figure)

    assert ledger.statuses == {201}
    assert verdict.well, verdict


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_the_broker_is_killed_while_it_is_told(servers: Stack, figures: Figures) -> None:
    """Notifications that a killed broker forgets lose no request."""
    assert servers.broker
    codes, kills = servers.codes(scale(200, 2000)), scale(1, 4)
    ledger = disturbed(lambda: servers.restart(servers.broker), times=kills, every=0.5, work=lambda: servers.driver.post(codes))
    waited = settled(servers, codes, scale(60, 600))
    verdict = servers.verifier.judge(ledger)
    figures.add("5 kill -9 broker", "P1", servers.name, f"{verdict}; {kills} kills, {waited}")

    assert ledger.statuses == {201}
    assert verdict.well, verdict


@pytest.mark.server
def test_the_broker_hangs(servers: Stack, figures: Figures) -> None:
    """A broker that takes connections and says nothing slows no request, and holds no fetch for ever."""
    assert servers.broker
    codes = servers.codes(scale(30, 300))
    servers.broker.freeze()
    ledger = servers.driver.post(codes)
    time.sleep(scale(3, 60))
    servers.broker.thaw()
    waited = settled(servers, codes, scale(60, 300))
    verdict = servers.verifier.judge(ledger)
    figures.add("6 broker hangs", "P1", servers.name, f"{verdict}; POST p99 {ledger.percentile(0.99):.0f} ms, {waited}")

    assert ledger.statuses == {201}
    assert verdict.well, verdict


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_a_worker_loses_its_broker_for_good(servers: Stack, figures: Figures) -> None:
    """A worker whose broker falls silent goes on by itself."""
    servers.worker.kill()
    url = servers.settings["LANNER_BROKER_URL"]
    port = int(url.rpartition(":")[2].partition("/")[0])
    with proxy_to(port) as proxy:
        servers.process("worker", LANNER_BROKER_URL=url.replace(str(port), str(proxy.port))).start()
        first, codes = servers.codes(5), servers.codes(scale(20, 500))
        ledger = servers.driver.post(first)
        settled(servers, first)
        proxy.silent.set()
        ledger.lines += servers.driver.post(codes).lines
        waited = settled(servers, codes, scale(60, 600))
        verdict = servers.verifier.judge(ledger)
        servers.heal()
    figures.add("7 worker without broker", "P1", servers.name, f"{verdict}; {waited}")

    assert verdict.well, verdict


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_notifications_notifications_too_often(servers: Stack, figures: Figures) -> None:
    """Whatever number of messages comes for a fetch, in whatever order, the provider is asked once."""
    codes = servers.codes(scale(5, 500), "PLAIN50")
    ledger = servers.driver.post(codes)
    for _ in range(2):
        ids = [said.fetch for said in ledger.accepted] * COPIES
        random.shuffle(ids)
        _publish(servers, ids)
        settled(servers, codes, scale(35, 300))
    assert comes_true(lambda: _waiting(servers) == 0, scale(30, 600))
    verdict, calls = servers.verifier.judge(ledger), servers.verifier.calls()
    again = sum(calls[code] - 1 for code in codes)
    figures.add("13 duplicated deliveries", "P2", servers.name, f"{verdict}; each notified {2 * COPIES + 1} times, {again} asked again")

    assert again == 0
    assert verdict.well, verdict


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_notifications_are_lost(servers: Stack, figures: Figures) -> None:
    """What was notified into a queue that is emptied is found by a sweep."""
    codes = servers.codes(scale(100, 2000), "PLAIN20")
    with _channel(servers) as channel:
        purges = scale(3, 20)
        ledger = disturbed(lambda: channel.queue_purge(QUEUE), times=purges, every=scale(1, 2) / 2, work=lambda: servers.driver.post(codes))
    waited = settled(servers, codes, scale(60, 600))
    verdict = servers.verifier.judge(ledger)
    figures.add("14 lost deliveries", "P1", servers.name, f"{verdict}; {purges} purges, {waited}")

    assert verdict.well, verdict


@contextmanager
def _channel(stack: Stack) -> Iterator[object]:
    with Connection(stack.settings["LANNER_BROKER_URL"]) as connection:
        channel = connection.default_channel
        assert comes_true(lambda: _has_queue(stack))
        yield channel


def _has_queue(stack: Stack) -> bool:
    try:
        return _waiting(stack) >= 0
    except (OperationalError, OSError, AMQPError):
        return False


def _waiting(stack: Stack) -> int:
    with Connection(stack.settings["LANNER_BROKER_URL"]) as connection:
        return int(connection.default_channel.queue_declare(QUEUE, passive=True).message_count)


def _publish(stack: Stack, ids: list[str]) -> None:
    app = _client(stack.settings["LANNER_BROKER_URL"])
    for fetch in ids:
        app.send_task(TASK, (fetch,), queue=QUEUE, ignore_result=True, retry=True)
    app.close()
