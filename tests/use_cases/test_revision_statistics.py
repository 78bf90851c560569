"""Statistics of revisions: each equals what other libraries compute from a list of cells."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from scipy import stats
from statsmodels.api import OLS, add_constant

from adapters.memory.unit_of_work import MemoryStore
from adapters.providers.sample.provider import PROVIDER
from domain.codes import DatasetCode
from domain.errors import InvalidInput, TooManyCells
from domain.frequency import Frequency
from domain.observations import Label, Observations
from domain.period_transforms import PeriodTransform
from domain.ports import DataSource, Fetched, PriorState
from domain.revision_statistics.final import Final
from domain.revision_statistics.pairs import LeftOut
from domain.revision_statistics.regressions import Regression, f_of_two_survival
from domain.revision_statistics.statistics import RevisionStatistics
from domain.series import Metadata
from domain.use_cases import UseCases
from domain.use_cases.measure_revisions import Measured, StatisticsQuery
from domain.vintages import Cause, Origin
from tests.builders import memory_use_cases
from tests.fakes import StoppedClock

State = dict[date, float]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.ANNUAL: 12}


@dataclass
class Publishing:
    """A source of these labelled states."""

    states: Sequence[tuple[Label | None, State]]
    frequency: Frequency | None
    unit: str = ""
    sends: str = "0" * 64
    version: int = 1

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        vintages = [(label, Observations.of(list(rows), ["a"], np.array([list(rows.values())]).T)) for label, rows in self.states]
        origin = Origin(request="made", response_sha256=self.sends, adapter_version=self.version)
        return Fetched(metadata=Metadata(name="Made", frequency=self.frequency, unit=self.unit), vintages=vintages, origin=origin)


@dataclass(eq=False)
class Case:
    """A stored series, and its states as a test wrote them down."""

    use: UseCases
    series_id: UUID
    states: Sequence[tuple[date, State]]
    frequency: Frequency

    @cache  # noqa: B019 - a test's own
    def changes(self, transform: str | None) -> list[State]:
        """Compare each value with that of the period before in the same state."""
        before = {day: month(number_of(day) - MONTHS[self.frequency]) for _, state in self.states for day in state}
        return [
            {
                day: value - state[before[day]] if transform is None else value / state[before[day]] - 1
                for day, value in state.items()
                if before[day] in state
            }
            for _, state in self.states
        ]

    def measure(self, **query: Any) -> Measured:
        return self.use.measure_revisions(self.series_id, StatisticsQuery(**query))


def stored(source: DataSource, code: str, *, name: str = "made") -> tuple[UseCases, UUID, MemoryStore]:
    store = MemoryStore(StoppedClock(NOW))
    use = memory_use_cases({name: source}, store=store, default=name)
    return use, use.request_fetch(DatasetCode(*code.split("/"))).series.id, store


def made(states: Sequence[tuple[date, State]], frequency: Frequency) -> Case:
    use, series_id, _ = stored(Publishing(states, frequency), "MADE/A")
    return Case(use, series_id, states, frequency)


@pytest.fixture(scope="module")
def gdp() -> Case:
    use, series_id, store = stored(PROVIDER.open(PROVIDER.options(), None), "SAMPLE/GDP", name="sample")  # type: ignore[arg-type]
    with store.reading() as uow:
        states = [
            (each.vintage.published, {day: value for day, (value,) in each.observations.rows() if value is not None})
            for each in uow.vintages.walk(series_id)
        ]
    return Case(use, series_id, states, Frequency.QUARTERLY)  # type: ignore[arg-type]


def month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def number_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def revised(seed: int, frequency: Frequency, periods: int, *, gap: int = 0, shift: int = 0) -> Case:
    """A random walk of which the last eight periods are revised with each vintage; one period missing, and the level shifted once."""
    random, step = np.random.default_rng(seed), MONTHS[frequency]
    level, states, begin = 100 * np.exp(np.cumsum(random.normal(0.004, 0.01, periods))), [], number_of(date(1990, 1, 1))
    known: dict[int, float] = {}
    for vintage in range(10, periods):
        for place in range(max(0, vintage - 8), vintage):
            known[place] = float(level[place] * (1 + random.normal(0.002, 0.01 / (vintage - place))))
        factor = 1.05 if shift and vintage >= shift else 1.0
        rows = {month(begin + place * step): value * factor for place, value in known.items() if place != gap}
        states.append((month(begin + vintage * step) + timedelta(days=19), rows))
    return made(states, frequency)


@pytest.fixture(scope="module")
def monthly() -> Case:
    return revised(7, Frequency.MONTHLY, 90, gap=40, shift=60)


@pytest.fixture(scope="module")
def annual() -> Case:
    return revised(11, Frequency.ANNUAL, 48)


def independent(case: Case, *, transform: str | None, first: int, final: str, release: int | None = None) -> list[tuple[Any, ...]]:
    """Pair the values of each period by plain loops: the date, both values, and what their signs are taken from."""
    changes = case.changes(transform)
    values = [state for _, state in case.states] if transform is None else changes
    held, dates = [date.min], {day for state in values for day in state}
    for state in values:
        held.append(max([held[-1], *state]))
    rows: list[Any] = []
    for day in sorted(dates):
        has = [row for row, state in enumerate(values) if day in state]
        if has[0] == 0 or held[has[0]] >= day or len(has) <= max(first, release or 0):
            continue
        row, last = has[first if release is None else release], final_row(case, final, has)
        if last is not None and last > row and day in values[last]:
            rows.append((day, values[row][day], values[last][day], changes[row].get(day), changes[last].get(day)))
    return rows


def final_row(case: Case, final: str, has: Sequence[int]) -> int | None:
    if final == "latest":
        return len(case.states) - 1
    if final.startswith("P"):
        label = case.states[has[0]][0]
        due = label.replace(year=label.year + int(final[1:-1]))
        ended = datetime.combine(due, time(23, 59, 59), tzinfo=UTC)
        return max(row for row, (each, _) in enumerate(case.states) if each <= due) if ended <= NOW else None
    return has[int(final)] if len(has) > int(final) else None


def near(expected: float) -> Any:
    return pytest.approx(expected, rel=1e-8, abs=1e-13)


def fit(explained: Any, regressor: Any, lags: int) -> Any:
    design = np.ones(len(explained)) if regressor is None else add_constant(np.asarray(regressor))
    return OLS(np.asarray(explained), design).fit(cov_type="HAC", cov_kwds={"maxlags": lags}, use_t=True)


def usual_lags(n: int) -> int:
    return math.floor(4 * (n / 100) ** (2 / 9))


def check_regression(found: Regression | None, explained: Any, regressor: Any, lags: int, *, slope: float = 0) -> None:
    expected = fit(explained, regressor, lags)
    joint = expected.f_test((np.eye(2), np.array([0, slope])))

    assert found
    assert found.joint
    assert [found.intercept.value, found.slope.value] == near(expected.params.tolist())
    assert [found.intercept.standard_error, found.slope.standard_error] == near(expected.bse.tolist())
    assert [found.intercept.t, found.slope.t] == near(expected.tvalues.tolist())
    assert [found.r_squared, found.joint.f, found.joint.p_value] == near([expected.rsquared, float(joint.fvalue), float(joint.pvalue)])
    assert found.joint.degrees_of_freedom == (2, len(explained) - 2)
    assert (found.slope.degrees_of_freedom, found.n, found.lags) == (len(explained) - 2, len(explained), lags)


@pytest.mark.parametrize("final", ["latest", "3", "P2Y"])
@pytest.mark.parametrize("transform", ["rdiff", None])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["gdp", "monthly", "annual"])
def test_each_statistic_is_what_other_libraries_compute(
    request: pytest.FixtureRequest, name: str, first: int, transform: str | None, final: str
) -> None:
    """To 1e-8: from pairs found by plain loops, with statsmodels, scipy and Python's own statistics."""
    case: Case = request.getfixturevalue(name)
    chosen = PeriodTransform(transform) if transform else None
    found = case.measure(transform=chosen, first=first, final=Final.parse(final)).statistics
    pairs = independent(case, transform=transform, first=first, final=final)
    p, f = (np.array([row[place] for row in pairs]) for place in (1, 2))
    r, n = f - p, len(pairs)
    lags = usual_lags(n)
    mean = fit(r, None, lags)

    assert (found.n, found.start, found.end, found.lags) == (n, pairs[0][0], pairs[-1][0], lags)
    assert [found.mean.value, found.mean.standard_error, found.mean.t] == near([mean.params[0], mean.bse[0], mean.tvalues[0]])
    assert found.mean.degrees_of_freedom == n - 1
    check_size(found, p.tolist(), r.tolist())
    check_regression(found.on_initial, r, p, lags)
    check_regression(found.on_final, r, f, lags)
    check_measures(found, case, pairs)
    for horizon in found.by_horizon:
        of_release = independent(case, transform=transform, first=first, final=final, release=horizon.release)
        revisions = [row[2] - row[1] for row in of_release]
        expected = fit(revisions, None, usual_lags(len(revisions)))
        assert (horizon.n, horizon.mean.value, horizon.mean.standard_error) == (
            len(revisions),
            near(expected.params[0]),
            near(expected.bse[0]),
        )
        assert [horizon.mean_absolute, horizon.standard_deviation] == near([np.abs(revisions).mean(), statistics.stdev(revisions)])


