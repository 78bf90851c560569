"""Every store keeps equivalences, what has diverged, and the rules of splices, in the feed's order; nothing is found twice or missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.codes import DatasetCode
from domain.errors import EquivalenceNotFound
from domain.metrics import Counted
from domain.observations import Observations
from domain.ports import Store
from domain.series import TimeSeries
from domain.source_status import AtSource, Failing, SourceStatus, StatusChange
from domain.stand_ins.equivalence import Divergence, DivergingCell, Equivalence, Member, Side
from domain.stand_ins.splice import SpliceRule
from domain.use_cases.watch_equivalences import WatchEquivalences
from domain.webhooks.events import EventType
from domain.webhooks.webhook import Webhook
from tests.builders import an_arrival, append
from tests.fakes import StoppedClock


def stored(store: Store, *codes: str) -> list[TimeSeries]:
    with store.writing() as uow:
        found = [uow.series.add("p", DatasetCode("X", code)) for code in codes]
        uow.commit()
    return found


def equivalence_of(a: TimeSeries, b: TimeSeries, at: datetime, **more: object) -> Equivalence:
    facts = {"id": uuid4(), "a": Member.of(a), "b": Member.of(b), "created_at": at, "position": 0, "compared_at": at}
    return Equivalence(**facts | more)  # type: ignore[arg-type]


def add(store: Store, *equivalences: Equivalence) -> None:
    with store.writing() as uow:
        for equivalence in equivalences:
            uow.equivalences.add(equivalence)
        uow.commit()


def arrive(store: Store, series: TimeSeries, *values: float, at: datetime, fetch_id: UUID | None = None) -> None:
    """Add a vintage with these values of the first days of 2024."""
    state = Observations.of([date(2024, 1, 1 + day) for day in range(len(values))], ["Value"], [[value] for value in values])
    with store.writing() as uow:
        uow.series.lock(series.id)
        append(uow, series.id, [an_arrival(at, state, fetch_id=fetch_id or uuid4())])
        uow.commit()


def test_an_equivalence_is_kept_as_it_is(store: Store, clock: StoppedClock) -> None:
    a, b, c = stored(store, "A", "B", "C")
    first = equivalence_of(
        a,
        b,
        clock(),
        scale=1e-3,
        tolerance=0.05,
        prefer=Side.B,
        columns={"Close, adjusted": "É"},
        failover=True,
        failover_after=timedelta(days=1, microseconds=5),
    )
    second = equivalence_of(c, a, clock() + timedelta(seconds=1), compared_at=None)
    add(store, first, second)
    with store.reading() as uow:
        assert [uow.equivalences.get(each.id) for each in (first, second)] == [first, second]
        assert uow.equivalences.all() == [first, second]
        assert [uow.equivalences.of_series(each.id) for each in (a, b, c)] == [[first, second], [first], [second]]
    changed = replace(first, scale=-2.0, prefer=Side.A, columns={}, failover=False, diverging=7, position=3)
    with store.writing() as uow:
        uow.equivalences.change(changed)
        with pytest.raises(EquivalenceNotFound):
            uow.equivalences.change(replace(first, id=uuid4()))
        uow.equivalences.remove(second.id)
        with pytest.raises(EquivalenceNotFound):
            uow.equivalences.remove(second.id)
        uow.commit()
    with store.reading() as uow:
        assert uow.equivalences.all() == [changed]
        with pytest.raises(EquivalenceNotFound):
            uow.equivalences.get(second.id)


def test_what_has_arrived_is_what_was_recorded_since(store: Store, clock: StoppedClock) -> None:
    a, b, c = stored(store, "A", "B", "C")
    equivalence = equivalence_of(a, b, clock())
    add(store, equivalence, equivalence_of(b, c, clock() + timedelta(seconds=1), position=99))
    arrive(store, a, 1.0, at=clock())
    arrive(store, c, 1.0, at=clock())
    arrive(store, b, 1.0, at=clock())
    with store.reading() as uow:
        assert uow.equivalences.with_arrivals(9) == [equivalence]
        assert uow.equivalences.with_arrivals(0) == []
        arrived = uow.equivalences.arrivals(equivalence)
        assert [(each.position, each.code.dataset, each.vintage.number) for each in arrived] == [(1, "A", 1), (3, "B", 1)]
    later = clock() + timedelta(hours=1)
    with store.writing() as uow:
        assert uow.equivalences.compared(equivalence, position=1, diverging=4, at=later)
        assert not uow.equivalences.compared(equivalence, position=3, diverging=0, at=later)
        uow.commit()
    with store.reading() as uow:
        known = uow.equivalences.get(equivalence.id)
        assert (known.position, known.diverging, known.compared_at) == (1, 4, later)
        assert [each.position for each in uow.equivalences.arrivals(known)] == [3]


def test_divergences_are_listed_the_last_found_first(store: Store, clock: StoppedClock) -> None:
    a, b, c = stored(store, "A", "B", "C")
    pairs = [equivalence_of(a, b, clock()), equivalence_of(a, c, clock())]
    add(store, *pairs)
    cell = DivergingCell(date="2024-01-01", column="Value, é", a=1.5, b=-0.1, difference=1.0 / 3)

    def of(equivalence: Equivalence, arrived: Side | None) -> Divergence:
        return Divergence(
            equivalence_id=equivalence.id,
            a=equivalence.a,
            b=equivalence.b,
            found_at=clock(),
            compared=5,
            arrived=arrived,
            vintages=(3, 4),
            count=2,
            diverging=9,
            first="2024-01-01",
            last="2024-01-02T10:00:00Z",
            cells=[cell],
        )

    wanted = [of(pairs[0], None), of(pairs[1], Side.A), of(pairs[0], Side.B)]
    with store.writing() as uow:
        for each in wanted:
            uow.equivalences.record(each)
        uow.commit()
    with store.reading() as uow:
        whole = uow.equivalences.divergences(equivalence_id=None, before=None, limit=9)
        assert [replace(each, position=0) for each in whole.items] == wanted[::-1]
        assert ([each.position for each in whole.items], whole.next) == ([3, 2, 1], None)
        page = uow.equivalences.divergences(equivalence_id=pairs[0].id, before=None, limit=1)
        assert ([each.position for each in page.items], page.next) == ([3], 3)
        page = uow.equivalences.divergences(equivalence_id=pairs[0].id, before=3, limit=1)
        assert ([each.position for each in page.items], page.next) == ([1], None)
        assert uow.vintages.position() == 3
    with store.writing() as uow:
        uow.equivalences.remove(pairs[1].id)
        uow.series.remove(b.id)
        uow.commit()
    with store.reading() as uow:
        assert uow.equivalences.all() == []
        assert uow.equivalences.divergences(equivalence_id=None, before=None, limit=9).items == []


def test_rules_of_splices_are_kept_in_the_feeds_order(store: Store, clock: StoppedClock) -> None:
    a, b = stored(store, "A", "B")
    begun = SpliceRule(
        made_at=clock(), stand_in="p:X/B", start=date(2024, 1, 2), scale=0.1, columns={"Value": "É"}, reason="It has been gone."
    )
    ended = SpliceRule(made_at=clock() + timedelta(microseconds=1), reason="It is back.")
    arrive(store, a, 1.0, at=clock())
    with store.writing() as uow:
        first = uow.splices.add(a, begun)
        uow.commit()
    assert first == replace(begun, number=1, position=2)
    assert store.version(a.id)[0].rules == 1
    with store.writing() as uow:
        second = uow.splices.add(a, ended)
        uow.commit()
    with store.reading() as uow:
        assert list(uow.splices.rules(a.id)) == [first, second]
        assert (second.number, second.position, second.ends) == (2, 3, True)
        assert not uow.splices.rules(b.id)
        assert [each.position for each in uow.vintages.feed(after=0, limit=9)] == [1]
    assert (store.version(a.id)[0].rules, store.version(b.id)[0].rules) == (2, 0)
    with store.writing() as uow:
        uow.series.remove(a.id)
        uow.commit()
    with store.reading() as uow:
        assert not uow.splices.rules(a.id)


def test_what_may_be_decided_is_what_fails_has_ended_or_reads_by_a_rule(store: Store, clock: StoppedClock) -> None:
    series = stored(store, *"ABCDE")
    watched, fails, ended, spliced, other = series
    pairs = [equivalence_of(each, other, clock() + timedelta(seconds=place), failover=True) for place, each in enumerate(series[:4])]
    back = equivalence_of(other, fails, clock() + timedelta(minutes=1), failover=True, prefer=Side.B)
    never = equivalence_of(ended, watched, clock() + timedelta(minutes=2))
    add(store, *pairs, back, never)
    with store.writing() as uow:
        uow.series.record_source_status(fails, AtSource(failing=Failing.UNREACHABLE, failing_since=clock()))
        gone = AtSource(status=SourceStatus.GONE, since=clock())
        uow.series.record_source_status(ended, gone, StatusChange(at=clock(), status=SourceStatus.GONE, reason="It is gone."))
        uow.splices.add(spliced, SpliceRule(made_at=clock(), reason="It is back."))
        uow.commit()
    with store.reading() as uow:
        assert uow.equivalences.to_decide() == [*pairs[1:], back]


def test_a_divergence_is_found_at_the_arrival_that_brings_it(store: Store, clock: StoppedClock) -> None:
    """However late it is looked for, and once: with the vintages of then, a count and an event of a webhook."""
    a, b = stored(store, "A", "B")
    with store.writing() as uow:
        uow.webhooks.add(
            Webhook(id=uuid4(), url="https://x.example", events=frozenset(EventType), selector=None, created_at=clock(), position=0)
        )
        uow.commit()
    add(store, equivalence_of(a, b, clock(), tolerance=0.01))
    arrive(store, a, 1.0, 2.0, at=clock())
    arrive(store, b, 1.0, 2.0, 3.0, at=clock())
    arrive(store, b, 1.0, 2.5, 3.0, at=clock())
    arrive(store, a, 1.0, 2.001, 3.0, at=clock())
    arrive(store, a, 1.0, 2.5, 3.3, at=clock())
    watch = WatchEquivalences(store)
    assert watch()
    assert not watch()
    with store.reading() as uow:
        last, middle, first = uow.equivalences.divergences(equivalence_id=None, before=None, limit=9).items
        (known,) = uow.equivalences.all()
        assert uow.metrics.all().counted[Counted.DIVERGENCES] == 3
        events = [each for each in uow.webhooks.recorded(after=0, limit=99) if each.type is EventType.SERIES_DIVERGED]
    shown = [(each.arrived, each.vintages, each.count, each.diverging, each.first, each.last) for each in (first, middle, last)]
    assert shown == [
        (Side.B, (1, 2), 1, 1, "2024-01-02", "2024-01-02"),
        # The value of A has changed, and is still apart.
        (Side.A, (2, 2), 1, 1, "2024-01-02", "2024-01-02"),
        (Side.A, (3, 2), 1, 1, "2024-01-03", "2024-01-03"),
    ]
    assert last.cells == [DivergingCell(date="2024-01-03", column="Value", a=3.3, b=3.0, difference=pytest.approx(0.3 / 3.3))]
    assert (known.diverging, known.position, known.compared_at) == (1, 5, clock())
    assert [event.facts["divergence"]["a"] for event in events] == [{"series": "p:X/A", "vintage": number} for number in (1, 2, 3)]
    assert {event.series_id for event in events} == {a.id}


def test_an_answer_with_several_vintages_is_one_arrival(store: Store, clock: StoppedClock) -> None:
    """What it brings is its newest state: earlier ones, and those of old files, are no news."""
    a, b = stored(store, "A", "B")
    add(store, equivalence_of(a, b, clock()))
    arrive(store, b, 1.0, at=clock())
    fetch_id = uuid4()
    for value in (7.0, 8.0, 1.0):
        arrive(store, a, value, at=clock(), fetch_id=fetch_id)
    old = an_arrival(clock(), Observations.of([date(2024, 1, 1)], ["Value"], [[9.0]]), known_at=datetime(2020, 1, 1, tzinfo=UTC))
    with store.writing() as uow:
        append(uow, a.id, [old])
        uow.commit()
    assert WatchEquivalences(store)()
    with store.reading() as uow:
        assert uow.equivalences.divergences(equivalence_id=None, before=None, limit=9).items == []
        assert uow.equivalences.all()[0].position == 5
