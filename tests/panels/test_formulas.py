"""Formulas in panels: what a client's loop over the data would find, by the panel's own availability, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import ComponentMissing, FormulaFailed, InvalidInput, LooksAhead, NotKnownYet
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.panels.cells import Status
from domain.panels.panel import Panel
from domain.panels.query import PanelQuery
from domain.series import Metadata
from domain.use_cases import UseCases, read_formula_cells
from domain.use_cases.read_series import Selection
from tests.builders import memory_use_cases
from tests.fakes import StoppedClock
from tests.formula_histories import ARRIVED, BEGIN, History
from tests.panels import brute
from tests.panels.brute import Cell, Wanted
from tests.panels.made_up import a_rule, cells_of, made, moments_of, rule_of
from tests.panels.test_random_cells import same
from tests.panels.test_traps import FEBRUARY, MARCH, Prices

ROUNDS = 40


def read(use: UseCases, code: str, moments: Sequence[datetime], wanted: Wanted, position: int | None = None) -> Panel:
    document = {"dates": [moment.isoformat() for moment in moments], "tz": wanted.zone, "series": [{"code": code}]}
    query = PanelQuery.read(document | ({} if position is None else {"position": position}))
    return use.read_panel(replace(query, series=(replace(query.series[0], rule=rule_of(wanted)),)))


def a_clients_cells(history: History, name: str, moment: datetime, wanted: Wanted, position: int | None) -> list[Cell]:
    """What a client makes of ``/data?as_of=…&position=…`` of the formula, by plain loops."""
    then = moment - wanted.lag
    asked = AsOf(seen_by=then, position=position) if wanted.seen else AsOf(as_of=then, position=position)
    try:
        reading = history.use_cases.read_series(history.keys[name], Selection(moment=asked))
    except NotKnownYet:
        return [(None, None, None, 0, "before_store")]
    rows = {day: row[0] for day, row in reading.observations.rows()}
    frequency, today = str(reading.series.frequency), brute.local_day(moment, wanted.zone)
    found = brute.picked(rows, wanted, frequency, None, today) or [(None, None, None)]  # type: ignore[arg-type]
    marked: list[Cell] = [(*each, 0, "missing" if each[0] is None else "ok") for each in found]  # type: ignore[misc]
    return brute.finished(marked, wanted, today, moment, brute.History([], [], ARRIVED))


def test_random_formulas_equal_a_clients_loop() -> None:
    """At every moment, position, lag, window and clock, collapsed and transformed; those that look ahead are refused."""
    compared, refused = loops(Random("loop"), MemoryStore(StoppedClock(ARRIVED)), 8 * ROUNDS)

    assert compared > 40 * ROUNDS
    assert refused > ROUNDS


def loops(random: Random, store: Any, rounds: int) -> tuple[int, int]:
    """Compare random formulas of a store, and return how many cells were equal and how many formulas refused."""
    history, compared, refused = History(random, store), 0, 0
    names = [name for name, each in history.stored.items() if each.definitions]
    for _ in range(rounds):
        name, wanted = random.choice(names), a_wanted(random)
        position = random.choice([None, random.randint(history.position // 2, history.position)])
        moments = sorted({BEGIN + timedelta(days=random.randint(-5, 440), hours=random.randint(0, 23)) for _ in range(15)})
        try:
            panel = read(history.use_cases, f"MY/{name}", moments, wanted, position)
        except LooksAhead:
            refused += 1
            continue
        except NotKnownYet:
            nothing = [(None, None, None, 0, "before_store")]
            assert all(a_clients_cells(history, name, moment, wanted, position) == nothing for moment in moments)
            continue
        for moment, found in zip(moments, cells_of(panel), strict=True):
            expected = a_clients_cells(history, name, moment, wanted, position)
            assert same(found, expected), (moment, wanted, found, expected)
            compared += len(found)
    return compared, refused


def a_wanted(random: Random) -> Wanted:
    """A random rule that a formula can have."""
    return Wanted(
        zone=random.choice(["UTC", "Asia/Tokyo"]),
        lag=random.choice([timedelta(), timedelta(hours=7), timedelta(days=30)]),
        seen=random.random() < 0.2,
        max_age=random.choice([None, None, 60]),
        window=random.choice([1, 1, 4]),
        collapse=random.choice([None, None, None, "annual"]),
        transform=random.choice([None, None, "cumul", "yoy"]),
        previous=random.random() < 0.3,
    )


def test_a_copy_has_the_cells_of_its_series() -> None:
    """
    The same vintages count of a formula's series as of the series alone: by labels, release times, corrections and lags.

    The data themselves count a day's label from that day's end in UTC on, the panel when it is over everywhere.
    """
    random, cells = Random("copy"), 0
    for _ in range(ROUNDS):
        series = made(random)
        if len(series.history.meanings) > 1:
            continue
        use = memory_use_cases({}, store=series.store)  # type: ignore[arg-type]
        use.manage_formulas.define(DatasetCode("MY", "COPY"), f"series('canned:{series.code}')['a']")
        undated = replace(series.history, meanings=[(since, frequency, None) for since, frequency, _ in series.history.meanings])
        for _ in range(4):
            _, wanted, _ = a_rule(random, series)
            wanted.release = wanted.change = wanted.assume = None
            moments = moments_of(random, series, wanted, 24)
            for moment, found in zip(moments, cells_of(read(use, "MY/COPY", moments, wanted)), strict=True):
                expected = [(*each[:3], 0, each[4]) for each in brute.cells(undated, wanted, moment)]
                assert same(found, expected), (moment, wanted, found, expected)
                cells += len(found)

    assert cells > 20 * ROUNDS


def defined(expression: str) -> Prices:
    """Return two releases of a monthly index, and a formula of it."""
    prices = Prices((date(2024, 3, 12), {FEBRUARY: 310.0}), (date(2024, 4, 10), {FEBRUARY: 310.0, MARCH: 312.0}))
    prices.code = DatasetCode("MY", "F")
    prices.house.use.manage_formulas.define(prices.code, expression)
    return prices


SERIES = "series('canned:X/GDP')"


def test_where_a_cell_comes_from() -> None:
    """Known and seen are those of the newest vintages that are read; there is no vintage and no label."""
    found = defined(f"2 * {SERIES}").cells("2024-03-01T00:00:00Z", "2024-04-30T00:00:00Z")

    assert [found.cells.value.tolist()[1], found.columns, found.published] == [624.0, ["", "Value"], [None, None]]
    assert [str(each) for each in found.known_at] == ["NaT", "2024-04-10T23:59:59.000000"]
    assert [str(each) for each in found.seen_at] == ["NaT", "2024-05-10T12:00:00.000000"]
    assert [Status(each).name for each in found.cells.status] == ["BEFORE_STORE", "OK"]


def test_as_of_inside_a_formula_means_what_was_known_then_if_it_counts() -> None:
    """A label of its day is known to ``as_of`` of that day, but not at a moment at which it does not count yet."""
    prices = defined(f"{SERIES} - as_of({SERIES}, '2024-03-12')")

    assert prices.values("2024-03-12T23:59:59.5Z", "2024-03-13T12:00:00Z", "2024-04-30T00:00:00Z") == [None, 0.0, None]
    assert prices.values("2024-04-30T00:00:00Z", window=2) == [0.0, None]


@pytest.mark.parametrize("expression", [f"lead({SERIES}, 1)", f"shift({SERIES}, -1)", f"1 + fillna({SERIES}, 'next')"])
def test_what_looks_ahead_is_refused(expression: str) -> None:
    """By itself, by way of another formula, and before anything is known."""
    prices = defined(expression)
    prices.house.use.manage_formulas.define(DatasetCode("MY", "OTHER"), "2 * MY('F')")
    with pytest.raises(LooksAhead, match=r"^formula:MY/F: It looks ahead\.$") as own:
        prices.values("1999-01-01T00:00:00Z")
    prices.code = DatasetCode("MY", "OTHER")
    with pytest.raises(LooksAhead, match=r"^formula:MY/OTHER: It looks ahead by way of MY/F\.$"):
        prices.values("2024-04-30T00:00:00Z")

    assert (own.value.field, own.value.code) == ("series", "looks_ahead")


@pytest.mark.parametrize(
    ("rule", "field", "problem"),
    [
        ({"release": "0"}, "release", "has no releases"),
        ({"change": "1"}, "change", "has no releases"),
        ({"assume": "P45D"}, "assume", "has no first vintage"),
        ({"assume": "learned"}, "assume", "has no first vintage"),
        ({"column": "a"}, "column", "has no column 'a'"),
        ({"transform": "annualized", "collapse": "daily"}, "transform", "annualized"),
    ],
)
def test_what_only_stored_series_have_is_refused(rule: dict[str, str], field: str, problem: str) -> None:
    """Its releases and vintages; the error names the series and the field."""
    with pytest.raises(InvalidInput, match=f"^formula:MY/F: .*{problem}") as refused:
        defined(SERIES).values("2024-04-30T00:00:00Z", **rule)

    assert refused.value.field == field


def test_a_formula_beside_a_series_whose_releases_are_wanted() -> None:
    """What holds for all series is undone behind the code of a formula."""
    prices = defined(f"2 * {SERIES}")
    series = [{"code": "X/GDP"}, {"code": "MY/F", "release": "latest", "assume": "none"}]
    document = {"dates": ["2024-05-01T00:00:00Z"], "release": "0", "assume": "P45D", "series": series}
    panel = prices.house.use.read_panel(PanelQuery.read(document))
    again = prices.house.use.read_panel(PanelQuery.read(panel.document))

    assert panel.wide().tolist() == again.wide().tolist() == [[312.0, 624.0]]


def test_a_pinned_panel_survives_a_new_definition_and_late_vintages() -> None:
    """Its position selects the definition, and what was recorded; an earlier one than the first definition is an error."""
    prices = defined(f"2 * {SERIES}")
    moment = "2024-04-30T00:00:00Z"
    use, document = prices.house.use, {"dates": [moment], "series": [{"code": "MY/F"}]}
    before = use.read_panel(PanelQuery.read(document))
    prices.house.use.manage_formulas.define(DatasetCode("MY", "F"), f"lead({SERIES}, 1)")
    with prices.house.store.writing() as uow:
        uow.series.record_fetch(prices.series, Metadata(frequency=Frequency.ANNUAL))
        uow.commit()
    prices.code = DatasetCode("X", "GDP")
    prices.release(date(2024, 4, 11), {MARCH: 999.0})
    after = use.read_panel(PanelQuery.read(before.document))

    assert cells_of(before) == cells_of(after) == [[(624.0, MARCH, date(2024, 3, 31), 0, "ok")]]
    assert (after.document, before.columns[0].reference) == (before.document, "formula:MY/F")
    with pytest.raises(LooksAhead):
        use.read_panel(PanelQuery.read(document))
    with pytest.raises(NotKnownYet, match="MY/F was not defined then"):
        use.read_panel(PanelQuery.read(document | {"position": 1}))


def test_who_was_not_asked() -> None:
    """After the last look at the series that was looked at least recently a value is unchecked."""
    prices = defined(f"2 * {SERIES}")
    prices.house.clock.forward(days=1)
    prices.house.use.manage_formulas.define(DatasetCode("MY", "F"), f"3 * {SERIES}")

    assert prices.statuses("2024-05-10T12:00:00Z", "2024-05-10T12:00:01Z") == ["ok", "unchecked"]


def test_a_formula_that_cannot_be_computed() -> None:
    """Series that do not fit together at a moment, or one that is gone: the error names the formula, and the moment."""
    prices = defined(SERIES)
    with prices.house.store.writing() as uow:
        prices.series = uow.series.add("canned", DatasetCode("X", "NEW"))
        uow.commit()
    prices.house.use.manage_formulas.define(DatasetCode("MY", "F"), f"{SERIES} + series('canned:X/NEW')")
    assert prices.statuses("2024-05-30T00:00:00Z") == ["before_store"]
    prices.frequency = Frequency.ANNUAL
    prices.release(None, {MARCH: 1.0})
    with pytest.raises(FormulaFailed, match=r"^MY/F at 2024-05-30T00:00:00Z: .* is monthly and .* annual"):
        prices.values("2024-04-30T00:00:00Z", "2024-05-30T00:00:00Z")
    with prices.house.store.writing() as uow:
        uow.series.remove(prices.series.id)
        uow.commit()
    with pytest.raises(ComponentMissing, match="MY/F reads series that are not stored here: canned:X/NEW"):
        prices.values("2024-04-30T00:00:00Z")


def test_moments_between_two_states_share_an_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the work for a panel has a limit."""
    prices = defined(f"2 * {SERIES}")
    days = [f"2024-{month:02}-{day:02}T12:00:00Z" for month in (3, 4, 5) for day in range(1, 31)]
    done: list[object] = []
    evaluate = read_formula_cells.compute_version
    monkeypatch.setattr(read_formula_cells, "compute_version", lambda *args, **more: (done.append(0), evaluate(*args, **more))[1])

    assert prices.values(*days)[11:14] == [None, 620.0, 620.0]
    # Before the first release, before the second, after it, and after the series was described.
    assert len(done) == 4
    monkeypatch.setattr(read_formula_cells, "MOST_VALUES", 15_000)
    with pytest.raises(FormulaFailed, match="more than 15000 values at the moments of the panel"):
        prices.values(*days)
