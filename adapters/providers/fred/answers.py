"""
The answers of FRED and ALFRED, JSON, XML or CSV, as one kind of document.

An observation stands once for each span of days on which its value was the published one; ``.`` is a missing value. A
query for a window of such days cuts the spans at its ends, so that only ``vintagedates`` tells when something was published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from adapters.provider_kit.parsing.columns import numbers
from adapters.provider_kit.parsing.csv_tables import read_loose_csv, rows_of
from adapters.provider_kit.parsing.documents import read_object, read_text
from adapters.provider_kit.parsing.limits import VINTAGE_CELLS, VINTAGE_ROWS, check_table
from adapters.provider_kit.parsing.xml import xml_root
from adapters.provider_kit.text import storable
from domain.errors import AnswerNotUnderstood, InvalidObservations
from domain.frequency import Frequency
from domain.observations import Label, Observations, label
from domain.periods import Anchor
from domain.series import Metadata

BEGINNING, END = "1776-07-04", "9999-12-31"
_COLUMN = "Value"
_VALUE = "value"
#: In a download: not in this vintage.
_ABSENT = frozenset({"", ".", "#N/A"})
_OF_VINTAGE = re.compile(r"(.+)_[0-9]{8}")
_FREQUENCIES = {
    "D": Frequency.DAILY,
    "W": Frequency.WEEKLY,
    "BW": Frequency.BIWEEKLY,
    "M": Frequency.MONTHLY,
    "Q": Frequency.QUARTERLY,
    "SA": Frequency.SEMIANNUAL,
    "A": Frequency.ANNUAL,
}
_FIRST_RELEASES = "4"
_WEEKS = ("week", "two weeks")
_SPANS = {"weekly": "week", "biweekly": "two weeks", **dict.fromkeys(("monthly", "quarterly", "semiannual", "annual"), "period")}
_WEEKDAY = re.compile(r"(?:ending|as of) ((?:mon|tues|wednes|thurs|fri|satur|sun)day)")
_UNKNOWN = "the provider's own day"

States = Sequence[tuple[Label | None, Observations]]
Rows = Sequence[Mapping[str, Any]]


def read_document(body: bytes) -> Mapping[str, Any]:
    """
    Read a body by its own first character: facts, and one list under the name that JSON gives it.

    Raises:
        AnswerNotUnderstood, AnswerTruncated: it is none of FRED's forms, or ends too early.

    """
    text = read_text(body)
    start = text.lstrip()[:1]
    if start == "<":
        return _xml(body)
    if start not in "{[":
        return _csv(text)
    return read_object(text)


def names_in(document: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of the series that a document has in its columns; JSON and XML with a value for each date have none."""
    rows = document.get("observations")
    names = dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row) if isinstance(rows, list) else {}
    vintages = (match[1] for name in names if name not in ("date", "value") and (match := _OF_VINTAGE.fullmatch(name)))
    return list(document.get("columns") or dict.fromkeys(vintages))


