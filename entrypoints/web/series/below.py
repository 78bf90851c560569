"""What stands below the chart: releases, first against latest, history, differences, table, vintages, fetches, source and stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput, TooManyCells
from domain.fetches import FetchQuery
from domain.observations import Label
from domain.releases import Counted, Release, Releases, with_flags_alone
from domain.revision_statistics.level_shifts import LevelShift
from domain.revisions import ColumnsChanged
from domain.use_cases import UseCases
from domain.use_cases.list_vintages import VintagePage
from domain.use_cases.measure_revisions import StatisticsQuery
from domain.use_cases.read_releases import TriangleQuery
from entrypoints.web.freshness import needs_stand_in
from entrypoints.web.series.differences import differences, said
from entrypoints.web.series.first_latest import as_csv, first_against_latest
from entrypoints.web.series.looking_back import Vintages
from entrypoints.web.series.meaning import further_facts, said_change, said_columns
from entrypoints.web.series.releases_table import table
from entrypoints.web.series.state import Tab, Units
from entrypoints.web.series.statistics import statistics
from entrypoints.web.series.view import View, aligned

_MOST_DATES = 400
_MOST_DIFFERENCES, _MOST_LISTED, _MOST_FETCHES, _MOST_CANDIDATES = 1000, 500, 50, 20
_CACHE_SIZE = 64
#: A page of the table has so many rows; of many columns fewer, for so many cells.
_ROWS, _FEWEST_ROWS, _CELLS = 100, 25, 400


class Below:
    """Reads what stands below the chart; what follows from vintages is kept, since they never change."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases
        # The number of vintages tells whether what was read is that of today.
        self._releases = lru_cache(_CACHE_SIZE)(self._read_releases)
        self._history = lru_cache(_CACHE_SIZE)(self._read_history)
        self._columns = lru_cache(_CACHE_SIZE)(self._read_columns)
        self._shifts = lru_cache(_CACHE_SIZE)(self._read_shifts)

    def releases(self, view: View, count: int) -> Sequence[Releases]:
        """Return the values that each date has had, of a series with so many vintages; none if there is one vintage alone."""
        if count < 2:  # noqa: PLR2004 - one vintage has no revisions
            return ()
        end = view.shown(view.today).last
        transform = view.state.units.transform
        query = TriangleQuery(column=view.column, end=end, transform=transform, counted=Counted.CHANGE, limit=_MOST_DATES)
        return self._releases(view.series.id, count, query)

    def __call__(self, view: View, page: VintagePage, found: Sequence[Releases]) -> dict[str, Any]:
        """
        Return the values of the template of the tab that is shown.

        Raises:
            InvalidInput: no vintage has a value for the date whose history is asked for.
            NotKnownYet, VintageNotFound, DamagedVintage: a state that is asked for cannot be read.

        """
        several = len(page.items) > 1
        tabs = [each for each in Tab if (several or not each.looks_back) and not (view.computed and each.is_stored)]
        if not (needs_stand_in(view.described) or view.state.tab is Tab.STAND_INS):
            tabs = [each for each in tabs if each is not Tab.STAND_INS]
        tab = view.state.tab or (Tab.RELEASES if several else Tab.TABLE)
        if view.computed and tab not in tabs:
            tab = Tab.TABLE
        read: Mapping[Tab, Callable[[], dict[str, Any]]] = {
            Tab.RELEASES: lambda: _release_table(view, found),
            Tab.FIRST: lambda: {"compared": first_against_latest(view, found, self._level_shifts(view, len(page.items)))},
            Tab.HISTORY: lambda: {"history": self._history(view.series.id, len(page.items), view.date, view.column) if view.date else ()},
            Tab.DIFF: lambda: self._differences(view, page),
            Tab.TABLE: lambda: {"statistics": statistics(view), **table_rows(view)},
            Tab.VINTAGES: lambda: self._vintages(view, page),
            Tab.FETCHES: lambda: self._fetches(view),
            Tab.SOURCE: lambda: _source(view, page),
            Tab.STAND_INS: lambda: self._stand_ins(view),
        }
        return {"tab": tab, "tabs": tabs, **read[tab]()}

    def as_csv(self, view: View, page: VintagePage) -> bytes | None:
        """Return the table of differences, or of first releases, as CSV; None if another tab is shown, or there are no vintages."""
        if view.computed:
            return None
        if view.state.tab is Tab.DIFF:
            return differences(self._use_cases.read_series, view, Vintages.of(page.items, view.newest).items).as_csv()
        if view.state.tab is Tab.FIRST:
            return as_csv(first_against_latest(view, self.releases(view, len(page.items))))
        return None

    def _differences(self, view: View, page: VintagePage) -> dict[str, Any]:
        compared = differences(self._use_cases.read_series, view, Vintages.of(page.items, view.newest).items)
        return {"compared": compared, "said": said(compared), "rows": compared.rows[::-1][:_MOST_DIFFERENCES]}

    def _vintages(self, view: View, page: VintagePage) -> dict[str, Any]:
        columns = self._columns(view.series.id, len(page.items)) if any(each.may_have_other_columns for each in page.items) else {}
        return {"most": _MOST_LISTED, "columns": columns, "notes": _notes(page, columns)}

    def _fetches(self, view: View) -> dict[str, Any]:
        return {"fetches": self._use_cases.follow_fetches.list(FetchQuery(series_id=view.series.id, limit=_MOST_FETCHES)).items}

    def _stand_ins(self, view: View) -> dict[str, Any]:
        found = self._use_cases.find_stand_ins(view.series.id, column=view.column, limit=_MOST_CANDIDATES)
        return {"candidates": found.items, "query": found.query}

    def _read_releases(self, series_id: UUID, _count: int, query: TriangleQuery) -> Sequence[Releases]:
        return self._use_cases.read_releases(series_id, query).rows

    def _read_history(self, series_id: UUID, _count: int, date: Label, column: str) -> Sequence[Release]:
        return self._use_cases.read_releases.history(series_id, date, column).releases

    def _read_columns(self, series_id: UUID, _count: int) -> Mapping[int, ColumnsChanged]:
        return self._use_cases.compare_vintages.columns(series_id)

    def _level_shifts(self, view: View, count: int) -> Sequence[LevelShift]:
        """Return the shifts of a series with so many vintages where levels are shown; changes have next to none."""
        return self._shifts(view.series.id, count, view.column) if view.state.units in (Units.LEVEL, Units.INDEX) else ()

    def _read_shifts(self, series_id: UUID, _count: int, column: str) -> Sequence[LevelShift]:
        try:
            return self._use_cases.measure_revisions(series_id, StatisticsQuery(column=column, transform=None)).level_shifts
        except (InvalidInput, TooManyCells):  # of too few dates, or too many
            return ()


