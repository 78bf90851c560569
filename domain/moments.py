"""Moments: which state of a series is wanted, by what was known or fetched when."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from domain.vintages import Vintage

_WHOLE_NUMBER = re.compile("-?[0-9]+")
_MOST_DIGITS = 9
#: By so much clocks differ that are right.
CLOCK_SLACK = timedelta(seconds=2)


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Return whether a recorded moment is later than now, so that the clock was set back since."""
    return moment > now + CLOCK_SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """
    Which vintage is wanted: the newest, unless one of these narrows the choice.

    Attributes:
        as_of: only what was known then.
        vintage: exactly the one of this number.
        seen_by: only what had been fetched here by then; alone it selects what lanner would have returned at that moment.
        restated: with ``as_of``, use corrections and re-read states from the moment of the state that they replace, though they
            were fetched later; else only from their fetch on, so that an ``as_of`` never changes what it answered before.
        position: only what had been recorded up to this position of the feed, whatever came in since.
        definition_as_of: of a formula, the definition of that moment.

    Raises:
        InvalidInput: ``vintage`` and ``as_of`` are both given.

    """

    as_of: datetime | None = None
    vintage: int | None = None
    seen_by: datetime | None = None
    restated: bool = False
    position: int | None = None
    definition_as_of: datetime | None = None

    def __post_init__(self) -> None:
        if self.vintage is not None and self.as_of is not None:
            raise InvalidInput("vintage and as_of exclude each other.", field="vintage", hint="Give one of them.")
        if self.restated and self.as_of is None:
            raise InvalidInput("restated belongs to as_of.", field="restated", hint="Give as_of too.")

    @classmethod
    def parse(  # noqa: PLR0913 - all that selects a state
        cls,
        as_of: str | None = None,
        *,
        vintage: int | None = None,
        seen_by: str | None = None,
        restated: bool = False,
        position: int | None = None,
        definition_as_of: str | None = None,
    ) -> AsOf:
        """Parse moments: a day, which means its end in UTC, or an instant with its offset."""
        return cls(
            as_of=_optional_moment(as_of, field="as_of"),
            vintage=vintage,
            seen_by=_optional_moment(seen_by, field="seen_by"),
            restated=restated,
            position=position,
            definition_as_of=_optional_moment(definition_as_of, field="definition_as_of"),
        )

    @classmethod
    def named(cls, text: str, *, field: str) -> AsOf:
        """Parse a whole number as a vintage's number, anything else as ``as_of``."""
        if not _WHOLE_NUMBER.fullmatch(text):
            return cls(as_of=parse_moment(text, field=field))
        if len(text) > _MOST_DIGITS or int(text) < 1:
            raise InvalidInput(f"{field} is not a vintage's number.", field=field, hint="Vintages are numbered from 1.")
        return cls(vintage=int(text))

    def at(self, now: datetime) -> AsOf:
        """Return it without moments that are not past: nothing stored is later than now, though a clock that was ahead may say so."""
        as_of, seen_by, definition_as_of = (
            moment if moment is not None and moment < now else None for moment in (self.as_of, self.seen_by, self.definition_as_of)
        )
        restated = self.restated and as_of is not None
        return replace(self, as_of=as_of, seen_by=seen_by, definition_as_of=definition_as_of, restated=restated)

    def admits(self, vintage: Vintage) -> bool:
        """Return whether a vintage is among those selected; the store itself checks ``position``."""
        return (
            (self.as_of is None or (vintage.known_at if self.restated else vintage.answers_from) <= self.as_of)
            and (self.vintage is None or vintage.number == self.vintage)
            and (self.seen_by is None or vintage.fetched_at <= self.seen_by)
        )


def _optional_moment(text: str | None, *, field: str) -> datetime | None:
    return None if text is None else parse_moment(text, field=field)


def written(moment: date) -> str:
    """Return a day, or an instant in UTC, in RFC 3339."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(moment, datetime) else moment.isoformat()


def parse_moment(text: str, *, field: str) -> datetime:
    """Parse ``2009-01-30`` as the end of that UTC day, or an RFC 3339 instant."""
    hint = "Write a day like 2009-01-30, or a moment with its offset like 2009-01-30T12:00:00Z."
    try:
        if len(text) == len("2009-01-30"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time.max, tzinfo=UTC)
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{field} is not a day or a moment.", field=field, hint=hint) from None
    if moment.tzinfo is None:
        raise InvalidInput(f"{field} has no offset from UTC.", field=field, hint=hint)
    return in_utc
