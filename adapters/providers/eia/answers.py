"""
The answers of the U.S. Energy Information Administration, of its API's second and first version, as series.

::

    {"response": {"frequency": "hourly", "data": [{"period": "2022-10-31T11", "respondent": "BPAT", "value": 20, "value-units": …}]}}
    {"series": [{"series_id": "PET.RWTC.D", "f": "D", "units": …, "data": [["20240102", 70.1]]}]}

In the second version each combination of facets is a series. A field is data if the address asked for it or its units stand
beside it; it is a description if its name says so; every other field but the period is a facet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from adapters.provider_kit.parsing.columns import NumberColumn, number_column, number_columns, observations
from adapters.provider_kit.parsing.documents import objects
from adapters.provider_kit.parsing.number_cells import MISSING, NumberDialect
from adapters.provider_kit.parsing.periods import Axis, read_periods
from adapters.provider_kit.parsing.select import code_for, one_state
from adapters.provider_kit.text import storable, text_of
from domain.errors import AnswerNotUnderstood
from domain.frequency import Frequency
from domain.periods import Anchor
from domain.ports import ParsedSeries
from domain.series import Metadata

_WITHHELD = {"w", "nm", "s", "(s)", "q", "x", "*", "(na)", "withheld", "not available", "not meaningful"}
_DIALECT = NumberDialect(missing=MISSING | _WITHHELD)
_ROUTE = re.compile(r"(?>.*?/v2/)(.+)/data/?")
_SERIES = re.compile(r"/v2/seriesid/([^/]+)/?$")
_ASKED = re.compile(r"data(?:\[[0-9]*\])?")
_DESCRIPTION = re.compile(r"(?:name|desc|description|units?)$", re.IGNORECASE)
_TITLE = re.compile(r"(?:name|desc|description)$", re.IGNORECASE)
_NOTHING = re.compile("(?!)")
_NUMBERS = (int, float, type(None))
_FREQUENCIES: Mapping[str, Frequency] = {
    "A": Frequency.ANNUAL,
    "Q": Frequency.QUARTERLY,
    "M": Frequency.MONTHLY,
    "W": Frequency.WEEKLY,
    "4": Frequency.WEEKLY,
    "D": Frequency.DAILY,
} | {str(known): known for known in Frequency}

Groups = dict[tuple[str, ...], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """
    Which rows of the API an answer holds.

    Attributes:
        columns: the fields that are data; empty where only the rows can tell.
        series_id: the one of the first version under which they were asked for, if they were.

    """

    route: str = ""
    columns: tuple[str, ...] = ()
    series_id: str = ""


def place_of(url: str) -> ApiRoute:
    """Read the address of an answer."""
    parts = urlsplit(url)
    route, series = _ROUTE.fullmatch(unquote(parts.path)), _SERIES.search(unquote(parts.path))
    columns = tuple(value for name, value in parse_qsl(parts.query) if _ASKED.fullmatch(name))
    return ApiRoute(route=route[1] if route else "", columns=columns, series_id=series[1] if series else "")


def rows_in(document: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """
    Return the rows of an answer of the second version.

    Raises:
        AnswerNotUnderstood: there are none.

    """
    response = document.get("response")
    rows = objects(response.get("data") if isinstance(response, dict) else None, "data")
    if not all(isinstance(row.get("period"), str | int) for row in rows):
        raise AnswerNotUnderstood("The answer's rows have no period.")
    return rows


def series_in(document: Mapping[str, Any], place: ApiRoute) -> Sequence[ParsedSeries]:
    """
    Return the series of an answer of either version.

    Raises:
        AnswerNotUnderstood: there are none.

    """
    if isinstance(document.get("series"), list):
        return [_of_first_version(fields) for fields in objects(document["series"], "series")]
    rows = rows_in(document)
    columns = place.columns or _columns(rows)
    groups = _grouped(rows, columns, _DESCRIPTION)
    if any(len({row["period"] for row in group}) < len(group) for group in groups.values()):
        groups = _grouped(rows, columns, _NOTHING)
    return [_group(facets, group, columns, (document["response"], place)) for facets, group in groups.items()]


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = tuple(name for name in names if f"{name}-units" in names) or tuple({"value"} & set(names))
    columns = columns or tuple(name for name in names if name != "period" and all(type(row.get(name)) in _NUMBERS for row in rows))
    if rows and not columns:
        raise AnswerNotUnderstood("None of the fields in the answer's rows is data.", hint="Ask for columns with data[]=….")
    return columns


def _grouped(rows: Sequence[dict[str, Any]], columns: Sequence[str], description: re.Pattern[str]) -> Groups:
    """Part rows by their facets; where periods repeat, a description such as a unit is one, too."""
    groups: Groups = defaultdict(list)
    for row in rows:
        others = {name: value for name, value in row.items() if not (name == "period" or name in columns or value is None)}
        groups[tuple(f"{name}={value}" for name, value in others.items() if not description.search(name))].append(row)
    return groups


def _group(
    facets: Sequence[str], rows: Sequence[Mapping[str, Any]], columns: Sequence[str], whence: tuple[Mapping[str, Any], ApiRoute]
) -> ParsedSeries:
    response, place = whence
    said = text_of(response.get("frequency"))
    axis = read_periods(row["period"] for row in rows)
    frequency = _FREQUENCIES.get(said.casefold(), axis.frequency) if axis.unit == "D" else None
    values, left_out = _values(rows, columns)
    newest = rows[-1]
    titles = [text_of(value) for name, value in newest.items() if _TITLE.search(name)]
    metadata = Metadata(
        name=", ".join(filter(None, titles)) or place.series_id or ", ".join(facets),
        description=text_of(response.get("description")),
        frequency=frequency,
        column_units=tuple(_unit(name, newest) or column.unit for name, column in values.items()),
        source="U.S. Energy Information Administration",
        attribution="U.S. Energy Information Administration",
        extra={"dates": _dates(axis, frequency)},
    )
    named = place.series_id or ":".join((place.route or "v2", said or "any", ",".join(columns), ",".join(facets)))
    named_values = {"Value" if name == "value" else name: column.values for name, column in values.items()}
    return one_state(code_for("EIA", named), metadata, observations(axis, named_values), left_out)


def _unit(name: str, row: Mapping[str, Any]) -> str:
    return text_of(row.get(f"{name}-units") or row.get("units") or row.get("unit"))


def _values(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> tuple[Mapping[str, NumberColumn], tuple[str, ...]]:
    """Return the columns of numbers, and the names of those of text."""
    read = number_columns([(name, [row.get(name) for row in rows]) for name in columns], _DIALECT)
    values = {name: column for name, column in zip(columns, read, strict=True) if column}
    return values, tuple(storable(name) for name in columns if name not in values)


def _dates(axis: Axis, frequency: Frequency | None) -> str:
    """Return on which day of their period the dates stand: a week that is written as a day is the one that ends on it."""
    return Anchor.END.of("week") if frequency is Frequency.WEEKLY and axis.frequency is None else axis.convention


def _of_first_version(fields: Mapping[str, Any]) -> ParsedSeries:
    rows, name = fields.get("data"), str(fields.get("series_id", ""))
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) >= len(("period", "value")) for row in rows):
        raise AnswerNotUnderstood(f"The series {storable(name[:40])} has no list of periods and values.")
    axis = read_periods(row[0] for row in rows)
    frequency = _FREQUENCIES.get(str(fields.get("f")), axis.frequency) if axis.unit == "D" else None
    values = number_column([row[1] for row in rows], name, _DIALECT)
    metadata = Metadata(
        name=text_of(fields.get("name")) or storable(name),
        description=text_of(fields.get("description")),
        unit=text_of(fields.get("units")) or values.unit,
        frequency=frequency,
        source=text_of(fields.get("source")),
        attribution="U.S. Energy Information Administration",
        extra={"dates": _dates(axis, frequency)},
    )
    return one_state(code_for("EIA", name), metadata, observations(axis, {"Value": values.values}))
