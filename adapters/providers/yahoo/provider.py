"""
Yahoo Finance's charts: prices by day, week, month or minute. Unofficial, and off until ``ENABLED`` is set.

A code is a symbol, ``YAHOO/AAPL``, ``YAHOO/^GSPC``, ``YAHOO/EURUSD=X``; another interval or kind of event stands behind a
colon: ``YAHOO/AAPL:1mo``, ``YAHOO/AAPL:1h`` (of late only), ``YAHOO/MSFT:dividends``, ``YAHOO/NVDA:splits``.
Dates are days of the exchange, of weeks, months and quarters the first; moments are UTC. Every series of an
answer means the prices: events are asked for by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession, newest_window
from adapters.provider_kit.http.status_errors import ErrorContext, is_html
from adapters.provider_kit.options import variable
from adapters.provider_kit.parsing.csv_tables import read_csv
from adapters.provider_kit.parsing.documents import is_csv, is_json, json_of, objects, read_text
from adapters.provider_kit.parsing.select import another_series, code_for, one_state, select_series
from adapters.provider_kit.parsing.tables import read_columns
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable, text_of
from adapters.providers.yahoo.answers import by_words, dates_of, events_in, named_error, prices_in, results_in, symbol_of
from adapters.providers.yahoo.spans import begins_before, joined, spans
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.frequency import Frequency
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Redistribution, Terms
from domain.searching import SearchHit, SearchKind
from domain.series import Metadata

_EVENTS = ("dividends", "splits", "capitalGains")
_OF_LATE = {"1m": "7d", "2m": "1mo", "5m": "1mo", "15m": "1mo", "30m": "1mo", "90m": "1mo", "60m": "2y", "1h": "2y"}
_INTERVALS = ("1d", "5d", "1wk", "1mo", "3mo", *_OF_LATE)
_SYMBOL = re.compile(r"([^:/]+)(?::([0-9A-Za-z]+))?")
_RATIO = re.compile(r"([0-9.]+)[:/]([0-9.]+)")
_DOWNLOAD = re.compile(r"/download/([^/]+)$")
_FREQUENCIES = {"1d": Frequency.DAILY, "1wk": Frequency.WEEKLY, "1mo": Frequency.MONTHLY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options: whether to ask an API that is not offered to the public, and what stands before ``/v8``."""

    enabled: bool = False
    base_url: str = "https://query2.finance.yahoo.com"


def problem(options: Options) -> str:
    """Return how to enable it; empty if it is enabled."""
    if options.enabled:
        return ""
    return f"Yahoo's charts are no official API: set {variable(PROVIDER.name, 'enabled')}=true if its terms permit you to use them."


def parts_of(code: DatasetCode) -> tuple[str, str]:
    """
    Return a code's symbol, and its interval or kind of event.

    Raises:
        DatasetNotFound: the code is no symbol, or asks for an interval there is not.

    """
    match = _SYMBOL.fullmatch(code.dataset)
    what = (match[2] or "1d") if match else ""
    if match is None or what not in (*_INTERVALS, *_EVENTS):
        hint = f"Write it as YAHOO/AAPL or YAHOO/AAPL:INTERVAL with one of {', '.join(_INTERVALS)}, {', '.join(_EVENTS)}."
        raise DatasetNotFound(f"{code} is not a code of Yahoo Finance.", hint=hint)
    return match[1], what


def request_for(code: DatasetCode) -> tuple[Sequence[str], Mapping[str, str]]:
    """Build the path and the parameters of a series, without the span of years; raises as ``parts_of``."""
    symbol, what = parts_of(code)
    span = {"range": _OF_LATE[what]} if what in _OF_LATE else {}
    interval = "1d" if what in _EVENTS else what
    return ("v8", "finance", "chart", symbol), {"interval": interval, "events": "div|split|capitalGains", **span}


