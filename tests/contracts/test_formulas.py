"""Every store keeps the definitions of formulas in the feed's order, and reads what it held at a position of the feed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from domain.codes import FORMULA, DatasetCode
from domain.formulas.definitions import Definition
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store
from domain.series import SeriesQuery, SeriesStatus
from tests.builders import an_arrival, append
from tests.fakes import StoppedClock
from tests.formula_histories import ARRIVED, History, compared

_FIRST = Definition(expression="X('A') - 1", unit="Percent", title="A less one", components=("p:X/A",))
_SECOND = Definition(expression="X('A')", components=("p:X/A",))


def test_versions_of_a_definition_are_kept_between_the_vintages(store: Store, clock: StoppedClock) -> None:
    with store.writing() as uow:
        source, formula = uow.series.add("p", DatasetCode("X", "A")), uow.series.add(FORMULA, DatasetCode("MY", "A"))
        append(uow, source.id, [an_arrival(clock())])
        first = uow.formulas.define(formula, _FIRST)
        uow.commit()
    defined_at = clock()
    clock.time += timedelta(hours=1)
    with store.writing() as uow:
        append(uow, source.id, [an_arrival(clock())])
        second = uow.formulas.define(uow.series.get(formula.id), _SECOND)
        uow.commit()
    assert (first.number, first.position, first.defined_at, first.definition) == (1, 2, defined_at, _FIRST)
    assert (second.number, second.position, second.defined_at, second.definition) == (2, 4, clock(), _SECOND)
    with store.reading() as uow:
        assert list(uow.formulas.versions(formula.id)) == [first, second]
        assert not uow.formulas.versions(source.id)
        assert uow.vintages.position() == 4
        assert [each.position for each in uow.vintages.feed(after=0, limit=9)] == [1, 3]
        assert uow.series.get(formula.id).status is SeriesStatus.SUCCESS
        assert [each.id for each in uow.series.search(SeriesQuery(status=SeriesStatus.SUCCESS)).items][-1] == formula.id


def test_a_definition_that_is_not_committed_is_gone(store: Store) -> None:
    with store.writing() as uow:
        formula = uow.series.add(FORMULA, DatasetCode("MY", "A"))
        uow.commit()
    with store.writing() as uow:
        uow.formulas.define(formula, _FIRST)
    with store.reading() as uow:
        assert not uow.formulas.versions(formula.id)
        assert uow.vintages.position() == 0


def test_a_removed_formula_has_no_definitions(store: Store) -> None:
    with store.writing() as uow:
        formula = uow.series.add(FORMULA, DatasetCode("MY", "A"))
        uow.formulas.define(formula, _FIRST)
        uow.series.remove(formula.id)
        uow.commit()
    with store.reading() as uow:
        assert not uow.formulas.versions(formula.id)


def test_a_position_selects_what_was_recorded_up_to_it(store: Store, clock: StoppedClock) -> None:
    states = [Observations.of([date(2024, 1, 1)], ["Value"], [[float(number)]]) for number in range(3)]
    known = [clock() - timedelta(days=days) for days in (2, 1, 3)]
    with store.writing() as uow:
        series = uow.series.add("p", DatasetCode("X", "A"))
        for state, known_at in zip(states, known, strict=True):
            append(uow, series.id, [an_arrival(clock(), state, known_at=known_at)])
        uow.commit()

    def found(**moment: object) -> float | None:
        with store.reading() as uow:
            kept = uow.vintages.find(series.id, AsOf(**moment))  # type: ignore[arg-type]
        return kept.observations.values[0, 0] if kept else None

    assert [found(position=position) for position in range(4)] == [None, 0.0, 1.0, 1.0]
    assert found(position=2, as_of=known[2]) is None
    assert found(position=3, as_of=known[2]) == 2.0


def test_random_formulas_equal_plain_loops(store: Store, clock: StoppedClock) -> None:
    """On every store a formula at a moment and a position is its definition on what was known then."""
    clock.time = ARRIVED
    history = History(Random(7), store)

    assert sum(compared(history, f"Z{number}") for number in range(10)) > 10
