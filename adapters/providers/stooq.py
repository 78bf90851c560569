"""
Stooq: daily prices of shares, indices, currencies and commodities from 1789 on, without promise of service.

Codes are Stooq's symbols: ``STOOQ/^SPX``, ``STOOQ/AAPL.US``, ``STOOQ/USDPLN``; daily, or ``STOOQ/^SPX:W``, ``:M``, ``:Q``, ``:Y``.
Weeks and longer are dated by their last day of trading. The answer does not name its series.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.http.status_errors import ErrorContext, is_success, key_missing, key_rejected, retry_after, status_error
from adapters.provider_kit.parsing.csv_tables import read_loose_csv
from adapters.provider_kit.parsing.documents import read_text
from adapters.provider_kit.parsing.select import one_state
from adapters.provider_kit.parsing.tables import Columns, read_columns
from adapters.provider_kit.spec import ProviderSpec
from adapters.provider_kit.text import storable
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, InvalidCode, RateLimited, UnsupportedFrequency
from domain.frequency import Frequency
from domain.periods import Anchor
from domain.ports import Fetched, ParsedSeries, PriorState, RawResponse
from domain.providers import Redistribution, Terms
from domain.series import Metadata
from domain.window import Window

_SYMBOL = re.compile(r"([A-Za-z0-9^._\-=+]{1,40})(?::([DWMQY]))?", re.IGNORECASE)
_ALIAS = re.compile(r"(_?)([A-Z0-9]+(?:_[A-Z0-9]+)*?)(?:_(US|UK|DE|JP|HK|HU|PL|F|B|V|C))?(?:_([WMQY]))?")
_FREQUENCIES = {
    "d": Frequency.DAILY,
    "w": Frequency.WEEKLY,
    "m": Frequency.MONTHLY,
    "q": Frequency.QUARTERLY,
    "y": Frequency.ANNUAL,
}
_ENGLISH = {
    "Data": "Date",
    "Otwarcie": "Open",
    "Najwyzszy": "High",
    "Najnizszy": "Low",
    "Zamkniecie": "Close",
    "Wolumen": "Volume",
    "LOP": "OpenInt",
    "Czas": "Time",
}
_NOT_FOUND = ("no data", "brak danych")
_LIMIT = ("daily hits limit", "dzienny limit")
_OVERLAP = timedelta(days=30)
_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    The options of the provider.

    Attributes:
        enabled: whether it may be asked; nobody has promised that it answers, or that it may be.

    """

    enabled: bool = False
    api_key: str = field(default="", repr=False)
    base_url: str = "https://stooq.com/q/d/l"


def problem(options: Options) -> str:
    """Return why Stooq is not asked; empty if it is enabled."""
    return (
        ""
        if options.enabled
        else f"Stooq has no official API; read {PROVIDER.terms.url} and set LANNER_PROVIDERS__STOOQ__ENABLED=true to use it."
    )


def request_for(code: DatasetCode) -> dict[str, str]:
    """Build the query for a series; not found if nothing at Stooq has such a code."""
    match = _SYMBOL.fullmatch(code.dataset)
    if match is None:
        raise DatasetNotFound(f"{code} is no code of Stooq.", hint="Write its symbol, as STOOQ/^SPX, or STOOQ/^SPX:M for months.")
    return {"s": match[1].lower(), "i": (match[2] or "d").lower()}


def code_from_alias(alias: DatasetCode) -> DatasetCode | None:
    """Guess the symbol: ``_SPX`` is ``^SPX``, ``BRK_A_US`` is ``BRK-A.US``."""
    match = _ALIAS.fullmatch(alias.dataset)
    if match is None:
        return None
    index, symbol, market, interval = match.groups("")
    suffix = (f".{market}" if market else "") + (f":{interval}" if interval else "")
    return DatasetCode("STOOQ", f"{index.replace('_', '^')}{symbol.replace('_', '-')}{suffix}")


