"""Periods: dates moved to the first or last day of what they are about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.frequency import DAYS_OF, MONTHS_OF, Frequency
from domain.observations import Observations
from domain.periods import Anchor, Side, aligned, stated

DAYS = st.dates(min_value=date(2, 1, 1), max_value=date(9998, 1, 1))


def moved(day: date, side: Side, frequency: Frequency | None, anchor: Anchor | None = None) -> date:
    observations = Observations.of([day], ["a"], [[1.0]])
    first = aligned(observations, side, frequency, anchor).first
    assert first
    return first


@pytest.mark.parametrize(
    ("frequency", "start", "end"),
    [
        (Frequency.MONTHLY, "2024-02-01", "2024-02-29"),
        (Frequency.BIMONTHLY, "2024-01-01", "2024-02-29"),
        (Frequency.QUARTERLY, "2024-01-01", "2024-03-31"),
        (Frequency.SEMIANNUAL, "2024-01-01", "2024-06-30"),
        (Frequency.ANNUAL, "2024-01-01", "2024-12-31"),
        (Frequency.DAILY, "2024-02-15", "2024-02-15"),
        (None, "2024-02-15", "2024-02-15"),
    ],
)
def test_a_date_moves_to_its_period(frequency: Frequency | None, start: str, end: str) -> None:
    """Month, quarter and year have a first and a last day; a day, and what has no known frequency, stays."""
    found = [moved(date(2024, 2, 15), side, frequency).isoformat() for side in Side]

    assert found == [start, end]


@given(day=DAYS, months=st.sampled_from([(Frequency.MONTHLY, 1), (Frequency.QUARTERLY, 3), (Frequency.ANNUAL, 12)]))
def test_periods_follow_each_other(day: date, months: tuple[Frequency, int]) -> None:
    """A date lies in its period, the next period begins on the day after its end, and aligning again changes nothing."""
    frequency, length = months
    start, end = (moved(day, side, frequency) for side in Side)

    assert start <= day <= end
    assert (start.day, (start.month - 1) % length) == (1, 0)
    assert moved(end + timedelta(1), Side.START, frequency) == end + timedelta(1)
    assert [moved(start, Side.END, frequency), moved(end, Side.START, frequency)] == [end, start]


START, END, WITHIN = Anchor


@pytest.mark.parametrize(
    ("day", "frequency", "anchor", "start", "end"),
    [
        ("2024-01-05", "weekly", END, "2023-12-30", "2024-01-05"),
        ("2024-02-14", "weekly", END, "2024-02-08", "2024-02-14"),
        ("2024-02-14", "weekly", START, "2024-02-14", "2024-02-20"),
        ("2024-12-30", "weekly", START, "2024-12-30", "2025-01-05"),
        ("2024-03-28", "weekly", WITHIN, "2024-03-25", "2024-03-31"),
        ("2024-03-31", "weekly", WITHIN, "2024-03-25", "2024-03-31"),
        ("2024-04-01", "weekly", WITHIN, "2024-04-01", "2024-04-07"),
        ("2024-01-08", "biweekly", END, "2023-12-26", "2024-01-08"),
        ("2024-01-08", "biweekly", START, "2024-01-08", "2024-01-21"),
        ("2024-06-28", "monthly", END, "2024-06-01", "2024-06-30"),
        ("2024-03-01", "bimonthly", START, "2024-03-01", "2024-04-30"),
        ("2024-08-01", "quarterly", START, "2024-08-01", "2024-10-31"),
        ("2024-01-31", "quarterly", END, "2023-11-01", "2024-01-31"),
        ("2024-08-15", "quarterly", WITHIN, "2024-07-01", "2024-09-30"),
        ("2024-07-01", "semiannual", START, "2024-07-01", "2024-12-31"),
        ("2023-09-30", "annual", END, "2022-10-01", "2023-09-30"),
        ("1901-06-30", "annual", END, "1900-07-01", "1901-06-30"),
        ("2023-04-01", "annual", START, "2023-04-01", "2024-03-31"),
        ("2020-04-06", "annual", START, "2020-04-06", "2021-04-05"),
        ("2020-10-06", "semiannual", START, "2020-10-06", "2021-04-05"),
        ("2020-01-06", "quarterly", START, "2020-01-06", "2020-04-05"),
        ("2020-01-31", "monthly", START, "2020-01-31", "2020-02-28"),
        ("2019-02-28", "annual", START, "2019-02-28", "2020-02-27"),
        ("2023-07-01", "annual", WITHIN, "2023-01-01", "2023-12-31"),
        ("2023-07-01", "annual", None, "2023-01-01", "2023-12-31"),
    ],
)
def test_a_period_is_where_its_date_is_said_to_stand(day: str, frequency: str, anchor: Anchor | None, start: str, end: str) -> None:
    """A date that is the first or last day of its period tells the other; one that is any day of it stands in the calendar's."""
    assert [moved(date.fromisoformat(day), side, Frequency(frequency), anchor).isoformat() for side in Side] == [start, end]


