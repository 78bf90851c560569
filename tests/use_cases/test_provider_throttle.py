"""Fetching within limits, on the adapters in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Thread
from time import monotonic, sleep
from uuid import UUID

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.tracer import NullTracer
from adapters.memory.unit_of_work import MemoryStore, MemoryUnitOfWork
from domain.budgets import Breaker
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError, RateLimited, SourceGone, SourceTimedOut, SourceUnavailable, ThrottledLocally
from domain.fetches import Fetch, FetchStatus, Priority, RetryPolicy, WaitingFor
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import Fetched, PriorState
from domain.providers import Limit, Provider
from domain.throttling import Circuit, Permit
from domain.use_cases import UseCases
from domain.use_cases.fetch_dataset import FetchDataset
from tests.builders import CannedSource, FakeProviders, memory_use_cases
from tests.fakes import StoppedClock

DAY = 86_400


@dataclass
class Asked(CannedSource):
    """Makes so many calls a fetch, each told before, and counts them; then answers or raises as it is set."""

    calls: int = 1
    made: int = 0
    before_call: Callable[[float], object] = float

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        for _ in range(self.calls):
            self.before_call(60)
            self.made += 1
        return super().fetch(code, known)


@dataclass(frozen=True)
class LimitedProviders(FakeProviders):
    """Providers with limits."""

    limits: tuple[Limit, ...] = ()
    concurrency: int | None = None

    def get(self, name: str) -> Provider:
        return replace(super().get(name), limits=self.limits, concurrency=self.concurrency)


@dataclass
class Harness:
    """Use cases over one provider with limits and a store whose clock is moved by hand."""

    limits: tuple[Limit, ...] = ()
    concurrency: int | None = None
    source: Asked = field(default_factory=Asked)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        providers = LimitedProviders({"canned": self.source}, self.limits, self.concurrency)
        self.calls = ProviderThrottle(store=self.store, breaker=Breaker(failures=2, seconds=30))
        self.source.before_call = self.calls.before_call
        self.budget = self.calls.budget(providers, "canned")
        plain = memory_use_cases({"canned": self.source}, store=self.store, dispatcher=RecordingDispatcher())
        fetch = FetchDataset(
            store=self.store,
            providers=providers,
            calls=self.calls,
            tracer=NullTracer(),
            retry=RetryPolicy(DAY),
            plan_next_look=plain.plan_next_look,
            watch_equivalences=plain.watch_equivalences,
            lease_seconds=30,
            deadline_seconds=120,
        )
        self.use: UseCases = replace(plain, fetch_dataset=fetch)

    def request(self, name: str) -> UUID:
        return self.use.request_fetch(DatasetCode("X", name), refresh=True).fetch.id

    def run(self, name: str) -> Fetch:
        ended = self.use.fetch_dataset(self.request(name))
        assert ended
        return ended

    def circuit(self) -> Circuit:
        with self.store.reading() as uow:
            return uow.rate_limiter.state_of(self.budget).circuit(self.clock())

    def block(self, seconds: float) -> None:
        with self.store.writing() as uow:
            uow.rate_limiter.cool_down(self.budget, seconds)
            uow.commit()


def test_without_a_permit_a_fetch_goes_back_as_it_was() -> None:
    """It waits for the limit with no attempt counted and no call made, and ends well when its time has come."""
    house = Harness(limits=(Limit(1, 10),))
    house.run("A")
    waiting = house.run("B")

    assert (waiting.status, waiting.attempts, waiting.waiting_for, house.source.made) == (
        FetchStatus.PENDING,
        0,
        WaitingFor.RATE_LIMIT,
        1,
    )
    assert 0 < (waiting.not_before - house.clock()).total_seconds() <= 10.75
    house.clock.forward(10.75)
    ended = house.use.fetch_dataset(waiting.id)
    assert ended
    assert (ended.status, ended.attempts) == (FetchStatus.SUCCESS, 1)


def test_waiting_fetches_form_a_line() -> None:
    """Of many that are refused each gets a moment of its own, so that few are looked at in vain."""
    house = Harness(limits=(Limit(10, 1),))
    moments = {house.run(f"D{n}").not_before for n in range(60)}

    assert len(moments) >= 55
    assert (max(moments) - house.clock()).total_seconds() >= 5


def test_every_call_of_a_fetch_counts() -> None:
    """A fetch of several calls takes a permit for each, the first one's as it is begun."""
    house = Harness(limits=(Limit(5, 3600),), source=Asked(calls=3))
    house.source.before_call = lambda seconds: (house.clock.forward(2), house.calls.before_call(seconds))
    house.run("A")

    with house.store.reading() as uow:
        assert uow.rate_limiter.state_of(house.budget).calls == 3


