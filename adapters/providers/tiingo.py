"""
Tiingo: prices of stocks and funds at the end of the day, of currencies and crypto-currencies, with a key.

A code is a ticker, ``TIINGO/AAPL`` or ``TIINGO/BRK-A``; other endpoints are named before it: ``TIINGO/crypto/btcusd``,
``TIINGO/fx/eurusd``, ``TIINGO/iex/AAPL`` (the last weeks by the hour), ``TIINGO/fundamentals/AAPL`` (daily ratios).
Dates are the provider's own days; moments are UTC. Of crypto-currencies the rows of single exchanges are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession, newest_window
from adapters.provider_kit.http.status_errors import ErrorContext, is_html, is_success, key_missing, key_rejected, retry_after, status_error
from adapters.provider_kit.parsing.csv_tables import read_csv
from adapters.provider_kit.parsing.documents import is_csv, is_json, json_of, objects, read_text
from adapters.provider_kit.parsing.limits import names_of
from adapters.provider_kit.parsing.select import code_for, one_state, select_series
from adapters.provider_kit.parsing.tables import Columns, Table, read_columns
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable, text_of
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, RateLimited
from domain.frequency import Frequency
from domain.periods import Anchor
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Redistribution, Terms
from domain.searching import SearchHit, SearchKind
from domain.series import Metadata

_FROM_THE_BEGINNING = {"startDate": "1900-01-01"}
_BY_DAY = {**_FROM_THE_BEGINNING, "resampleFreq": "1day"}
_DATES = ("date", "timestamp", "quoteTimestamp")
# The fields of an object come in more than one order, which must not make another state of the same values: as in CSV.
_ORDER = (
    *("close", "high", "low", "open", "volume", "adjClose", "adjHigh", "adjLow", "adjOpen", "adjVolume"),
    *("divCash", "splitFactor", "volumeNotional", "tradesDone"),
)
_PATH = re.compile(r"(?:/tiingo)?/(daily|crypto|fx|iex|fundamentals)/([^/]+)(?:/(?:prices|daily))?/?$")
_FREQUENCIES = (
    ("daily", Frequency.DAILY),
    ("1day", Frequency.DAILY),
    ("weekly", Frequency.WEEKLY),
    ("monthly", Frequency.MONTHLY),
    ("annually", Frequency.ANNUAL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options: the key, which is sent as a header, and what stands before ``/tiingo`` and ``/iex``."""

    api_key: str = field(default="", repr=False)
    base_url: str = "https://api.tiingo.com"


def request_for(code: DatasetCode) -> tuple[Sequence[str], Mapping[str, str]]:
    """
    Build the path and the parameters of a series.

    Raises:
        DatasetNotFound: the code names no endpoint there is.

    """
    match code.dataset.split("/"):
        case [ticker]:
            return ("tiingo", "daily", ticker, "prices"), _FROM_THE_BEGINNING
        case ["crypto", ticker]:
            return ("tiingo", "crypto", "prices"), {"tickers": ticker, **_BY_DAY}
        case ["fx", ticker]:
            return ("tiingo", "fx", ticker, "prices"), _BY_DAY
        case ["iex", ticker]:
            return ("iex", ticker, "prices"), {**_FROM_THE_BEGINNING, "resampleFreq": "1hour"}
        case ["fundamentals", ticker]:
            return ("tiingo", "fundamentals", ticker, "daily"), _FROM_THE_BEGINNING
    raise DatasetNotFound(f"{code} is not a code of Tiingo.", hint="Write it as TIINGO/AAPL, TIINGO/crypto/btcusd or TIINGO/fx/eurusd.")


class TiingoSource:
    """The data source of Tiingo."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http = http
        self._headers = {"Authorization": f"Token {options.api_key}"}
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        segments, params = request_for(code)
        calls = ProviderSession(self._http, headers=self._headers)
        series = self.parse(code, calls.get(segments, params))[0]
        return calls.fetched(series, PROVIDER.adapter_version, covers=newest_window(series, known) if segments[0] == "iex" else None)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        answer = self._http.get(("tiingo", "utilities", "search"), {"query": text, "limit": str(limit)}, self._headers)
        rows = objects(json_of(answer, self._error_context, named_error), "hits")
        return only_hits(_hit(row) for row in rows)

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        asked = code.dataset.rpartition("/")[2] if code else ""
        if is_csv(answer):
            return _select(_series_in(read_csv(read_text(answer.body)), answer.url, asked), code, asked)
        if is_success(answer) and not (is_json(answer) or is_html(answer)):
            raise _by_words(read_text(answer.body), answer, self._error_context)
        rows = objects(json_of(answer, self._error_context, named_error), "rows")
        nested = [one for row in rows if "priceData" in row for one in _series_of_ticker(row, answer.url, asked)]
        return _select(nested or (_series_in(_table(rows), answer.url, asked) if rows else []), code, asked)


def _hit(row: Mapping[str, Any]) -> SearchHit | None:
    ticker, kind = text_of(row.get("ticker")), text_of(row.get("assetType"))
    about = (kind, text_of(row.get("countryCode")), "" if row.get("isActive", True) else "no longer traded")
    code = f"crypto/{ticker}" if kind.casefold() == "crypto" and ticker else ticker
    return search_hit("TIINGO", code, row.get("name"), description=", ".join(filter(None, about)), frequency=Frequency.DAILY)


def _select(series: Sequence[ParsedSeries], code: DatasetCode | None, asked: str) -> Sequence[ParsedSeries]:
    """Return the series of the ticker that was asked for, or all: an address tells the endpoint, an answer at most the ticker."""
    named = [replace(one, code=code) for one in series if code and one.code.dataset.rpartition("/")[2].casefold() == asked.casefold()]
    return select_series(named or series, code)


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a document reports."""
    if isinstance(document, list):
        return None
    said = document.get("detail") if isinstance(document, dict) else None
    if not isinstance(said, str):
        return AnswerNotUnderstood("The answer is no list of rows.")
    return _by_words(said, answer, context)


