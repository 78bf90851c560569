"""Cancelling, giving back, asking again and removing, on the adapters in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import eq
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.budgets import Budget
from domain.codes import DatasetCode
from domain.errors import (
    FetchAlreadyEnded,
    FetchNotFound,
    IdempotencyKeyReused,
    ProviderNotConfigured,
    RemovalNotConfirmed,
    SeriesNotFound,
    SourceUnavailable,
    StoreUnavailable,
)
from domain.fetches import Fetch, FetchQuery, FetchStatus, Lease
from domain.fetching.heartbeat import Heartbeat
from domain.metrics import Counted
from domain.ports import DataSource, Fetched, PriorState
from domain.series import SeriesQuery
from domain.use_cases import UseCases
from domain.use_cases.request_fetch import ClientKey
from tests.builders import memory_use_cases
from tests.fakes import AbortableSource, CannedSource

FB = DatasetCode("WIKI", "FB")


@dataclass
class HangingSource:
    """Answers when told to, or breaks."""

    asked: Event
    answer: Event
    then: Callable[[], None] = lambda: None

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.asked.set()
        self.answer.wait(10)
        self.then()
        return CannedSource().fetch(code, known)


class Running:
    """A fetch that hangs at its provider in a thread."""

    def __init__(self, *, lease_seconds: float = 30, then: Callable[[], None] = lambda: None) -> None:
        self.source = HangingSource(Event(), Event(), then)
        self.store = MemoryStore()
        self.use = use_cases(self.source, self.store, lease_seconds)
        self.fetch = self.use.request_fetch(FB).fetch
        self.result: list[Fetch | None] = []
        self.thread = Thread(target=lambda: self.result.append(self.use.fetch_dataset(self.fetch.id)))
        self.thread.start()
        assert self.source.asked.wait(5)

    def end(self) -> Fetch | None:
        self.source.answer.set()
        self.thread.join(5)
        return self.result[0]

    def now(self) -> Fetch:
        return self.use.follow_fetches(self.fetch.id)

    def counted(self) -> dict[Counted, int]:
        return dict(self.use.check_health.metrics()[1].counted)

    def vintages(self) -> int:
        with self.store.reading() as uow:
            return len(uow.vintages.list(self.fetch.series_id, after=0, limit=9))


def use_cases(source: DataSource | None = None, store: MemoryStore | None = None, lease_seconds: float = 30) -> UseCases:
    sources = {"canned": source or CannedSource(), "keyless": None}
    return memory_use_cases(sources, store=store, dispatcher=RecordingDispatcher(), lease_seconds=lease_seconds)


def test_what_waits_is_cancelled_at_once() -> None:
    """No worker gets it any more, and cancelling again changes nothing."""
    use = use_cases()
    fetch = use.request_fetch(FB).fetch
    cancelled = use.cancel_fetch(fetch.id)

    assert cancelled.status is FetchStatus.CANCELLED
    assert use.cancel_fetch(fetch.id) == cancelled
    assert use.fetch_dataset(fetch.id) is None
    assert use.check_health.metrics()[1].counted == {Counted.CLAIMS_LOST: 1}
    assert use.request_fetch(FB, refresh=True).fetch.id != fetch.id


def is_down() -> None:
    raise SourceUnavailable


@pytest.mark.parametrize("then", [lambda: None, is_down, lambda: 1 / 0], ids=["answers", "is down", "breaks"])
def test_a_running_fetch_that_is_cancelled_stores_nothing(then: Callable[[], None]) -> None:
    """However its attempt goes on, it ends as cancelled."""
    running = Running(then=then)
    asked = running.use.cancel_fetch(running.fetch.id)
    ended = running.end()

    assert (asked.status, asked.cancel_requested_at is not None) == (FetchStatus.RUNNING, True)
    assert ended == running.now()
    assert (ended.status, ended.failure and ended.failure.code) == (FetchStatus.CANCELLED, "cancelled")
    assert running.vintages() == 0


def test_a_heartbeat_ends_a_cancelled_fetch_whose_source_hangs() -> None:
    """The next heartbeat ends it; what the source still says is refused and counted."""
    running = Running(lease_seconds=0.15)
    running.use.cancel_fetch(running.fetch.id)
    while not running.now().ended:
        running.thread.join(0.01)

    assert running.thread.is_alive()
    assert running.now().status is FetchStatus.CANCELLED
    assert running.end() is None
    assert running.counted() == {Counted.STALE_COMMITS: 1}
    assert running.vintages() == 0


@pytest.mark.parametrize("trouble", [StoreUnavailable(), ZeroDivisionError()])
def test_a_heartbeat_that_fails_is_not_the_last(trouble: Exception) -> None:
    """Whatever one renewal meets, the next are made, for the other leases of the process too."""
    store, troubles = MemoryStore(), [trouble]

    class Faltering:
        def writing(self) -> Any:
            if troubles:
                raise troubles.pop()
            return store.writing()

    def until() -> list[Any]:
        return [fetch.lease_until for fetch in use.follow_fetches.get_many(ids)]

    use, leases = use_cases(store=store), [Lease(uuid4(), 30), Lease(uuid4(), 30)]
    ids = [use.request_fetch(code).fetch.id for code in (FB, DatasetCode("CANNED", "OTHER"))]
    with store.writing() as uow:
        for fetch_id, lease in zip(ids, leases, strict=True):
            uow.fetches.claim(fetch_id, lease)
        uow.commit()
    first, second = use.follow_fetches.get_many(ids)
    before, heartbeat = until(), Heartbeat(Faltering(), lease_seconds=0.03, at_most_seconds=10)  # type: ignore[arg-type]
    end = time.monotonic() + 5
    with heartbeat.renewing(first, leases[0]), heartbeat.renewing(second, leases[1]):
        while any(map(eq, before, until())) and time.monotonic() < end:
            time.sleep(0.01)

    assert not any(map(eq, before, until()))
    assert troubles == []


def test_a_cancelled_fetch_of_a_lost_worker_asks_no_provider() -> None:
    """Whoever takes it over ends it as cancelled."""
    store = MemoryStore()
    use = use_cases(store=store, lease_seconds=0.01)
    fetch = use.request_fetch(FB).fetch
    with store.writing() as uow:
        uow.fetches.claim(fetch.id, Lease(uuid4(), -1))
        uow.commit()
    use.cancel_fetch(fetch.id)
    ended = use.fetch_dataset(fetch.id)

    assert ended
    assert ended.status is FetchStatus.CANCELLED


def test_what_has_ended_cannot_be_cancelled() -> None:
    """A fetch that ended otherwise is left alone, and one that is not there not found."""
    use = use_cases()
    fetch = use.request_fetch(FB).fetch
    ended = use.fetch_dataset(fetch.id)

    with pytest.raises(FetchAlreadyEnded, match="success"):
        use.cancel_fetch(fetch.id)
    assert use.follow_fetches(fetch.id) == ended
    with pytest.raises(FetchNotFound):
        use.cancel_fetch(uuid4())


def test_a_process_that_stops_gives_back_what_runs() -> None:
    """It is due again with no attempt counted, its late answer is refused, and the process begins no other."""
    running = Running()
    released = running.use.fetch_dataset.release()
    back = running.now()

    assert (released, back.status, back.attempts, back.crashes) == (1, FetchStatus.PENDING, 0, 0)
    assert running.end() is None
    assert running.vintages() == 0
    assert running.use.fetch_dataset(running.fetch.id) is None
    assert running.now() == back
    assert running.use.fetch_dataset.release() == 0


def test_a_process_that_stops_cuts_its_calls() -> None:
    """A cut call fails nothing: its fetch is due at once with no attempt counted, nothing counts as fenced, nor against the provider."""
    source, store = AbortableSource(), MemoryStore()
    use = use_cases(source, store)
    fetch = use.request_fetch(FB).fetch
    thread = Thread(target=use.fetch_dataset, args=(fetch.id,))
    thread.start()
    assert source.asked.wait(5)
    released = use.fetch_dataset.release()
    thread.join(5)
    back = use.follow_fetches(fetch.id)
    with store.reading() as uow:
        standing = uow.rate_limiter.state_of(Budget(provider="canned"))

    assert (released, back.status, back.attempts, back.failure, back.waiting_for) == (1, FetchStatus.PENDING, 0, None, None)
    assert Counted.STALE_COMMITS not in dict(use.check_health.metrics()[1].counted)
    assert standing.failures == 0


def test_a_removed_series_fences_its_running_fetch() -> None:
    """With its code as confirmation a series goes, with all that is its own; the fetch that ran stores nothing."""
    running = Running()
    for wrong in ("", "WIKI", "WIKI/fb", "other:WIKI/FB"):
        with pytest.raises(RemovalNotConfirmed, match="WIKI/FB"):
            running.use.remove_series(running.fetch.series_id, confirm=wrong)
    running.use.remove_series(running.fetch.series_id, confirm="wiki/FB")

    assert running.end() is None
    assert running.use.search_series(SeriesQuery()).items == ()
    assert running.use.follow_fetches.list(FetchQuery()).items == ()
    with pytest.raises(SeriesNotFound):
        running.use.remove_series(running.fetch.series_id, confirm="WIKI/FB")


def test_asking_again_always_fetches() -> None:
    """A fresh series gets another fetch; one in flight is joined."""
    use = use_cases()
    first = use.request_fetch(FB)
    use.fetch_dataset(first.fetch.id)
    again, joined = use.request_fetch.refetch(first.series.id), use.request_fetch.refetch(first.series.id)

    assert again.fetch.id != first.fetch.id
    assert (again.created, joined.created, joined.fetch) == (True, False, again.fetch)
    with pytest.raises(SeriesNotFound):
        use.request_fetch.refetch(uuid4())


def test_asking_again_needs_the_key_of_the_provider() -> None:
    """A series whose provider lost its key is not fetched again."""
    store = MemoryStore()
    use = use_cases(store=store)
    with store.writing() as uow:
        series = uow.series.add("keyless", FB)
        uow.commit()

    with pytest.raises(ProviderNotConfigured):
        use.request_fetch.refetch(series.id)


def test_a_repeated_request_gets_the_same_answer() -> None:
    """Same key, same request: the same ids and the same word on what was new, whatever has happened since."""
    use = use_cases()
    first = use.request_fetch(FB, key=ClientKey("k"))
    use.fetch_dataset(first.fetch.id)
    repeated, other = use.request_fetch(FB, key=ClientKey("k")), use.request_fetch(FB, refresh=True, key=ClientKey("l"))

    assert (repeated.series.id, repeated.fetch.id, repeated.created) == (first.series.id, first.fetch.id, True)
    assert repeated.fetch.status is FetchStatus.SUCCESS
    assert other.fetch.id != first.fetch.id
    assert use.request_fetch(FB, key=ClientKey("k")).fetch.id == first.fetch.id
    again = use.request_fetch.refetch(first.series.id, key=ClientKey("m"))
    assert use.request_fetch.refetch(first.series.id, key=ClientKey("m")) == again


@pytest.mark.parametrize(
    "other",
    [
        lambda use, _: use.request_fetch(DatasetCode("WIKI", "IBM"), key=ClientKey("k")),
        lambda use, _: use.request_fetch(FB, refresh=True, key=ClientKey("k")),
        lambda use, _: use.request_fetch(FB, provider="canned", key=ClientKey("k")),
        lambda use, series: use.request_fetch.refetch(series.id, key=ClientKey("k")),
    ],
    ids=["another code", "another flag", "another provider", "a refresh"],
)
def test_a_key_belongs_to_one_request(other: Callable[..., object]) -> None:
    """Another request under a known key is refused, and does nothing."""
    use = use_cases()
    first = use.request_fetch(FB, key=ClientKey("k"))

    with pytest.raises(IdempotencyKeyReused):
        other(use, first.series)
    assert len(use.follow_fetches.list(FetchQuery()).items) == 1


def test_old_fetches_and_keys_are_pruned() -> None:
    """Keys are forgotten after two days, fetches after the days set; in batches, and the sweep tells whether there may be more."""
    now = [datetime(2024, 6, 1, tzinfo=UTC)]
    use = use_cases(store=MemoryStore(lambda: now[0]))
    made = [
        use.request_fetch(FB, refresh=True, key=ClientKey(f"k{n}")).fetch.id
        for n in range(5)
        if n == 0 or use.fetch_dataset(made_last(use))
    ]

    def left() -> set[UUID]:
        return {fetch.id for fetch in use.follow_fetches.list(FetchQuery()).items}

    assert (use.reap_fetches.prune(10), left()) == (False, set(made))
    now[0] += timedelta(days=89)
    assert (use.reap_fetches.prune(10), left()) == (False, set(made))
    now[0] += timedelta(days=2)
    assert [use.reap_fetches.prune(2), use.reap_fetches.prune(2)] == [True, False]
    # The first added a vintage, the last is the newest.
    assert left() == {made[0], made[-1]}


def made_last(use: UseCases) -> UUID:
    return use.follow_fetches.list(FetchQuery(status=FetchStatus.PENDING)).items[0].id
