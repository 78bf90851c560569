"""Query parameters and path segments, parsed to domain values; each error names its parameter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from domain.aggregates import Aggregate
from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidInput
from domain.fetches import FetchQuery, FetchStatus
from domain.frequency import Collapse
from domain.moments import AsOf, parse_moment
from domain.observations import Label
from domain.period_transforms import PeriodTransform
from domain.periods import Side
from domain.schedules.listed import ReleaseQuery
from domain.schedules.schedule import ScheduleQuery
from domain.schedules.selector import Selector
from domain.series import SeriesQuery, SeriesStatus
from domain.source_status import SourceStatus
from domain.transforms import Transform
from domain.use_cases.read_series import Selection
from entrypoints.rest.openapi.parameters import DataTransform

_DEFAULT_LIMIT, _MAX_LIMIT = 100, 1000
_MAX_QUERY_LENGTH, _MAX_WORDS = 200, 20
_MAX_INTEGER, _MAX_POSITION = 10**9, 10**18
_CACHE_SIZE = 256

_WHOLE_NUMBER = re.compile("[0-9]{1,18}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Fewer digits may be a day without dashes, or seconds; and twelve of them a minute: years, months, days, hours and minutes.
_MILLISECONDS = re.compile("(?!(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])([01][0-9]|2[0-3])[0-5][0-9]$)-?[0-9]{11,13}")
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CURSOR = re.compile(f"([0-9]{{1,17}})-({_UUID.pattern})", re.IGNORECASE)
_RELEASES_BEHIND, _RELEASES_AHEAD, _LONGEST_RELEASES = timedelta(days=7), timedelta(days=90), timedelta(days=800)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

E = TypeVar("E", bound=StrEnum)


class QueryParameters:
    """
    The query parameters of a request, from Falcon's ``req.params``; empty ones count as absent.

    Raises:
        InvalidInput: one is not among ``names``, or holds a NUL character.

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
        """Return all values of a parameter that may be repeated."""
        return tuple(self._given.get(name, ()))

    def text(self, name: str) -> str | None:
        """Return the value of a parameter that may appear once."""
        texts = self.texts(name)
        if len(texts) > 1:
            raise InvalidInput(f"{name} is given {len(texts)} times.", field=name, hint=f"Give {name} once.")
        return texts[0] if texts else None

    def number(self, name: str, *, minimum: int = 0, maximum: int = _MAX_INTEGER) -> int | None:
        """Return an integer within bounds."""
        text = self.text(name)
        return None if text is None else parse_integer(text, name, minimum=minimum, maximum=maximum)

    def position(self, name: str) -> int:
        """Return the position after which a list continues, by default 0, its beginning."""
        return self.number(name, maximum=_MAX_POSITION) or 0

    def limit(self) -> int:
        """Return the maximum number of items in a page."""
        return self.number("limit", minimum=1, maximum=_MAX_LIMIT) or _DEFAULT_LIMIT

    def choice(self, name: str, kind: type[E]) -> E | None:
        """Return a member of an enumeration."""
        text = self.text(name)
        if text is None:
            return None
        words = [word.value for word in kind]
        if text not in words:
            raise InvalidInput(f"{name} must be one of {', '.join(words)}.", field=name)
        return kind(text)

    def flag(self, name: str) -> bool:
        """Return ``true`` or ``false``; false if absent."""
        text = self.text(name)
        if text not in (None, "true", "false"):
            raise InvalidInput(f"{name} must be true or false.", field=name)
        return text == "true"

    def label(self, name: str) -> Label | None:
        """Return a day, or an instant."""
        text = self.text(name)
        return None if text is None else parse_label(text, name)


def parse_label(text: str, field: str) -> Label:
    """Return a day, or an instant with a UTC offset or in milliseconds since 1970, as dashboards count them."""
    if _MILLISECONDS.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(text))
    if not _DAY.fullmatch(text):
        return parse_moment(text, field=field)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{field} is not a day of the calendar.", field=field, hint="Write a day like 2009-01-30.") from None


