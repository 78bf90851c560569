"""Followed series are looked at by themselves, on the adapters in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, InvalidInput, ProviderNotConfigured, ScheduleNotFound, SchedulePaused, UnknownProvider
from domain.fetches import Fetch, FetchStatus, Priority, Suspicion
from domain.observations import Observations
from domain.schedules.history import History
from domain.schedules.schedule import FollowedSeries, NextLook, Rule, ScheduleKind, ScheduleQuery, ScheduleState
from domain.schedules.selector import Selector
from domain.schedules.window import AskingWindow
from domain.source_status import Failing
from domain.use_cases.ask_due_series import AskDueSeries
from domain.webhooks.events import EventType
from tests.builders import memory_use_cases
from tests.fakes import CannedSource, StoppedClock

HOURLY = Rule(kind=ScheduleKind.INTERVAL, spec="1h")
DAILY = Rule(kind=ScheduleKind.CRON, spec="30 8 * * *", tz="Europe/Berlin")
LEARNED = Rule()
HOUR = timedelta(hours=1)


@dataclass
class Followed:
    """A store, and a worker that does what is due when it is told to."""

    source: CannedSource = field(default_factory=CannedSource)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        sources = {"canned": self.source, "other": CannedSource(), "locked": None}
        self.use = memory_use_cases(sources, store=self.store, dispatcher=RecordingDispatcher())

    def follow(self, selector: str, rule: Rule = HOURLY, **more: Any) -> ScheduleState:
        return self.use.manage_schedules.create(Selector.parse(selector), rule, **more)

    def ask(self) -> None:
        while self.use.ask_due_series():
            pass
        self.use.ask_due_series()

    def work(self) -> list[Fetch]:
        """Ask what is due, and run what is due then."""
        self.ask()
        found = [self.use.fetch_dataset(fetch_id) for fetch_id in self.use.reap_fetches(100)]
        return [fetch for fetch in found if fetch]

    def series(self, code: str, provider: str = "canned") -> UUID:
        with self.store.reading() as uow:
            series = uow.series.find(provider, DatasetCode.parse(code))
        assert series
        return series.id

    def look(self, code: str) -> FollowedSeries:
        ((_, look),) = self.use.manage_schedules.looks_at(self.series(code))
        return look

    def fetches(self) -> list[Fetch]:
        return list(self.store.state.fetches.values())


@pytest.fixture
def it() -> Followed:
    return Followed()


def test_a_followed_series_is_added_and_fetched_by_itself(it: Followed) -> None:
    """At once, then whenever the rule says; what it leads to is a fetch like any other, behind what people request."""
    state = it.follow("X/A")
    assert (str(state.schedule.selector), state.series) == ("canned:X/A", 1)
    (fetch,) = it.work()
    assert (fetch.status, fetch.priority, fetch.request_id) == (FetchStatus.SUCCESS, Priority.SCHEDULED, f"schedule-{state.schedule.id}")
    assert (it.look("X/A").next_at, it.look("X/A").reason) == (it.clock() + HOUR, "It is looked at every 1h.")
    assert it.look("X/A").last_success_at == it.clock()

    it.clock.forward(hours=1, seconds=-1)
    assert it.work() == []
    it.clock.forward(1)
    assert len(it.work()) == 1
    assert it.work() == []


@pytest.mark.parametrize("rule", [HOURLY, DAILY, LEARNED])
def test_a_look_leads_to_one_fetch_whatever_happens_to_workers(it: Followed, rule: Rule) -> None:
    """Workers that die after the claim, between a fetch's end and the planning, or come twice: nothing is asked twice or lost."""
    it.follow("X/A", rule)
    it.ask()
    it.ask()
    (pending,) = it.fetches()
    assert pending.status is FetchStatus.PENDING
    it.clock.forward(days=2)
    it.ask()
    assert len(it.fetches()) == 1

    # The worker ends the fetch and dies before it has planned the next look.
    nowhere = replace(it.use.plan_next_look, store=MemoryStore())
    assert replace(it.use.fetch_dataset, plan_next_look=nowhere)(pending.id)
    it.clock.forward(minutes=9, seconds=59)
    it.ask()
    assert it.look("X/A").planned is (rule.kind is not ScheduleKind.LEARNED)
    it.clock.forward(seconds=1)
    it.ask()
    look = it.look("X/A")
    assert (look.planned, len(it.fetches())) == (True, 1)
    assert look.next_at
    assert it.clock() < look.next_at <= it.clock() + timedelta(days=1)


