"""The Quandl door's databases: which there are, their codes, and all their data in an archive."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import falcon

from domain.api_keys import Scope
from domain.errors import DamagedVintage, DatasetNotFound, NotFound, SeriesNotFound
from domain.observations import Observations
from domain.series import Database, SeriesQuery, SeriesStatus, TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_series import Selection
from domain.vintages import AsOf
from entrypoints.formats import Format, cell
from entrypoints.formats import csv as csv_of
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_DOWNLOAD, QUANDL_PAGING
from entrypoints.rest.openapi.response_schemas import ARCHIVE, DATABASE, DATABASES
from entrypoints.rest.quandl import QUANDL_ROOT, documents
from entrypoints.rest.quandl.archives import stream_zip
from entrypoints.rest.quandl.datasets import MAX_COUNT, paging, search_text, split_format
from entrypoints.rest.quandl.params import text

logger = logging.getLogger(__name__)

_PAGE = 1000
_LAST_DAY = timedelta(days=1)
_FILE = re.compile(r"(?P<database>\w+)_(?P<day>[0-9]{8})(?P<partial>\.partial)?\.zip", re.ASCII)
_METADATA = ("code", "name", "description", "refreshed_at", "from_date", "to_date")


class Databases:
    """What the resources here have in common."""

    def __init__(self, use_cases: UseCases) -> None:
        self._use_cases = use_cases

    def _code(self, text: str) -> str:
        """Give the code of a database, whatever its case; raises DatasetNotFound."""
        # By the index of the series: to list all databases takes a query for each.
        if "\0" in text or not self._use_cases.search_series.count(SeriesQuery(database=text.upper()), most=1):
            raise _database_not_found(text)
        return text.upper()

    def _describe(self, shown: Iterable[Database]) -> list[dict[str, Any]]:
        titles = {provider.name: provider.title for provider in self._use_cases.list_providers.facts()}
        return [
            documents.database(kept, title=", ".join(titles.get(name, name) for name in kept.providers), count=self._count(kept.code))
            for kept in shown
        ]

    def _count(self, database: str) -> int:
        return self._use_cases.search_series.count(SeriesQuery(database=database, status=SeriesStatus.SUCCESS), most=MAX_COUNT)

    def _series(self, database: str) -> Iterator[TimeSeries]:
        after: int | None = 0
        while after is not None:
            query = SeriesQuery(database=database, status=SeriesStatus.SUCCESS, after=after, limit=_PAGE)
            page = self._use_cases.search_series(query)
            yield from page.items
            after = page.next


class DatabasesResource(Databases):
    """The databases under which series are kept."""

    @operation({200: DATABASES}, QUANDL_PAGING, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List them, or those whose code or provider holds all words of ``query``."""
        words = search_text(req)
        page, per_page = paging(req)
        with req.context.sender.read_slots.acquire(req.context.client):  # each has a query of its own, and is counted
            found = [kept for kept in self._use_cases.search_series.databases() if _matches(kept, words)]
            described = self._describe(found[(page - 1) * per_page :][:per_page])
        meta = documents.page_of(words, page=page, per_page=per_page, total=len(found))
        if split_format(req, resp, req.path)[1] is Format.CSV:
            _send_csv(resp, described)
        else:
            resp.media = {"databases": described, "meta": meta}


class DatabaseResource(Databases):
    """One database."""

    @operation({200: DATABASE}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, database: str) -> None:
        """Describe it."""
        name, kind = split_format(req, resp, database)
        with req.context.sender.read_slots.acquire(req.context.client):
            described = self._describe(kept for kept in self._use_cases.search_series.databases() if kept.code == name.upper())
        if not described:
            raise _database_not_found(name)
        if kind is Format.CSV:
            _send_csv(resp, described)
        else:
            resp.media = {"database": described[0]}


