"""Workers that are killed, frozen, poisoned and told to go."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from statistics import median

import pytest

from tests.faults.conftest import scale
from tests.faults.disturbing import disturbed, disturbed_at_work, kept_alive, settled
from tests.faults.driver import Ledger
from tests.faults.figures import Figures
from tests.faults.processes import START_SECONDS, children, comes_true
from tests.faults.stacks import RECOVERY_SECONDS, Stack

pytestmark = pytest.mark.faults
OTHERS_SHARE = 0.9
LONGEST_SLEEP_SECONDS = 10


def test_a_worker_is_killed_in_the_middle_of_fetches(stack: Stack, figures: Figures) -> None:
    """Whatever a killed worker had begun is done by another, and stored once."""
    codes, kills = stack.codes(scale(100, 10_000), "PLAIN50"), []

    def kill() -> None:
        stack.restart(stack.worker)
        kills.append(stack.worker.pid)

    ledger = disturbed_at_work(stack, kill, times=scale(3, 60), calls=(12, 40), codes=codes)
    verdict = stack.verifier.judge(ledger)
    figures.add("1 kill -9 worker", "P1 P2", stack.name, f"{verdict}; {len(kills)} kills, {verdict.crashes} taken over")

    assert verdict.well, verdict
    assert ledger.codes == set(codes)
    assert verdict.crashes


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_a_child_of_the_pool_is_killed(servers: Stack, figures: Figures) -> None:
    """What a pool's child had begun when it was killed, as for want of memory, is done by another."""
    codes, kills = servers.codes(scale(60, 600), "PLAIN300"), scale(4, 40)
    servers.restart(servers.worker)
    worker = servers.worker.pid

    def kill() -> None:
        for child in random.sample(pool := _pool_of(worker), min(1, len(pool))):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    # The first is lost before the worker has started.
    assert comes_true(lambda: bool(_pool_of(worker)), START_SECONDS)
    kill()
    ledger = disturbed_at_work(servers, kill, times=kills, calls=(4, 12), codes=codes, every=0.5)
    verdict = servers.verifier.judge(ledger)
    figures.add("2 kill -9 pool child", "P1", servers.name, f"{verdict}; {kills} kills, {verdict.crashes} taken over")

    assert verdict.well, verdict
    assert verdict.crashes
    assert (servers.worker.alive, servers.worker.pid) == (True, worker)


@pytest.mark.faults(long=True)
def test_a_worker_sleeps_beyond_its_lease(stack: Stack, figures: Figures) -> None:
    """A worker that wakes up after another has done its fetches stores nothing more: every stale end is fenced."""
    freezes, ledger, codes, before = scale(1, 4), Ledger(), [], stack.verifier.fenced()
    for _ in range(freezes):
        some = stack.codes(8, "VARY800")
        ledger.lines += stack.driver.post(some).lines
        assert comes_true(lambda codes=some: any(stack.verifier.calls()[code] for code in codes), START_SECONDS)
        stack.worker.freeze()
        other = stack.process("worker").start()
        # On SQLite it may sleep with the only writer's place in its hands, and nobody else gets anywhere.
        stack.verifier.settled(some, LONGEST_SLEEP_SECONDS)
        stack.worker.thaw()
        stack.verifier.settled(some, RECOVERY_SECONDS)
        time.sleep(1.5)
        other.kill()
        codes += some
    verdict = stack.verifier.judge(ledger)
    fenced = stack.verifier.fenced() - before
    figure = f"{verdict}; {freezes} freezes, {verdict.crashes} taken over, {fenced} stale closes fenced"
    figures.add("12 SIGSTOP beyond the lease", "P2", stack.name, figure)

    assert verdict.crashes > 0
    assert verdict.well, verdict


@pytest.mark.faults(long=True)
def test_workers_are_told_to_go_while_they_work(stack: Stack, figures: Figures) -> None:
    """A rolling restart loses nothing, asks the provider for nothing twice, and every worker ends with 0 in time."""
    codes, restarts, ended = stack.codes(scale(40, 1000), "PLAIN100"), scale(2, 20), []

    def roll() -> None:
        other = stack.process("worker").start().wait_until(lambda: stack.started[-1].heeds(signal.SIGTERM))
        ended.append(stack.worker.stop())
        stack.worker = other

    ledger = disturbed(roll, times=restarts, every=1.0, work=lambda: stack.driver.post(codes, pause=0.05))
    waited = settled(stack, codes, scale(RECOVERY_SECONDS, 300))
    verdict, calls = stack.verifier.judge(ledger), stack.verifier.calls()
    again = sum(calls[code] - 1 for code in codes)
    longest = max(seconds for _, seconds in ended)
    figures.add("28 TERM under load", "P1", stack.name, f"{verdict}; {restarts} restarts, {again} asked again, {longest:.1f} s, {waited}")

    assert verdict.well, verdict
    assert [code for code, _ in ended] == [0] * restarts
    assert again == 0


@pytest.mark.faults(long=True)
def test_an_answer_that_kills_its_worker(stack: Stack, figures: Figures) -> None:
    """A fetch whose answer kills the process ends after a few kills; all others go on, almost as if it were not there."""
    stack.worker.kill()
    poisoned = stack.process("worker", inside="die_of_poison")
    poisons, ledger = stack.codes(1 if stack.on_sqlite else scale(1, 3), "POISON"), Ledger()
    shares = []
    with kept_alive(poisoned):
        settled(stack, stack.driver.post(stack.codes(4)).codes)
        for poison in poisons:
            codes = stack.codes(600, "PLAIN300")
            # A whole lease and sweep lie between two kills: the others are to last for all five.
            without, begun = _pace(stack, ledger, codes[::2]), time.monotonic()
            shares.append(_pace(stack, ledger, [poison, *codes[1::2]]) / without)
            settled(stack, [poison], 120)
            waited = f"the last after {time.monotonic() - begun:.1f} s"
    verdict = stack.verifier.judge(ledger, failing=poisons)
    rows = stack.verifier.rows(poisons)
    ends = ", ".join(f"{row.status} after {row.crashes} kills" for row in rows)
    share = median(shares)
    missed = "" if stack.on_sqlite or share >= OTHERS_SHARE else "  MISSED"
    figure = f"{verdict}; poison ended as {ends}, {waited}; others' throughput {share:.0%} of that without{missed}"
    figures.add("26 poison", "P1", stack.name, figure)

    assert verdict.well, verdict
    assert {(row.status, row.crashes) for row in rows} == {("error", 5)}
    assert all("attempts_exhausted" in row.failure for row in rows)


def _pace(stack: Stack, ledger: Ledger, codes: list[str]) -> float:
    """Tell how many of the codes were fetched in a second, whatever becomes of poison among them."""
    begun = time.monotonic()
    ledger.lines += stack.driver.post(codes).lines
    harmless = [code for code in codes if not code.startswith("POISON")]
    stack.verifier.settled(harmless, RECOVERY_SECONDS)
    return len(harmless) / (time.monotonic() - begun)


def _pool_of(worker: int) -> list[int]:
    """Give the processes of the pool: forked, while the poller and its helper run another command a moment after."""
    forked = [child for child in children(worker) if b"entrypoints.cli" in _command_of(child)]
    time.sleep(0.05)
    return [child for child in forked if b"entrypoints.cli" in _command_of(child)]


def _command_of(process: int) -> bytes:
    with suppress(OSError), open(f"/proc/{process}/cmdline", "rb") as line:  # noqa: PTH123 - no path of ours
        return line.read()
    return b""
