"""FRED's lists as JSON and XML, and what it says of a series."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from xml.sax.saxutils import escape

from domain.frequency import Frequency
from domain.observations import Label
from domain.series import TimeSeries
from entrypoints.formats import encode
from entrypoints.rest.fred.params import FileType, series_id

XML_BEGIN = b'<?xml version="1.0" encoding="utf-8" ?>\n'
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_QUOTED = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_FREQUENCIES = {
    Frequency.HOURLY: ("Hourly", "H"),
    Frequency.DAILY: ("Daily", "D"),
    Frequency.WEEKLY: ("Weekly", "W"),
    Frequency.BIWEEKLY: ("Biweekly", "BW"),
    Frequency.MONTHLY: ("Monthly", "M"),
    Frequency.BIMONTHLY: ("Bimonthly", "BM"),
    Frequency.QUARTERLY: ("Quarterly", "Q"),
    Frequency.SEMIANNUAL: ("Semiannual", "SA"),
    Frequency.ANNUAL: ("Annual", "A"),
}
_UNKNOWN_FREQUENCY = ("Not Applicable", "NA")
_WEEKDAY = re.compile("last day of the (?:week|two weeks), a (\\w+day)")
_ADJUSTMENTS = {
    "seasonally adjusted": "SA",
    "not seasonally adjusted": "NSA",
    "seasonally adjusted annual rate": "SAAR",
    "smoothed seasonally adjusted": "SSA",
    "not seasonally adjusted annual rate": "NSAAR",
}
#: FRED's own abbreviations of words in units.
_SHORT_WORDS = {
    "Billions": "Bil.",
    "Millions": "Mil.",
    "Thousands": "Thous.",
    "Hundreds": "Hund.",
    "Dollars": "$",
    "Percent": "%",
    "Chained": "Chn.",
    "Number": "Num.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FredList:
    """
    A list of FRED's.

    Attributes:
        name, item: of the list and of one of its items in XML; the list has the same name in JSON.
        header: what stands beside the items.
        items: texts, or objects.
        content: the member of an item that is its content in XML; the others are attributes.

    """

    name: str
    item: str
    header: Mapping[str, Any]
    items: Sequence[Mapping[str, Any] | str]
    content: str = ""

    def encode(self, kind: FileType) -> bytes:
        """Return it as JSON or XML."""
        if kind is FileType.JSON:
            return encode({**self.header, self.name: self.items})
        lines = [f"<{self.name} {attributes(self.header)}>", *map(self._line, self.items), f"</{self.name}>\n"]
        return XML_BEGIN + "\n".join(lines).encode()

    def _line(self, item: Mapping[str, Any] | str) -> str:
        if isinstance(item, str):
            return f"  <{self.item}>{xml_text(item)}</{self.item}>"
        inner = xml_text(str(item[self.content])) if self.content else ""
        own = attributes({name: value for name, value in item.items() if name != self.content})
        return f"  <{self.item} {own}>{inner}</{self.item}>" if inner else f"  <{self.item} {own}/>"


def xml_text(text: str) -> str:
    """Return text as the content of an element."""
    return escape(_NOT_XML.sub("", text))


def attributes(members: Mapping[str, Any]) -> str:
    """Return members as attributes in XML; those without a value are left out."""
    texts = {name: _written(value) for name, value in members.items() if value is not None}
    return " ".join(f'{name}="{escape(_NOT_XML.sub("", value), _QUOTED)}"' for name, value in texts.items())


def period_header(first: date, last: date) -> dict[str, Any]:
    """Return a real-time period, as it stands in every answer."""
    return {"realtime_start": first.isoformat(), "realtime_end": last.isoformat()}


def describe(series: TimeSeries, dates: tuple[Label, Label] | None, period: tuple[date, date]) -> dict[str, Any]:
    """
    Return what FRED says of a series.

    Args:
        dates: the first and the last one with a value.

    """
    metadata, (frequency, frequency_short) = series.metadata, frequency_of(series)
    first, last = map(_day, dates) if dates else ("", "")
    described = {
        "id": series_id(series.code),
        **period_header(*period),
        "title": metadata.name or series_id(series.code),
        "observation_start": first,
        "observation_end": last,
        "frequency": frequency,
        "frequency_short": frequency_short,
        "units": metadata.unit,
        "units_short": short_units(metadata.unit),
        "seasonal_adjustment": metadata.seasonal_adjustment,
        "seasonal_adjustment_short": _ADJUSTMENTS.get(metadata.seasonal_adjustment.casefold(), metadata.seasonal_adjustment),
        "last_updated": last_updated(series),
        "popularity": 0,
    }
    return described | ({"notes": metadata.description} if metadata.description else {})


def frequency_of(series: TimeSeries) -> tuple[str, str]:
    """Return FRED's name for the frequency of a series, and its short form."""
    name, short = _FREQUENCIES.get(series.frequency, _UNKNOWN_FREQUENCY) if series.frequency else _UNKNOWN_FREQUENCY
    weekday = _WEEKDAY.fullmatch(str(series.metadata.extra.get("dates", "")))
    return (f"{name}, Ending {weekday[1]}" if weekday else name), short


def short_units(units: str) -> str:
    """Return units in FRED's abbreviations."""
    return " ".join(_SHORT_WORDS.get(word.capitalize(), word) for word in units.split(" "))


def last_updated(series: TimeSeries) -> str:
    """Return when the newest state became known, in FRED's form of a moment."""
    moment = series.newest.known_at if series.newest else series.created_at
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _day(label: Label) -> str:
    return (label.astimezone(UTC).date() if isinstance(label, datetime) else label).isoformat()
