"""On which day of its period each date stands: the first of what is written as periods, else the one that an option states."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import read, under_dates

FRIDAYS = under_dates(["2024-01-05", "2024-01-12", "2024-01-19"])
MIXED = under_dates(["2024-01-05", "2024-01-11", "2024-01-19"])
MONTH_ENDS = under_dates(["2024-01-31", "2024-02-29", "2024-03-31"])
DAYS = under_dates(["2024-01-03", "2024-01-04", "2024-01-05"])


@pytest.mark.parametrize(
    ("text", "anchor", "dates"),
    [
        (FRIDAYS, "", None),
        (FRIDAYS, "last day", "last day of the week"),
        (FRIDAYS, "first day", "first day of the week"),
        (FRIDAYS, "a day", "a day of the week"),
        (MIXED, "a day", "a day of the week"),
        (MONTH_ENDS, "last day", "last day of the month"),
        (under_dates(["2023-09-30", "2024-09-30", "2025-09-30"]), "last day", "last day of the year"),
        (DAYS, "last day", None),
        (under_dates(["2024-01-05"]), "last day", None),
        (under_dates(["2024-01", "2024-02", "2024-03"]), "", "first day of the month"),
        (under_dates(["2024-01", "2024-02", "2024-03"]), "first day", "first day of the month"),
        (under_dates(["2024-W05"], "Week"), "first day", "first day of the week"),
    ],
)
def test_the_day_of_a_period_is_stated(text, anchor, dates):
    """Metadata say it in the words that ``periods`` follows; days and series without a frequency have no period."""
    series = read(text, **({"anchor": anchor} if anchor else {}))

    assert series.metadata("x").extra.get("dates") == dates


@pytest.mark.parametrize(
    ("text", "anchor", "words"),
    [
        (MIXED, "last day", "its dates fall on 2 different days of the week, and not each on the last day; option anchor"),
        (MIXED, "first day", "its dates fall on 2 different days of the week, and not each on the first day; option anchor"),
        (under_dates(["2024-W05", "2024-W06"], "Week"), "last day", "its weekly periods stand on their first day; option anchor"),
        (FRIDAYS, "Friday", "option anchor is 'first day' or 'last day' or 'a day', not 'Friday'"),
    ],
)
def test_a_day_on_which_dates_do_not_stand_is_refused(text, anchor, words):
    """A statement that the dates contradict moves none of them to a wrong day."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(text, anchor=anchor)

    assert words in raised.value.message
