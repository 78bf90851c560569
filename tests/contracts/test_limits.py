"""What every store promises of the providers' limits."""

from __future__ import annotations

from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from domain.budgets import Breaker, Budget
from domain.codes import DatasetCode
from domain.fetches import NOTHING_ALLOWED, Failure, FetchStatus, Lease, WaitingFor
from domain.ports import Store
from domain.providers import Limit
from domain.throttling import Circuit, Denied, LimiterState, Permit, PermitRequest
from tests.contracts.conftest import StoppedClock

BREAKER = Breaker(failures=2, seconds=10)
BUDGET = Budget(provider="quandl", key="k", limits=(Limit(100, 1), Limit(5, 60)), breaker=BREAKER)
HOLDER = UUID(int=1)


def asked(store: Store, budget: Budget = BUDGET, *, holder: UUID = HOLDER, patience: float = 0, **more: bool) -> Permit | Denied:
    with store.writing() as uow:
        answer = uow.rate_limiter.acquire(budget, PermitRequest(holder, patience, **more))
        uow.commit()
    return answer


def failed(store: Store, times: int) -> None:
    for _ in range(times):
        with store.writing() as uow:
            uow.rate_limiter.failed(BUDGET, HOLDER)
            uow.commit()


def standing(store: Store, budget: Budget = BUDGET) -> LimiterState:
    with store.reading() as uow:
        return uow.rate_limiter.state_of(budget)


def running(store: Store, name: str, provider: str = "quandl") -> UUID:
    with store.writing() as uow:
        fetch, _ = uow.fetches.add(uow.series.add(provider, DatasetCode("X", name)).id, allow=NOTHING_ALLOWED, request_id="")
        uow.fetches.claim(fetch.id, Lease(uuid4(), 30))
        uow.commit()
    return fetch.id


def test_permits_are_taken_until_a_window_is_full(store: Store, clock: StoppedClock) -> None:
    """Every window counts, and calls are remembered for as long as the longest."""
    taken = []
    for _ in range(7):
        taken.append(asked(store))
        clock.forward(0.5)

    assert [isinstance(answer, Permit) for answer in taken] == [True] * 5 + [False] * 2
    assert taken[0] == Permit(clock.time.replace(second=0, microsecond=0), 0.0)
    clock.forward(62)
    assert isinstance(asked(store), Permit)
    assert standing(store).calls == 6


def test_many_more_calls_than_a_window_holds(store: Store, clock: StoppedClock) -> None:
    """Long after the first calls are forgotten, the windows are kept as on the first day."""
    budget = Budget(provider="quandl", limits=(Limit(2, 1),))
    starts = []
    for _ in range(140):
        answer = asked(store, budget, patience=5)
        assert isinstance(answer, Permit)
        starts.append(answer.start)
        clock.time = answer.start

    assert all((later - earlier).total_seconds() >= 1 for earlier, later in zip(starts, starts[2:], strict=False))
    assert standing(store, budget).calls == 140


def test_a_permit_may_be_for_a_moment_soon(store: Store, clock: StoppedClock) -> None:
    """Within the caller's patience a later moment is reserved, behind those that others have reserved."""
    budget = Budget(provider="quandl", limits=(Limit(10, 1),))
    answers = [asked(store, budget, patience=0.25) for _ in range(4)]

    assert [round(answer.seconds, 4) for answer in answers[:3]] == [0, 0.1075, 0.215]
    assert isinstance(answers[3], Denied)
    assert isinstance(answers[1], Permit)
    assert (answers[1].start - clock()).total_seconds() == pytest.approx(answers[1].seconds, abs=1e-5)


def test_forgotten_permits_are_not_taken(store: Store) -> None:
    """A unit of work that is left without commit takes nothing from the budget."""
    with store.writing() as uow:
        assert isinstance(uow.rate_limiter.acquire(BUDGET, PermitRequest(HOLDER, 0)), Permit)

    assert standing(store) == LimiterState()


def test_budgets_do_not_mix(store: Store) -> None:
    """Another provider's budget, and the same provider's for another key, are untouched."""
    others = [Budget(provider="quandl", key="other"), Budget(provider="fred", key="k"), Budget(provider="quandl")]
    asked(store)

    assert standing(store).calls == 1
    assert [standing(store, other) for other in others] == [LimiterState()] * 3