def suggestion(name: str, names: Collection[str]) -> str:
    """Return a hint: the name that a misspelt one resembles, or else all names."""
    near = get_close_matches(name[:40], names, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There is: {', '.join(names)}." if names else "None is taken here."


@lru_cache(_CACHE_SIZE)
def parse_uuid(text: str, *, field: str = "id") -> UUID:
    """Return a UUID from its canonical form."""
    if not _UUID.fullmatch(text):
        hint = "Take it from the response to POST /timeseries: id of the series, fetch.id of the fetch."
        raise InvalidInput(f"The {field} is not a UUID.", field=field, hint=hint)
    return UUID(text)


def parse_integer(text: str, field: str, *, minimum: int = 1, maximum: int = _MAX_INTEGER) -> int:
    """Return an integer within bounds."""
    if not _WHOLE_NUMBER.fullmatch(text) or not minimum <= int(text) <= maximum:
        raise InvalidInput(f"{field} must be a whole number from {minimum} to {maximum}.", field=field)
    return int(text)


def parse_code(text: str, provider: str | None) -> tuple[str | None, DatasetCode]:
    """
    Return provider and code from ``[provider:]DATABASE/DATASET`` and a provider that may be given separately.

    Raises:
        InvalidCode: it has another form; the field is always ``code``.
        InvalidInput: the two providers differ.

    """
    try:
        named, code = parse_reference(text)
    except InvalidCode as error:
        raise InvalidCode(error.message, field="code", hint=error.hint) from error
    if named and provider and named != provider:
        raise InvalidInput("provider is not the one that code names.", field="provider", hint="Name the provider once.")
    return named or provider, code


def parse_selection(parameters: QueryParameters, transforms: type[Transform | DataTransform] = Transform) -> Selection:
    """Return the requested part of a series, of which these transforms may be requested."""
    columns, column_index = parameters.texts("columns"), parameters.number("column_index")
    if columns and column_index is not None:
        raise InvalidInput("columns and column_index exclude each other.", field="column_index", hint="Give one of them.")
    twice = next((name for name, times in Counter(columns).items() if times > 1), None)
    if twice is not None:
        raise InvalidInput(f"columns names {twice[:40]!r} twice.", field="columns", hint="Name each column once.")
    return Selection(
        moment=AsOf.parse(
            parameters.text("as_of"),
            vintage=parameters.number("vintage", minimum=1),
            seen_by=parameters.text("seen_by"),
            restated=parameters.flag("restated"),
            position=parameters.number("position", maximum=_MAX_POSITION),
            definition_as_of=parameters.text("definition_as_of"),
        ),
        start=parameters.label("start_date"),
        end=parameters.label("end_date"),
        columns=columns,
        column_index=column_index,
        collapse=parameters.choice("collapse", Collapse),
        aggregate=parameters.choice("aggregate", Aggregate),
        transform=_transform(parameters.choice("transform", transforms)),
        limit=parameters.number("limit", minimum=1),
        periods=parameters.choice("periods", Side),
        flags=parameters.flag("flags"),
    )


def _transform(chosen: Transform | DataTransform | None) -> Transform | PeriodTransform | None:
    if chosen is DataTransform.YOY:
        return PeriodTransform.YOY
    return Transform(chosen.value) if chosen else None


def parse_state(parameters: QueryParameters, name: str) -> AsOf | None:
    """Return a state of a series, given by a vintage's number or an instant."""
    text = parameters.text(name)
    return AsOf.named(text, field=name) if text else None


def parse_words(text: str) -> tuple[str, ...]:
    """Return the words of a search."""
    found = tuple(text.split())
    if len(text) > _MAX_QUERY_LENGTH or len(found) > _MAX_WORDS:
        raise InvalidInput("query is too long.", field="query", hint=f"Use at most {_MAX_WORDS} words, {_MAX_QUERY_LENGTH} characters.")
    return found


def series_query(parameters: QueryParameters) -> SeriesQuery:
    """Return the query for the list of series."""
    provider, code = parameters.text("provider"), None
    if text := parameters.text("code"):
        provider, code = parse_code(text, provider)
    return SeriesQuery(
        words=parse_words(parameters.text("query") or ""),
        provider=provider,
        database=(parameters.text("database_code") or "").upper() or None,
        code=code,
        status=parameters.choice("status", SeriesStatus),
        status_at_source=parameters.choice("status_at_source", SourceStatus),
        after=parameters.position("cursor"),
        limit=parameters.limit(),
    )


def fetch_query(parameters: QueryParameters) -> FetchQuery:
    """Return the query for the list of fetches."""
    batch = parameters.text("batch")
    return FetchQuery(
        status=parameters.choice("status", FetchStatus),
        provider=parameters.text("provider"),
        batch=parse_uuid(batch, field="batch") if batch else None,
        before=_parse_cursor(parameters.text("cursor")),
        limit=parameters.limit(),
    )


def schedule_query(parameters: QueryParameters) -> ScheduleQuery:
    """Return the query for the list of schedules."""
    selector, series_id = parameters.text("selector"), parameters.text("timeseries_id")
    return ScheduleQuery(
        selector=Selector.parse(selector) if selector else None,
        series_id=parse_uuid(series_id, field="timeseries_id") if series_id else None,
        after=_parse_cursor(parameters.text("cursor")),
        limit=parameters.limit(),
    )


def release_query(parameters: QueryParameters, now: datetime) -> ReleaseQuery:
    """Return the query for the list of releases; a last day is meant to its end."""
    first, last = parameters.label("from"), parameters.label("to")
    start = _begin(first) if first else now - _RELEASES_BEHIND
    end = _begin(last) if last else now + _RELEASES_AHEAD
    if last and not isinstance(last, datetime):
        end += timedelta(days=1) - _MICROSECOND
    if not timedelta(0) <= end - start <= _LONGEST_RELEASES:
        hint = f"Ask for at most {_LONGEST_RELEASES.days} days at once, such as from=2024-01-01&to=2024-12-31."
        raise InvalidInput("to must not be before from, nor too long after it.", field="to", hint=hint)
    provider, code = parameters.text("provider"), None
    if text := parameters.text("code"):
        provider, code = parse_code(text, provider)
    after, limit = _parse_cursor(parameters.text("cursor")), parameters.limit()
    return ReleaseQuery(start=start, end=end, provider=provider, code=code, after=after, limit=limit)


def _begin(moment: Label) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, UTC)


def fetch_cursor(place: tuple[datetime, UUID] | None) -> str | None:
    """Return the next page's cursor, which ``fetch_query`` parses."""
    return f"{(place[0] - _EPOCH) // _MICROSECOND}-{place[1]}" if place else None


def _parse_cursor(text: str | None) -> tuple[datetime, UUID] | None:
    if text is None:
        return None
    match = _CURSOR.fullmatch(text)
    if not match:
        raise InvalidInput("cursor is not one of this list.", field="cursor", hint="Take it from the page before.")
    return _EPOCH + int(match[1]) * _MICROSECOND, UUID(match[2])
