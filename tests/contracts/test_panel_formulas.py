"""Formulas in panels never look ahead, on every store, in both shapes and in all formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from domain.codes import DatasetCode
from domain.moments import parse_moment
from domain.panels.query import PanelQuery
from domain.ports import Store
from tests.builders import memory_use_cases
from tests.contracts.test_panels import contents, surprise
from tests.fakes import StoppedClock
from tests.formula_histories import ARRIVED
from tests.panels.brute import Wanted, available
from tests.panels.made_up import BEGIN, Made, a_rule, made, rule_of
from tests.panels.test_formulas import loops

ROUNDS = 8
#: X is the series; none needs its periods, which made-up series may have twice.
EXPRESSIONS = ("X", "2 * X + 1", "cumsum(X)", "fillna(X, 'previous')", "where(X > 1, X, 0)", "as_of(X, '{day}')", "MY('INNER') * 2")


def test_random_formulas_equal_a_clients_loop(store: Store, clock: StoppedClock) -> None:
    """What ``/data`` computes at each moment and position is what the panel has."""
    clock.time = ARRIVED
    compared, refused = loops(Random("stores"), store, 40)

    assert (compared > 200, refused > 0) == (True, True)


class Formula:
    """A formula of a made-up series."""

    def __init__(self, random: Random, store: Store, clock: StoppedClock) -> None:
        self.series: Made = made(random, store, clock, fetches=4)
        self.use = memory_use_cases({}, store=store)  # type: ignore[arg-type]
        day = (BEGIN + timedelta(days=random.randrange(90))).date()
        self.define("INNER", "X")
        self.define("F", random.choice(EXPRESSIONS).format(day=day))
        _, wanted, self.zone = a_rule(random, self.series)
        self.wanted = replace(wanted, release=None, change=None, assume=None, transform=None, collapse=None)

    def define(self, name: str, expression: str) -> None:
        self.use.manage_formulas.define(DatasetCode("MY", name), expression.replace("X", f"series('canned:{self.series.code}')['a']"))

    def panel(self, moments: Sequence[datetime], wanted: Wanted, position: int | None = None) -> Any:
        document = {"dates": [moment.isoformat() for moment in moments], "tz": self.zone, "series": [{"code": "MY/F"}]}
        query = PanelQuery.read(document | ({} if position is None else {"position": position}))
        checked = parse_moment("2023-04-01", field="checked_at")
        return self.use.read_panel(replace(query, series=(replace(query.series[0], rule=rule_of(wanted), checked_at=checked),)))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_counts_later_changes_nothing_before(store: Store, clock: StoppedClock, seed: int) -> None:
    """Revisions, corrections, removed rows and states read again change no cell of an earlier moment."""
    formula = Formula(Random(f"later {seed}"), store, clock)
    wanted, last = replace(formula.wanted, restated=False, lag=timedelta()), clock.time
    moments = sorted({last - timedelta(days=days, hours=7 * days) for days in range(0, 60, 3)})
    before = contents(formula.panel(moments, wanted))
    for _ in range(4):
        surprise(formula.series, labels_after=last)
        assert available(formula.series.history.copies[-1], wanted) > last

    assert contents(formula.panel(moments, wanted)) == before


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_at_all_changes_what_is_pinned_or_seen(store: Store, clock: StoppedClock, seed: int) -> None:
    """Late labelled vintages and new metadata neither; and what is pinned is not changed by new definitions."""
    formula = Formula(Random(f"any {seed}"), store, clock)
    seen, last = replace(formula.wanted, seen=True, restated=False, release_time=None), clock.time
    moments = [last - timedelta(days=days, hours=5) for days in range(0, 60, 3)]
    with store.reading() as uow:
        position = uow.vintages.position()
    before = [contents(formula.panel(moments, formula.wanted, position)), contents(formula.panel(moments, seen))]
    for _ in range(4):
        surprise(formula.series, labels_after=None)
        formula.series.frequency = formula.series.random.choice([None, "weekly", "monthly"])
        formula.series.checked()

    assert contents(formula.panel(moments, seen)) == before[1]
    formula.define("INNER", "X + 1")
    formula.define("F", "fillna(X, 'next')")
    assert contents(formula.panel(moments, formula.wanted, position)) == before[0]
