"""Databases of the Quandl-compatible API: the list, their codes, and archives of all their data."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import falcon

from domain.api_keys import Scope
from domain.errors import DamagedVintage, DatasetNotFound, FormulaFailed, NotFound, SeriesNotFound
from domain.moments import AsOf
from domain.observations import Observations
from domain.series import Database, SeriesQuery, SeriesStatus, TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_series import Selection
from entrypoints.formats import cell
from entrypoints.formats import csv as csv_of
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.parameters import QUANDL_DATABASES, QUANDL_DOWNLOAD
from entrypoints.rest.openapi.response_schemas import ARCHIVE, DATABASE, DATABASES
from entrypoints.rest.quandl import QUANDL_ROOT, documents
from entrypoints.rest.quandl.archives import stream_zip
from entrypoints.rest.quandl.formats import SUFFIXES, QuandlFormat, split_format
from entrypoints.rest.quandl.params import MAX_COUNT, paging, search_text, text, texts
from entrypoints.rest.quandl.search import send_page

logger = logging.getLogger(__name__)

_PAGE = 1000
_LAST_DAY = timedelta(days=1)
_FILE = re.compile(r"(?P<database>\w+)_(?P<day>[0-9]{8})(?P<partial>\.partial)?\.zip", re.ASCII)
_METADATA = ("code", "name", "description", "refreshed_at", "from_date", "to_date")


class Databases:
    """Base of the resources here."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._use_cases, self._sender = use_cases, sender

    def _code(self, text: str) -> str:
        """Return the code of a database, given in any case; raises DatasetNotFound."""
        # This uses the index of series; listing all databases takes a query for each.
        if "\0" in text or not (
            self._use_cases.search_series.count(SeriesQuery(database=text.upper()), most=1)
            or self._use_cases.list_datasets.unfetched(text.upper())
        ):
            raise _database_not_found(text)
        return text.upper()

    def _describe(self, databases: Iterable[Database]) -> list[dict[str, Any]]:
        titles = {provider.name: provider.title for provider in self._use_cases.list_providers.facts()}
        return [
            documents.database(stored, title=", ".join(titles.get(name, name) for name in stored.providers), count=self._count(stored.code))
            for stored in databases
        ]

    def _count(self, database: str) -> int:
        return self._use_cases.list_datasets.count(database, most=MAX_COUNT)

    def _send_zip(self, req: falcon.Request, resp: falcon.Response, name: str, lines: Iterable[bytes]) -> None:
        resp.stream = self._sender.stream_slots.stream(stream_zip(f"{name}.csv", lines), req.context.client)
        resp.content_type = "application/zip"
        resp.downloadable_as = f"{name}.zip"

    def _series(self, database: str) -> Iterator[TimeSeries]:
        after: int | None = 0
        while after is not None:
            query = SeriesQuery(database=database, status=SeriesStatus.SUCCESS, after=after, limit=_PAGE)
            page = self._use_cases.search_series(query)
            yield from page.items
            after = page.next


