"""After the clock was set back two days, what it stored before is still found, and nothing waits until those days have passed again."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from domain.codes import DatasetCode
from domain.errors import NotKnownYet, SourceGone
from domain.fetches import Fetch, FetchStatus
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store
from domain.schedules.schedule import Rule
from domain.schedules.selector import Selector
from domain.use_cases import UseCases
from domain.use_cases.read_releases import TriangleQuery
from domain.use_cases.read_series import Selection
from tests.builders import CannedSource, memory_use_cases
from tests.fakes import StoppedClock

CODE = DatasetCode("X", "GDP")


class Service:
    """The use cases over a store that has fetched a series once, and whose clock was set back by two days then."""

    def __init__(self, store: Any, clock: StoppedClock) -> None:
        self.store, self.clock, self.source = store, clock, CannedSource(observations=_value(1.0))
        self.use: UseCases = memory_use_cases({"canned": self.source}, store=store)
        self.series = self.use.request_fetch(CODE).series.id
        clock.forward(days=-2)

    @property
    def today(self) -> str:
        return self.clock().date().isoformat()

    def read(self, **moment: Any) -> float:
        return float(self.use.read_series(self.series, Selection(moment=AsOf.parse(**moment))).observations.values[0, 0])

    def request(self, *, refresh: bool = False) -> Fetch:
        """Request the series, and return the fetch as it is then."""
        (fetch,) = self.use.follow_fetches.get_many([self.use.request_fetch(CODE, refresh=refresh).fetch.id])
        return fetch

    def fetch(self, number: float) -> None:
        self.source.observations = _value(number)
        assert self.request(refresh=True).status is FetchStatus.SUCCESS


def _value(number: float) -> Observations:
    return Observations.of(["2024-01-01"], ["a"], [[number]])


@pytest.fixture
def service(store: Store, clock: StoppedClock) -> Service:
    return Service(store, clock)


def test_what_was_checked_in_the_future_is_stale(service: Service) -> None:
    """A request fetches it, and then it is fresh for as long as any other."""
    first = service.request()
    service.clock.forward(hours=1)

    assert first.created_at == service.clock() - timedelta(hours=1)
    assert service.request() == first
    with service.store.reading() as uow:
        assert uow.series.get(service.series).checked_at == service.clock() - timedelta(hours=1)


def test_today_is_after_all_that_is_stored(service: Service) -> None:
    """``as_of`` and ``seen_by`` of today, or later, find it, and what is fetched after it; days before find nothing."""
    moments = [{"as_of": service.today}, {"as_of": "2030-01-01"}, {"seen_by": service.today}, {"as_of": service.today, "restated": True}]

    assert [service.read(**moment) for moment in moments] == [1.0] * 4
    service.fetch(2.0)
    assert [service.read(**moment) for moment in (*moments, {})] == [2.0] * 5
    with pytest.raises(NotKnownYet):
        service.read(as_of=(service.clock() - timedelta(days=1)).date().isoformat())


def test_its_description_is_that_of_today(service: Service) -> None:
    """What ``as_of`` of today finds is described as it is now."""
    found = service.use.read_series(service.series, Selection(moment=AsOf.parse(service.today)))

    assert found.series.metadata == service.use.read_series(service.series, Selection()).series.metadata


def test_states_of_today_are_compared(service: Service) -> None:
    """A comparison up to today, and a triangle, have the newest state."""
    service.fetch(2.0)
    compared = service.use.compare_vintages(service.series, AsOf(vintage=1), AsOf.parse(service.today))
    table = service.use.read_releases.by_vintage(service.series, TriangleQuery(), until=AsOf.parse(service.today))

    assert compared.after.number == 2
    assert [vintage.number for vintage in table.vintages] == [1, 2]


def test_a_formula_of_today(service: Service) -> None:
    """Formulas are read, listed and defined as of today."""
    code = DatasetCode("MY", "TWICE")
    service.clock.forward(days=2)
    service.use.manage_formulas.define(code, "2 * series('canned:X/GDP')")
    service.clock.forward(days=-2)
    with service.store.reading() as uow:
        formula = uow.series.find("formula", code)
    moment = AsOf.parse(service.today, definition_as_of=service.today)

    assert formula
    assert service.use.read_series(formula.id, Selection(moment=moment)).observations.values[0, 0] == 2.0
    assert len(service.use.list_formula_vintages(formula.id, moment).items) == 1


def test_a_failure_of_the_future_is_not_remembered(store: Store, clock: StoppedClock) -> None:
    """A Quandl client's request is not answered by a failure that is not an hour old for the next two days."""
    source = CannedSource(error=SourceGone("gone"))
    use = memory_use_cases({"canned": source}, store=store)  # type: ignore[arg-type] # any store does
    failed = use.request_fetch(CODE).fetch.id
    assert use.follow_fetches.get_many([failed])[0].status is FetchStatus.ERROR
    clock.forward(days=-2)
    source.error = None

    assert use.read_through(CODE, may_fetch=True, acquire_slot=nullcontext).newest


def test_a_heartbeat_of_the_future_is_none(store: Store, clock: StoppedClock) -> None:
    """A worker that gave a sign by the old clock does not count as alive until it gives one by the new."""
    for name in ("old", "new"):
        with store.writing() as uow:
            uow.metrics.heartbeat(name)
            uow.commit()
        if name == "old":
            clock.forward(days=-2)
    with store.reading() as uow:
        assert uow.metrics.workers(60) == (1, 1)


def test_looks_are_planned_by_the_new_clock(store: Store, clock: StoppedClock) -> None:
    """A followed series is looked at as if it had been checked just now, and a due look asks for a fetch."""
    use = memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=RecordingDispatcher())  # type: ignore[arg-type] # any store does
    series = use.request_fetch(CODE).series
    use.fetch_dataset(use.request_fetch(CODE).fetch.id)
    clock.forward(days=-2)
    state = use.manage_schedules.create(Selector.parse("canned:X/GDP"), Rule())

    assert state.next
    assert state.next.next_at == clock() + timedelta(hours=6)
    use.manage_schedules.trigger(state.schedule.id)
    use.ask_due_series()
    with store.reading() as uow:
        fetch = uow.series.get(series.id).fetch
    assert fetch
    assert fetch.status is FetchStatus.PENDING
