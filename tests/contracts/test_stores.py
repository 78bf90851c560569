"""What every store promises: units of work, series, fetches and their leases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest

from adapters.memory.dispatcher import NullDispatcher
from domain.api_keys import ApiKey, Scope
from domain.codes import DatasetCode
from domain.errors import FetchAlreadyRunning, FetchNotFound, KeyNotFound, LeaseLost, SeriesNotFound
from domain.fetches import NOTHING_ALLOWED, Allowed, Failure, Fetch, FetchStatus, Lease, Suspicion, WaitingFor
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store
from domain.providers import Limit
from domain.series import Metadata, SeriesQuery, SeriesStatus, TimeSeries, Version
from domain.window import Confirmation
from tests.builders import an_arrival, append, memory_use_cases
from tests.contracts.conftest import StoppedClock
from tests.fakes import CannedSource, some_metadata, some_observations

FB = DatasetCode("WIKI", "FB")
FAILURE = Failure(code="unavailable", message="The provider is down.", retryable=True, hint="Wait.")


def added(store: Store, code: DatasetCode = FB, provider: str = "quandl") -> TimeSeries:
    with store.writing() as uow:
        series = uow.series.add(provider, code)
        uow.commit()
    return series


def requested(store: Store, series: TimeSeries, *, allow: Allowed = NOTHING_ALLOWED) -> Fetch:
    with store.writing() as uow:
        fetch, _ = uow.fetches.add(series.id, allow=allow, request_id="r-1")
        uow.commit()
    return fetch


def claimed(store: Store, fetch: Fetch, seconds: float = 30) -> tuple[Fetch | None, Lease]:
    lease = Lease(uuid4(), seconds)
    with store.writing() as uow:
        held = uow.fetches.claim(fetch.id, lease)
        uow.commit()
    return held and held[0], lease


def test_leaving_without_commit_forgets(store: Store) -> None:
    """A unit of work that is left without commit changes nothing."""
    with store.writing() as uow:
        series = uow.series.add("quandl", FB)

    with store.reading() as uow, pytest.raises(SeriesNotFound):
        uow.series.get(series.id)


def test_an_error_inside_forgets(store: Store) -> None:
    """A unit of work that an exception ends changes nothing."""

    def break_off() -> None:
        with store.writing() as uow:
            uow.series.add("quandl", FB)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    with store.reading() as uow:
        assert uow.series.find("quandl", FB) is None


def test_the_schema_fits(store: Store) -> None:
    """A fresh store passes its own check."""
    store.check()


def test_adding_twice_gives_the_same_series(store: Store) -> None:
    """A series' identity is its provider and code."""
    first = added(store)

    assert added(store) == first
    assert added(store, provider="files").id != first.id
    assert added(store, DatasetCode("WIKI", "fb")).id != first.id


def test_aliases_are_unique_in_order_of_creation(store: Store) -> None:
    """A taken alias gets _2, then _3."""
    codes = [DatasetCode("ECB", text) for text in ("A.B", "A-B", "A_B")]

    assert [added(store, code).alias for code in codes] == ["ECB/A_B", "ECB/A_B_2", "ECB/A_B_3"]


def test_a_series_comes_with_its_newest_parts(store: Store, clock: StoppedClock) -> None:
    """Getting a series gives its metadata, newest vintage and newest fetch."""
    series = added(store)
    assert (series.status, series.newest, series.fetch, series.checked_at) == (SeriesStatus.PENDING, None, None, None)
    fetch = requested(store, series)
    held, lease = claimed(store, fetch)
    assert held
    confirmed = Confirmation(vintage=1, adapter_version=2, whole_at=clock(), validators={"etag": '"é1"'})

    with store.writing() as uow:
        uow.series.lock(series.id)
        vintages = append(uow, series.id, [an_arrival(clock(), fetch_id=fetch.id)])
        uow.series.record_fetch(uow.series.get(series.id), some_metadata(), confirmed)
        ended = held.succeeded(uow.fetches.succeed(fetch.id, lease, vintages), vintages, [])
        uow.commit()

    with store.reading() as uow:
        known = uow.series.get(series.id)
    assert known == replace(series, metadata=some_metadata(), newest=vintages[0], fetch=ended, checked_at=clock(), confirmed=confirmed)
    assert known.status is SeriesStatus.SUCCESS


