"""The data of a series as a page, ``/data/GDP``, in the lines that Stata's commands read, and as a text, ``/data/GDP.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import falcon
from markupsafe import Markup

from domain.api_keys import Scope
from domain.observations import Observations
from domain.series import TimeSeries
from domain.use_cases import UseCases
from domain.use_cases.read_realtime import RealtimeQuery
from entrypoints.rest.fred.documents import frequency_of, last_updated
from entrypoints.rest.fred.finding import SeriesFinder
from entrypoints.rest.fred.params import series_id
from entrypoints.rest.fred.tables import date_texts, value_texts
from entrypoints.rest.http.response_cache import EncodedResponse
from entrypoints.rest.http.responses import CacheableResponse, ResponseSender
from entrypoints.rest.openapi.fred_schemas import TEXT_PAGE
from entrypoints.rest.openapi.operation import operation

_SUFFIX = ".txt"
_FACT = Markup('<tr>\n<th scope="row">{}</th>\n<td>{}</td>\n</tr>\n')
#: A command counts the characters up to the date and the value.
_ROW = '<tr>\n<th scope="row" class="pe-5">{}</th>\n<td class="pe-5">{}</td>\n</tr>\n'
_PAGE = Markup('<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{}</title></head>\n<body>\n<table>\n')
_COLUMNS = "</table>\n<table>\n<thead>\n<tr>\n<th>DATE</th>\n<th>VALUE</th>\n</tr>\n</thead>\n<tbody>\n"


class PageFormat(StrEnum):
    """A page or a text."""

    HTML = "html"
    TEXT = "txt"

    @property
    def media_type(self) -> str:
        """The media type in HTTP."""
        return "text/html; charset=utf-8" if self is PageFormat.HTML else "text/plain; charset=utf-8"

    @property
    def is_columnar(self) -> bool:
        """Whether clients read it by byte ranges."""
        return False


class DataPageResource:
    """A series' newest values as a page or, with the suffix ``.txt``, as a text."""

    def __init__(self, use_cases: UseCases, sender: ResponseSender) -> None:
        self._find, self._read_series, self._sender = SeriesFinder(use_cases, sender), use_cases.read_series, sender
        self._read_realtime = use_cases.read_realtime

    @operation({200: TEXT_PAGE}, problems=(413, 422, 502), etag=True, scope=Scope.READ)
    def on_get(self, req: falcon.Request, resp: falcon.Response, **place: str) -> None:
        """Return them below what is said of the series; it is fetched first if it is missing or stale."""
        name = "/".join(place.values())
        series = self._find(req, name.removesuffix(_SUFFIX))
        kind = PageFormat.TEXT if name.endswith(_SUFFIX) else PageFormat.HTML
        stored = self._read_series.stored_version(series.id)
        today = stored.now.date()

        def build() -> EncodedResponse:
            _, found = self._read_realtime.state(series.id, RealtimeQuery(first=today, last=today))
            self._sender.check_size(found)
            write = _html if kind is PageFormat.HTML else _text
            return EncodedResponse(write(series, found).encode(), {})

        key = (series.id, "fred data", *stored.version.state)
        self._sender.send(req, resp, CacheableResponse(key=key, format=kind, build=build))


def _facts(series: TimeSeries, found: Observations) -> dict[str, str]:
    metadata = series.metadata
    return {
        "Title": metadata.name or series_id(series.code),
        "Series ID": series_id(series.code),
        "Source": metadata.source or metadata.attribution,
        "Release": series.code.database,
        "Seasonal Adjustment": metadata.seasonal_adjustment,
        "Frequency": frequency_of(series)[0],
        "Units": metadata.unit,
        "Date Range": f"{found.first} to {found.last}" if len(found) else "",
        "Last Updated": last_updated(series),
        "Notes": metadata.description,
    }


def _rows(found: Observations) -> Iterator[tuple[str, str]]:
    dates, values = date_texts(found.dates), value_texts(found.values[:, 0])
    return ((date.decode(), value.decode()) for date, value in zip(dates, values, strict=True))


def _html(series: TimeSeries, found: Observations) -> str:
    facts = _facts(series, found)
    lines = Markup("").join(_FACT.format(name, _line(value)) for name, value in facts.items())
    # Dates and numbers hold nothing to escape.
    rows = "".join(_ROW.format(day, value) for day, value in _rows(found))
    return f"{_PAGE.format(facts['Title'])}{lines}{_COLUMNS}{rows}</tbody>\n</table>\n</body>\n</html>\n"


def _text(series: TimeSeries, found: Observations) -> str:
    facts = "".join(f"{name + ':':<21}{_line(value)}\r\n" for name, value in _facts(series, found).items())
    rows = "".join(f"{day:<10} {value:>14}\r\n" for day, value in _rows(found))
    return f"{facts}\r\nDATE                {'VALUE':>5}\r\n{rows}"


def _line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def routes(use_cases: UseCases, sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    resource = DataPageResource(use_cases, sender)
    yield "/data/{fred_id}", resource
    yield "/data/{fred_id}/{dataset}", resource
