"""What the newest vintage of a series changed, in words, with the size of the revision and a sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import numpy as np
from markupsafe import Markup

from domain.errors import DamagedVintage, VintageNotFound
from domain.moments import AsOf
from domain.observations import Label, Observations, label
from domain.revisions import Revision
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.describe_series import Described
from domain.use_cases.read_series import Selection
from domain.vintages import Vintage
from entrypoints.web import words
from entrypoints.web.charts.strips import sparkline

_SPARK, _CACHE_SIZE = 40, 256
_MOST_NAMED, _MOST_ROWS = 3, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    A series that changed.

    Attributes:
        latest, period: the newest value of the first column, and what it stands for.
        revised: which dates and columns came, went or were revised, and by how much.
        size: the size of the revision from 0 to 1, negative if most values went down; 0 where nothing was revised.

    """

    described: Described
    vintage: Vintage
    latest: str
    period: str
    spark: Markup
    revised: str
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What a vintage says for ever."""

    latest: float | None
    date: Label | None
    spark: Markup
    revised: str
    size: float


class Changes:
    """Describes changes; what was read of a vintage is kept, since vintages never change."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases
        self._facts = lru_cache(_CACHE_SIZE)(self._read)
        self._spark = lru_cache(_CACHE_SIZE)(self._read_spark)

    def __call__(self, described: Described, newest: Vintage, *, arrived: int = 1) -> Change:
        """
        Return what the newest vintage of a series changed.

        Args:
            arrived: how many vintages came with it.

        """
        series = described.series
        try:
            facts = self._facts(series.id, newest)
        except DamagedVintage as error:
            facts = _Facts(latest=None, date=None, spark=Markup(""), revised=error.message, size=0.0)
        return Change(
            described=described,
            vintage=newest,
            latest=words.number(facts.latest),
            period=words.period(facts.date, series.frequency) if facts.date else "",
            spark=facts.spark,
            revised=_with_others(facts.revised, newest, arrived),
            size=facts.size,
        )

    def spark(self, series: TimeSeries) -> Markup:
        """Return the latest values of a series as a small picture; an empty text of one that has none, or very many."""
        newest = series.newest
        return self._spark(series.id, newest) if newest and newest.rows <= _MOST_ROWS else Markup("")

    def _read_spark(self, series_id: UUID, newest: Vintage) -> Markup:
        try:
            state = self._use_cases.read_series(series_id, Selection(moment=AsOf(vintage=newest.number))).observations
        except DamagedVintage:
            return Markup("")
        return sparkline(state.values[-_SPARK:, 0] if state.columns else np.empty(0))

    def _read(self, series_id: UUID, newest: Vintage) -> _Facts:
        moment = AsOf(vintage=newest.number)
        try:
            found = self._use_cases.compare_vintages(series_id, None, moment)
            state, (revised, size) = found.state, described_revision(found.revision, newest)
        except (VintageNotFound, DamagedVintage):  # of the one before it
            state = self._use_cases.read_series(series_id, Selection(moment=moment)).observations
            revised, size = _counts(newest), 0.0
        values = state.values[:, 0] if state.columns else np.empty(0)
        known = np.flatnonzero(~np.isnan(values))
        last = int(known[-1]) if known.size else None
        return _Facts(
            latest=float(values[last]) if last is not None else None,
            date=label(state.dates[last]) if last is not None else None,
            spark=sparkline(values[-_SPARK:]),
            revised=revised,
            size=size,
        )


def _with_others(revised: str, newest: Vintage, arrived: int) -> str:
    if arrived <= 1:
        return revised
    if arrived == newest.number:
        return f"{words.counted(newest.number, 'vintage')} of {words.counted(newest.rows, 'date')}, first seen"
    return f"{words.counted(arrived, 'new vintage')}, the newest with {revised}"


def _counts(newest: Vintage) -> str:
    if newest.number == 1:
        return f"{words.counted(newest.rows, 'date')}, first seen"
    parts = (newest.added, "new date"), (newest.changed, "changed date"), (newest.deleted, "deleted date")
    return ", ".join(words.counted(count, noun) for count, noun in parts if count)


def described_revision(revision: Revision, newest: Vintage) -> tuple[str, float]:
    """Return a revision in words, and its size from 0 to 1, negative if most values went down."""
    text, size = _values(revision)
    parts = (
        words.counted(len(revision.added), "new date") if len(revision.added) else "",
        f"{words.counted(len(revision.deleted), 'date')} deleted" if len(revision.deleted) else "",
        _columns("lost the", revision.columns_removed),
        _columns("new", revision.columns_added),
        text,
        _flags(revision),
    )
    return ", ".join(filter(None, parts)) or ("a correction of an earlier state" if newest.cause.restates else "no value changed"), size


def _flags(revision: Revision) -> str:
    dates = len({each.date for each in revision.flags_changed})
    return f"{'only ' if revision.has_flags_alone else ''}flags of {words.counted(dates, 'date')} changed" if dates else ""


def _columns(verb: str, names: Sequence[str]) -> str:
    return f"{verb} column{'' if len(names) == 1 else 's'} {_listed(names)}" if names else ""


def _values(revision: Revision) -> tuple[str, float]:
    if not revision.changed:
        return "", 0.0
    dates = words.counted(len({each.date for each in revision.changed}), "date")
    columns = list(dict.fromkeys(each.column for each in revision.changed))
    where = f" in {_listed(columns)}" if _has_several(revision.added, columns) else ""
    shares = np.array([each.new / each.old - 1 for each in revision.changed if each.old and each.new is not None])
    if not shares.size:
        return f"{dates} revised{where}", 0.0
    middle = float(np.median(np.abs(shares)))
    direction = 1 if (shares > 0).sum() * 2 >= len(shares) else -1
    # The bar is full where half of the revised values moved by a tenth or more.
    return f"{dates} revised by {words.number(100 * middle, 2)} %{where}", direction * min(1.0, max(0.05, middle * 10))


def _has_several(state: Observations, columns: Sequence[str]) -> bool:
    return len(state.columns) > 1 or len(columns) > 1


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[: _MOST_NAMED - 1])} and {len(names) - _MOST_NAMED + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
