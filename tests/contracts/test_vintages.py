"""What every store promises of vintages: any state at any moment, bit for bit, whatever the history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.codes import DatasetCode
from domain.errors import DamagedVintage
from domain.fetches import NOTHING_ALLOWED, Lease
from domain.moments import AsOf
from domain.observations import Observations, Unit
from domain.ports import Store
from domain.series import Metadata
from domain.vintages import FirstKnown, StoredVintage, Vintage
from tests.builders import an_arrival, append
from tests.contracts.conftest import SERVERS, StoppedClock
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "25"))
ROUNDS = int(SETTINGS.get("LANNER_TEST_ROUNDS", "5"))
START = datetime(2024, 1, 1, tzinfo=UTC)
VALUES = st.one_of(
    st.just(float("nan")), st.sampled_from([0.0, -0.0, 1.5, 5e-324, 1.7976931348623157e308]), st.floats(allow_infinity=False)
)
DAYS = {"D": (-719_162, 2_932_896), "s": (-62_135_596_800, 253_402_300_799)}


@st.composite
def states(draw: st.DrawFn, unit: Unit, columns: tuple[str, ...]) -> Observations:
    """Draw a state of up to six dates, near each other so that histories overlap, or at the ends of time."""
    near = st.integers(19_000, 19_008)
    dates = draw(st.lists(st.one_of(near, st.sampled_from(DAYS[unit])), unique=True, max_size=6))
    values = draw(st.lists(VALUES, min_size=len(dates) * len(columns), max_size=len(dates) * len(columns)))
    return Observations.of(dates, columns, np.array(values).reshape(len(dates), len(columns)), unit=unit)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Observations]]:
    """Draw states with the hour each became known, in order of arrival; late ones among them."""
    shapes = st.sampled_from([("D", ("a", "b")), ("D", ("a", "b")), ("D", ("b", "a")), ("D", ("a", "a")), ("D", ()), ("s", ("a", "b"))])
    history = []
    for _ in range(draw(st.integers(1, 12))):
        unit, columns = draw(shapes)
        history.append((draw(st.integers(0, 9)), draw(states(unit, columns))))
    return history


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def kept(store: Store, history: list[tuple[int, Observations]], *, at_once: bool) -> tuple[Any, list[Vintage]]:
    """Append a history in one unit of work, by one call or by one for each state."""
    arrivals = [an_arrival(at(hour), state) for hour, state in history]
    with store.writing() as uow:
        series = uow.series.add("quandl", DatasetCode("X", uuid4().hex))
        batches = [arrivals] if at_once else [[arrival] for arrival in arrivals]
        vintages = [vintage for batch in batches for vintage in append(uow, series.id, batch)]
        uow.commit()
    return series.id, vintages


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), at_once=st.booleans())
def test_every_moment_equals_the_naive_model(store: Store, history: list[tuple[int, Observations]], at_once: bool) -> None:  # noqa: FBT001
    """The state at any moment is that of the greatest (known_at, number) not after it."""
    series_id, vintages = kept(store, history, at_once=at_once)

    assert [vintage.number for vintage in vintages] == list(range(1, len(history) + 1))
    for hour in range(-1, 11):
        known = [(known_at, number) for number, (known_at, _) in enumerate(history) if known_at <= hour]
        with store.reading() as uow:
            found = uow.vintages.find(series_id, AsOf(as_of=at(hour)))
        if not known:
            assert found is None
            continue
        _, number = max(known)
        assert found == StoredVintage(vintages[number], history[number][1])
    with store.reading() as uow:
        assert uow.vintages.first_known(series_id) == FirstKnown(*[min(at(hour) for hour, _ in history)] * 2)
        newest = uow.vintages.find(series_id, AsOf())
        assert newest
        assert newest.vintage.number == max((hour, number) for number, (hour, _) in enumerate(history, start=1))[1]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
def test_the_facts_tell_what_changed(store: Store, history: list[tuple[int, Observations]]) -> None:
    """A vintage's facts count what differs from the state known just before it, at arrival."""
    _, vintages = kept(store, history, at_once=False)

    for n, (vintage, (hour, state)) in enumerate(zip(vintages, history, strict=True)):
        earlier = [(known, i) for i, (known, _) in enumerate(history[:n]) if known <= hour]
        before = history[max(earlier)[1]][1] if earlier else None
        assert (vintage.rows, vintage.first, vintage.last) == (len(state), state.first, state.last)
        assert vintage.digest == state.digest().hex()
        old, new = rows_of(before), rows_of(state)
        same_columns = before is None or (before.columns, before.unit) == (state.columns, state.unit)
        changed = [day for day in old.keys() & new.keys() if not same_columns or old[day] != new[day]]
        assert (vintage.added, vintage.changed, vintage.deleted) == (
            len(new.keys() - old.keys()),
            len(changed),
            len(old.keys() - new.keys()),
        )


