"""The state of a comparison, which its address holds: the series, each with its options, and what is common to all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from falcon.uri import parse_query_string

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidInput
from domain.frequency import Collapse
from domain.moments import AsOf
from domain.observations import Label
from domain.series import TimeSeries
from entrypoints.rest.http.params import QueryParameters, parse_label, suggestion
from entrypoints.rest.openapi.parameters import Parameter, Parameters, enum_of, integer
from entrypoints.web.charts.palette import MOST
from entrypoints.web.series.state import MOST_PIXELS, Units

_OPTIONS = ("column", "transform", "axis", "colour")
_MONTH = re.compile("([0-9]{4})(?:-([0-9]{2}))?")
_PAIR = re.compile("([0-9]{1,2}),([0-9]{1,2})")
_READABLE = "/:;=,@"
_DAY = {"type": "string"}

E = TypeVar("E", bound=StrEnum)


class Show(StrEnum):
    """What the picture shows."""

    LINES = "lines"
    SPREAD = "spread"
    RATIO = "ratio"
    SCATTER = "scatter"


class Axis(StrEnum):
    """The axis of a series."""

    LEFT = "left"
    RIGHT = "right"


class ComparisonFormat(StrEnum):
    """
    The formats in which a comparison is given.

    Attributes:
        PLOT: what the page's script draws; all others are files.

    """

    SVG = "svg"
    PNG = "png"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    PLOT = "plot"


PARAMETERS: Parameters = {
    "s": Parameter("A series, `CODE;column=…;transform=…;axis=right;colour=…`; up to twelve."),
    "right": Parameter("A series on the right axis, after those of `s`."),
    "transform": Parameter("How the values of all series are shown that have no `;transform` of their own.", enum_of(Units)),
    "index": Parameter("The date at which series that are indexed are 100; alone it indexes all.", _DAY),
    "collapse": Parameter("The last value of each period of this length.", enum_of(Collapse)),
    "as_of": Parameter("The state of all series known on this day.", _DAY),
    "start": Parameter("The first date.", _DAY),
    "end": Parameter("The last date.", _DAY),
    "scale": Parameter("Logarithmic axes.", {"type": "string", "enum": ["log"]}),
    "view": Parameter("What the picture shows.", enum_of(Show)),
    "of": Parameter("The two series of a spread, a ratio or a scatter plot, `1,2`, by their positions."),
    "query": Parameter("A code to add, or words to search for."),
    "format": Parameter("The comparison as a file.", enum_of(ComparisonFormat)),
    "pixels": Parameter("With `format=plot`, the width of the range that is shown.", integer(50, MOST_PIXELS)),
}
#: Parameters that a link to another state of the page passes on.
_KEPT = ("transform", "index", "collapse", "as_of", "start", "end", "scale", "view", "of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    A series, as the address names it.

    Attributes:
        parameter: ``s`` or ``right``, for messages.
        column: its name or its number from 1; the first one if empty.
        units: None for those of all.
        colour: from 1.

    """

    parameter: str
    provider: str | None
    code: DatasetCode
    column: str = ""
    units: Units | None = None
    axis: Axis = Axis.LEFT
    colour: int = 0

    @property
    def reference(self) -> str:
        """The code, with the provider if one is named."""
        return f"{self.provider}:{self.code}" if self.provider else str(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    What a comparison shows.

    Attributes:
        given: the parameters that are common to all series, as they were written.
        base: the date at which series that are indexed are 100; None for the first one that all of these have.
        pair: the positions from 0 of the series of a spread, a ratio or a scatter plot.

    """

    items: Sequence[Item]
    given: Mapping[str, str]
    units: Units
    base: Label | None
    collapse: Collapse | None
    moment: AsOf
    start: Label | None
    end: Label | None
    log: bool
    show: Show
    pair: tuple[int, int]

    def query(self, items: Sequence[Item] | None = None, **changes: str | None) -> str:
        """Return the query of another state: other series, or some parameters changed; None leaves one out."""
        merged: dict[str, str | None] = {**self.given, **changes}
        pairs = [("s", text) for text in written(self.items if items is None else items)]
        pairs += [(name, text) for name in PARAMETERS if (text := merged.get(name)) is not None]
        return urlencode(pairs, safe=_READABLE)

    def link(self, items: Sequence[Item] | None = None, **changes: str | None) -> str:
        """Return ``query`` as a relative address."""
        return f"?{self.query(items, **changes)}"

    def changed(self, position: int, **changes: Any) -> str:
        """Return the address where one series has other options."""
        items = list(self.items)
        items[position] = replace(items[position], **changes)
        return self.link(items)

    def without(self, position: int) -> str:
        """Return the address without one series, in which the others keep their colours."""
        items = [item for place, item in enumerate(self.items) if place != position]
        two = len(items) > 1
        return self.link(items, of=None) if two else self.link(items, of=None, view=None)

    def adding(self, reference: str) -> str:
        """Return the address with one more series."""
        provider, code = parse_reference(reference)
        return self.link([*self.items, Item(parameter="s", provider=provider, code=code)], query=None)

    def with_series(self, series: TimeSeries) -> str:
        """Return the address with a series, which is added unless it is there already."""
        there = any(item.code == series.code and item.provider in (None, series.provider) for item in self.items)
        return self.link() if there else self.adding(f"{series.provider}:{series.code}")

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """Return what a form that sets some parameters must pass on of the others."""
        series = [("s", text) for text in written(self.items)]
        return [*series, *((name, text) for name, text in self.given.items() if name not in without)]


def read_query(text: str) -> State:
    """Return the state that the query of a comparison's address holds; raises InvalidInput."""
    return parse_state(QueryParameters(parse_query_string(text.removeprefix("?")), PARAMETERS))


def parse_state(parameters: QueryParameters) -> State:
    """Return the state that an address holds; raises InvalidInput, which names the parameter."""
    items = _items(parameters)
    as_of, scale, index = parameters.text("as_of"), parameters.text("scale"), parameters.text("index")
    if scale not in (None, "log"):
        raise InvalidInput("scale must be log.", field="scale", hint="Omit it for linear axes.")
    show = parameters.choice("view", Show) or Show.LINES
    return State(
        items=items,
        given={name: text for name in _KEPT if (text := parameters.text(name))},
        units=parameters.choice("transform", Units) or (Units.INDEX if index else Units.LEVEL),
        base=_base(index) if index else None,
        collapse=parameters.choice("collapse", Collapse),
        moment=AsOf.parse(as_of) if as_of else AsOf(),
        start=parameters.label("start"),
        end=parameters.label("end"),
        log=scale == "log",
        show=show,
        pair=_pair(parameters.text("of"), show, len(items)),
    )


def _items(parameters: QueryParameters) -> Sequence[Item]:
    given = [("s", text) for text in parameters.texts("s")] + [("right", text) for text in parameters.texts("right")]
    if len(given) > MOST:
        raise InvalidInput(f"A comparison has at most {MOST} series; {len(given)} are given.", field="s", hint="Leave some out.")
    return _coloured([_item(parameter, text) for parameter, text in given])


def _item(parameter: str, text: str) -> Item:
    reference, *rest = text.split(";")
    options = _options(parameter, rest)
    try:
        provider, code = parse_reference(reference.strip())
    except InvalidCode as error:
        raise InvalidCode(error.message, field=parameter, hint=error.hint) from error
    axis = Axis.RIGHT if parameter == "right" else Axis.LEFT
    return Item(
        parameter=parameter,
        provider=provider,
        code=code,
        column=options.get("column", ""),
        units=_member(parameter, "transform", options.get("transform"), Units),
        axis=_member(parameter, "axis", options.get("axis"), Axis) or axis,
        colour=_colour(parameter, options.get("colour")),
    )


def _options(parameter: str, texts: Iterable[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in filter(None, texts):
        name, separator, value = text.partition("=")
        if not separator or not value or name not in _OPTIONS:
            message = f"{parameter}: {text[:40]!r} is not an option of a series."
            raise InvalidInput(message, field=parameter, hint=f"Write ;NAME=VALUE. {suggestion(name, _OPTIONS)}")
        if name in found:
            raise InvalidInput(f"{parameter}: {name} is given twice.", field=parameter, hint="Give it once.")
        found[name] = value
    return found


def _member(parameter: str, option: str, text: str | None, kind: type[E]) -> E | None:
    words = [word.value for word in kind]
    if text is not None and text not in words:
        raise InvalidInput(f"{parameter}: {option} must be one of {', '.join(words)}.", field=parameter)
    return kind(text) if text else None


def _colour(parameter: str, text: str | None) -> int:
    if text is not None and text not in map(str, range(1, MOST + 1)):
        raise InvalidInput(f"{parameter}: colour must be a whole number from 1 to {MOST}.", field=parameter)
    return int(text or 0)


def _coloured(items: Sequence[Item]) -> Sequence[Item]:
    colours = _colours([item.colour for item in items])
    return [item if item.colour == colour else replace(item, colour=colour) for item, colour in zip(items, colours, strict=True)]


def _colours(given: Sequence[int]) -> list[int]:
    """Give each series without a colour, which is 0, that of its position, or else the first free one."""
    taken, found = set(given), []
    for position, colour in enumerate(given, 1):
        found.append(colour or next(each for each in (position, *range(1, MOST + 1)) if each not in taken))
        taken.add(found[-1])
    return found


def written(items: Sequence[Item]) -> list[str]:
    """Return series as the address writes them, without the colours that they would get anyhow."""
    colours = _colours([item.colour for item in items])
    needed = [0 if colour == position else colour for position, colour in enumerate(colours, 1)]
    shown = needed if _colours(needed) == colours else colours
    return [_written(item, colour) for item, colour in zip(items, shown, strict=True)]


def _written(item: Item, colour: int) -> str:
    right = item.axis if item.axis is Axis.RIGHT else None
    options = (("column", item.column), ("transform", item.units), ("axis", right), ("colour", colour))
    return item.reference + "".join(f";{name}={value}" for name, value in options if value)


def _base(text: str) -> Label:
    match = _MONTH.fullmatch(text)
    if not match:
        return parse_label(text, "index")
    try:
        return date(int(match[1]), int(match[2] or 1), 1)
    except ValueError:
        raise InvalidInput("index is not a month of the calendar.", field="index", hint="Write a month like 2008-01, or a day.") from None


def _pair(text: str | None, show: Show, count: int) -> tuple[int, int]:
    if show is not Show.LINES and count < 2:  # noqa: PLR2004 - a pair
        raise InvalidInput(f"view={show} needs two series.", field="view", hint="Add another one.")
    if text is None:
        return 0, 1
    match = _PAIR.fullmatch(text)
    first, second = (int(match[1]), int(match[2])) if match else (0, 0)
    if first == second or not 1 <= min(first, second) <= max(first, second) <= count:
        raise InvalidInput("of must be the positions of two series.", field="of", hint=f"Write 1,2; there are {count} series.")
    return first - 1, second - 1
