"""A fetch lives through anything, and nothing of it is lost or stored twice, on every store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule, run_state_machine_as_test

from domain.codes import DatasetCode
from domain.errors import FetchCancelled, FetchNotFound, IdempotencyKeyReused, LeaseLost, SeriesNotFound
from domain.fetches import NOTHING_ALLOWED, Failure, Fetch, FetchQuery, FetchStatus, IdempotencyKey, Lease, RequestRecord, WaitingFor
from domain.observations import Observations
from domain.ports import Store, UnitOfWork
from domain.series import Metadata, SeriesStatus
from tests.builders import an_arrival, append
from tests.contracts.conftest import StoppedClock
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "25"))
LEASE, DAY = 30.0, 86_400.0
FAILURE = Failure(code="unavailable", message="The provider is down.", retryable=True, hint="Wait.")
IN_FLIGHT = (FetchStatus.PENDING, FetchStatus.RUNNING)
NAMES = st.sampled_from("AB")


@dataclass
class Expected:
    """What the model knows of an accepted fetch; ``holder`` is the last lease given on it, if it was not let go."""

    series: str
    status: FetchStatus = FetchStatus.PENDING
    holder: Lease | None = None
    cancelling: bool = False
    ended: Fetch | None = None
    attempts: int = 0


@dataclass
class Model:
    """Everything that a naive store would keep."""

    series: dict[str, UUID] = field(default_factory=dict)
    fetches: dict[UUID, Expected] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)
    vintages: dict[str, list[UUID]] = field(default_factory=dict)
    requests: dict[str, tuple[str, RequestRecord]] = field(default_factory=dict)

    def in_flight(self, name: str) -> list[UUID]:
        return [key for key, fetch in self.fetches.items() if fetch.series == name and fetch.status in IN_FLIGHT]


class LifeCycle(RuleBasedStateMachine):
    """Does to fetches whatever clients, workers, crashes and clocks do, in any order, and compares with the model."""

    store: Store
    clock: StoppedClock
    leases: Bundle[tuple[UUID, Lease]] = Bundle("leases")

    @initialize()
    def begin(self) -> None:
        self.model, self.database, self.values = Model(), f"T{uuid4().hex[:16].upper()}", 0

    @rule(name=NAMES, key=st.sampled_from(["", "", "k1", "k2"]))
    def post(self, name: str, key: str) -> None:
        """Ask for a series, with a key or without: a repeated request gets its old answer, any other joins what is in flight."""
        before = self.model.in_flight(name)
        with self.store.writing() as uow:
            if key:
                wanted = IdempotencyKey(self.database + key, digest=name)
                try:
                    answered = uow.requests.begin(wanted)
                except IdempotencyKeyReused:
                    assert self.model.requests[key][0] != name
                    return
                assert answered == self.model.requests.get(key, (name, None))[1]
                if answered:
                    return
            series = uow.series.add("quandl", DatasetCode(self.database, name))
            fetch, new = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
            if key:
                uow.requests.remember(wanted, RequestRecord(series.id, fetch.id, new))
                self.model.requests[key] = name, RequestRecord(series.id, fetch.id, new)
            uow.commit()
        self.model.series[name] = series.id
        assert new == (not before)
        if new:
            assert fetch.id not in self.model.fetches.keys() | self.model.gone
            self.model.fetches[fetch.id] = Expected(name)
        else:
            assert [fetch.id] == before

    @rule(target=leases, twice=st.booleans())
    def sweep_and_claim(self, *, twice: bool) -> object:
        """Claim what is due, some of it from two workers: one of them gets it."""
        claimed = []
        for fetch_id in self.due():
            for _ in range(1 + twice):
                lease, before = Lease(uuid4(), LEASE), self.model.fetches[fetch_id]
                with self.store.writing() as uow:
                    claim = uow.fetches.claim(fetch_id, lease)
                    uow.commit()
                assert (claim is None) == (claimed[-1:] == [fetch_id])
                if claim:
                    fetch, series = claim
                    assert series.fetch == fetch
                    before.attempts += 1
                    assert (fetch.status, fetch.attempts) == (FetchStatus.RUNNING, before.attempts)
                    before.status, before.holder = FetchStatus.RUNNING, lease
                    claimed.append(fetch_id)
        return multiple(*((key, self.model.fetches[key].holder) for key in dict.fromkeys(claimed)))

    @rule(place=st.integers(0, 9))
    def deliver_again(self, place: int) -> None:
        """A message that comes late, doubled or for something long ended claims nothing that is not due."""
        known = [*self.model.fetches, *self.model.gone]
        if known and (fetch_id := known[place % len(known)]) not in self.due():
            with self.store.writing() as uow:
                assert uow.fetches.claim(fetch_id, Lease(uuid4(), LEASE)) is None
                uow.commit()

    @rule(held=leases)
    def heartbeat(self, held: tuple[UUID, Lease]) -> None:
        fetch_id, lease = held
        expected = self.model.fetches.get(fetch_id)
        with self.store.writing() as uow:
            try:
                kept = uow.fetches.extend(fetch_id, lease)
            except FetchCancelled:
                assert self.holds(held)
                assert expected
                assert expected.cancelling
                return
            uow.commit()
        assert kept == self.holds(held)
        assert not (expected and kept and expected.cancelling)

    @rule(held=leases, vintages=st.integers(0, 2))
    def finish(self, held: tuple[UUID, Lease], vintages: int) -> None:
        """Close with vintages in one transaction: all of it under the lease, nothing without."""
        fetch_id, lease = held
        expected = self.model.fetches.get(fetch_id)
        try:
            with self.store.writing() as uow:
                series_id = self.lock(uow, fetch_id)
                added = append(uow, series_id, [an_arrival(self.clock(), self.state(), fetch_id=fetch_id) for _ in range(vintages)])
                uow.series.record_fetch(uow.series.get(series_id), Metadata())
                uow.fetches.succeed(fetch_id, lease, added)
                uow.commit()
        except (LeaseLost, SeriesNotFound):
            assert not self.holds(held)
        except FetchCancelled:
            assert expected
            assert (self.holds(held), expected.cancelling) == (True, True)
        else:
            assert expected
            assert (self.holds(held), expected.cancelling) == (True, False)
            self.model.vintages.setdefault(expected.series, []).extend([fetch_id] * vintages)
            self.let_go(expected, FetchStatus.SUCCESS)

    @rule(held=leases)
    def fail(self, held: tuple[UUID, Lease]) -> None:
        self.leave(held, FetchStatus.ERROR, lambda uow: uow.fetches.fail(*held, FAILURE))

    @rule(held=leases, seconds=st.sampled_from([0.5, 60.0, DAY]))
    def schedule_retry(self, held: tuple[UUID, Lease], seconds: float) -> None:
        wait = {"seconds": seconds, "waiting_for": WaitingFor.RETRY}
        self.leave(held, FetchStatus.PENDING, lambda uow: uow.fetches.schedule_retry(*held, FAILURE, **wait))

    @rule(held=leases)
    def release(self, held: tuple[UUID, Lease]) -> None:
        """A worker that stops gives back what it holds, and its attempt does not count."""
        expected = self.model.fetches.get(held[0])
        if self.leave(held, FetchStatus.PENDING, lambda uow: uow.fetches.release(*held)) is FetchStatus.PENDING:
            assert expected
            expected.attempts -= 1

    @rule(place=st.integers(0, 9))
    def cancel(self, place: int) -> None:
        known = list(self.model.fetches)
        if known:
            self.cancel_one(known[place % len(known)])

    @rule(held=leases)
    def cancel_what_was_begun(self, held: tuple[UUID, Lease]) -> None:
        if held[0] in self.model.fetches:
            self.cancel_one(held[0])

    def cancel_one(self, fetch_id: UUID) -> None:
        expected = self.model.fetches[fetch_id]
        with self.store.writing() as uow:
            self.lock(uow, fetch_id)
            fetch = uow.fetches.cancel(fetch_id)
            uow.commit()
        if expected.status is FetchStatus.PENDING:
            expected.status = FetchStatus.CANCELLED
        expected.cancelling |= expected.status is FetchStatus.RUNNING
        assert (fetch.status, fetch.cancel_requested_at is not None) == (expected.status, expected.cancelling)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        """Remove a series with all that is its own, whoever works on it."""
        if name not in self.model.series:
            return
        with self.store.writing() as uow:
            uow.series.remove(self.model.series.pop(name))
            uow.commit()
        for fetch_id in [key for key, fetch in self.model.fetches.items() if fetch.series == name]:
            self.forget(fetch_id)
        self.model.vintages.pop(name, None)
        self.model.requests = {key: asked for key, asked in self.model.requests.items() if asked[0] != name}

    @rule(seconds=st.sampled_from([1.0, LEASE + 1, 301.0, 2 * DAY]))
    def time_goes_on(self, seconds: float) -> None:
        """Leases run out and waits come to their end: to the store a crash is nothing else."""
        self.clock.forward(seconds)

    @rule(seconds=st.sampled_from([3.0, 3600.0, DAY]))
    def the_clock_goes_back(self, seconds: float) -> None:
        """What waits for a time that the clock had shown already is due at once or within a minute."""
        self.clock.forward(-seconds)
        self.clock.forward(61)
        waits = [fetch for fetch in self.all() if not fetch.ended and not fetch.is_due(self.clock(), LEASE)]
        for fetch in waits:
            wait = (fetch.lease_until or fetch.not_before) - self.clock()
            assert wait <= timedelta(seconds=2 * LEASE) or (
                fetch.scheduled_at and fetch.scheduled_at <= self.clock() + timedelta(seconds=2)
            )

    @rule(days=st.sampled_from([-1.0, 0.0, 1.0]))
    def prune(self, days: float) -> None:
        """Old fetches go, but for each series' newest, those with vintages, and those that a key still leads to."""
        before = self.clock() - timedelta(days=days)
        remembered = {answered.fetch_id for _, answered in self.model.requests.values()}
        newest = {fetch.series: key for key, fetch in self.model.fetches.items()}
        going = [
            key
            for key, expected in self.model.fetches.items()
            if (fetch := self.get(key)).finished_at
            and fetch.finished_at < before
            and not fetch.vintages_added
            and key not in remembered
            and key != newest[expected.series]
        ]
        with self.store.writing() as uow:
            removed = uow.fetches.prune(seconds=days * DAY, limit=1000)
            uow.commit()
        assert removed == len(going)
        for fetch_id in going:
            self.forget(fetch_id)

    @invariant()
    def every_accepted_fetch_is_in_its_one_state(self) -> None:
        for fetch, expected in zip(self.all(), self.model_of_all(), strict=True):
            assert (fetch.status, fetch.attempts, fetch.ended) == (expected.status, expected.attempts, expected.status not in IN_FLIGHT)
            assert (fetch.lease_until is not None) == (fetch.status is FetchStatus.RUNNING)
            if fetch.ended:
                expected.ended = expected.ended or fetch
                assert fetch == expected.ended

    @invariant()
    def a_fetch_has_one_valid_token_at_most(self) -> None:
        for fetch_id, expected in self.known():
            if expected.status is FetchStatus.RUNNING and not expected.cancelling:
                with self.store.writing() as uow:
                    assert expected.holder
                    assert uow.fetches.extend(fetch_id, expected.holder)
                    assert not uow.fetches.extend(fetch_id, Lease(uuid4(), LEASE))

    @invariant()
    def one_fetch_of_a_series_is_in_flight_at_most(self) -> None:
        assert all(len(self.model.in_flight(name)) <= 1 for name in getattr(self, "model", Model()).series)

    @invariant()
    def vintages_are_those_of_closed_fetches(self) -> None:
        for name, series_id in getattr(self, "model", Model()).series.items():
            with self.store.reading() as uow:
                kept, series = uow.vintages.list(series_id, after=0, limit=10_000), uow.series.get(series_id)
            closed = self.model.vintages.get(name, [])
            assert [vintage.fetch_id for vintage in kept] == closed
            assert all(self.model.fetches[fetch_id].status is FetchStatus.SUCCESS for fetch_id in closed)
            assert series.fetch
            assert series.fetch.id == [key for key, fetch in self.model.fetches.items() if fetch.series == name][-1]
            assert (series.status is SeriesStatus.SUCCESS) == bool(closed)

    @invariant()
    def what_is_gone_stays_gone(self) -> None:
        with self.store.reading() as uow:
            for fetch_id in getattr(self, "model", Model()).gone:
                with pytest.raises(FetchNotFound):
                    uow.fetches.get(fetch_id)

    @invariant()
    def the_list_holds_every_fetch_once(self) -> None:
        listed, place = [], None
        while True:
            with self.store.reading() as uow:
                page = uow.fetches.list(FetchQuery(before=place, limit=2))
            listed += page.items
            place = page.next
            if place is None:
                break
        assert sorted(fetch.id for fetch in listed) == sorted(fetch_id for fetch_id, _ in self.known())
        assert listed == sorted(listed, key=lambda fetch: (fetch.created_at, fetch.id), reverse=True)

    def due(self) -> list[UUID]:
        """Ask what is due; the domain's own word for it must agree with the store's."""
        with self.store.reading() as uow:
            due = list(uow.fetches.due(1000, LEASE))
            oldest = uow.fetches.oldest_due(LEASE)
        by_domain = [fetch.id for fetch in self.all() if fetch.is_due(self.clock(), LEASE)]
        assert sorted(due) == sorted(by_domain)
        assert (oldest is None) == (not due)
        return due

    def leave(self, held, status, how) -> FetchStatus | None:
        """Let a fetch go in some way; one that was to be cancelled ends as that, whatever the way."""
        expected = self.model.fetches.get(held[0])
        try:
            with self.store.writing() as uow:
                self.lock(uow, held[0])
                fetch = how(uow)
                uow.commit()
        except (LeaseLost, SeriesNotFound):
            assert not self.holds(held)
            return None
        assert expected
        assert self.holds(held)
        self.let_go(expected, FetchStatus.CANCELLED if expected.cancelling else status)
        assert fetch.status is expected.status
        return fetch.status

    def lock(self, uow: UnitOfWork, fetch_id: UUID) -> UUID:
        expected = self.model.fetches.get(fetch_id)
        series_id = self.model.series[expected.series] if expected else uuid4()
        uow.series.lock(series_id)
        return series_id

    def holds(self, held: tuple[UUID, Lease]) -> bool:
        expected = self.model.fetches.get(held[0])
        return expected is not None and expected.status is FetchStatus.RUNNING and expected.holder == held[1]

    def let_go(self, expected: Expected, status: FetchStatus) -> None:
        expected.status, expected.holder = status, None

    def forget(self, fetch_id: UUID) -> None:
        del self.model.fetches[fetch_id]
        self.model.gone.add(fetch_id)

    def get(self, fetch_id: UUID) -> Fetch:
        with self.store.reading() as uow:
            return uow.fetches.get(fetch_id)

    def all(self) -> list[Fetch]:
        with self.store.reading() as uow:
            return [uow.fetches.get(fetch_id) for fetch_id, _ in self.known()]

    def model_of_all(self) -> list[Expected]:
        return [expected for _, expected in self.known()]

    def known(self) -> list[tuple[UUID, Expected]]:
        return list(getattr(self, "model", Model()).fetches.items())

    def state(self) -> Observations:
        self.values += 1
        return Observations.of(["2024-01-01"], ["Value"], [[float(self.values)]])

    def teardown(self) -> None:
        for name in list(getattr(self, "model", Model()).series):
            self.remove(name)
        with self.store.reading() as uow:
            assert uow.fetches.list(FetchQuery()).items == ()


