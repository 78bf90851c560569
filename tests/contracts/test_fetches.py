"""What every store promises of fetches that are cancelled, released, pruned or removed, and of repeated requests."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from domain.codes import DatasetCode
from domain.errors import FetchCancelled, FetchNotFound, IdempotencyKeyReused, LeaseLost, SeriesNotFound
from domain.fetches import NOTHING_ALLOWED, Failure, Fetch, FetchQuery, FetchStatus, IdempotencyKey, Lease, RequestRecord, WaitingFor
from domain.ports import Store
from domain.series import SeriesQuery, SeriesStatus, TimeSeries
from tests.builders import an_arrival, append
from tests.contracts.conftest import StoppedClock

FB = DatasetCode("WIKI", "FB")
FAILURE = Failure(code="unavailable", message="The provider is down.", retryable=True, hint="Wait.")
KEY = IdempotencyKey("k-1", digest="d")


def added(store: Store, code: DatasetCode = FB, provider: str = "quandl") -> TimeSeries:
    with store.writing() as uow:
        series = uow.series.add(provider, code)
        uow.commit()
    return series


def requested(store: Store, series: TimeSeries) -> Fetch:
    with store.writing() as uow:
        fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="r-1")
        uow.commit()
    return fetch


def claimed(store: Store, fetch: Fetch) -> Lease:
    lease = Lease(uuid4(), 30)
    with store.writing() as uow:
        assert uow.fetches.claim(fetch.id, lease)
        uow.commit()
    return lease


def cancelled(store: Store, fetch: Fetch) -> Fetch:
    with store.writing() as uow:
        uow.series.lock(fetch.series_id)
        ended = uow.fetches.cancel(fetch.id)
        uow.commit()
    return ended


def closed(store: Store, series: TimeSeries, clock: StoppedClock, *, vintages: int = 0) -> Fetch:
    fetch = requested(store, series)
    lease = claimed(store, fetch)
    with store.writing() as uow:
        uow.series.lock(series.id)
        kept = append(uow, series.id, [an_arrival(clock(), fetch_id=fetch.id)] * vintages)
        uow.fetches.succeed(fetch.id, lease, kept)
        uow.commit()
    with store.reading() as uow:
        return uow.fetches.get(fetch.id)


def there(store: Store) -> set[UUID]:
    with store.reading() as uow:
        return {fetch.id for fetch in uow.fetches.list(FetchQuery(limit=1000)).items}


def test_cancelling_what_waits_ends_it(store: Store, clock: StoppedClock) -> None:
    """A pending fetch is cancelled at once and for good, is never due again, and a series without data is an error."""
    fetch = requested(store, added(store))
    ended = cancelled(store, fetch)

    assert (ended.status, ended.finished_at, ended.failure and ended.failure.code) == (FetchStatus.CANCELLED, clock(), "cancelled")
    assert cancelled(store, fetch) == ended
    clock.forward(1000)
    with store.writing() as uow:
        assert (list(uow.fetches.due(10)), uow.fetches.claim(fetch.id, Lease(uuid4(), 30))) == ([], None)
        assert [series.status for series in uow.series.search(SeriesQuery(status=SeriesStatus.ERROR)).items] == [SeriesStatus.ERROR]


def test_cancelling_what_runs_asks_its_worker(store: Store, clock: StoppedClock) -> None:
    """The heartbeat and the close of a running fetch learn of its cancellation; nothing of it is kept."""
    series = added(store)
    fetch = requested(store, series)
    lease = claimed(store, fetch)
    asked = cancelled(store, fetch)

    assert (asked.status, asked.cancel_requested_at) == (FetchStatus.RUNNING, clock())
    with store.writing() as uow, pytest.raises(FetchCancelled):
        uow.fetches.extend(fetch.id, lease)
    with store.writing() as uow:
        kept = append(uow, series.id, [an_arrival(clock(), fetch_id=fetch.id)])
        with pytest.raises(FetchCancelled):
            uow.fetches.succeed(fetch.id, lease, kept)
    with store.reading() as uow:
        assert uow.fetches.get(fetch.id) == asked
        assert list(uow.vintages.list(series.id, after=0, limit=9)) == []


@pytest.mark.parametrize("way", ["fail", "postpone", "release"])
def test_what_was_to_be_cancelled_ends_so(store: Store, way: str) -> None:
    """Whichever way a worker lets a fetch go whose cancellation was requested, it ends as cancelled."""
    fetch = requested(store, added(store))
    lease = claimed(store, fetch)
    cancelled(store, fetch)
    with store.writing() as uow:
        ended = {
            "fail": lambda: uow.fetches.fail(fetch.id, lease, FAILURE),
            "postpone": lambda: uow.fetches.schedule_retry(fetch.id, lease, FAILURE, seconds=9, waiting_for=WaitingFor.RETRY),
            "release": lambda: uow.fetches.release(fetch.id, lease),
        }[way]()
        uow.commit()

    assert (ended.status, ended.failure and ended.failure.code) == (FetchStatus.CANCELLED, "cancelled")
    assert (ended.lease_until, ended.waiting_for, ended.ended) == (None, None, True)


def test_a_cancelled_fetch_whose_worker_is_lost_is_due(store: Store, clock: StoppedClock) -> None:
    """When the lease of its worker runs out another may take it, and learns that it was to be cancelled."""
    fetch = requested(store, added(store))
    claimed(store, fetch)
    cancelled(store, fetch)
    clock.forward(31)

    claimed(store, fetch)
    with store.reading() as uow:
        assert uow.fetches.get(fetch.id).cancel_requested_at


def test_what_has_ended_is_not_cancelled(store: Store, clock: StoppedClock) -> None:
    """A final state never changes; a fetch that is not there is not found."""
    ended = closed(store, added(store), clock)

    assert cancelled(store, ended) == ended
    with store.writing() as uow, pytest.raises(FetchNotFound):
        uow.fetches.cancel(uuid4())


def test_a_released_fetch_is_as_if_not_begun(store: Store, clock: StoppedClock) -> None:
    """It is due at once, with no attempt and no crash counted, and its old lease is worth nothing."""
    fetch = requested(store, added(store))
    lease = claimed(store, fetch)
    clock.forward(5)
    with store.writing() as uow:
        uow.series.lock(fetch.series_id)
        released = uow.fetches.release(fetch.id, lease)
        uow.commit()

    assert (released.status, released.attempts, released.crashes, released.not_before) == (FetchStatus.PENDING, 0, 0, clock())
    with store.writing() as uow:
        assert list(uow.fetches.due(10)) == [fetch.id]
        with pytest.raises(LeaseLost):
            uow.fetches.release(fetch.id, lease)


def test_pruning_keeps_what_is_still_asked_for(store: Store, clock: StoppedClock) -> None:
    """Old fetches go, oldest first and in batches; the newest, those with a vintage and those of a remembered request stay."""
    series = added(store)
    with_vintage = closed(store, series, clock, vintages=1)
    old = [closed(store, series, clock) for _ in range(3)]
    remembered = closed(store, series, clock)
    with store.writing() as uow:
        uow.requests.begin(KEY)
        uow.requests.remember(KEY, RequestRecord(series.id, remembered.id, created=False))
        uow.commit()
    clock.forward(100)
    young, newest = closed(store, series, clock), closed(store, series, clock)

    def pruned(seconds: float, limit: int) -> int:
        with store.writing() as uow:
            removed = uow.fetches.prune(seconds=seconds, limit=limit)
            uow.commit()
        return removed

    assert (pruned(101, 10), pruned(99, 2)) == (0, 2)
    assert len(there(store) & {fetch.id for fetch in old}) == 1
    assert (pruned(99, 2), pruned(99, 2)) == (1, 0)
    clock.forward(100)
    assert pruned(99, 10) == 1
    assert there(store) == {with_vintage.id, remembered.id, newest.id}
    assert young.id not in there(store)


def test_a_clock_that_went_back_leaves_nothing_stuck(store: Store, clock: StoppedClock) -> None:
    """What waits for times of the old clock is due at once; a lease of the old clock counts no crash."""
    new, waiting, running = (requested(store, added(store, DatasetCode("WIKI", name))) for name in "ABC")
    lease = claimed(store, waiting)
    with store.writing() as uow:
        uow.fetches.schedule_retry(waiting.id, lease, FAILURE, seconds=60, waiting_for=WaitingFor.RETRY)
        uow.commit()
    claimed(store, running)
    clock.forward(-3600)

    with store.reading() as uow:
        assert set(uow.fetches.due(10)) == {new.id, waiting.id, running.id}
        assert all(uow.fetches.get(fetch.id).is_due(clock()) for fetch in (new, waiting, running))
    claimed(store, running)
    with store.reading() as uow:
        assert (uow.fetches.get(running.id).attempts, uow.fetches.get(running.id).crashes) == (2, 0)


def test_the_newest_fetch_is_the_last_one_added(store: Store, clock: StoppedClock) -> None:
    """Whatever the clock showed, a series comes with the fetch that was added last."""
    series = added(store)
    closed(store, series, clock)
    clock.forward(-7200)
    last = closed(store, series, clock)

    with store.reading() as uow:
        assert uow.series.get(series.id).fetch == last


def test_fetches_are_listed_newest_first_in_pages(store: Store, clock: StoppedClock) -> None:
    """Each stands in the list once, also where several were made in the same moment; status, provider and series narrow it."""
    made = []
    for n in range(5):
        made.append(requested(store, added(store, DatasetCode("WIKI", f"N{n}"), "quandl" if n else "files")))
        clock.forward(n % 2)
    ended = cancelled(store, made[3])

    def listed(**question: object) -> list[UUID]:
        found, place = [], None
        while True:
            with store.reading() as uow:
                page = uow.fetches.list(FetchQuery(before=place, limit=2, **question))  # type: ignore[arg-type]
            assert len(page.items) <= 2
            found += [fetch.id for fetch in page.items]
            place = page.next
            if place is None:
                return found

    by_age = sorted(made, key=lambda fetch: (fetch.created_at, fetch.id), reverse=True)
    assert listed() == [fetch.id for fetch in by_age]
    assert listed(status=FetchStatus.CANCELLED) == [ended.id]
    assert listed(provider="files") == [made[0].id]
    assert listed(provider="fred") == []
    assert listed(series_id=made[2].series_id) == [made[2].id]
    assert listed(series_id=made[3].series_id, status=FetchStatus.PENDING) == []


def test_a_removed_series_takes_everything_along(store: Store, clock: StoppedClock) -> None:
    """Its vintages, fetches and remembered requests go with it; a worker that holds one of them can store nothing."""
    series, other = added(store), added(store, DatasetCode("WIKI", "IBM"))
    closed(store, series, clock, vintages=1)
    kept = closed(store, other, clock, vintages=1)
    running = requested(store, series)
    lease = claimed(store, running)
    with store.writing() as uow:
        uow.requests.begin(KEY)
        uow.requests.remember(KEY, RequestRecord(series.id, running.id, created=False))
        uow.series.remove(series.id)
        uow.commit()

    assert there(store) == {kept.id}
    with store.writing() as uow:
        assert [each.series_id for each in uow.vintages.feed(after=0, limit=9)] == [other.id]
        assert uow.requests.begin(KEY) is None
        assert uow.fetches.extend(running.id, lease) is False
        uow.series.lock(series.id)
        with pytest.raises(SeriesNotFound):
            uow.series.remove(series.id)
        with pytest.raises(LeaseLost):
            uow.fetches.succeed(running.id, lease, [])
    position = closed(store, added(store), clock, vintages=1)
    with store.reading() as uow:
        assert [each.vintage.fetch_id for each in uow.vintages.feed(after=2, limit=9)] == [position.id]


def test_a_remembered_request_is_answered_as_before(store: Store, clock: StoppedClock) -> None:
    """The same key and request get the same answer, another request is refused, another owner's key is another key."""
    series = added(store)
    answered = RequestRecord(series.id, requested(store, series).id, created=True)
    with store.writing() as uow:
        assert uow.requests.begin(KEY) is None
        uow.requests.remember(KEY, answered)
        uow.commit()

    with store.writing() as uow:
        assert uow.requests.begin(KEY) == answered
        assert uow.requests.begin(IdempotencyKey("k-1", digest="d", owner="somebody")) is None
        with pytest.raises(IdempotencyKeyReused):
            uow.requests.begin(IdempotencyKey("k-1", digest="other"))
    clock.forward(100)
    with store.writing() as uow:
        assert (uow.requests.forget(seconds=101, limit=9), uow.requests.forget(seconds=99, limit=9)) == (0, 1)
        assert uow.requests.begin(KEY) is None


