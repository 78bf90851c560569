"""A frequency that changed, as it is declared or as dates show it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from domain.frequency import Frequency
from domain.gates.cells import Gate
from domain.gates.rhythm import declared_change, shown_change
from domain.observations import Observations

MONTHS = np.arange("2020-01", "2024-01", dtype="datetime64[M]").astype("datetime64[D]")
QUARTERS = MONTHS[::3]
DAYS = np.arange("2024-01-01", "2024-02-01", dtype="datetime64[D]")
WEEKDAYS = DAYS[np.is_busday(DAYS)]


def at(*parts: np.ndarray) -> Observations:
    dates = np.unique(np.concatenate(parts))
    return Observations.of(dates, ["Value"], np.ones((len(dates), 1)))


def test_a_declared_frequency_changes_if_both_are_known() -> None:
    changed = declared_change(Frequency.MONTHLY, Frequency.DAILY)

    assert changed
    assert (changed.before, changed.after, changed.cells) == (Frequency.MONTHLY, Frequency.DAILY, ())
    assert declared_change(Frequency.MONTHLY, Frequency.MONTHLY) is None
    assert declared_change(None, Frequency.MONTHLY) is None
    assert declared_change(Frequency.MONTHLY, None) is None


CHANGED: Mapping[str, tuple[Observations, Observations, Frequency, Frequency]] = {
    "all dates": (at(QUARTERS), at(MONTHS), Frequency.QUARTERLY, Frequency.MONTHLY),
    "days after months": (at(MONTHS), at(MONTHS, DAYS), Frequency.MONTHLY, Frequency.DAILY),
    "days of the week after months": (at(MONTHS), at(MONTHS, WEEKDAYS), Frequency.MONTHLY, Frequency.DAILY),
    "months after quarters": (at(QUARTERS[:-1]), at(QUARTERS[:-1], MONTHS[-5:]), Frequency.QUARTERLY, Frequency.MONTHLY),
    "weeks after days and a gap": (at(DAYS), at(DAYS, DAYS[-1] + 4 + np.arange(1, 4) * 7), Frequency.DAILY, Frequency.WEEKLY),
    "weeks after days": (at(DAYS), at(DAYS, DAYS[-1] + np.arange(1, 4) * 7), Frequency.DAILY, Frequency.WEEKLY),
}
SAME: Mapping[str, tuple[Observations, Observations]] = {
    "months go on": (at(MONTHS[:-2]), at(MONTHS)),
    "quarters go on": (at(QUARTERS[:-2]), at(QUARTERS)),
    "weekdays go on": (at(WEEKDAYS[:-2]), at(WEEKDAYS)),
    "one more month": (at(MONTHS[:-1]), at(MONTHS)),
    "a window of another series of dates": (at(MONTHS), at(MONTHS[10:20])),
    "too few before": (at(MONTHS[:2]), at(DAYS)),
    "too few after": (at(MONTHS), at(DAYS[:2])),
    "no frequency before": (at(MONTHS, DAYS), at(MONTHS, DAYS, DAYS + 31)),
    "nothing before": (Observations.empty(["Value"]), at(MONTHS)),
    "days that are left out": (at(DAYS[:20]), at(DAYS[:20], DAYS[24:25], DAYS[27:28])),
}


@pytest.mark.parametrize("what", CHANGED)
def test_dates_show_a_change(what: str) -> None:
    """All of them, or those after the last that was stored; the new ones are named."""
    stored, answer, before, after = CHANGED[what]
    changed = shown_change(stored, answer)

    assert changed
    assert (changed.before, changed.after) == (before, after)
    assert {cell.gate for cell in changed.cells} == {Gate.FREQUENCY}
    assert changed.cells[0].date == str(np.setdiff1d(answer.dates, stored.dates)[0])
    assert (changed.cells[0].column, changed.cells[0].value) == (None, None)


@pytest.mark.parametrize("what", SAME)
def test_dates_show_no_change(what: str) -> None:
    stored, answer = SAME[what]

    assert shown_change(stored, answer) is None


def test_moments_are_compared_with_days() -> None:
    """An axis of seconds shows days as well as an axis of days."""
    moments = Observations.of(DAYS.astype("datetime64[s]"), ["Value"], np.ones((len(DAYS), 1)), unit="s")
    hours = Observations.of(np.arange("2024-01-01", "2024-01-03", dtype="datetime64[h]"), ["Value"], np.ones((48, 1)), unit="s")
    found = shown_change(at(DAYS), hours)

    assert shown_change(at(DAYS), moments) is None
    assert found
    assert found.after is Frequency.HOURLY
