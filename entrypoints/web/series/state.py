"""The state of a series page, which its address holds: each choice is a parameter, and each control a link to another address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.observations import Label
from domain.period_transforms import PeriodTransform
from entrypoints.rest.http.params import QueryParameters
from entrypoints.rest.openapi.parameters import Parameter, Parameters, enum_of, integer
from entrypoints.web.charts.plot import Kind

MOST_PIXELS = 8000
MOST_FAN, MOST_ROWS = 50, 2000
#: In place of a column's name: all columns.
ALL_COLUMNS = "*"
_TEXT = {"type": "string"}


class Units(StrEnum):
    """How values are shown."""

    LEVEL = "level"
    CHANGE = "diff"
    PERCENT_CHANGE = "rdiff"
    PERCENT_A_YEAR = "annualized"
    ON_A_YEAR_BEFORE = "yoy"
    INDEX = "index"

    @property
    def label(self) -> str:
        """The name of its control."""
        return _TITLES[self]

    @property
    def transform(self) -> PeriodTransform | None:
        """The transform by which releases are compared."""
        return None if self in (Units.LEVEL, Units.INDEX) else PeriodTransform(self.value)

    @property
    def is_percent(self) -> bool:
        """Whether values are shares, shown as percent."""
        return self in (Units.PERCENT_CHANGE, Units.PERCENT_A_YEAR, Units.ON_A_YEAR_BEFORE)


_TITLES = {
    Units.LEVEL: "Level",
    Units.CHANGE: "Change",
    Units.PERCENT_CHANGE: "% change",
    Units.PERCENT_A_YEAR: "% a year",
    Units.ON_A_YEAR_BEFORE: "% yoy",
    Units.INDEX: "Index",
}


class Tab(StrEnum):
    """What is shown below the chart."""

    RELEASES = "releases"
    FIRST = "first"
    HISTORY = "history"
    DIFF = "diff"
    TABLE = "table"
    VINTAGES = "vintages"
    FETCHES = "fetches"
    SOURCE = "source"
    STAND_INS = "stand-ins"

    @property
    def label(self) -> str:
        """The name of its control."""
        return _TABS.get(self, self.value.title())

    @property
    def looks_back(self) -> bool:
        """Whether it needs several vintages."""
        return self in (Tab.RELEASES, Tab.FIRST, Tab.HISTORY, Tab.DIFF)

    @property
    def is_stored(self) -> bool:
        """Whether it shows what is stored of a series, which of a formula is nothing."""
        return self in (Tab.VINTAGES, Tab.FETCHES, Tab.STAND_INS)


_TABS = {Tab.FIRST: "First → latest", Tab.DIFF: "Differences"}


class FileFormat(StrEnum):
    """
    The formats in which the view itself is given.

    Attributes:
        PLOT: what the page's script draws.
        PART: that, with the texts of the page that follow the vintage that is shown.
        ROWS: rows of the table, which the page's script puts into it.

    """

    SVG = "svg"
    PNG = "png"
    CSV = "csv"
    JSON = "json"
    PLOT = "plot"
    PART = "part"
    ROWS = "rows"


PARAMETERS: Parameters = {
    "column": Parameter("The column that is shown, `*` for all; by default the closing price if there is one, else the first one.", _TEXT),
    "transform": Parameter("How values are shown.", enum_of(Units)),
    "chart": Parameter("How they are drawn.", enum_of(Kind)),
    "scale": Parameter("A logarithmic axis.", {"type": "string", "enum": ["log"]}),
    "start": Parameter("The first date.", _TEXT),
    "end": Parameter("The last date.", _TEXT),
    "base": Parameter("The date at which the index is 100.", _TEXT),
    "as_of": Parameter("The state known on this day is drawn over today's.", _TEXT),
    "vintage": Parameter("The state of the vintage with this number is.", integer(1)),
    "shade": Parameter("The code of a series of 0 and 1, such as recessions: the chart is shaded where it is 1.", _TEXT),
    "fan": Parameter("How many vintages known just before it are drawn behind it.", integer(1, MOST_FAN)),
    "against": Parameter("With `view=diff`, the other state: a vintage's number, a day or a moment; by default today's.", _TEXT),
    "date": Parameter("The date whose value is pointed out, and whose history is shown.", _TEXT),
    "view": Parameter("What is shown below the chart.", enum_of(Tab)),
    "limit": Parameter("With `view=table`, how many rows a page has.", integer(10, MOST_ROWS)),
    "offset": Parameter("With `view=table`, how many newer rows stand before the page.", integer(0)),
    "format": Parameter("The view as a file.", enum_of(FileFormat)),
    "pixels": Parameter("With `format=plot` and `format=part`, the width of the range that is shown.", integer(50, MOST_PIXELS)),
}
_OF_FILES = ("format", "pixels")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    What a page shows.

    Attributes:
        given: the parameters as they were written, without those of files.
        column: the name of one, ``*``, or empty.
        moment: of the state that is drawn over today's, if one was chosen.
        shade: the code of the series whose ones are shaded.
        fan: how many vintages known before what is shown are drawn behind it.
        against: the state with which it is compared below, if that is not today's.
        limit, offset: which rows of the table are shown, the newest first; without a limit, as many as suit its columns.

    """

    given: Mapping[str, str]
    column: str
    units: Units
    chart: Kind | None
    log: bool
    start: Label | None
    end: Label | None
    base: Label | None
    moment: AsOf | None
    shade: str | None
    fan: int
    against: AsOf | None
    date: Label | None
    tab: Tab | None
    limit: int | None
    offset: int

    def link(self, **changes: object) -> str:
        """Return the query of the page with some parameters changed; None leaves one out."""
        merged = {**self.given, **changes}
        written = {name: str(merged[name]) for name in PARAMETERS if merged.get(name) is not None}
        return f"?{urlencode(written)}" if written else "?"

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """Return what a form that sets some parameters must pass on of the others."""
        return [(name, value) for name, value in self.given.items() if name not in without]


