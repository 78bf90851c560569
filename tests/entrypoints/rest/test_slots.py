"""Slots with a share for each client, and large responses that hold one while they are sent."""

from __future__ import annotations

from threading import Thread
from time import monotonic

import numpy as np
import pytest
from falcon.testing import TestClient

from domain.observations import Observations
from entrypoints.rest.app import create_app
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.responses import ResponseSender, total_threads
from entrypoints.rest.http.slots import SlotPool
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL

LARGE = Observations.of(np.arange(50_000), ("a", "b", "c"), np.random.default_rng(1).random((50_000, 3)))


def test_a_client_has_its_share_and_others_have_theirs() -> None:
    """Beyond its share a client gets a 503; so does every client when all are held."""
    slots = SlotPool(3, 2, "busy")
    with slots.acquire("one"), slots.acquire("one"):
        with pytest.raises(Problem, match="busy"), slots.acquire("one"):
            pass
        with slots.acquire("another"), pytest.raises(Problem), slots.acquire("third"):
            pass
    with slots.acquire("one"), slots.acquire("another"), slots.acquire("third"):
        pass


def test_a_slot_may_be_waited_for() -> None:
    """For the maximum wait at most, and until one is released."""
    slots, entered = SlotPool(1, 1, "busy", max_wait=5.0), []

    def wait() -> None:
        with slots.acquire("another"):
            entered.append(monotonic())

    with slots.acquire("one"):
        waiter = Thread(target=wait)
        waiter.start()
        waiter.join(0.05)
        assert entered == []
    waiter.join(5)
    assert len(entered) == 1

    brief = SlotPool(1, 1, "busy", max_wait=0.05)
    with brief.acquire("one"), pytest.raises(Problem), brief.acquire("two"):
        pass


def test_all_slots_held_leave_threads_for_short_requests() -> None:
    """When all slots for waiting, streams, sending and bodies are held, the configured number of threads is free."""
    for threads in (1, 2, 8, 64):
        sender = ResponseSender(capacity=0, threads=threads)
        held = sum(slots._total for slots in (sender.wait_slots, sender.stream_slots, sender.body_slots, sender.send_slots))
        assert total_threads(threads) - held >= threads


def test_a_large_response_holds_a_slot_while_it_is_sent() -> None:
    """The pieces make up the whole; where all slots are held it is refused, and smaller responses are not."""
    sender = ResponseSender(capacity=10**9, threads=2)
    client = TestClient(
        create_app(memory_use_cases({"canned": CannedSource(observations=LARGE)}), allowed_hosts=(), sender=sender), headers=LOCAL
    )
    here = client.simulate_post("/timeseries", json={"code": "canned:CANNED/FB"}).json["links"]["data"]
    whole = client.simulate_get(f"{here}.json")
    head, part = client.simulate_head(f"{here}.json"), client.simulate_get(f"{here}.json?limit=5")

    assert len(whole.content) > 2 * 1024 * 1024
    assert int(whole.headers["content-length"]) == len(whole.content) == int(head.headers["content-length"])
    assert [row[1:] for row in whole.json["data"]] == LARGE.values.tolist()
    with sender.send_slots.acquire("127.0.0.1"):
        busy, small = client.simulate_get(f"{here}.json"), client.simulate_get(f"{here}.json?limit=5")
        elsewhere = client.simulate_get(f"{here}.json", remote_addr="203.0.113.1")
    assert (busy.status_code, busy.headers["retry-after"], busy.headers["cache-control"]) == (503, "1", "no-store")
    assert (part.status_code, small.status_code, elsewhere.status_code) == (200, 200, 200)
    assert client.simulate_get(f"{here}.json").content == whole.content
