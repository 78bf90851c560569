"""What a module of a provider defines: ``PROVIDER``, or ``PROVIDERS`` where it has several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.options import NoOptions
from domain.codes import DatasetCode
from domain.ports import DataSource
from domain.providers import Limit, Provider, Terms
from domain.schedules.calendar import ReleaseRule
from domain.searching import SearchKind
from domain.vintages import Origin

#: The version of this interface. It grows when a module that was written for the one before would no longer work.
PROVIDER_API = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpec:
    """
    A provider: who it is, what may be asked of it, and how it is opened.

    Attributes:
        provider_api: the version of this interface that the module was written for.
        name: lower case, as in routes, URLs and the names of variables.
        title: for people.
        databases: the database codes, in capitals, that go to it without a route.
        terms: under which its data may be used.
        open: makes the source, from the options and a client for its base URL; does no I/O.
        adapter_version: part of each vintage's origin; raise it where the same answer is read to other values than before.
        example: a code that works, which ``lanner providers --check --online`` asks for; empty where only the operator knows one.
        options: a frozen dataclass; each field is a variable. ``base_url`` and ``api_key`` have a meaning of their own.
        limits: hold with a key, and without one unless ``limits_without_key`` says otherwise.
        concurrency: how many fetches of it may run at once; None if it does not say.
        key_needed: whether it cannot be asked without ``api_key``.
        key_url: where a key is had.
        max_age: after which a series is stale; None for its frequency's.
        quandl_codes: patterns of Quandl's codes whose data it has.
        problem: returns what keeps it from being asked with these options, at this moment; empty if nothing does.
        code_from_alias: returns the code that it has under an alias which no series holds yet, or None.
        own_spelling: returns, given options and a code in any case, the code as the provider spells it, or None; ``in_capitals`` is one.
            Codes of one spelling are one series. It is asked before ``code_from_alias``.
        any_case: whether codes that differ in case alone name one series there, which is kept as it was spelled first; so it is where
            there is an ``own_spelling``.
        has_changed: returns, given options, code and the validators of the last answer, whether what that was read from has changed; for
            what lies on this machine, of which looking at its size and time is enough. None if only a fetch can tell.
        reads_files: whether it reads files of the operator's own, in forms that options decide; then its source is a ``ReadsFiles``.
        listed_codes: returns, given options and a database code or None for all, the codes of what lies on this machine, of which looking
            through folders is enough. None if its codes cannot be listed without a call.
        search: how it is searched; then its source is a ``SearchesSeries``. ``QUERY``: its ``search`` is given the words. ``LIST``: it is
            given an empty text and returns everything that the provider has, in which lanner looks for the words.
        zone: the time zone of its working day, by its name in the IANA database; releases are learned in it.
        releases: how its calendar of releases is read; without an address its source is a ``ListsReleases``.

    """

    provider_api: int
    name: str
    title: str
    databases: tuple[str, ...]
    terms: Terms
    open: Callable[[Any, HttpClient], DataSource]
    adapter_version: int = 1
    example: str = ""
    options: type[Any] = NoOptions
    limits: tuple[Limit, ...] = ()
    limits_without_key: tuple[Limit, ...] | None = None
    concurrency: int | None = None
    key_needed: bool = False
    key_url: str = ""
    max_age: timedelta | None = None
    quandl_codes: tuple[str, ...] = ()
    problem: Callable[[Any], str] = lambda _options: ""
    code_from_alias: Callable[[DatasetCode], DatasetCode | None] = lambda _alias: None
    own_spelling: Callable[[Any, DatasetCode], DatasetCode | None] | None = None
    any_case: bool = False
    has_changed: Callable[[Any, DatasetCode, Mapping[str, str]], bool] | None = None
    reads_files: bool = False
    listed_codes: Callable[[Any, str | None], Sequence[DatasetCode]] | None = None
    search: SearchKind | None = None
    zone: str = ""
    releases: ReleaseRule | None = None

    def facts(self) -> Provider:
        """Return what the domain knows of it before its options are read."""
        return Provider(
            name=self.name,
            title=self.title,
            databases=self.databases,
            terms=self.terms,
            limits=self.limits,
            key_needed=self.key_needed,
            key_url=self.key_url,
            max_age=self.max_age,
            quandl_codes=self.quandl_codes,
            notices_changes=self.has_changed is not None,
            any_case=self.any_case or self.own_spelling is not None,
            reads_files=self.reads_files,
            lists_codes=self.listed_codes is not None,
            search=self.search,
            zone=self.zone,
            releases=self.releases,
        )

    def origin(self, request: str, body: bytes) -> Origin:
        """Return the origin of what was read from one answer."""
        return Origin(request=request, response_sha256=sha256(body).hexdigest(), adapter_version=self.adapter_version)


def in_capitals(_options: Any, code: DatasetCode) -> DatasetCode:
    """Return a code in capitals, for providers that write all of theirs so."""
    return DatasetCode(code.database, code.dataset.upper())
