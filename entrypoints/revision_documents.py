"""Revision triangles and the statistics of revisions as JSON documents, for the API and the command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from domain.releases import Release, Releases
from domain.revision_statistics.efficiency import Efficiency
from domain.revision_statistics.level_shifts import LevelShift
from domain.revision_statistics.measures import QUANTILES, Size
from domain.use_cases.measure_revisions import Measured, StatisticsQuery
from domain.use_cases.read_releases import Triangle, TriangleQuery
from domain.vintages import Vintage


def statistics_document(measured: Measured, query: StatisticsQuery) -> dict[str, Any]:
    """Return everything but the series."""
    statistics = measured.statistics
    facts = asdict(statistics)
    return {
        "column": measured.column,
        "transform": query.transform,
        "first": query.first,
        "final": str(query.final),
        **{name: facts[name] for name in ("start", "end", "n", "lags", "gaps")},
        "left_out": {reason.value: count for reason, count in statistics.left_out.items()},
        "mean": facts["mean"],
        **_size(statistics.size),
        **{name: facts[name] for name in ("sign_agreement", "correlations", "theil", "on_initial", "on_final", "by_horizon")},
        "efficiency": _efficiency(statistics.efficiency),
        "level_shifts": [_shift(each) for each in measured.level_shifts],
    }


def triangle_document(found: Triangle, query: TriangleQuery, most: int) -> dict[str, Any]:
    """Return everything but the series, with at most so many releases of each date."""
    dates = [_row(row, most) for row in found.rows]
    return {"column": found.column, "transform": query.transform, "count": query.counted, "dates": dates}


def of_release(release: Release) -> dict[str, Any]:
    """Return a value and the vintage that brought it."""
    return {"value": release.value, **of_vintage(release.vintage)}


def of_vintage(vintage: Vintage) -> dict[str, Any]:
    """Return which vintage it is, and since when it is known."""
    return {"vintage": vintage.number, "known_at": vintage.known_at, "published": vintage.published}


def _row(row: Releases, most: int) -> dict[str, Any]:
    shown = list(map(of_release, row.releases[:most]))
    latest = of_release(row.releases[-1])
    return {"date": row.date, "censored": row.censored, "count": len(row.releases), "releases": shown, "latest": latest}


def _size(size: Size) -> dict[str, Any]:
    return {**asdict(size), "quantiles": dict(zip(map(str, QUANTILES), size.quantiles, strict=True))}


def _efficiency(found: Efficiency) -> dict[str, Any]:
    first = found.first_efficient
    return {
        "n": found.n,
        "first_efficient": {"release": first.release, "exact": first.exact} if first else None,
        "tests": [{**asdict(test), "efficient": test.is_efficient} for test in found.tests],
    }


def _shift(shift: LevelShift) -> dict[str, Any]:
    return {**of_vintage(shift.vintage), "ratio": shift.ratio, "unit_changed": shift.unit_changed}
