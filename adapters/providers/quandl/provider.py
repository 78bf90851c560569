"""
Quandl, today Nasdaq Data Link: datasets in the form of its v3 API, and its datatables.

The hosted datasets were shut down in 2024; servers that speak the same API are reached by ``BASE_URL``. Datatables go on:
``QDL/TABLE.KEY`` is read from ``/datatables/QDL/TABLE.json?code=KEY``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, status_error
from adapters.provider_kit.spec import ProviderSpec
from adapters.providers.quandl.answers import QuandlTable, find_table, read_document
from adapters.providers.quandl.errors import named_error
from adapters.providers.quandl.hits import read_hits
from adapters.providers.quandl.pages import Pages
from adapters.providers.quandl.series import read_series
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Terms
from domain.searching import SearchHit, SearchKind
from domain.vintages import Origin

_DATASET = re.compile(r"[A-Za-z0-9_.\-]+")
_TABLE = re.compile(r"([A-Za-z0-9_]+)(?:\.(.+))?")
_GONE_HINT = (
    "The hosted time-series API was shut down in 2024. Route the database to another provider or to your files with LANNER_ROUTES, "
    "ask for a table (QDL/TABLE.KEY), or set LANNER_PROVIDERS__QUANDL__BASE_URL to a server that has it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The options of the provider.

    Attributes:
        api_key: sent as a header, never in a URL.
        base_url: what stands before ``/datasets`` and ``/datatables``.

    """

    api_key: str = field(default="", repr=False)
    base_url: str = "https://data.nasdaq.com/api/v3"


@dataclass(frozen=True, slots=True)
class Request:
    """A request: path segments below the base URL, and a filter."""

    segments: tuple[str, ...]
    params: dict[str, str]


def request_for(code: DatasetCode) -> Request:
    """
    Build the (first) request for a series.

    Raises:
        DatasetNotFound: nothing at Quandl has such a code.

    """
    if code.database in PROVIDER.databases:
        table = _TABLE.fullmatch(code.dataset)
        if table is None:
            raise DatasetNotFound(f"{code} is not a code of a table.", hint=f"Write it as {code.database}/TABLE.KEY.")
        return Request(("datatables", code.database, f"{table[1]}.json"), {"code": table[2]} if table[2] else {})
    if not _DATASET.fullmatch(code.dataset):
        raise DatasetNotFound(
            f"{code} is not a code of Quandl.", hint="Its dataset codes are made of letters, digits, _, - and full stops."
        )
    return Request(("datasets", code.database, f"{code.dataset}.json"), {})


class QuandlSource:
    """The data source of Quandl, or of a server with the same API."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http = http
        self._headers = {"X-Api-Token": options.api_key} if options.api_key else {}
        self._error_context = ErrorContext(
            host=http.host,
            key=options.api_key,
            key_variable=http.variable("api_key"),
            gone_hint=_GONE_HINT,
        )

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        sha, urls, pages = hashlib.sha256(), [], Pages(code)
        for answer, page in self._pages(request_for(code)):
            pages.take(page, len(answer.sent))
            sha.update(answer.sent)
            urls.append(answer.url)
        series = read_series(pages.joined(), code, urls[0])[0]
        origin = Origin(request=urls[0], response_sha256=sha.hexdigest(), adapter_version=PROVIDER.adapter_version)
        return Fetched(metadata=series.metadata, vintages=series.vintages, origin=origin, left_out=series.left_out, dialect=series.dialect)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """Read an answer; of a table that comes in pages, one page."""
        return read_series(self._read(answer), code, answer.url)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        params = {"query": "+".join(text.split()), "per_page": str(limit), "page": "1"}
        answer = self._http.get(("datasets.json",), params, self._headers)
        return read_hits(self._document(answer))

    def _pages(self, request: Request) -> Iterator[tuple[RawResponse, QuandlTable]]:
        until = self._http.deadline()
        params = dict(request.params)
        while True:
            answer = self._http.get(request.segments, params, self._headers, until=until)
            page = self._read(answer)
            yield answer, page
            if page.cursor is None:
                return
            params["qopts.cursor_id"] = page.cursor

    def _read(self, answer: RawResponse) -> QuandlTable:
        document = self._document(answer)
        return find_table(document) if isinstance(document, dict) else document

    def _document(self, answer: RawResponse) -> dict[str, Any] | QuandlTable:
        try:
            document = read_document(answer.body)
        except FetchError as exc:
            if is_success(answer):
                raise
            raise status_error(answer, self._error_context) from exc
        if isinstance(document, dict):
            error = named_error(document, answer, self._error_context)
            if error:
                raise error
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        return document


PROVIDER = ProviderSpec(
    provider_api=2,
    name="quandl",
    title="Quandl / Nasdaq Data Link",
    databases=("QDL",),
    terms=Terms(attribution="Nasdaq Data Link", url="https://data.nasdaq.com/terms"),
    adapter_version=2,
    open=QuandlSource,
    any_case=True,
    options=Options,
    limits=(Limit(300, 10), Limit(2_000, 600), Limit(50_000, 86_400)),
    limits_without_key=(Limit(20, 600), Limit(50, 86_400)),
    concurrency=1,
    key_url="https://data.nasdaq.com/account/profile",
    search=SearchKind.QUERY,
)
