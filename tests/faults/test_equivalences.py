"""Equivalences that are compared while workers are killed: each divergence is found at the arrival that brings it, and once."""

from __future__ import annotations

import random
import time
from collections import Counter
from uuid import uuid4

import pytest

from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.metrics import Counted
from domain.observations import Observations
from domain.series import TimeSeries
from domain.stand_ins.equivalence import Equivalence, Member, Side
from domain.use_cases.watch_equivalences import WatchEquivalences
from tests.builders import an_arrival, append
from tests.faults.conftest import scale
from tests.faults.figures import Figures
from tests.faults.processes import comes_true
from tests.faults.provider import DATABASE
from tests.faults.stacks import Stack
from tests.faults.test_webhooks import kill

pytestmark = pytest.mark.faults
Values = tuple[float, float]
#: The position of an arrival, whose it is, and the numbers of both vintages.
Found = tuple[int, Side, tuple[int, int], int]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_divergence_is_missed(stack: Stack, figures: Figures) -> None:
    """Whatever is killed between an arrival and its comparison, what is found is what a loop over all arrivals finds."""
    stack.worker.kill()
    store, numbers = SqlStore(stack.engine), random.Random(stack.seed)
    pairs, arrivals, kills = scale(4, 40), scale(160, 8000), scale(3, 60)
    known = [added(store, code) for code in stack.codes(pairs)]
    before = counted(store)
    workers = [stack.process("worker").start() for _ in range(scale(2, 4))]
    begun = time.monotonic()
    wanted: list[Counter[Found]] = [Counter() for _ in known]
    for number in range(arrivals):
        pair = numbers.choice(known)
        wanted[known.index(pair)].update(arrive(store, pair, numbers))
        if number % (arrivals // kills) == 0:
            victim = numbers.choice(workers)
            victim.kill()
            victim.start()
    killed = kills + kill(workers, kills, stack.seed, lambda: not left(store))
    assert comes_true(lambda: not left(store), scale(60, 600))
    for worker in workers:
        worker.kill()
    assert not WatchEquivalences(store)()

    for pair, expected in zip(known, wanted, strict=True):
        with store.reading() as uow:
            items = uow.equivalences.divergences(equivalence_id=pair.equivalence.id, before=None, limit=100_000).items
        assert Counter((each.compared, each.arrived, each.vintages, each.count) for each in items) == expected
    assert counted(store) - before == sum(sum(each.values()) for each in wanted)
    with store.writing() as uow:
        for pair in known:
            uow.equivalences.remove(pair.equivalence.id)
        uow.commit()
    seconds = time.monotonic() - begun
    figures.add(f"33 {arrivals:,} arrivals compared, kill -9", "P1 P2", stack.name, f"{killed} kills, {seconds:.0f} s, none missed")


class Pair:
    """Two series that should agree, and what was stored of them."""

    def __init__(self, series: list[TimeSeries], equivalence: Equivalence) -> None:
        self.series, self.equivalence = series, equivalence
        self.states: list[list[Values]] = [[], []]

    def apart(self) -> set[tuple[int, float, float]]:
        """The values of the newest states that differ."""
        if not all(self.states):
            return set()
        return {(day, a, b) for day, (a, b) in enumerate(zip(*(states[-1] for states in self.states), strict=True)) if a != b}


def added(store: SqlStore, code: str) -> Pair:
    with store.writing() as uow:
        series = [uow.series.add("quandl", DatasetCode(DATABASE, f"{code}.{side}")) for side in Side]
        a, b = map(Member.of, series)
        equivalence = Equivalence(id=uuid4(), a=a, b=b, created_at=uow.now(), position=uow.vintages.position(), compared_at=uow.now())
        uow.equivalences.add(equivalence)
        uow.commit()
    return Pair(series, equivalence)


def arrive(store: SqlStore, pair: Pair, numbers: random.Random) -> list[Found]:
    """Add a vintage to one of the two, and return what a loop finds."""
    place, before = numbers.randrange(2), pair.apart()
    values = (float(numbers.randrange(1, 3)), float(numbers.randrange(1, 3)))
    state = Observations.of([0, 1], ["a"], [[value] for value in values])
    series = pair.series[place]
    with store.writing() as uow:
        uow.series.lock(series.id)
        append(uow, series.id, [an_arrival(uow.now(), state, fetch_id=uuid4())])
        position = uow.vintages.position()
        uow.commit()
    pair.states[place].append(values)
    new = pair.apart() - before
    vintages = (len(pair.states[0]), len(pair.states[1]))
    return [(position, list(Side)[place], vintages, len(new))] if new else []


def left(store: SqlStore) -> bool:
    with store.reading() as uow:
        return bool(uow.equivalences.with_arrivals(1))


def counted(store: SqlStore) -> int:
    with store.reading() as uow:
        return uow.metrics.all().counted.get(Counted.DIVERGENCES, 0)
