"""Learned looks beside even intervals and the best cron in hindsight, at the same number of looks; ``make bench`` prints them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from tests.benchmarks.looks import at_even_intervals, by_the_best_cron, judged, learned
from tests.benchmarks.publications import Publications, publications

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

SEED = 20240109
BUDGETS = 4, 12
#: How much of the delay of looks at even intervals regular habits may cost, in the median and for nine of ten. Of irregular ones the mean
#: may not be worse by more than chance: the lower end of the ratio's interval is held to it.
MEDIAN, NINE_OF_TEN, NO_WORSE = 1 / 5, 1 / 3, 1.05
RESAMPLED = 2000
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    found: list[str] = []
    yield found
    head = f"{'delay in minutes: median / nine of ten':<34}{'budget':>7}{'looks a release':>17}{'learned':>18}{'even':>18}{'best cron':>18}"
    print("", head, "-" * len(head), *found, sep="\n")  # noqa: T201 - what the command is for


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("series", list(publications(SEED)), ids=lambda each: each.name)
def test_delays(series: Publications, budget: int, lines: list[str]) -> None:
    replay = learned(series, budget)
    even = at_even_intervals(series, replay.looks)
    lines.append(
        f"{series.name:<34}{budget:>7}{replay.looks / len(replay.late):>17.1f}"
        f"{_figures(replay.late)}{_figures(even)}{_figures(by_the_best_cron(series, replay.looks))}"
    )
    if series.regular:
        assert np.median(replay.late) <= MEDIAN * np.median(even)
        # What a change of habit costs, some six releases, is more than a tenth of these.
        limit = 1.0 if "half-way" in series.name else NINE_OF_TEN
        assert np.quantile(replay.late, 0.9) <= limit * np.quantile(even, 0.9)
    else:
        assert _least_ratio(replay.late, even) <= NO_WORSE


def test_every_missing_release_is_overdue() -> None:
    """Where one or several weeks in a row bring nothing, the series is overdue until the next release."""
    series = next(each for each in publications(SEED) if each.name.startswith("weekly"))
    found = learned(series, BUDGETS[0]).overdue
    gaps = [(earlier.at + WEEK, later.at) for earlier, later in pairwise(judged(series)[4:]) if later.at - earlier.at > 1.5 * WEEK]

    assert len(gaps) > 5
    assert [gap for gap in gaps if not any(gap[0] - timedelta(hours=1) <= since < gap[1] for since in found)] == []


def _figures(late: np.ndarray) -> str:
    return f"{np.median(late) / 60:>9.0f}/{np.quantile(late, 0.9) / 60:<8.0f}"


def _least_ratio(late: np.ndarray, even: np.ndarray) -> float:
    """Return the lower end of the ratio of means that resampling the publications leaves likely: 95 %."""
    random = np.random.default_rng(SEED)
    other = even.reshape(-1, len(late)).mean(axis=0)
    picked = random.integers(0, len(late), (RESAMPLED, len(late)))
    return float(np.quantile(late[picked].mean(axis=1) / other[picked].mean(axis=1), 0.025))
