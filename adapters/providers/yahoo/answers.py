"""
The answers of Yahoo Finance: charts, and the CSV of the download that is closed.

::

    {"chart": {"result": [{"meta": {…}, "timestamp": […], "indicators": {"quote": [{"open": […], …}], "adjclose": […]},
               "events": {"dividends": {"1613658600": {"amount": 0.56, "date": 1613658600}}, "splits": {…}}}], "error": null}}
    Date,Open,High,Low,Close,Adj Close,Volume

The day of a row is that of the exchange's time zone: ``gmtoffset`` is the offset at the moment of the query only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from adapters.provider_kit.http.status_errors import ErrorContext, is_success, retry_after, status_error
from adapters.provider_kit.parsing.columns import numbers, observations
from adapters.provider_kit.parsing.documents import objects
from adapters.provider_kit.parsing.periods import Axis
from adapters.provider_kit.parsing.select import code_for, one_state
from adapters.provider_kit.text import text_of
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, RateLimited
from domain.frequency import Frequency
from domain.observations import Dates
from domain.periods import Anchor
from domain.ports import ParsedSeries, RawResponse
from domain.series import Metadata

_COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "adjclose": "Adj Close", "volume": "Volume"}
_MONTHS, _WEEK_DAYS = {"1mo": 1, "3mo": 3}, 7
#: The row of the running day carries the moment of the query, or that of the last trade some seconds before.
_LIVE_SECONDS = 60
_DAY, _HOUR = 86_400, 3_600
#: By which the begins of two periods are more than whole days apart, in winter and in summer.
_DAYS_APART = (0, _HOUR, _DAY - _HOUR)
_PERIODS = {"1wk": "week", "1mo": "month", "3mo": "quarter"}
_NOTHING = ("", "")
_EVENTS = ("dividends", "splits", "capitalGains")
_BY_DAY: Mapping[str, Frequency | None] = {
    "1d": Frequency.DAILY,
    "5d": None,
    "1wk": Frequency.WEEKLY,
    "1mo": Frequency.MONTHLY,
    "3mo": Frequency.QUARTERLY,
}
_SPAN_REFUSED = "data not available for starttime"
_SPAN_HINT = "The code is not the reason: Yahoo gives only so many days or years of this interval at once, or so far back."
_NONE_SUCH = ("not found", "no data", "data doesn't exist", "delisted")


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a document reports."""
    if not isinstance(document, dict):
        return AnswerNotUnderstood("The answer is a JSON list where an object must be.")
    envelope = next((value for value in document.values() if isinstance(value, dict) and value.get("error")), None)
    if envelope is None:
        return None
    error = envelope["error"]
    fields = error if isinstance(error, dict) else {"description": error}
    return by_words(f"{fields.get('code', '')}: {fields.get('description', '')}", answer, context)


def by_words(words: str, answer: RawResponse, context: ErrorContext) -> FetchError:
    """Name an error by the provider's words, else by the status."""
    said = context.quoted(words)
    if any(none_such in said.casefold() for none_such in _NONE_SUCH):
        return DatasetNotFound(f"Yahoo refuses: {said}")
    if _SPAN_REFUSED in said.casefold():
        return AnswerNotUnderstood(f"Yahoo refuses the span of time: {said}", hint=_SPAN_HINT)
    if "too many requests" in said.casefold():
        return RateLimited(f"Yahoo refuses: {said}", retry_after=retry_after(answer))
    return AnswerNotUnderstood(f"Yahoo refuses: {said}") if is_success(answer) else status_error(answer, context, said)


