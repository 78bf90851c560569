"""
Alpha Vantage: prices, exchange rates, indicators and economic series, with a key.

A code is a function of the API with its symbol behind a dot, and further parameters behind commas:
``AV/TIME_SERIES_DAILY.IBM``, ``AV/TIME_SERIES_INTRADAY.IBM,interval=5min``, ``AV/FX_DAILY,from_symbol=EUR,to_symbol=USD``,
``AV/SMA.IBM,interval=weekly,time_period=10,series_type=open``, ``AV/REAL_GDP,interval=annual``.
Dates are the provider's own days, of traded weeks and months the last day of trading; moments are local to the time zone that
the answer names and become UTC. CSV names none: then moments of exchange rates and crypto-currencies are UTC, others New
York's, as the documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from adapters.provider_kit.hits import only_hits, search_hit
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.session import ProviderSession, newest_window
from adapters.provider_kit.http.status_errors import ErrorContext
from adapters.provider_kit.parsing.csv_tables import read_csv
from adapters.provider_kit.parsing.documents import is_csv, json_of, read_text
from adapters.provider_kit.parsing.select import code_for, one_state
from adapters.provider_kit.parsing.tables import Columns, read_columns
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable
from adapters.providers.alphavantage.answers import AlphaVantageTable, check_asked, find_matches, find_table, frequency_in, named_error
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.frequency import Frequency
from domain.observations import Dates
from domain.periods import Anchor
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Limit, Redistribution, Terms
from domain.searching import SearchHit, SearchKind
from domain.series import Metadata

_FUNCTION = re.compile(r"([A-Z][A-Z0-9_]*)(?:\.([^,]+))?((?:,[a-z_]+=[^,=]+)*)")
_OURS = ("function", "apikey", "datatype")
_FULL = ("TIME_SERIES_DAILY", "TIME_SERIES_INTRADAY", "FX_DAILY", "FX_INTRADAY", "CRYPTO_INTRADAY")
_IN_UTC = ("FX_", "CRYPTO_", "DIGITAL_")
_SEARCHED = "TIME_SERIES_WEEKLY"
_NEW_YORK = "America/New_York"
_ZONES = {"US/Eastern": _NEW_YORK, "EST": _NEW_YORK, "": _NEW_YORK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options: the key, which the API takes in the query only, and what stands before ``/query``."""

    api_key: str = field(default="", repr=False)
    base_url: str = "https://www.alphavantage.co"


def params_for(code: DatasetCode) -> Mapping[str, str]:
    """
    Build the parameters that name a series.

    Raises:
        DatasetNotFound: the code is not one.

    """
    match = _FUNCTION.fullmatch(code.dataset)
    given = dict(part.split("=") for part in match[3].split(",")[1:]) if match else {}
    if match is None or any(name in given for name in _OURS):
        hint = "Write it as AV/FUNCTION.SYMBOL,parameter=value, for example AV/TIME_SERIES_DAILY.IBM."
        raise DatasetNotFound(f"{code} is not a code of Alpha Vantage.", hint=hint)
    full = {"outputsize": "full"} if match[1].startswith(_FULL) else {}
    return {"function": match[1]} | ({"symbol": match[2]} if match[2] else {}) | full | given


