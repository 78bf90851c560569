"""A provider that counts: several workers share what it permits, and none of them speaks while it asked for silence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from itertools import cycle
from threading import Event, Thread
from uuid import uuid4

import pytest
from sqlalchemy import select

from adapters.sql.tables import budgets, calls
from domain.providers import Limit
from domain.throttling import MAX_BLOCK_SECONDS
from tests.faults.conftest import scale
from tests.faults.disturbing import disturbed, kept_alive, settled
from tests.faults.figures import Figures
from tests.faults.processes import Process, comes_true
from tests.faults.stacks import Stack
from tests.faults.windows import STRICT, Answered, answered

pytestmark = [pytest.mark.faults(long=True)]
# Embedded, one worker with eight threads is usual.
WORKERS = {True: 2, False: 4}
PERMITTED_SHARE = 0.9
#: What was on its way to the provider when silence was asked for is there by then.
JOURNEY_SECONDS = 0.5


def test_workers_use_what_is_permitted_and_no_more(stack: Stack, figures: Figures) -> None:
    """Two windows are kept and nearly used up, though now and then a worker is killed; no fetch fails for them."""
    stack.worker.kill()
    codes, kills = stack.codes(scale(310, 3000), "STRICT"), scale(1, 10)
    ledger = stack.driver.post(codes)
    with budgeted(stack, "20/1,100/10") as (workers, key), kept_alive(*workers):
        permits: dict[int, float] = {}
        victims, work = cycle(workers), partial(settled, stack, codes, scale(90, 1200))
        with noting(lambda: permits.update(_permits(stack, key)), every=1):
            waited = disturbed(lambda: next(victims).kill(), times=kills, every=scale(12, 25), work=work)
        permits.update(_permits(stack, key))
    verdict = stack.verifier.judge(ledger)
    seen = [call for call in answered(stack.folder / "strict") if call.code in set(codes)]
    over = max(0, *(fullest(sorted(permits.values()), limit.seconds) - limit.calls for limit in STRICT))
    share, refused = _share(seen, STRICT[-1]), sum(call.silence is not None for call in seen)
    windows = f"{over} of {len(permits)} calls permitted above a window, {refused} of {len(seen)} refused by the provider"
    used = f"{share:.1%} of the permitted rate used{'' if share >= PERMITTED_SHARE else '  MISSED'}"
    figure = f"{verdict}; {used}; {windows}; {len(workers)} workers, {kills} kills, {waited}"
    figures.add("24 limits across workers", "P3", stack.name, figure)

    assert verdict.well, verdict
    assert max(permits) == len(permits)
    assert over == 0


def test_no_call_starts_while_silence_was_asked_for(stack: Stack, figures: Figures) -> None:
    """Told 429 in every form, all workers are silent for that long, whatever they were told; no fetch fails for it."""
    stack.worker.kill()
    codes, kills = stack.codes(scale(30, 200), "STORM"), scale(1, 5)
    ledger = stack.driver.post(codes)
    with budgeted(stack, "40/1") as (workers, key), kept_alive(*workers):
        committed: list[tuple[float, float]] = []

        def look() -> None:
            until = _blocked_until(stack, key)
            if until and not (committed and committed[-1][1] == until):
                committed.append((time.time(), until))

        with noting(look, every=0.02):
            waited = disturbed(workers[0].kill, times=kills, every=10, work=lambda: settled(stack, codes, scale(120, 900)))
        verdict = stack.verifier.judge(ledger)
        absurd = stack.codes(1, "NEVER")
        stack.driver.post(absurd)
        assert comes_true(lambda: (_blocked_until(stack, key) or 0) > time.time() + MAX_BLOCK_SECONDS / 2)
        days = ((_blocked_until(stack, key) or 0) - time.time()) / MAX_BLOCK_SECONDS
        statuses = {row.status for row in stack.verifier.rows(absurd)}
        stack.verifier.forget(absurd)
    seen = [call for call in answered(stack.folder / "storm") if call.code in set(codes)]
    early = [call.at - at for call in seen for at, until in committed if at + JOURNEY_SECONDS < call.at < until]
    failed = sum(row.status == "error" for row in stack.verifier.rows(codes))
    told = sum(call.silence is not None for call in seen)
    silences = f"{len(early)} calls inside {len(committed)} committed silences, {told} x 429, {failed} failed"
    figure = f"{verdict}; {silences}; an absurd Retry-After holds {days:.2f} days; {kills} kills, {waited}"
    figures.add("23 429 storm", "P3", stack.name, figure)

    assert verdict.well, verdict
    assert told
    assert committed
    assert early == []
    assert statuses <= {"pending", "running"}
    assert days <= 1


@contextmanager
def budgeted(stack: Stack, limits: str) -> Iterator[tuple[Sequence[Process], str]]:
    """Have several workers instead of the one, with limits and a key of their own; give them and the key's name in the store."""
    secret = f"key-{uuid4().hex}"
    own = {"LANNER_PROVIDERS__QUANDL__LIMITS": limits, "LANNER_PROVIDERS__QUANDL__API_KEY": secret}
    if not stack.on_sqlite:
        own["LANNER_WORKER_PROCESSES"] = "2"
    workers = [stack.process("worker", **own) for _ in range(WORKERS[stack.on_sqlite])]
    for number, worker in enumerate(workers):
        worker.log = stack.folder / f"{secret}-{number}.log"
        worker.start()
    for worker in workers:
        worker.wait_until(lambda log=worker.log: "worker starts" in log.read_text())
    try:
        yield workers, blake2b(secret.encode(), digest_size=6, person=b"lanner").hexdigest()
    finally:
        for worker in workers:
            worker.kill()


@contextmanager
def noting(look: Callable[[], object], *, every: float) -> Iterator[None]:
    """Look at something again and again."""
    done = Event()

    def look_on() -> None:
        while not done.wait(every):
            look()

    watcher = Thread(target=look_on)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def fullest(starts: Sequence[float], seconds: float) -> int:
    """Count the calls in the fullest window of so many seconds; they are in their order."""
    most = first = 0
    for last, start in enumerate(starts):
        while starts[first] <= start - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _share(seen: Sequence[Answered], limit: Limit) -> float:
    """Give the share of the permitted calls that were made, from the first to the last whole window."""
    times = sorted(call.at for call in seen if call.silence is None)
    whole = max(1, int((times[-1] - times[0]) // limit.seconds)) * limit.seconds
    return sum(at < times[0] + whole for at in times) * limit.seconds / (whole * limit.calls)


def _permits(stack: Stack, key: str) -> dict[int, float]:
    """Give the moments of the last permits, by their numbers."""
    with stack.engine.connect() as connection:
        rows = connection.execute(select(calls.c.number, calls.c.at).where(calls.c.key == key))
        return {number: at.timestamp() for number, at in rows}


def _blocked_until(stack: Stack, key: str) -> float | None:
    with stack.engine.connect() as connection:
        until = connection.execute(select(budgets.c.blocked_until).where(budgets.c.key == key)).scalar()
    return float(until.timestamp()) if until else None
