"""The releases of each date as a table whose colours show the revisions, and how much they usually are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from domain.observations import Label
from domain.releases import Releases
from entrypoints.web import words
from entrypoints.web.charts.scales import Floats
from entrypoints.web.series.state import Units
from entrypoints.web.series.view import View

_SHADES = 5
_MOST_COLUMNS = 9
_MOST_ROWS = 40
_FEW = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """
    One release.

    Attributes:
        shade: a class such as ``up-3``: the direction and the size of the revision.
        title: when it was published, and what it was.

    """

    text: str
    shade: str
    title: str
    vintage: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    The releases of one date.

    Attributes:
        more: the number of releases that are not shown.
        total: from the first release to the latest.

    """

    date: Label
    censored: bool
    cells: Sequence[Cell]
    more: int
    total: str
    total_shade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """
    How much the values in range are usually revised between two states.

    Attributes:
        mean, absolute: the mean revision and the mean of its absolute size; empty where too few values count.
        sign_right: in how many of them the earlier state had the sign of the later one, as text; None for levels.

    """

    name: str
    count: int
    unit: str
    mean: str = ""
    absolute: str = ""
    sign_right: str | None = None


def table(view: View, found: Sequence[Releases]) -> tuple[list[Row], str]:
    """Return the newest dates in range, the newest one first, and the revision from which on a cell is darkest, in words."""
    kept = [row for row in found if in_range(view, row)][-_MOST_ROWS:]
    scale = _scale(view, kept)
    darkest = f"{written_size(view, scale * (_SHADES - 1) / _SHADES, sign=False)} {revision_unit(view)}".rstrip()
    return [_row(view, row, scale) for row in reversed(kept)], darkest


def usual(view: View, found: Sequence[Releases]) -> Sequence[Usual]:
    """Return the usual revisions of the range that is shown: of first releases until today, and of the chosen state since then."""
    # What the newest vintage brought is not revised yet.
    releases = [
        (first, last)
        for row in found
        if not row.censored
        and in_range(view, row)
        and row.releases[0].vintage.number != view.newest.number
        and (first := row.releases[0].value) is not None
        and (last := row.releases[-1].value) is not None
    ]
    until_today = _usual(view, "First release to latest", np.array(releases, dtype=np.float64).reshape(-1, 2))
    since = words.known(view.chosen.known_at) if view.chosen else "Chosen vintage"
    return [until_today, _usual(view, f"{since} to today", _since_then(view))]


def _since_then(view: View) -> Floats:
    """Return each value in range of the chosen state with that of today, of shape (dates, 2)."""
    if view.then is None:
        return np.empty((0, 2))
    then, today = view.shown(view.then), view.shown(view.today)
    _, before, after = np.intersect1d(then.dates, today.dates, assume_unique=True, return_indices=True)
    return np.column_stack([then.values[before, 0], today.values[after, 0]])


def _usual(view: View, name: str, pairs: Floats) -> Usual:
    before, after = pairs[~np.isnan(pairs).any(axis=1)].T
    sizes = _sizes(view, before, after)
    known = sizes[np.isfinite(sizes)]
    if len(known) < _FEW:
        return Usual(name=name, count=len(known), unit=revision_unit(view))
    right = np.mean(np.sign(before) == np.sign(after))
    return Usual(
        name=name,
        count=len(known),
        unit=revision_unit(view),
        mean=written_size(view, float(known.mean())),
        absolute=written_size(view, float(np.abs(known).mean()), sign=False),
        sign_right=f"{100 * right:.0f} %" if view.state.units not in (Units.LEVEL, Units.INDEX) else None,
    )


def _sizes(view: View, before: Floats, after: Floats) -> Floats:
    """Return the revision of each value, as ``revision_size`` does of one."""
    if view.state.units.is_percent:
        return (after - before) * 100
    if view.state.units is Units.CHANGE:
        return after - before
    with np.errstate(all="ignore"):
        return (after / before - 1) * 100


def in_range(view: View, row: Releases) -> bool:
    """Return whether a date is in the range that is shown."""
    part = view.today.window(view.state.start, view.state.end)
    first, last = part.first, part.last
    return first is not None and last is not None and first <= row.date <= last


def revision_size(view: View, before: float, after: float) -> float:
    """Return a revision: of changes their difference, of levels in percent."""
    if view.state.units.is_percent:
        return (after - before) * 100
    if view.state.units is Units.CHANGE:
        return after - before
    return (after / before - 1) * 100 if before else np.nan


def revision_unit(view: View) -> str:
    """Return the unit of revisions, empty for that of the series."""
    return "points" if view.state.units.is_percent else "" if view.state.units is Units.CHANGE else "%"


def written_size(view: View, size: float, *, sign: bool = True) -> str:
    """Write the size of a revision, without its unit."""
    return words.number(size, view.decimals if view.state.units is Units.CHANGE else 1 if view.state.units.is_percent else 2, sign=sign)


def _steps(view: View, row: Releases) -> Iterator[float]:
    values = [each.value for each in row.releases]
    for before, after in pairwise(values):
        yield np.nan if before is None or after is None else revision_size(view, before, after)


def _scale(view: View, rows: Sequence[Releases]) -> float:
    sizes = np.abs([size for row in rows for size in _steps(view, row)])
    sizes = sizes[np.isfinite(sizes)]
    return float(np.quantile(sizes, 0.95)) if sizes.size else 1.0


def _shade(size: float, scale: float) -> str:
    if not np.isfinite(size) or size == 0 or not scale:
        return ""
    return f"{'up' if size > 0 else 'dn'}-{max(1, min(_SHADES, int(np.ceil(abs(size) / scale * _SHADES))))}"


def _row(view: View, row: Releases, scale: float) -> Row:
    steps = [0.0, *_steps(view, row)]
    cells = []
    for release, size in list(zip(row.releases, steps, strict=True))[:_MOST_COLUMNS]:
        text = view.write(release.value, sign=view.state.units.is_percent)
        change = f", revised by {written_size(view, size)} {revision_unit(view)}".rstrip() if size else ""
        cells.append(
            Cell(
                text=text,
                shade=_shade(size, scale),
                title=f"{words.known(release.vintage.known_at)}: {text}{change}",
                vintage=release.vintage.number,
            )
        )
    first, last = row.releases[0].value, row.releases[-1].value
    total = revision_size(view, first, last) if first is not None and last is not None else np.nan
    return Row(
        date=row.date,
        censored=row.censored,
        cells=cells,
        more=len(row.releases) - len(cells),
        total=written_size(view, total) if np.isfinite(total) else "–",
        total_shade=_shade(total, scale),
    )
