"""What differs is what a loop over cells finds; evidence is what the textbook's formulas give."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.codes import DatasetCode
from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Observations
from domain.stand_ins.candidates import name_terms, similarity
from domain.stand_ins.comparison import compare
from domain.stand_ins.equivalence import Equivalence, Member, Side
from domain.stand_ins.evidence import evidence, suggested_scale
from tests.fakes import NAN

BEGIN, ORIGIN = datetime(2024, 1, 1, tzinfo=UTC), date(2024, 1, 1)
MEMBERS = [Member(UUID(int=number), "p", DatasetCode("X", name)) for number, name in enumerate("AB", 1)]
_VALUES = st.one_of(st.just(NAN), st.floats(-1e6, 1e6), st.sampled_from([0.0, -0.0, 1.0, 1.001, 0.999]))


def equivalence(**more: object) -> Equivalence:
    facts = {"id": UUID(int=9), "a": MEMBERS[0], "b": MEMBERS[1], "created_at": BEGIN, "position": 0}
    return Equivalence(**facts | more)  # type: ignore[arg-type]


@st.composite
def tables(draw: st.DrawFn) -> Observations:
    columns = draw(st.lists(st.sampled_from(["Open", "Close", "Last"]), min_size=1, unique=True))
    days = sorted(draw(st.sets(st.integers(0, 12))))
    return Observations.of(
        [ORIGIN + timedelta(days=day) for day in days], columns, [[draw(_VALUES) for _ in columns] for _ in days] if days else []
    )


def _rows(state: Observations) -> dict[date, dict[str, float]]:
    days: list[date] = state.labels()
    return {day: dict(zip(state.columns, row, strict=True)) for day, row in zip(days, state.values.tolist(), strict=True)}


@given(
    tables(),
    tables(),
    st.floats(0, 0.5),
    st.sampled_from([1.0, -2.0, 1e-3]),
    st.sampled_from([{}, {"Close": "Last"}, {"Open": "Open", "Last": "Close"}]),
)
def test_what_differs_is_what_a_loop_finds(
    a: Observations, b: Observations, tolerance: float, scale: float, columns: dict[str, str]
) -> None:
    of = equivalence(tolerance=tolerance, scale=scale, columns=columns)
    one = len(a.columns) == len(b.columns) == 1 and not columns
    named = {a.columns[0]: b.columns[0]} if one else columns or {name: name for name in a.columns}
    rows = [_rows(a), _rows(b)]
    overlap, wanted = 0, []
    for day, row in rows[0].items():
        for own, other in named.items():
            if own not in row or other not in rows[1].get(day, {}):
                continue
            x, y = row[own], scale * rows[1][day][other]
            if math.isnan(x) or math.isnan(y):
                continue
            overlap += 1
            difference = 0.0 if x == y else abs(x - y) / max(abs(x), abs(y))
            if difference > tolerance:
                wanted.append((day.isoformat(), own, x, rows[1][day][other], difference))

    found = compare(of, a, b, (Frequency.DAILY, Frequency.DAILY))
    cells = [(cell.date, cell.column, cell.a, cell.b, cell.difference) for cell in found.largest(999)]
    assert found.overlap == overlap
    assert sorted(cells) == sorted(wanted)
    assert [cell[-1] for cell in cells] == sorted((each[-1] for each in wanted), reverse=True)
    assert not len(found.beyond(found))


def test_series_of_one_frequency_are_compared_by_period() -> None:
    """A quarter dated by its first day is one dated by its last; of unknown frequency only equal dates are compared."""
    a = Observations.of(["2024-01-01", "2024-04-01"], ["v"], [[1.0], [2.0]])
    b = Observations.of(["2024-03-31", "2024-06-30", "2024-09-30"], ["w"], [[1.0], [3.0], [4.0]])
    found = compare(equivalence(), a, b, (Frequency.QUARTERLY, Frequency.QUARTERLY))
    assert (found.overlap, [cell.date for cell in found.largest()]) == (2, ["2024-04-01"])
    assert compare(equivalence(), a, b, (Frequency.QUARTERLY, None)).overlap == 0


def test_days_and_moments_are_compared_by_day() -> None:
    a = Observations.of(["2024-01-01"], ["v"], [[1.0]])
    b = Observations.of(["2024-01-01T16:00:00"], ["v"], [[2.0]], unit="s")
    (cell,) = compare(equivalence(), b, a, (Frequency.DAILY, Frequency.DAILY)).largest()
    assert (cell.date, cell.difference) == ("2024-01-01T16:00:00Z", 0.5)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("scale", {"scale": 0.0}),
        ("scale", {"scale": NAN}),
        ("scale", {"scale": 1e300}),
        ("tolerance", {"tolerance": -0.1}),
        ("tolerance", {"tolerance": NAN}),
        ("tolerance", {"tolerance": 1.5}),
        ("failover_after", {"failover_after": timedelta(days=-1)}),
        ("failover_after", {"failover_after": timedelta(days=1000)}),
        ("columns", {"columns": {"a": ""}}),
        ("columns", {"columns": {"a": "x", "b": "x"}}),
        ("columns", {"columns": {str(number): str(number) for number in range(101)}}),
    ],
)
def test_what_no_equivalence_can_be_is_named(field: str, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=field) as raised:
        equivalence(**changes).check()
    assert raised.value.field == field


def test_columns_of_a_splice_are_those_of_the_preferred_series() -> None:
    of_a, of_b = ("Date", "Close"), ("Close", "Last")
    assert equivalence(columns={"Close": "Last"}).splice_columns(of_a, of_b) == {"Close": "Last"}
    assert equivalence(columns={"Close": "Last"}, prefer=Side.B).splice_columns(of_a, of_b) == {"Last": "Close"}
    assert equivalence().splice_columns(of_a, of_b) == {"Close": "Close"}
    assert equivalence().splice_columns(("x",), ("y",)) == {"x": "y"}


@pytest.mark.parametrize(
    ("ratio", "scale"), [(1000.0, 1000.0), (1003.0, 1000.0), (0.01, 0.01), (1.0, 1.0), (1.5, 1.5), (-10.0, -10.0), (0.30480061, 0.304801)]
)
def test_a_scale_near_a_power_of_ten_is_that_power(ratio: float, scale: float) -> None:
    others = np.array([1.0, 2.0, 0.0, 5.0])
    assert suggested_scale(others * ratio, others) == pytest.approx(scale)
    assert suggested_scale(np.zeros(3), np.ones(3)) == 1.0


def test_evidence_of_a_series_in_other_units() -> None:
    """Overlap, correlations and differences are those of the common dates, by the column that agrees best."""
    values = np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    own = Observations.of(np.arange(5) + np.datetime64("2024-01-01"), ["v"], 1000 * values[:, None])
    noise = np.array([0.0, 0.0, 0.2, 0.0])
    table = np.column_stack([[4.0, 1.0, 9.0, 9.0], values[1:] + noise])
    other = Observations.of(np.arange(4) + np.datetime64("2024-01-02"), ["junk", "w"], table)
    found = evidence(own, other, (None, None), column="v")
    assert found
    assert (found.column, found.other_column, found.overlap, found.scale) == ("v", "w", 4, 1000.0)
    assert (found.first, found.last) == (date(2024, 1, 2), date(2024, 1, 5))
    assert found.correlation == pytest.approx(np.corrcoef(values[1:], values[1:] + noise)[0, 1])
    assert found.correlation_of_changes == pytest.approx(np.corrcoef(np.diff(values[1:]), np.diff(values[1:] + noise))[0, 1])
    assert (found.largest_difference, found.typical_difference) == (pytest.approx(0.2 / 5.2), 0.0)
    assert evidence(own.latest(2), other, (None, None), column="v") is None


def test_names_are_alike_by_the_words_that_tell() -> None:
    own = name_terms(DatasetCode("FRED", "X"), "Gross Domestic Product (DISCONTINUED)")
    assert own == ("gross", "domestic", "product")
    assert similarity(own, name_terms(DatasetCode("Y", "Z"), "The gross domestic product of all")) == 1.0
    assert similarity(own, name_terms(DatasetCode("Y", "Z"), "Gross national product")) == 0.5
    assert name_terms(DatasetCode("FRED", "DGS10"), "") == ("dgs10",)
    assert similarity((), ()) == 0.0
