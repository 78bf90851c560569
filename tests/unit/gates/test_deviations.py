"""Values whose change lies beyond so many robust deviations of those of their own history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.gates.cells import MOST_CELLS, Gate, SuspiciousCell
from domain.gates.deviations import FEWEST_CHANGES, UsualChange, UsualStep, beyond_deviations
from domain.observations import Observations
from tests.fakes import NAN

K = 8.0
#: Small changes in both directions, none of zero.
SWINGS = [100.0 + each for each in (0, 1, -1, 2, 0, -2, 1, 3, 0, 2, -1, 1, 0, -2, 2)]

histories = st.lists(st.integers(-1000, 1000), min_size=0, max_size=40)
news = st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=5)


def state(values: Sequence[float], column: str = "Value", *, begin: int = 0) -> Observations:
    """Consecutive days, from a day of 1970 on."""
    return Observations.of(range(begin, begin + len(values)), [column], [[value] for value in values])


def refused(stored: Sequence[float], answer: Sequence[float], number: float = K) -> list[SuspiciousCell]:
    found = beyond_deviations(state(stored), state(answer), number)
    assert found.count == len(found.cells)
    return [*found.cells]


def values_of(cells: Sequence[SuspiciousCell]) -> list[float | None]:
    return [cell.value for cell in cells]


def test_the_deviation_is_that_of_the_median() -> None:
    """1.4826 times the median distance from the median, here 0 and 2."""
    usual = UsualChange.of(np.array([-4.0, -2.0, 0.0, 2.0, 4.0]))

    assert usual == UsualChange(0.0, 1.4826 * 2)
    assert usual.bounds(10) == pytest.approx((-29.652, 29.652))


def test_equal_steps_are_measured_by_their_size() -> None:
    """Where more than half of the changes are the same, the median distance is 0, and the size of a change counts."""
    assert UsualChange.of(np.array([3.0, 3.0, 3.0, 4.0])) == UsualChange(3.0, 1.4826 * 3)


def test_a_cell_is_named_with_what_was_expected() -> None:
    """Its date, its column, its value, what it was, and between what it was expected."""
    (added,) = refused(SWINGS, [*SWINGS, 150])
    (revised,) = refused(SWINGS, [*SWINGS[:-1], 10])

    assert (added.gate, added.date, added.column, added.value, added.before) == (Gate.DEVIATIONS, "1970-01-16", "Value", 150, None)
    assert added.low == pytest.approx(102 - 24, abs=2)
    assert added.high == pytest.approx(102 + 26, abs=2)
    assert (revised.date, revised.value, revised.before) == ("1970-01-15", 10, 102)


def test_moments_are_in_utc() -> None:
    """A date finer than a day is written as everywhere."""
    seconds = Observations.of(range(len(SWINGS)), ["Value"], [[each] for each in SWINGS], unit="s")
    later = Observations.of(range(len(SWINGS) + 1), ["Value"], [[each] for each in (*SWINGS, 900)], unit="s")

    assert [cell.date for cell in beyond_deviations(seconds, later, K).cells] == ["1970-01-01T00:00:15Z"]


RISING = [float(n) for n in range(1, 60)]
GROWING = [100 * 1.02**n for n in range(60)]
STEPS = [0.25 * (n // 4) for n in range(60)]
USUAL: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "a trend goes on": (RISING, [*RISING, 60, 61, 62]),
    "a trend that goes on a little faster": (RISING, [*RISING, 63, 67]),
    "growth goes on, larger than all differences before": (GROWING, [*GROWING, GROWING[-1] * 1.08]),
    "a decline": (RISING[::-1], [*RISING[::-1], 0, -1]),
    "rare steps": (STEPS, [*STEPS, STEPS[-1] + 0.5]),
    "near zero ratios are large": ([5, 4, 3, 4, 5, 4, 3, 2, 3, 2, 1, 0.5, 0.1], [5, 4, 3, 4, 5, 4, 3, 2, 3, 2, 1, 0.5, 0.1, 2.1]),
    "all is put on another base": (GROWING, [each * 1.3 for each in GROWING]),
    "nothing is new": (SWINGS, SWINGS),
    "a new column of gaps": (SWINGS, [*SWINGS, NAN]),
    "what was unusual is there already": ([*SWINGS, 900, *SWINGS], [*SWINGS, 900, *SWINGS, 101]),
    "fewer rows": (SWINGS, SWINGS[:9]),
}


@pytest.mark.parametrize("what", USUAL)
def test_what_is_usual_passes(what: str) -> None:
    """A series with a trend is not refused for going on."""
    stored, answer = USUAL[what]

    assert refused(stored, answer) == []


UNUSUAL: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]] = {
    "one too high": (SWINGS, [*SWINGS, 1000], [1000]),
    "a point that slipped": (GROWING, [*GROWING, GROWING[-1] / 100], [GROWING[-1] / 100]),
    "zero for a gap": (GROWING, [*GROWING, 0], [0]),
    "only the one that jumps, not what comes back": (SWINGS, [*SWINGS, 1000, 101, 102], [1000]),
    "all that stay there": (SWINGS, [*SWINGS, 1000, 1001, 1002], [1000, 1001, 1002]),
    "a revision": (SWINGS, [*SWINGS[:5], 700, *SWINGS[6:]], [700]),
    "a revision of the first": (SWINGS, [-700, *SWINGS[1:]], [-700]),
    "the other sign": (GROWING, [*GROWING, -GROWING[-1]], [-GROWING[-1]]),
    "after a gap": (SWINGS, [*SWINGS, NAN, 1000], [1000]),
    "in a history with gaps": ([each for pair in zip(SWINGS, [NAN] * 15, strict=True) for each in pair], [*SWINGS, 1000], [1000]),
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_unusual_is_named(what: str) -> None:
    """A value is compared with the last one that was there or is usual itself."""
    stored, answer, named = UNUSUAL[what]

    assert values_of(refused(stored, answer)) == named


def test_only_what_is_set_is_refused() -> None:
    """More deviations let more pass."""
    answer = [*SWINGS, 150]

    assert [bool(refused(SWINGS, answer, number)) for number in (2, 8, 12, 20, 100)] == [True, True, True, False, False]


def test_older_values_are_compared_with_what_follows() -> None:
    """Values before all that are stored have none before them."""
    stored, longer = state(SWINGS, begin=100), state([1.0, *SWINGS], begin=99)
    (cell,) = beyond_deviations(stored, longer, K).cells

    assert (cell.value, cell.before) == (1.0, None)
    assert cell.low is not None
    assert cell.low > 50


def test_each_column_has_a_history_of_its_own() -> None:
    """A column of the same name goes with its namesake in order, and one that is new has nothing to be compared with."""
    wide = [[each, each * 1000] for each in SWINGS]
    stored = Observations.of(range(15), ["a", "a"], wide)
    answer = Observations.of(range(16), ["a", "a", "b"], [[*row, 5.0] for row in wide] + [[101.0, 500_000.0, 1e9]])

    assert [(cell.column, cell.value) for cell in beyond_deviations(stored, answer, K).cells] == [("a", 500_000.0)]


@pytest.mark.parametrize("stored", [[], [1.0], [100.0] * 500, SWINGS[:FEWEST_CHANGES], [NAN] * 30, [7.0] * 30 + [8.0] * 30])
def test_a_history_that_shows_nothing_refuses_nothing(stored: Sequence[float]) -> None:
    """Too few values, or a value that hardly ever changed, do not show what is usual."""
    assert refused(stored, [*stored, 1e12, -1e12, 0, 1]) == []


def test_enough_changes_show_what_is_usual() -> None:
    """Ten of them."""
    assert len(refused(SWINGS[: FEWEST_CHANGES + 1], [*SWINGS[: FEWEST_CHANGES + 1], 1e6])) == 1


@settings(deadline=None)
@given(histories, news, st.sampled_from([-40, -3, 0, 1, 7, 60]), st.floats(1, 50))
def test_the_unit_does_not_matter(history: list[int], further: list[int], exponent: int, number: float) -> None:
    """Values that are all a power of two times as large are refused alike, with bounds as many times as large."""
    factor = 2.0**exponent
    plain = refused([*history], [*history, *further], number)
    scaled = refused([each * factor for each in history], [each * factor for each in (*history, *further)], number)

    assert [cell.date for cell in scaled] == [cell.date for cell in plain]
    for one, other in zip(plain, scaled, strict=True):
        assert other.value == (one.value or 0.0) * factor
        assert [other.low, other.high] == pytest.approx([(one.low or 0.0) * factor, (one.high or 0.0) * factor])


@settings(deadline=None)
@given(histories, news, st.lists(st.integers(0, 40), max_size=10), st.floats(1, 50))
def test_gaps_do_not_matter(history: list[int], further: list[int], gaps: list[int], number: float) -> None:
    """Missing values between others are passed over, in what is stored and in the answer."""
    with_gaps: list[float] = [*history]
    for gap in gaps:
        with_gaps.insert(gap % (len(with_gaps) + 1), NAN)

    assert values_of(refused(with_gaps, [*with_gaps, NAN, *further], number)) == values_of(
        refused([*history], [*history, *further], number)
    )


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=False), max_size=30), st.lists(st.floats(allow_infinity=False), max_size=6))
def test_any_numbers_are_judged(history: list[float], further: list[float]) -> None:
    """The largest and the smallest doubles too: what is refused lies outside finite bounds, and is new."""
    answer = [*history, *further]
    for cell in refused(history, answer):
        assert cell.value in further
        assert cell.low is not None
        assert cell.high is not None
        assert cell.value is not None
        assert not cell.low <= cell.value <= cell.high
        assert np.isfinite([cell.low, cell.high]).all()


@settings(deadline=None)
@given(histories, news)
def test_more_deviations_refuse_no_more_dates_at_first(history: list[int], further: list[int]) -> None:
    """The first value that is refused with a larger number is refused with a smaller one too, or one before it is."""
    few, many = (refused([*history], [*history, *further], number) for number in (2.0, 20.0))

    assert not many or (few and few[0].date <= many[0].date)


@settings(deadline=None)
@given(st.integers(1, 1000), st.integers(-(10**6), 10**6), st.integers(FEWEST_CHANGES + 1, 60), st.integers(1, 30))
def test_a_straight_line_goes_on(step: int, begin: int, stored: int, added: int) -> None:
    """By any step from any value, for any time."""
    line = [float(begin + step * n) for n in range(stored + added)]

    assert refused(line[:stored], line, 1.0) == []


def plainly(stored: Sequence[float], answer: Sequence[float], number: float) -> list[int]:
    """The rows that a loop over the values refuses, one after the other."""
    step = UsualStep.of(np.array(stored), number)
    rows = [row for row, value in enumerate(answer) if not np.isnan(value)]
    if step is None or len(rows) < 2:
        return []
    found, last = [], None
    for place, row in enumerate(rows):
        is_old = row < len(stored) and answer[row] == stored[row]
        if not is_old and (last is not None or place + 1 < len(rows)):
            beside = np.array([answer[rows[place + 1]] if last is None else last])
            low, high = step.before(beside) if last is None else step.after(beside)
            if not low[0] <= answer[row] <= high[0]:
                found.append(row)
                continue
        last = answer[row]
    return found


@settings(deadline=None)
@given(
    st.lists(st.integers(-20, 20), min_size=12, max_size=40),
    st.lists(st.integers(-20, 20) | st.integers(-(10**4), 10**4) | st.just(NAN), min_size=1, max_size=60),
    st.floats(1, 30),
    st.booleans(),
)
def test_the_same_is_refused_as_by_a_loop(stored: list[float], answer: list[float], number: float, goes_on: bool) -> None:  # noqa: FBT001
    """Runs of any length, spikes, gaps and revisions, at the beginning too."""
    full = [*stored, *answer] if goes_on else [*answer, *stored[len(answer) :]]
    found = beyond_deviations(state(stored), state(full), number)
    rows = plainly(stored, full, number)

    assert found.count == len(rows)
    assert [cell.date for cell in found.cells] == [state(full).texts()[row] for row in rows[:MOST_CELLS]]


def test_many_are_counted_and_the_first_are_named() -> None:
    """However long they stay there, in whatever column."""
    wide = [[each, each + 50] for each in SWINGS]
    stored = Observations.of(range(15), ["a", "b"], wide)
    answer = Observations.of(range(115), ["a", "b"], [*wide, *([900.0, 900.0] for _ in range(100))])
    found = beyond_deviations(stored, answer, K)

    assert (found.count, len(found.cells), {cell.column for cell in found.cells}) == (200, MOST_CELLS, {"a"})