def test_a_request_that_was_not_committed_is_not_remembered(store: Store) -> None:
    """Whoever gives up in the middle leaves the key free."""
    with store.writing() as uow:
        assert uow.requests.begin(KEY) is None
    with store.writing() as uow:
        assert uow.requests.begin(KEY) is None


def test_of_equal_requests_at_once_one_is_done(store: Store) -> None:
    """Of eight threads with the same key one makes the fetch; the others wait for it and get its answer."""
    series, together, got = added(store), Barrier(8), []

    def race() -> None:
        together.wait()
        with store.writing() as uow:
            answered = uow.requests.begin(KEY)
            if answered is None:
                fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
                uow.requests.remember(KEY, RequestRecord(series.id, fetch.id, created=True))
                uow.commit()
            got.append(answered)

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (fetch_id,) = there(store)
    assert sorted(got, key=str).count(None) == 1
    assert got.count(RequestRecord(series.id, fetch_id, created=True)) == 7


def test_leases_are_judged_by_their_own_length(store: Store, clock: StoppedClock) -> None:
    """A lease that ends later than twice its length from now was given before the clock went back."""
    fetch = requested(store, added(store))
    claimed(store, fetch)
    clock.forward(-15)

    with store.reading() as uow:
        assert list(uow.fetches.due(10, lease_seconds=30)) == []
        assert list(uow.fetches.due(10, lease_seconds=20)) == [fetch.id]
    assert clock() + timedelta(seconds=45) == requested_until(store, fetch)


