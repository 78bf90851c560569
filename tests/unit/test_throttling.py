"""Budgets against a naive log of windows, and the breaker, on a clock that tests move."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.budgets import Breaker, Budget
from domain.fetches import WaitingFor
from domain.providers import Limit
from domain.throttling import MAX_BLOCK_SECONDS, Circuit, Denied, LimiterState, Permit, PermitRequest, Snapshot

START = datetime(2024, 6, 1, 12, tzinfo=UTC)
NOBODY = UUID(int=0)
BREAKER = Breaker(failures=3, seconds=10, most_seconds=35, probe_seconds=20)
LIMITS = st.lists(st.builds(Limit, st.integers(1, 60), st.sampled_from([1, 2, 10, 60, 600])), min_size=1, max_size=3, unique=True)


class Caller:
    """Asks for permits at moments of its choice, and remembers every call in full."""

    def __init__(self, *limits: Limit, concurrency: int | None = None) -> None:
        self.budget = Budget(provider="p", limits=limits, concurrency=concurrency, breaker=BREAKER)
        self.standing, self.now = LimiterState(), START
        self.starts: list[datetime] = []

    def ask(self, max_wait: float = 0.25, holder: UUID = NOBODY, busy: int | None = None, *, scheduled: bool = False) -> Permit | Denied:
        times = {number: self.starts[number - 1] for number in self.standing.wanted(self.budget)}
        call = PermitRequest(holder, max_wait, begins=busy is not None, scheduled=scheduled)
        self.standing, answer = self.standing.request(self.budget, call, Snapshot(self.now, times, busy or 0))
        if isinstance(answer, Permit):
            self.starts.append(answer.start)
        return answer

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def fail(self, holder: UUID = NOBODY) -> None:
        self.standing = self.standing.failed(self.budget, holder, self.now)

    def circuit(self) -> Circuit:
        return self.standing.circuit(self.now)


def most_in_a_window(starts: list[datetime], seconds: float) -> int:
    """Count the calls in the fullest window that is open at its end."""
    length = timedelta(seconds=seconds)
    return max((bisect_left(starts, start + length) - n for n, start in enumerate(starts)), default=0)


@settings(deadline=None)
@given(LIMITS, st.lists(st.tuples(st.floats(0, 5), st.sampled_from([0.0, 0.25, 30.0])), max_size=200))
def test_no_window_ever_holds_more_calls_than_its_limit(limits: list[Limit], asks: list[tuple[float, float]]) -> None:
    """Whoever asks whenever, with whatever patience: calls start in order, and each window of each limit is kept."""
    caller = Caller(*limits)
    for seconds, max_wait in asks:
        caller.forward(seconds)
        caller.ask(max_wait)

    assert caller.starts == sorted(caller.starts)
    for limit in limits:
        assert most_in_a_window(caller.starts, limit.seconds) <= limit.calls


@settings(deadline=None, max_examples=10)
@given(LIMITS)
def test_nine_tenths_of_the_permitted_rate_can_be_used(limits: list[Limit]) -> None:
    """Asked without pause for many windows, at least 90 calls start for each 100 that the strictest limit permits."""
    caller, windows = Caller(*limits), 12
    for _ in range(1_500):
        answer = caller.ask(max_wait=10_000)
        assert isinstance(answer, Permit)
        caller.now = answer.start
    longest = max(limit.seconds for limit in limits)
    seconds = min((caller.now - START).total_seconds(), windows * longest)
    made = bisect_left(caller.starts, START + timedelta(seconds=seconds))
    permitted = min(limit.calls * seconds / limit.seconds for limit in limits)

    assert made >= 0.9 * permitted - max(limit.calls for limit in limits)


@settings(deadline=None)
@given(LIMITS)
def test_bursts_are_small(limits: list[Limit]) -> None:
    """At one moment at most 2 % of the smallest window's calls start, or one."""
    caller = Caller(*limits)
    while isinstance(caller.ask(max_wait=0), Permit):
        pass

    smallest = min(limits, key=lambda limit: (limit.seconds, limit.calls))
    assert len(caller.starts) == min(max(1, smallest.calls // 50), *(limit.calls for limit in limits))


def test_a_wide_window_is_not_spread_out() -> None:
    """Where only hours are limited, calls follow each other in seconds until the window is full."""
    caller = Caller(Limit(60, 3600))
    gaps = []
    for _ in range(60):
        answer = caller.ask(max_wait=5)
        assert isinstance(answer, Permit)
        gaps.append(answer.seconds)
        caller.now = answer.start
    full = caller.ask(max_wait=5)

    assert max(gaps) <= 1
    assert isinstance(full, Denied)
    assert full.seconds > 3600 - 60


def test_who_is_refused_goes_in_line() -> None:
    """Each of many that are refused at one moment is told a later one, no denser than calls may follow each other."""
    caller = Caller(Limit(20, 1), Limit(100, 10))
    waits = [answer.seconds for answer in (caller.ask(max_wait=0) for _ in range(201)) if isinstance(answer, Denied)]

    assert len(waits) == 200
    assert all(later - earlier >= caller.budget.pace - 1e-6 for earlier, later in pairwise(waits))
    assert waits[-1] <= 200 * caller.budget.pace + 1


def test_places_are_limited() -> None:
    """A fetch begins only while fewer than so many others run; the calls after its first need no further place."""
    caller = Caller(concurrency=2)

    assert isinstance(caller.ask(busy=1), Permit)
    refused = caller.ask(busy=2)
    assert isinstance(refused, Denied)
    assert (refused.waiting_for, refused.seconds <= 1) == (WaitingFor.RATE_LIMIT, True)
    assert isinstance(caller.ask(), Permit)


@pytest.mark.parametrize(("asked", "given"), [(7.5, 7.5), (-3, 1), (0, 1), (1e12, MAX_BLOCK_SECONDS)])
def test_a_block_holds_for_everyone(asked: float, given: float) -> None:
    """No call starts before the time that the provider asked for, within reason; a shorter block does not shorten a longer one."""
    caller = Caller(Limit(20, 1))
    caller.standing, _ = caller.standing.cool_down(caller.budget, asked, caller.now)
    caller.standing, _ = caller.standing.cool_down(caller.budget, 0.5, caller.now)
    refused = caller.ask(max_wait=1e9)
    caller.forward(given)

    assert isinstance(refused, Denied)
    assert refused.seconds >= given
    assert isinstance(caller.ask(), Permit)


def test_failures_in_a_row_open_the_circuit() -> None:
    """An answer between failures starts the count anew; the last failure of a row opens, and all wait for the circuit."""
    caller = Caller()
    for _ in range(2):
        caller.fail()
    caller.standing = caller.standing.succeeded()
    for _ in range(2):
        caller.fail()
    before = caller.circuit()
    caller.fail()
    refused = caller.ask()

    assert (before, caller.circuit()) == (Circuit.CLOSED, Circuit.OPEN)
    assert isinstance(refused, Denied)
    assert (refused.waiting_for, refused.seconds >= 10) == (WaitingFor.CIRCUIT, True)


def test_one_probe_tries_whether_the_provider_is_back() -> None:
    """When the time is up one fetch may call, as often as it needs, and nobody else; its answer closes the circuit."""
    caller, probe = Caller(), uuid4()
    for _ in range(3):
        caller.fail()
    caller.forward(10)

    assert caller.circuit() is Circuit.HALF_OPEN
    assert [isinstance(caller.ask(holder=holder), Permit) for holder in (probe, uuid4(), probe)] == [True, False, True]
    caller.standing = caller.standing.succeeded()
    assert caller.circuit() is Circuit.CLOSED
    assert isinstance(caller.ask(), Permit)


def test_openings_double_to_a_bound() -> None:
    """Each probe that fails doubles the time, up to the most; failures of fetches begun before count for nothing."""
    caller = Caller()
    for _ in range(3):
        caller.fail()
    lengths = []
    for _ in range(4):
        caller.fail(uuid4())
        refused = caller.standing.refusal(caller.budget, NOBODY, caller.now)
        assert refused
        lengths.append(refused.seconds)
        caller.forward(refused.seconds)
        assert isinstance(caller.ask(), Permit)
        caller.fail()

    assert lengths == [10, 20, 35, 35]


def test_a_lost_probe_is_replaced() -> None:
    """If nothing is heard of the probe, another fetch may try after as long as the circuit was open."""
    caller = Caller()
    for _ in range(3):
        caller.fail()
    caller.forward(10)
    caller.ask(holder=uuid4())
    caller.forward(9.9)
    early = caller.ask(holder=uuid4())
    caller.forward(0.1)

    assert isinstance(early, Denied)
    assert isinstance(caller.ask(holder=uuid4()), Permit)


def test_a_block_of_a_clock_set_back_is_none() -> None:
    """What was blocked by a clock two days ahead is free, and a later 429 blocks for as long as it says."""
    caller = Caller()
    caller.forward(2 * MAX_BLOCK_SECONDS)
    caller.standing, _ = caller.standing.cool_down(caller.budget, 60, caller.now)
    caller.forward(-2 * MAX_BLOCK_SECONDS)

    assert isinstance(caller.ask(), Permit)
    caller.standing, _ = caller.standing.cool_down(caller.budget, 60, caller.now)
    assert isinstance(caller.ask(), Denied)
    caller.forward(61)
    assert isinstance(caller.ask(), Permit)


def test_a_clock_set_back_stops_nobody() -> None:
    """What was logged an hour ahead does not keep calls from starting."""
    caller = Caller(Limit(2, 10))
    caller.ask()
    caller.forward(1.5)
    caller.ask()
    caller.forward(-3600)

    assert isinstance(caller.ask(), Permit)


@pytest.mark.parametrize(("limits", "busy"), [((), 4), ((Limit(2, 10),), None)])
def test_a_clock_set_back_leaves_no_line(limits: tuple[Limit, ...], busy: int | None) -> None:
    """Whoever is refused afterwards waits as long as the first in line, not until the hour comes round in which others waited."""
    caller = Caller(*limits, concurrency=4)
    first = [caller.ask(busy=busy) for _ in range(20)]
    caller.forward(-3600)
    again = [caller.ask(busy=busy) for _ in range(20)]
    caller.forward(-3600)
    caller.fail()
    caller.standing, blocked = caller.standing.cool_down(caller.budget, 5, caller.now)

    assert [wait.seconds for wait in again if isinstance(wait, Denied)] == pytest.approx(
        [wait.seconds for wait in first if isinstance(wait, Denied)]
    )
    assert blocked.seconds < 10


@pytest.mark.parametrize(("limits", "busy"), [((Limit(10, 3600),), None), ((Limit(10_000, 3600),), None), ((), 4)])
def test_a_long_line_is_not_taken_for_a_clock_set_back(limits: tuple[Limit, ...], busy: int | None) -> None:
    """A line may be hours long where there is a limit, and minutes elsewhere: everybody in it has a moment of his own."""
    caller = Caller(*limits, concurrency=4)
    waits = [answer.seconds for _ in range(12_000) if isinstance(answer := caller.ask(max_wait=0, busy=busy), Denied)]

    assert waits == sorted(set(waits))
    assert len(waits) > 1_500


def test_two_keys_are_two_budgets() -> None:
    """The key is part of what tells budgets apart."""
    assert Budget(provider="p", key="a").identity != Budget(provider="p", key="b").identity


def test_what_people_ask_for_overtakes_what_schedules_ask_for() -> None:
    """At a provider at its limit it waits for the next free moment, which no scheduled fetch takes though its turn is the same."""
    caller = Caller(Limit(60, 60))
    while isinstance(caller.ask(busy=0), Permit):
        pass
    caller.standing = replace(caller.standing, requested_until=None)
    waits = [answer.seconds for _ in range(100) if isinstance(answer := caller.ask(busy=0, scheduled=True), Denied)]
    assert (len(waits), waits[-1] > 90) == (100, True)
    person = caller.ask(busy=0)
    assert isinstance(person, Denied)
    assert person.seconds <= waits[0] + 1
    caller.forward(person.seconds + 1)
    overtaken = caller.ask(busy=0, scheduled=True)
    assert isinstance(overtaken, Denied)
    assert overtaken.seconds > waits[-1] - person.seconds - 1
    assert isinstance(caller.ask(busy=0), Permit)
    caller.forward(2)
    assert isinstance(caller.ask(busy=0, scheduled=True), Permit)


def test_a_scheduled_fetch_that_has_begun_goes_on() -> None:
    """Its later calls give way to nobody, so that none is wasted."""
    caller = Caller(Limit(60, 60))
    while isinstance(caller.ask(busy=0), Permit):
        pass
    caller.forward(2)

    assert isinstance(caller.ask(busy=0, scheduled=True), Denied)
    assert isinstance(caller.ask(scheduled=True), Permit)


def test_nobody_is_waited_for_long() -> None:
    """A requested fetch that does not come, as one that was cancelled, holds scheduled ones for two seconds after its turn."""
    caller = Caller(Limit(60, 60))
    while isinstance(answer := caller.ask(busy=0), Permit):
        pass
    caller.forward(answer.seconds + 1.9)
    assert isinstance(caller.ask(busy=0, scheduled=True), Denied)
    caller.forward(0.2)
    assert isinstance(caller.ask(busy=0, scheduled=True), Permit)


def test_the_order_costs_nothing_of_the_rate() -> None:
    """Of 200 scheduled fetches and 40 requested ones each asks at its turn: people wait for seconds, and no slot is lost."""
    caller, waited = Caller(Limit(60, 60)), []
    line = [(START, number, True, START) for number in range(200)]
    line += [(moment := START + timedelta(seconds=3 * number), 200 + number, False, moment) for number in range(40)]
    heapify(line)
    while line:
        at, number, scheduled, since = heappop(line)
        caller.now = max(caller.now, at)
        answer = caller.ask(busy=0, scheduled=scheduled)
        if isinstance(answer, Denied):
            heappush(line, (caller.now + timedelta(seconds=answer.seconds + 0.01), number, scheduled, since))
        elif not scheduled:
            waited.append((caller.now - since).total_seconds())

    assert len(caller.starts) == 240
    assert max(waited) < 5
    assert (caller.starts[-1] - START).total_seconds() < 1.15 * 240
    assert most_in_a_window(caller.starts, 60) <= 60