class DatabasesResource(Databases):
    """Databases of the stored series."""

    @operation({200: DATABASES}, QUANDL_DATABASES, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List databases, or those whose code or provider contains all words of ``query``."""
        words, ids = search_text(req), texts(req, "ids[]") + texts(req, "ids")
        page, per_page = paging(req)
        with self._sender.read_slots.acquire(req.context.client):  # a query for each database, and a count
            databases = self._use_cases.list_datasets.databases()
            found = [each for each in databases if _matches(each, words) and (not ids or str(documents.database_id(each.code)) in ids)]
            described = self._describe(found[(page - 1) * per_page :][:per_page])
        meta = documents.page_of(words, page=page, per_page=per_page, total=len(found))
        kind = split_format(req, resp, req.path)[1]
        send_page(resp, kind, {"databases": described, "meta": meta}, documents.DATABASE_NAMES)


class DatabaseResource(Databases):
    """One database."""

    @operation({200: DATABASE}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, database: str) -> None:
        """Return its metadata."""
        name, kind = split_format(req, resp, database)
        with self._sender.read_slots.acquire(req.context.client):
            described = self._describe(each for each in self._use_cases.list_datasets.databases() if each.code == name.upper())
        if not described:
            raise _database_not_found(name)
        if kind is QuandlFormat.CSV:
            send_page(resp, kind, {"databases": described}, documents.DATABASE_NAMES)
        else:
            send_page(resp, kind, {"database": described[0]}, ())


class DownloadResource(Databases):
    """All codes, all metadata or all data of a database, as an archive."""

    @operation({200: ARCHIVE, 302: None}, QUANDL_DOWNLOAD, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Return codes and metadata; redirect to the data, whose URL ends in the archive's name."""
        code, (name, _) = self._code(place["database"]), split_format(req, resp, place["part"])
        if name == "codes":
            self._send_zip(req, resp, f"{code}-datasets-codes", self._codes(code))
        elif name == "metadata":
            self._send_zip(req, resp, f"{code}_metadata", self._descriptions(code))
        elif name in ("data", "download"):
            partial = "partial." if (text(req, "download_type") or "").lower() == "partial" else ""
            path = f"{QUANDL_ROOT}/databases/{code}/{name}/{code}_{self._use_cases.search_series.now():%Y%m%d}.{partial}zip"
            address = f"{req.prefix}{path}"
            # Clients repeat a key in a header after a redirect, but not one in the URL.
            key = text(req, "api_key") if req.context.key else None
            raise falcon.HTTPFound(f"{address}?{urlencode({'api_key': key})}" if key else address)
        else:
            raise falcon.HTTPRouteNotFound

    def _codes(self, database: str) -> Iterator[bytes]:
        for series in self._series(database):
            yield _csv_line([series.alias, series.metadata.name or series.alias])
        for code in self._use_cases.list_datasets.unfetched(database):
            yield _csv_line([code.alias, code.dataset])

    def _descriptions(self, database: str) -> Iterator[bytes]:
        yield _csv_line(_METADATA)
        for series in self._series(database):
            yield _metadata_line(documents.metadata(series, ()))
        for code in self._use_cases.list_datasets.unfetched(database):
            yield _metadata_line(documents.unfetched(code))


class ArchiveResource(Databases):
    """
    The data of a database.

    A damaged series is left out and logged: the data before it have been sent already.

    Args:
        with_header: whether it begins with a header line, as at the older of Quandl's two URLs.

    """

    def __init__(self, use_cases: UseCases, sender: ResponseSender, *, with_header: bool = False) -> None:
        super().__init__(use_cases, sender)
        self._with_header = with_header

    @operation({200: ARCHIVE}, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Return the newest state of every series, or its changes of the last day."""
        code, named = self._code(place["database"]), _FILE.fullmatch(place["file"])
        if named is None or named["database"].upper() != code:
            raise falcon.HTTPRouteNotFound
        self._send_zip(req, resp, f"{code}_{named['day']}", self._rows(code, partial=bool(named["partial"])))

    def _rows(self, database: str, *, partial: bool) -> Iterator[bytes]:
        since, with_header = self._use_cases.search_series.now() - _LAST_DAY, self._with_header
        for series in self._series(database):
            if partial and series.newest and series.newest.fetched_at < since:
                continue
            try:
                part = self._changed_since(series, since) if partial else self._use_cases.read_series(series.id, Selection()).observations
            except SeriesNotFound:  # removed since the page was read
                continue
            except (DamagedVintage, FormulaFailed, NotFound) as error:
                facts = {"series": f"{series.provider}:{series.code}", "reason": error.message}
                logger.error("left out of an archive", extra=facts)  # noqa: TRY400 - neither is an error of the program
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
        return Observations.from_trusted(newest.dates[new], newest.columns, newest.values[new])


def _database_not_found(code: str) -> DatasetNotFound:
    return DatasetNotFound(f"No series of the database {code[:40]} is stored here.")


def _matches(stored: Database, words: str) -> bool:
    known = f"{stored.code} {' '.join(stored.providers)}".casefold()
    return all(word.casefold() in known for word in words.split())


def _csv_line(cells: Iterable[str | date | None]) -> bytes:
    return ",".join(cell(str(each or "")) for each in cells).encode() + b"\n"


def _metadata_line(document: Mapping[str, Any]) -> bytes:
    dates = (document["refreshed_at"], document["oldest_available_date"], document["newest_available_date"])
    return _csv_line([document["dataset_code"], document["name"], document["description"], *dates])


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    databases = DatabasesResource(use_cases, sender)
    for suffix in SUFFIXES:
        yield f"{QUANDL_ROOT}/databases{suffix}", databases
    yield f"{QUANDL_ROOT}/databases/{{database}}", DatabaseResource(use_cases, sender)
    yield f"{QUANDL_ROOT}/databases/{{database}}/{{part}}", DownloadResource(use_cases, sender)
    yield f"{QUANDL_ROOT}/databases/{{database}}/data/{{file}}", ArchiveResource(use_cases, sender)
    yield f"{QUANDL_ROOT}/databases/{{database}}/download/{{file}}", ArchiveResource(use_cases, sender, with_header=True)
