"""Series that follow a calendar, on the adapters in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, InvalidInput, RateLimited
from domain.fetches import FetchStatus
from domain.ports import CalendarReader
from domain.schedules.calendar import ReleaseEvent, ReleaseRule
from domain.schedules.learned import LearnedLook
from domain.schedules.schedule import Basis, FollowedSeries, Rule, ScheduleKind, ScheduleQuery
from domain.schedules.selector import Selector
from domain.use_cases.plan_next_look import PlanNextLook
from tests.fakes import CannedSource
from tests.use_cases.test_schedules import Followed

AT = datetime(2024, 6, 3, 8, 30, tzinfo=UTC)
ICS = "https://example.org/a.ics"


@dataclass
class Reader:
    """Reads this, or raises it, and counts how often it was asked."""

    answer: Sequence[ReleaseEvent] | Exception = (ReleaseEvent(AT, "Prices"), ReleaseEvent(AT + timedelta(days=1), "Trade"))
    asked: list[str] = field(default_factory=list)

    def check(self, place: str) -> None:
        if place == "nobody":
            raise InvalidInput("There is no calendar nobody.", field="spec")

    def read(self, place: str) -> Sequence[ReleaseEvent]:
        self.asked.append(place)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Listing(CannedSource):
    """A source that knows the dates of its releases, as FRED does."""

    releases: ReleaseRule = field(default_factory=ReleaseRule)
    asked: list[str] = field(default_factory=list)
    refusal: Exception | None = None

    def release_of(self, code: DatasetCode) -> str:
        self.asked.append(str(code))
        if self.refusal:
            raise self.refusal
        return "53"

    def release_dates(self, release: str) -> Sequence[ReleaseEvent]:
        self.asked.append(release)
        return [ReleaseEvent(date(2024, 6, day), "") for day in (3, 4)]


def followed(reader: CalendarReader, source: CannedSource | None = None) -> Followed:
    """A worker that reads calendars so, and learns as in use."""
    it = Followed(source=source or CannedSource())
    reading = replace(it.use.plan_next_look.read_calendar, reader=reader)
    plan = PlanNextLook(store=it.store, providers=reading.providers, learn=LearnedLook(), read_calendar=reading)
    it.use = replace(
        it.use,
        plan_next_look=plan,
        manage_schedules=replace(it.use.manage_schedules, plan_next_look=plan),
        ask_due_series=replace(it.use.ask_due_series, plan_next_look=plan),
        fetch_dataset=replace(it.use.fetch_dataset, plan_next_look=plan),
    )
    return it


def by_calendar(spec: str = "", **more: object) -> Rule:
    return Rule(kind=ScheduleKind.CALENDAR, spec=spec, **more)  # type: ignore[arg-type]


def look_of(it: Followed, code: str, spec: str) -> FollowedSeries:
    it.follow(code, by_calendar(spec))
    assert [fetch.status for fetch in it.work()] == [FetchStatus.SUCCESS]
    return it.look(code)


def test_a_calendar_that_the_settings_lack_is_refused() -> None:
    """When a schedule is created or changed, before anything is stored; the one before goes on."""
    it = followed(Reader())
    with pytest.raises(InvalidInput, match="no calendar nobody"):
        it.use.manage_schedules.create(Selector.parse("canned:X/A"), by_calendar("nobody#Prices"))
    kept = it.use.manage_schedules.create(Selector.parse("canned:X/A"), by_calendar("ine#Prices")).schedule
    with pytest.raises(InvalidInput, match="no calendar nobody"):
        it.use.manage_schedules.change(kept.id, {"spec": "nobody"})

    assert [state.schedule for state in it.use.manage_schedules.list(ScheduleQuery()).items] == [kept]


def test_a_calendar_tells_the_next_look() -> None:
    """Of the events that the schedule's text chooses; it is read once for all series, and again after a day."""
    reader = Reader()
    it = followed(reader)
    prices, trade = look_of(it, "X/A", f"{ICS}#prices"), look_of(it, "X/B", f"{ICS}#Trade")

    assert prices.next_at
    assert AT <= prices.next_at < AT + timedelta(hours=1)
    assert prices.reason == "The calendar lists “Prices” for 2024-06-03 08:30 UTC."
    assert (prices.basis, trade.basis) == (Basis.CALENDAR, Basis.CALENDAR)
    assert trade.expected_at
    assert trade.expected_at.date() == date(2024, 6, 4)
    assert reader.asked == [ICS]
    it.clock.forward(days=3)
    it.work()
    it.clock.forward(minutes=15)
    it.work()
    assert reader.asked == [ICS] * 2


