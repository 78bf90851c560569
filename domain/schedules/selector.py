"""Selectors: the series that a schedule follows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from domain.codes import FORMULA, DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidInput

_ANY = "*"
_PROVIDER = re.compile("[a-z][a-z0-9_]{0,31}")
_HINT = "Write a code such as FRED/GDP, a mask such as FRED/GS*, a database such as FRED/*, or all kept of a provider: fred:*."


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """
    One series by its code, or all that are kept here, now or later, whose code fits.

    Attributes:
        provider: None for any.
        database: None for any; only together with a provider.
        pattern: the dataset code, in which ``*`` stands for any characters.

    """

    provider: str | None
    database: str | None
    pattern: str

    @classmethod
    def parse(cls, text: str, *, field: str = "selector") -> Selector:
        """
        Parse ``[provider:]DATABASE/DATASET`` with ``*`` in the dataset code, or ``provider:*``.

        Raises:
            InvalidInput: it has another form.

        """
        provider, colon, rest = text.partition(":")
        if colon and rest == _ANY and _PROVIDER.fullmatch(provider):
            return cls(provider=provider, database=None, pattern=_ANY)
        try:
            # A mask has the form of a code, but for its asterisks.
            named, code = parse_reference(text.replace(_ANY, "~") if _ANY in text.partition("/")[2] else text)
        except InvalidCode as error:
            raise InvalidInput(error.message.replace("~", _ANY), field=field, hint=_HINT) from error
        return cls(provider=named, database=code.database, pattern=text.partition("/")[2])

    @property
    def code(self) -> DatasetCode | None:
        """The code of the one series that is meant; None for a mask."""
        return None if self.database is None or _ANY in self.pattern else DatasetCode(self.database, self.pattern)

    def matches(self, provider: str, code: DatasetCode) -> bool:
        """Return whether a series is among those selected; formulas, which are never fetched, are not."""
        return (
            provider != FORMULA
            and self.provider in (None, provider)
            and self.database in (None, code.database)
            # No other special character of fnmatch can stand in a code.
            and fnmatchcase(code.dataset, self.pattern)
        )

    def __str__(self) -> str:
        place = f"{self.database}/" if self.database else ""
        return f"{self.provider}:{place}{self.pattern}" if self.provider else f"{place}{self.pattern}"