def rows_of(state: Observations | None) -> dict[int, bytes]:
    """Each date, in seconds, with its values' bytes."""
    if state is None:
        return {}
    seconds = state.dates.astype("datetime64[s]").astype(int).tolist()
    return {second: row.tobytes() for second, row in zip(seconds, np.ascontiguousarray(state.values), strict=True)}


def test_late_states_are_counted_against_what_was_known_just_before(store: Store) -> None:
    """A state that arrives behind others of its own append is compared with them too, whatever was read before in the unit of work."""
    states = [Observations.of(range(n), ("a",), [[float(i)] for i in range(n)]) for n in (1, 2, 3, 4)]
    series_id, _ = kept(store, [(3, states[0])], at_once=True)
    with store.writing() as uow:
        uow.vintages.find(series_id, AsOf())
        arrivals = [an_arrival(at(hour), state) for hour, state in ((4, states[1]), (10, states[3]), (5, states[2]))]
        vintages = append(uow, series_id, arrivals)
        uow.commit()

    assert [vintage.added for vintage in vintages] == [1, 2, 1]


def test_what_was_prepared_before_others_came_is_refused(store: Store) -> None:
    """States that were compared with a vintage that is no longer the last are not appended, and nothing is."""
    state = Observations.of([1], ("a",), [[1.0]])
    series_id, _ = kept(store, [(0, state)], at_once=True)
    with store.reading() as uow:
        prepared = [uow.vintages.prepare(uow.series.get(series_id), arrivals) for arrivals in ([an_arrival(at(1), state)], [])]
    with store.writing() as uow:
        assert uow.vintages.append(series_id, prepared[0])
        assert [uow.vintages.append(series_id, each) for each in prepared] == [False, False]
        uow.commit()

    with store.reading() as uow:
        assert [vintage.number for vintage in uow.vintages.list(series_id, after=0, limit=9)] == [1, 2]
        assert uow.series.get(series_id).newest == prepared[0].vintages[0]


def test_what_was_prepared_before_others_came_is_refused_as_a_fetch_ends(store: Store) -> None:
    """So it is for whoever ends a fetch with them, and what was appended is not appended again."""
    state, lease = Observations.of([1], ("a",), [[1.0]]), Lease(uuid4(), 30)
    series_id, _ = kept(store, [(0, state)], at_once=True)
    with store.writing() as uow:
        fetch, _ = uow.fetches.add(series_id, allow=NOTHING_ALLOWED, request_id="")
        uow.fetches.claim(fetch.id, lease)
        before = [uow.vintages.prepare(uow.series.get(series_id), arrivals) for arrivals in ([an_arrival(at(1), state)], [])]
        append(uow, series_id, [an_arrival(at(2), state)])
        good = uow.vintages.prepare(uow.series.get(series_id), [an_arrival(at(3), state)])
        uow.commit()

    for prepared, appended in ([before[0]], [False]), ([before[1]], [False]), ([good, good], [True, False]):
        with store.writing() as uow:
            uow.series.lock(series_id)
            uow.fetches.succeed(fetch.id, lease, [])
            assert [uow.vintages.append(series_id, each) for each in prepared] == appended


