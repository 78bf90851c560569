"""Followed series that are due while workers are killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from adapters.sql.store import SqlStore
from adapters.sql.tables import fetches, followed, series
from domain.codes import DatasetCode
from domain.schedules.schedule import Rule, Schedule, ScheduleKind
from domain.schedules.selector import Selector
from tests.faults.conftest import scale
from tests.faults.figures import Figures
from tests.faults.processes import Process, comes_true
from tests.faults.provider import DATABASE
from tests.faults.stacks import RECOVERY_SECONDS, Stack

pytestmark = pytest.mark.faults
DAILY = Rule(kind=ScheduleKind.INTERVAL, spec="1d", catch_up=timedelta(seconds=5))
#: By how many seconds clocks are wrong: of a machine, whose clock is set forward and then back; of several that share a database.
SET_BACK, APART = -3600, (3600, -3600, 0, 0)
IN_FLIGHT = fetches.c.status.in_(("pending", "running"))


@pytest.mark.timeout(900)
@pytest.mark.faults(long=True)
def test_due_looks_are_each_asked_once(stack: Stack, figures: Figures) -> None:
    """
    Workers, whose clocks are changed, are killed as they claim due looks and do the fetches: each look leads to one fetch.

    So it is again when no worker has run for a week.
    """
    stack.worker.kill()
    count, kills, workers = scale(1000, 10_000), scale(6, 60), scale(2, 4)
    followed_by = follow(stack, stack.codes(count))
    fates = []
    for late in (timedelta(0), timedelta(days=7)):
        make_due(stack, late)
        shifts = [SET_BACK if late else -SET_BACK] * workers if stack.on_sqlite else APART[:workers]
        running = [stack.process("worker", inside=f"shift_clock={shift}") for shift in shifts]
        killed = run_and_kill(running, kills, stack)
        waited = time.monotonic()
        assert comes_true(lambda: left(stack) == 0, scale(4 * RECOVERY_SECONDS, 1800))
        runs = Counter(asked(stack, followed_by).values())
        fates.append(f"{dict(runs)} fetches a series, {killed} kills, {time.monotonic() - waited:.0f} s more")
        assert runs == {len(fates): count}
        for worker in running:
            worker.kill()
    figures.add(f"31 {count:,} due looks, kill -9, clocks an hour off", "P1 P2", stack.name, "; after a week: ".join(fates))


def follow(stack: Stack, codes: Sequence[str]) -> list[UUID]:
    """Have each code followed by a schedule of its own; give the ids of the series."""
    kept = []
    with SqlStore(stack.engine).writing() as uow:
        now = uow.now()
        for code in codes:
            wanted = DatasetCode(DATABASE, code)
            kept.append(uow.series.add("quandl", wanted).id)
            selector = Selector(provider="quandl", database=DATABASE, pattern=code)
            uow.schedules.add(Schedule(id=uuid4(), selector=selector, rule=DAILY, paused=False, created_at=now))
        uow.commit()
    return kept


def make_due(stack: Stack, late: timedelta) -> None:
    """Have every look be due since so long, as if all that was done until now were older still."""
    with SqlStore(stack.engine).writing() as uow:
        since = uow.now() - late
        uow.transaction.run(update(fetches).values(created_at=since - timedelta(days=1)))
        uow.transaction.run(update(series).values(checked_at=since - timedelta(days=1)))
        uow.transaction.run(update(followed).values(next_at=since, planned=True))
        uow.commit()


def run_and_kill(workers: Sequence[Process], kills: int, stack: Stack) -> int:
    """Start workers, and kill one of them every second as long as there is work, at most so many times."""
    for worker in workers:
        worker.start()
    numbers, killed = random.Random(stack.seed), 0
    while killed < kills and left(stack):
        time.sleep(1)
        victim = numbers.choice(workers)
        victim.kill()
        victim.start()
        killed += 1
    return killed


def left(stack: Stack) -> int:
    """Count the looks that are due and the fetches that have not ended."""
    with SqlStore(stack.engine).reading() as uow:
        due = select(func.count()).select_from(followed).where(followed.c.next_at <= uow.now())
        running = select(func.count()).select_from(fetches).where(IN_FLIGHT)
        return int(uow.transaction.run(due).scalar_one()) + int(uow.transaction.run(running).scalar_one())


def asked(stack: Stack, kept: Sequence[UUID]) -> dict[UUID, int]:
    """Count the fetches of each series."""
    counted = select(series.c.id, func.count(fetches.c.id)).outerjoin(fetches, fetches.c.series == series.c.number).group_by(series.c.id)
    with SqlStore(stack.engine).reading() as uow:
        found = {row[0]: row[1] for row in uow.transaction.run(counted)}
    return {each: found[each] for each in kept}
