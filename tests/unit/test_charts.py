"""Scales, ticks, marks and words of the charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.frequency import Frequency
from entrypoints.web import words
from entrypoints.web.charts import marks, scales, time_axis
from entrypoints.web.charts.drawing import draw
from entrypoints.web.charts.markup import element
from entrypoints.web.charts.plot import Curve, Kind, Plot, tick_labels
from entrypoints.web.charts.strips import sparkline


@pytest.mark.parametrize(
    ("values", "zero", "ends"),
    [
        ([1, 9], False, (0, 10)),
        ([14000, 29349.9], False, (10000, 30000)),
        ([-7.6, 9.3], True, (-10, 10)),
        ([3, 4], True, (0, 4)),
        ([5, 5], False, (4.4, 5.6)),
        ([0, 0], False, (-1, 1)),
        ([1e-9, 3e-9], False, (1e-9, 3e-9)),
        ([np.nan, 2, 4], False, (2, 4)),
        ([np.nan], False, (0, 1)),
        ([-1e15, 1e15], False, (-1e15, 1e15)),
    ],
)
def test_linear_scales_end_at_round_values(values: list[float], *, zero: bool, ends: tuple[float, float]) -> None:
    """All values are between the ends, and the ticks are evenly spaced round values."""
    scale = scales.linear(np.array(values), 100, 0, zero=zero)

    assert (scale.low, scale.high) == pytest.approx(ends, abs=0)
    assert 3 <= len(scale.ticks) <= 9
    assert np.allclose(np.diff(scale.ticks), np.diff(scale.ticks)[0])
    assert (scale.at(scale.low), scale.at(scale.high)) == (100, 0)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([3, 80], (2, 5, 10, 20, 50, 100)),
        ([1, 1e6], (1, 10, 100, 1000, 10000, 100000, 1000000)),
        ([0.02, 0.04], (0.02, 0.05)),
    ],
)
def test_logarithmic_scales(values: list[float], ticks: tuple[float, ...]) -> None:
    """Ticks are 1, 2 and 5 in each decade, or powers of ten where there are many."""
    assert scales.logarithmic(np.array(values), 100, 0).ticks == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("first", "last", "most", "labels"),
    [
        ("2003-01-01", "2010-10-01", 9, ["2003", "2004", "2005", "2006", "2007", "2008", "2009", "2010"]),
        ("1947-01-01", "2024-07-01", 9, ["1950", "1960", "1970", "1980", "1990", "2000", "2010", "2020"]),
        ("2023-11-01", "2024-06-01", 8, ["Nov 2023", "Dec 2023", "Jan 2024", "Feb 2024", "Mar 2024", "Apr 2024", "May 2024", "Jun 2024"]),
        ("2024-01-01", "2024-01-09", 9, ["1 Jan 2024", *(f"{day} Jan" for day in range(2, 10))]),
        ("2024-01-01", "2024-02-20", 5, ["8 Jan 2024", "22 Jan", "5 Feb", "19 Feb"]),
        ("2024-01-01T22:00", "2024-01-02T04:00", 4, ["1 Jan", "2 Jan", "03:00"]),
        ("2024-01-01T10:00", "2024-01-01T10:01", 5, ["10:00:00", "10:00:15", "10:00:30", "10:00:45", "10:01:00"]),
        ("0001-01-01", "2000-01-01", 10, ["200", "400", "600", "800", "1000", "1200", "1400", "1600", "1800", "2000"]),
    ],
)
def test_ticks_of_time_are_round(first: str, last: str, most: int, labels: list[str]) -> None:
    """Years, months, days or hours, as many as there is room for."""
    low, high = time_axis.seconds(np.array([first, last], "datetime64[s]"))
    found = [label for _, label in time_axis.ticks(float(low), float(high), most)]

    assert found == labels or found == labels[1:]
    assert len(found) <= most


def test_no_spike_is_hidden() -> None:
    """Of a million points as many as the width needs are drawn, and each pixel's lowest and highest one among them."""
    values = np.sin(np.arange(1_000_000) / 50_000)
    values[[123_456, 654_321]] = 40, -40
    values[500_000:500_010] = np.nan
    y = values[marks.thinned(np.linspace(0, 700, 1_000_000), values)]

    assert len(y) < 4 * 702
    assert {40.0, -40.0} < set(y.tolist())
    assert (y[0], y[-1]) == (values[0], values[-1])
    assert marks.thinned(np.arange(10.0), values[:10]).all()