def check_size(found: RevisionStatistics, p: Sequence[float], r: Sequence[float]) -> None:
    size, relative = found.size, [revision / abs(initial) for revision, initial in zip(r, p, strict=True)]

    assert [size.minimum, size.maximum, size.median] == near([min(r), max(r), statistics.median(r)])
    quantiles = stats.mstats.mquantiles(r, [0.05, 0.25, 0.5, 0.75, 0.95], alphap=1, betap=1)
    assert list(size.quantiles) == near(quantiles.tolist())
    assert size.standard_deviation == near(statistics.stdev(r))
    assert size.mean_absolute == near(statistics.fmean(map(abs, r)))
    assert [size.mean_relative, size.mean_absolute_relative] == near([statistics.fmean(relative), statistics.fmean(map(abs, relative))])
    assert size.zero_initials == 0


def check_measures(found: RevisionStatistics, case: Case, pairs: Sequence[tuple[Any, ...]]) -> None:
    days, p, f = ([row[place] for row in pairs] for place in (0, 1, 2))
    r, known = [b - a for a, b in zip(p, f, strict=True)], [row[3:] for row in pairs if None not in row[3:]]
    correlations = [float(stats.pearsonr(*each).statistic) for each in ((p, f), (r, p), (r, f))]
    follows = [i for i in range(1, len(days)) if number_of(days[i]) - number_of(days[i - 1]) == MONTHS[case.frequency]]
    missed = sum(((p[i] - f[i]) / f[i - 1]) ** 2 for i in follows)
    moved = sum(((f[i] - f[i - 1]) / f[i - 1]) ** 2 for i in follows)

    def rms(values: Sequence[float]) -> float:
        return math.sqrt(statistics.fmean(value**2 for value in values))

    assert found.sign_agreement.n == len(known)
    assert found.sign_agreement.share == near(statistics.fmean(math.copysign(1, a) == math.copysign(1, b) for a, b in known))
    each = found.correlations
    assert [each.initial_final, each.revision_initial, each.revision_final] == near(correlations)
    assert [found.theil.u1, found.theil.u2] == near([rms(r) / (rms(f) + rms(p)), math.sqrt(missed / moved)])
    assert (found.theil.u2_n, found.gaps) == (len(follows), len(days) - 1 - len(follows))


