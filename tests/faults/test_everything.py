"""Everything at once: a nemesis that kills now this and now that, and a broker in every kind of trouble."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import cycle
from statistics import median

import pytest

from tests.faults.conftest import scale
from tests.faults.disturbing import disturbed_at_work, kept_alive, settled
from tests.faults.driver import Ledger
from tests.faults.figures import Figures
from tests.faults.processes import Process
from tests.faults.stacks import LEASE_SECONDS, SWEEP_SECONDS, Stack

pytestmark = [pytest.mark.faults(long=True)]
EVERY_SECONDS = 3.0
P50_RATIO, P99_RATIO = 1.1, 1.5


def test_anything_is_killed_every_few_seconds(stack: Stack, figures: Figures) -> None:
    """Whatever is killed, every accepted request is fetched and stored once, soon after the last kill."""
    codes = stack.codes(scale(300, 10_000 if not stack.on_sqlite else 3_000), "PLAIN50")
    victims = [process for process in (stack.worker, stack.api, stack.broker) if process]
    turns, killed = cycle(random.Random(stack.seed).sample(victims, len(victims))), []

    def kill() -> None:
        victim = next(turns)
        killed.append(victim.name)
        victim.kill()

    with kept_alive(*victims):
        pause = scale(100, 50) / 1e3
        ledger = disturbed_at_work(stack, kill, times=scale(4, 60), calls=(16, 64), codes=codes, every=EVERY_SECONDS, pause=pause)
    verdict = stack.verifier.judge(ledger)
    counts = ", ".join(f"{killed.count(name)} {name}" for name in sorted(set(killed)))
    figures.add("kill -9 of anything", "P1 P2", stack.name, f"{verdict}; kills: {counts}; {verdict.crashes} taken over; {_recovery(stack)}")

    assert ledger.codes == set(codes)
    assert verdict.well, verdict


def _recovery(stack: Stack) -> str:
    """Kill one of two workers in the middle of fetches, and tell how long those waited."""
    stack.heal()
    other = stack.process("worker")
    other.log = stack.folder / "other.log"
    other.start().wait_until(lambda: "worker starts" in other.log.read_text())
    time.sleep(3)
    codes = stack.codes(16, "PLAIN400")
    stack.driver.post(codes)
    while not all(stack.verifier.calls()[code] for code in codes[:4]):
        time.sleep(0.02)
    other.kill()
    taken = stack.verifier.settled(codes, 60)
    return f"recovered in {taken:.1f} s (lease {LEASE_SECONDS}, sweep {SWEEP_SECONDS})"


@pytest.mark.server
def test_posts_do_not_feel_the_broker(servers: Stack, figures: Figures) -> None:
    """A broker that is down, hangs or was just started again changes nothing for those who request."""
    assert servers.broker
    broker: Process = servers.broker
    count, rounds = scale(40, 400), scale(2, 5)
    troubles: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "well": (lambda: None, lambda: None),
        "down": (broker.kill, servers.heal),
        "hanging": (broker.freeze, broker.thaw),
        "restarted": (lambda: servers.restart(broker), servers.heal),
    }
    ledgers: dict[str, list[Ledger]] = {name: [] for name in troubles}
    for _ in range(rounds):
        for name, (begin, end) in troubles.items():
            # Else fewer fetches beside the requests would make up for what a broker costs.
            servers.worker.freeze()
            begin()
            ledgers[name].append(servers.driver.post(servers.codes(count), threads=2))
            servers.worker.thaw()
            end()
            # What one round left to be fetched would be felt by the next.
            settled(servers, ledgers[name][-1].codes, 120)
    whole = Ledger([said for several in ledgers.values() for ledger in several for said in ledger.lines])
    verdict = servers.verifier.judge(whole)
    figures.add("broker down, hanging, restarted", "P1", servers.name, f"{verdict}; {rounds} interleaved rounds of {count}")
    for name in ("down", "hanging", "restarted"):
        p50, p99 = (median(found.percentile(share) for found in ledgers[name]) for share in (0.5, 0.99))
        base50, base99 = (median(found.percentile(share) for found in ledgers["well"]) for share in (0.5, 0.99))
        good = p50 <= P50_RATIO * base50 and p99 <= P99_RATIO * base99
        figure = f"p50 {p50:.1f} ms = {p50 / base50:.2f} x, p99 {p99:.1f} ms = {p99 / base99:.2f} x{'' if good else '  MISSED'}"
        figures.add(f"POST, broker {name}", "P1", servers.name, figure)

    assert whole.statuses == {201}
    assert verdict.well, verdict
