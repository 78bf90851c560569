"""The parameters of each operation: their place, their meaning and their values; for panels and revisions in modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.aggregates import Aggregate
from domain.fetches import FetchStatus
from domain.frequency import Collapse
from domain.period_transforms import PeriodTransform
from domain.periods import Side
from domain.series import SeriesStatus
from domain.source_status import SourceStatus
from domain.transforms import Transform


class Order(StrEnum):
    """The order of observations."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class RowLayout(StrEnum):
    """How JSON writes rows: each a list of values, each an object by column name, or these objects as a bare list."""

    TABLE = "table"
    RECORDS = "records"
    LIST = "list"


class DataTransform(StrEnum):
    """What can be calculated of the values that are read: Quandl's transforms, and the change from a year before."""

    DIFF = Transform.DIFF
    RDIFF = Transform.RDIFF
    RDIFF_FROM = Transform.RDIFF_FROM
    CUMUL = Transform.CUMUL
    NORMALIZE = Transform.NORMALIZE
    YOY = PeriodTransform.YOY


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's meaning and the schema of its values."""

    text: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    place: str = "query"
    required: bool = False


Parameters = Mapping[str, Parameter]


def enum_of(kind: type[StrEnum], **more: Any) -> dict[str, Any]:
    """Return the schema of an enumeration."""
    return {"type": "string", "enum": [word.value for word in kind], **more}


def integer(minimum: int, maximum: int = 10**9, **more: Any) -> dict[str, Any]:
    """Return the schema of an integer within bounds."""
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **more}


_CODE = {"type": "string", "examples": ["FRED/GDP", "fred:FRED/GDP"]}
DAY = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
_UUID = {"type": "string", "format": "uuid"}
_PAGE: Parameters = {"limit": Parameter("The maximum number of items in a page.", integer(1, 1000, default=100))}
POSITION = Parameter("Only what was recorded up to this position of the feed.", integer(0, 10**18))
_MOMENT: Parameters = {
    "as_of": Parameter("The state known on this day, or at this instant.", DAY),
    "vintage": Parameter("The state of the vintage with this number.", integer(1)),
    "seen_by": Parameter("The state fetched by this day or instant.", DAY),
    "restated": Parameter(
        "With `as_of`: corrections, and states read again, count from the moment of what they replace, though fetched later.",
        {"type": "boolean", "default": False},
    ),
}
_PINNED: Parameters = {
    "position": POSITION,
    "definition_as_of": Parameter("Of a formula, its definition on this day, or at this instant.", DAY),
}