def test_what_is_due_twice_is_asked_once(it: Followed) -> None:
    """By two schedules at the same moment, one after the other or with a fetch in between."""
    it.follow("X/A", DAILY)
    it.follow("X/*", DAILY)
    it.work()
    it.clock.time = datetime(2024, 6, 2, 6, 30, tzinfo=UTC)
    batches = AskDueSeries(it.store, it.use.plan_next_look)
    assert not batches()
    assert len(it.fetches()) == 2
    (fetch,) = it.work()
    assert fetch.status is FetchStatus.SUCCESS
    assert it.work() == []
    with it.store.reading() as uow:
        looks = [look.next_at for _, look in uow.schedules.following(it.series("X/A"))]
    assert looks == [datetime(2024, 6, 3, 6, 30, tzinfo=UTC)] * 2


def test_somebody_who_was_faster_is_enough(it: Followed) -> None:
    """A series that was fetched since its look became due is not asked again; one in flight is left alone."""
    it.follow("X/A")
    it.work()
    it.clock.forward(hours=1, minutes=1)
    requested = it.use.request_fetch(DatasetCode("X", "A"), refresh=True).fetch
    it.ask()
    assert [fetch.id for fetch in it.fetches()][1:] == [requested.id]
    it.use.fetch_dataset(requested.id)
    assert it.work() == []
    assert it.look("X/A").next_at == datetime(2024, 6, 1, 14, tzinfo=UTC)


@pytest.mark.parametrize("rule", [HOURLY, LEARNED])
def test_a_check_after_the_planned_moment_satisfies_a_look(it: Followed, rule: Rule) -> None:
    """Also of a fetch that had begun before; the look after it is planned at once. A check before that moment does not."""
    it.follow("X/A", rule)
    it.work()
    due_at = it.look("X/A").next_at
    assert due_at
    it.clock.time = due_at - timedelta(seconds=1)
    begun = it.use.request_fetch(DatasetCode("X", "A"), refresh=True).fetch
    it.clock.forward(seconds=2)
    nowhere = replace(it.use.plan_next_look, store=MemoryStore())
    ended = replace(it.use.fetch_dataset, plan_next_look=nowhere)(begun.id)
    assert ended
    assert ended.created_at < due_at <= it.clock()
    it.ask()
    assert len(it.fetches()) == 2
    look = it.look("X/A")
    assert look.next_at
    assert (look.planned, look.next_at > it.clock() + HOUR / 2) == (True, True)

    it.clock.time = look.next_at - timedelta(seconds=1)
    early = it.use.request_fetch(DatasetCode("X", "A"), refresh=True).fetch
    replace(it.use.fetch_dataset, plan_next_look=nowhere)(early.id)
    it.clock.forward(seconds=1)
    it.ask()
    assert len(it.fetches()) == 4


@pytest.mark.parametrize(("days", "delay"), [(0, False), (7, True)])
def test_after_a_downtime_each_series_is_asked_once(it: Followed, days: int, *, delay: bool) -> None:
    """Not once for each look that was missed, and spread over the time to catch up."""
    names = [f"X/{number}" for number in range(20)]
    for name in names:
        it.follow(name, Rule(kind=ScheduleKind.INTERVAL, spec="1h", catch_up=timedelta(minutes=30)))
    assert len(it.work()) == 20
    it.clock.forward(days=days, hours=1)
    begun = it.clock()
    it.ask()
    new = it.fetches()[20:]
    late = [fetch.not_before - begun for fetch in new]

    assert len(new) == 20
    assert (max(late) > timedelta(minutes=15)) == delay
    assert max(late) < timedelta(minutes=30)
    it.clock.forward(minutes=30)
    assert len(it.work()) == 20
    assert it.work() == []


