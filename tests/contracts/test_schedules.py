"""Schedules and the series that they follow, on every store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.codes import DatasetCode
from domain.errors import ScheduleNotFound
from domain.fetches import NOTHING_ALLOWED, FetchQuery, Lease, Priority
from domain.ports import Store, UnitOfWork
from domain.schedules.schedule import TRIGGERED, FollowedSeries, NextLook, Rule, Schedule, ScheduleKind, ScheduleQuery
from domain.schedules.selector import Selector
from domain.schedules.window import AskingWindow
from domain.series import TimeSeries
from tests.builders import an_arrival, append
from tests.contracts.conftest import StoppedClock

HOURLY = Rule(
    kind=ScheduleKind.INTERVAL,
    spec="1h",
    tz="Europe/Berlin",
    window=AskingWindow.parse("mon-fri 08:00-18:00"),
    catch_up=timedelta(minutes=3),
    jitter=timedelta(seconds=90),
    budget=7,
)


def keep(store: Store, *references: str) -> list[TimeSeries]:
    """Store series, given as provider:DATABASE/DATASET."""
    with store.writing() as uow:
        kept = [uow.series.add(text.partition(":")[0], DatasetCode.parse(text.partition(":")[2])) for text in references]
        uow.commit()
    return kept


def follow(store: Store, selector: str, rule: Rule = HOURLY, **more: Any) -> Schedule:
    with store.writing() as uow:
        about = {"paused": False, "created_at": uow.now(), **more}
        schedule = Schedule(id=uuid4(), selector=Selector.parse(selector), rule=rule, **about)
        uow.schedules.add(schedule)
        uow.commit()
    return schedule


def followed_by(store: Store, schedule: Schedule) -> set[UUID]:
    with store.reading() as uow:
        return {look.series_id for look in uow.schedules.looks(schedule.id, 100)}


def only(store: Store, series: TimeSeries) -> FollowedSeries:
    with store.reading() as uow:
        ((_, look),) = uow.schedules.following(series.id)
    return look


def plan(store: Store, look: FollowedSeries, **changes: Any) -> bool:
    with store.writing() as uow:
        at, reason = changes.pop("at", uow.now()), changes.pop("reason", "Because.")
        next_ = NextLook(at=at, reason=reason, overdue_since=changes.pop("overdue_since", None))
        done = uow.schedules.plan(look, next_, **{"succeeded_at": None, "failures": 0, **changes})
        uow.commit()
    return done


def test_a_schedule_is_kept_as_it_is(store: Store) -> None:
    """With every field of its rule; it follows nothing that is not stored."""
    schedule = follow(store, "fred:FRED/GS*")
    with store.reading() as uow:
        state = uow.schedules.describe(schedule.id)

        assert uow.schedules.get(schedule.id) == schedule
        assert (state.schedule, state.series, state.next, state.last_success_at, state.overdue_since) == (schedule, 0, None, None, None)


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        ("fred:FRED/GDP", {"fred:FRED/GDP"}),
        ("FRED/GDP", {"fred:FRED/GDP", "quandl:FRED/GDP"}),
        ("FRED/G*", {"fred:FRED/GDP", "quandl:FRED/GDP", "fred:FRED/G_1", "fred:FRED/G+1"}),
        ("FRED/G_*", {"fred:FRED/G_1"}),
        ("FRED/*1", {"fred:FRED/G_1", "fred:FRED/G+1"}),
        ("fred:FRED/*", {"fred:FRED/GDP", "fred:FRED/gdp", "fred:FRED/G_1", "fred:FRED/G+1"}),
        ("quandl:*", {"quandl:FRED/GDP", "quandl:WIKI/FB"}),
    ],
)
def test_selectors_mean_what_the_domain_says(store: Store, selector: str, meant: set[str]) -> None:
    """Whether the series were there before the schedule or come after it."""
    references = ["fred:FRED/GDP", "fred:FRED/gdp", "quandl:FRED/GDP", "fred:FRED/G_1", "fred:FRED/G+1", "quandl:WIKI/FB"]
    before = follow(store, selector)
    kept = dict(zip(references, keep(store, *references), strict=True))
    after = follow(store, selector)
    with store.writing() as uow:
        unfollowed = {name for name, series in kept.items() if before in uow.schedules.unfollowed(series)}
        for name in unfollowed:
            uow.schedules.follow(kept[name], before)
            uow.schedules.follow(kept[name], before)
        uow.commit()

    with store.reading() as uow:
        assert [series.id for series in uow.series.matching(after.selector, 10)] == [kept[name].id for name in references if name in meant]
        assert len(uow.series.matching(after.selector, 1)) == 1
    assert followed_by(store, after) == {kept[name].id for name in meant}
    # A code's series is added together with its schedule.
    assert unfollowed == (set() if Selector.parse(selector).code else meant)
    assert followed_by(store, before) == {kept[name].id for name in unfollowed}
    with store.reading() as uow:
        assert not any(uow.schedules.unfollowed(series) for series in kept.values())


def test_a_followed_series_is_to_be_planned_at_once(store: Store, clock: StoppedClock) -> None:
    """And is looked at when it was planned; what another has planned since is left."""
    (series,) = keep(store, "fred:FRED/GDP")
    schedule = follow(store, "fred:FRED/GDP")
    first = only(store, series)

    assert (first.schedule_id, first.next_at, first.planned, first.failures) == (schedule.id, clock(), False, 0)
    later = clock() + timedelta(hours=1)
    facts = {"overdue_since": clock(), "succeeded_at": clock() - timedelta(1), "failures": 2}
    assert [plan(store, first, at=later, reason="So.", **facts), plan(store, first)] == [True, False]
    planned = only(store, series)
    assert (planned.next_at, planned.planned, planned.reason) == (later, True, "So.")
    assert (planned.overdue_since, planned.last_success_at, planned.failures) == (clock(), clock() - timedelta(1), 2)
    with store.reading() as uow:
        state = uow.schedules.describe(schedule.id)
        assert uow.schedules.next_at() == later
    assert (state.series, state.next) == (1, planned)
    assert (state.last_success_at, state.overdue_since) == (planned.last_success_at, planned.overdue_since)


def test_due_looks_are_claimed(store: Store, clock: StoppedClock) -> None:
    """The longest due first, up to a limit, in the order of their series; none before its time."""
    kept = keep(store, "fred:FRED/A", "fred:FRED/B", "fred:FRED/C", "fred:FRED/D")
    schedule = follow(store, "fred:FRED/*")
    for hours, series in zip((3, 1, 2, 4), kept, strict=True):
        assert plan(store, only(store, series), at=clock() + timedelta(hours=hours))

    def claimed(limit: int = 10) -> list[UUID]:
        with store.writing() as uow:
            found = uow.schedules.claim(limit)
        assert all(each == schedule for each, _ in found)
        return [look.series_id for _, look in found]

    assert claimed() == []
    clock.forward(hours=3)
    assert claimed() == [kept[0].id, kept[1].id, kept[2].id]
    assert claimed(2) == [kept[1].id, kept[2].id]


def test_a_paused_schedule_waits(store: Store, clock: StoppedClock) -> None:
    """Nothing of it is due until it goes on, and then it is planned anew; so it is when its rule changes."""
    (series,) = keep(store, "fred:FRED/GDP")
    schedule = follow(store, "fred:FRED/GDP")
    planned = plan(store, only(store, series), at=clock() + timedelta(hours=1))
    assert planned
    with store.writing() as uow:
        uow.schedules.change(replace(schedule, paused=True))
        uow.commit()
    clock.forward(days=1)
    with store.writing() as uow:
        assert (uow.schedules.next_at(), uow.schedules.claim(10), uow.schedules.trigger(schedule.id)) == (None, [], 0)
        assert (uow.schedules.describe(schedule.id).next, uow.schedules.describe(schedule.id).series) == (None, 1)
        changed = replace(schedule, rule=Rule(), paused=False)
        uow.schedules.change(changed)
        uow.commit()

    look = only(store, series)
    assert (look.next_at, look.planned) == (clock(), False)
    with store.reading() as uow:
        assert uow.schedules.get(schedule.id) == changed


def test_a_schedule_that_is_paused_from_the_start_waits(store: Store) -> None:
    """Also for series that come later."""
    (early,) = keep(store, "fred:FRED/A")
    schedule = follow(store, "fred:*", paused=True)
    (late,) = keep(store, "fred:FRED/B")
    with store.writing() as uow:
        uow.schedules.follow(late, schedule)
        uow.commit()

    assert [only(store, series).next_at for series in (early, late)] == [None, None]


def test_a_schedule_is_triggered(store: Store, clock: StoppedClock) -> None:
    """All its series are due now, and asked rather than planned; the reason says so."""
    (series,) = keep(store, "fred:FRED/GDP")
    schedule = follow(store, "fred:FRED/GDP")
    plan(store, only(store, series), at=clock() + timedelta(hours=1))
    with store.writing() as uow:
        assert uow.schedules.trigger(schedule.id) == 1
        uow.commit()

    look = only(store, series)
    assert (look.next_at, look.planned, look.reason) == (clock(), True, TRIGGERED)


def test_schedules_are_listed(store: Store, clock: StoppedClock) -> None:
    """Oldest first, page by page, of a series, by their selector, or those that are overdue."""
    (gdp, _) = keep(store, "fred:FRED/GDP", "fred:FRED/CPI")
    made = []
    for selector in ("fred:FRED/GDP", "FRED/G*", "fred:*", "WIKI/*", "fred:FRED/GDP"):
        made.append(follow(store, selector))
        clock.forward(1)

    def listed(**query: Any) -> list[Schedule]:
        with store.reading() as uow:
            page = uow.schedules.list(ScheduleQuery(**query))
        found = [state.schedule for state in page.items]
        return found + (listed(**{**query, "after": page.next}) if page.next else [])

    assert listed() == listed(limit=2) == made
    assert listed(series_id=gdp.id) == [made[0], made[1], made[2], made[4]]
    assert listed(selector=made[0].selector) == [made[0], made[4]]
    assert listed(selector=made[2].selector) == [made[2]]
    assert listed(overdue=True) == []
    with store.reading() as uow:
        [_, (_, look), *_] = uow.schedules.following(gdp.id)
    plan(store, look, at=clock(), overdue_since=clock())
    assert listed(overdue=True) == [made[1]]
    with store.reading() as uow:
        assert [schedule for schedule, _ in uow.schedules.following(gdp.id)] == [made[0], made[1], made[2], made[4]]


def test_a_removed_schedule_follows_nothing(store: Store) -> None:
    """And a removed series is followed by nothing; unknown ids are not found."""
    first, second = keep(store, "fred:FRED/A", "fred:FRED/B")
    schedule, other = follow(store, "fred:FRED/*"), follow(store, "fred:FRED/B")
    with store.writing() as uow:
        uow.schedules.remove(schedule.id)
        uow.series.remove(second.id)
        uow.commit()

    def missing(call: Any) -> bool:
        with store.writing() as uow, pytest.raises(ScheduleNotFound):
            call(uow)
        return True

    with store.reading() as uow:
        assert uow.schedules.following(first.id) == []
        assert uow.schedules.describe(other.id).series == 0
    asks = [
        lambda uow: uow.schedules.get(schedule.id),
        lambda uow: uow.schedules.describe(schedule.id),
        lambda uow: uow.schedules.change(schedule),
        lambda uow: uow.schedules.remove(schedule.id),
    ]
    assert all(missing(ask) for ask in asks)


def test_what_people_request_goes_first(store: Store, clock: StoppedClock) -> None:
    """A scheduled fetch waits behind requested ones that came later; of a series at most one is in flight."""
    slow, fast = keep(store, "fred:FRED/A", "fred:FRED/B")
    with store.writing() as uow:
        added = [uow.fetches.add_scheduled(slow.id, request_id="schedule-1", seconds=0) for _ in range(2)]
        uow.commit()
    clock.forward(5)
    with store.writing() as uow:
        requested, _ = uow.fetches.add(fast.id, allow=NOTHING_ALLOWED, request_id="")
        uow.commit()
    with store.reading() as uow:
        due = list(uow.fetches.due(10))
        scheduled = uow.series.get(slow.id).fetch

    assert (added, scheduled and scheduled.request_id, scheduled and scheduled.priority) == (
        [True, False],
        "schedule-1",
        Priority.SCHEDULED,
    )
    assert due == [requested.id, scheduled and scheduled.id]


@pytest.mark.parametrize("seconds", [0.0, 600.0])
def test_a_scheduled_fetch_that_somebody_requests_is_a_requested_one(store: Store, clock: StoppedClock, seconds: float) -> None:
    """It is due at once, unless it waits for its provider."""
    (series,) = keep(store, "fred:FRED/A")
    with store.writing() as uow:
        uow.fetches.add_scheduled(series.id, request_id="", seconds=seconds)
        uow.commit()
    clock.forward(1)
    with store.reading() as uow:
        assert len(uow.fetches.due(10)) == (seconds == 0)
        assert (uow.fetches.next_due() is None) == (seconds == 0)
    with store.writing() as uow:
        joined, new = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
        uow.commit()
    with store.reading() as uow:
        due, listed = uow.fetches.due(10), uow.fetches.list(FetchQuery()).items

    assert (joined.priority, new, list(due), list(listed)) == (Priority.REQUESTED, False, [joined.id], [joined])


def test_fetches_of_a_batch_are_listed(store: Store) -> None:
    """Those that it added, new series' first ones among them."""
    batch = uuid4()
    (known,) = keep(store, "fred:FRED/A")
    with store.writing() as uow:
        first = uow.fetches.add_first("fred", DatasetCode("FRED", "B"), allow=NOTHING_ALLOWED, request_id="", batch=batch)
        second, _ = uow.fetches.add(known.id, allow=NOTHING_ALLOWED, request_id="", batch=batch)
        other, _ = uow.fetches.add(uow.series.add("fred", DatasetCode("FRED", "C")).id, allow=NOTHING_ALLOWED, request_id="")
        uow.commit()
    assert first
    with store.reading() as uow:
        listed = uow.fetches.list(FetchQuery(batch=batch)).items

    assert {fetch.id for fetch in listed} == {first[1].id, second.id}
    assert (listed[0].batch, other.batch) == (batch, None)


def test_the_last_vintages_are_read_in_order(store: Store, clock: StoppedClock) -> None:
    """As they arrived, without their observations, up to a limit."""
    (series,) = keep(store, "fred:FRED/A")

    def arrive(uow: UnitOfWork) -> None:
        fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
        lease = Lease(uuid4(), 30)
        assert uow.fetches.claim(fetch.id, lease)
        added = append(uow, series.id, [an_arrival(clock(), fetch_id=fetch.id)])
        uow.fetches.succeed(fetch.id, lease, added)

    for _ in range(3):
        with store.writing() as uow:
            arrive(uow)
            uow.commit()
        clock.forward(1)
    with store.reading() as uow:
        kept = uow.vintages.list(series.id, after=0, limit=10)

        assert uow.vintages.last_ones(series.id, 2) == kept[1:]
        assert uow.vintages.last_ones(series.id, 9) == kept
        assert uow.vintages.last_ones(uuid4(), 9) == []