@pytest.mark.parametrize(("frequency", "anchor"), [("weekly", None), ("biweekly", None), ("biweekly", WITHIN)])
@pytest.mark.parametrize("side", list(Side))
def test_where_a_week_begins_is_never_guessed(frequency: str, anchor: Anchor | None, side: Side) -> None:
    """Weeks of which nothing says where they begin are not moved: an error tells so."""
    with pytest.raises(InvalidInput, match="does not state") as caught:
        moved(date(2024, 2, 14), side, Frequency(frequency), anchor)

    assert caught.value.field == "periods"


@pytest.mark.parametrize(
    ("days", "frequency", "starts", "ends"),
    [
        (["2019-04-06", "2020-04-06"], "annual", ["2019-04-06", "2020-04-06"], ["2020-04-05", "2021-04-05"]),
        (["2020-01-31", "2020-02-29"], "monthly", ["2020-01-31", "2020-02-29"], ["2020-02-28", "2020-03-30"]),
        (["1980-12-12", "1981-01-01"], "monthly", ["1980-12-01", "1981-01-01"], ["1980-12-31", "1981-01-31"]),
        (["2024-01-01", "2024-07-01"], "semiannual", ["2024-01-01", "2024-07-01"], ["2024-06-30", "2024-12-31"]),
        ([], "annual", [], []),
    ],
)
def test_reporting_years_begin_on_their_own_day(days: list[str], frequency: str, starts: list[str], ends: list[str]) -> None:
    """A series whose first days all are one day of the month keeps it; where days differ, as in a share's first month, months are whole."""
    observations = Observations.of(days, ["a"], [[1.0]] * len(days))
    found = [aligned(observations, side, Frequency(frequency), START).dates.astype(str).tolist() for side in Side]

    assert found == [starts, ends]


@given(day=DAYS, frequency=st.sampled_from([*DAYS_OF, *MONTHS_OF]), anchor=st.sampled_from([START, END]))
def test_anchors_are_two_ways_to_say_the_same(day: date, frequency: Frequency, anchor: Anchor) -> None:
    """What is moved to its first day is moved back from there, and periods dated by either day follow each other."""
    if frequency in MONTHS_OF:
        day = day.replace(day=1)
    start, end = (moved(day, side, frequency, anchor) for side in Side)

    assert [moved(start, side, frequency, START) for side in Side] == [start, end]
    assert [moved(end, side, frequency, END) for side in Side] == [start, end]
    assert moved(end + timedelta(1), Side.START, frequency, START) == end + timedelta(1)


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("first day of the period", START),
        ("first day of the quarter or first day of the year", START),
        ("last day of the week, a Friday", END),
        ("last day of the fiscal year", END),
        ("a day of the period", WITHIN),
        ("the provider's own day", None),
        ("the day itself", None),
        ("Saturday of the week", None),
        ("first day of trading", None),
        ("", None),
        (None, None),
        (["first day of the week"], None),
    ],
)
def test_an_anchor_is_stated_in_words(text: object, anchor: Anchor | None) -> None:
    """The words with which a provider's statement begins tell the anchor, those of earlier versions too; others state none."""
    assert stated(text) is anchor
    assert anchor is None or stated(anchor.of("week")) is anchor


def test_two_dates_of_one_period_are_refused() -> None:
    """What would fall together is not put together, whether the values are alike or not."""
    for second in (1.0, 2.0):
        with pytest.raises(InvalidInput) as caught:
            aligned(Observations.of(["2024-02-01", "2024-02-02"], ["a"], [[1.0], [second]]), Side.END, Frequency.MONTHLY)
        assert caught.value.field == "periods"


def test_moments_stay() -> None:
    """An axis of seconds is no axis of periods."""
    moments = Observations.of(["2024-02-01T10:00:00"], ["a"], [[1.0]], unit="s")

    assert aligned(moments, Side.END, Frequency.MONTHLY) == moments