def test_a_clock_that_goes_back_repeats_nothing(it: Followed) -> None:
    """A look that was asked at half past eight is not asked at half past eight again."""
    it.follow("X/A", DAILY)
    it.work()
    it.clock.time = datetime(2024, 6, 2, 6, 31, tzinfo=UTC)
    assert len(it.work()) == 1
    it.clock.forward(hours=-1)
    assert it.work() == []
    it.clock.forward(hours=2)
    assert it.work() == []
    assert it.look("X/A").next_at == datetime(2024, 6, 3, 6, 30, tzinfo=UTC)


def test_a_mask_follows_series_that_come_later(it: Followed) -> None:
    """From the end of their first fetch on, and only those that it means."""
    state = it.follow("X/A*")
    assert state.series == 0
    for code in ("X/A1", "X/B1"):
        it.use.fetch_dataset(it.use.request_fetch(DatasetCode.parse(code)).fetch.id)
    it.ask()

    assert it.use.manage_schedules.get(state.schedule.id).series == 1
    assert it.look("X/A1").next_at == it.clock() + HOUR
    assert it.use.manage_schedules.looks_at(it.series("X/B1")) == []


def test_a_window_is_kept(it: Followed) -> None:
    """A look outside waits, with its reason; so does one that a downtime has carried out of it, and a triggered one."""
    window = AskingWindow.parse("mon-fri 08:00-18:00")
    state = it.follow("X/A", Rule(kind=ScheduleKind.INTERVAL, spec="1h", window=window))  # on a Saturday
    assert it.work() == []
    monday = datetime(2024, 6, 3, 8, tzinfo=UTC)
    assert it.look("X/A").next_at == monday
    assert it.look("X/A").reason == "It has not been fetched yet. It waits until the window mon-fri 08:00-18:00 in UTC opens."
    it.use.manage_schedules.trigger(state.schedule.id)
    assert it.work() == []
    assert it.look("X/A").next_at == monday
    it.clock.time = monday + timedelta(days=5)
    assert it.work() == []
    it.clock.time = monday + timedelta(days=7)
    assert len(it.work()) == 1


def test_learned_looks_come_from_the_past(it: Followed) -> None:
    """The learner is told of the vintages, the last check and the schedule's own choices."""
    told: list[History] = []

    def learn(history: History) -> NextLook:
        told.append(history)
        return NextLook(at=it.clock() + 3 * HOUR, reason="It came at three.", overdue_since=it.clock())

    object.__setattr__(it.use.plan_next_look, "learn", learn)
    it.follow("X/A", Rule(tz="Europe/Berlin", budget=7))
    (fetch,) = it.work()
    (history,) = told
    assert [vintage.fetch_id for vintage in history.vintages] == [fetch.id]
    assert (history.checked_at, history.now, history.budget, history.tz) == (it.clock(), it.clock(), 7, "Europe/Berlin")
    assert (it.look("X/A").next_at, it.look("X/A").reason) == (it.clock() + 3 * HOUR, "It came at three.")
    assert it.look("X/A").overdue_since == it.clock()

    it.clock.forward(minutes=5)
    it.use.fetch_dataset(it.use.request_fetch(DatasetCode("X", "A"), refresh=True).fetch.id)
    assert it.look("X/A").next_at == it.clock() + 3 * HOUR
    assert len(told) == 2


def test_a_series_that_fails_is_left_alone_for_longer_and_longer(it: Followed) -> None:
    """A learned schedule pauses after each failure, and goes on as before after a success."""
    it.source.error = DatasetNotFound("Gone.")
    it.follow("X/A", LEARNED)
    waits = []
    for _ in range(10):
        assert len(it.work()) == 1
        look = it.look("X/A")
        assert look.next_at
        waits.append((look.next_at - it.clock()) / HOUR)
        it.clock.time = look.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 168, 168]
    assert (look.failures, look.reason) == (10, "Its last 10 fetches failed, so that it is not looked at for 1w.")
    it.source.error = None
    assert it.work()[0].status is FetchStatus.SUCCESS
    assert (it.look("X/A").failures, it.look("X/A").next_at) == (0, it.clock() + 6 * HOUR)