def test_a_version_tells_what_answers_depend_on(store: Store, clock: StoppedClock) -> None:
    """It changes with the newest vintage, the metadata and the time of the last good fetch."""
    series = added(store)
    bare = Version(provider="quandl", vintages=0, entry=0, frequency=None, checked_at=None)

    assert store.version(series.id) == (bare, clock())
    with store.writing() as uow:
        uow.series.lock(series.id)
        newest = an_arrival(clock(), published=date(2024, 5, 2), known_at=datetime(2024, 5, 2, tzinfo=UTC))
        late = an_arrival(clock(), published=date(2024, 5, 1), known_at=datetime(2024, 5, 1, tzinfo=UTC))
        append(uow, series.id, [newest])
        append(uow, series.id, [late])
        uow.series.record_fetch(uow.series.get(series.id), some_metadata())
        uow.series.record_fetch(uow.series.get(series.id), some_metadata())
        uow.commit()

    with pytest.raises(SeriesNotFound):
        store.version(uuid4())
    once = replace(bare, vintages=2, entry=1, frequency=Frequency.DAILY, checked_at=clock())
    assert store.version(series.id)[0] == once
    with store.writing() as uow:
        uow.series.lock(series.id)
        uow.series.record_fetch(uow.series.get(series.id), replace(some_metadata(), frequency=Frequency.ANNUAL))
        uow.commit()
    assert store.version(series.id)[0] == replace(once, entry=2, frequency=Frequency.ANNUAL)


def test_metadata_survives_in_every_field(store: Store) -> None:
    """Metadata are read back as they were written."""
    series = added(store)
    metadata = Metadata(
        name="Prices é",
        description="of <b>things</b>",
        unit="USD",
        frequency=Frequency.QUARTERLY,
        seasonal_adjustment="SA",
        column_units=("USD", "%"),
        source="BEA",
        attribution="BEA, public domain",
        terms="https://example.org/terms",
        date_column="DATE",
        extra={"premium": False, "n": 1.5, "list": ["a", None]},
    )

    for each in (some_metadata(), metadata, metadata):
        with store.writing() as uow:
            uow.series.record_fetch(uow.series.get(series.id), each)
            uow.commit()

    with store.reading() as uow:
        assert uow.series.get(series.id).metadata == metadata


def test_searching(store: Store, clock: StoppedClock) -> None:
    """Words, provider, database, code and status narrow the list, in order of creation and in pages."""
    fb, gold, ibm = added(store), added(store, DatasetCode("LBMA", "GOLD"), "files"), added(store, DatasetCode("WIKI", "IBM"))
    with store.writing() as uow:
        append(uow, gold.id, [an_arrival(clock())])
        uow.series.record_fetch(uow.series.get(gold.id), Metadata(name="Gold 100% Fixing", description="London"))
        uow.commit()

    def found(**question: object) -> list[UUID]:
        with store.reading() as uow:
            return [series.id for series in uow.series.search(SeriesQuery(**question)).items]  # type: ignore[arg-type]

    assert found() == [fb.id, gold.id, ibm.id]
    assert found(words=("gold",)) == found(words=("LONDON", "lbma")) == found(words=("100%",)) == [gold.id]
    assert found(words=("lond", "FIX")) == found(words=("lbma/gold",)) == [gold.id]
    assert found(words=("0_%",)) == found(words=("gold", "wiki")) == found(words=("old",)) == found(words=("gold", "%")) == []
    assert found(words=("wiki",), provider="files") == []
    assert found(provider="files") == found(status=SeriesStatus.SUCCESS) == [gold.id]
    assert found(database="WIKI") == found(status=SeriesStatus.PENDING) == [fb.id, ibm.id]
    assert found(code=FB) == [fb.id]
    with store.reading() as uow:
        page = uow.series.search(SeriesQuery(limit=2))
        rest = uow.series.search(SeriesQuery(limit=2, after=page.next or 0))
    assert ([s.id for s in page.items], [s.id for s in rest.items], rest.next) == ([fb.id, gold.id], [ibm.id], None)