@pytest.mark.timeout(600)
def test_any_life_is_kept_account_of(store: Store, clock: StoppedClock) -> None:
    """Whatever clients, workers and clocks do, each accepted fetch is in one state, and vintages come of closed fetches alone."""
    machine = type("LifeCycleOnThisStore", (LifeCycle,), {"store": store, "clock": clock})
    run_state_machine_as_test(machine, settings=settings(max_examples=EXAMPLES, stateful_step_count=30, deadline=None))


def test_durations_add_up(store: Store) -> None:
    """What workers add to how long fetches take is summed by provider and status; nothing is added where nothing is given."""
    first, again = [0, 2, *[0] * 9, 1, 200.5], [1, *[0] * 11, 0.01]
    for taken in ({("p", "success"): first, ("p", "error"): again}, {("p", "success"): again}, {}):
        with store.writing() as uow:
            uow.metrics.add_durations(taken)
            uow.commit()
    with store.reading() as uow:
        assert uow.metrics.all().durations == {("p", "success"): [1, 2, *[0] * 9, 1, 200.51], ("p", "error"): again}


def test_who_receives_messages_is_counted(store: Store, clock: StoppedClock) -> None:
    """Each worker counts with what it said last, for a minute."""
    for name, consumes in (("a", True), ("b", False), ("c", True), ("c", False)):
        with store.writing() as uow:
            uow.metrics.heartbeat(name, consumes=consumes)
            uow.commit()
    clock.forward(59)
    with store.writing() as uow:
        uow.metrics.heartbeat("b", consumes=True)
        uow.commit()
    with store.reading() as uow:
        assert uow.metrics.workers(60) == (3, 2)
    clock.forward(2)
    with store.reading() as uow:
        assert uow.metrics.workers(60) == (1, 1)