def test_a_limit_in_the_midst_of_a_fetch_costs_no_attempt() -> None:
    """If its later call has no permit soon enough, the fetch goes back to wait, and nothing is stored."""
    house = Harness(limits=(Limit(2, 3600),), source=Asked(calls=3))
    house.source.before_call = lambda seconds: (house.clock.forward(2), house.calls.before_call(seconds))
    waiting = house.run("A")

    assert (waiting.status, waiting.attempts, waiting.waiting_for, waiting.failure) == (
        FetchStatus.PENDING,
        0,
        WaitingFor.RATE_LIMIT,
        None,
    )
    assert house.source.made == 2


def test_a_refusal_by_the_provider_silences_everyone() -> None:
    """After a 429 no other fetch calls before Retry-After is over, and then all end well, however old they are."""
    house = Harness(source=Asked(error=RateLimited(retry_after=40)))
    first, second = house.run("A"), house.run("B")

    assert [fetch.waiting_for for fetch in (first, second)] == [WaitingFor.RATE_LIMIT] * 2
    assert [fetch.attempts for fetch in (first, second)] == [1, 0]
    assert (second.not_before - house.clock()).total_seconds() >= 40
    assert house.source.made == 1
    house.clock.forward(2 * DAY)
    again = house.use.fetch_dataset(first.id)
    assert again
    assert again.status is FetchStatus.PENDING
    house.clock.forward(60)
    house.source.error = None
    assert [getattr(house.use.fetch_dataset(fetch.id), "status", None) for fetch in (first, second)] == [FetchStatus.SUCCESS] * 2


@pytest.mark.parametrize("error", [SourceUnavailable(), SourceTimedOut()])
def test_a_provider_that_is_down_is_left_alone(error: FetchError) -> None:
    """After failures in a row nothing is called but one probe; fetches wait for the circuit until its answer closes it."""
    house = Harness(source=Asked(error=error))
    house.run("A")
    house.run("B")
    waiting = house.run("C")

    assert (house.circuit(), house.source.made) == (Circuit.OPEN, 2)
    assert (waiting.waiting_for, waiting.attempts) == (WaitingFor.CIRCUIT, 0)
    house.clock.forward(30)
    house.run("D")
    house.run("E")
    assert (house.circuit(), house.source.made) == (Circuit.OPEN, 3)
    house.clock.forward(60)
    house.source.error = None
    assert house.run("F").status is FetchStatus.SUCCESS
    assert (house.circuit(), house.source.made) == (Circuit.CLOSED, 4)


@pytest.mark.parametrize("answer", [DatasetNotFound(), SourceGone(), RateLimited(retry_after=1), None])
def test_any_answer_shows_that_the_provider_is_there(answer: FetchError | None) -> None:
    """An answer that does not help a fetch still ends a row of failures."""
    house = Harness(source=Asked(error=SourceUnavailable()))
    house.run("A")
    house.source.error = answer
    house.run("B")
    house.clock.forward(5)
    house.source.error = SourceUnavailable()
    house.run("C")

    assert (house.circuit(), house.source.made) == (Circuit.CLOSED, 3)


def test_an_error_without_a_call_says_nothing_of_the_provider() -> None:
    """A code that the source refuses by itself does not end a row of failures."""
    house = Harness(source=Asked(error=SourceUnavailable()))
    house.run("A")
    house.source.calls, house.source.error = 0, DatasetNotFound()
    house.run("B")
    house.source.calls, house.source.error = 1, SourceUnavailable()
    house.run("C")

    assert house.circuit() is Circuit.OPEN