def _release_table(view: View, found: Sequence[Releases]) -> dict[str, Any]:
    rows, darkest = table(view, found)
    return {"releases": rows, "darkest": darkest, "positions": range(1, 1 + max((len(row.cells) for row in rows), default=0))}


def _source(view: View, page: VintagePage) -> dict[str, Any]:
    changes = [(number, change.known_at, *said_change(change)) for number, each in page.changes.items() for change in each]
    return {"facts": further_facts(view.series.metadata), "metadata_changes": changes[::-1]}


def _notes(page: VintagePage, columns: Mapping[int, ColumnsChanged]) -> Mapping[int, Sequence[str]]:
    """Return sentences about vintages: the columns, the flags and the metadata that changed."""
    notes: dict[int, list[str]] = {number: [said_columns(changed)] for number, changed in columns.items()}
    notes |= {number: ["other flags, the same values"] for number in with_flags_alone(page.items)}
    for number, changes in page.changes.items():
        for name, before, after in map(said_change, changes):
            notes.setdefault(number, []).append(f"{name} changed from “{before}” to “{after}”")
    return notes


def rows_a_page(columns: int) -> int:
    """Return how many rows a page of the table has by itself."""
    return max(_FEWEST_ROWS, min(_ROWS, _CELLS // max(1, columns)))


def table_rows(view: View) -> dict[str, Any]:
    """Return the rows of one page of the table, the newest date first, and where the pages beside it begin."""
    whole = aligned(view)
    limit = view.state.limit or rows_a_page(len(whole.columns))
    count = len(whole)
    offset = min(view.state.offset, max(0, count - 1) // limit * limit)
    page = slice(max(0, count - offset - limit), count - offset)
    part = whole.take(page)
    flags = [part.flags.column(place) for place in range(len(part.columns))] if part.flags else []
    return {
        "flags": list(zip(*flags, strict=True))[::-1],
        "rows": [(day, *values) for day, values in part.rows()][::-1],
        "count": count,
        "limit": limit,
        "offset": offset,
        "newer": max(0, offset - limit) if offset else None,
        "older": offset + limit if offset + limit < count else None,
        "oldest": max(0, count - 1) // limit * limit,
    }
