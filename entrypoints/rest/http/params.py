"""Query parameters and path segments as domain values; each fault names its parameter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidInput
from domain.fetches import FetchQuery, FetchStatus
from domain.frequency import Collapse
from domain.observations import Label
from domain.periods import Side
from domain.series import SeriesQuery, SeriesStatus
from domain.transforms import Transform
from domain.use_cases.read_series import Selection
from domain.vintages import AsOf, parse_moment

_ITEMS, _MOST_ITEMS = 100, 1000
_MOST_QUERY, _MOST_WORDS = 200, 20
_MOST, _MOST_POSITION = 10**9, 10**18
_REMEMBERED = 256

_WHOLE_NUMBER = re.compile("[0-9]{1,18}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CURSOR = re.compile(f"([0-9]{{1,17}})-({_UUID.pattern})", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

E = TypeVar("E", bound=StrEnum)


class Parameters:
    """
    The query parameters of a request, as Falcon gives them; empty ones count as absent.

    Raises:
        InvalidInput: one is not among ``names``.

    """

    def __init__(self, given: Mapping[str, str | list[str]], names: Collection[str] = ()) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in given.items():
            texts = [text for text in ([value] if isinstance(value, str) else value) if text]
            if texts and name not in names:
                raise InvalidInput(f"{name[:40]!r} is not a parameter here.", field=name[:40], hint=suggestion(name, names))
            if any("\0" in text for text in texts):
                raise InvalidInput(f"{name} holds a NUL character.", field=name)
            self._given[name] = texts

    def texts(self, name: str) -> tuple[str, ...]:
        """Give every value of a parameter that may be repeated."""
        return tuple(self._given.get(name, ()))

    def text(self, name: str) -> str | None:
        """Give the value of a parameter that may stand once."""
        texts = self.texts(name)
        if len(texts) > 1:
            raise InvalidInput(f"{name} is given {len(texts)} times.", field=name, hint=f"Give {name} once.")
        return texts[0] if texts else None

    def number(self, name: str, *, least: int = 0, most: int = _MOST) -> int | None:
        """Give a whole number within bounds."""
        text = self.text(name)
        return None if text is None else whole_number(text, name, least=least, most=most)

    def position(self, name: str) -> int:
        """Give the place after which to go on, by default the beginning."""
        return self.number(name, most=_MOST_POSITION) or 0

    def limit(self) -> int:
        """Give how many items a page is to have at most."""
        return self.number("limit", least=1, most=_MOST_ITEMS) or _ITEMS

    def choice(self, name: str, kind: type[E]) -> E | None:
        """Give one of an enumeration's words."""
        text = self.text(name)
        if text is None:
            return None
        words = [word.value for word in kind]
        if text not in words:
            raise InvalidInput(f"{name} must be one of {', '.join(words)}.", field=name)
        return kind(text)

    def label(self, name: str) -> Label | None:
        """Give a day, or a moment with its offset."""
        text = self.text(name)
        if text is None:
            return None
        if not _DAY.fullmatch(text):
            return parse_moment(text, field=name)
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InvalidInput(f"{name} is not a day of the calendar.", field=name, hint="Write a day like 2009-01-30.") from None


def suggestion(name: str, names: Collection[str]) -> str:
    """Name what a misspelt name may have meant, or else what there is."""
    near = get_close_matches(name[:40], names, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There is: {', '.join(names)}." if names else "None is taken here."


@lru_cache(_REMEMBERED)
def identifier(text: str, *, field: str = "id") -> UUID:
    """Read a UUID as lanner writes it."""
    if not _UUID.fullmatch(text):
        hint = "Take it from the answer to POST /timeseries: id is the series', fetch.id the fetch's."
        raise InvalidInput(f"The {field} is not a UUID.", field=field, hint=hint)
    return UUID(text)


def whole_number(text: str, field: str, *, least: int = 1, most: int = _MOST) -> int:
    """Read a whole number within bounds."""
    if not _WHOLE_NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise InvalidInput(f"{field} must be a whole number from {least} to {most}.", field=field)
    return int(text)


def reference(text: str, provider: str | None) -> tuple[str | None, DatasetCode]:
    """
    Read ``[provider:]DATABASE/DATASET`` beside a provider that may be named apart.

    Raises:
        InvalidCode: it has another form; the field is always ``code``.
        InvalidInput: two providers are named.

    """
    try:
        named, code = parse_reference(text)
    except InvalidCode as error:
        raise InvalidCode(error.message, field="code", hint=error.hint) from error
    if named and provider and named != provider:
        raise InvalidInput("provider is not the one that code names.", field="provider", hint="Name the provider once.")
    return named or provider, code


def selection(parameters: Parameters) -> Selection:
    """Read which part of a series is wanted."""
    columns, column_index = parameters.texts("columns"), parameters.number("column_index")
    if columns and column_index is not None:
        raise InvalidInput("columns and column_index exclude each other.", field="column_index", hint="Give one of them.")
    twice = next((name for name, times in Counter(columns).items() if times > 1), None)
    if twice is not None:
        raise InvalidInput(f"columns names {twice[:40]!r} twice.", field="columns", hint="Name each column once.")
    return Selection(
        moment=AsOf.parse(parameters.text("as_of"), vintage=parameters.number("vintage", least=1), seen_by=parameters.text("seen_by")),
        start=parameters.label("start_date"),
        end=parameters.label("end_date"),
        columns=columns,
        column_index=column_index,
        collapse=parameters.choice("collapse", Collapse),
        transform=parameters.choice("transform", Transform),
        limit=parameters.number("limit", least=1),
        periods=parameters.choice("periods", Side),
    )


def state(parameters: Parameters, name: str) -> AsOf | None:
    """Read which state of a series is meant: by its vintage's number, or by a moment."""
    text = parameters.text(name)
    return AsOf.named(text, field=name) if text else None


def words(text: str) -> tuple[str, ...]:
    """Read what is searched for."""
    found = tuple(text.split())
    if len(text) > _MOST_QUERY or len(found) > _MOST_WORDS:
        raise InvalidInput("query is too long.", field="query", hint=f"Give up to {_MOST_WORDS} words, {_MOST_QUERY} characters in all.")
    return found


def series_query(parameters: Parameters) -> SeriesQuery:
    """Read a question to the list of series."""
    provider, code = parameters.text("provider"), None
    if text := parameters.text("code"):
        provider, code = reference(text, provider)
    return SeriesQuery(
        words=words(parameters.text("query") or ""),
        provider=provider,
        database=(parameters.text("database_code") or "").upper() or None,
        code=code,
        status=parameters.choice("status", SeriesStatus),
        after=parameters.position("cursor"),
        limit=parameters.limit(),
    )


def fetch_query(parameters: Parameters) -> FetchQuery:
    """Read a question to the list of fetches."""
    return FetchQuery(
        status=parameters.choice("status", FetchStatus),
        provider=parameters.text("provider"),
        before=_fetch_place(parameters.text("cursor")),
        limit=parameters.limit(),
    )


def fetch_cursor(place: tuple[datetime, UUID] | None) -> str | None:
    """Write the place after which the next page begins, as ``fetch_query`` reads it."""
    return f"{(place[0] - _EPOCH) // _MICROSECOND}-{place[1]}" if place else None


def _fetch_place(text: str | None) -> tuple[datetime, UUID] | None:
    if text is None:
        return None
    match = _CURSOR.fullmatch(text)
    if not match:
        raise InvalidInput("cursor is not one of this list.", field="cursor", hint="Take it from the page before.")
    return _EPOCH + int(match[1]) * _MICROSECOND, UUID(match[2])
