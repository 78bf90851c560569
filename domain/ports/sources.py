"""Providers and their data sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable

from domain.codes import DatasetCode
from domain.observations import Label, Observations
from domain.providers import Finding, Provider
from domain.series import Metadata
from domain.vintages import Origin, Vintage
from domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorState:
    """
    What is kept of a series when its source is asked again; no vintage at all where the whole is wanted.

    Attributes:
        validators: what the source gave with the answer that confirmed ``newest``: an ETag, a date of change.

    """

    newest: Vintage | None
    validators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """
    What a source sent of one series.

    Attributes:
        vintages: (the provider's label or None, the state), oldest first, at least one.
        left_out: names of columns that are not numbers.
        covers: the window of which an only state without a label speaks; None if it is the whole series.
        validators: by which the source will know, when it is asked again, that nothing has changed.
        not_modified: whether the source says that nothing has; then there are no vintages.

    """

    metadata: Metadata
    vintages: Sequence[tuple[Label | None, Observations]]
    origin: Origin
    left_out: tuple[str, ...] = ()
    covers: Window | None = None
    validators: Mapping[str, str] = field(default_factory=dict)
    not_modified: bool = False

    @classmethod
    def unchanged(cls, origin: Origin, validators: Mapping[str, str]) -> Self:
        """Say that ``known`` is still the newest state, and what is known about the series still true."""
        return cls(metadata=Metadata(), vintages=(), origin=origin, validators=validators, not_modified=True)


class DataSource(Protocol):
    """Speaks to one provider."""

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        """
        Ask the provider for a series: in whole, or for what may differ from ``known``; in whole if nothing is known.

        Called by many threads at once, and outside any transaction. The code is valid by the domain's pattern; a
        source checks its provider's stricter one and raises ``DatasetNotFound`` where it cannot name anything there.

        Raises:
            FetchError: a subclass that names what went wrong; nothing else.

        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """
    A provider's answer as it came over the wire, decoded of any content coding.

    Attributes:
        headers: by lower-case name.

    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSeries:
    """One series found in an answer."""

    code: DatasetCode
    metadata: Metadata
    vintages: Sequence[tuple[Label | None, Observations]]
    left_out: tuple[str, ...] = ()


@runtime_checkable
class ParsesResponses(Protocol):
    """What a data source can do besides, where its provider's answers can be recorded."""

    def parse(self, code: DatasetCode | None, answer: RawResponse) -> Sequence[ParsedSeries]:
        """
        Read an answer as ``fetch`` would.

        Args:
            code: the series wanted, or None for every series in the answer.

        Raises:
            FetchError: as ``fetch``; ``AnswerNotUnderstood`` names the codes where one code cannot tell several
                series apart.

        """
        ...


class Providers(Protocol):
    """The providers there are."""

    def all(self) -> Sequence[Provider]:
        """Return every provider, by name; opens none."""
        ...

    def get(self, name: str) -> Provider:
        """
        Return one provider's facts; opens nothing.

        Raises:
            UnknownProvider: there is none of this name.

        """
        ...

    def reader(self, name: str) -> DataSource:
        """
        Return a provider's source to read recorded answers with, also where it cannot be asked for want of a key.

        Raises:
            UnknownProvider, ProviderNotConfigured: as ``source``, the latter only if it cannot be opened at all.

        """
        ...

    def source(self, name: str) -> DataSource:
        """
        Return a provider's source, opened on first use and then shared.

        Raises:
            UnknownProvider: there is none of this name.
            ProviderNotConfigured: it cannot be asked; the message names the variable to set.

        """
        ...

    def cut(self) -> None:
        """End every call to a provider with ThrottledLocally, and begin no other: what remains of a stop's time is not theirs."""
        ...

    def code_from_alias(self, name: str, alias: DatasetCode) -> DatasetCode | None:
        """Return the code that a provider would have under an alias which no series holds yet; None if it cannot tell."""
        ...

    def examine(self, name: str, *, online: bool = False) -> Sequence[Finding]:
        """
        Hold a provider to the rules that need no payload; online, ask it for its example too.

        Raises:
            UnknownProvider: there is none of this name.

        """
        ...
