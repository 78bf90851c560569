"""In every store, a series that is read by rules is at each moment what a plain loop over copies of all states gives, and stays so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.codes import DatasetCode
from domain.errors import NotKnownYet
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store
from domain.stand_ins.splice import SpliceRule
from domain.use_cases.read_series import Selection
from tests.builders import an_arrival, append, memory_use_cases
from tests.fakes import StoppedClock
from tests.use_cases.test_splices import KILLED, A, B, Pair, months

ORIGIN, NAMES = date(2024, 1, 1), ("A", "B")
Row = tuple[date, float, str | None]


@dataclass(frozen=True)
class Copy:
    """A state as it was stored."""

    rows: dict[date, float]
    known_at: datetime
    position: int
    fetched_at: datetime


@dataclass
class Histories:
    """Two series whose states and rules come at random, beside their copies."""

    store: Store
    clock: StoppedClock
    random: Random
    copies: dict[str, list[Copy]] = field(default_factory=lambda: {name: [] for name in NAMES})
    rules: list[tuple[SpliceRule, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.use = memory_use_cases({}, store=self.store)  # type: ignore[arg-type]
        with self.store.writing() as uow:
            self.keys: dict[str, UUID] = {name: uow.series.add("p", DatasetCode("X", name)).id for name in NAMES}
            uow.commit()
        for name in NAMES:
            self.revise(name)

    def revise(self, name: str) -> None:
        """Add a state, known since a moment of the last hours."""
        days = sorted(self.random.sample(range(12), 6))
        rows = {ORIGIN + timedelta(days=day): self.random.choice([1.5, -2.25, 1e9, 0.1]) * (1 + self.random.random()) for day in days}
        known = self.clock() - timedelta(minutes=self.random.choice([0, 0, 30, 90]))
        state = Observations.of(list(rows), ["Value"], [[value] for value in rows.values()])
        with self.store.writing() as uow:
            uow.series.lock(self.keys[name])
            append(uow, self.keys[name], [an_arrival(self.clock(), state, known_at=known)])
            position = uow.vintages.position()
            uow.commit()
        self.copies[name].append(Copy(rows, known, position, self.clock()))

    def rule(self) -> None:
        """Add a rule: a splice with any day and scale, or its end."""
        ends = self.random.random() < 0.3
        with self.store.writing() as uow:
            rule = uow.splices.add(
                uow.series.get(self.keys["A"]),
                SpliceRule(
                    made_at=self.clock(),
                    stand_in=None if ends else "p:X/B",
                    start=None if ends else ORIGIN + timedelta(days=self.random.randrange(12)),
                    scale=self.random.choice([1.0, 0.1, 1000.0]),
                    columns={"Value": "Value"},
                    reason="",
                ),
            )
            uow.commit()
        self.rules.append((rule, rule.position))

    def step(self) -> None:
        self.clock.forward(minutes=self.random.choice([0, 1, 20]))
        self.random.choice([lambda: self.revise("A"), lambda: self.revise("B"), self.rule])()

    def wanted(self, moment: AsOf) -> list[Row] | None:
        """What a loop finds; None if nothing was known."""
        own = self._state("A", moment)
        if own is None:
            return None
        standing = None
        for rule, position in self.rules:
            if self._admits(rule.made_at, rule.made_at, position, moment):
                standing = rule
        if standing is None or standing.stand_in is None or standing.start is None:
            return [(day, value, None) for day, value in own.items()]
        after = self._state("B", moment) or {}
        rows: list[Row] = [(day, value, "p:X/A") for day, value in own.items() if day < standing.start]
        return rows + [(day, standing.scale * value, "p:X/B") for day, value in after.items() if day >= standing.start]

    def _state(self, name: str, moment: AsOf) -> dict[date, float] | None:
        newest = None
        for copy in self.copies[name]:
            is_known = self._admits(copy.known_at, copy.fetched_at, copy.position, moment)
            if is_known and (newest is None or copy.known_at >= newest.known_at):
                newest = copy
        return newest.rows if newest else None

    def _admits(self, known_at: datetime, fetched_at: datetime, position: int, moment: AsOf) -> bool:
        return (
            (moment.as_of is None or known_at <= moment.as_of)
            and (moment.seen_by is None or fetched_at <= moment.seen_by)
            and (moment.position is None or position <= moment.position)
        )

    def found(self, moment: AsOf) -> list[Row] | None:
        try:
            reading = self.use.read_series(self.keys["A"], Selection(moment=moment, by_rule=True))
        except NotKnownYet:
            return None
        labels = reading.provenance or [None] * len(reading.observations)
        rows: Any = zip(reading.observations.labels(), reading.observations.values[:, 0].tolist(), labels, strict=True)
        return list(rows)

    def moments(self, count: int) -> list[AsOf]:
        begin, last = self.copies["A"][0].fetched_at - timedelta(hours=2), self.clock()
        times = [
            None,
            *(begin + (last - begin) * self.random.random() for _ in range(count)),
            *(rule.made_at for rule, _ in self.rules[-2:]),
        ]
        with self.store.reading() as uow:
            end = uow.vintages.position()
        positions = [None, *(self.random.randint(1, end) for _ in range(count))]
        return [AsOf(as_of=as_of, seen_by=seen, position=position) for as_of, seen, position in product(times, times[:2], positions)]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_read_by_rules_is_what_a_loop_finds(store: Store, clock: StoppedClock, seed: int) -> None:
    """And what was pinned, or known before, is bit for bit the same after whatever has come in since."""
    histories = Histories(store, clock, Random(seed))
    pinned: list[tuple[AsOf, list[Row] | None]] = []
    for _ in range(4):
        for _ in range(4):
            histories.step()
        moments = histories.moments(1)
        for moment in moments:
            assert histories.found(moment) == histories.wanted(moment), moment
        pinned += [(moment, histories.found(moment)) for moment in moments if moment.position]
    histories.step()
    assert [histories.found(moment) for moment, _ in pinned] == [rows for _, rows in pinned]
    before = [moment for moment in histories.moments(2) if moment.as_of and all(moment.as_of < rule.made_at for rule, _ in histories.rules)]
    plain = {moment: _without_labels(histories.found(moment)) for moment in before}
    histories.rule()
    assert {moment: _without_labels(histories.found(moment)) for moment in before} == plain


def _without_labels(rows: list[Row] | None) -> list[tuple[date, float]] | None:
    if rows is None:
        return None
    assert all(label is None for *_, label in rows)
    return [(day, value) for day, value, _ in rows]


@pytest.mark.parametrize("how", KILLED)
def test_a_provider_is_killed_and_its_series_goes_on(store: Store, clock: StoppedClock, how: str) -> None:
    """By the rule that a worker makes; the state of before is the same, bit for bit, and so is the chain."""
    pair = Pair(clock, store)
    pair.equate(failover=True, failover_after=timedelta(days=3))
    before = pair.read(moment=AsOf(as_of=pair.before))
    pair.kill(how)
    pair.wait(days=3)
    pair.clock.forward(hours=1)
    pair.sources["other"].observations = months(7)
    pair.fetch(B)
    assert [label for *_, label in pair.values()] == [A] * 5 + [B] * 2
    again = pair.read(moment=AsOf(as_of=pair.before))
    assert (again.observations, again.vintage, again.provenance) == (before.observations, before.vintage, None)
    found = pair.use.find_stand_ins(pair.series().id).items
    assert [(each.code, each.evidence and each.evidence.scale) for each in found] == [(pair.series(B).code, 1000.0)]
    with store.reading() as uow:
        assert len(uow.vintages.list(pair.series().id, after=0, limit=9)) == 1
    assert [rule.stand_in for rule in pair.rules()] == [B]
