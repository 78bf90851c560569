"""
The answers of Alpha Vantage, in all their shapes, as one kind of table.

::

    {"Meta Data": {"2. Symbol": …, "6. Time Zone": …}, "Time Series (Daily)": {"2024-01-31": {"1. open": "1.5", …}}}
    {"name": …, "interval": "monthly", "unit": …, "data": [{"date": "2024-01-01", "value": "."}]}
    timestamp,open,high,low,close,volume             CSV of any of them
    {"bestMatches": [{"1. symbol": …, "2. name": …, "8. currency": …}]}
    {"Error Message": …}, {"Note": …}, {"Information": …}    with status 200
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.provider_kit.http.status_errors import ErrorContext, is_success, key_missing, key_rejected, retry_after
from adapters.provider_kit.parsing.documents import objects
from adapters.provider_kit.parsing.limits import names_of
from adapters.provider_kit.parsing.select import another_series, check_named
from adapters.provider_kit.parsing.tables import Table
from adapters.provider_kit.text import texts_of
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, RateLimited, SourceForbidden
from domain.frequency import Frequency
from domain.ports import RawResponse

_ERRORS = ("Error Message", "Note", "Information", "ErrorMessage", "error")
#: What a parameter of a request is called in an answer.
_PARAMETERS = (
    ("symbol", "symbol"),
    ("symbol", "digital currency code"),
    ("market", "market code"),
    ("from_symbol", "from symbol"),
    ("to_symbol", "to symbol"),
    ("interval", "interval"),
)
_FREQUENCIES = (
    ("daily", Frequency.DAILY),
    ("weekly", Frequency.WEEKLY),
    ("monthly", Frequency.MONTHLY),
    ("quarterly", Frequency.QUARTERLY),
    ("semiannual", Frequency.SEMIANNUAL),
    ("annual", Frequency.ANNUAL),
)
_TOO_OFTEN = ("rate limit", "call frequency", "requests per", "calls per", "higher api")
_DAY = len("2024-01-31")
_NUMBERED = re.compile(r"(?<![0-9])[0-9]++[a-z]?[.:] *")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaVantageTable:
    """
    A table in an answer, and what stands beside it.

    Attributes:
        title: what the answer calls the rows; empty where it does not.
        facts: the fields beside the rows, by name in lower case.

    """

    table: Table
    title: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def named_error(document: Any, answer: RawResponse, context: ErrorContext) -> FetchError | None:
    """Return the error that a document reports; the status is 200 all the same."""
    if not isinstance(document, dict):
        return AnswerNotUnderstood("The answer is a JSON list where an object must be.")
    said = next((str(document[name]) for name in _ERRORS if isinstance(document.get(name), str)), "")
    if not said and (document or not is_success(answer)):
        return None
    words, text = said.casefold(), f"Alpha Vantage refuses: {context.quoted(said) or 'it has nothing of this name.'}"
    if any(often in words for often in _TOO_OFTEN):
        return RateLimited(text, retry_after=retry_after(answer))
    if "premium" in words:
        return SourceForbidden(text, hint="Ask for less, as AV/TIME_SERIES_DAILY.IBM,outputsize=compact, or with the key of a dearer plan.")
    if "apikey" in words.replace(" ", ""):
        return key_rejected(text, context) if context.key else key_missing(text, context)
    return DatasetNotFound(text) if not said or "invalid api call" in words else AnswerNotUnderstood(text)


def find_table(document: Mapping[str, Any]) -> AlphaVantageTable:
    """
    Find the rows in an object.

    Raises:
        AnswerNotUnderstood: there are none.

    """
    if isinstance(document.get("data"), list) and "interval" in document:
        rows = objects(document["data"], "data")
        return AlphaVantageTable(table=_table([(row.get("date"), row) for row in rows], skipped="date"), facts=_facts(document))
    title = next((name for name, rows in document.items() if name != "Meta Data" and _is_by_date(rows)), None)
    if title is None:
        shown = ", ".join(map(repr, list(document)[:5]))
        raise AnswerNotUnderstood(f"The answer is no time series; it has the fields {shown}.")
    meta = document.get("Meta Data")
    return AlphaVantageTable(table=_table(list(document[title].items())), title=title, facts=_facts(meta))


def find_matches(document: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    """
    Return the hits of a search, each field by its name without its number.

    Raises:
        AnswerNotUnderstood: there is no list of them.

    """
    return [_facts(match) for match in objects(document.get("bestMatches"), "matches")]


def check_asked(found: AlphaVantageTable, params: Mapping[str, str]) -> None:
    """
    Check that an answer is of what these parameters ask for, as far as it names it; CSV names nothing.

    Raises:
        AnswerNotUnderstood: it is of another symbol, interval or frequency.

    """
    for parameter, name in _PARAMETERS:
        if parameter in params:
            check_named(found.facts.get(name), params[parameter])
    asked, said = frequency_in(params["function"]), frequency_in(found.title)
    if asked and said and asked != said:
        raise another_series(found.title, params["function"])


def frequency_in(words: str) -> Frequency | None:
    """Return the frequency that a text names."""
    lower = words.casefold()
    return next((frequency for word, frequency in _FREQUENCIES if word in lower), None)


def plain(name: str) -> str:
    """Take the number off a name such as ``1. open``."""
    return _NUMBERED.sub("", name, count=1).strip()


def _is_by_date(rows: Any) -> bool:
    return isinstance(rows, dict) and all(key[:4].isdecimal() and isinstance(row, dict) for key, row in rows.items())


def _table(rows: Sequence[tuple[Any, Mapping[str, Any]]], skipped: str = "") -> Table:
    names = sorted({*names_of([row for _, row in rows])} - {skipped})
    length = _DAY if any(len(str(date)) == _DAY for date, _ in rows) else None
    cells = [[str(date)[:length], *(str(row.get(name)) for name in names)] for date, row in rows]
    return Table(names=("Date", *map(plain, names)), rows=cells)


def _facts(fields: Any) -> Mapping[str, str]:
    return {plain(name).casefold(): text for name, text in texts_of(fields).items()}
