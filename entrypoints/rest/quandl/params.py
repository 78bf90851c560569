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
from domain.transforms import Transform
from domain.use_cases.read_series import Selection
from entrypoints.rest.http.params import parse_integer, parse_words
from entrypoints.rest.openapi.parameters import Order
from entrypoints.rest.quandl.dates import parse_date

_DEFAULT = "none"
#: What programs write for a value that they do not have.
_NOTHING = frozenset(("undefined", "null", "nil", "nan"))
_TRUE = frozenset(("true", "1", "yes", "t"))
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
    "database_code": ("database_code", "source_code"),
}
_WARNED_CHARACTERS = 40
_UNQUOTABLE = re.compile(r'[^ -~]|["\\]')
MAX_COUNT = 10_000
_MAX_PER_PAGE = 100

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class DatasetQuery:
    """
    A query for a dataset; the column may be one that it does not have.

    Attributes:
        order: None where none was requested; then the newest come first.
        columns: names or numbers of columns, as the add-in for Excel requests several; names in any case.

    """

    selection: Selection
    order: Order | None
    header: bool
    columns: tuple[str, ...] = ()

    @property
    def newest_first(self) -> bool:
        """Whether the newest observations come first."""
        return self.order is not Order.ASCENDING


def text(req: falcon.Request, name: str) -> str | None:
    """Return the value of a parameter under the newest of its names that has one; the last of several values counts."""
    for alias in _ALIASES.get(name, (name,)):
        given = texts(req, alias)
        if given:
            return given[-1]
    return None


def texts(req: falcon.Request, name: str) -> list[str]:
    """Return all values of a parameter that are not empty."""
    given = req.params.get(name) or ()
    values = [value.strip() for value in ([given] if isinstance(given, str) else given)]
    if any("\0" in value for value in values):
        raise InvalidInput(f"{name} holds a NUL character.", field=name)
    return [value for value in values if value and value.lower() not in _NOTHING]


def number(req: falcon.Request, name: str, *, minimum: int = 1, maximum: int = 10**9) -> int | None:
    """Return an integer within bounds."""
    value = _bare(text(req, name))
    return None if value is None else parse_integer(value, name, minimum=minimum, maximum=maximum)


def flag(req: falcon.Request, name: str) -> bool:
    """Return whether a parameter says yes."""
    return (text(req, name) or "").lower() in _TRUE


def search_text(req: falcon.Request) -> str:
    """Return the words of a search, which scripts join by ``+``, without a ``*`` for everything; raises InvalidInput for too many."""
    words = parse_words((text(req, "query") or "").replace("+", " "))
    return " ".join(word for word in words if word.strip("*"))


def paging(req: falcon.Request, *, default: int = _MAX_PER_PAGE, most: int = _MAX_PER_PAGE) -> tuple[int, int]:
    """Return the page number, counted from 1, and the number of items in a page."""
    return number(req, "page", maximum=MAX_COUNT) or 1, min(number(req, "per_page") or default, most)


def dataset_query(req: falcon.Request, resp: falcon.Response) -> DatasetQuery:
    """
    Return the query of a request for data; unknown parameters are ignored, and so are unknown orders and frequencies, with a warning.

    Raises:
        InvalidInput: a parameter has an invalid value.

    """
    vintage = number(req, "vintage")
    selection = Selection(
        moment=AsOf.parse(text(req, "as_of"), vintage=vintage, seen_by=text(req, "seen_by"), restated=text(req, "restated") == "true"),
        start=_day(req, "start_date"),
        end=_day(req, "end_date"),
        column_index=number(req, "column_index", minimum=0),
        collapse=_known(req, resp, "collapse", Collapse),
        transform=_transform(req),
        limit=number(req, "limit"),
    )
    columns = tuple(texts(req, "column_index[]"))
    return DatasetQuery(selection, _known(req, resp, "order", Order), not flag(req, "exclude_column_names"), columns)


def _bare(value: str | None) -> str | None:
    """Return a value without what follows a second question mark, by which many scripts append their key."""
    return value.partition("?")[0].strip() or None if value else None


def _day(req: falcon.Request, name: str) -> date | None:
    value = _bare(text(req, name))
    return None if value is None else parse_date(value) or _refuse(name, value)


def _known(req: falcon.Request, resp: falcon.Response, name: str, kind: type[E]) -> E | None:
    value = _bare(text(req, name)) or _DEFAULT
    if value.lower() == _DEFAULT:
        return None
    if value.lower() in list(kind):
        return kind(value.lower())
    shown = _UNQUOTABLE.sub(".", value[:_WARNED_CHARACTERS])
    resp.append_header("Warning", f'299 lanner "{name}={shown} is ignored: it is none of {", ".join(kind)}"')
    return None


def _transform(req: falcon.Request) -> Transform | None:
    value = (_bare(text(req, "transform")) or _DEFAULT).lower()
    if value == _DEFAULT:
        return None
    return Transform(value) if value in list(Transform) else _refuse("transform", value)


def _refuse(name: str, value: str) -> NoReturn:
    raise InvalidInput(f"{name}={value[:40]} is not valid.", field=name)
