"""Formulas in panels: what a client's loop over the data would find, by the panel's own availability, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
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
from tests.formula_histories import ARRIVED, BEGIN, History, text_of
from tests.panels import brute
from tests.panels.brute import Cell, Wanted
from tests.panels.made_up import a_rule, made, moments_of, rule_of
from tests.panels.test_random_cells import same
from tests.panels.test_traps import FEBRUARY, MARCH, Prices

STATUSES = [status.name.lower() for status in Status]
ROUNDS = 40


def cells_of(panel: Panel) -> list[list[Cell]]:
    """The cells of each moment of a panel of one formula: value, date, period's end, no vintage, status."""
    (column,) = panel.columns
    found: list[list[Cell]] = [[] for _ in panel.query.decisions.moments]
    cells = column.cells
    for place, value, day, end, status in zip(cells.decision, cells.value, cells.date, cells.period_end, cells.status, strict=True):
        known = None if day != day else day.astype("datetime64[D]").astype(object)  # noqa: PLR0124 - NaT differs from itself
        last = None if end != end else end.astype(object)  # noqa: PLR0124 - as above
        found[place].append((None if value != value else float(value), known, last, 0, STATUSES[status]))  # noqa: PLR0124
    assert not cells.vintage.any()
    return found


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
    random = Random("loop")
    clock = StoppedClock(ARRIVED)
    history, compared, refused = History(random, MemoryStore(clock)), 0, 0
    names = [name for name, each in history.stored.items() if each.definitions]
    for _ in range(8 * ROUNDS):
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

    assert compared > 40 * ROUNDS
    assert refused > ROUNDS


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
