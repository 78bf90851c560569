"""The state of a comparison, which its address holds: the series, and what is common to all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from falcon.uri import parse_query_string

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidInput
from domain.frequency import Collapse
from domain.moments import AsOf
from domain.observations import Label
from entrypoints.rest.http.params import QueryParameters, parse_label
from entrypoints.rest.openapi.parameters import Parameter, Parameters, enum_of, integer
from entrypoints.web.compare.items import Item, parse_items, written
from entrypoints.web.series.state import MOST_PIXELS, Units

_MONTH = re.compile("([0-9]{4})(?:-([0-9]{2}))?")
_PAIR = re.compile("([0-9]{1,2}),([0-9]{1,2})")
_READABLE = "/:;=,@"
_DAY = {"type": "string"}


class Show(StrEnum):
    """What the picture shows."""

    LINES = "lines"
    SPREAD = "spread"
    RATIO = "ratio"
    SCATTER = "scatter"


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

    def with_series(self, provider: str, code: DatasetCode) -> str:
        """Return the address with a series, which is added unless it is there already."""
        there = any(item.code == code and item.provider in (None, provider) for item in self.items)
        return self.link() if there else self.adding(f"{provider}:{code}")

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """Return what a form that sets some parameters must pass on of the others."""
        series = [("s", text) for text in written(self.items)]
        return [*series, *((name, text) for name, text in self.given.items() if name not in without)]


def read_query(text: str) -> State:
    """Return the state that the query of a comparison's address holds; raises InvalidInput."""
    return parse_state(QueryParameters(parse_query_string(text.removeprefix("?")), PARAMETERS))


def parse_state(parameters: QueryParameters) -> State:
    """Return the state that an address holds; raises InvalidInput, which names the parameter."""
    items = parse_items(parameters)
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
