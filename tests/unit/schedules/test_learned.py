"""The past of a series as it is stored becomes a next look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.schedules.history import History
from domain.schedules.learned import LearnedLook
from domain.vintages import Vintage
from tests.builders import NOBODY, an_arrival
from tests.fakes import some_observations

HOUR = timedelta(hours=1)


def daily(number: int) -> Vintage:
    """The vintage of the n-th day of 2024, which was published at 16:00 on that day and found a minute later."""
    fetched_at = datetime(2024, 1, 1, 16, 1, tzinfo=UTC) + timedelta(days=number - 1)
    vintage = Vintage.of(number, an_arrival(fetched_at, some_observations(), fetch_id=NOBODY), None)
    return replace(vintage, last=fetched_at.date(), previous_check_at=fetched_at - timedelta(minutes=2))


def history(**facts: object) -> History:
    vintages = [daily(number) for number in range(1, 41)]
    last = vintages[-1].fetched_at
    return replace(
        History(vintages=vintages, frequency=Frequency.DAILY, checked_at=last, now=last, budget=4, tz="UTC"),
        **facts,  # type: ignore[arg-type]
    )


def test_a_habit_is_followed() -> None:
    """A series that comes daily at four is looked at about four on the next day, and the reason is a sentence that says so."""
    known = history()
    look = LearnedLook()(known)

    assert timedelta(hours=23, minutes=30) < look.at - known.now < timedelta(hours=24, minutes=30)
    assert look.reason[0].isupper()
    assert look.reason.endswith(".")
    assert "16:0" in look.reason
    assert look.overdue_since is None


def test_what_has_passed_is_due_now() -> None:
    """A series that nobody has looked at for a month is looked at at once."""
    now = history().now + timedelta(days=30)
    look = LearnedLook()(history(now=now))

    assert look.at == now


def test_a_series_without_observations_is_looked_at_as_often_as_it_is_stale() -> None:
    """There is nothing to learn from; its frequency is what is known."""
    known = history(vintages=[])

    assert LearnedLook()(known).at == known.checked_at + Frequency.DAILY.max_age
    assert LearnedLook()(replace(known, frequency=None)).reason == "It holds no observations yet."


def test_a_zone_that_is_unknown_is_told() -> None:
    """As an error that names the field."""
    with pytest.raises(InvalidInput) as refused:
        LearnedLook()(history(tz="No/Zone"))

    assert refused.value.field == "tz"