def parse_state(parameters: QueryParameters, frequency: Frequency | None) -> State:
    """Return the state that an address holds; raises InvalidInput."""
    units = parameters.choice("transform", Units) or Units.LEVEL
    if units not in available_units(frequency):
        known = frequency or "of no known frequency"
        raise InvalidInput(f"transform={units} compares periods that a series which is {known} does not have.", field="transform")
    as_of, vintage = parameters.text("as_of"), parameters.number("vintage", minimum=1)
    scale, against = parameters.text("scale"), parameters.text("against")
    if scale not in (None, "log"):
        raise InvalidInput("scale must be log.", field="scale", hint="Omit it for a linear axis.")
    return State(
        given={name: text for name in PARAMETERS if name not in _OF_FILES and (text := parameters.text(name))},
        column=parameters.text("column") or "",
        units=units,
        chart=parameters.choice("chart", Kind),
        log=scale == "log",
        start=parameters.label("start"),
        end=parameters.label("end"),
        base=parameters.label("base"),
        moment=AsOf.parse(as_of, vintage=vintage) if as_of or vintage else None,
        shade=parameters.text("shade"),
        fan=parameters.number("fan", minimum=1, maximum=MOST_FAN) or 0,
        against=AsOf.named(against, field="against") if against else None,
        date=parameters.label("date"),
        tab=parameters.choice("view", Tab),
        limit=parameters.number("limit", minimum=10, maximum=MOST_ROWS),
        offset=parameters.number("offset") or 0,
    )


def available_units(frequency: Frequency | None) -> tuple[Units, ...]:
    """Return the units that a series of this frequency can be shown in."""
    if frequency is None:
        return (Units.LEVEL, Units.INDEX)
    if frequency in (Frequency.HOURLY, Frequency.DAILY):
        return tuple(unit for unit in Units if unit is not Units.PERCENT_A_YEAR)
    if frequency is Frequency.ANNUAL:
        return (Units.LEVEL, Units.CHANGE, Units.PERCENT_CHANGE, Units.INDEX)
    return tuple(Units)