def _by_words(words: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    said = words.casefold()
    text = f"Tiingo refuses: {context.quoted(words)}"
    if "run over" in said or "request allocation" in said:
        return RateLimited(text, retry_after=retry_after(answer))
    if not is_success(answer):
        return status_error(answer, context)
    if "token" in said or "api key" in said:
        return key_rejected(text, context) if context.key else key_missing(text, context)
    return (DatasetNotFound if "not found" in said else AnswerNotUnderstood)(text)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = names_of(rows)
    dates = next((name for name in _DATES if name in names), "")
    if not dates:
        raise AnswerNotUnderstood(f"The answer's rows have no date; they have {', '.join(map(repr, names[:5]))}.")
    known = [name for name in _ORDER if name in names]
    order = [dates, *known, *(name for name in names if name not in (dates, *known))]
    return Table(names=tuple(order), rows=[[row.get(name) for name in order] for row in rows])


def _series_of_ticker(row: Mapping[str, Any], url: str, asked: str) -> Sequence[ParsedSeries]:
    rows, ticker = objects(row["priceData"], "prices"), str(row.get("ticker") or asked)
    if not rows:
        return []
    return [_series(read_columns(_table(rows), date_first=True), ("crypto", ticker), url)]


def _series_in(table: Table, url: str, asked: str) -> Sequence[ParsedSeries]:
    """Return the one series of a table, or one for each ticker that it names."""
    columns = read_columns(table, date_first=False)
    match = _PATH.search(unquote(urlsplit(url).path))
    kind, ticker = (match[1], match[2]) if match else ("daily", "UNNAMED")
    if "ticker" not in table.names:
        return [_series(columns, (kind, asked or ticker), url)]
    at = table.names.index("ticker")
    keyed = replace(columns, keys=[str(row[at]) for row in table.rows])
    return [_series(columns, (kind, name), url, rows) for name, rows in keyed.rows_by_key().items()]


def _dates(frequency: Frequency | None) -> str:
    """Return on which day of their period dates stand: Tiingo's weeks end on Friday, months and years on their last working day."""
    if frequency is Frequency.WEEKLY:
        return Anchor.END.of("week, a Friday")
    return "the provider's own day" if frequency in (None, Frequency.DAILY) else Anchor.WITHIN.of()


def _series(columns: Columns, name: tuple[str, str], url: str, rows: Any = slice(None)) -> ParsedSeries:
    kind, ticker = name
    asked = dict(parse_qsl(urlsplit(url).query)).get("resampleFreq", "daily" if url and kind in ("daily", "fundamentals") else "")
    state = columns.observations(rows)
    frequency = next((known for word, known in _FREQUENCIES if word == asked.casefold()), None) if state.unit == "D" else None
    metadata = Metadata(
        name=ticker,
        frequency=frequency,
        column_units=columns.units,
        source=PROVIDER.title,
        attribution=PROVIDER.terms.attribution,
        date_column=storable(columns.date_column),
        extra={"dates": _dates(frequency)} if state.unit == "D" else {},
    )
    code = code_for("TIINGO", ticker) if kind == "daily" else code_for("TIINGO", kind, ticker)
    return one_state(code, metadata, state, tuple(map(storable, columns.left_out)), dialect=columns.dialect)


PROVIDER = ProviderSpec(
    provider_api=2,
    name="tiingo",
    title="Tiingo",
    databases=("TIINGO",),
    terms=Terms(
        attribution="Tiingo",
        url="https://www.tiingo.com/about/terms",
        redistribution=Redistribution.PERSONAL,
    ),
    adapter_version=2,
    open=TiingoSource,
    any_case=True,
    options=Options,
    limits=(Limit(50, 3_600), Limit(1_000, 86_400)),
    key_needed=True,
    key_url="https://www.tiingo.com/account/api/token",
    search=SearchKind.QUERY,
)