def requested_until(store: Store, fetch: Fetch) -> object:
    with store.reading() as uow:
        return uow.fetches.get(fetch.id).lease_until


def test_a_fetch_belongs_to_the_trace_of_its_request(store: Store) -> None:
    """A fetch keeps the span that asked for it first, whether its series is new, known, or asked for by a schedule."""
    with store.writing() as uow:
        found = uow.fetches.add_first("p", DatasetCode("X", "NEW"), allow=NOTHING_ALLOWED, request_id="r", traceparent="00-a-b-01")
        known, scheduled = (uow.series.add("p", DatasetCode("X", name)) for name in ("KNOWN", "SCHEDULED"))
        added, _ = uow.fetches.add(known.id, allow=NOTHING_ALLOWED, request_id="r", traceparent="00-c-d-01")
        joined, _ = uow.fetches.add(known.id, allow=NOTHING_ALLOWED, request_id="s", traceparent="00-e-f-01")
        uow.fetches.add_scheduled(scheduled.id, request_id="t", seconds=0)
        uow.commit()
    with store.reading() as uow:
        of_schedule = uow.series.get(scheduled.id).fetch
        stored = [uow.fetches.get(each.id).traceparent for each in (added, joined)]

    assert found
    assert of_schedule
    assert (found[1].traceparent, stored, of_schedule.traceparent) == ("00-a-b-01", ["00-c-d-01", "00-c-d-01"], "")
