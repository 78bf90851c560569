"""Revision triangles and the statistics of revisions, printed within 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

import click

from domain.revision_statistics.efficiency import Efficiency
from domain.revision_statistics.level_shifts import LevelShift
from domain.revision_statistics.measures import QUANTILES
from domain.revision_statistics.regressions import Estimate, Regression
from domain.revision_statistics.statistics import RevisionStatistics
from domain.use_cases.measure_revisions import Measured, StatisticsQuery
from domain.use_cases.read_releases import Triangle, TriangleQuery
from entrypoints.cli.tables import print_paragraph, print_table, say, terminal_width, when

_WIDTH, _GAP = 80, 2


def print_triangle(found: Triangle, query: TriangleQuery) -> None:
    """Print as many releases of each date as fit, the latest one and how many there are."""
    say(f"{found.series.provider}:{found.series.code} {found.column}{f', {query.transform}' if query.transform else ''}")
    rows = [(when(row.date) + ("*" if row.censored else ""), [f"{each.value:.6g}" for each in row.releases]) for row in found.rows]
    ends = [("date", [date for date, _ in rows]), ("latest", [values[-1] for _, values in rows]), ("count", [str(len(v)) for _, v in rows])]
    lags = [(str(n), [v[n] if n < len(v) else "" for _, v in rows]) for n in range(max((len(v) for _, v in rows), default=0))]
    shown = _fitting(lags, (terminal_width() or _WIDTH) - sum(map(_width, ends)))
    columns = [ends[0], *shown, *ends[1:]]
    print_table([name for name, _ in columns], zip(*(cells for _, cells in columns), strict=True), right=[name for name, _ in columns[1:]])
    if any(row.censored for row in found.rows):
        click.echo("* The true first release may be unknown.")


def print_statistics(measured: Measured, query: StatisticsQuery) -> None:
    """Print every statistic."""
    found, series = measured.statistics, measured.series
    say(f"{series.provider}:{series.code} {measured.column}, {query.transform or 'no transform'}")
    say(f"revisions from release {query.first} to {query.final}: {found.n} periods, {when(found.start)} to {when(found.end)}")
    left_out = ", ".join(f"{reason} {count}" for reason, count in found.left_out.items() if count)
    print_paragraph(f"periods left out: {left_out or 'none'}; gaps: {found.gaps}; HAC lags: {found.lags}")
    click.echo()
    print_table(("measure", "value"), _measures(found), wraps=("value",), has_heading=False)
    click.echo()
    print_table(("revision", "intercept", "error", "slope", "error", f"F(2, {found.n - 2})", "p"), _regressions(found))
    click.echo()
    lines = [
        (str(each.release), str(each.n), *_estimate(each.mean), *map(short, (each.mean_absolute, each.standard_deviation)))
        for each in found.by_horizon
    ]
    print_table(("release", "periods", "mean", "error", "t", "absolute", "deviation"), lines)
    click.echo()
    say(_efficiency(found.efficiency))
    print_paragraph(f"level shifts: {'; '.join(map(_shift, measured.level_shifts)) or 'none'}")


def short(value: float | None) -> str:
    """Return a value with five digits; a dash for None."""
    return "-" if value is None else f"{value:.5g}"


def _fitting(columns: Sequence[tuple[str, Sequence[str]]], width: int) -> list[tuple[str, Sequence[str]]]:
    shown = []
    for column in columns:
        width -= _width(column)
        if width < 0:
            break
        shown.append(column)
    return shown


def _width(column: tuple[str, Sequence[str]]) -> int:
    return _GAP + max(map(len, (column[0], *column[1])))


def _measures(found: RevisionStatistics) -> list[tuple[str, str]]:
    size, mean = found.size, found.mean
    t = f"{short(mean.t)}  ({mean.degrees_of_freedom} degrees of freedom)"
    quantiles = [(f"quantile {level:.0%}", short(value)) for level, value in zip(QUANTILES, size.quantiles, strict=True)]
    return [
        ("mean", short(mean.value)),
        ("its HAC error", short(mean.standard_error)),
        ("its t", t),
        ("mean absolute", short(size.mean_absolute)),
        ("mean relative", f"{short(size.mean_relative)}  (initial values of zero, left out: {size.zero_initials})"),
        ("mean absolute relative", short(size.mean_absolute_relative)),
        ("standard deviation", short(size.standard_deviation)),
        ("minimum, maximum", f"{short(size.minimum)}, {short(size.maximum)}"),
        *quantiles,
        ("sign agreement", f"{short(found.sign_agreement.share)}  (of {found.sign_agreement.n})"),
        ("correlation initial, final", short(found.correlations.initial_final)),
        ("correlation revision, initial", short(found.correlations.revision_initial)),
        ("correlation revision, final", short(found.correlations.revision_final)),
        ("Theil's U1, U2", f"{short(found.theil.u1)}, {short(found.theil.u2)}"),
    ]


def _regressions(found: RevisionStatistics) -> list[tuple[str, ...]]:
    return [
        (name, *_regression(regression))
        for name, regression in (("on initial", found.on_initial), ("on final", found.on_final))
        if regression
    ]


def _regression(found: Regression) -> tuple[str, ...]:
    values = [each for estimate in (found.intercept, found.slope) for each in (estimate.value, estimate.standard_error)]
    test = (short(found.joint.f), f"{found.joint.p_value:.4f}") if found.joint else ("-", "-")
    return (*(f"{value:.4g}" for value in values), *test)


def _estimate(found: Estimate) -> tuple[str, str, str]:
    return short(found.value), short(found.standard_error), "-" if found.t is None else f"{found.t:.3f}"


def _efficiency(found: Efficiency) -> str:
    if not found.tests:
        return "first efficient release: not tested; 20 periods are needed"
    tested = f"of releases {found.tests[0].release} to {found.tests[-1].release}, {found.n} periods"
    first = found.first_efficient
    if first is None:
        return f"first efficient release: none {tested}"
    joint = first.regression.joint if first.regression else None
    return f"first efficient release: {first.release} ({f'p {joint.p_value:.4f}' if joint else 'exact'}), {tested}"


def _shift(shift: LevelShift) -> str:
    ratio = f" x {shift.ratio:.4f}" if shift.ratio is not None else ""
    return f"{when(shift.vintage.published or shift.vintage.known_at)}{ratio}{' (unit)' if shift.unit_changed else ''}"
