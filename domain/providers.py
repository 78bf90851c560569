"""Providers: who has series, under which terms, and which of them serves a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from domain.codes import DatasetCode


class Redistribution(StrEnum):
    """Whether what a provider sends may be passed on."""

    OPEN = "open"
    ATTRIBUTION = "attribution"
    PERSONAL = "personal"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which terms a provider's series come."""

    attribution: str
    url: str
    redistribution: Redistribution = Redistribution.UNKNOWN


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls in so many seconds."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """
    The facts about a provider as it is configured here.

    Attributes:
        databases: the database codes it declares as its own.
        concurrency: how many fetches of it may run at once, if it says.
        key_id: tells the configured key from others, without telling it.
        quandl_codes: patterns of codes that were Quandl's, which it answers with the same column names.
        problem: why it cannot be asked, and the way out; empty if it can.
        key_url: where a key is had; empty if it takes none.
        max_age: how old its series may get before they are stale, if it says.

    """

    name: str
    title: str
    databases: tuple[str, ...]
    terms: Terms
    limits: tuple[Limit, ...] = ()
    key_needed: bool = False
    key_url: str = ""
    problem: str = ""
    max_age: timedelta | None = None
    concurrency: int | None = None
    key_id: str = ""
    quandl_codes: tuple[str, ...] = ()

    def serves_legacy_code(self, code: DatasetCode) -> bool:
        """Return whether it can be asked for a code that was Quandl's."""
        return not self.problem and any(fnmatchcase(str(code), pattern) for pattern in self.quandl_codes)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a provider was held to, and how it breaks it; empty if it keeps it."""

    rule: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """
    Which provider serves a code: a configured route, else who declares it, else who revives it as Quandl's, else the default.

    An old code of Quandl's in a database that is declared today is nobody else's: there the declarer knows no such code.

    Attributes:
        routes: database code → provider's name.
        insists: whether the default is meant for all that nobody declares, and old codes are its own.

    """

    routes: Mapping[str, str]
    default: str
    prefer_default: bool = False

    def provider_for(self, code: DatasetCode, providers: Sequence[Provider]) -> str:
        """Name the provider that serves a code for which none was asked."""
        routed = self.routes.get(code.database)
        declared = next((provider.name for provider in providers if code.database in provider.databases), "")
        revived = next((provider.name for provider in providers if provider.serves_legacy_code(code)), "")
        if self.prefer_default and not declared:
            revived = ""
        return routed or revived or declared or self.default