def test_a_block_is_for_everyone(store: Store, clock: StoppedClock) -> None:
    """While a provider is blocked nobody gets a permit, and who has one for later is told not to use it."""
    with store.writing() as uow:
        line = uow.rate_limiter.cool_down(BUDGET, 7)
        uow.commit()
    refused = asked(store, patience=100)
    with store.reading() as uow:
        told = uow.rate_limiter.refusal(BUDGET, HOLDER)

    assert isinstance(refused, Denied)
    assert refused.seconds > line.seconds >= 7
    assert told == Denied(7, WaitingFor.RATE_LIMIT)
    clock.forward(7)
    with store.reading() as uow:
        assert uow.rate_limiter.refusal(BUDGET, HOLDER) is None
    assert isinstance(asked(store), Permit)


def test_the_circuit_opens_and_lets_one_probe_through(store: Store, clock: StoppedClock) -> None:
    """Failures in a row open it, after a while one fetch may try, and an answer closes it."""
    failed(store, 2)
    refused = asked(store)
    assert isinstance(refused, Denied)
    assert (refused.waiting_for, standing(store).circuit(clock())) == (WaitingFor.CIRCUIT, Circuit.OPEN)

    clock.forward(10)
    probe = asked(store)
    assert isinstance(probe, Permit)
    assert probe.probing
    assert isinstance(asked(store, holder=uuid4()), Denied)
    with store.writing() as uow:
        uow.rate_limiter.succeeded(BUDGET)
        uow.commit()
    assert standing(store).circuit(clock()) is Circuit.CLOSED


def test_places_are_the_running_fetches(store: Store, clock: StoppedClock) -> None:
    """A place is taken for as long as a fetch's lease holds, so that a killed worker's place comes back by itself."""
    budget = Budget(provider="quandl", concurrency=2)
    mine, _, _ = running(store, "A"), running(store, "B"), running(store, "C", provider="fred")

    assert isinstance(asked(store, budget, holder=mine, begins=True), Permit)
    late = running(store, "D")
    assert isinstance(asked(store, budget, holder=late, begins=True), Denied)
    clock.forward(31)
    assert isinstance(asked(store, budget, holder=late, begins=True), Permit)


def test_many_at_once_never_exceed_a_window(store: Store) -> None:
    """Of many threads that ask at one moment, as many get a permit as the window allows."""
    budget = Budget(provider="quandl", limits=(Limit(6, 60),))
    barrier, answers = Barrier(8), []

    def ask() -> None:
        barrier.wait(10)
        answers.extend(asked(store, budget, holder=uuid4(), patience=30) for _ in range(4))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 32
    assert sum(isinstance(answer, Permit) for answer in answers) == 6
    assert len({answer.start for answer in answers if isinstance(answer, Permit)}) == 6


def test_holding_back_undoes_the_beginning(store: Store, clock: StoppedClock) -> None:
    """A fetch that may not call yet is pending as before, with no attempt counted and its last error kept."""
    fetch_id, lease = running(store, "A"), Lease(uuid4(), 30)
    failure = Failure(code="unavailable", message="Down.", retryable=True, hint="")
    clock.forward(31)
    with store.writing() as uow:
        uow.fetches.claim(fetch_id, lease)
        tried = uow.fetches.schedule_retry(fetch_id, lease, failure, seconds=0, waiting_for=WaitingFor.RETRY)
        uow.fetches.claim(fetch_id, lease)
        held_back = uow.fetches.defer(fetch_id, lease, seconds=9, waiting_for=WaitingFor.CIRCUIT)
        uow.commit()

    assert (held_back.status, held_back.waiting_for, held_back.failure) == (FetchStatus.PENDING, WaitingFor.CIRCUIT, failure)
    assert (held_back.attempts, held_back.crashes) == (tried.attempts, tried.crashes) == (2, 1)
    with store.reading() as uow:
        assert (uow.fetches.next_due(), list(uow.fetches.due(1))) == (held_back.not_before, [])
    clock.forward(9)
    with store.reading() as uow:
        assert (uow.fetches.next_due(), list(uow.fetches.due(1))) == (None, [fetch_id])