def test_a_503_with_a_time_is_obeyed() -> None:
    """A provider that is unavailable until a moment is not called before it."""
    house = Harness(source=Asked(error=SourceUnavailable(retry_after=20)))
    house.run("A")

    assert house.run("B").waiting_for is WaitingFor.RATE_LIMIT
    assert house.source.made == 1


def test_a_permit_for_later_is_void_if_the_provider_asks_for_silence() -> None:
    """Who waits for a moment reserved for it looks once more before it calls."""
    house, told = Harness(limits=(Limit(10, 3),)), []
    fetch = house.use.follow_fetches(house.request("A"))

    def call_twice() -> None:
        with house.calls.attribute_calls(house.budget, fetch, Permit(house.clock(), 0)):
            house.calls.before_call(60)
            house.calls.before_call(60)
            try:
                house.calls.before_call(60)
            except ThrottledLocally as refused:
                told.append(refused)

    thread = Thread(target=call_twice)
    thread.start()
    end = monotonic() + 10
    while house.store.state.limiter_states.get(house.budget.identity, None) is None or _calls(house) < 2:
        assert monotonic() < end
        sleep(0.001)
    house.block(40)
    thread.join()

    assert [error.retry_after for error in told] == [pytest.approx(40)]


def test_outside_a_fetch_nothing_is_counted() -> None:
    """A client that is used for something else than a fetch is not held up."""
    Harness(limits=(Limit(1, 10),)).calls.before_call(0)


def _calls(house: Harness) -> int:
    return house.store.state.limiter_states[house.budget.identity].calls


class NotedStore(MemoryStore):
    """Notes of each commit whether it is to last."""

    def __init__(self, clock: StoppedClock) -> None:
        super().__init__(clock)
        self.lasting: list[bool] = []

    def writing(self) -> MemoryUnitOfWork:
        return _Noted(self, writes=True)


class _Noted(MemoryUnitOfWork):
    _store: NotedStore

    def commit(self, *, lasting: bool = True) -> None:
        self._store.lasting.append(lasting)
        super().commit(lasting=lasting)


@pytest.mark.parametrize(("limits", "lasting"), [((), False), ((Limit(5, 60),), True)])
def test_a_claim_lasts_where_calls_are_counted(limits: tuple[Limit, ...], *, lasting: bool) -> None:
    """What a provider has counted must not be forgotten; any other claim can be made again. The end always lasts."""
    house = Harness(limits)
    store = NotedStore(house.clock)
    fetch = house.request("A")
    store.state = house.store.state
    replace(house.use.fetch_dataset, store=store)(fetch)

    assert store.lasting == [lasting, True]


def test_a_person_overtakes_schedules_at_a_provider_at_its_limit() -> None:
    """Also with a series whose scheduled fetch has waited in line already: it asks anew, and before the others."""
    house = Harness(limits=(Limit(1, 10),))
    house.run("A")
    with house.store.writing() as uow:
        names = [f"S{number}" for number in range(20)]
        series = [uow.series.add("canned", DatasetCode("X", name)) for name in names]
        for each in series:
            assert uow.fetches.add_scheduled(each.id, request_id="schedule", seconds=0)
        uow.commit()
    for fetch_id in house.use.reap_fetches(100):
        house.use.fetch_dataset(fetch_id)
    waiting = {fetch.series_id: fetch for fetch in house.store.state.fetches.values() if not fetch.ended}
    last = waiting[series[-1].id]
    assert (last.not_before - house.clock()).total_seconds() > 25

    person = house.run("S19")
    assert (person.id, person.priority, person.waiting_for) == (last.id, Priority.REQUESTED, WaitingFor.RATE_LIMIT)
    assert (person.not_before - house.clock()).total_seconds() <= 12
    house.clock.forward((person.not_before - house.clock()).total_seconds() + 1)
    ended = [house.use.fetch_dataset(waiting[each.id].id) for each in (series[0], series[-1])]
    assert [fetch and fetch.status for fetch in ended] == [FetchStatus.PENDING, FetchStatus.SUCCESS]
