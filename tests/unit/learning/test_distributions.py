"""The distribution of the next release, coordinates, and the rate of irregular releases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.schedules.learning import Release
from domain.schedules.learning.coordinates import rivals
from domain.schedules.learning.distribution import estimate
from domain.schedules.learning.habit import rate_of

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2024, 3, 14, 12, 30, tzinfo=UTC)
RELEASE = Release(period=date(2024, 2, 29), before=MOMENT - timedelta(days=30), after=MOMENT, by=MOMENT)


def test_overlapping_intervals_narrow_each_other() -> None:
    """Turnbull: all mass lies where the intervals overlap."""
    found = estimate([(0.0, 6.0), (4.0, 9.0), (5.0, 12.0)], 30.0, 8)

    assert found.until(6.0) - found.until(5.0) > 0.95
    assert found.until(-3.0) == 0
    assert found.until(15.0) == 1


def test_the_masses_of_turnbulls_estimator() -> None:
    """By hand, with equal weights: (0, 1] and (0, 3] and (2, 3] put half on each of (0, 1] and (2, 3]."""
    found = estimate([(0.0, 1.0), (0.0, 3.0), (2.0, 3.0)], 0.0, 1e9)

    assert (found.until(1.0) - 0.05 / 3) / 0.95 == pytest.approx(0.5, abs=1e-3)
    assert found.until(2.0) - found.until(1.0) == pytest.approx(0.05 / 3, abs=1e-3)


def test_later_releases_weigh_more() -> None:
    found = estimate([(1.0, 2.0), (11.0, 12.0)], 0.0, 1)

    assert (found.until(12.0) - found.until(11.0)) / (found.until(2.0) - found.until(1.0)) == pytest.approx(2, rel=0.05)


@given(
    st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 50)), min_size=1, max_size=20),
    st.floats(0, 400),
    st.lists(st.floats(0, 1), min_size=2, max_size=5),
)
def test_it_grows_from_nought_to_one(intervals: list[tuple[float, float]], period: float, shares: list[float]) -> None:
    found = estimate([(begin, begin + width) for begin, width in intervals], period, 8)

    assert found.shares[0] == pytest.approx(0)
    assert found.shares[-1] == pytest.approx(1)
    assert (np.diff(found.shares) >= -1e-12).all()
    points = [found.quantile(share) for share in sorted(shares)]
    assert points == sorted(points)
    assert [found.until(point) for point in points] == pytest.approx(sorted(shares), abs=1e-6)


@given(st.integers(0, 36_000 * 86_400), st.sampled_from([UTC, BERLIN, ZoneInfo("America/New_York")]))
def test_coordinates_lead_back_to_the_moment(seconds: int, zone: ZoneInfo) -> None:
    moment, before = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), date(2001, 5, 5)
    for coordinates in rivals([RELEASE], zone, periods=True):
        days = coordinates.measure(moment, RELEASE.period, before)
        back = coordinates.moment(days, RELEASE.period, before)
        local = moment.astimezone(zone)
        ambiguous = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        if not ambiguous and not (coordinates.business and local.weekday() >= 5):
            assert abs(back - moment) <= timedelta(seconds=1)


def test_days_in_words() -> None:
    """14 March 2024 is ten business days after the end of February, and the month's second Thursday."""
    before = RELEASE.before.date()
    found = [each.describe(int(each.measure(MOMENT, RELEASE.period, before) // 1)) for each in rivals([RELEASE], UTC, periods=True)]

    assert found == [
        "10 business days after the period's end",
        "14 days after the period's end",
        "22 business days after the release before",
        "30 days after the release before",
        "on the second Thursday of the first month after the period",
        "11 business days before the last one of the first month after the period",
    ]


def test_the_rate_of_exact_moments_is_their_number_over_the_time() -> None:
    at = [MOMENT + timedelta(days=day) for day in (0, 1, 4, 10)]
    releases = [Release(period=moment.date(), before=moment, after=moment, by=moment) for moment in at]

    assert rate_of(releases) == pytest.approx(3 / (10 * 86_400), rel=1e-6)


def test_the_rate_of_looks_at_even_intervals() -> None:
    """The estimator's closed form for equal intervals: λ = -ln(share unchanged) / interval."""
    day, releases, before = timedelta(days=1), [], MOMENT
    for gap in (2, 3, 2, 5, 4):
        at = before + gap * day
        releases.append(Release(period=at.date(), before=before, after=at - day, by=at))
        before = at
    looks, changed = 3 + 2 + 5 + 4, 4

    assert rate_of(releases) == pytest.approx(-np.log(1 - changed / looks) / 86_400, rel=1e-6)


def test_one_release_tells_no_rate() -> None:
    assert rate_of([RELEASE]) is None
