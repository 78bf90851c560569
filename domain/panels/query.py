"""Panel queries: which series by which rules, at which moments, pinned to which position of the feed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput
from domain.frequency import Collapse
from domain.moments import parse_moment, written
from domain.panels.decisions import Decisions, parse_time
from domain.panels.rule import ZERO, CellRule, CellTransform, Clock, Fill, Learned
from domain.releases import Counted
from domain.schedules.selector import Selector
from domain.schedules.zones import zone_of

MOST_SERIES, MOST_CELLS, MOST_WINDOW = 1_000, 1_000_000, 10_000
_MOST_NUMBER = 10**6
_MOST_NAME = 400
_LENGTH = re.compile(r"P(?:([0-9]{1,5})W)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})S)?)?")
_UNITS = (timedelta(weeks=1), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
_DAYS_AND_NUMBERS = re.compile("P([0-9]{1,5})([DW])")

E = TypeVar("E", bound=StrEnum)
#: What can be said of each series; of all of them where it stands beside the moments.
OPTIONS = (
    *("lag", "max_age", "release", "change", "window", "clock", "collapse", "transform", "fill", "assume"),
    *("release_time", "tz", "restated"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSeries:
    """
    A series of a panel, or several that a mask means.

    Attributes:
        column: its name; empty for the first one of each state.
        name: of the column in the wide shape; empty for one that follows from the code and the column.
        checked_at: when the provider was last asked, in a pinned panel.

    """

    selector: Selector
    column: str = ""
    name: str = ""
    rule: CellRule = field(default_factory=CellRule)
    checked_at: datetime | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any], shared: Mapping[str, Any]) -> PanelSeries:
        """Read a series; what it does not say is shared. Raises InvalidInput."""
        if not given.get("code"):
            raise InvalidInput("code is missing.", field="series", hint="Name the series: FRED/GDP.")
        own = {name for name in ("release", "change") if given.get(name) is not None}
        options = {name: shared.get(name) for name in OPTIONS if not (own and name in ("release", "change"))}
        options |= {name: given[name] for name in OPTIONS if given.get(name) is not None}
        texts = {name: str(given.get(name) or "") for name in ("column", "name")}
        if any(len(text) > _MOST_NAME or "\0" in text for text in texts.values()):
            raise InvalidInput(f"A name has more than {_MOST_NAME} characters.", field="name")
        selector = Selector.parse(str(given["code"]), field="series")
        if selector.code is None and texts["name"]:
            raise InvalidInput("A mask means several series, which cannot have one name.", field="name", hint="Omit name.")
        checked = given.get("checked_at")
        return cls(
            selector=selector, **texts, rule=read_rule(options), checked_at=parse_moment(checked, field="checked_at") if checked else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelQuery:
    """
    A panel.

    Attributes:
        position: only what was recorded up to this position of the feed exists; None for all that there is.

    """

    series: tuple[PanelSeries, ...]
    decisions: Decisions
    position: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> PanelQuery:
        """Read a panel from a document of plain values. Raises InvalidInput."""
        wanted: Sequence[Mapping[str, Any]] = given.get("series") or ()
        if not 0 < len(wanted) <= MOST_SERIES:
            raise InvalidInput(f"series must name 1 to {MOST_SERIES} series.", field="series", hint="Write series=FRED/GDP.")
        query = cls(
            series=tuple(PanelSeries.read(each, given) for each in wanted),
            decisions=Decisions.read(given),
            position=given.get("position"),
        )
        query.check_size(len(query.series))
        return query

    def check_size(self, series: int) -> None:
        """Raise InvalidInput if a panel of so many series would have too many cells."""
        widest = max(each.rule.window for each in self.series)
        cells = series * len(self.decisions.moments) * widest
        if series > MOST_SERIES or cells > MOST_CELLS:
            text = f"{series} series at {len(self.decisions.moments)} moments with {widest} observations each are too many."
            raise InvalidInput(text, field="series", hint=f"At most {MOST_SERIES} series, and {MOST_CELLS} cells.")


def read_rule(given: Mapping[str, Any]) -> CellRule:
    """Read the rule of a series from plain values. Raises InvalidInput."""
    if given.get("release") is not None and given.get("change") is not None:
        raise InvalidInput("release and change exclude each other.", field="change", hint="Give one of them.")
    counted = Counted.RELEASE if given.get("change") is None else Counted.CHANGE
    return CellRule(
        lag=_read(given, "lag", _length) or ZERO,
        clock=_choice(given, "clock", Clock) or Clock.KNOWN,
        restated=_read(given, "restated", _flag) or False,
        release_time=_read(given, "release_time", _time),
        zone=_zone(given),
        max_age=_read(given, "max_age", _days),
        counted=counted,
        nth=_nth(given, counted),
        window=_number(given, "window", 1, MOST_WINDOW) or 1,
        collapse=_choice(given, "collapse", Collapse),
        transform=_choice(given, "transform", CellTransform),
        fill=_choice(given, "fill", Fill, hint="Values between two observations look ahead.") or Fill.NONE,
        assume=_read(given, "assume", _assumed),
    )


def document_of(query: PanelQuery) -> dict[str, Any]:
    """Return a query as plain values, which ``PanelQuery.read`` reads to the same query; what all series share is said once."""
    series = [_series_document(each, query.decisions.zone) for each in query.series]
    shared = {
        name: series[0][name] for name in OPTIONS if name != "tz" and len({each.get(name) for each in series}) == 1 and name in series[0]
    }
    own = [{name: value for name, value in each.items() if name not in shared} for each in series]
    pinned = {} if query.position is None else {"position": query.position}
    return {**query.decisions.said, "tz": query.decisions.zone.key, **shared, "series": own, **pinned}


def _series_document(series: PanelSeries, zone: ZoneInfo) -> dict[str, str]:
    rule = series.rule
    document: dict[str, Any] = {
        "code": series.selector,
        "column": series.column,
        "name": series.name,
        "lag": _written_length(rule.lag) if rule.lag else None,
        "max_age": None if rule.max_age is None else f"P{rule.max_age}D",
        rule.counted.value: rule.nth,
        "window": rule.window if rule.window > 1 else None,
        "clock": rule.clock if rule.clock is not Clock.KNOWN else None,
        "collapse": rule.collapse,
        "transform": rule.transform,
        "fill": rule.fill if rule.fill is not Fill.NONE else None,
        "assume": f"P{rule.assume}D" if isinstance(rule.assume, int) else rule.assume,
        "release_time": rule.release_time,
        "tz": rule.zone.key if rule.release_time and rule.zone != zone else None,
        "restated": "true" if rule.restated else None,
        "checked_at": written(series.checked_at) if series.checked_at else None,
    }
    return {name: str(value) for name, value in document.items() if value is not None and value != ""}


def _read(given: Mapping[str, Any], name: str, parse: Callable[[str, str], Any]) -> Any:
    value = given.get(name)
    return None if value is None else parse(str(value), name)


def _choice(given: Mapping[str, Any], name: str, kind: type[E], *, hint: str = "") -> E | None:
    text = given.get(name)
    if text is None:
        return None
    words = [word.value for word in kind]
    if text not in words:
        raise InvalidInput(f"{name} must be one of {', '.join(words)}.", field=name, hint=hint)
    return kind(text)


def _number(given: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,9}", str(text)) or not least <= int(text) <= most:
        raise InvalidInput(f"{name} must be a whole number from {least} to {most}.", field=name)
    return int(text)


def _nth(given: Mapping[str, Any], counted: Counted) -> int | None:
    if counted is Counted.RELEASE and given.get("release") == "latest":
        return None
    return _number(given, counted.value, 0, _MOST_NUMBER)


def _length(text: str, field: str) -> timedelta:
    found = _LENGTH.fullmatch(text)
    if not found or not any(found.groups()):
        hint = "Write it like P1D, PT6H or P1DT12H; months and years have no fixed length."
        raise InvalidInput(f"{field} is not a length of time.", field=field, hint=hint)
    return sum((int(number or 0) * unit for number, unit in zip(found.groups(), _UNITS, strict=True)), ZERO)


def _written_length(length: timedelta) -> str:
    return f"P{length.days}D" + (f"T{length.seconds // 3600}H{length.seconds // 60 % 60}M{length.seconds % 60}S" if length.seconds else "")


def _days(text: str, field: str) -> int:
    found = _DAYS_AND_NUMBERS.fullmatch(text)
    if not found:
        raise InvalidInput(f"{field} is not a number of days.", field=field, hint="Write it like P100D.")
    return int(found[1]) * (7 if found[2] == "W" else 1)


def _assumed(text: str, field: str) -> int | Learned | None:
    if text == "none":
        return None
    return Learned.LEARNED if text == Learned.LEARNED else _days(text, field)


def _time(text: str, field: str) -> time:
    return parse_time(text, field=field)


def _flag(text: str, field: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise InvalidInput(f"{field} must be true or false.", field=field)
    return text.lower() == "true"


def _zone(given: Mapping[str, Any]) -> ZoneInfo:
    if given.get("release_time") is not None and not given.get("tz"):
        raise InvalidInput("release_time has no time zone.", field="tz", hint="Give tz too, such as tz=America/New_York.")
    return zone_of(given["tz"]) if given.get("release_time") is not None else ZoneInfo("UTC")
