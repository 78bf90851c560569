"""Releases: the model of a cell is a list of what each known state says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from math import isnan
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.memory.unit_of_work import MemoryStore
from adapters.providers.sample.provider import PROVIDER
from domain.codes import DatasetCode
from domain.errors import InvalidInput, NoObservationsYet, TooManyCells, VintageNotFound
from domain.moments import AsOf
from domain.observations import Observations
from domain.period_transforms import PeriodTransform
from domain.releases import Counted
from domain.use_cases import UseCases
from domain.use_cases.read_releases import TriangleQuery
from domain.vintages import Cause
from tests.builders import an_arrival, append, memory_use_cases
from tests.fakes import NAN, StoppedClock
from tests.publishing import CODE, House

DAYS = [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)]
LABELS = [date(2024, 2, n) for n in range(1, 6)]


def state(rows: dict[date, float] | None) -> Observations:
    if rows is None:
        return Observations.of(DAYS, ["b"], np.ones((len(DAYS), 1)))
    return Observations.of(list(rows), ["a"], np.array(list(rows.values())).reshape(len(rows), 1))


def stored(*states: tuple[date | None, dict[date, float] | None], at_once: bool = True) -> tuple[UseCases, UUID]:
    house = House()
    batches: list[Any] = [states] if at_once else [[each] for each in states]
    for number, batch in enumerate(batches):
        house.clock.forward(days=1)
        house.source.states = [(published, state(rows)) for published, rows in batch]
        house.source.bytes_sent = f"{number:02x}"
        house.use.request_fetch(CODE, refresh=True, allow=frozenset())
    return house.use, house.use.request_fetch(CODE).series.id


def cells(use: UseCases, series_id: UUID, **query: Any) -> dict[date, tuple[bool, list[float | None]]]:
    found = use.read_releases(series_id, TriangleQuery(**query))
    return {row.date: (row.censored, [each.value for each in row.releases]) for row in found.rows}


ROWS = st.dictionaries(st.sampled_from(DAYS), st.sampled_from([1.0, 2.0, NAN]), min_size=1)
#: None is a vintage without the column.
STATES = st.tuples(st.lists(st.one_of(st.none(), ROWS), max_size=4), ROWS).map(lambda parts: [*parts[0], parts[1]])


@settings(max_examples=60, deadline=None)
@given(STATES)
@example([{DAYS[1]: 1.0}, {DAYS[0]: 1.0, DAYS[1]: 2.0, DAYS[2]: 1.0}, {DAYS[2]: 2.0}, {DAYS[2]: NAN}, {DAYS[0]: 1.0, DAYS[2]: 1.0}])
def test_releases_are_what_the_labelled_states_say(rows: list[dict[date, float] | None]) -> None:
    """By release and by change, all or the nth alone, with gaps, back-casts and a column that comes and goes: a list for each cell."""
    use, series_id = stored(*zip(LABELS, rows, strict=False))
    said = {day: [(each or {}).get(day, NAN) for each in rows] for day in DAYS}
    held = [
        max((day for each in rows[:n] for day, value in (each or {}).items() if not isnan(value)), default=date.min)
        for n in range(len(rows))
    ]
    expected, changes = {}, {}
    for day, values in said.items():
        known = [value for value in values if not isnan(value)]
        if known:
            first = next(n for n, value in enumerate(values) if not isnan(value))
            censored = first == 0 or held[first] >= day
            expected[day] = censored, known
            changes[day] = censored, [value for n, value in enumerate(known) if n == 0 or known[n - 1] != value]

    assert cells(use, series_id) == expected
    assert cells(use, series_id, counted=Counted.CHANGE) == changes
    for counted, of_each in ((Counted.RELEASE, expected), (Counted.CHANGE, changes)):
        for n in range(3):
            found = use.read_releases.nth(series_id, TriangleQuery(counted=counted), n, censored=True).rows
            assert {row.date: (row.censored, row.release.value) for row in found} == {
                day: (censored, values[n]) for day, (censored, values) in of_each.items() if len(values) > n
            }
            genuine = use.read_releases.nth(series_id, TriangleQuery(counted=counted), n).rows
            assert [row.date for row in genuine] == [row.date for row in found if not row.censored]
    table = use.read_releases.by_vintage(series_id, TriangleQuery()) if expected else None
    assert not table or dict(table.observations.rows()) == {
        day: [None if isnan(value) else value for value in said[day]] for day in expected
    }


def test_gdp_has_132_first_releases() -> None:
    """As many quarters as ALFRED has initial releases of; the rest was there at first, or came as back-casts."""
    use = memory_use_cases({"sample": PROVIDER.open(PROVIDER.options(), None)}, store=MemoryStore(), default="sample")  # type: ignore[arg-type]
    series_id = use.request_fetch(DatasetCode("SAMPLE", "GDP")).series.id
    found = use.read_releases(series_id, TriangleQuery(transform=PeriodTransform.ANNUALIZED, limit=1000, counted=Counted.CHANGE))
    quarter = next(row for row in found.rows if row.date == date(2008, 10, 1))

    assert sum(not row.censored for row in found.rows) == 132
    assert [round(100 * (each.value or 0), 1) for each in (*quarter.releases[:3], quarter.releases[-1])] == [-4.1, -5.8, -5.4, -7.6]
    assert [quarter.releases[0].vintage.published, quarter.censored] == [date(2009, 1, 30), False]
    history = use.read_releases.history(series_id, date(2008, 10, 1)).releases
    assert [each.value for each in history[:2]] == [14264.6, 14200.3]


def test_the_states_between_two_moments() -> None:
    """From the state known at the first to that known at the second; a vintage's number stands for its moment."""
    use, series_id = stored(*zip(LABELS, [{DAYS[0]: float(n)} for n in range(5)], strict=True))

    def numbers(since: str, until: str) -> list[int]:
        bounds = [AsOf.named(each, field="from") if each else None for each in (since, until)]
        return [each.number for each in use.read_releases.by_vintage(series_id, TriangleQuery(), *bounds).vintages]

    assert [numbers("", ""), numbers("2", "4"), numbers("2024-02-02", "2024-02-03")] == [[1, 2, 3, 4, 5], [2, 3, 4], [2, 3]]
    assert [numbers("1999-01-01", "1"), numbers("2024-02-02T12:00:00Z", "2024-02-02T12:00:00Z"), numbers("5", "")] == [[1], [1], [5]]
    for since, until in (("", "1999-01-01"), ("4", "3")):
        with pytest.raises(InvalidInput, match="No state lies between from and to"):
            numbers(since, until)
    with pytest.raises(VintageNotFound):
        numbers("6", "")


