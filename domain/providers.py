"""Providers: their terms and limits, and the routing of codes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from domain.codes import DatasetCode
from domain.gates.settings import Gates
from domain.old_databases import answers_to
from domain.schedules.calendar import ReleaseRule
from domain.searching import SearchKind


class Redistribution(StrEnum):
    """Whether a provider's data may be redistributed."""

    OPEN = "open"
    ATTRIBUTION = "attribution"
    PERSONAL = "personal"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of a provider's data."""

    attribution: str
    url: str
    redistribution: Redistribution = Redistribution.UNKNOWN


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit: at most ``calls`` in any window of ``seconds``."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """
    A provider as it is configured here.

    Attributes:
        databases: the database codes it declares as its own.
        concurrency: how many of its fetches may run at once, if it declares a number.
        key_id: identifies the configured key without revealing it, and the address where one was configured.
        quandl_codes: patterns of former Quandl codes that it serves with the same column names, beside the table of old databases.
        problem: why it cannot be used, and how to fix that; empty if it can.
        key_url: where to get a key; empty if it takes none.
        max_age: how old its series may get before they are stale, if it declares that.
        notices_changes: whether it can tell at once, without any call, that what a series was read from has changed.
        any_case: whether codes that differ in case alone name one series.
        reads_files: whether it reads files of the operator's own, which it may refuse as a program refuses its input.
        lists_codes: whether it can list its codes at once, without any call.
        search: how it is searched; None if it cannot be.
        zone: the time zone of its working day; empty if it does not say.
        releases: how its calendar of releases is read; None if it has none.
        gates: what the answers for its series have to pass, where a series has no setting of its own.

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
    notices_changes: bool = False
    any_case: bool = False
    reads_files: bool = False
    lists_codes: bool = False
    search: SearchKind | None = None
    zone: str = ""
    releases: ReleaseRule | None = None
    gates: Gates = field(default_factory=Gates)

    def serves_legacy_code(self, code: DatasetCode) -> bool:
        """Return whether it serves a former Quandl code."""
        return not self.problem and any(fnmatchcase(str(code), pattern) for pattern in self.quandl_codes)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of checking one rule: how the provider breaks it; empty if it complies."""

    rule: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """
    Routes codes to providers: by configured route, else former Quandl code, else declaration, else the default.

    A provider that cannot be asked is passed over for another that answers the same old code.

    Attributes:
        routes: database code → provider's name.
        prefer_default: whether the default serves all undeclared codes, former Quandl codes included.

    """

    routes: Mapping[str, str]
    default: str
    prefer_default: bool = False

    def is_configured(self, code: DatasetCode) -> bool:
        """Return whether a route is configured for a code's database."""
        return code.database in self.routes

    def provider_for(self, code: DatasetCode, providers: Sequence[Provider]) -> str:
        """Return the name of the provider that serves a code."""
        routed = self.routes.get(code.database)
        if routed:
            return routed
        declared = next((provider.name for provider in providers if code.database in provider.databases), "")
        if self.prefer_default and not declared:
            return self.default
        revived = next((provider.name for provider in providers if provider.serves_legacy_code(code)), "") or _answering(code, providers)
        return revived or declared or self.default

    def is_chosen(self, code: DatasetCode, name: str) -> bool:
        """Return whether a code goes to this provider because somebody set it so."""
        return self.is_configured(code) or (self.prefer_default and name == self.default)


def _answering(code: DatasetCode, providers: Sequence[Provider]) -> str:
    """Return the name of the first provider that answers a code of an old database and can be asked; empty if there is none."""
    ready = {provider.name for provider in providers if not provider.problem}
    return next((answer.provider for answer, _ in answers_to(code) if answer.provider in ready), "")