READING: Parameters = {
    "start_date": Parameter("The earliest day or instant; also in milliseconds since 1970.", DAY),
    "end_date": Parameter("The latest day or instant; also in milliseconds since 1970.", DAY),
    "columns": Parameter("Columns by name, separated by commas; may be repeated.", {"type": "array", "items": {"type": "string"}}),
    "column_index": Parameter("One column by its number, counted from 1.", integer(0)),
    "collapse": Parameter("The last observation of each period of this length.", enum_of(Collapse)),
    "transform": Parameter("A transformation of the values.", enum_of(Transform)),
    "order": Parameter("The order of observations.", enum_of(Order)),
    "limit": Parameter("The maximum number of observations, the most recent ones.", integer(1)),
    "periods": Parameter(
        "Date periods from weeks to years by their first or last day, as the series states where its dates stand.", enum_of(Side)
    ),
    **_MOMENT,
    **_PINNED,
}
READING_WITH_SHAPE: Parameters = {
    **READING,
    "aggregate": Parameter("With `collapse`: what is made of the known values of each period.", enum_of(Aggregate, default="last")),
    "transform": Parameter("A transformation; `yoy` compares each period with that of the year before.", enum_of(DataTransform)),
    "shape": Parameter("How JSON writes rows; `list` is the records alone.", enum_of(RowLayout, default="table")),
    "flags": Parameter("Whether each column is followed by its flags, as `<column>_flag`.", {"type": "boolean", "default": False}),
}
BY_CODE: Parameters = {
    "code": Parameter("The series' code, `[provider:]DATABASE/DATASET`.", _CODE, required=True),
    "provider": Parameter("The provider, if the code does not name it."),
    **READING_WITH_SHAPE,
}
SEARCHING: Parameters = {
    "query": Parameter("Words that must all appear in the code, name or description.", {"type": "string", "maxLength": 200}),
    "code": Parameter("The exact code, `[provider:]DATABASE/DATASET`.", _CODE),
    "provider": Parameter("The provider's name."),
    "database_code": Parameter("The database code."),
    "status": Parameter("The series' status.", enum_of(SeriesStatus)),
    "status_at_source": Parameter("What its provider does with it.", enum_of(SourceStatus)),
    **_PAGE,
    "cursor": Parameter("`next` of the previous page.", integer(0, 10**18)),
}
FINDING: Parameters = {
    "query": Parameter(
        "Words; at a provider that searches by itself as it understands them.", {"type": "string", "maxLength": 200}, required=True
    ),
    "provider": Parameter(
        "A provider to ask, by its name; may be repeated.", {"type": "array", "items": {"type": "string"}, "maxItems": 4}
    ),
    "limit": Parameter("The maximum number of stored series, and of hits of each provider.", integer(1, 50, default=20)),
}
BY_ID: Parameters = {"id": Parameter("Read the observations of the series of this id instead of listing series.", _UUID), **READING}
PAGING: Parameters = {**_PAGE, "cursor": SEARCHING["cursor"]}
DEFINING: Parameters = {
    "fetch": Parameter("Whether to request the series that are not stored yet.", {"type": "boolean", "default": False}),
}
COMPUTED: Parameters = {
    **PAGING,
    "as_of": Parameter("Of a formula: up to this day or instant.", DAY),
    "seen_by": Parameter("Of a formula: of the states fetched by this day or instant.", DAY),
    **_PINNED,
}
FOLLOWING: Parameters = {
    "status": Parameter("The fetch's status.", enum_of(FetchStatus)),
    "provider": Parameter("The provider's name."),
    "batch": Parameter("The fetches that one request for many series added.", _UUID),
    **_PAGE,
    "cursor": Parameter("`next` of the previous page."),
}
OF_SERIES: Parameters = {"timeseries_id": Parameter("Those of the series of this id.", _UUID)}
DIVERGED: Parameters = {
    "equivalence": Parameter("Those of the equivalence of this id.", _UUID),
    **_PAGE,
    "cursor": SEARCHING["cursor"],
}
STANDING_IN: Parameters = {
    "provider": Parameter(
        "A provider to search, by its name; may be repeated.", {"type": "array", "items": {"type": "string"}, "maxItems": 4}
    ),
    "query": Parameter("The words to search providers for; by default those of the series' name.", {"type": "string", "maxLength": 200}),
    "column": Parameter("The column that must go on; by default the closing price if there is one, else the first one."),
    "limit": Parameter("The maximum number of candidates.", integer(1, 50, default=50)),
}
SCHEDULES: Parameters = {
    "selector": Parameter("Exactly this selector, as it was given.", {"type": "string", "examples": ["fred:FRED/GDP", "FRED/GS*"]}),
    "timeseries_id": Parameter("Those that follow the series of this id.", _UUID),
    **_PAGE,
    "cursor": Parameter("`next` of the previous page."),
}
RELEASE_CALENDAR: Parameters = {
    "from": Parameter("The earliest day or instant, by default a week ago.", DAY),
    "to": Parameter("The latest day or instant, by default in 90 days.", DAY),
    "provider": Parameter("The provider's name."),
    "code": Parameter("The exact code, `[provider:]DATABASE/DATASET`.", _CODE),
    **_PAGE,
    "cursor": Parameter("`next` of the previous page."),
}
PREVIEWING: Parameters = {"n": Parameter("The number of looks.", integer(1, 1000, default=10))}
RECORDED: Parameters = {"after": Parameter("The position to continue after, `next` of the previous response.", integer(0, 10**18)), **_PAGE}
NEWEST: Parameters = {"limit": Parameter("The maximum number of entries.", integer(1, 1000, default=100))}
REQUESTING: Parameters = {
    "Idempotency-Key": Parameter(
        "The client's name for this request: a repetition gets the same response.",
        {"type": "string", "maxLength": 255},
        "header",
    ),
    "Prefer": Parameter("`wait=10`: respond when the fetch has ended, or after so many seconds.", place="header"),
}
REMOVING: Parameters = {"confirm": Parameter("The series' code, `DATABASE/DATASET`: without it nothing is removed.", _CODE)}
#: The Quandl-compatible API ignores unknown parameters and parses those it knows leniently.
QUANDL_READING: Parameters = {
    "limit": Parameter("The maximum number of observations, the most recent ones; also `rows`.", integer(1)),
    "column_index": Parameter("One column by its number; 0 is the date. Also `column`.", integer(0)),
    "start_date": Parameter("The earliest day, also as `20170131`, `1/31/2017` or `March 2005`; also `trim_start`.", DAY),
    "end_date": Parameter("The latest day; also `trim_end`.", DAY),
    "order": Parameter("The order of observations, by default `desc`; also `sort_order`. Other words are ignored.", enum_of(Order)),
    "collapse": Parameter(
        "The last observation of each period of this length; other words are ignored.", {"enum": ["none", *Collapse], "type": "string"}
    ),
    "transform": Parameter("A transformation of the values; also `transformation`.", {"enum": ["none", *Transform], "type": "string"}),
    "exclude_column_names": Parameter("Omit the CSV header; also `exclude_headers`.", {"type": "boolean", "default": False}),
    **_MOMENT,
}
QUANDL_EARLIER_READING: Parameters = {
    **QUANDL_READING,
    "exclude_data": Parameter("Return the metadata alone.", {"type": "boolean", "default": False}),
}
QUANDL_MULTISET: Parameters = {
    "columns": Parameter(
        "Columns as `DATABASE.DATASET.COLUMN`, with the column's number, or `DATABASE.DATASET` for all; separated by commas.",
        {"type": "string", "examples": ["WIKI.AAPL.4,FRED.GDP"]},
        required=True,
    ),
    **{name: parameter for name, parameter in QUANDL_READING.items() if name != "column_index"},
}
QUANDL_PAGING: Parameters = {
    "query": Parameter("Words that must all match, separated by spaces or `+`; `*` matches everything."),
    "page": Parameter("The page number, counted from 1.", integer(1, 10_000, default=1)),
    "per_page": Parameter("The number of items in a page, at most 100, or 300 in the versions before the third.", integer(1)),
}
QUANDL_DATABASES: Parameters = {**QUANDL_PAGING, "ids[]": Parameter("A database's id; may be repeated.")}
QUANDL_SEARCHING: Parameters = {**QUANDL_PAGING, "database_code": Parameter("The database code; also `source_code`.")}
QUANDL_DOWNLOAD: Parameters = {"download_type": Parameter("`partial`: changes of the last day.", {"type": "string"})}