def test_what_would_not_fit_into_memory() -> None:
    """Values of all vintages are counted before they are read; the hint says what to ask for."""
    use, series_id = stored(*zip(LABELS, [dict.fromkeys(DAYS, float(n)) for n in range(2)], strict=False))
    read = replace(use.read_releases, most_cells=5)

    with pytest.raises(TooManyCells, match="2 vintages or more of 3 dates have over 5 values") as refused:
        read(series_id, TriangleQuery())
    assert refused.value.hint == "Ask for a shorter range of dates."
    assert len(read(series_id, TriangleQuery(start=DAYS[1])).rows) == 2


def test_unlabelled_states_count_where_the_column_differs() -> None:
    """Each differing state is a release of all its dates; looked for once in a period, the first one may have been missed."""
    use, series_id = stored(
        (None, {DAYS[0]: 1.0}), (None, {DAYS[0]: 1.0, DAYS[1]: 2.0}), (None, {DAYS[0]: 1.0, DAYS[1]: 3.0}), at_once=False
    )

    assert cells(use, series_id) == {DAYS[0]: (True, [1.0, 1.0, 1.0]), DAYS[1]: (True, [2.0, 3.0])}
    assert [each.value for each in use.read_releases.history(series_id, DAYS[1]).releases] == [2.0, 3.0]