GATED = Observations.of(range(30), ["Open"], [[100.0 + each % 3] for each in range(30)])
REFUSALS = {"suspicious_values": Observations.of(GATED.dates, ["Open"], GATED.values * 1000), "suspicious_shrink": GATED.latest(3)}


@pytest.mark.parametrize("rule", [HOURLY, Rule(kind=ScheduleKind.INTERVAL, spec="1m"), LEARNED], ids=["1h", "1m", "learned"])
@pytest.mark.parametrize("code", REFUSALS)
def test_a_series_whose_answers_are_refused_says_so_and_is_left_alone(it: Followed, rule: Rule, code: str) -> None:
    """For longer and longer; once an answer is accepted, its rule holds again at once."""
    it.source.observations = GATED
    it.follow("X/A", rule)
    it.work()
    it.use.manage_gates.change(it.series("X/A"), {"scale": True})
    usual = it.look("X/A").next_at
    assert usual
    it.clock.time = usual
    it.source.observations = REFUSALS[code]
    began, waits = it.clock(), []
    for _ in range(5):
        (fetch,) = it.work()
        assert fetch.failure
        assert fetch.failure.code == code
        look = it.look("X/A")
        assert look.next_at
        assert f"Its answers are refused as {code} since {began:%Y-%m-%d %H:%M} UTC, until one is right or accepted." in look.reason
        assert "not looked at for " in look.reason
        waits.append((look.next_at - it.clock()) / HOUR)
        if sum(waits) < 24:
            it.clock.time = look.next_at
    assert waits == pytest.approx([1, 2, 4, 8, 16], abs=1.01)
    assert all(wait >= least for wait, least in zip(waits, [1, 2, 4, 8, 16], strict=True))

    allowed = frozenset(Suspicion)
    it.clock.forward(minutes=30)
    it.use.fetch_dataset(it.use.request_fetch(DatasetCode("X", "A"), refresh=True, allow=allowed).fetch.id)
    look = it.look("X/A")
    assert (look.failures, "refused" in look.reason) == (0, False)
    assert look.next_at
    assert look.next_at - it.clock() <= 6 * HOUR


@pytest.mark.parametrize("rule", [HOURLY, DAILY], ids=["1h", "daily"])
def test_a_series_whose_values_are_refused_never_ends_for_that(it: Followed, rule: Rule) -> None:
    """It stays active, and is looked at daily, by an hourly rule at last and by a daily one always."""
    it.source.observations = GATED
    it.follow("X/A", rule)
    it.work()
    it.use.manage_gates.change(it.series("X/A"), {"scale": True})
    it.source.observations = REFUSALS["suspicious_values"]
    for _ in range(40):
        look = it.look("X/A")
        assert look.next_at
        it.clock.time = look.next_at
        it.ask()
        it.clock.forward(seconds=5)
        assert len(it.work()) == 1
    described = it.use.describe_series(it.series("X/A"))

    assert it.clock() - described.series.created_at > timedelta(days=30)
    assert (described.series.at_source.has_ended, described.series.at_source.failing) == (False, Failing.REFUSED)
    look = it.look("X/A")
    assert look.next_at
    assert timedelta(hours=20) <= look.next_at - it.clock() <= timedelta(days=1)
    it.source.observations, it.clock.time = GATED, look.next_at
    assert it.work()[0].status is FetchStatus.SUCCESS
    assert it.use.describe_series(it.series("X/A")).series.at_source.failing is None
    assert it.look("X/A").failures == 0


def test_a_release_that_is_overdue_since_it_is_refused_says_both(it: Followed) -> None:
    """Webhooks are told the same reason."""
    it.use.manage_webhooks.create("https://example.org/hook", events=[EventType.SERIES_OVERDUE])
    it.source.observations = GATED
    it.follow("X/A", LEARNED)
    it.work()
    it.use.manage_gates.change(it.series("X/A"), {"scale": True})
    it.source.observations = REFUSALS["suspicious_values"]
    overdue = it.clock() + 6 * HOUR

    def learn(history: History) -> NextLook:
        return NextLook(at=history.now + HOUR, reason="A release is overdue.", overdue_since=overdue)

    object.__setattr__(it.use.plan_next_look, "learn", learn)
    it.clock.time = overdue
    it.work()
    look = it.look("X/A")
    (told,) = [event for event in it.store.state.series_events if event.type is EventType.SERIES_OVERDUE]

    assert look.overdue_since == overdue
    assert look.reason == told.facts["reason"]
    assert look.reason.startswith("Its answers are refused as suspicious_values since ")
    assert look.reason.endswith("A release is overdue.")


