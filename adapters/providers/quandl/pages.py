"""The pages of a table at Quandl, put together as they come, within bounds for all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.provider_kit.parsing.limits import FETCH, PAGES, ROWS
from adapters.provider_kit.parsing.tables import read_columns
from adapters.providers.quandl.answers import QuandlTable
from adapters.providers.quandl.series import many_series
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood


class Pages:
    """The pages of one table so far."""

    def __init__(self, code: DatasetCode) -> None:
        self._code, self._has_key = code, "." in code.dataset
        self._pages: list[QuandlTable] = []
        self._bytes = self._rows = 0
        self._seen: set[Any] = set()

    def take(self, page: QuandlTable, size: int) -> None:
        """
        Add a page, whose body had so many bytes.

        Raises:
            AnswerTooLarge: the pages are more, or hold more, than one fetch may.
            AnswerNotUnderstood: its columns are others, or no key was asked for and a date comes again.

        """
        self._pages.append(page)
        self._bytes += size
        self._rows += len(page.table.rows)
        FETCH.check(self._bytes, "The table", hint=self._hint)
        ROWS.check(self._rows, "The table", hint=self._hint)
        first = self._pages[0].table
        if (page.table.names, page.table.types) != (first.names, first.types):
            raise AnswerNotUnderstood("The table's columns change from page to page.")
        if page.cursor is not None:
            self._check_next(page)

    def joined(self) -> QuandlTable:
        """Return the pages as one."""
        if len(self._pages) == 1:
            return self._pages[0]
        rows = [row for page in self._pages for row in page.table.rows]
        return replace(self._pages[0], table=replace(self._pages[0].table, rows=rows))

    def _check_next(self, page: QuandlTable) -> None:
        """Check that there is a next page to request."""
        PAGES.check(len(self._pages) + 1, "The table", hint=self._hint)
        if self._has_key:
            return
        columns = read_columns(page.table, date_first=page.is_dataset)
        moments = set(columns.dates.astype("datetime64[s]").tolist())
        if columns.has_repeated_dates or not self._seen.isdisjoint(moments):
            raise many_series(columns, self._code)
        self._seen |= moments

    @property
    def _hint(self) -> str:
        return "" if self._has_key else f"Ask for one of its series, as {self._code}.KEY."