@pytest.mark.parametrize("final", ["latest", "6"])
@pytest.mark.parametrize("name", ["gdp", "monthly", "annual"])
def test_the_first_efficient_release(request: pytest.FixtureRequest, name: str, final: str) -> None:
    """Each test is of the periods that have all releases tested; the first that is not rejected at 5 % is efficient."""
    case: Case = request.getfixturevalue(name)
    found = case.measure(transform=None, final=Final.parse(final), horizons=8).statistics.efficiency
    last = found.tests[-1].release
    by_release = [
        {row[0]: row[1:3] for row in independent(case, transform=None, first=0, final=final, release=release)}
        for release in range(last + 1)
    ]
    days = sorted(by_release[0].keys() & by_release[-1].keys())

    assert found.n == len(days) >= 20
    assert last == (5 if final == "6" else 7)
    for test, pairs in zip(found.tests, by_release, strict=True):
        if not test.exact:
            check_regression(
                test.regression, [pairs[day][1] for day in days], [pairs[day][0] for day in days], usual_lags(len(days)), slope=1
            )
        else:
            assert all(pairs[day][0] == pytest.approx(pairs[day][1], rel=1e-12) for day in days)
    rejected = [test.regression.joint.p_value <= 0.05 if test.regression and test.regression.joint else False for test in found.tests]
    assert (found.first_efficient.release if found.first_efficient else None) == (rejected.index(False) if False in rejected else None)


def test_the_number_of_lags_can_be_given(gdp: Case) -> None:
    """Without lags the errors are White's; by default they follow from the number of periods."""
    p, f = (np.array([row[place] for row in independent(gdp, transform="rdiff", first=0, final="latest")]) for place in (1, 2))
    for lags in (0, 9):
        check_regression(gdp.measure(hac_lags=lags).statistics.on_initial, f - p, p, lags)