def results_in(document: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """
    Return the charts in a document.

    Raises:
        AnswerNotUnderstood: there are none.

    """
    chart, spark = document.get("chart"), document.get("spark")
    if isinstance(chart, dict):
        return objects(chart.get("result"), "charts")
    if isinstance(spark, dict):
        return [chart for one in objects(spark.get("result"), "charts") for chart in objects(one.get("response"), "charts")]
    raise AnswerNotUnderstood(f"The answer is no chart; it has the fields {', '.join(map(repr, list(document)[:5])) or 'none'}.")


def prices_in(result: Mapping[str, Any], asked: tuple[str, str] = _NOTHING) -> ParsedSeries:
    """
    Read the prices of a chart; it has none where it has no moments.

    Args:
        asked: symbol and interval that were asked for, which are those of a chart that does not name its own.

    Raises:
        AnswerNotUnderstood: it is no chart.

    """
    meta, stamps, indicators = result.get("meta"), result.get("timestamp") or [], result.get("indicators")
    if not isinstance(meta, dict) or not isinstance(indicators, dict) or not isinstance(stamps, list):
        raise AnswerNotUnderstood("A chart in the answer has no description or no indicators.")
    lists = {**_first(indicators, "quote"), **_first(indicators, "adjclose")}
    columns = {title: lists[name] for name, title in _COLUMNS.items() if isinstance(lists.get(name), list)}
    if stamps and not columns:
        raise AnswerNotUnderstood("A chart in the answer has moments and no prices.")
    if any(len(cells) != len(stamps) for cells in columns.values() if stamps):
        raise AnswerNotUnderstood("A chart in the answer has more or fewer prices than moments.")
    granularity = granularity_of(result) or asked[1] or _likely_granularity(stamps)
    axis = _axis(stamps, meta, granularity)
    axis, rows = _one_row_a_period(axis, stamps, meta, granularity)
    values = {title: numbers(cells if stamps else [], title)[rows] for title, cells in columns.items()}
    # One hour has two names.
    named = asked[1] if {granularity, asked[1]} == {"1h", "60m"} else granularity
    symbol = symbol_of(result, asked[0])
    code = code_for("YAHOO", symbol if named == "1d" else f"{symbol}:{named}")
    return one_state(code, _metadata(meta, axis, granularity), observations(axis, values))


def events_in(result: Mapping[str, Any], symbol: str = "") -> Sequence[ParsedSeries]:
    """Read dividends, splits and capital gains beside the prices, each kind as a series."""
    meta, events = result["meta"], result.get("events")
    series = []
    for kind in _EVENTS:
        found = events.get(kind) if isinstance(events, dict) else None
        rows = objects(list(found.values()), kind) if isinstance(found, dict) else []
        if rows:
            axis = _axis([row.get("date") for row in rows], meta, "1d")
            values = numbers([_amount(row) for row in rows], kind)
            metadata = _metadata(meta, Axis(axis.dates, "D", None), "1d")
            code = code_for("YAHOO", f"{symbol_of(result, symbol)}:{kind}")
            series.append(one_state(code, metadata, observations(axis, {"Value": values})))
    return series


def symbol_of(result: Mapping[str, Any], asked: str = "") -> str:
    """Return the symbol that a chart names, else the one that was asked for."""
    meta = result.get("meta")
    return (text_of(meta.get("symbol")) if isinstance(meta, dict) else "") or asked or "UNNAMED"


def granularity_of(result: Mapping[str, Any]) -> str:
    """Return the interval that a chart names; empty where it names none."""
    meta = result.get("meta")
    return text_of(meta.get("dataGranularity")) if isinstance(meta, dict) else ""


def _first(indicators: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    groups = indicators.get(name)
    return groups[0] if isinstance(groups, list) and groups and isinstance(groups[0], dict) else {}


def _axis(stamps: Sequence[Any], meta: Mapping[str, Any], granularity: str) -> Axis:
    if not all(type(stamp) is int for stamp in stamps):
        raise AnswerNotUnderstood("A moment in the answer is not a number of seconds.")
    if granularity not in _BY_DAY:
        return Axis(np.array(stamps, dtype="datetime64[s]"), "s", None)
    zone = _zone(meta)
    try:
        days = [datetime.fromtimestamp(stamp, UTC).astimezone(zone).date() for stamp in stamps]
    except (ValueError, OverflowError, OSError) as exc:
        raise AnswerNotUnderstood("A moment in the answer lies outside the years 1 to 9999.") from exc
    return Axis(np.array(days, dtype="datetime64[D]"), "D", _BY_DAY[granularity])


def _zone(meta: Mapping[str, Any]) -> tzinfo:
    """Return the exchange's time zone; where it has a name that this machine does not know, its offset of today."""
    offset = meta.get("gmtoffset")
    try:
        return ZoneInfo(text_of(meta.get("exchangeTimezoneName")) or "")
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(timedelta(seconds=offset)) if type(offset) is int and abs(offset) < _DAY else UTC


def _likely_granularity(stamps: Sequence[Any]) -> str:
    """Guess at days unless some moments are closer to each other."""
    moments = sorted(stamp for stamp in stamps if type(stamp) is int)
    return "1m" if any(after - before < _DAY // 2 for before, after in pairwise(moments)) else "1d"


def _one_row_a_period(axis: Axis, stamps: Sequence[Any], meta: Mapping[str, Any], granularity: str) -> tuple[Axis, Any]:
    """
    Put the row of the running period, which is last, in the place of the same period's row before it.

    Returns:
        The axis, and the positions of the rows that are left.

    """
    rows = np.arange(len(stamps))
    if axis.unit != "D" or len(rows) < 2 or not _is_same_period(axis.dates, stamps, meta, granularity):  # noqa: PLR2004 - a pair
        return axis, rows
    return Axis(axis.dates[:-1], axis.unit, axis.frequency), np.delete(rows, -2)


def _is_same_period(dates: Dates, stamps: Sequence[int], meta: Mapping[str, Any], granularity: str) -> bool:
    """Return whether the last two dates are of one calendar period, or of one that begins on the first of them if the last is live."""
    before, last = dates[-2:]
    if granularity in _MONTHS:
        first, second = dates[-2:].astype("datetime64[M]").astype(np.int64).tolist()
        length = _MONTHS[granularity]
        return bool(second // length == first // length or (second < first + length and _is_live(stamps, meta)))
    if granularity == "1wk":
        first, second = Frequency.WEEKLY.ends(dates[-2:])
        return bool(second == first or (last < before + _WEEK_DAYS and _is_live(stamps, meta)))
    return bool(last == before) and _is_of_market(stamps[-1], meta)


def _is_of_market(stamp: int, meta: Mapping[str, Any]) -> bool:
    market_time = meta.get("regularMarketTime")
    return type(market_time) is int and abs(stamp - market_time) <= _LIVE_SECONDS


def _is_live(stamps: Sequence[int], meta: Mapping[str, Any]) -> bool:
    """Return whether the last moment is that of the query: the market's, or at another time of day than periods begin."""
    return _is_of_market(stamps[-1], meta) or (stamps[-1] - stamps[-2]) % _DAY not in _DAYS_APART


def _metadata(meta: Mapping[str, Any], axis: Axis, granularity: str) -> Metadata:
    symbol, exchange = text_of(meta.get("symbol")), text_of(meta.get("fullExchangeName") or meta.get("exchangeName"))
    zone = text_of(meta.get("exchangeTimezoneName"))
    return Metadata(
        name=text_of(meta.get("longName") or meta.get("shortName")) or symbol or "Yahoo Finance",
        unit=text_of(meta.get("currency")),
        frequency=axis.frequency,
        source=exchange,
        attribution="Yahoo Finance",
        extra={"dates": f"{dates_of(granularity)} in {zone or 'UTC'}"} if axis.unit == "D" else {"time zone": zone},
    )


def dates_of(granularity: str) -> str:
    """Return on which day of their period the dates of an interval stand: weeks on their Mondays."""
    return Anchor.START.of(_PERIODS[granularity]) if granularity in _PERIODS else "the exchange's day"


def _amount(row: Mapping[str, Any]) -> Any:
    """Return what is paid, or by how much the shares are multiplied."""
    if "amount" in row:
        return row["amount"]
    try:
        return float(row["numerator"]) / float(row["denominator"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as exc:
        raise AnswerNotUnderstood("An event in the answer has neither an amount nor a ratio.") from exc