def test_a_value_that_went_and_came_back() -> None:
    """A gap is no change; the history of the date shows it."""
    use, series_id = stored(*zip(LABELS, [{DAYS[0]: 1.0}, {DAYS[1]: 5.0}, {DAYS[0]: 1.0, DAYS[1]: 5.0}], strict=False))

    assert cells(use, series_id, counted=Counted.CHANGE)[DAYS[0]] == (True, [1.0])
    assert [each.value for each in use.read_releases.history(series_id, DAYS[0]).releases] == [1.0, None, 1.0]


def test_corrections_of_older_labels_are_no_releases() -> None:
    """The newest label's correction is one, an older label's was never the state known."""
    house = House()
    house.fetch((LABELS[0], 1), (LABELS[1], 2), sends="aa")
    house.fetch((LABELS[0], 9), (LABELS[1], 3), sends="bb")
    series_id = house.use.request_fetch(CODE).series.id

    assert cells(house.use, series_id)[date(2024, 1, 1)][1] == [1.0, 2.0, 3.0]


def test_a_state_read_again_replaces_what_was_read() -> None:
    """It is no release of its own, at whatever label."""
    house = House()
    house.fetch((LABELS[0], 1), (LABELS[1], 2), sends="aa")
    house.fetch((LABELS[0], 10), (LABELS[1], 20), sends="aa", version=2)
    series_id = house.use.request_fetch(CODE).series.id

    assert cells(house.use, series_id)[date(2024, 1, 1)][1] == [10.0, 20.0]


def test_the_moments_of_a_history() -> None:
    """A label's value counts from the label on, its correction from its fetch on, read again from then too; an older label's is none."""
    house = House()
    house.fetch((LABELS[0], 1), (LABELS[1], 2), sends="aa")
    house.fetch((LABELS[0], 9), (LABELS[1], 3), sends="bb")
    corrected = house.clock()
    house.fetch((LABELS[0], 90), (LABELS[1], 30), sends="bb", version=2)
    series_id = house.use.request_fetch(CODE).series.id
    history = house.use.read_releases.history(series_id, date(2024, 1, 1)).releases

    assert [(each.value, each.vintage.known_at) for each in history] == [
        (1.0, datetime(2024, 2, 1, 23, 59, 59, tzinfo=UTC)),
        (2.0, datetime(2024, 2, 2, 23, 59, 59, tzinfo=UTC)),
        (30.0, corrected),
    ]


def test_what_cannot_be_asked_for() -> None:
    """The error names the field, and what there is."""
    use, series_id = stored((LABELS[0], {DAYS[0]: 1.0}))
    waiting = MemoryStore(lambda: datetime(2024, 1, 1, tzinfo=UTC))
    with waiting.writing() as uow:
        empty = uow.series.add("canned", CODE).id
        uow.commit()

    with pytest.raises(InvalidInput, match="no column 'b'") as column:
        use.read_releases(series_id, TriangleQuery(column="b"))
    with pytest.raises(InvalidInput, match="No vintage has a value of a for 2030-01-01") as day:
        use.read_releases.history(series_id, date(2030, 1, 1))
    with pytest.raises(NoObservationsYet):
        memory_use_cases({"canned": None}, store=waiting).read_releases(empty, TriangleQuery())
    assert [column.value.field, day.value.field, day.value.hint] == ["column", "date", "Its dates go from 2024-01-01 to 2024-01-01."]


def test_a_reading_again_of_an_older_store() -> None:
    """Where it was stored as known from its fetch on, it replaces the state that was newest then."""
    first = an_arrival(datetime(2024, 5, 10, tzinfo=UTC), state({DAYS[0]: 1.0}))
    second = replace(an_arrival(datetime(2024, 5, 11, tzinfo=UTC), state({DAYS[0]: 2.0})), cause=Cause.PARSER)
    store = MemoryStore(StoppedClock(datetime(2024, 6, 1, tzinfo=UTC)))
    with store.writing() as uow:
        series = uow.series.add("canned", CODE)
        append(uow, series.id, [first, second])
        uow.commit()

    assert cells(memory_use_cases({"canned": None}, store=store), series.id) == {DAYS[0]: (True, [2.0])}