def test_a_thousand_daily_vintages_read_back(store: Store) -> None:
    """A series that grows by a day at a time, past the longest chain, reads back at every position."""
    days = 600
    full = Observations.of(range(days), ("a", "b"), np.arange(2.0 * days).reshape(days, 2))
    history = [(n, full.window(None, full.labels()[n])) for n in range(days)]
    series_id, _ = kept(store, history, at_once=True)

    for n in (0, 1, 2, 3, 255, 510, 511, 512, 513, 598, 599):
        with store.reading() as uow:
            found = uow.vintages.find(series_id, AsOf(as_of=at(n)))
        assert found
        assert found.observations == history[n][1]


def test_a_large_state_survives(store: Store) -> None:
    """A state large enough for the other codec reads back bit for bit."""
    rng = np.random.default_rng(1)
    values = rng.normal(size=(5_000, 4))
    values[::7] = np.nan
    state = Observations.of(np.arange(5_000), ("a", "b", "c", "d"), values)
    series_id, _ = kept(store, [(0, state)], at_once=True)

    with store.reading() as uow:
        found = uow.vintages.find(series_id, AsOf())

    assert found
    assert found.observations == state


@pytest.mark.parametrize("store", ["sqlite", *SERVERS], indirect=True)
@pytest.mark.parametrize("column", ["payload", "checksum", "path", "codec"])
def test_damage_is_noticed_before_decoding(store: Any, column: str) -> None:
    """A stored row that was changed is never served, and the error names the vintage."""
    from sqlalchemy import update

    from adapters.sql.tables import vintages

    state = Observations.of([1, 2, 3, 4, 5, 6, 7, 8], ("a",), [[float(n)] for n in range(8)])
    grown = Observations.of([1, 2, 3, 4, 5, 6, 7, 8, 9], ("a",), [[float(n)] for n in range(9)])
    series_id, _ = kept(store, [(0, state), (1, grown)], at_once=True)
    damage = {"payload": b"x" * 20, "checksum": b"\0" * 16, "path": "1 1", "codec": 2}
    with store.engine.begin() as connection:
        connection.execute(update(vintages).where(vintages.c.number == 2).values({column: damage[column]}))

    with store.reading() as uow:
        with pytest.raises(DamagedVintage, match="Vintage 2"):
            uow.vintages.find(series_id, AsOf())
        healthy = uow.vintages.find(series_id, AsOf(as_of=at(0)))

    assert healthy
    assert healthy.observations == state


def test_labels_keep_their_precision(store: Store) -> None:
    """A label that is a day stays a day, and one that is a moment keeps its microseconds."""
    labels = [START.date(), START.replace(microsecond=5)]
    with store.writing() as uow:
        series = uow.series.add("quandl", DatasetCode("X", "LABELS"))
        arrivals = [replace(an_arrival(START), published=label) for label in labels]
        vintages = append(uow, series.id, arrivals)
        uow.commit()

    with store.reading() as uow:
        found = uow.vintages.find(series.id, AsOf())

    assert [vintage.published for vintage in vintages] == labels
    assert found
    assert found.vintage == vintages[1]


def test_the_feed_gives_every_vintage_once_in_order(store: Store) -> None:
    """Positions grow across series in the order of commits; going on after one gives what came later."""
    state = Observations.of([1], ("a",), [[1.0]])
    with store.reading() as uow:
        begun = max((each.position for each in uow.vintages.feed(after=0, limit=10_000)), default=0)
    first, _ = kept(store, [(0, state), (1, state)], at_once=True)
    second, _ = kept(store, [(0, state)], at_once=True)

    with store.reading() as uow:
        recorded = uow.vintages.feed(after=begun, limit=10)
        rest = uow.vintages.feed(after=recorded[0].position, limit=1)
        newest = uow.vintages.last_recorded(2)
        series = uow.series.get(first)
    assert [(each.series_id, each.vintage.number) for each in recorded] == [(first, 1), (first, 2), (second, 1)]
    assert (recorded[0].provider, recorded[0].code) == (series.provider, series.code)
    assert sorted(each.position for each in recorded) == [each.position for each in recorded]
    assert list(rest) == [recorded[1]]
    assert list(newest) == [recorded[2], recorded[1]]