class DownloadResource(Databases):
    """All codes, all descriptions or all data of a database, as an archive."""

    @operation({200: ARCHIVE, 302: None}, QUANDL_DOWNLOAD, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Send codes and descriptions at once, and lead to the data, whose address ends in the archive's name."""
        code, (name, _) = self._code(place["database"]), split_format(req, resp, place["part"])
        if name == "codes":
            _send_zip(req, resp, f"{code}-datasets-codes", self._codes(code))
        elif name == "metadata":
            _send_zip(req, resp, f"{code}_metadata", self._descriptions(code))
        elif name in ("data", "download"):
            partial = "partial." if (text(req, "download_type") or "").lower() == "partial" else ""
            path = f"{QUANDL_ROOT}/databases/{code}/{name}/{code}_{self._use_cases.search_series.now():%Y%m%d}.{partial}zip"
            address = f"{req.prefix}{path}"
            # A key in the address would be lost on the way, where one in a header is sent again.
            key = text(req, "api_key") if req.context.key else None
            raise falcon.HTTPFound(f"{address}?{urlencode({'api_key': key})}" if key else address)
        else:
            raise falcon.HTTPRouteNotFound

    def _codes(self, database: str) -> Iterator[bytes]:
        for series in self._series(database):
            yield _csv_line([series.alias, series.metadata.name or series.alias])

    def _descriptions(self, database: str) -> Iterator[bytes]:
        yield _csv_line(_METADATA)
        for series in self._series(database):
            told = documents.metadata(series, ())
            dates = (told["refreshed_at"], told["oldest_available_date"], told["newest_available_date"])
            yield _csv_line([told["dataset_code"], told["name"], told["description"], *dates])


class ArchiveResource(Databases):
    """
    The data of a database.

    A series that is found damaged is left out and named in the log: what came before it is sent already.

    Args:
        headed: whether a line of names comes first, as it did at the older of the two addresses.

    """

    def __init__(self, use_cases: UseCases, *, with_header: bool = False) -> None:
        super().__init__(use_cases)
        self._with_header = with_header

    @operation({200: ARCHIVE}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Send every newest state, or of the last day what it brought."""
        code, named = self._code(place["database"]), _FILE.fullmatch(place["file"])
        if named is None or named["database"].upper() != code:
            raise falcon.HTTPRouteNotFound
        _send_zip(req, resp, f"{code}_{named['day']}", self._rows(code, partial=bool(named["partial"])))

    def _rows(self, database: str, *, partial: bool) -> Iterator[bytes]:
        since, with_header = self._use_cases.search_series.now() - _LAST_DAY, self._with_header
        for series in self._series(database):
            if partial and series.newest and series.newest.fetched_at < since:
                continue
            try:
                part = self._changed_since(series, since) if partial else self._use_cases.read_series(series.id, Selection()).observations
            except SeriesNotFound:  # it was removed after the page was read
                continue
            except DamagedVintage as error:
                told = {"series": f"{series.provider}:{series.code}", "reason": error.message}
                logger.error("left out of an archive", extra=told)  # noqa: TRY400 - damage is no fault in the program
                continue
            if with_header:
                yield _csv_line(["Ticker", *documents.column_names(series, part.columns)])
                with_header = False
            code = documents.code_of(series)[1].encode() + b","
            yield b"".join(code + line for line in csv_of(part, (), header=False).splitlines(keepends=True))

    def _changed_since(self, series: TimeSeries, since: datetime) -> Observations:
        newest = self._use_cases.read_series(series.id, Selection()).observations
        try:
            revision = self._use_cases.compare_vintages(series.id, AsOf(seen_by=since), AsOf()).revision
        except NotFound:
            return newest
        dates = {*revision.added.labels(), *(change.date for change in revision.changed)}
        new = [label in dates for label in newest.labels()]
        return Observations.checked(newest.dates[new], newest.columns, newest.values[new])


def _database_not_found(code: str) -> DatasetNotFound:
    return DatasetNotFound(f"No series of the database {code[:40]} is kept here.")


def _matches(kept: Database, words: str) -> bool:
    known = f"{kept.code} {' '.join(kept.providers)}".casefold()
    return all(word.casefold() in known for word in words.split())


def _csv_line(cells: Iterable[str | date | None]) -> bytes:
    return ",".join(cell(str(each or "")) for each in cells).encode() + b"\n"


def _send_csv(resp: falcon.Response, described: Sequence[Mapping[str, Any]]) -> None:
    resp.content_type, resp.data = Format.CSV.media_type, documents.metadata_csv(described)


def _send_zip(req: falcon.Request, resp: falcon.Response, name: str, lines: Iterable[bytes]) -> None:
    resp.stream = req.context.sender.stream(stream_zip(f"{name}.csv", lines), req.context.client)
    resp.content_type = "application/zip"
    resp.downloadable_as = f"{name}.zip"


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    for suffix in ("", ".json", ".csv"):
        yield f"{QUANDL_ROOT}/databases{suffix}", DatabasesResource(use_cases)
    yield f"{QUANDL_ROOT}/databases/{{database}}", DatabaseResource(use_cases)
    yield f"{QUANDL_ROOT}/databases/{{database}}/{{part}}", DownloadResource(use_cases)
    yield f"{QUANDL_ROOT}/databases/{{database}}/data/{{file}}", ArchiveResource(use_cases)
    yield f"{QUANDL_ROOT}/databases/{{database}}/download/{{file}}", ArchiveResource(use_cases, with_header=True)
