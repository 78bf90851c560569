"""The traps of point-in-time data, each as docs/point-in-time.md tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.fetching.arrivals import moment_of
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.panels.cells import Status
from domain.panels.panel import PanelColumn
from domain.panels.query import PanelQuery
from domain.series import Metadata
from domain.use_cases.read_series import Selection
from domain.vintages import Cause
from tests.builders import an_arrival, append
from tests.publishing import CODE, House

FEBRUARY, MARCH = date(2024, 2, 1), date(2024, 3, 1)
CPI = {"clock": "known", "release_time": "08:30", "tz": "America/New_York"}
Rows = dict[date, float]


class Prices:
    """A monthly index with its releases, dated by the first day of the month."""

    def __init__(self, *releases: tuple[Label | None, Rows], column: str = "a", frequency: Frequency = Frequency.MONTHLY) -> None:
        self.house, self.column, self.frequency = House(), column, frequency
        self.house.clock.time = datetime(2024, 5, 10, 12, tzinfo=UTC)
        with self.house.store.writing() as uow:
            self.series = uow.series.add("canned", self.code)
            uow.commit()
        for label, rows in releases:
            self.release(label, rows)

    code = CODE

    def release(self, label: Label | None, rows: Rows, *, cause: Cause = Cause.PUBLICATION, known_at: datetime | None = None) -> None:
        """Store a release of these rows; a day's label is known at the day's end."""
        clock = self.house.clock
        moment = clock() if label is None else moment_of(label)
        state = Observations.of(list(rows), [self.column], [[value] for value in rows.values()])
        metadata = Metadata(frequency=self.frequency, extra={"dates": "first day of the month"})
        arrival = an_arrival(clock(), state, published=label, known_at=known_at or moment)
        with self.house.store.writing() as uow:
            append(uow, self.series.id, [replace(arrival, cause=cause)])
            uow.series.record_fetch(uow.series.get(self.series.id), metadata)
            uow.commit()

    def cells(self, *moments: str, **rule: Any) -> PanelColumn:
        document = {"dates": list(moments), "series": [{"code": str(self.code), **rule}]}
        return self.house.use.read_panel(PanelQuery.read(document)).columns[0]

    def values(self, *moments: str, **rule: Any) -> Sequence[float | None]:
        found = self.cells(*moments, **rule).cells.value.tolist()
        return [None if value != value else value for value in found]  # noqa: PLR0124 - NaN differs from itself

    def statuses(self, *moments: str, **rule: Any) -> Sequence[str]:
        return [Status(code).name.lower() for code in self.cells(*moments, **rule).cells.status]


def two_releases() -> Prices:
    """February's index came out on 12 March, March's on 10 April."""
    return Prices((date(2024, 3, 12), {FEBRUARY: 310.3}), (date(2024, 4, 10), {FEBRUARY: 310.3, MARCH: 312.3}))


def test_march_is_absent_on_31_march() -> None:
    """On 31 March the newest month is February; March's index comes with its release, to the second."""
    found = two_releases().cells("2024-03-31T20:00:00Z", "2024-04-10T12:29:59Z", "2024-04-10T12:30:00Z", **CPI)

    assert found.cells.value.tolist() == [310.3, 310.3, 312.3]
    assert [str(end) for end in found.cells.period_end] == ["2024-02-29", "2024-02-29", "2024-03-31"]


def test_as_of_a_day_is_its_end() -> None:
    """``as_of`` of the day of a release knows it; Tokyo's close on that day, six hours before the release, does not."""
    prices = two_releases()
    as_of = prices.house.use.read_series(prices.series.id, Selection(moment=AsOf.parse("2024-04-10"))).observations

    assert as_of.last == MARCH
    assert prices.values("2024-04-10T06:00:00Z", **CPI) == [310.3]


def test_a_days_label_counts_when_the_day_is_over_everywhere() -> None:
    """23:59:59Z is still the afternoon in Chicago; without a time of release the label counts at noon UTC of the next day."""
    prices = two_releases()

    assert prices.values("2024-04-10T23:59:59Z", "2024-04-11T11:59:58Z", "2024-04-11T11:59:59Z") == [310.3, 310.3, 312.3]


def test_a_release_time_is_applied_on_reading() -> None:
    """The moment stored with the vintage stays what it was."""
    found = two_releases().cells("2024-04-10T12:30:00Z", **CPI)

    assert [str(found.known_at[0]), found.cells.value[0]] == ["2024-04-10T23:59:59.000000", 312.3]


def test_how_exactly_a_moment_is_known_is_shown() -> None:
    """The label says whether a day or an instant was published."""
    days, instants = two_releases(), Prices((datetime(2024, 4, 10, 12, 30, tzinfo=UTC), {MARCH: 312.3}))

    assert days.cells("2024-04-30T00:00:00Z").published == ["2024-04-10"]
    assert instants.cells("2024-04-30T00:00:00Z").published == ["2024-04-10T12:30:00Z"]


def test_a_backlog_is_no_first_release() -> None:
    """What was there when the series was first stored has an unknown first release."""
    prices = two_releases()

    assert prices.statuses("2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z", release="0") == ["censored", "ok"]
    assert prices.values("2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z", release="0") == [None, 312.3]


