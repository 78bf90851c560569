"""Places of which nobody has all, and large answers that take one while they are sent."""

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
    """Beyond it, it is told to come again; so is everybody when all are taken."""
    slots = SlotPool(3, 2, "busy")
    with slots.acquire("one"), slots.acquire("one"):
        with pytest.raises(Problem, match="busy"), slots.acquire("one"):
            pass
        with slots.acquire("another"), pytest.raises(Problem), slots.acquire("third"):
            pass
    with slots.acquire("one"), slots.acquire("another"), slots.acquire("third"):
        pass


def test_a_place_may_be_waited_for() -> None:
    """As long as was said, and no longer than until one is left."""
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


def test_all_places_leave_threads_to_those_who_ask_briefly() -> None:
    """When everybody waits, streams, sends and has a body read, as many threads are free as were configured."""
    for threads in (1, 2, 8, 64):
        sender = ResponseSender(capacity=0, threads=threads)
        held = sum(slots._total for slots in (sender.wait_slots, sender.stream_slots, sender.body_slots, sender.send_slots))
        assert total_threads(threads) - held >= threads


def test_a_large_answer_is_sent_from_a_place_of_its_own() -> None:
    """In pieces that are the whole; where the places are taken it is refused, and smaller ones are not."""
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