class YahooSource:
    """The data source of Yahoo Finance."""

    def __init__(self, http: HttpClient) -> None:
        self._http, self._error_context = http, ErrorContext(host=http.host)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Fetch a series: of intervals that go back only so far with the window of the answer, of others in spans of years."""
        segments, params = request_for(code)
        calls = ProviderSession(self._http)
        if "range" in params:
            series = self.parse(code, calls.get(segments, params))[0]
            return calls.fetched(series, PROVIDER.adapter_version, covers=newest_window(series, known))
        charts: list[Mapping[str, Any]] = []
        for span in spans(datetime.now(UTC).year, weekly=params["interval"] == "1wk"):
            charts.append(self._chart(code, calls.get(segments, {**params, "period1": str(span[0]), "period2": str(span[1])})))
            if not begins_before(charts[-1], span[0]):
                break
        return calls.fetched(self._series([joined(charts)], code)[0], PROVIDER.adapter_version)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        params = {"q": text, "quotesCount": str(limit), "newsCount": "0", "listsCount": "0"}
        answer = self._http.get(("v1", "finance", "search"), params)
        document = json_of(self._json(answer), self._error_context, named_error)
        # Companies that are not listed have no symbol.
        rows = [row for row in objects(document.get("quotes"), "quotes") if row.get("symbol")]
        return only_hits(
            search_hit(
                "YAHOO",
                row["symbol"],
                row.get("longname") or row.get("shortname"),
                description=", ".join(filter(None, (text_of(row.get(name)) for name in ("typeDisp", "exchDisp")))),
                frequency=Frequency.DAILY,
            )
            for row in rows
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        if is_csv(answer):
            return select_series([_series_of_csv(answer, code)], code)
        return self._series(self._results(answer), code)

    def _chart(self, code: DatasetCode, answer: RawResponse) -> Mapping[str, Any]:
        results = self._results(answer)
        if not results:
            raise DatasetNotFound(f"Yahoo has nothing under {code}.")
        if len(results) > 1:
            raise AnswerNotUnderstood(f"The answer holds {len(results)} charts where one of {code} must be.")
        return results[0]

    def _results(self, answer: RawResponse) -> Sequence[Mapping[str, Any]]:
        return results_in(json_of(self._json(answer), self._error_context, named_error))

    def _json(self, answer: RawResponse) -> RawResponse:
        """Return an answer that is JSON or a page; raises FetchError for one that is plain words."""
        if answer.body.strip() and not is_json(answer) and not is_html(answer):
            raise by_words(read_text(answer.body), answer, self._error_context)
        return answer

    def _series(self, results: Sequence[Mapping[str, Any]], code: DatasetCode | None) -> Sequence[ParsedSeries]:
        if code is None:
            return select_series([prices_in(result) for result in results], None)
        symbol, what = parts_of(code)
        named = [result for result in results if symbol_of(result, symbol).casefold() == symbol.casefold()]
        if results and not named:
            raise another_series(symbol_of(results[0]), str(code))
        if what in _EVENTS:
            return select_series([event for result in named for event in events_in(result, symbol)], code)
        # Days may be asked for by their name, too.
        short = code_for("YAHOO", symbol) if what == "1d" else code
        return [replace(one, code=code) for one in select_series([prices_in(result, (symbol, what)) for result in named], short)]


def _series_of_csv(answer: RawResponse, code: DatasetCode | None) -> ParsedSeries:
    """Read the download, which does not name its series."""
    path = urlsplit(answer.url)
    match = _DOWNLOAD.search(unquote(path.path))
    interval = next((word for word in _FREQUENCIES if f"interval={word}" in path.query), "")
    table = read_csv(read_text(answer.body))
    columns = read_columns(replace(table, rows=[[_ratio(cell) for cell in row] for row in table.rows]), date_first=True)
    metadata = Metadata(
        name=storable(match[1]) if match else PROVIDER.title,
        frequency=_FREQUENCIES.get(interval) if len(columns.names) > 1 else None,
        column_units=columns.units,
        attribution=PROVIDER.terms.attribution,
        date_column=storable(columns.date_column),
        extra={"dates": dates_of(interval)},
    )
    named = code or code_for("YAHOO", match[1] if match else "UNNAMED")
    return one_state(named, metadata, columns.observations(), columns.left_out, dialect=columns.dialect)


def _ratio(cell: str) -> str:
    """Return a split such as ``4:1`` as the number of shares that one becomes."""
    match = _RATIO.fullmatch(cell)
    return str(float(match[1]) / float(match[2])) if match and float(match[2]) else cell


PROVIDER = ProviderSpec(
    provider_api=2,
    name="yahoo",
    title="Yahoo Finance, unofficial",
    databases=("YAHOO",),
    terms=Terms(
        attribution="Yahoo Finance",
        url="https://legal.yahoo.com/us/en/yahoo/terms/otos/index.html",
        redistribution=Redistribution.FORBIDDEN,
    ),
    adapter_version=2,
    open=lambda _options, http: YahooSource(http),
    any_case=True,
    options=Options,
    limits=(Limit(60, 60), Limit(2_000, 3_600)),
    problem=problem,
    search=SearchKind.QUERY,
)
