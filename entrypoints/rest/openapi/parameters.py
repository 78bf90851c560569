"""The parameters of requests: which there are in which place, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.fetches import FetchStatus
from domain.frequency import Collapse
from domain.periods import Side
from domain.series import SeriesStatus
from domain.transforms import Transform


class Order(StrEnum):
    """Which observations come first."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class Shape(StrEnum):
    """What a row of JSON looks like: a list beside the columns' names, or an object."""

    TABLE = "table"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter means, and which values it may have."""

    text: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    place: str = "query"
    required: bool = False


Parameters = Mapping[str, Parameter]


def one_of(kind: type[StrEnum], **more: Any) -> dict[str, Any]:
    """Give the schema of an enumeration's words."""
    return {"type": "string", "enum": [word.value for word in kind], **more}


def whole(least: int, most: int = 10**9, **more: Any) -> dict[str, Any]:
    """Give the schema of a whole number within bounds."""
    return {"type": "integer", "minimum": least, "maximum": most, **more}


_CODE = {"type": "string", "examples": ["FRED/GDP", "fred:FRED/GDP"]}
_DAY = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
_STATE = {"anyOf": [whole(1), *_DAY["anyOf"]]}
_UUID = {"type": "string", "format": "uuid"}
_PAGE: Parameters = {"limit": Parameter("How many items a page has at most.", whole(1, 1000, default=100))}
_MOMENT: Parameters = {
    "as_of": Parameter("The state known on this day, or at this moment.", _DAY),
    "vintage": Parameter("The state of the vintage of this number.", whole(1)),
    "seen_by": Parameter("The state fetched by this day or moment.", _DAY),
}

READING: Parameters = {
    "start_date": Parameter("No dates before this day or moment.", _DAY),
    "end_date": Parameter("No dates after this day or moment.", _DAY),
    "columns": Parameter("The columns of these names; may be repeated.", {"type": "array", "items": {"type": "string"}}),
    "column_index": Parameter("The one column of this number, counted from 1.", whole(0)),
    "collapse": Parameter("The last observation of each period of this length.", one_of(Collapse)),
    "transform": Parameter("A calculation on the values.", one_of(Transform)),
    "order": Parameter("Which observations come first.", one_of(Order)),
    "limit": Parameter("How many of the most recent observations at most.", whole(1)),
    "periods": Parameter("The day that stands for a period, from weeks to years: its first or its last.", one_of(Side)),
    **_MOMENT,
}
FORMED: Parameters = {**READING, "shape": Parameter("What a row of JSON looks like.", one_of(Shape, default="table"))}
BY_CODE: Parameters = {
    "code": Parameter("The series' code, `[provider:]DATABASE/DATASET`.", _CODE, required=True),
    "provider": Parameter("The provider, if the code does not name it."),
    **FORMED,
}
SEARCHING: Parameters = {
    "query": Parameter("Words that all stand in the code, name or description.", {"type": "string", "maxLength": 200}),
    "code": Parameter("The exact code, `[provider:]DATABASE/DATASET`.", _CODE),
    "provider": Parameter("The provider's name."),
    "database_code": Parameter("The database code."),
    "status": Parameter("How the series stands.", one_of(SeriesStatus)),
    **_PAGE,
    "cursor": Parameter("`next` of the page before.", whole(0, 10**18)),
}
BY_ID: Parameters = {"id": Parameter("Read the observations of the series of this id instead of listing series.", _UUID), **READING}
PAGING: Parameters = {**_PAGE, "cursor": SEARCHING["cursor"]}
FOLLOWING: Parameters = {
    "status": Parameter("How the fetch stands.", one_of(FetchStatus)),
    "provider": Parameter("The provider's name."),
    **_PAGE,
    "cursor": Parameter("`next` of the page before."),
}
RECORDED: Parameters = {"after": Parameter("The position after which to go on, `next` of the answer before.", whole(0, 10**18)), **_PAGE}
REQUESTING: Parameters = {
    "Idempotency-Key": Parameter(
        "The client's name for this request: sent again with it, it gets the same answer.", {"type": "string", "maxLength": 255}, "header"
    ),
    "Prefer": Parameter("`wait=10`: answer when the fetch has ended, or after so many seconds.", place="header"),
}
REMOVING: Parameters = {"confirm": Parameter("The series' code, `DATABASE/DATASET`: without it nothing is removed.", _CODE)}
COMPARING: Parameters = {
    "from": Parameter("The earlier state: a vintage's number, a day or a moment; by default the one before the later.", _STATE),
    "to": Parameter("The later state, likewise; by default the newest.", _STATE),
}

#: The Quandl door passes unknown parameters over and reads those it knows leniently.
DOOR_READING: Parameters = {
    "limit": Parameter("How many of the most recent observations at most; also `rows`.", whole(1)),
    "column_index": Parameter("The one column of this number; 0 is the date's. Also `column`.", whole(0)),
    "start_date": Parameter("No dates before this day; also `trim_start`.", _DAY),
    "end_date": Parameter("No dates after this day; also `trim_end`.", _DAY),
    "order": Parameter("Which observations come first; also `sort_order`.", one_of(Order, default="desc")),
    "collapse": Parameter("The last observation of each period of this length.", {"enum": ["none", *Collapse], "type": "string"}),
    "transform": Parameter("A calculation; also `transformation`.", {"enum": ["none", *Transform], "type": "string"}),
    "exclude_column_names": Parameter("Leave CSV's first line out; also `exclude_headers`.", {"type": "boolean", "default": False}),
    **_MOMENT,
}
DOOR_PAGING: Parameters = {
    "query": Parameter("Words that all must be found; a `+` parts them too."),
    "page": Parameter("Which page, counted from 1.", whole(1, 10_000, default=1)),
    "per_page": Parameter("How many items a page has; 100 at most are given.", whole(1, default=100)),
}
DOOR_SEARCHING: Parameters = {**DOOR_PAGING, "database_code": Parameter("The database code.")}
DOOR_PART: Parameters = {"download_type": Parameter("`partial`: what the last day brought.", {"type": "string"})}

#: What stands in braces in a path means the same in every path.
PATH: Parameters = {
    "series_id": Parameter("The series' id.", _UUID),
    "fetch_id": Parameter("The fetch's id.", _UUID),
    "number": Parameter("The vintage's number.", whole(1)),
    "database": Parameter("The database code, in any case."),
    "dataset": Parameter("The dataset code, or its alias, in any case; `.json` or `.csv` may follow."),
    "part": Parameter("Which part, such as `data` or `metadata`; `.json` or `.csv` may follow."),
    "file": Parameter("The file's name."),
    "code": Parameter("The problem's code."),
}
