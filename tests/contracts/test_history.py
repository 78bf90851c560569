"""A series lives through anything, and every state of it reads back, bit for bit, on every store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from domain.codes import DatasetCode
from domain.fetching.arrivals import known_at
from domain.moments import AsOf
from domain.observations import Label, Observations, Unit
from domain.ports import Store
from domain.vintages import Cause, StoredVintage, Vintage
from tests.builders import an_arrival, append
from tests.servers import SETTINGS

START = datetime(2024, 1, 1, 12, tzinfo=UTC)
EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "25"))
VALUES = st.one_of(st.sampled_from([float("nan"), 0.0, -0.0, 1.5, 5e-324, -1.7976931348623157e308]), st.floats(allow_infinity=False))
ENDS = {"D": (-719_162, 2_932_896), "s": (-62_135_596_800, 253_402_300_799)}
NAMES = st.sampled_from(["a", "b", "", "é", "a b"])
LABELS = st.one_of(
    st.none(),
    st.integers(-40, 40).map(lambda days: (START + timedelta(days=days)).date()),
    st.integers(-40, 40).map(lambda hours: START + timedelta(hours=hours, microseconds=1)),
)


@dataclass(frozen=True)
class Remembered:
    """What the naive model keeps of a vintage: everything."""

    vintage: Vintage
    dates: tuple[int, ...]
    columns: tuple[str, ...]
    unit: Unit
    values: bytes


class History(RuleBasedStateMachine):
    """Changes a state in every way there is, keeps it under every kind of label, and compares all of the past."""

    store: Store

    @initialize(unit=st.sampled_from(["D", "D", "D", "s"]))
    def begin(self, unit: Unit) -> None:
        self.unit, self.rows, self.columns = unit, {19_000: [1.0, 2.0]}, ["a", "b"]
        self.remembered: list[Remembered] = []
        self.now = START
        with self.store.writing() as uow:
            self.series = uow.series.add("quandl", DatasetCode("X", uuid4().hex))
            uow.commit()

    @rule(count=st.integers(1, 5), values=st.lists(VALUES, min_size=5, max_size=5))
    def append_dates(self, count: int, values: list[float]) -> None:
        last = max(self.rows, default=19_000)
        for n in range(min(count, ENDS[self.unit][1] - last)):
            self.rows[last + 1 + n] = [values[(n + i) % 5] for i in range(len(self.columns))]

    @rule(place=st.integers(0, 30), value=VALUES)
    def amend_a_cell(self, place: int, value: float) -> None:
        if self.rows and self.columns:
            row = self.rows[sorted(self.rows)[place % len(self.rows)]]
            row[place % len(self.columns)] = value

    @rule(place=st.integers(0, 30), count=st.integers(1, 3))
    def delete_dates(self, place: int, count: int) -> None:
        for day in sorted(self.rows)[place % (len(self.rows) + 1) :][:count]:
            del self.rows[day]

    @rule(day=st.one_of(st.integers(18_990, 19_010), st.sampled_from([0, 1])), value=VALUES)
    def insert_a_date(self, day: int, value: float) -> None:
        at = ENDS[self.unit][day] if day in (0, 1) else day
        self.rows[at] = [value] * len(self.columns)

    @rule(keep=st.integers(0, 4))
    def move_the_window(self, keep: int) -> None:
        self.rows = {day: self.rows[day] for day in sorted(self.rows)[-keep:]} if keep else {}

    @rule(name=NAMES, value=VALUES)
    def add_a_column(self, name: str, value: float) -> None:
        self.columns.append(name)
        for row in self.rows.values():
            row.append(value)

    @rule(place=st.integers(0, 9))
    def remove_a_column(self, place: int) -> None:
        if self.columns:
            del self.columns[place % len(self.columns)]
            for row in self.rows.values():
                del row[place % len(row)]

    @rule(place=st.integers(0, 9), name=NAMES)
    def rename_a_column(self, place: int, name: str) -> None:
        if self.columns:
            self.columns[place % len(self.columns)] = name

    @rule()
    def turn_the_columns_round(self) -> None:
        self.columns.reverse()
        for row in self.rows.values():
            row.reverse()

    @rule(labels=st.lists(LABELS, min_size=1, max_size=4), hours=st.sampled_from([0, 1, 30]), cause=st.sampled_from(Cause))
    def keep(self, labels: list[Label | None], hours: int, cause: Cause) -> None:
        """Append the state, under several labels at once it may be, some of them late."""
        self.now += timedelta(hours=hours)
        state = self.state()
        with self.store.writing() as uow:
            newest = max((each.vintage for each in self.remembered), key=Vintage.knowledge, default=None)
            found = uow.vintages.find(self.series.id, AsOf())
            assert (found.vintage if found else None) == newest
            arrivals = [self.arrival(state, label, newest, cause) for label in labels]
            vintages = append(uow, self.series.id, arrivals)
            uow.commit()
        for vintage in vintages:
            self.remembered.append(
                Remembered(vintage, tuple(state.dates.astype(int).tolist()), state.columns, state.unit, state.values.tobytes(order="F"))
            )

    def state(self) -> Observations:
        days = list(self.rows)
        values = np.array([self.rows[day] for day in days], dtype=float).reshape(len(days), len(self.columns))
        return Observations.of(days, self.columns, values, unit=self.unit)

    def arrival(self, state: Observations, label: Label | None, newest: Vintage | None, cause: Cause) -> Any:
        known = known_at(label, self.now, newest)
        checked_at = newest.fetched_at if newest else None
        return replace(an_arrival(self.now, state, published=label, known_at=known), cause=cause, previous_check_at=checked_at)

    def expected(self, moment: AsOf) -> Remembered | None:
        known = [each for each in self.remembered if moment.admits(each.vintage)]
        return max(known, key=lambda each: each.vintage.knowledge(), default=None)

    @invariant()
    def the_past_is_as_it_was(self) -> None:
        if not hasattr(self, "series"):
            return
        numbers = [each.vintage.number for each in self.remembered]
        moments = {each.vintage.known_at for each in self.remembered}
        fetched = {each.vintage.fetched_at for each in self.remembered}
        before, after = START - timedelta(days=99), self.now + timedelta(days=1)
        asked = [AsOf(), AsOf(as_of=before), AsOf(seen_by=before), AsOf(as_of=after), AsOf(vintage=len(numbers) + 1)]
        asked += [AsOf(vintage=number) for number in numbers]
        asked += [AsOf(as_of=moment, restated=True) for moment in {*moments, *fetched}]
        asked += [AsOf(as_of=moment + step) for moment in moments for step in (timedelta(0), -timedelta(microseconds=1))]
        asked += [AsOf(seen_by=moment) for moment in fetched]
        asked += [AsOf(as_of=as_of, seen_by=seen_by) for as_of in moments for seen_by in fetched]
        with self.store.reading() as uow:
            assert numbers == list(range(1, len(numbers) + 1))
            assert [each.vintage for each in self.remembered] == list(uow.vintages.list(self.series.id, after=0, limit=10_000))
            for moment in asked:
                assert_same(uow.vintages.find(self.series.id, moment), self.expected(moment))

    def teardown(self) -> None:
        if hasattr(self, "series"):
            with self.store.reading() as uow:
                assert list(uow.vintages.verify(self.series.id)) == []
                walked = list(uow.vintages.walk(self.series.id))
                assert len(walked) == len(self.remembered)
                for found, expected in zip(walked, self.remembered, strict=True):
                    assert_same(found, expected)


def assert_same(found: StoredVintage | None, expected: Remembered | None) -> None:
    if expected is None or found is None:
        assert found is expected
        return
    state = found.observations
    assert found.vintage == expected.vintage
    assert (state.columns, state.unit) == (expected.columns, expected.unit)
    assert tuple(state.dates.astype(int).tolist()) == expected.dates
    assert state.values.tobytes(order="F") == expected.values


def test_any_history_reads_back(store: Store) -> None:
    """Whatever happens to a series, each vintage, each as_of and each seen_by equals a full copy made then."""
    machine = type("HistoryOnThisStore", (History,), {"store": store})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None))


def test_several_on_one_day_keep_their_order(store: Store) -> None:
    """Of states known at the same moment the one that arrived last is the newest."""
    day = date(2023, 5, 5)
    states = [Observations.of([1], ["a"], [[float(n)]]) for n in range(3)]
    with store.writing() as uow:
        series = uow.series.add("quandl", DatasetCode("X", "SAME_DAY"))
        arrivals = [an_arrival(START, state, published=day, known_at=known_at(day, START, None)) for state in states]
        append(uow, series.id, arrivals)
        found = uow.vintages.find(series.id, AsOf(as_of=START))
        second = uow.vintages.find(series.id, AsOf(vintage=2))

    assert found
    assert (found.vintage.number, found.observations) == (3, states[2])
    assert second
    assert second.observations == states[1]