@pytest.mark.timeout(120 + ROUNDS)
def test_no_position_appears_behind_a_greater_one(store: Store) -> None:
    """A follower that reads while eight writers commit sees every vintage, and positions only ever grow."""
    state = Observations.of([1], ("a",), [[1.0]])
    done, seen = Event(), []

    def write() -> None:
        for _ in range(ROUNDS):
            kept(store, [(0, state), (1, state)], at_once=True)

    def follow() -> None:
        last = begun
        while True:
            finished = done.is_set()
            with store.reading() as uow:
                page = uow.vintages.feed(after=last, limit=7)
            seen.extend(each.position for each in page)
            last = page[-1].position if page else last
            if finished and not page:
                return

    with store.reading() as uow:
        begun = max((each.position for each in uow.vintages.feed(after=0, limit=10_000)), default=0)
    with ThreadPoolExecutor(9) as threads:
        follower, writers = threads.submit(follow), [threads.submit(write) for _ in range(8)]
        wait(writers)
        done.set()
    for thread in (*writers, follower):
        thread.result()

    assert len(seen) == len(set(seen)) == 8 * ROUNDS * 2
    assert seen == sorted(seen)


def test_metadata_as_they_were(store: Store, clock: StoppedClock) -> None:
    """A moment gets the metadata known then; one before the first gets the first."""
    before = clock()
    with store.writing() as uow:
        series = uow.series.add("quandl", DatasetCode("X", "META"))
        assert uow.series.metadata_at(series.id, before) == Metadata()
        uow.series.record_fetch(uow.series.get(series.id), Metadata(name="Old"))
        clock.forward(60)
        uow.series.record_fetch(uow.series.get(series.id), Metadata(name="Old"))
        clock.forward(60)
        uow.series.record_fetch(uow.series.get(series.id), Metadata(name="New", extra={"n": [1, None]}))
        clock.forward(60)
        uow.series.record_fetch(uow.series.get(series.id), Metadata(name="Newest"), known_at=before + timedelta(seconds=170))
        uow.commit()

    with store.reading() as uow:
        names = [uow.series.metadata_at(series.id, before + timedelta(seconds=s)).name for s in (-5, 0, 119, 120, 169, 170)]
    assert names == ["Old", "Old", "Old", "New", "New", "Newest"]


SQL = pytest.mark.parametrize("store", ["sqlite", *SERVERS], indirect=True)


def spoil(store: Any, number: int, **columns: Any) -> None:
    """Change columns of one stored vintage behind the store's back."""
    from sqlalchemy import update

    from adapters.sql.tables import vintages

    with store.engine.begin() as connection:
        connection.execute(update(vintages).where(vintages.c.number == number).values(columns))


def stored(store: Any, number: int) -> Any:
    from sqlalchemy import select

    from adapters.sql.tables import vintages

    with store.engine.connect() as connection:
        return connection.execute(select(vintages).where(vintages.c.number == number)).mappings().one()


@SQL
def test_every_flipped_byte_is_noticed(store: Any) -> None:
    """Whichever byte of a payload changes, and whichever field beside it, the vintage is refused and told by its number."""
    state = Observations.of([1, 2, 3], ("a",), [[1.0], [2.0], [3.0]])
    series_id, _ = kept(store, [(0, state)], at_once=True)
    row = stored(store, 1)
    payload = bytes(row["payload"])
    damages: list[dict[str, Any]] = [
        {"payload": payload[:n] + bytes([payload[n] ^ flip]) + payload[n + 1 :]} for n in range(len(payload)) for flip in (1, 0x80)
    ]
    damages += [{"payload": b""}, {"payload": payload + b"\0"}, {"step": 1}, {"codec": 2}, {"path": "7"}, {"path": "x"}]
    for damage in damages:
        spoil(store, 1, **damage)
        with store.reading() as uow, pytest.raises(DamagedVintage, match="Vintage 1"):
            uow.vintages.find(series_id, AsOf())
        spoil(store, 1, **{name: row[name] for name in damage})

    with store.reading() as uow:
        found = uow.vintages.find(series_id, AsOf())
    assert found
    assert found.observations == state