def test_a_series_comes_with_its_first_fetch(store: Store, clock: StoppedClock) -> None:
    """Both are there as if they had been added one after the other."""
    with store.writing() as uow:
        new = uow.fetches.add_first("quandl", FB, allow=frozenset({Suspicion.SHRINK}), request_id="r-1")
        assert new
        first, its_fetch = new
        assert uow.series.get(first.id) == replace(first, fetch=its_fetch)
        uow.commit()

    other = added(store, DatasetCode("WIKI", "AAPL"))
    fetch = requested(store, other, allow=frozenset({Suspicion.SHRINK}))
    assert its_fetch == replace(fetch, id=its_fetch.id, series_id=first.id)
    assert first == replace(other, id=first.id, number=first.number, code=FB, alias=FB.alias)
    assert first.number < other.number
    with store.writing() as uow:
        assert uow.fetches.add(first.id, allow=NOTHING_ALLOWED, request_id="r-2") == (its_fetch, False)


@pytest.mark.parametrize("provider", ["quandl", "files"])
def test_a_series_that_is_there_or_whose_alias_is_taken_gets_no_first_fetch(store: Store, provider: str) -> None:
    """Nothing is added where the series is there or another has its alias."""
    series = added(store)
    with store.writing() as uow:
        assert uow.fetches.add_first(provider, FB, allow=NOTHING_ALLOWED, request_id="") is None
        uow.commit()

    with store.reading() as uow:
        assert uow.series.search(SeriesQuery()).items == (series,)
        assert uow.fetches.oldest_due() is None


def test_one_fetch_in_flight(store: Store) -> None:
    """A second request joins the fetch in flight; after its end a new one is added."""
    series = added(store)
    with store.writing() as uow:
        first, is_new = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="a")
        again, is_second = uow.fetches.add(series.id, allow=frozenset({Suspicion.SHRINK}), request_id="b")
        uow.commit()

    assert (is_new, is_second) == (True, False)
    assert again == replace(first, allow=frozenset({Suspicion.SHRINK}))
    _, lease = claimed(store, first)
    with store.writing() as uow:
        uow.fetches.fail(first.id, lease, FAILURE)
        uow.commit()
    assert requested(store, series).id != first.id


def test_allow_shrink_comes_too_late_for_a_running_fetch(store: Store) -> None:
    """A running fetch takes no new flag."""
    series = added(store)
    claimed(store, requested(store, series))

    with store.writing() as uow, pytest.raises(FetchAlreadyRunning):
        uow.fetches.add(series.id, allow=frozenset({Suspicion.SHRINK}), request_id="")


def test_a_series_that_is_gone_gets_no_fetch(store: Store) -> None:
    """A fetch is of a series that is there."""
    with store.writing() as uow, pytest.raises(SeriesNotFound):
        uow.fetches.add(uuid4(), allow=NOTHING_ALLOWED, request_id="")


def test_an_unknown_fetch(store: Store) -> None:
    """A fetch that is not there is not found, not due and not claimed."""
    with store.writing() as uow:
        with pytest.raises(FetchNotFound):
            uow.fetches.get(uuid4())
        assert uow.fetches.claim(uuid4(), Lease(uuid4(), 1)) is None
        assert (list(uow.fetches.due(10)), uow.fetches.oldest_due()) == ([], None)


def test_a_claim_takes_a_due_fetch_once(store: Store, clock: StoppedClock) -> None:
    """Of two claims the second is refused until the lease runs out, and then counts a crash."""
    fetch = requested(store, added(store))
    held, lease = claimed(store, fetch)

    assert held == replace(fetch, status=FetchStatus.RUNNING, attempts=1, lease_until=clock() + timedelta(seconds=30))
    assert claimed(store, fetch)[0] is None
    clock.forward(31)
    taken, _ = claimed(store, fetch)
    assert taken
    assert (taken.attempts, taken.crashes) == (2, 1)
    with store.writing() as uow:
        assert uow.fetches.extend(fetch.id, lease) is False
        with pytest.raises(LeaseLost):
            uow.fetches.succeed(fetch.id, lease, [])


