"""Fetches: requests to retrieve one series each, with their status, lease and retry times."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from domain.errors import AnswerNotUnderstood, FetchError, RateLimited, TransientError
from domain.gates.cells import SuspiciousCell
from domain.moments import is_ahead
from domain.vintages import Vintage

MAX_CRASHES = 5
MAX_WAIT_SECONDS = 300.0
LEASE_SECONDS = 30.0
#: No delay is longer: times that say otherwise were written before the clock was set back.
MAX_DELAY_SECONDS = 90_000.0
#: The owner of requests that come without an API key.
ANONYMOUS = "anonymous"


class FetchStatus(StrEnum):
    """The status of a fetch; the last three are final."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    CANCELLED = "cancelled"


class WaitingFor(StrEnum):
    """What a pending fetch waits for."""

    RATE_LIMIT = "rate_limit"
    CIRCUIT = "circuit"
    RETRY = "retry"


class Suspicion(StrEnum):
    """
    Why an answer is refused unless its fetch allows it.

    ``shrink``: it holds far fewer values. ``values``: it is written in another way, or a gate refuses it.
    """

    SHRINK = "shrink"
    VALUES = "values"


class Priority(IntEnum):
    """Which of the due fetches are begun first: those with the smaller number."""

    REQUESTED = 0
    SCHEDULED = 1


Allowed = frozenset[Suspicion]
NOTHING_ALLOWED: Allowed = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """
    How an attempt failed, as clients see it.

    Attributes:
        cells: the first of those for which the answer was refused.

    """

    code: str
    message: str
    retryable: bool
    hint: str
    cells: tuple[SuspiciousCell, ...] = ()

    @classmethod
    def of(cls, error: FetchError) -> Failure:
        """Return an error's code, message and hint, without characters that databases reject."""
        texts = {"message": _storable(error.message), "hint": _storable(error.hint)}
        return cls(code=error.code, retryable=error.retryable, **texts, cells=error.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """
    A request to retrieve a series; its row in the store is the request.

    Attributes:
        attempts: how often a worker has claimed it.
        crashes: how often a worker was lost while it held the lease.
        not_before: when it may next be claimed.
        scheduled_at: when ``not_before`` was set.
        lease_until: until when a worker holds it.
        cancel_requested_at: when its cancellation was requested while a worker held it.
        failure: of the last attempt.
        vintages_added: None until it has succeeded; 0 means unchanged.
        left_out: names of the answer's columns that are not numbers.
        allow: what is not refused as suspicious.
        request_id: of the HTTP request that asked for it, so that the worker's log lines carry it.
        batch: of the request for many series by which it was added.
        traceparent: of the span of the request that asked for it, in the form of W3C Trace Context; empty if that was not traced.

    """

    id: UUID
    series_id: UUID
    status: FetchStatus
    created_at: datetime
    not_before: datetime
    scheduled_at: datetime | None = None
    attempts: int = 0
    crashes: int = 0
    lease_until: datetime | None = None
    waiting_for: WaitingFor | None = None
    finished_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    failure: Failure | None = None
    vintages_added: int | None = None
    vintage: int | None = None
    left_out: tuple[str, ...] = ()
    allow: Allowed = NOTHING_ALLOWED
    request_id: str = ""
    priority: Priority = Priority.REQUESTED
    batch: UUID | None = None
    traceparent: str = ""

    @property
    def ended(self) -> bool:
        """Return whether the status is final."""
        return self.status not in (FetchStatus.PENDING, FetchStatus.RUNNING)

    def succeeded(self, at: datetime, vintages: Sequence[Vintage], left_out: Sequence[str]) -> Fetch:
        """Return it as it is after success with these vintages, oldest first."""
        return replace(
            self,
            status=FetchStatus.SUCCESS,
            lease_until=None,
            finished_at=at,
            failure=None,
            vintages_added=len(vintages),
            vintage=vintages[-1].number if vintages else None,
            left_out=tuple(left_out),
        )

    def is_due(self, now: datetime, lease_seconds: float = LEASE_SECONDS) -> bool:
        """
        Return whether a worker may claim it: it is pending and its time has come, or its lease has expired.

        Times further ahead than any delay count as past: the clock was set back since.
        """
        if self.status is FetchStatus.PENDING:
            said_later = self.scheduled_at is not None and is_ahead(self.scheduled_at, now)
            return said_later or not now < self.not_before <= now + timedelta(seconds=MAX_DELAY_SECONDS)
        until = self.lease_until
        return self.status is FetchStatus.RUNNING and until is not None and not now <= until <= now + timedelta(seconds=2 * lease_seconds)


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's time-limited claim on a fetch; its token fences off a worker whose lease has expired."""

    token: UUID
    seconds: float


@dataclass(frozen=True, slots=True)
class FetchQuery:
    """
    A query for fetches, newest first.

    Attributes:
        before: creation time and id of the last fetch already seen.

    """

    status: FetchStatus | None = None
    provider: str | None = None
    series_id: UUID | None = None
    batch: UUID | None = None
    before: tuple[datetime, UUID] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class FetchPage:
    """A page of fetches, and ``before`` of the next page, if there is one."""

    items: tuple[Fetch, ...]
    next: tuple[datetime, UUID] | None

    @classmethod
    def of(cls, found: Sequence[Fetch], limit: int) -> FetchPage:
        """Return a page of ``limit`` fetches from up to one more than that."""
        last = found[limit - 1] if len(found) > limit else None
        return cls(tuple(found[:limit]), (last.created_at, last.id) if last else None)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """
    What identifies a repeated request.

    Attributes:
        key: the client's Idempotency-Key.
        digest: of the request's parameters.
        owner: the id of the API key that it came with.

    """

    key: str
    digest: str
    owner: str = ANONYMOUS


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """The stored response to an idempotent request: the series, its fetch, and whether it was created."""

    series_id: UUID
    fetch_id: UUID
    created: bool


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    When a failed attempt is retried.

    Attributes:
        give_up_seconds: age at which a fetch with transient errors fails for good.

    """

    give_up_seconds: float

    def wait(self, fetch: Fetch, error: FetchError, now: datetime) -> float | None:
        """Return the seconds until the next attempt, or None if the error is final; a rate limit never is, however old the fetch."""
        if isinstance(error, RateLimited):
            return backoff(fetch.attempts) if error.retry_after is None else error.retry_after
        if (now - fetch.created_at).total_seconds() >= self.give_up_seconds:
            return None
        if isinstance(error, AnswerNotUnderstood):
            again = not error.is_lasting and (fetch.failure is None or fetch.failure.code != error.code)
            return backoff(1) if again else None
        if isinstance(error, TransientError):
            return max(error.retry_after or 0.0, backoff(fetch.attempts))
        return None


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def waiting_for(error: FetchError) -> WaitingFor:
    """Return what a fetch waits for after this error."""
    return WaitingFor.RATE_LIMIT if isinstance(error, RateLimited) else WaitingFor.RETRY


def backoff(attempts: int) -> float:
    """Return a random delay in seconds below a bound that doubles with each attempt ("full jitter")."""
    return random.uniform(0, min(MAX_WAIT_SECONDS, 2.0 * 2.0 ** min(attempts, 10)))  # noqa: S311 - not a secret