def test_efficiency_needs_twenty_periods(gdp: Case) -> None:
    """Of fewer nothing is tested; of hardly more, fewer releases are."""
    few = gdp.measure(start=date(2019, 10, 1)).statistics
    more = gdp.measure(start=date(2018, 10, 1)).statistics

    assert (few.n, few.efficiency.n, few.efficiency.tests, few.efficiency.first_efficient) == (19, 0, (), None)
    assert (more.n, more.efficiency.n, len(more.efficiency.tests)) == (23, 20, 12)


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 129, 5000])
def test_the_distribution_of_f_with_two_degrees_is_exact(degrees: int) -> None:
    """The closed form is scipy's survival function, far into the tail."""
    for f in (0.0, 0.1, 1.0, 3.07, 25.0, 400.0):
        assert f_of_two_survival(f, degrees) == pytest.approx(stats.f.sf(f, 2, degrees), rel=1e-9)


def test_level_shifts_of_gdp(gdp: Case) -> None:
    """The comprehensive revisions of 1996 and 2013, by about 3 %; without what they lie between, fewer periods are compared."""
    found = gdp.measure(transform=None)
    narrower = gdp.measure(transform=None, exclude_shifts=True).statistics

    assert [each.vintage.published for each in found.level_shifts] == [date(1996, 1, 19), date(2013, 7, 31)]
    assert [round(each.ratio or 0, 3) for each in found.level_shifts] == [1.027, 1.032]
    assert found.statistics.left_out[LeftOut.LEVEL_SHIFT] == 0
    assert narrower.left_out[LeftOut.LEVEL_SHIFT] == 86
    assert narrower.n == found.statistics.n - 86
    assert narrower.start == date(2013, 4, 1)


def test_a_made_level_shift(monthly: Case) -> None:
    """The vintage that multiplies everything by 1.05."""
    [shift] = monthly.measure().level_shifts

    assert (shift.vintage.number, round(shift.ratio or 0, 2), shift.unit_changed) == (51, 1.05, False)


def test_the_gdp_of_132_quarters(gdp: Case) -> None:
    """Of growth all but the newest are compared: it has one vintage only."""
    found = gdp.measure().statistics

    assert (found.n, found.left_out[LeftOut.SAME_VINTAGE], found.left_out[LeftOut.CENSORED]) == (131, 1, 182)
    assert gdp.measure(start=date(2000, 1, 1), end=date(2009, 12, 31)).statistics.n == 40


