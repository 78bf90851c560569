"""Flags that arrive: when they make a vintage, what a revision says of them, and what they never change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.codes import DatasetCode
from domain.errors import InvalidInput, SuspiciousShrink
from domain.flags import Flags
from domain.frequency import Collapse
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.panels.query import PanelQuery
from domain.ports import Fetched, PriorState
from domain.releases import Counted
from domain.series import FLAGS, Metadata
from domain.transforms import Transform
from domain.use_cases.read_releases import TriangleQuery
from domain.use_cases.read_series import Selection
from domain.vintages import Cause, Vintage
from domain.window import Window
from tests.fakes import some_metadata
from tests.publishing import CODE, House, Published

DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(4)]
LABELS = [date(2023, 1, 1) + timedelta(days=7 * n) for n in range(20)]


def state(values: Sequence[float], codes: Sequence[str] = ()) -> Observations:
    """As many days as there are values, with flags."""
    flags = Flags.from_texts([[*codes, *[""] * (len(values) - len(codes))]])
    return Observations.of(
        DAYS[: len(values)] if len(values) <= len(DAYS) else _days(len(values)), ["a"], [[v] for v in values], flags=flags
    )


def _days(count: int) -> list[date]:
    return [DAYS[0] + timedelta(days=n) for n in range(count)]


class Following(House):
    """A store that follows one series, whose states a test gives whole."""

    def take(self, *states: tuple[Label | None, Observations], sends: str = "", version: int = 1, **more: Any) -> int:
        """Fetch these states a day after the fetch before, and return how many vintages that added."""
        before = len(self.vintages()) if hasattr(self, "begun") else 0
        self.begun = True
        self.clock.forward(days=1)
        self.source.states, self.source.version = list(states), version
        self.source.bytes_sent = sends or f"{self.clock().day:02x}"
        self.use.request_fetch(CODE, refresh=True, **more)
        assert self.failure() is None, self.failure()
        return len(self.vintages()) - before

    def failure(self) -> Any:
        """The error of the last fetch."""
        fetch = self.use.describe_series(self.series_id).series.fetch
        return fetch and fetch.failure

    @property
    def series_id(self) -> Any:
        return self.use.request_fetch(CODE).series.id

    def flags(self, moment: AsOf | None = None) -> list[str | None]:
        """The flags of the newest state, or of another."""
        reading = self.use.read_series(self.series_id, Selection(moment=moment or AsOf(), flags=True))
        found = reading.observations
        return found.flags.column(0) if found.flags else [None] * len(found)


def counts(vintage: Vintage) -> tuple[int, int, int]:
    return vintage.added, vintage.changed, vintage.deleted


def test_the_first_flags_come_with_the_next_vintage() -> None:
    """An adapter that begins to read flags adds no vintage; the next news brings them, of all dates."""
    house = Following()
    house.take((None, state([1, 2])), sends="aa")

    assert house.take((None, state([1, 2], ["p", "e"])), sends="aa", version=2) == 0
    assert house.take((None, state([1, 2], ["p", "e"])), version=2) == 0
    assert house.take((None, state([1, 2, 3], ["p", "e", "p"])), version=2) == 1
    newest = house.vintages()[-1]
    assert (newest.cause, counts(newest)) == (Cause.PUBLICATION, (1, 0, 0))
    assert house.flags() == ["p", "e", "p"]
    assert house.flags(AsOf(vintage=1)) == [None, None]


def test_an_adapter_alone_adds_nothing_to_a_history() -> None:
    """Nineteen labels without flags stay nineteen when flags are read of them, also after the twentieth has brought some."""
    house = Following()
    plain = [(label, state([float(n)])) for n, label in enumerate(LABELS[:19])]
    marked = [(label, state([float(n)], ["p"])) for n, label in enumerate(LABELS)]

    assert house.take(*plain, sends="aa") == 19
    assert house.take(*marked[:19], sends="aa", version=2) == 0
    assert house.take(*marked, version=2) == 1
    assert house.take(*marked, version=2) == 0
    assert house.flags() == ["p"]
    # A correction of one brings its flags, too.
    marked[4] = LABELS[4], state([99.0], ["e"])
    assert house.take(*marked, version=2) == 1
    assert house.vintages()[-1].cause is Cause.CORRECTION
    assert house.flags(AsOf(vintage=21)) == ["e"]


def test_a_flag_that_changes_alone_is_a_vintage() -> None:
    """Once a series has flags, another flag is news; its counts are 0, and the revision lists flags and nothing else."""
    house = Following()
    house.take((None, state([1, 2, 3], ["", "p", "p"])))

    assert house.take((None, state([1, 2, 3], ["", "", "p"]))) == 1
    assert house.take((None, state([1, 2, 3]))) == 1
    assert house.take((None, state([1, 2, 3]))) == 0
    assert house.take((None, state([1, 2, 3], ["", "", "p"]))) == 1
    assert [counts(each) for each in house.vintages()[1:]] == [(0, 0, 0)] * 3
    compared = house.use.compare_vintages(house.series_id, AsOf(vintage=1), AsOf(vintage=2)).revision
    assert compared.has_flags_alone
    assert [(each.date, each.column, each.old, each.new) for each in compared.flags_changed] == [(DAYS[1], "a", "p", None)]
    assert (len(compared.added), len(compared.deleted), list(compared.changed)) == (0, 0, [])
    newest = house.use.compare_vintages(house.series_id, None, AsOf()).revision
    assert [(each.old, each.new) for each in newest.flags_changed] == [(None, "p")]


def test_as_of_has_the_flags_of_then() -> None:
    """Each moment answers with the flags that were known."""
    house = Following()
    moments = []
    for codes in (["p", "p"], ["", "p"], ["", "r"]):
        house.take((None, state([1, 2], codes)))
        moments.append(house.clock())

    assert [house.flags(AsOf(as_of=moment)) for moment in moments] == [["p", "p"], [None, "p"], [None, "r"]]
    assert house.flags(AsOf(seen_by=moments[0])) == ["p", "p"]


def test_flags_read_anew_replace_their_reading() -> None:
    """The same bytes of a flagged series, read to other flags, replace what was read at its moment and are no release."""
    house = Following()
    house.take((None, state([1], ["P"])), sends="aa")
    house.take((None, state([1], ["p"])), sends="aa", version=2)
    first, second = house.vintages()

    assert (second.cause, second.known_at) == (Cause.PARSER, first.known_at)
    assert house.flags(AsOf(as_of=first.known_at)) == ["P"]
    assert house.flags(AsOf(as_of=first.known_at, restated=True)) == ["p"]


class Windowed(Published):
    """Sends the last two dates alone once something is known."""

    def fetch(self, code: Any, known: PriorState) -> Fetched:
        fetched = super().fetch(code, known)
        if known.newest is None:
            return fetched
        part = fetched.vintages[-1][1].latest(2)
        start = part.first
        assert start
        return replace(fetched, vintages=[(None, part)], covers=Window(start=start, end=None, revises_last=1))


def test_a_window_has_flags_of_its_dates() -> None:
    """What a partial answer says of flags holds inside its window; flags before it stay, and a flag of a firm date discards no window."""
    house = Following(Windowed())
    house.take((None, state([1, 2, 3], ["b", "p", "p"])))

    assert house.take((None, state([1, 2, 3, 4], ["x", "p", "", "p"]))) == 1
    assert house.flags() == ["b", "p", None, "p"]
    assert house.take((None, state([1, 2, 3, 4], ["x", "p", "r", "p"]))) == 1
    assert house.flags() == ["b", "p", "r", "p"]
    assert counts(house.vintages()[-1]) == (0, 0, 0)


def test_what_is_left_is_counted_in_values() -> None:
    """Flags that come or go are no shrink; values that go are one, whatever their flags."""
    house = Following()
    house.take((None, state([1, 2, 3, 4], ["p"] * 4)))
    house.take((None, state([1, 2, 3, 4])))
    house.clock.forward(days=1)
    house.source.states = [(None, state([1], ["p"]))]
    house.use.request_fetch(CODE, refresh=True)

    assert house.failure().code == SuspiciousShrink.code


def listed(house: Following) -> Mapping[str, str]:
    return house.use.describe_series(house.series_id).series.metadata.flags


def test_the_list_of_flags_is_metadata() -> None:
    """Meanings are kept with the series once it has flags, those of older vintages too; a list is no change of what values mean."""
    house = Following()
    metadata: list[Metadata] = [some_metadata()]

    def fetch(code: Any, known: PriorState) -> Fetched:
        return replace(Published.fetch(house.source, code, known), metadata=metadata[0])

    house.source.fetch = fetch  # type: ignore[method-assign]
    metadata[0] = replace(some_metadata(), extra={"x": 1, FLAGS: {"p": "provisional"}})
    house.take((None, state([1])))
    assert listed(house) == {}
    house.take((None, state([2], ["p"])))
    assert listed(house) == {"p": "provisional"}
    metadata[0] = replace(some_metadata(), extra={"x": 1, FLAGS: {"e": "estimated", "p": ""}})
    house.take((None, state([3], ["e"])))
    assert listed(house) == {"p": "provisional", "e": "estimated"}
    metadata[0] = replace(some_metadata(), extra={"x": 1})
    house.take((None, state([4])))
    assert listed(house) == {"p": "provisional", "e": "estimated"}
    page = house.use.list_vintages(house.series_id)
    assert [change.field for changes in page.changes.values() for change in changes] == []


@pytest.mark.parametrize("changing", [{"collapse": Collapse.MONTHLY}, {"transform": Transform.DIFF}])
def test_values_that_are_calculated_have_no_flags(changing: dict[str, Any]) -> None:
    """With collapse or transform flags are refused, as they are of formulas; the error names the field and the way out."""
    with pytest.raises(InvalidInput, match="flags belong to values as they are stored") as refused:
        Selection(flags=True, **changing)

    assert refused.value.field == "flags"
    assert next(iter(changing)) in refused.value.hint


def test_formulas_have_no_flags() -> None:
    """A formula of a flagged series is computed from values alone."""
    house = Following()
    house.take((None, state([1, 2], ["p", "p"])))
    formula = house.use.manage_formulas.define(DatasetCode("OWN", "TWICE"), "2 * series('canned:X/GDP')").formula.series

    assert house.use.read_series(formula.id, Selection()).observations.flags is None
    with pytest.raises(InvalidInput) as refused:
        house.use.read_series(formula.id, Selection(flags=True))
    assert refused.value.field == "flags"


def test_flags_are_read_only_where_they_are_wanted() -> None:
    """Without the wish a reading has values alone."""
    house = Following()
    house.take((None, state([1, 2], ["p", "p"])))

    assert house.use.read_series(house.series_id, Selection()).observations.flags is None


ROW = st.tuples(st.sampled_from([1.0, 1.0, 2.0, float("nan")]), st.sampled_from(["", "p", "e"]))
HISTORY = st.lists(st.lists(ROW, min_size=2, max_size=2), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(HISTORY, st.booleans())
def test_flags_are_no_releases(history: list[list[tuple[float, str]]], labelled: Any) -> None:
    """Releases, changes and panels are those of a history without flags, from which states with other flags alone are left out."""
    # The first flags of a series come with other news: here the first state has one.
    history[0][0] = history[0][0][0], "b"
    marked = [state([value for value, _ in rows], [code for _, code in rows]) for rows in history]
    marked = [each for n, each in enumerate(marked) if labelled or n == 0 or each != marked[n - 1]]
    news = [n == 0 or each == marked[n - 1] or each.without_flags() != marked[n - 1].without_flags() for n, each in enumerate(marked)]
    numbers = list(accumulate(map(int, news)))
    with_flags, without = Following(), Following()
    for n, each in enumerate(marked):
        label = LABELS[n] if labelled else None
        allow = {"allow": frozenset(_all_suspicions())}
        with_flags.take((label, each), **allow)
        if news[n]:
            last = label
            without.take((label, each.without_flags()), **allow)
        else:
            # Nobody looks less often for that.
            assert without.take((last, each.without_flags()), **allow) == 0

    def releases(house: Following, counted: Counted) -> Any:
        found = house.use.read_releases(house.series_id, TriangleQuery(counted=counted)).rows
        return [(row.date, [(each.value, each.vintage.known_at) for each in row.releases]) for row in found]

    assert len(with_flags.vintages()) == len(marked)
    assert len(without.vintages()) == numbers[-1]
    for counted in Counted:
        assert releases(with_flags, counted) == releases(without, counted)
    for rule in ({}, {"release": 0}, {"release": 1}, {"change": 1}):
        assert panel(with_flags, rule) == panel(without, rule)


def panel(house: Following, rule: Mapping[str, int]) -> Any:
    moments = [f"{day}T23:00:00Z" for day in (date(2023, 2, 1), date(2023, 6, 1), house.clock().date())]
    query = PanelQuery.read({"series": [{"code": str(CODE), **rule}], "dates": moments})
    [column] = house.use.read_panel(query).columns
    values = np.where(np.isnan(column.cells.value), None, column.cells.value.astype(object))
    return values.tolist(), column.cells.status.tolist(), column.cells.date.tolist(), column.known_at.tolist() if rule else None


def _all_suspicions() -> Any:
    from domain.fetches import Suspicion

    return list(Suspicion)