def test_a_heartbeat_keeps_the_lease(store: Store, clock: StoppedClock) -> None:
    """An extended lease holds from the moment it was extended."""
    fetch = requested(store, added(store))
    _, lease = claimed(store, fetch)
    clock.forward(20)

    with store.writing() as uow:
        assert uow.fetches.extend(fetch.id, lease)
        uow.commit()

    clock.forward(20)
    assert claimed(store, fetch)[0] is None


def test_only_due_fetches_are_swept_longest_due_first(store: Store, clock: StoppedClock) -> None:
    """Pending fetches are due from their time on, running ones when their lease has run out."""
    waiting, running, young = (requested(store, added(store, DatasetCode("WIKI", name))) for name in "ABC")
    _, lease = claimed(store, waiting)
    with store.writing() as uow:
        uow.fetches.schedule_retry(waiting.id, lease, FAILURE, seconds=60, waiting_for=WaitingFor.RETRY)
        uow.commit()
    claimed(store, running)

    def due() -> list[UUID]:
        with store.reading() as uow:
            return list(uow.fetches.due(10))

    assert due() == [young.id]
    clock.forward(31)
    assert due() == [young.id, running.id]
    clock.forward(30)
    assert due() == [young.id, running.id, waiting.id]
    with store.reading() as uow:
        assert uow.fetches.oldest_due() == young.not_before
        assert list(uow.fetches.due(1)) == [young.id]


def test_postponing_keeps_the_last_error(store: Store, clock: StoppedClock) -> None:
    """A fetch that waits says for what, until when and after which error."""
    fetch = requested(store, added(store))
    _, lease = claimed(store, fetch)

    with store.writing() as uow:
        waits = uow.fetches.schedule_retry(fetch.id, lease, FAILURE, seconds=9.5, waiting_for=WaitingFor.RATE_LIMIT)
        uow.commit()

    assert waits == replace(
        fetch, attempts=1, not_before=clock() + timedelta(seconds=9.5), waiting_for=WaitingFor.RATE_LIMIT, failure=FAILURE
    )
    with store.reading() as uow:
        assert uow.fetches.get(fetch.id) == waits


def test_a_failed_first_fetch_makes_the_series_an_error_until_the_next(store: Store, clock: StoppedClock) -> None:
    """A series without data is an error while its only fetches failed, and pending again with the next."""
    series = added(store)
    fetch = requested(store, series)
    _, lease = claimed(store, fetch)
    with store.writing() as uow:
        ended = uow.fetches.fail(fetch.id, lease, FAILURE)
        uow.commit()

    def listed(status: SeriesStatus) -> int:
        with store.reading() as uow:
            page = uow.series.search(SeriesQuery(status=status)).items
        assert all(found.status is status for found in page)
        return len(page)

    assert (ended.status, ended.failure, ended.ended) == (FetchStatus.ERROR, FAILURE, True)
    assert (listed(SeriesStatus.ERROR), listed(SeriesStatus.PENDING)) == (1, 0)
    clock.forward(1)
    requested(store, series)
    assert (listed(SeriesStatus.ERROR), listed(SeriesStatus.PENDING)) == (0, 1)


def test_what_was_left_out_is_kept_with_the_fetch(store: Store) -> None:
    """The names of columns that are not numbers come back in their order."""
    fetch = requested(store, added(store))
    _, lease = claimed(store, fetch)
    with store.writing() as uow:
        uow.fetches.succeed(fetch.id, lease, [], left_out=["Note", "é,b"])
        uow.commit()

    with store.reading() as uow:
        assert uow.fetches.get(fetch.id).left_out == ("Note", "é,b")