def test_requested_fetches_have_a_queue_before_scheduled_ones(store: Store, clock: StoppedClock) -> None:
    """At its turn a scheduled fetch waits until the requested one has its permit; a block puts each into its own queue."""
    budget = Budget(provider="quandl", limits=(Limit(6, 60),))
    while isinstance(asked(store, budget, begins=True, scheduled=True), Permit):
        pass
    line = [asked(store, budget, begins=True, scheduled=True) for _ in range(5)]
    requested = asked(store, budget, begins=True)
    assert isinstance(requested, Denied)
    assert all(isinstance(denied, Denied) and denied.seconds > requested.seconds for denied in line)
    state = standing(store, budget)
    assert state.requested_until
    assert state.line_until
    assert state.requested_until < state.line_until
    clock.forward(requested.seconds + 0.5)
    assert isinstance(asked(store, budget, begins=True, scheduled=True), Denied)
    assert isinstance(asked(store, budget, patience=1, begins=True), Permit)
    assert standing(store, budget).requested_until is None
    with store.writing() as uow:
        first = uow.rate_limiter.cool_down(budget, 10, scheduled=True)
        second = uow.rate_limiter.cool_down(budget, 10)
        uow.commit()
    assert second.seconds <= first.seconds


def test_unblocking_forgets_the_silence_and_keeps_the_windows(store: Store, clock: StoppedClock) -> None:
    """After it calls are permitted at once, whatever was asked for and however many failed; those that were made still count."""
    assert isinstance(asked(store), Permit)
    failed(store, BREAKER.failures)
    with store.writing() as uow:
        uow.rate_limiter.cool_down(BUDGET, 86_400)
        uow.commit()
    assert isinstance(asked(store), Denied)
    with store.writing() as uow:
        before = uow.rate_limiter.unblock(BUDGET)
        uow.commit()

    assert (before.blocked(clock()) is not None, before.circuit(clock())) == (True, Circuit.OPEN)
    assert isinstance(asked(store, patience=1), Permit)
    assert standing(store) == LimiterState(calls=2, next_permit_at=standing(store).next_permit_at)
    for _ in range(3):
        clock.forward(1)
        assert isinstance(asked(store), Permit)
    clock.forward(1)
    assert isinstance(asked(store), Denied)


def test_unblocking_what_nobody_called_is_nothing(store: Store) -> None:
    """A budget without a row is not blocked, before and after."""
    with store.writing() as uow:
        assert uow.rate_limiter.unblock(BUDGET) == LimiterState()
        uow.commit()

    assert standing(store) == LimiterState()


def test_waiting_fetches_are_resumed(store: Store, clock: StoppedClock) -> None:
    """Those of the named providers that wait longer than said become due, for whatever they wait; all others are left alone."""
    failure = Failure(code="unavailable", message="", retryable=True, hint="")
    waiting = {}
    for name, provider, seconds, reason in [
        ("A", "quandl", 80_000, WaitingFor.RATE_LIMIT),
        ("B", "quandl", 80_000, WaitingFor.RETRY),
        ("C", "quandl", 200, WaitingFor.CIRCUIT),
        ("D", "fred", 80_000, WaitingFor.RATE_LIMIT),
    ]:
        lease = Lease(uuid4(), 30)
        with store.writing() as uow:
            fetch, _ = uow.fetches.add(uow.series.add(provider, DatasetCode("X", name)).id, allow=NOTHING_ALLOWED, request_id="")
            uow.fetches.claim(fetch.id, lease)
            if reason is WaitingFor.RETRY:
                uow.fetches.schedule_retry(fetch.id, lease, failure, seconds=seconds, waiting_for=reason)
            else:
                uow.fetches.defer(fetch.id, lease, seconds=seconds, waiting_for=reason)
            uow.commit()
        waiting[fetch.id] = name
    running(store, "E")
    with store.writing() as uow:
        long = uow.fetches.resume(["quandl", "nobody"], longer_than=300)
        first = {waiting[fetch_id] for fetch_id in uow.fetches.due(10)}
        rest = uow.fetches.resume(["quandl"]), uow.fetches.resume(["quandl"]), uow.fetches.resume([])
        uow.commit()
    with store.reading() as uow:
        due = {waiting[fetch_id]: since for fetch_id, since in uow.fetches.due(10).items()}
        found = uow.fetches.get_many(list(waiting))

    assert (long, first, rest) == (2, {"A", "B"}, (1, 0, 0))
    assert due == dict.fromkeys("ABC", clock())
    assert {waiting[fetch.id]: fetch.waiting_for for fetch in found if fetch.waiting_for} == {"D": WaitingFor.RATE_LIMIT}
