"""Decision moments: rules of the calendar, and times of day across clock changes; queries survive their own words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from typing import Any

import numpy as np
import pytest

from domain.frequency import Frequency
from domain.panels.decisions import Decisions
from domain.panels.query import PanelQuery, document_of
from domain.panels.spelling import read_series, write_series
from domain.periods import Anchor, bounds
from tests.panels.brute import bounds as plain_bounds


def days(**given: str) -> list[str]:
    return [moment.date().isoformat() for moment in Decisions.read({"at": "12:00", "tz": "UTC", **given}).moments]


@pytest.mark.parametrize(
    ("every", "end", "expected"),
    [
        ("P1M", "2024-05-31", ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]),
        ("P1Y", "2026-02-01", ["2024-01-31", "2025-01-31", "2026-01-31"]),
        ("P1W", "2024-02-14", ["2024-01-31", "2024-02-07", "2024-02-14"]),
        ("P2D", "2024-02-04", ["2024-01-31", "2024-02-02", "2024-02-04"]),
        ("business_days", "2024-02-06", ["2024-01-31", "2024-02-01", "2024-02-02", "2024-02-05", "2024-02-06"]),
        ("month_ends", "2024-03-30", ["2024-01-31", "2024-02-29"]),
        ("quarter_ends", "2024-06-30", ["2024-03-31", "2024-06-30"]),
    ],
)
def test_rules(every: str, end: str, expected: list[str]) -> None:
    """Months are counted from the start and clipped, not from a clipped day on."""
    assert days(start="2024-01-31", end=end, every=every) == expected


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        ("2024-03-10", "02:30", "America/New_York", "2024-03-10T07:00:00"),
        ("2024-11-03", "01:30", "America/New_York", "2024-11-03T05:30:00"),
        ("2024-10-06", "02:15", "Australia/Lord_Howe", "2024-10-05T15:30:00"),
        ("2024-07-01", "15:00", "Asia/Tokyo", "2024-07-01T06:00:00"),
    ],
)
def test_clock_changes(day: str, at: str, zone: str, expected: str) -> None:
    """A skipped time is the first instant after it, a repeated one the earlier; the day is that of the zone."""
    found = Decisions.read({"dates": [day], "at": at, "tz": zone})

    assert found.moments == (datetime.fromisoformat(expected).replace(tzinfo=UTC),)
    assert found.days.tolist() == [date.fromisoformat(day)]


def test_a_query_survives_its_own_words() -> None:
    """Read again from its document, and each series from one text, it is the same."""
    own: dict[str, Any] = {"release": "0", "lag": "P1DT6H0M0S", "column": "50%; or more", "name": "x", "checked_at": "2024-06-01T12:00:00Z"}
    own |= {"release_time": "08:30:00", "tz": "America/New_York", "assume": "learned"}
    series = [{"code": "canned:X/GDP", **own}, {"code": "X/B", "window": "3", "collapse": "annual", "transform": "yoy", "max_age": "P9D"}]
    series += [{"code": "X/C", "clock": "seen", "change": "1", "fill": "previous", "assume": "P45D"}, {"code": "X/D", "restated": "true"}]
    query = PanelQuery.read({"dates": ["2024-06-01T12:00:00Z"], "tz": "Asia/Tokyo", "position": 7, "max_age": "P400D", "series": series})
    document = document_of(query)
    texts = [write_series(each) for each in document["series"]]

    assert PanelQuery.read(document) == query
    assert [read_series(text) for text in texts] == document["series"]


def test_bounds_of_periods() -> None:
    """They are those of plain loops over the calendar, for every anchor."""
    random = Random(1)
    dates = sorted({date.fromordinal(random.randrange(730_000, 740_000)) for _ in range(300)})
    for frequency in ("daily", "weekly", "monthly", "quarterly", "annual"):
        for anchor in (None, *Anchor):
            starts, ends = bounds(np.array(dates, "datetime64[D]"), Frequency(frequency), anchor)
            assert list(zip(starts.tolist(), ends.tolist(), strict=True)) == [plain_bounds(day, frequency, anchor) for day in dates]
