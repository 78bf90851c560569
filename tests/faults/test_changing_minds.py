"""Clients that cancel at any moment, and that ask again with the same key."""

from __future__ import annotations

import random
import time
from threading import Lock
from uuid import uuid4

import pytest

from tests.faults.conftest import scale
from tests.faults.disturbing import settled
from tests.faults.driver import NOBODY, Client, Ledger, run_all
from tests.faults.figures import Figures
from tests.faults.stacks import Stack

pytestmark = pytest.mark.faults
LONGEST_WAIT_SECONDS = 0.6


def test_fetches_are_cancelled_at_any_moment(stack: Stack, figures: Figures) -> None:
    """Each ends in one final state; a cancelled one has stored nothing, one that ended well has."""
    codes, moments = stack.codes(scale(60, 1000), "PLAIN50"), random.Random(stack.seed)
    # Where no worker has come up yet, every cancel comes before the fetch.
    settled(stack, stack.driver.post(stack.codes(1)).codes)
    ledger, told, given, lock = Ledger(), {}, iter(codes), Lock()

    def work() -> None:
        with Client(stack.port) as client:
            while True:
                with lock:
                    code, pause = next(given, ""), moments.uniform(0, LONGEST_WAIT_SECONDS)
                if not code:
                    return
                said = client.until_accepted(code)[-1]
                time.sleep(pause)
                ledger.lines.append(said)
                told[said.fetch] = client.call("DELETE", f"/fetches/{said.fetch}")[0]

    run_all([work] * 8)
    waited = settled(stack, codes)
    status = {str(row.id): row.status for row in stack.verifier.rows(codes)}
    kept = {str(fetch) for found in stack.verifier.kept(codes).values() for _, _, fetch in found}
    ended = {state: {fetch for fetch, found in status.items() if found == state} for state in sorted(set(status.values()))}
    verdict = stack.verifier.judge(ledger, failing=codes)
    counts = ", ".join(f"{len(fetches)} {state}" for state, fetches in ended.items())
    figures.add("30 cancel races", "P2", stack.name, f"{len(codes)} cancels: {counts}, {verdict.reopened} reopened, {waited}")

    assert verdict.well, verdict
    assert set(told.values()) <= {200, 202, 409}
    assert NOBODY not in told.values()
    assert set(ended) <= {"cancelled", "success"}
    assert kept == ended.get("success", set())
    # Who was told that it is cancelled must not find it otherwise, nor who was told that it has ended.
    assert {status[fetch] for fetch, answer in told.items() if answer == 200} <= {"cancelled"}
    assert {status[fetch] for fetch, answer in told.items() if answer == 409} <= {"success"}


def test_one_request_with_a_key_many_times_at_once(stack: Stack, figures: Figures) -> None:
    """The same request with the same key, from many clients at one moment, has one answer."""
    rounds, threads = scale(3, 50), scale(20, 50)
    codes = stack.codes(rounds)
    ledgers = [stack.driver.post([code] * threads, threads=threads, together=True, key=uuid4().hex) for code in codes]
    settled(stack, codes)
    verdicts = [stack.verifier.judge(ledger) for ledger in ledgers]
    answers = [{(said.status, said.series, said.fetch) for said in ledger.accepted} for ledger in ledgers]
    calls = stack.verifier.calls()
    called = sum(calls[code] for code in codes)
    figure = f"{rounds} codes: {sum(map(len, answers))} answers, {called} calls"
    figures.add(f"17 same POST {threads} times with a key", "P2", stack.name, figure)

    assert [len(answer) for answer in answers] == [1] * rounds
    assert called == rounds
    assert all(verdict.well for verdict in verdicts), verdicts