def test_gaps_are_gaps() -> None:
    """A missing value interrupts the line, and a value that stands alone is a dot."""
    drawn = marks.line(np.arange(5.0), np.array([1, np.nan, 3, 4, np.nan]), "now")
    steps = marks.line(np.arange(3.0), np.array([1.0, 2, 2]), "then", step=True)

    assert 'd="M0.0,1.0h.1M2.0,3.0,3.0,4.0"' in drawn
    assert 'd="M0.0,1.0,1.0,1.0,1.0,2.0,2.0,2.0,2.0,2.0"' in steps
    assert marks.line(np.arange(2.0), np.full(2, np.nan), "now") == ""


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("kind", Kind)
def test_few_values_are_drawn(kind: Kind, count: int) -> None:
    """No value, or one, or one that is missing, makes a picture too."""
    dates = np.array(["2024-01-01", "2024-02-01"], "datetime64[D]")[:count]
    curve = Curve(role="now", label="today", dates=dates, values=np.array([np.nan, 1.0])[:count])

    assert draw(Plot(title="t", description="d", curves=[curve], kind=kind)).startswith("<svg")


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([-0.5, 0.0, 0.5], ["−0.5", "0", "0.5"]),
        ([0, 10000, 20000], ["0", "10,000", "20,000"]),
        ([0, 2.5e9, 5e9], ["0", "2.5 bn", "5 bn"]),
        ([1e-7, 2e-7], ["0.0000001", "0.0000002"]),
    ],
)
def test_labels_of_ticks_are_brief(ticks: list[float], labels: list[str]) -> None:
    """Ticks are written so that they can be told apart."""
    assert tick_labels(ticks) == labels


def test_texts_in_pictures_are_escaped() -> None:
    """Neither a text nor an attribute makes an element."""
    assert element("text", "</text><script>", x='"><a') == '<text x="&#34;&gt;&lt;a">&lt;/text&gt;&lt;script&gt;</text>'


def test_sparklines() -> None:
    """A line with a dot at its end; one value is none."""
    assert "circle" in sparkline(np.array([1.0, 1.0, np.nan]))
    assert sparkline(np.array([1.0])) == ""


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (29349.924, {}, "29,349.924"),
        (-4.05, {"decimals": 1}, "−4.0"),
        (0.04, {"decimals": 1, "sign": True}, "+0.0"),
        (-0.04, {"decimals": 1}, "0.0"),
        (3.0, {"sign": True}, "+3"),
        (1e-9, {}, "1e-09"),
        (0.0, {}, "0"),
        (float("nan"), {}, "–"),
        (None, {}, "–"),
    ],
)
def test_numbers(value: float | None, options: dict[str, int], text: str) -> None:
    """Numbers have a true minus sign and groups of thousands."""
    assert words.number(value, **options) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frequency", "text"),
    [
        (Frequency.ANNUAL, "2008"),
        (Frequency.QUARTERLY, "2008 Q4"),
        (Frequency.MONTHLY, "Oct 2008"),
        (Frequency.WEEKLY, "1 Oct 2008"),
        (Frequency.DAILY, "1 Oct 2008"),
        (None, "1 Oct 2008"),
    ],
)
def test_periods(frequency: Frequency | None, text: str) -> None:
    """A date is written as the period that it stands for."""
    assert words.period(date(2008, 10, 1), frequency) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "just now"),
        (40, "40 seconds ago"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86_400 * 45, "1 month ago"),
        (-90, "in 1 minute"),
    ],
)
def test_how_long_ago(seconds: int, text: str) -> None:
    """Durations are written in their largest unit."""
    now = datetime(2024, 1, 1, tzinfo=UTC)

    assert words.ago(now - timedelta(seconds=seconds), now) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (words.counted(1, "step"), "1 step"),
        (words.counted(2, "fetch"), "2 fetches"),
        (words.counted(2, "day"), "2 days"),
        (words.periods(1200, Frequency.QUARTERLY), "1,200 quarters"),
        (words.ordinal(1), "first"),
        (words.ordinal(2), "2nd"),
        (words.ordinal(13), "13th"),
        (words.ordinal(23), "23rd"),
        (words.known(datetime(2009, 1, 30, 23, 59, 59, tzinfo=UTC)), "30 Jan 2009"),
        (words.known(datetime(2009, 1, 30, 8, 30, tzinfo=UTC)), "30 Jan 2009, 08:30"),
    ],
)
def test_words(written: str, text: str) -> None:
    """Counts agree with their nouns, and the end of a day stands for the day."""
    assert written == text


@pytest.mark.parametrize(
    ("frequency", "first", "last", "labels"),
    [
        ("quarterly", "2008-01-01", "2009-01-01", ["Jan 2008", "Apr 2008", "Jul 2008", "Oct 2008", "Jan 2009"]),
        ("quarterly", "2008-10-01", "2009-01-01", ["Oct 2008", "Jan 2009"]),
        ("annual", "2001-01-01", "2004-01-01", ["2001", "2002", "2003", "2004"]),
        ("monthly", "2008-01-01", "2008-03-01", ["Jan 2008", "Feb 2008", "Mar 2008"]),
    ],
)
def test_ticks_stand_where_periods_begin(frequency: str, first: str, last: str, labels: list[str]) -> None:
    """However short the range is, no tick stands within a period for which there is one value."""
    step = {"quarterly": 3, "annual": 12, "monthly": 1}[frequency]
    dates = np.arange(first[:7], last[:7], step, dtype="datetime64[M]").astype("datetime64[D]")
    plot = Plot(
        title="",
        description="",
        kind=Kind.LINE,
        curves=[Curve(role="now", label="", dates=dates, values=np.zeros(len(dates)))],
        frequency=frequency,
    )
    low, high = time_axis.seconds(np.array([first, last], "datetime64[s]"))

    assert [label for _, label in time_axis.ticks(float(low), float(high), 12, finest=plot.finest)] == labels