#: Path parameters, which mean the same in every path.
PATH: Parameters = {
    "series_id": Parameter("The series' id.", _UUID),
    "fetch_id": Parameter("The fetch's id.", _UUID),
    "schedule_id": Parameter("The schedule's id.", _UUID),
    "webhook_id": Parameter("The webhook's id.", _UUID),
    "equivalence_id": Parameter("The equivalence's id.", _UUID),
    "key_id": Parameter("The key's id.", {"type": "string", "pattern": "^[0-9a-f]{12}$"}),
    "name": Parameter("The provider's name."),
    "number": Parameter("The vintage's number.", integer(1)),
    "digest": Parameter("The panel's digest.", {"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    "date": Parameter("A date of the series: a day, or an instant.", DAY),
    "fred_id": Parameter("The id of a series in FRED, behind which `.txt` may follow; or the database code of another one."),
    "database": Parameter("The database code, in any case."),
    "formula_database": Parameter("The formula's database code, in any case."),
    "formula": Parameter("The formula's dataset code."),
    "dataset": Parameter("The dataset code, or its alias, in any case; `.json`, `.csv` or `.xml` may follow."),
    "part": Parameter("A part, such as `data` or `metadata`; `.json`, `.csv` or `.xml` may follow."),
    "file": Parameter("The file's name."),
    "code": Parameter("The problem's code."),
}