class StooqSource:
    """The data source of Stooq."""

    def __init__(self, options: Options, http: HttpClient) -> None:
        self._key, self._http = options.api_key, http
        self._error_context = ErrorContext(host=http.host, key=options.api_key, key_variable=http.variable("api_key"))

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """Fetch a series; a daily one that is kept, from a month before its last date on."""
        query = request_for(code)
        window = _window(known) if query["i"] == "d" else None
        if window:
            query |= {"d1": f"{window[0]:%Y%m%d}", "d2": f"{window[1]:%Y%m%d}"}
        answer = self._http.get((), query, secret_params={"apikey": self._key} if self._key else {})
        columns = self._read(answer)
        return Fetched(
            metadata=_metadata(code, query["i"], columns),
            vintages=[(None, columns.observations())],
            origin=PROVIDER.origin(answer.url, answer.sent),
            left_out=columns.left_out,
            covers=Window(start=window[0], end=window[1]) if window else None,
            dialect=columns.dialect,
        )

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        columns = self._read(answer)
        asked = parse_qs(urlsplit(answer.url).query)
        metadata = _metadata(code or _code_in(asked), (asked.get("i") or [""])[0], columns)
        return [one_state(code or _code_in(asked), metadata, columns.observations(), columns.left_out, dialect=columns.dialect)]

    def _read(self, answer: RawResponse) -> Columns:
        if not is_success(answer):
            raise status_error(answer, self._error_context)
        text = read_text(answer.body)
        refusal = self._refusal(text, answer) if len(text) < _LONGEST_MESSAGE else None
        if refusal:
            raise refusal
        table = read_loose_csv(text, padded=True)
        table = replace(table, names=tuple(_ENGLISH.get(name, name) for name in table.names))
        if "Date" not in table.names:
            raise AnswerNotUnderstood("The answer is CSV without a column of dates.")
        columns = read_columns(table, date_first=table.names[0] == "Date")
        if "Time" in columns.left_out and columns.has_repeated_dates:
            raise UnsupportedFrequency("Stooq's prices within the day have times of an unnamed zone.", hint="Ask for whole days.")
        return replace(columns, left_out=tuple(map(storable, columns.left_out)))

    def _refusal(self, text: str, answer: RawResponse) -> FetchError | None:
        said, words = self._error_context.quoted(text), text.casefold()
        if any(map(words.startswith, _NOT_FOUND)):
            return DatasetNotFound(f"Stooq says: {said}.", hint="Check the symbol at stooq.com.")
        if any(phrase in words for phrase in _LIMIT):
            return RateLimited(f"Stooq says: {said}.", retry_after=retry_after(answer))
        if "apikey" in words:
            return (key_rejected if self._key else key_missing)(f"Stooq says: {said}", self._error_context)
        return None


def _window(known: PriorState) -> tuple[date, date] | None:
    last = known.newest.last if known.newest else None
    if last is None:
        return None
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    day = last.date() if isinstance(last, datetime) else last
    return day - _OVERLAP, max(tomorrow, day)


def _metadata(code: DatasetCode, interval: str, columns: Columns) -> Metadata:
    return Metadata(
        name=code.dataset,
        frequency=_FREQUENCIES.get(interval.lower()),
        column_units=columns.units,
        source="Stooq",
        attribution=PROVIDER.terms.attribution,
        date_column="Date",
        extra={"dates": "the provider's own day" if interval.lower() in ("", "d") else Anchor.WITHIN.of()},
    )


def _code_in(asked: dict[str, list[str]]) -> DatasetCode:
    symbol, interval = (asked.get("s") or ["UNNAMED"])[0].upper(), (asked.get("i") or ["d"])[0].upper()
    try:
        return DatasetCode("STOOQ", symbol if interval == "D" else f"{symbol}:{interval}")
    except InvalidCode:
        return DatasetCode("STOOQ", "UNNAMED")


PROVIDER = ProviderSpec(
    provider_api=2,
    name="stooq",
    title="Stooq (unofficial)",
    databases=("STOOQ",),
    example="STOOQ/^SPX",
    terms=Terms(attribution="Stooq", url="https://stooq.com/terms.html", redistribution=Redistribution.PERSONAL),
    adapter_version=2,
    open=StooqSource,
    any_case=True,
    options=Options,
    problem=problem,
    code_from_alias=code_from_alias,
)