@SQL
def test_what_damage_reaches_and_what_not(store: Any) -> None:
    """The check lists every vintage that builds on a damaged one; other series are well, and new states are kept all the same."""
    days = 40
    full = Observations.of(range(days), ("a",), np.arange(float(days)).reshape(days, 1))
    history = [(n, full.window(None, full.labels()[n + 30])) for n in range(5)]
    series_id, _ = kept(store, history, at_once=True)
    spoil(store, 3, payload=b"spoilt")
    other, _ = kept(store, [(0, full)], at_once=True)

    with store.reading() as uow:
        assert [damage.number for damage in uow.vintages.verify(series_id)] == [3, 4]
        assert list(uow.vintages.verify(other)) == []
    with store.writing() as uow:
        (vintage,) = append(uow, series_id, [an_arrival(at(9), full)])
        uow.commit()
    with store.reading() as uow:
        found = uow.vintages.find(series_id, AsOf())
        assert [damage.number for damage in uow.vintages.verify(series_id)] == [3, 4]
    assert found
    assert (found.vintage.number, vintage.number, found.observations) == (6, 6, full)


@SQL
def test_a_state_that_differs_from_its_digest_is_listed(store: Any) -> None:
    """Bytes that match their checksum but not the state's digest are damage too."""
    series_id, _ = kept(store, [(0, Observations.of([1], ("a",), [[1.0]]))], at_once=True)
    spoil(store, 1, digest=b"\0" * 32)

    with store.reading() as uow:
        (damage,) = uow.vintages.verify(series_id)
    assert (damage.number, "digest" in damage.reason) == (1, True)


@SQL
def test_a_damaged_newest_state_blocks_no_new_one(store: Any, caplog: pytest.LogCaptureFixture) -> None:
    """When the newest state cannot be read, the next one is written whole, with a line in the log."""
    state = Observations.of([1, 2], ("a",), [[1.0], [2.0]])
    series_id, _ = kept(store, [(0, state)], at_once=True)
    spoil(store, 1, checksum=b"\0" * 16)
    with store.writing() as uow:
        append(uow, series_id, [an_arrival(at(1), state)])
        uow.commit()

    with store.reading() as uow:
        found = uow.vintages.find(series_id, AsOf())
        assert [damage.number for damage in uow.vintages.verify(series_id)] == [1]
    assert found
    assert found.observations == state
    assert "damaged vintage passed over" in caplog.text


@SQL
def test_what_is_lost_or_altered_is_listed(store: Any) -> None:
    """A row that is gone, and one whose facts no longer fit its state, are damage."""
    from sqlalchemy import delete

    from adapters.sql.tables import vintages

    state = Observations.of([1, 2], ("a",), [[1.0], [2.0]])
    other = Observations.of([1], ("b",), [[1.0]])
    series_id, _ = kept(store, [(0, state), (1, other), (2, state)], at_once=True)
    spoil(store, 3, rows=77)
    with store.engine.begin() as connection:
        connection.execute(delete(vintages).where(vintages.c.number == 2))

    with store.reading() as uow:
        damage = uow.vintages.verify(series_id)
    assert [(each.number, each.reason) for each in damage] == [
        (2, "Vintage 2 is missing."),
        (3, "Vintage 3 does not match its digest or its columns."),
    ]


@SQL
def test_a_lost_newest_state_is_damage(store: Any) -> None:
    """Where the newest row is gone that is told, no number is given again, and new states are kept."""
    from sqlalchemy import delete

    from adapters.sql.tables import vintages

    state = Observations.of([1, 2], ("a",), [[1.0], [2.0]])
    series_id, _ = kept(store, [(0, state), (1, state.latest(1))], at_once=True)
    with store.writing() as uow:
        uow.series.record_fetch(uow.series.get(series_id), Metadata())
        uow.commit()
    with store.engine.begin() as connection:
        connection.execute(delete(vintages).where(vintages.c.number == 2))

    with store.reading() as uow, pytest.raises(DamagedVintage, match="Vintage 2 is missing"):
        uow.vintages.find(series_id, AsOf())
    with store.writing() as uow:
        (vintage,) = append(uow, series_id, [an_arrival(at(2), state)])
        uow.commit()
    with store.reading() as uow:
        found = uow.vintages.find(series_id, AsOf())
        assert [damage.number for damage in uow.vintages.verify(series_id)] == [2]
    assert found
    assert (found.vintage.number, vintage.number, found.observations) == (3, 3, state)
