"""Quandl's parameters with all their aliases, parsed as leniently as Quandl did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NoReturn, TypeVar

import falcon

from domain.errors import InvalidInput
from domain.frequency import Collapse
from domain.moments import AsOf
from domain.observations import Label
from domain.transforms import Transform
from domain.use_cases.read_series import Selection
from entrypoints.rest.http.params import parse_integer
from entrypoints.rest.openapi.parameters import Order

_DAY = re.compile(r"\s*([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ].*)?")
_DEFAULT = "none"
#: The names of each parameter in scripts of several years, the newest first.
_ALIASES = {
    "limit": ("limit", "rows"),
    "column_index": ("column_index", "column"),
    "start_date": ("start_date", "trim_start"),
    "end_date": ("end_date", "trim_end"),
    "order": ("order", "sort_order"),
    "collapse": ("collapse",),
    "transform": ("transform", "transformation"),
    "exclude_column_names": ("exclude_column_names", "exclude_headers"),
    "api_key": ("api_key", "auth_token"),
}

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class DatasetQuery:
    """A query for a dataset; the column may be one that it does not have."""

    selection: Selection
    order: Order
    header: bool


def text(req: falcon.Request, name: str) -> str | None:
    """Return the value of a parameter under the newest of its names that has one; the last of several values counts."""
    for alias in _ALIASES.get(name, (name,)):
        given = req.params.get(alias)
        if not given:
            continue
        value = (given if isinstance(given, str) else given[-1]).strip()
        if "\0" in value:
            raise InvalidInput(f"{alias} holds a NUL character.", field=alias)
        if value:
            return value
    return None


def number(req: falcon.Request, name: str, *, minimum: int = 1, maximum: int = 10**9) -> int | None:
    """Return an integer within bounds."""
    value = text(req, name)
    return None if value is None else parse_integer(value, name, minimum=minimum, maximum=maximum)


def dataset_query(req: falcon.Request) -> DatasetQuery:
    """
    Return the query of a request for data; unknown parameters are ignored.

    Raises:
        InvalidInput: a parameter has an invalid value.

    """
    vintage = number(req, "vintage")
    selection = Selection(
        moment=AsOf.parse(text(req, "as_of"), vintage=vintage, seen_by=text(req, "seen_by"), restated=text(req, "restated") == "true"),
        start=_day(req, "start_date"),
        end=_day(req, "end_date"),
        column_index=number(req, "column_index", minimum=0),
        collapse=_word(req, "collapse", Collapse),
        transform=_word(req, "transform", Transform),
        limit=number(req, "limit"),
    )
    header = (text(req, "exclude_column_names") or "").lower() != "true"
    return DatasetQuery(selection, _word(req, "order", Order) or Order.DESCENDING, header)


def _day(req: falcon.Request, name: str) -> Label | None:
    value = text(req, name)
    if value is None:
        return None
    match = _DAY.fullmatch(value)
    try:
        return date(*map(int, match.groups())) if match else _refuse(name, value)
    except ValueError:
        return _refuse(name, value)


def _word(req: falcon.Request, name: str, kind: type[E]) -> E | None:
    value = (text(req, name) or _DEFAULT).lower()
    if value == _DEFAULT:
        return None
    return kind(value) if value in list(kind) else _refuse(name, value)


def _refuse(name: str, value: str) -> NoReturn:
    raise InvalidInput(f"{name}={value[:40]} is not valid.", field=name)