class AlphaVantageSource:
    """The data source of Alpha Vantage."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._http = http
        self._secret = {"apikey": options.api_key}
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Fetch a series; intraday and compact answers go back only so far and have a window."""
        params = params_for(code)
        calls = ProviderSession(self._http, secret_params=self._secret)
        series = self.parse(code, calls.get(("query",), params))[0]
        ends_early = params.get("outputsize") == "compact" or "INTRADAY" in params["function"]
        return calls.fetched(series, PROVIDER.adapter_version, covers=newest_window(series, known) if ends_early else None)

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        """Search symbols; a hit is the weekly series, which a free key brings in whole."""
        params = {"function": "SYMBOL_SEARCH", "keywords": text}
        answer = self._http.get(("query",), params, secret_params=self._secret)
        return only_hits(
            search_hit(
                "AV",
                f"{_SEARCHED}.{match.get('symbol', '')}",
                match.get("name"),
                description=", ".join(filter(None, (match.get("type"), match.get("region")))),
                frequency=Frequency.WEEKLY,
                unit=match.get("currency"),
            )
            for match in find_matches(json_of(answer, self._error_context, named_error))
            if match.get("symbol")
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        wanted = params_for(code) if code else {}
        asked = {**dict(parse_qsl(urlsplit(answer.url).query)), **wanted}
        if is_csv(answer):
            found = AlphaVantageTable(table=read_csv(read_text(answer.body)))
        else:
            found = find_table(json_of(answer, self._error_context, named_error))
        if code:
            check_asked(found, wanted)
        series = _series(found, asked)
        return [replace(series, code=code) if code else series]


def _series(found: AlphaVantageTable, asked: Mapping[str, str]) -> ParsedSeries:
    columns = read_columns(found.table, date_first=True)
    if columns.unit == "s":
        columns = replace(columns, dates=_in_utc(columns, _zone(found, asked)))
    symbol, facts = asked.get("symbol") or _symbol(found.facts), found.facts
    frequency = frequency_in(" ".join((found.title, facts.get("interval", ""), asked.get("interval", ""), asked.get("function", ""))))
    metadata = Metadata(
        name=facts.get("name") or " ".join(filter(None, (symbol, facts.get("information") or facts.get("indicator")))) or "Alpha Vantage",
        unit=facts.get("unit", ""),
        column_units=columns.units,
        frequency=frequency if columns.unit == "D" else None,
        source=PROVIDER.title,
        attribution=PROVIDER.terms.attribution,
        date_column=storable(columns.date_column),
        extra={"dates": _dates(found, asked, frequency)} if columns.unit == "D" else {"time zone of the answer": _zone(found, asked)},
    )
    return one_state(_code(found, asked, symbol), metadata, columns.observations(), columns.left_out, dialect=columns.dialect)


def _code(found: AlphaVantageTable, asked: Mapping[str, str], symbol: str) -> DatasetCode:
    function = asked.get("function") or re.sub(r"[^A-Z0-9]+", "_", (found.title or found.facts.get("name", "SERIES")).upper()).strip("_")
    others = (f"{name}={value}" for name, value in asked.items() if name not in (*_OURS, "symbol", "outputsize"))
    return code_for("AV", ",".join((f"{function}.{symbol}" if symbol else function, *others)))


def _symbol(facts: Mapping[str, str]) -> str:
    """Find the symbol, or the pair of currencies, in an answer."""
    pair = [text for name, text in facts.items() if name in ("from symbol", "to symbol", "digital currency code", "market code")]
    return facts.get("symbol") or ".".join(pair)


def _dates(found: AlphaVantageTable, asked: Mapping[str, str], frequency: Frequency | None) -> str:
    """Return on which day of their period dates stand: of what is traded on the last day of trading, of other series as they like."""
    is_traded = bool(found.title or asked.get("symbol") or asked.get("function", "").startswith(_IN_UTC))
    return Anchor.WITHIN.of() if is_traded and frequency in (Frequency.WEEKLY, Frequency.MONTHLY) else "the provider's own day"


def _zone(found: AlphaVantageTable, asked: Mapping[str, str]) -> str:
    given = found.facts.get("time zone", "UTC" if asked.get("function", "").startswith(_IN_UTC) else "")
    return _ZONES.get(given, given)


def _in_utc(columns: Columns, zone: str) -> Dates:
    """Read moments as local to a zone; of an hour that comes twice as the first."""
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise AnswerNotUnderstood(f"The answer's time zone {zone[:40]!r} is not known here.") from exc
    moments: list[datetime] = columns.dates.tolist()
    return np.array([moment.replace(tzinfo=local).astimezone(UTC).replace(tzinfo=None) for moment in moments], dtype="datetime64[s]")


PROVIDER = ProviderSpec(
    provider_api=2,
    name="alphavantage",
    title="Alpha Vantage",
    databases=("AV",),
    terms=Terms(
        attribution="Alpha Vantage",
        url="https://www.alphavantage.co/terms_of_service/",
        redistribution=Redistribution.PERSONAL,
    ),
    adapter_version=2,
    open=AlphaVantageSource,
    any_case=True,
    options=Options,
    limits=(Limit(5, 60), Limit(25, 86_400)),
    key_needed=True,
    key_url="https://www.alphavantage.co/support/#api-key",
    search=SearchKind.QUERY,
)