def listed(document: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Return a document's list; the error says what there is instead."""
    found = document.get(name)
    if isinstance(found, list):
        return found
    others = [key for key, value in document.items() if isinstance(value, list | dict)] or list(document)[:5]
    raise AnswerNotUnderstood(f"The answer holds {', '.join(map(repr, others)) or 'nothing'} where {name} must be.")


def states(document: Mapping[str, Any], days: Sequence[date] | None = None) -> States:
    """
    Return the states that a document of observations holds, oldest first.

    Args:
        days: those on which something was published, if they are known; else they are seen in the spans.

    Raises:
        AnswerNotUnderstood: an observation is none, or the document holds none at all.

    """
    rows = listed(document, "observations")
    if not all(isinstance(row, dict) and isinstance(row.get("date"), str) for row in rows):
        raise AnswerNotUnderstood("The answer's observations are not objects with a date.")
    wide = sorted({name for row in rows for name in row if name not in ("date", "value") and _OF_VINTAGE.fullmatch(name)})
    if wide:
        check_table(len(wide), len(rows))
        return _by_column(rows, wide, only_changes=str(document.get("output_type")) == "3")
    dates, values = _dates(row["date"] for row in rows), numbers([row.get(_VALUE) for row in rows], str(document.get("column", _VALUE)))
    spans = {(str(row.get("realtime_start", END)), str(row.get("realtime_end", END))) for row in rows}
    if days is None and (len(spans) <= 1 or str(document.get("output_type")) == _FIRST_RELEASES):
        return [(None, _observations(dates, values))]
    since, until = (_dates(row.get(name) for row in rows) for name in ("realtime_start", "realtime_end"))
    published = _dates(days) if days is not None else _published(since, until, document)
    VINTAGE_ROWS.check(len(published) * len(rows))
    VINTAGE_CELLS.check(_cells(since, until, published))
    covers = ((day, (since <= day) & (day <= until)) for day in published)
    return [(label(day), _observations(dates[rows_then], values[rows_then])) for day, rows_then in covers if rows_then.any()]


def metadata(document: Mapping[str, Any] | None, attribution: str) -> Metadata:
    """Return what FRED says about a series; nothing but the source where it was not asked."""
    found = listed(document, "seriess") if document else []
    facts = found[0] if found and isinstance(found[0], dict) else {}
    texts = {name: storable(value) for name, value in facts.items() if isinstance(value, str)}
    return Metadata(
        name=texts.get("title", ""),
        description=texts.get("notes", ""),
        unit=texts.get("units", ""),
        frequency=frequency_of(facts),
        seasonal_adjustment=texts.get("seasonal_adjustment", ""),
        source="Federal Reserve Bank of St. Louis",
        attribution=attribution,
        extra={"dates": dates_of(texts.get("frequency", ""), texts.get("observation_start", ""))},
    )


def frequency_of(facts: Mapping[str, Any]) -> Frequency | None:
    """Return the frequency of a series that FRED describes."""
    return _FREQUENCIES.get(str(facts.get("frequency_short", "")))


def dates_of(frequency: str, first: str = "") -> str:
    """
    Return on which day of their period the dates of a series stand, as the name of its frequency says, such as ``Weekly, Ending Friday``.

    FRED's help: months and longer are dated by their first day, whatever of them is observed.

    Args:
        first: the first date of the series. Those of fiscal years are their last days, as 1901-06-30.

    """
    span, _, detail = frequency.casefold().replace("-", "").partition(", ")
    period, day = _SPANS.get(span, ""), _WEEKDAY.search(detail)
    if span == "daily":
        return "the day itself"
    if not period or (period in _WEEKS and not day and not detail.startswith("beg")):
        return _UNKNOWN
    if period in _WEEKS and day:
        return Anchor.END.of(f"{period}, a {day[1].capitalize()}")
    if "fiscal" in detail:
        return _UNKNOWN if first.endswith("-01") else Anchor.END.of("fiscal year")
    return (Anchor.WITHIN if detail.startswith("as of") else Anchor.START).of(period)


def day_of(text: Any) -> date:
    """Read one of FRED's days."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as exc:
        raise AnswerNotUnderstood(f"{str(text)[:20]!r} stands where a date must be.") from exc


def _published(since: Any, until: Any, document: Mapping[str, Any]) -> Any:
    """Find the days at which spans begin or end, but for those at which the query cut them."""
    first, last = (_dates([document.get(name) or usual]) for name, usual in (("realtime_start", BEGINNING), ("realtime_end", END)))
    begun = since if str(first[0]) == BEGINNING else since[since > first]
    ended = until[until < last] + np.timedelta64(1, "D")
    days = np.unique(np.concatenate([begun, ended]))
    return days if len(days) else first


def _cells(since: Any, until: Any, published: Any) -> int:
    """Count how many rows all days have together on which something was published."""
    begun = np.searchsorted(np.sort(since), np.sort(published), "right")
    over = np.searchsorted(np.sort(until), np.sort(published), "left")
    return int((begun - over).sum())


def _by_column(rows: Rows, names: Sequence[str], *, only_changes: bool) -> States:
    """Read the form that has a column for each vintage, of which one kind holds only what is new."""
    known: dict[str, float] = {}
    found: list[tuple[Label | None, Observations]] = []
    for name in sorted(names, key=lambda name: name[-8:]):
        values = numbers([row.get(name) for row in rows], name).tolist()
        then = {row["date"]: value for row, value in zip(rows, values, strict=True) if row.get(name) is not None}
        known = known | then if only_changes else then
        if known:
            day = day_of(f"{name[-8:-4]}-{name[-4:-2]}-{name[-2:]}")
            found.append((day, _observations(_dates(known), np.array(list(known.values())))))
    return found


def _observations(dates: Any, values: Any) -> Observations:
    try:
        return Observations.of(dates, [_COLUMN], values.reshape(-1, 1))
    except InvalidObservations as exc:
        raise AnswerNotUnderstood(exc.message) from exc


def _dates(texts: Iterable[Any]) -> Any:
    cells = list(texts)
    try:
        whole = all(cell and isinstance(cell, str | date) for cell in cells)
        return np.array(cells, dtype="datetime64[D]") if whole else np.array([day_of(cell) for cell in cells])
    except ValueError:
        return np.array([day_of(cell) for cell in cells], dtype="datetime64[D]")


def _xml(body: bytes) -> Mapping[str, Any]:
    root = xml_root(body)
    if root.tag == "error":
        return {"error_code": root.get("code"), "error_message": root.get("message", "")}
    return {**root.attrib, root.tag: [dict(child.attrib) or (child.text or "").strip() for child in root]}


def _csv(text: str) -> Mapping[str, Any]:
    """Read a download, whose columns are series, or one series' vintages."""
    table = read_loose_csv(text)
    names = table.names[1:]
    values = [{name: None if cell in _ABSENT else cell for name, cell in zip(names, row[1:], strict=True)} for row in rows_of(table)]
    rows = [{"date": row[0] or None, **cells} for row, cells in zip(table.rows, values, strict=True)]
    if all(map(_OF_VINTAGE.fullmatch, table.names[1:])):
        return {"observations": rows}
    return {"columns": {name: [{"date": row["date"], "value": row[name]} for row in rows] for name in table.names[1:]}}
