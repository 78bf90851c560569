"""Whether the provider of a series still publishes it, since when, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SourceStatus(StrEnum):
    """
    What a series' provider does with it.

    ``active``: it publishes it, as far as is known. ``suspended``: it has not given it for long, without saying that it ended.
    ``discontinued``: it says that nothing is added any more. ``gone``: it gives it no more.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DISCONTINUED = "discontinued"
    GONE = "gone"


class Failing(StrEnum):
    """
    Why the fetches of a series fail, as far as that may mean its end.

    ``missing``: the provider does not know it, or has no observations of it. ``shrunk``: the answer was refused since it lacks most of
    what is stored. ``refused``: it was refused since its values are suspicious; that is no end, however long it lasts.
    ``unreachable``: the provider does not answer, or denies access.
    """

    MISSING = "missing"
    SHRUNK = "shrunk"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtSource:
    """
    The state of a series at its source.

    Attributes:
        since: when lanner found this status; None if it has never been another than active.
        replaced_by: the series that the provider names as its successor, as ``provider:DATABASE/DATASET``.
        failing, failing_since: why its fetches fail, and since which one with neither a success nor another of these causes between.

    """

    status: SourceStatus = SourceStatus.ACTIVE
    since: datetime | None = None
    replaced_by: str | None = None
    failing: Failing | None = None
    failing_since: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Return whether no news is to be expected."""
        return self.status is not SourceStatus.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """
    A change of a series' status at its source, with its evidence.

    Attributes:
        at: when lanner found it.
        reason: a sentence.
        words: the provider's own, or the error's message; empty if there are none.
        url: the request that was answered so; after a failed fetch, the one by which the newest vintage was fetched.

    """

    at: datetime
    status: SourceStatus
    replaced_by: str | None = None
    reason: str
    words: str = ""
    url: str = ""