def test_a_defect_of_the_learner_ends_nothing(it: Followed, caplog: pytest.LogCaptureFixture) -> None:
    """The series is looked at daily, and the reason says why."""

    def learn(_: History) -> NextLook:
        raise ZeroDivisionError

    object.__setattr__(it.use.plan_next_look, "learn", learn)
    it.follow("X/A", LEARNED)
    it.work()

    assert it.look("X/A").next_at == it.clock() + timedelta(days=1)
    assert it.look("X/A").reason == "It is looked at daily: lanner failed on its history (ZeroDivisionError)."
    assert "next look not planned" in caplog.text


def test_a_rule_that_means_nothing_any_more_stops_no_other(it: Followed) -> None:
    """A schedule whose zone is no longer known, as after an update, is said to be so, and the others go on."""
    it.follow("X/A", DAILY)
    it.follow("X/B", DAILY)
    it.work()
    broken = next(iter(it.store.state.schedules.values()))
    it.store.state.schedules[broken.id] = replace(broken, rule=replace(DAILY, tz="No/Zone"))
    it.clock.time = datetime(2024, 6, 2, 6, 30, tzinfo=UTC)

    assert len(it.work()) == 1
    assert it.look("X/B").planned
    assert "'No/Zone' is not a time zone" in it.look("X/A").reason


def test_schedules_are_managed(it: Followed) -> None:
    """Paused, resumed, changed, triggered, looked ahead, removed."""
    manage, state = it.use.manage_schedules, it.follow("X/A")
    name = state.schedule.id
    it.work()
    paused = manage.change(name, {"paused": True})
    assert (paused.schedule.paused, paused.next) == (True, None)
    with pytest.raises(SchedulePaused):
        manage.trigger(name)
    it.clock.forward(days=1)
    assert it.work() == []
    manage.change(name, {"paused": False, "spec": "2h"})
    it.ask()
    assert it.look("X/A").next_at == it.clock() + 2 * HOUR
    assert [look.look.at - it.clock() for look in manage.preview(name, 3)] == [2 * HOUR, 4 * HOUR, 6 * HOUR]
    manage.trigger(name)
    assert len(it.work()) == 1
    manage.change(name, {"kind": ScheduleKind.LEARNED, "spec": ""})
    it.ask()
    ((ahead,),) = [manage.preview(name, 3)]
    assert (ahead.series_id, ahead.look.at) == (it.series("X/A"), it.clock() + 6 * HOUR)
    assert manage.find(Selector.parse("X/A")) == manage.list(ScheduleQuery()).items
    manage.remove(name)
    with pytest.raises(ScheduleNotFound):
        manage.get(name)
    it.clock.forward(days=1)
    assert it.work() == []


@pytest.mark.parametrize(
    ("selector", "rule", "error"),
    [
        ("locked:X/A", HOURLY, ProviderNotConfigured),
        ("nobody:X/A", HOURLY, UnknownProvider),
        ("nobody:*", HOURLY, UnknownProvider),
        ("X/A", Rule(kind=ScheduleKind.CRON, spec="nonsense"), InvalidInput),
    ],
)
def test_what_cannot_be_followed_is_refused(it: Followed, selector: str, rule: Rule, error: type[Exception]) -> None:
    """And nothing is written."""
    with pytest.raises(error):
        it.follow(selector, rule)

    assert (it.store.state.schedules, it.store.state.series) == ({}, {})


def test_planning_for_what_is_gone_does_nothing(it: Followed) -> None:
    """A series may be removed while its fetch ends."""
    it.use.plan_next_look(uuid4())
    assert it.store.state.followed == {}
