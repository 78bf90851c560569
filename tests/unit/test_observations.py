"""Observations: sorted, unique, immutable, and cut without copies going wrong."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime

import numpy as np
import pytest

from domain.errors import InvalidObservations
from domain.observations import Observations
from tests.fakes import NAN, some_observations


def test_dates_are_sorted_and_rows_follow() -> None:
    """Rows given in any order end up oldest first."""
    observations = Observations.of(["2024-01-02", "2024-01-01"], ["a", "b"], [[3, 4], [1, NAN]])

    assert list(observations.rows()) == [(date(2024, 1, 1), [1.0, None]), (date(2024, 1, 2), [3.0, 4.0])]


def test_a_row_repeated_to_the_bit_counts_once() -> None:
    """The same date with the same values, missing ones included, is kept once."""
    observations = Observations.of(["2024-01-02", "2024-01-01", "2024-01-02"], ["a", "b"], [[1, NAN], [0, 0], [1, NAN]])

    assert observations.texts() == ["2024-01-01", "2024-01-02"]


@pytest.mark.parametrize("values", [[[1.0], [2.0]], [[0.0], [-0.0]], [[1.0], [NAN]]])
def test_a_date_with_two_different_rows_is_refused(values: list[list[float]]) -> None:
    """Even the sign of zero makes two rows different."""
    with pytest.raises(InvalidObservations, match="2024-01-01 stands twice"):
        Observations.of(["2024-01-01"] * 2, ["a"], values)


@pytest.mark.parametrize(
    ("dates", "values"),
    [
        (["2024-01-01"], [[float("inf")]]),
        (["2024-01-01"], [[1.0, 2.0]]),
        (["2024-01-01"], [[]]),
        ([], [[1.0]]),
        (["NaT"], [[1.0]]),
        (["10000-01-01"], [[1.0]]),
        (["0000-12-31"], [[1.0]]),
    ],
)
def test_what_is_no_series_is_refused(dates: list[str], values: list[list[float]]) -> None:
    """Infinities, other shapes, missing dates and years outside 1–9999 are refused."""
    with pytest.raises(InvalidObservations):
        Observations.of(dates, ["a"], values)


def test_every_nan_becomes_the_same() -> None:
    """All bit patterns of NaN are kept as one, so that equal states are equal bytes."""
    odd = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_0123))[0]
    observations = Observations.of(["2024-01-01"], ["a"], [[odd]])

    assert observations.bits[0, 0] == 0x7FF8_0000_0000_0000


def test_negative_zero_is_kept_and_differs() -> None:
    """−0.0 is another value than 0.0."""
    minus, plus = (Observations.of(["2024-01-01"], ["a"], [[zero]]) for zero in (-0.0, 0.0))

    assert np.signbit(minus.values[0, 0])
    assert minus != plus
    assert minus.digest() != plus.digest()


def test_nothing_can_be_changed() -> None:
    """Neither dates nor values can be written to, nor the arrays they were made of reach them."""
    values = np.array([[1.0]])
    observations = Observations.of(["2024-01-01"], ["a"], values)
    values[0, 0] = 2.0

    assert observations.values[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        observations.values[0, 0] = 3.0
    with pytest.raises(ValueError, match="read-only"):
        observations.dates[0] = np.datetime64("2025-01-01")


@pytest.mark.parametrize(
    ("start", "end", "texts"),
    [
        (None, None, ["2024-01-01", "2024-01-02", "2024-01-03"]),
        (date(2024, 1, 2), None, ["2024-01-02", "2024-01-03"]),
        (None, date(2024, 1, 2), ["2024-01-01", "2024-01-02"]),
        (date(2023, 1, 1), date(2023, 12, 31), []),
        (date(2024, 1, 3), date(2024, 1, 1), []),
        (date(2024, 1, 2), date(2024, 1, 2), ["2024-01-02"]),
    ],
)
def test_a_window_includes_both_ends(start: date | None, end: date | None, texts: list[str]) -> None:
    """A window outside the dates, or turned round, is empty."""
    assert some_observations().window(start, end).texts() == texts


def test_a_day_as_end_holds_all_its_seconds() -> None:
    """On an axis of seconds a day begins at its first and ends with its last."""
    moments = ["2024-01-01T23:59:59", "2024-01-02T00:00:00", "2024-01-02T23:59:59", "2024-01-03T00:00:00"]
    observations = Observations.of(moments, ["a"], [[1], [2], [3], [4]], unit="s")

    assert observations.window(date(2024, 1, 2), date(2024, 1, 2)).texts() == ["2024-01-02T00:00:00Z", "2024-01-02T23:59:59Z"]
    assert observations.window(datetime(2024, 1, 2, 23, 59, 59, tzinfo=UTC)).labels() == [
        datetime(2024, 1, 2, 23, 59, 59, tzinfo=UTC),
        datetime(2024, 1, 3, tzinfo=UTC),
    ]


def test_columns_and_the_newest_rows_can_be_chosen() -> None:
    """A selection keeps the order asked for; latest keeps the newest dates."""
    chosen = some_observations().select([1, 0]).latest(1)

    assert (chosen.columns, list(chosen.rows())) == (("Close", "Open"), [(date(2024, 1, 3), [3.5, 3.0])])
    assert len(some_observations().latest(0)) == 0
    assert next(some_observations().select([]).rows()) == (date(2024, 1, 1), [])


def test_the_digest_tells_states_apart() -> None:
    """Unit, names, their bounds, dates and values all count; equal states have equal digests."""
    base = Observations.of(["2024-01-01"], ["ab", "c"], [[1, 2]])
    others = [
        Observations.of(["2024-01-01"], ["a", "bc"], [[1, 2]]),
        Observations.of(["2024-01-01"], ["c", "ab"], [[1, 2]]),
        Observations.of(["2024-01-02"], ["ab", "c"], [[1, 2]]),
        Observations.of(["2024-01-01"], ["ab", "c"], [[2, 1]]),
        Observations.of(["2024-01-01"], ["ab", "c"], [[1, 2]], unit="s"),
        Observations.of(["2024-01-01"], ["ab"], [[1]]),
    ]

    assert base.digest() == Observations.of(["2024-01-01"], ["ab", "c"], [[1.0, 2.0]]).digest()
    assert all(base != other for other in others)
    assert len({base.digest(), *(other.digest() for other in others)}) == 1 + len(others)


def test_an_empty_state_is_a_state() -> None:
    """A series may have columns and no dates, or dates and no columns."""
    nothing = Observations.empty(["a"])

    assert (len(nothing), nothing.first, nothing.last, nothing.known_cells, list(nothing.rows())) == (0, None, None, 0, [])
    assert list(Observations.of(["2024-01-01"], [], [[]]).rows()) == [(date(2024, 1, 1), [])]
