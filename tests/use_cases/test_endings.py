"""A provider ends a series in several ways: reads go on, its schedules slow down and say why, and it may come back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from adapters.provider_kit.http.status_errors import ErrorContext, status_error
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError, SourceUnavailable
from domain.moments import AsOf
from domain.ports import RawResponse
from domain.schedules.schedule import FollowedSeries, Rule, ScheduleKind
from domain.schedules.selector import Selector
from domain.series import TimeSeries
from domain.source_status import Failing, SourceStatus, StatusChange
from domain.use_cases.plan_next_look import AFTER_THE_END
from domain.use_cases.read_series import Selection
from tests.builders import memory_use_cases
from tests.fakes import CannedSource, StoppedClock

_CONTEXT = ErrorContext(host="p.example")
_HTML = {"content-type": "text/html"}
_JSON = {"content-type": "application/json"}


def answered(status: int, headers: dict[str, str], body: bytes) -> FetchError:
    """Return the error that an answer becomes."""
    return status_error(RawResponse(status=status, headers=headers, body=body), _CONTEXT)


@dataclass
class Followed:
    """A series with data that two schedules follow, whose provider is about to change."""

    source: CannedSource = field(default_factory=CannedSource)
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.use = memory_use_cases({"canned": self.source}, store=self.store, dispatcher=RecordingDispatcher())
        for rule in (Rule(kind=ScheduleKind.INTERVAL, spec="1d"), Rule()):
            self.use.manage_schedules.create(Selector.parse("canned:X/A"), rule)
        self.fetch()
        self.bytes_before = self.state_of(self.clock())
        self.began = self.clock()

    def fetch(self) -> None:
        """Fetch it now, until that fetch has ended."""
        fetch_id = self.use.request_fetch(DatasetCode.parse("X/A"), refresh=True).fetch.id
        fetch = self.use.fetch_dataset(fetch_id)
        while fetch is None or not fetch.ended:
            self.clock.forward(hours=7)
            fetch = self.use.fetch_dataset(fetch_id)

    @property
    def id(self) -> UUID:
        return self.series.id

    @property
    def series(self) -> TimeSeries:
        with self.store.reading() as uow:
            found = uow.series.find("canned", DatasetCode.parse("X/A"))
        assert found
        return found

    @property
    def changes(self) -> list[StatusChange]:
        with self.store.reading() as uow:
            return list(uow.series.source_statuses(self.id))

    def looks(self) -> list[FollowedSeries]:
        return [look for _, look in self.use.manage_schedules.looks_at(self.id)]

    def state_of(self, moment: datetime) -> bytes:
        found = self.use.read_series(self.id, Selection(moment=AsOf(as_of=moment)))
        return found.observations.dates.tobytes() + found.observations.values.tobytes()

    def assert_slowed(self, status: SourceStatus) -> None:
        for look in self.looks():
            assert look.next_at
            assert look.next_at == self.clock() + timedelta(days=30)
            assert f"It is {status} at its source since" in look.reason
            assert "30" in look.reason
        assert self.state_of(self.began) == self.bytes_before


@pytest.fixture
def it() -> Followed:
    return Followed()


def test_what_was_removed_for_good_is_gone_at_once(it: Followed) -> None:
    it.source.error = answered(410, _JSON, b'{"message": "Table retired in May."}')
    it.fetch()
    (change,) = it.changes
    assert (change.status, change.at, change.url) == (SourceStatus.GONE, it.clock(), "canned:X/A")
    assert "Table retired in May." in change.words
    it.assert_slowed(SourceStatus.GONE)


def test_a_renamed_series_names_its_successor_and_nothing_is_asked_in_its_place(it: Followed) -> None:
    it.source.error = answered(404, _JSON, b'{"message": "Series A was renamed to B2."}')
    it.fetch()
    assert it.series.at_source.status is SourceStatus.GONE
    assert it.series.at_source.replaced_by == "canned:X/B2"
    it.assert_slowed(SourceStatus.GONE)
    assert len(it.store.state.series) == 1


def test_an_unknown_code_ends_a_series_once_it_has_lasted_a_day(it: Followed) -> None:
    """So does an answer that has shrunk to nothing, which adapters report alike; one missing answer is only a failure."""
    it.source.error = DatasetNotFound("The provider has no observations of X/A.")
    it.fetch()
    assert (it.series.at_source.status, it.series.at_source.failing) == (SourceStatus.ACTIVE, Failing.MISSING)
    it.clock.forward(hours=23)
    it.fetch()
    assert not it.changes
    it.clock.forward(hours=1)
    it.fetch()
    (change,) = it.changes
    assert change.status is SourceStatus.GONE
    assert change.words == "The provider has no observations of X/A."
    it.assert_slowed(SourceStatus.GONE)


def test_an_answer_that_lacks_most_of_what_is_stored_suspends_a_series_after_a_day(it: Followed) -> None:
    it.source.observations = it.source.observations.latest(1)
    it.fetch()
    assert (it.series.at_source.status, it.series.at_source.failing) == (SourceStatus.ACTIVE, Failing.SHRUNK)
    it.clock.forward(days=1)
    it.fetch()
    it.assert_slowed(SourceStatus.SUSPENDED)


@pytest.mark.parametrize(
    "error",
    [answered(403, _HTML, b"<html>Go away</html>"), SourceUnavailable("The name p.example cannot be resolved.")],
    ids=["firewall", "dns"],
)
def test_what_cannot_be_reached_has_not_ended_until_it_lasts_for_a_month(it: Followed, error: FetchError) -> None:
    it.source.error = error
    it.fetch()
    since = it.clock()
    it.clock.forward(days=20)
    it.fetch()
    assert (it.series.at_source.status, it.series.at_source.failing) == (SourceStatus.ACTIVE, Failing.UNREACHABLE)
    assert it.series.at_source.failing_since == since
    assert not it.changes
    assert all(look.next_at and look.next_at < it.clock() + AFTER_THE_END for look in it.looks())
    it.clock.forward(days=10)
    it.fetch()
    it.assert_slowed(SourceStatus.SUSPENDED)


def test_another_failure_begins_its_own_time(it: Followed) -> None:
    it.source.error = SourceUnavailable("The name p.example cannot be resolved.")
    it.fetch()
    it.clock.forward(days=2)
    it.source.error = DatasetNotFound("None such.")
    it.fetch()
    assert not it.changes
    assert it.series.at_source.failing_since == it.clock()


@pytest.mark.parametrize(
    ("name", "description", "status", "successor"),
    [
        ("Gross product (DISCONTINUED)", "", SourceStatus.DISCONTINUED, None),
        ("(Discontinued)Pound Sterling", "", SourceStatus.DISCONTINUED, None),
        ("Rates [closed in 2020]", "", SourceStatus.DISCONTINUED, None),
        ("Rates", "This series has been discontinued and was replaced by NEWRATE.", SourceStatus.DISCONTINUED, "canned:X/NEWRATE"),
        ("Rates (suspended)", "", SourceStatus.SUSPENDED, None),
        ("Income from discontinued operations", "Values of closed banks.", SourceStatus.ACTIVE, None),
        ("Rates", "In 1996 the method was replaced by SNA93.", SourceStatus.ACTIVE, None),
    ],
)
def test_what_the_provider_says_of_a_series_counts(
    it: Followed, name: str, description: str, status: SourceStatus, successor: str | None
) -> None:
    it.source.metadata = replace(it.source.metadata, name=name, description=description)
    it.fetch()
    assert (it.series.at_source.status, it.series.at_source.replaced_by) == (status, successor)
    it.fetch()
    assert len(it.changes) == (status is not SourceStatus.ACTIVE)


def test_a_series_that_answers_again_is_active_again_and_its_history_stays(it: Followed) -> None:
    it.source.error = answered(410, _JSON, b"{}")
    it.fetch()
    ended = it.clock()
    it.source.error = None
    it.clock.forward(days=3)
    it.fetch()
    assert [change.status for change in it.changes] == [SourceStatus.GONE, SourceStatus.ACTIVE]
    assert (it.series.at_source.status, it.series.at_source.since) == (SourceStatus.ACTIVE, ended + timedelta(days=3))
    assert all(look.next_at and look.next_at < it.clock() + timedelta(days=10) for look in it.looks())