def test_racing_claims_have_one_winner(store: Store) -> None:
    """Of eight threads that claim at once, one gets the fetch."""
    fetch = requested(store, added(store))
    together, won = Barrier(8), []

    def race() -> None:
        together.wait()
        if claimed(store, fetch)[0]:
            won.append(1)

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert won == [1]


def test_racing_requests_make_one_series_and_one_fetch(store: Store) -> None:
    """Of eight threads that request one code at once, all get the same series and fetch."""
    together, got = Barrier(8), []

    def race() -> None:
        together.wait()
        with store.writing() as uow:
            series = uow.series.add("quandl", FB)
            fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
            uow.commit()
        got.append((series.id, fetch.id))

    threads = [Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(got), len(set(got))) == (8, 1)


def test_a_request_while_its_fetch_ends_adds_none(store: Store) -> None:
    """A request that comes while a fetch is being ended waits for that end, and is content with it."""
    request = memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=NullDispatcher()).request_fetch
    code, heard = DatasetCode("CANNED", "PRICES"), []
    first, lease = request(code), Lease(uuid4(), 60)
    with store.writing() as uow:
        uow.fetches.claim(first.fetch.id, lease)
        uow.commit()
    thread = Thread(target=lambda: heard.append(request(code).fetch.id))
    with store.writing() as uow:
        uow.series.lock(first.series.id)
        uow.series.record_fetch(uow.series.get(first.series.id), some_metadata())
        uow.fetches.succeed(first.fetch.id, lease, [])
        thread.start()
        thread.join(0.3)
        uow.commit()
    thread.join(10)

    assert heard == [first.fetch.id]


def test_what_a_label_last_held(store: Store) -> None:
    """For each label the last state stored of it is known, and where it came from; states without one are not in it."""
    series = added(store)
    now = datetime(2024, 6, 1, tzinfo=UTC)
    day, moment = date(2024, 1, 1), datetime(2024, 1, 1, 8, tzinfo=UTC)
    corrected = Observations.of(["2024-01-01"], ["x"], [[2.0]])
    with store.writing() as uow:
        arrivals = [
            an_arrival(now),
            an_arrival(now, published=day),
            an_arrival(now, published=moment),
            an_arrival(now, corrected, published=day),
        ]
        append(uow, series.id, arrivals)
        uow.commit()

    with store.reading() as uow:
        labels = uow.vintages.labels(series.id)
    assert {label: state.digest for label, state in labels.items()} == {
        day: corrected.digest().hex(),
        moment: some_observations().digest().hex(),
    }
    assert {(state.known_at, state.origin) for state in labels.values()} == {(now, an_arrival(now).origin)}


def test_nothing_kept_is_found_nowhere(store: Store) -> None:
    """A series without vintages has none at any moment."""
    series = added(store)

    with store.reading() as uow:
        assert uow.vintages.find(series.id, AsOf()) is None
        assert uow.vintages.first_known(series.id) is None
        assert uow.vintages.labels(series.id) == {}


def test_keys_come_back_as_they_were(store: Store, clock: StoppedClock) -> None:
    """Every field of a key survives; revoking it is noted once."""
    key = ApiKey(
        id=uuid4().hex[:12],
        name="script",
        scopes=frozenset({Scope.READ, Scope.ADMIN}),
        digest=b"\x00\xff" * 16,
        created_at=clock(),
        expires_at=clock() + timedelta(days=1),
        limits=(Limit(20, 1), Limit(100, 10)),
    )
    with store.writing() as uow:
        uow.keys.add(key)
        uow.commit()
    with store.writing() as uow:
        assert (uow.keys.get(key.id), key in uow.keys.all()) == (key, True)
        revoked = uow.keys.revoke(key.id)
        assert revoked == replace(key, revoked_at=clock())
        clock.forward(60)
        assert uow.keys.revoke(key.id) == revoked
        with pytest.raises(KeyNotFound):
            uow.keys.get("nobody")
        with pytest.raises(KeyNotFound):
            uow.keys.revoke("nobody")