def simple(values: Sequence[Sequence[float]], **more: Any) -> Case:
    """Vintages of a monthly series: of each the values from 2000-01 on, published month after month."""
    states = [
        (date(2010 + n // 12, n % 12 + 1, 1), {month(24000 + place): value for place, value in enumerate(row)})
        for n, row in enumerate(values)
    ]
    return made(states, more.pop("frequency", Frequency.MONTHLY))


def test_a_series_that_is_never_revised() -> None:
    """Its mean revision is zero without an error, its first release exact; what divides by zero is not there."""
    case = simple([[float(value) for value in range(1, 3 + n)] for n in range(26)])
    found = case.measure(transform=None).statistics

    assert (found.mean.value, found.mean.standard_error, found.mean.t) == (0, 0, None)
    assert (found.on_initial and found.on_initial.joint, found.correlations.revision_final) == (None, None)
    assert (found.correlations.initial_final, found.theil.u1, found.theil.u2, found.sign_agreement.share) == (pytest.approx(1), 0, 0, 1)
    first = found.efficiency.first_efficient
    assert first
    assert (first.release, first.exact) == (0, True)


def test_constant_and_zero_values() -> None:
    """A constant has no regression; initial values of zero are counted and in no relative revision; zero agrees with zero only."""
    rows = [[0.0] * (2 + n) for n in range(8)]
    rows[-1] = [float(place % 2) for place in range(9)]
    found = simple(rows).measure(transform=None).statistics

    assert (found.on_initial, found.correlations.initial_final) == (None, None)
    assert (found.size.zero_initials, found.size.mean_relative, found.n) == (6, None, 6)
    assert found.sign_agreement.share == 0


def test_changes_of_a_mixed_vintage_stay_out() -> None:
    """What a newer adapter read from other bytes may be no revision: the periods that it changed are left out, others stay."""
    source = Publishing([], Frequency.MONTHLY)
    store = MemoryStore(StoppedClock(datetime(2010, 1, 1, tzinfo=UTC)))
    use, code = memory_use_cases({"made": source}, store=store, default="made"), DatasetCode("MADE", "A")
    values = [[float(place) for place in range(1, 4 + n)] for n in range(12)]
    values[10] = [*values[10][:4], 99.0, *values[10][5:]]
    values[11] = [*values[11][:4], 99.0, *values[11][5:]]
    for n, row in enumerate(values):
        source.states = [(date(2009, n + 1, 1), {month(24000 + place): value for place, value in enumerate(row)})]
        source.sends, source.version = f"{n:064x}", 2 if n >= 10 else 1
        use.request_fetch(code, refresh=True)
    series_id = use.request_fetch(code).series.id
    found = use.measure_revisions(series_id, StatisticsQuery(transform=None)).statistics

    assert [each.cause for each in use.list_vintages(series_id).items].count(Cause.MIXED) == 1
    assert (found.left_out[LeftOut.MIXED], found.size.maximum) == (1, 0)


def test_a_change_of_unit_is_a_level_shift() -> None:
    """Even where no value is on another level."""
    clock, source = StoppedClock(NOW), Publishing([], Frequency.MONTHLY)
    use = memory_use_cases({"made": source}, store=MemoryStore(clock), default="made")
    for n in range(1, 11):
        clock.forward(days=1)
        rows = {month(24000 + place): float(place + n % 2) for place in range(n)}
        source.states, source.unit = [*source.states, (date(2009, n, 1), rows)], "USD" if n < 8 else "EUR"
        series_id = use.request_fetch(DatasetCode("MADE", "A"), refresh=True).series.id
    [shift] = use.measure_revisions(series_id, StatisticsQuery(transform=None)).level_shifts

    assert (shift.vintage.published, shift.unit_changed) == (date(2009, 8, 1), True)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({"column": "b"}, "column", "no column 'b'"),
        ({"first": 2, "final": Final(release=2)}, "final", "final=2 is not after first=2"),
        ({"start": date(2030, 1, 1)}, "first", "0 periods have release 0 and a final value"),
        ({"first": 90}, "first", "0 periods have release 90"),
        ({"hac_lags": 24}, "hac_lags", "below the number of periods, 24"),
        ({"transform": PeriodTransform.YOY, "final": Final(months=1200)}, "first", r"final value \(P100Y\)"),
    ],
)
def test_what_cannot_be_measured(query: dict[str, Any], field: str, message: str) -> None:
    """The error names the field, and why periods are left out."""
    case = simple([[float(value) for value in range(1, 3 + n)] for n in range(26)])

    with pytest.raises(InvalidInput, match=message) as refused:
        case.measure(**query)
    assert refused.value.field == field


def test_what_would_not_fit_into_memory(gdp: Case) -> None:
    """The values of all vintages are counted before they are read."""
    with pytest.raises(TooManyCells, match="have over 1000 values") as refused:
        replace(gdp.use.measure_revisions, most_cells=1000)(gdp.series_id, StatisticsQuery())
    assert "/releases" in refused.value.hint


def test_without_a_frequency_only_values_as_they_are() -> None:
    """Transforms compare periods; the hint says what is possible, and then signs are unknown."""
    states = [
        (date(2010, 1, 1) + timedelta(days=n), {date(2000, 1, 1) + timedelta(days=k**3): 1.0 * k for k in range(3 + n)}) for n in range(26)
    ]
    use, series_id, _ = stored(Publishing(states, None), "MADE/A")

    with pytest.raises(InvalidInput, match="no known frequency") as refused:
        use.measure_revisions(series_id, StatisticsQuery())
    found = use.measure_revisions(series_id, StatisticsQuery(transform=None)).statistics
    assert (refused.value.field, refused.value.hint) == ("transform", "Give transform=none: the values as they are.")
    assert (found.n, found.sign_agreement.n, found.sign_agreement.share) == (24, 0, None)


@pytest.mark.parametrize(("text", "same"), [("latest", "latest"), ("0", "0"), ("P36M", "P3Y"), ("P18M", "P18M"), ("P90D", "P90D")])
def test_final_values_are_named(text: str, same: str) -> None:
    """Years and months are one duration."""
    assert str(Final.parse(text)) == same


@pytest.mark.parametrize("text", ["", "-1", "P", "P0Y", "P1W", "3Y", "latest ", "99999"])
def test_final_values_that_there_are_not(text: str) -> None:
    """The hint says how to write one."""
    with pytest.raises(InvalidInput) as refused:
        Final.parse(text)
    assert (refused.value.field, "P3Y" in refused.value.hint) == ("final", True)
