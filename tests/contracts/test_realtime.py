"""Real-time periods, on every store: as if each day had been read by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from domain.codes import DatasetCode
from domain.errors import InvalidInput, NoObservationsYet
from domain.fetching.freshness import Freshness
from domain.growth_rates import GrowthUnits
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import Store
from domain.realtime_periods import RealtimePeriods
from domain.series import TimeSeries
from domain.use_cases.read_realtime import ReadRealtime, RealtimeQuery
from domain.use_cases.read_releases import ReadReleases, TriangleQuery
from domain.use_cases.read_series import ReadSeries, Selection
from domain.vintages import Cause
from tests.builders import an_arrival, append
from tests.fakes import NAN, CannedSource, FakeProviders

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)
EVER = RealtimeQuery(first=date(1776, 7, 4), last=date(9999, 12, 31))
DATES = ["2023-10-01", "2023-11-01", "2023-12-01", "2024-01-01"]
State = Sequence[float | None]


def keep(store: Store, *states: tuple[int, State] | tuple[int, State, dict[str, Any]], columns: Sequence[str] = ("Value",)) -> TimeSeries:
    """Store a series with these states, each known at noon of a day; None leaves a date out, NaN has it without a value."""
    with store.writing() as uow:
        series = uow.series.add("canned", DatasetCode("CANNED", "X"))
        arrivals = []
        for number, (day, values, *more) in enumerate(states):
            there = [place for place, value in enumerate(values) if value is not None]
            table = [[values[place]] * len(columns) for place in there]
            observations = Observations.of([DATES[place] for place in there], columns, table)
            at = BEGIN + timedelta(days=day)
            arrival = an_arrival(BEGIN + timedelta(days=30, seconds=number), observations, known_at=at, published=at.date())
            arrivals.append(replace(arrival, **(more[0] if more else {})))
        append(uow, series.id, arrivals)
        uow.commit()
    return series


def periods(store: Store, series: TimeSeries, **query: Any) -> RealtimePeriods:
    return ReadRealtime(store)(series.id, replace(EVER, **query)).periods


def rows(found: RealtimePeriods) -> list[tuple[str, str, str, str]]:
    """Date, value, first and last day of each row; days of January as their number."""
    days = [
        [str(day)[8:] if str(day).startswith("2024-01") else str(day)[:4] for day in each] for each in (found.first_days, found.last_days)
    ]
    return [(str(at), f"{value:g}", *each) for at, value, *each in zip(found.dates, found.values, *days, strict=True)]


def test_a_value_lasts_until_the_next_one(store: Store) -> None:
    """Revised, withdrawn, back again, and without a value: each is a row; what did not change goes on."""
    series = keep(store, (0, [1, 1, None]), (4, [1, 2, NAN]), (9, [1, None, 5]), (12, [1, 2, 5]))

    assert rows(periods(store, series)) == [
        ("2023-10-01", "1", "01", "9999"),
        ("2023-11-01", "1", "01", "04"),
        ("2023-11-01", "2", "05", "09"),
        ("2023-11-01", "2", "13", "9999"),
        ("2023-12-01", "nan", "05", "09"),
        ("2023-12-01", "5", "10", "9999"),
    ]


def test_periods_are_whole_whatever_is_asked(store: Store) -> None:
    """A window chooses rows, and never cuts what they say (mortada/fredapi#52 and #69)."""
    series = keep(store, (0, [1, 1]), (4, [1, 2]), (9, [1, 3]))
    whole = rows(periods(store, series))
    chosen = [whole.index(row) for row in rows(periods(store, series, first=date(2024, 1, 6), last=date(2024, 1, 7)))]
    on = [whole.index(row) for row in rows(periods(store, series, on=(date(2024, 1, 1), date(2024, 1, 20))))]

    assert (chosen, on) == ([0, 2], [0, 1, 3])
    assert rows(periods(store, series, last=date(2023, 12, 31))) == []


def test_a_projection_that_stays_is_in_each_of_its_vintages(store: Store) -> None:
    """Asked for one day, all that was published then is there, not what was new alone (mortada/fredapi#67)."""
    series = keep(store, (0, [0.6, 1.4, 2.1, 2.9]), (9, [NAN, 1.4, 2.1, 3.0]))
    found = periods(store, series, first=date(2024, 1, 10), last=date(2024, 1, 10))

    assert [(str(day), f"{value:g}") for day, value in zip(found.dates, found.values, strict=True)] == [
        ("2023-10-01", "nan"),
        ("2023-11-01", "1.4"),
        ("2023-12-01", "2.1"),
        ("2024-01-01", "3"),
    ]


def test_of_a_day_its_last_state_counts(store: Store) -> None:
    """FRED knows days, not hours."""
    first, second = BEGIN, BEGIN + timedelta(hours=2)
    series = keep(store, (0, [1], {"known_at": first}), (0, [2], {"known_at": second, "published": None}), (3, [3]))

    assert rows(periods(store, series)) == [("2023-10-01", "2", "01", "03"), ("2023-10-01", "3", "04", "9999")]
    assert [day.day for day in ReadRealtime(store).days(series.id)] == [1, 4]


def test_a_release_that_changed_nothing_is_a_day_and_an_unlabelled_look_is_none(store: Store) -> None:
    """So the days are those on which something was released or changed."""
    series = keep(store, (0, [1]), (3, [1]), (5, [1], {"published": None}), (8, [2], {"published": None}))

    assert [day.day for day in ReadRealtime(store).days(series.id)] == [1, 4, 9]
    assert rows(periods(store, series)) == [("2023-10-01", "1", "01", "08"), ("2023-10-01", "2", "09", "9999")]


def test_a_correction_counts_from_its_fetch_and_one_of_an_older_label_never(store: Store) -> None:
    """As ``as_of`` answers."""
    corrected = {"cause": Cause.CORRECTION, "published": date(2024, 1, 5), "known_at": BEGIN + timedelta(days=30, seconds=2)}
    older = {"cause": Cause.CORRECTION, "published": date(2024, 1, 1)}
    series = keep(store, (0, [1]), (4, [2]), (0, [3], corrected), (0, [9], older))

    assert rows(periods(store, series))[:2] == [("2023-10-01", "1", "01", "04"), ("2023-10-01", "2", "05", "30")]
    assert len(periods(store, series)) == 3


def test_a_state_read_again_replaces_what_was_read_wrong(store: Store) -> None:
    """As in releases: an error of a reader was never published."""
    again = {"cause": Cause.PARSER, "published": date(2024, 1, 1)}
    series = keep(store, (0, [100]), (4, [2]), (0, [1], again))

    assert rows(periods(store, series)) == [("2023-10-01", "1", "01", "04"), ("2023-10-01", "2", "05", "9999")]


def test_initial_releases_are_those_of_read_releases(store: Store) -> None:
    """What was there at first, or came behind later dates, is none."""
    series = keep(store, (0, [None, 1]), (4, [7, 1, 2]), (9, [7, 1, 3, 4]))
    found = periods(store, series)
    nth = ReadReleases(store).nth(series.id, TriangleQuery(limit=None), 0).rows

    assert [str(day) for day in found.take(found.is_initial).dates] == [str(each.date) for each in nth] == ["2023-12-01", "2024-01-01"]
    assert found.take(found.is_initial).values.tolist() == [each.release.value for each in nth] == [2.0, 4.0]


def test_units_are_those_of_each_state(store: Store) -> None:
    """A revision of the month before revises the change, which is a value with a period of its own."""
    series = keep(store, (0, [10, 11]), (4, [10, 12]), (9, [12, 12]))
    found = rows(periods(store, series, units=GrowthUnits.CHANGE))

    assert [row for row in found if row[0] == "2023-11-01"] == [
        ("2023-11-01", "1", "01", "04"),
        ("2023-11-01", "2", "05", "09"),
        ("2023-11-01", "0", "10", "9999"),
    ]


def test_a_column_by_its_name(store: Store) -> None:
    """The first one if none is named; an unknown one is refused with those that there are."""
    series = keep(store, (0, [1, 2]), columns=("Open", "Close"))

    assert ReadRealtime(store)(series.id, EVER).column == "Open"
    assert rows(periods(store, series, column="Close")) == rows(periods(store, series))
    with pytest.raises(InvalidInput, match="no column 'Volume'"):
        periods(store, series, column="Volume")


def test_nothing_is_stored_yet(store: Store) -> None:
    """That is no empty answer."""
    series = keep(store)

    with pytest.raises(NoObservationsYet):
        periods(store, series)
    assert ReadRealtime(store).days(series.id) == []


@pytest.mark.parametrize("seed", range(8))
def test_each_day_is_what_as_of_answers(store: Store, seed: int) -> None:
    """Whatever arrived in which order, with gaps, imports and corrections: the rows of a day are the state of that day."""
    chance = Random(seed)
    states: list[Any] = []
    for number in range(25):
        values = [chance.choice([None, NAN, 1.0, 2.0, 3.0]) for _ in DATES]
        more: dict[str, Any] = {}
        if chance.random() < 0.3:
            more = {"cause": Cause.IMPORT, "published": None}
        elif number and chance.random() < 0.2:
            more = {"cause": Cause.CORRECTION, "known_at": BEGIN + timedelta(days=30, seconds=number)}
        states.append((chance.randrange(25), values, more))
    series = keep(store, *states)
    found = periods(store, series)
    read = ReadSeries(store=store, freshness=Freshness(FakeProviders({"canned": CannedSource()}), None))

    for day in ReadRealtime(store).days(series.id):
        at = datetime.combine(day, time.max, UTC)
        state = read(series.id, Selection(moment=AsOf(as_of=at))).observations
        of_day = found.on([day])
        assert [(str(label), f"{value:g}") for label, value in zip(of_day.dates, of_day.values, strict=True)] == [
            (str(label), f"{value[0]:g}") for label, value in zip(state.dates, state.values, strict=True)
        ]
