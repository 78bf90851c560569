"""What is measured: prices as WIKI had them, made up by a rule, as sent by Quandl where its answers are there, and GDP."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from adapters.providers.sample.provider import SampleSource
from domain.codes import DatasetCode
from domain.fetching.arrivals import known_at
from domain.observations import Observations
from domain.ports import PriorState
from domain.vintages import NewState
from tests.builders import an_arrival

NOW = datetime(2024, 6, 1, tzinfo=UTC)
ROWS, DAYS = 10_000, 1_000
QUARTER = 63
ADJUSTED = slice(7, 11)
RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "quandl"

_NAMES = "Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio,Adj. Open,Adj. High,Adj. Low,Adj. Close,Adj. Volume"
_FLAT_FACTOR = 0.873213977

Row = list[object]


def wiki_like(rows: int = ROWS, *, dividends: bool) -> tuple[list[str], list[Row]]:
    """
    Return column names and rows, ascending: a random walk on weekdays, the same in every run.

    Args:
        dividends: adjust prices by a factor that steps each quarter, to 14 digits; else by one factor all along.

    """
    adjusted: list[Row] = []
    factor = 1.0 if dividends else _FLAT_FACTOR
    for age, (day, prices, volume) in enumerate(reversed(list(_walk(rows)))):
        close = prices[3]
        paid = round(0.004 * close, 2) if dividends and age % QUARTER == QUARTER - 1 else 0.0
        scaled = [price * factor for price in prices]
        adjusted.append([day.isoformat(), *prices, volume, paid, 1.0, *(map(to_14_digits, scaled) if dividends else scaled), volume])
        factor *= 1 - paid / close if paid else 1.0
    return _NAMES.split(","), adjusted[::-1]


def to_14_digits(value: float) -> float:
    """Round as the provider does."""
    return float(f"{value:.14g}")


@cache
def wiki(rows: int = ROWS, *, dividends: bool) -> Observations:
    """Return the made-up prices as a state."""
    return _state(*wiki_like(rows, dividends=dividends))


def growing(*, dividends: bool, days: int = DAYS) -> list[NewState]:
    """Return the states of a series that holds ten thousand days and then gets one more each day."""
    full = wiki(ROWS + DAYS, dividends=dividends)
    labels = full.labels()
    return [an_arrival(NOW + timedelta(days=n), full.window(None, labels[ROWS - 1 + n])) for n in range(days + 1)]


def dividend_events(count: int) -> list[NewState]:
    """Return a state, and what each of some dividends makes of all its adjusted prices."""
    state, arrivals = wiki(dividends=True), []
    for n in range(count + 1):
        arrivals.append(an_arrival(NOW + timedelta(days=n), state))
        values = state.values.copy(order="F")
        values[:, ADJUSTED] = np.vectorize(to_14_digits)(values[:, ADJUSTED] * 0.99613)
        state = Observations.of(state.dates, state.columns, values)
    return arrivals


def gdp() -> list[NewState]:
    """Return every vintage of the gross domestic product that ships with lanner."""
    fetched = SampleSource().fetch(DatasetCode("SAMPLE", "GDP"), PriorState(newest=None))
    return [
        NewState(
            published=published,
            observations=state,
            known_at=known_at(published, NOW, None),
            fetched_at=NOW,
            origin=fetched.origin,
            fetch_id=an_arrival(NOW).fetch_id,
        )
        for published, state in fetched.vintages
    ]


def recorded_wiki() -> Observations | None:
    """Return the longest run of prices that Quandl really sent, if the recorded answers are there."""
    rows: dict[str, list[str]] = {}
    names: list[str] = []
    for path in sorted(RECORDED.glob("csv_WIKI-GORO-*.csv")):
        names, *lines = csv.reader(path.read_text().splitlines())
        rows |= {line[0]: line for line in lines}
    return _state(names, [[day, *map(float, row[1:])] for day, row in sorted(rows.items())]) if rows else None


def _state(names: Sequence[str], rows: Sequence[Row]) -> Observations:
    return Observations.of([row[0] for row in rows], names[1:], [row[1:] for row in rows])


def _walk(rows: int) -> Iterator[tuple[date, list[float], float]]:
    source, day, price = random.Random(1), date(1985, 1, 2), 50.0
    while rows:
        if day.weekday() < 5:
            price = max(1.0, price * (1 + source.gauss(0, 0.01)))
            close = round(price, 2)
            start = round(close * (1 + source.gauss(0, 0.003)), 2)
            high, low = round(max(start, close) * 1.004, 2), round(min(start, close) * 0.996, 2)
            yield day, [start, high, low, close], float(source.randint(100_000, 50_000_000))
            rows -= 1
        day += timedelta(days=1)