@pytest.mark.parametrize(
    ("answer", "spec", "reason"),
    [
        (DatasetNotFound("example.org answers 404."), ICS, "Its calendar cannot be read: example.org answers 404. No habit is known yet"),
        (ZeroDivisionError(), ICS, "Its calendar cannot be read: lanner failed on it (ZeroDivisionError). No habit"),
        ((), ICS, "Its calendar lists nothing. No habit"),
        ((ReleaseEvent(AT, "Trade"),), f"{ICS}#Prices", "Its calendar lists no “Prices”. No habit"),
        ((ReleaseEvent(date(2020, 1, 1), "Trade"),), ICS, "Its calendar lists no later release. No habit"),
        ((), "", "canned has no calendar that lanner knows: the schedule must name one. No habit"),
    ],
)
def test_a_bad_calendar_is_told_and_learning_goes_on(answer: Sequence[ReleaseEvent] | Exception, spec: str, reason: str) -> None:
    """The reason says what is wrong with it; the series is looked at as if it were learned."""
    it = followed(Reader(answer))
    look = look_of(it, "X/A", spec)

    assert look.reason.startswith(reason)
    assert look.next_at
    assert it.clock() < look.next_at <= it.clock() + timedelta(days=7)


def test_a_calendar_that_cannot_be_read_is_tried_again_after_an_hour() -> None:
    """What it said before holds meanwhile, however often series are planned."""
    reader = Reader()
    it = followed(reader)
    look_of(it, "X/A", f"{ICS}#prices")
    reader.answer = DatasetNotFound("It is gone.")
    it.clock.forward(days=1)
    for _ in range(3):
        it.use.plan_next_look(it.series("X/A"))
    assert it.look("X/A").basis is Basis.CALENDAR
    it.clock.forward(hours=1)
    it.use.plan_next_look(it.series("X/A"))

    assert len(reader.asked) == 3


def test_a_calendar_that_another_worker_reads_is_waited_for() -> None:
    """The look is planned a minute later; if that worker died, somebody else reads it after five."""
    it = followed(Reader())
    it.follow("X/A", by_calendar(ICS))

    def read(_place: str) -> Sequence[ReleaseEvent]:
        it.use.plan_next_look(it.series("X/A"))
        looks.append(it.look("X/A"))
        return [ReleaseEvent(AT, "Prices")]

    looks: list[FollowedSeries] = []
    it.use.plan_next_look.read_calendar.reader.read = read  # type: ignore[method-assign]
    it.work()

    assert [(look.planned, look.reason, look.next_at) for look in looks] == [
        (False, "Its calendar is being read.", it.clock() + timedelta(minutes=1))
    ]


def test_a_provider_tells_its_releases_within_its_limits() -> None:
    """To which release a series belongs is asked once a month, its dates once a day for all series of it."""
    source = Listing()
    it = followed(Reader(), source)
    looks = [look_of(it, code, "") for code in ("X/A", "X/B")]

    assert source.asked == ["X/A", "53", "X/B"]
    assert [look.basis for look in looks] == [Basis.CALENDAR] * 2
    it.clock.forward(days=2)
    it.work()
    it.clock.forward(minutes=15)
    it.work()
    assert source.asked == ["X/A", "53", "X/B", "53"]


def test_a_provider_that_takes_no_calls_is_asked_later() -> None:
    """Its refusal counts as that of a search, and no series waits for it."""
    source = Listing(refusal=RateLimited("Too many.", retry_after=60))
    it = followed(Reader(), source)
    look = look_of(it, "X/A", "")

    assert look.reason.startswith("Its calendar cannot be read: Too many.")
    with it.store.reading() as uow:
        budget = it.use.fetch_dataset.calls.budget(it.use.fetch_dataset.providers, "canned")
        assert uow.rate_limiter.state_of(budget).blocked_until == it.clock() + timedelta(seconds=60)


def test_a_provider_with_an_address_needs_a_title() -> None:
    """By its rule, or by the schedule's text."""
    source = CannedSource()
    source.releases = ReleaseRule(url=ICS, titles={"A": "Prices"})  # type: ignore[attr-defined]
    it = followed(Reader(), source)

    assert look_of(it, "X/A", "").basis is Basis.CALENDAR
    assert look_of(it, "X/B", "").reason.startswith("Which events of the calendar of canned are those of X/B must be said by #TEXT.")
    assert look_of(it, "X/C", "#trade").basis is Basis.CALENDAR


def test_a_spec_that_is_none_is_refused() -> None:
    """And nothing is followed."""
    it = followed(Reader())
    with pytest.raises(InvalidInput) as refused:
        it.follow("X/A", by_calendar("http://example.org"))

    assert refused.value.field == "spec"
    assert it.store.state.schedules == {}


def test_releases_are_learned_in_the_zone_of_the_provider() -> None:
    """Unless the schedule names another."""
    source = CannedSource()
    source.zone = "America/New_York"  # type: ignore[attr-defined]
    it = followed(Reader([ReleaseEvent(date(2024, 6, 3), "")]), source)
    look_of(it, "X/A", ICS)
    it.follow("X/B", by_calendar(ICS, tz="Asia/Tokyo"))
    it.work()
    begins = [datetime(2024, 6, 3, 4, tzinfo=UTC), datetime(2024, 6, 2, 15, tzinfo=UTC)]
    expected = [look.expected_at - begin for look, begin in zip(map(it.look, ("X/A", "X/B")), begins, strict=True) if look.expected_at]

    assert expected == [timedelta(hours=12)] * 2
