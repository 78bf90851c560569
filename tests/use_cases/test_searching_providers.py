"""Searching at providers, on the adapters in memory: what is answered, what it costs, and that fetches go first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Barrier
from uuid import uuid4

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.budgets import Breaker
from domain.codes import DatasetCode
from domain.errors import (
    AnswerNotUnderstood,
    DatasetNotFound,
    InvalidInput,
    KeyRejected,
    RateLimited,
    SourceTimedOut,
    SourceUnavailable,
    TooManyRequests,
    UnknownProvider,
)
from domain.fetches import Lease, WaitingFor
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import DataSource
from domain.providers import Limit, Provider
from domain.quotas import Requester
from domain.searching import ProviderHits, SearchHit, SearchKind, SearchStatus
from domain.throttling import Circuit, Denied, LimiterState, Permit, PermitRequest
from domain.use_cases.search_providers import SearchProviders
from tests.builders import FakeProviders, memory_use_cases
from tests.fakes import CannedSource, SearchingSource, StoppedClock

GDP = SearchHit(code=DatasetCode("CANNED", "GDP"), name="Gross domestic product")
CPI = SearchHit(code=DatasetCode("CANNED", "CPI"), name="Consumer prices")


@dataclass(frozen=True)
class LimitedProviders(FakeProviders):
    """Providers with limits."""

    limits: tuple[Limit, ...] = ()
    concurrency: int | None = None

    def get(self, name: str) -> Provider:
        found = replace(super().get(name), limits=self.limits, concurrency=self.concurrency)
        return replace(found, search=SearchKind.QUERY) if name == "keyless" else found


@dataclass
class Harness:
    """One provider that is searched, and a store whose clock is moved by hand."""

    limits: tuple[Limit, ...] = (Limit(400, 1000),)
    concurrency: int | None = None
    source: SearchingSource = field(default_factory=lambda: SearchingSource(hits=[GDP, CPI]))
    others: dict[str, DataSource | None] = field(default_factory=dict)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        providers = LimitedProviders({"canned": self.source, **self.others}, self.limits, self.concurrency)
        self.calls = ProviderThrottle(store=self.store, breaker=Breaker(failures=2, seconds=30))
        for source in (self.source, *self.others.values()):
            if isinstance(source, SearchingSource):
                source.before_call = self.calls.before_call
        self.budget = self.calls.budget(providers, "canned")
        self.search = SearchProviders(store=self.store, providers=providers, calls=self.calls)

    def find(self, text: str = "gdp", **options: int) -> ProviderHits:
        [found] = self.search(text, ["canned"], **options)
        return found

    def state(self, *, of_searches: bool = False) -> LimiterState:
        with self.store.reading() as uow:
            return uow.rate_limiter.state_of(self.budget.of_searches if of_searches else self.budget)

    def acquire(self) -> Permit | Denied:
        """Ask for a permit as a fetch does."""
        with self.store.writing() as uow:
            answer = uow.rate_limiter.acquire(self.budget, PermitRequest(uuid4(), 0.0))
            uow.commit()
        return answer

    def fail(self, times: int) -> None:
        """Let fetches go without an answer."""
        for _ in range(times):
            with self.store.writing() as uow:
                uow.rate_limiter.failed(self.budget, uuid4())
                uow.commit()


def test_hits_of_a_provider() -> None:
    """It says what it found, in its order and up to the limit; what is stored has its id."""
    house = Harness()
    with house.store.writing() as uow:
        stored = uow.series.add("canned", CPI.code)
        uow.commit()
    found, one = house.find("  gdp\tnow "), house.find("gdp now", limit=1)

    assert (found.status, found.failure, found.more) == (SearchStatus.OK, None, False)
    assert [(hit.name, hit.series_id) for hit in found.hits] == [("Gross domestic product", None), ("Consumer prices", stored.id)]
    assert (len(one.hits), one.more, house.source.searched) == (1, True, ["gdp now"])


def test_a_list_is_asked_for_once() -> None:
    """Of a provider that lists everything lanner keeps the list, and finds in it whatever is searched."""
    house = Harness(source=SearchingSource(hits=[GDP, CPI], search_kind=SearchKind.LIST))

    assert [hit.name for hit in house.find("consumer").hits] == ["Consumer prices"]
    assert [hit.name for hit in house.find("GROSS dom").hits] == ["Gross domestic product"]
    assert house.find("nothing").hits == []
    assert house.source.searched == [""]


def test_hits_come_from_the_cache() -> None:
    """The same search within minutes makes no call; its ids are those of the moment."""
    house = Harness()
    house.find()
    with house.store.writing() as uow:
        uow.series.add("canned", GDP.code)
        uow.commit()
    again = house.find()

    assert (len(house.source.searched), house.state().calls) == (1, 1)
    assert again.hits[0].series_id is not None
    house.find("cpi")
    assert len(house.source.searched) == 2


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (KeyRejected("no"), SearchStatus.REFUSED, "key_rejected"),
        (DatasetNotFound("no such data set"), SearchStatus.REFUSED, "not_found"),
        (AnswerNotUnderstood("what"), SearchStatus.REFUSED, "not_understood"),
        (SourceUnavailable("gone"), SearchStatus.REFUSED, "unavailable"),
        (SourceTimedOut("late"), SearchStatus.REFUSED, "timed_out"),
        (RateLimited("slow", retry_after=40.0), SearchStatus.WAITING, "rate_limited"),
        (ValueError("of a third party"), SearchStatus.REFUSED, "not_understood"),
    ],
)
def test_a_refusal_is_said(error: Exception, status: SearchStatus, code: str) -> None:
    """What keeps a provider from answering is its status; nothing of it is kept."""
    house = Harness(source=SearchingSource(refusal=error))
    found = house.find()

    assert found.failure is not None
    assert (found.status, found.failure.code, found.hits) == (status, code, ())
    assert "tries again by itself" not in found.failure.hint
    house.source.refusal, house.source.hits = None, [GDP]
    house.clock.forward(60)
    assert house.find().status is SearchStatus.OK


def test_nothing_found_is_no_refusal() -> None:
    """A provider that has nothing has answered."""
    found = Harness(source=SearchingSource(hits=[])).find()

    assert (found.status, found.hits, found.failure) == (SearchStatus.OK, [], None)


def test_who_cannot_be_asked() -> None:
    """A provider without its key, or without a search, says so and costs nothing."""
    house = Harness(others={"keyless": None, "mute": CannedSource()})
    keyless, mute, canned = house.search("gdp", ["keyless", "mute", "canned"])

    assert [each.status for each in (keyless, mute, canned)] == [
        SearchStatus.NOT_CONFIGURED,
        SearchStatus.NOT_SEARCHABLE,
        SearchStatus.OK,
    ]
    assert mute.failure is not None
    assert mute.failure.message == "mute has no search."
    assert keyless.failure is not None
    assert keyless.failure.message == "Set LANNER_PROVIDERS__KEYLESS__API_KEY."
    assert [(each.provider.name, each.status) for each in house.search.not_asked()] == [
        ("canned", SearchStatus.NOT_ASKED),
        ("keyless", SearchStatus.NOT_CONFIGURED),
    ]


@pytest.mark.parametrize(
    ("text", "names", "error", "said"),
    [
        ("", ["canned"], InvalidInput, "query is missing"),
        (" \t", ["canned"], InvalidInput, "query is missing"),
        ("gdp", ["nobody"], UnknownProvider, "no provider 'nobody'"),
        ("gdp", ["a", "b", "c", "d", "e"], InvalidInput, "at most 4 providers"),
    ],
)
def test_what_is_no_search(text: str, names: list[str], error: type[InvalidInput], said: str) -> None:
    """The error names the field."""
    with pytest.raises(error, match=said) as raised:
        Harness().search(text, names)
    assert raised.value.field in ("query", "provider")


def test_providers_are_asked_together() -> None:
    """Each of several providers is asked while the others are."""
    barrier = Barrier(3, timeout=5)

    @dataclass
    class Meeting(SearchingSource):
        def search(self, text: str, limit: int) -> list[SearchHit]:
            barrier.wait()
            return [GDP]

    house = Harness(source=Meeting(), others={"other": Meeting(), "third": Meeting()})
    found = house.search("gdp", ["third", "canned", "other", "canned"])

    assert [(each.provider.name, len(each.hits)) for each in found] == [("third", 1), ("canned", 1), ("other", 1)]


def test_searches_have_a_share_of_the_limits() -> None:
    """A quarter of the calls of a window may be searches; the rest is for fetches, however much is searched."""
    house = Harness(limits=(Limit(8, 60),))
    statuses = [house.find(f"word {n}").status for n in range(20) if house.clock.forward(2) is None]

    assert statuses.count(SearchStatus.OK) == 2
    assert (house.state().calls, house.state(of_searches=True).calls) == (2, 2)
    made = 0
    for _ in range(12):
        made += isinstance(house.acquire(), Permit)
        house.clock.forward(1)
    assert made == 6


def test_calls_of_searches_count_for_fetches() -> None:
    """A provider never gets more calls than its limit, whoever makes them."""
    house = Harness(limits=(Limit(4, 60),))
    house.find()
    permits = [isinstance(house.acquire(), Permit) for _ in range(6) if house.clock.forward(2) is None]

    assert permits.count(True) == 3


def test_a_search_takes_no_place_in_the_queue() -> None:
    """Where calls are used up it is told to wait, and no fetch waits longer for that."""
    house = Harness(limits=(Limit(8, 60),))
    for _ in range(8):
        house.acquire()
        house.clock.forward(1)
    before = house.state()
    found = [house.find(f"word {n}") for n in range(10)]

    assert {each.status for each in found} == {SearchStatus.WAITING}
    assert all(each.retry_after and each.retry_after > 1 for each in found)
    assert found[0].failure is not None
    assert found[0].failure.message == "The provider canned takes no more calls at present."
    assert (house.state(), house.source.searched) == (before, [])


def test_fetches_that_wait_go_first() -> None:
    """While a fetch waits for its turn no search is made, also if a call would be free."""
    house = Harness(limits=(Limit(40, 100),))
    house.acquire()
    denied = house.acquire()
    assert isinstance(denied, Denied)
    waits = house.find()
    house.clock.forward(denied.seconds + 0.1)

    assert (waits.status, house.source.searched) == (SearchStatus.WAITING, [])
    assert waits.retry_after == pytest.approx(denied.seconds)
    assert house.find().status is SearchStatus.OK


def test_running_fetches_take_the_places() -> None:
    """A provider with a place for one fetch is not searched while that runs."""
    house = Harness(concurrency=1)
    use_cases = memory_use_cases({"canned": CannedSource()}, store=house.store)
    with house.store.writing() as uow:
        series = uow.series.add("canned", GDP.code)
        fetch, _ = uow.fetches.add(series.id, allow=frozenset(), request_id="")
        uow.commit()
    with house.store.writing() as uow:
        uow.fetches.claim(fetch.id, Lease(uuid4(), 30))
        uow.commit()

    assert house.find().status is SearchStatus.WAITING
    use_cases.remove_series(series.id, confirm="CANNED/GDP")
    assert house.find().status is SearchStatus.OK


def test_a_broken_search_does_not_stop_fetches() -> None:
    """Searches without an answer open the circuit of searches alone, which a later one closes."""
    house = Harness(source=SearchingSource(refusal=SourceUnavailable("no")))
    refused = [house.find(f"word {n}").status for n in range(4)]
    waits = house.find()

    assert refused == [SearchStatus.REFUSED] * 2 + [SearchStatus.WAITING] * 2
    assert waits.failure is not None
    assert "has not answered lately" in waits.failure.message
    assert (house.state().circuit(house.clock()), len(house.source.searched)) == (Circuit.CLOSED, 2)
    house.source.refusal, house.source.hits = None, [GDP]
    house.clock.forward(31)
    assert house.find().status is SearchStatus.OK
    assert house.state(of_searches=True).circuit(house.clock()) is Circuit.CLOSED


def test_a_provider_that_is_down_is_not_searched() -> None:
    """The circuit of fetches holds for searches; when it may be probed, a search may do that and close it."""
    house = Harness()
    house.fail(2)
    waits = house.find()
    house.clock.forward(31)
    found = house.find()

    assert (waits.status, found.status) == (SearchStatus.WAITING, SearchStatus.OK)
    assert house.state().circuit(house.clock()) is Circuit.CLOSED


def test_a_search_that_probes_in_vain() -> None:
    """If the probe gets no answer the circuit opens again, for longer."""
    house = Harness(source=SearchingSource(refusal=SourceTimedOut("late")))
    house.fail(2)
    house.clock.forward(31)
    house.find()

    assert (house.state().openings, house.state().circuit(house.clock())) == (2, Circuit.OPEN)


def test_a_pause_that_the_provider_asks_for_holds_for_all() -> None:
    """After a 429 to a search neither fetches nor searches call until its time is over."""
    house = Harness(source=SearchingSource(refusal=RateLimited("slow", retry_after=40.0)))
    found, denied = house.find(), house.acquire()

    assert (found.status, found.retry_after) == (SearchStatus.WAITING, 40.0)
    assert isinstance(denied, Denied)
    assert (denied.waiting_for, denied.seconds >= 40) == (WaitingFor.RATE_LIMIT, True)
    assert house.find("other").status is SearchStatus.WAITING


def test_clients_pay_for_searches() -> None:
    """Each provider that must be asked takes one from the client's quota of fetches; what is cached or cannot be asked is free."""
    house = Harness(others={"keyless": None})
    client = Requester("one", (Limit(2, 1000),))

    def find(text: str) -> Callable[[], object]:
        return lambda: house.search(text, ["canned", "keyless"], requester=client)

    for text in ("gdp", "gdp", "cpi", "cpi"):
        find(text)()
    with pytest.raises(TooManyRequests) as raised:
        find("other")()
    assert raised.value.seconds > 0
    assert house.source.searched == ["gdp", "cpi"]
    find("gdp")()
