"""Providers and their data sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.observations import Label, Observations
from domain.ports.calendars import ListsReleases
from domain.providers import Finding, Provider
from domain.searching import SearchHit
from domain.series import Metadata
from domain.vintages import Origin, Vintage
from domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorState:
    """
    The stored state of a series when it is fetched again; without a vintage if the whole series is wanted.

    Attributes:
        validators: sent by the source with the answer that confirmed ``newest``: an ETag, a Last-Modified date.

    """

    newest: Vintage | None
    validators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """
    What a source returned of one series.

    Attributes:
        vintages: (the provider's label or None, the state), oldest first, at least one.
        left_out: names of columns that are not numbers.
        covers: the window that a single state without a label covers; None if it is the whole series.
        validators: for the next conditional request, such as an ETag.
        not_modified: whether the source answered "not modified"; then there are no vintages.
        dialect: how the answer's text was read where its form left a choice: ``"dates"`` → a format, a column → its decimal
            mark, ``"numbers"`` → that of all columns. Kept with the series; a change is suspicious.

    """

    metadata: Metadata
    vintages: Sequence[tuple[Label | None, Observations]]
    origin: Origin
    left_out: tuple[str, ...] = ()
    covers: Window | None = None
    validators: Mapping[str, str] = field(default_factory=dict)
    not_modified: bool = False
    dialect: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def unchanged(cls, origin: Origin, validators: Mapping[str, str]) -> Self:
        """Return a "not modified" answer: the stored state and metadata are still current."""
        return cls(metadata=Metadata(), vintages=(), origin=origin, validators=validators, not_modified=True)


class DataSource(Protocol):
    """Fetches series from one provider."""

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """
        Fetch a series from the provider: in whole, or only what may differ from ``known``; in whole if nothing is known.

        Called by many threads at once, outside any transaction. The code is valid by the domain's pattern; a
        source checks its provider's stricter one and raises ``DatasetNotFound`` for codes that cannot exist there.

        Raises:
            FetchError: one of its subclasses; nothing else.

        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """
    A provider's HTTP response, after decoding of any content coding.

    Attributes:
        headers: by lower-case names.
        original: the body as the provider sent it, where ``body`` was unpacked or decoded since; None where it was not.

    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    original: bytes | None = None

    @property
    def sent(self) -> bytes:
        """The body as the provider sent it, whose hash is the origin of a vintage."""
        return self.body if self.original is None else self.original


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSeries:
    """
    One series found in an answer.

    Attributes:
        left_out, dialect: as in ``Fetched``.
        warnings: sentences on what of the answer cannot be relied on.

    """

    code: DatasetCode
    metadata: Metadata
    vintages: Sequence[tuple[Label | None, Observations]]
    left_out: tuple[str, ...] = ()
    dialect: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@runtime_checkable
class ParsesResponses(Protocol):
    """Implemented by data sources that can parse recorded answers of their provider."""

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """
        Parse an answer as ``fetch`` would.

        Args:
            code: the series wanted, or None for every series in the answer.

        Raises:
            FetchError: as ``fetch``; ``AnswerNotUnderstood`` lists the codes if the answer holds several series
                and ``code`` does not select one.

        """
        ...


@runtime_checkable
class ReadsFiles(ParsesResponses, Protocol):
    """Implemented by sources of files, whose forms are not agreed with any provider: options of a response say how to read it."""

    file_options: Collection[str]


@runtime_checkable
class SearchesSeries(Protocol):
    """Implemented by data sources that can be searched."""

    def search(self, text: str, limit: int) -> Sequence[SearchHit]:
        """
        Return what the provider finds, best first, in one call.

        Args:
            text: words, separated by single spaces; empty where the provider is asked for the list of everything.
            limit: how many hits are wanted; more may be returned.

        Raises:
            FetchError: as ``DataSource.fetch``.

        """
        ...


class Providers(Protocol):
    """The installed providers."""

    def all(self) -> Sequence[Provider]:
        """Return all providers, ordered by name; opens none."""
        ...

    def get(self, name: str) -> Provider:
        """
        Return one provider; opens nothing.

        Raises:
            UnknownProvider: there is none of this name.

        """
        ...

    def offline_source(self, name: str) -> DataSource:
        """
        Return a provider's source for parsing recorded answers; works without an API key.

        Raises:
            UnknownProvider, ProviderNotConfigured: as ``source``, the latter only if it cannot be loaded at all.

        """
        ...

    def source(self, name: str) -> DataSource:
        """
        Return a provider's source, opened on first use and then shared.

        Raises:
            UnknownProvider: there is none of this name.
            ProviderNotConfigured: a setting is missing; the message names the variable.

        """
        ...

    def search_source(self, name: str) -> SearchesSeries:
        """
        Return a provider's source for searching, whose calls have the shorter deadline of searches.

        Raises:
            UnknownProvider, ProviderNotConfigured: as ``source``.

        """
        ...

    def releases_source(self, name: str) -> ListsReleases:
        """
        Return a provider's source for the dates of its releases, with the deadline of searches.

        Raises:
            UnknownProvider, ProviderNotConfigured: as ``source``.

        """
        ...

    def abort_calls(self) -> None:
        """Abort all calls to providers with ThrottledLocally and start no more, since the process is shutting down."""
        ...

    def refusal(self, name: str, code: DatasetCode) -> FetchError | None:
        """Return the error with which a fetch of a code is bound to end without a call; None if the provider is to be asked."""
        ...

    def has_changed(self, name: str, code: DatasetCode, validators: Mapping[str, str]) -> bool:
        """
        Return whether what a series was read from has changed since the answer that had these validators.

        Called outside of transactions, and of providers that notice changes alone; reads nothing that is large.
        """
        ...

    def code_from_alias(self, name: str, alias: DatasetCode) -> DatasetCode | None:
        """
        Return the provider's code for an alias that no series has yet, or for a code in any case; None if unknown.

        Called outside of transactions.
        """
        ...

    def own_spelling(self, name: str, code: DatasetCode) -> DatasetCode | None:
        """
        Return a code in any case as the provider spells it; None if it does not say.

        Called outside of transactions; raises UnknownProvider.
        """
        ...

    def listed_codes(self, name: str, database: str | None) -> Sequence[DatasetCode]:
        """
        Return the codes of a database, or all, that a provider has on this machine; none where it cannot list them without a call.

        Called outside of transactions; raises UnknownProvider.
        """
        ...


class ConformanceChecks(Protocol):
    """The rules that every provider keeps."""

    def run_conformance(self, name: str, *, online: bool = False) -> Sequence[Finding]:
        """
        Check a provider against the rules that need no payload; online, fetch its example too.

        Raises:
            UnknownProvider: there is none of this name.

        """
        ...