def test_a_state_read_again_is_no_revision() -> None:
    """A newer parser's reading counts from its own moment on, and is no further release."""
    prices = two_releases()
    end = datetime(2024, 4, 10, 23, 59, 59, tzinfo=UTC)
    prices.release(date(2024, 4, 10), {FEBRUARY: 310.3, MARCH: 3123.0}, cause=Cause.PARSER, known_at=end)
    before, after = "2024-05-01T00:00:00Z", "2024-05-10T12:00:00Z"

    assert prices.values(before, after) == [312.3, 3123.0]
    assert prices.values(before, after, release="0") == [312.3, 3123.0]
    assert prices.values(after, release="1") == [None]
    assert prices.values(before, restated="true") == [3123.0]


def test_a_month_that_is_not_over_is_left_out() -> None:
    """Collapsed days give a month once its last expected day, or a later one, is there."""
    days = [date(2024, 4, 26), date(2024, 4, 29), date(2024, 4, 30)]
    daily = Prices(*((day, {each: float(each.day) for each in days if each <= day}) for day in days[1:]), frequency=Frequency.DAILY)

    assert daily.values("2024-04-30T12:00:00Z", "2024-05-01T12:00:00Z", collapse="monthly") == [None, 30.0]


def test_forecasts_are_not_observations() -> None:
    """A period that has not begun is not seen."""
    ahead = Prices((date(2024, 3, 12), {FEBRUARY: 1.0, date(2024, 12, 1): 9.0}))

    assert ahead.values("2024-03-31T00:00:00Z", "2024-12-01T00:00:00Z") == [1.0, 9.0]


def test_an_old_value_is_not_the_present() -> None:
    """Beyond its greatest age a value is left out, with where it came from."""
    prices = two_releases()
    found = prices.cells("2024-07-01T00:00:00Z", max_age="P90D")

    assert [*prices.values("2024-06-01T00:00:00Z", "2024-07-01T00:00:00Z", max_age="P90D")] == [312.3, None]
    assert (found.cells.age.tolist(), found.cells.vintage.tolist(), Status(found.cells.status[0])) == ([92], [2], Status.STALE)


def test_what_nobody_looked_for() -> None:
    """A moment after the last look at the provider is marked; there may be news."""
    assert two_releases().statuses("2024-05-10T12:00:00Z", "2024-05-10T12:00:01Z") == ["ok", "unchecked"]


def test_before_the_store_nothing_is_known() -> None:
    """Unless it is assumed, and then marked; adjusted prices are not assumed."""
    prices = Prices((date(2024, 4, 10), {FEBRUARY: 310.3, MARCH: 312.3}))
    adjusted = Prices((date(2024, 4, 10), {FEBRUARY: 310.3}), column="Adj. Close")
    moment = "2024-04-01T00:00:00Z"

    assert (prices.statuses(moment), prices.values(moment)) == (["before_store"], [None])
    assert (prices.statuses(moment, assume="P15D"), prices.values(moment, assume="P15D")) == (["assumed"], [310.3])
    with pytest.raises(InvalidInput, match=r"assume is refused for 'Adj\. Close'"):
        adjusted.values(moment, assume="P15D")


def test_what_would_look_ahead_is_refused() -> None:
    """A day alone is no moment, and what lies between two observations is known after the second."""
    prices = two_releases()
    with pytest.raises(InvalidInput, match="A day alone is no moment") as day:
        prices.values("2024-04-10")
    with pytest.raises(InvalidInput, match="fill must be one of none, previous") as between:
        prices.values("2024-04-10T00:00:00Z", fill="interpolate")

    assert (day.value.field, between.value.field, between.value.hint) == ("at", "fill", "Values between two observations look ahead.")


def test_a_mask_chooses_what_is_there_today() -> None:
    """The answer names each series, so that the same panel is not another one when more are stored."""
    prices = two_releases()
    document = {"dates": ["2024-05-01T00:00:00Z"], "series": [{"code": "X/*"}]}
    panel = prices.house.use.read_panel(PanelQuery.read(document))
    with prices.house.store.writing() as uow:
        uow.series.add("canned", replace(prices.code, dataset="NEW"))
        uow.commit()
    again = prices.house.use.read_panel(PanelQuery.read(panel.document))

    assert [each.reference for each in again.columns] == ["canned:X/GDP"]
    assert again.document == panel.document
    assert len(prices.house.use.read_panel(PanelQuery.read(document)).columns) == 2


def test_releases_and_changes() -> None:
    """A release is a vintage with a value, a change another value than before; A, B, A are three."""
    values = [1.0, 1.0, 2.0, 1.0]
    releases = [(date(2024, 3, 12), {FEBRUARY: 1.0})]
    releases += [(date(2024, 4, day), {FEBRUARY: 1.0, MARCH: value}) for day, value in enumerate(values, start=10)]
    prices, moment = Prices(*releases), "2024-05-01T00:00:00Z"

    assert [prices.values(moment, release=str(n)) for n in range(5)] == [[1.0], [1.0], [2.0], [1.0], [None]]
    assert [prices.values(moment, change=str(n)) for n in range(3)] == [[1.0], [2.0], [1.0]]
