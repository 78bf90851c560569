"""The parameters of FRED's API; those that it does not know are ignored."""

from __future__ import annotations

from typing import Any

from domain.coarser_frequency import CoarserFrequency
from domain.growth_rates import GrowthUnits
from entrypoints.rest.openapi.parameters import Order, Parameter, Parameters, enum_of, integer

_DAY = {"type": "string", "format": "date"}


def _one_of(*words: str, default: str | None = None) -> dict[str, Any]:
    return {"type": "string", "enum": list(words), **({"default": default} if default else {})}


def _text(*examples: str) -> dict[str, Any]:
    return {"type": "string", "examples": list(examples)}


_SERIES: Parameters = {
    "series_id": Parameter(
        "A series of FRED by its id, any other by its code.",
        _text("GDP", "ECB/EXR.D.USD.EUR.SP00.A"),
        required=True,
    )
}
_LIST_TYPE: Parameters = {"file_type": Parameter("The format.", _one_of("xml", "json", default="xml"))}
_PERIOD: Parameters = {
    "realtime_start": Parameter("The first day on which it must have been published; by default today.", _DAY),
    "realtime_end": Parameter("The last such day; by default today.", _DAY),
}
_ORDER = Parameter("Ascending or descending.", enum_of(Order, default="asc"))
_OFFSET = Parameter("How many items to leave out.", integer(0))
_PAGE: Parameters = {
    "limit": Parameter("The maximum number of items.", integer(1, 1000, default=1000)),
    "offset": _OFFSET,
    "sort_order": _ORDER,
}
_FILTER: Parameters = {
    "order_by": Parameter("The member by which they are ordered."),
    "filter_variable": Parameter("A member that must have a value.", _one_of("frequency", "units", "seasonal_adjustment")),
    "filter_value": Parameter("That value."),
}
_RELEASE: Parameters = {"release_id": Parameter("The id of a release, which is a database here.", integer(0, 2**31 - 1), required=True)}

OF_SERIES: Parameters = {**_SERIES, **_PERIOD, **_LIST_TYPE}
OBSERVATIONS: Parameters = {
    **_SERIES,
    **_PERIOD,
    "vintage_dates": Parameter("Days, separated by commas: what was published on one of them.", _text("2009-01-30,2009-02-27")),
    "observation_start": Parameter("The earliest date.", _DAY),
    "observation_end": Parameter("The latest date.", _DAY),
    "units": Parameter("What is calculated of the values.", enum_of(GrowthUnits, default="lin")),
    "frequency": Parameter("A coarser frequency.", enum_of(CoarserFrequency)),
    "aggregation_method": Parameter("How values are aggregated to it.", _one_of("avg", "sum", "eop", default="avg")),
    "output_type": Parameter(
        "1: a row for each value; 2: one for each date, with all vintages; 3: with what is new in each; 4: the first releases.",
        _one_of("1", "2", "3", "4", default="1"),
    ),
    "column": Parameter("Of a series with several columns, the one that is wanted; by default the first."),
    "limit": Parameter("The maximum number of rows; by default all.", integer(1, 100_000)),
    "offset": _OFFSET,
    "sort_order": _ORDER,
    "file_type": Parameter("The format; `csv` and `txt` are a ZIP.", _one_of("xml", "json", "csv", "txt", "xlsx", default="xml")),
}
VINTAGE_DATES: Parameters = {
    **OF_SERIES,
    "limit": Parameter("The maximum number of days; by default all.", integer(1, 10_000)),
    "offset": _OFFSET,
    "sort_order": _ORDER,
}
SEARCHING: Parameters = {
    "search_text": Parameter("Words that must all appear.", required=True),
    "search_type": Parameter("Whether words of texts are searched, or ids, with `*` for any letters.", _one_of("full_text", "series_id")),
    "tag_names": Parameter("Tags; no series has any here."),
    **_PERIOD,
    **_PAGE,
    **_FILTER,
    **_LIST_TYPE,
}
RELEASES: Parameters = {**_PERIOD, **_PAGE, **_LIST_TYPE}
RELEASE: Parameters = {**_RELEASE, **_PERIOD, **_LIST_TYPE}
RELEASE_SERIES: Parameters = {**_RELEASE, **_PERIOD, **_PAGE, **_FILTER, **_LIST_TYPE}
RELEASES_DATES: Parameters = {
    **_PERIOD,
    "include_release_dates_with_no_data": Parameter("Whether days to come are included.", _one_of("true", "false")),
    "limit": Parameter("The maximum number of days.", integer(1, 10_000, default=10_000)),
    "offset": _OFFSET,
    "sort_order": _ORDER,
    **_LIST_TYPE,
}
RELEASE_DATES: Parameters = {**_RELEASE, **RELEASES_DATES}
EMPTY: Parameters = _LIST_TYPE
GRAPH: Parameters = {
    "id": Parameter("Series as in FRED's API, separated by commas.", _text("GDP,UNRATE"), required=True),
    "cosd": Parameter("The earliest date.", _DAY),
    "coed": Parameter("The latest date.", _DAY),
    "vintage_date": Parameter("The day as of which they are wanted; one for all, or one for each, separated by commas."),
    "transformation": Parameter("What is calculated of the values; one for all, or one for each.", _text("lin", "pc1,lin")),
    "fq": Parameter("A coarser frequency; one for all, or one for each.", _text("Annual", "Weekly, Ending Friday")),
    "fam": Parameter("How values are aggregated to it: `avg`, `sum` or `eop`; one for all, or one for each."),
}
