"""Fetches: one request to retrieve one series, with its state, its lease and its way of waiting."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import AnswerNotUnderstood, FetchError, PassingError, RateLimited

MAX_CRASHES = 5
MAX_WAIT_SECONDS = 300.0


class FetchStatus(StrEnum):
    """Where a fetch stands; the last three are final."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How an attempt failed, in the words that clients see."""

    code: str
    message: str
    retryable: bool
    hint: str

    @classmethod
    def of(cls, error: FetchError) -> Failure:
        """Take an error's code, sentence and hint, without what no database could keep."""
        return cls(code=error.code, message=_storable(error.message), retryable=error.retryable, hint=_storable(error.hint))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """
    A request to retrieve a series; its row in the store is the request.

    Attributes:
        attempts: how often a worker has begun it.
        crashes: how often a worker was lost with it.
        not_before: when it may next be begun.
        lease_until: until when a worker holds it.
        failure: of the last attempt.
        vintages_added: None until it has ended well; 0 means unchanged.
        left_out: names of the answer's columns that are not numbers.
        request_id: of the HTTP request that asked for it, so that the worker's log lines carry it.

    """

    id: UUID
    series_id: UUID
    status: FetchStatus
    created_at: datetime
    not_before: datetime
    attempts: int = 0
    crashes: int = 0
    lease_until: datetime | None = None
    waiting_for: WaitingFor | None = None
    finished_at: datetime | None = None
    failure: Failure | None = None
    vintages_added: int | None = None
    vintage: int | None = None
    left_out: tuple[str, ...] = ()
    allow_shrink: bool = False
    request_id: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether the state is final."""
        return self.status not in (FetchStatus.PENDING, FetchStatus.RUNNING)

    def is_due(self, now: datetime) -> bool:
        """Tell whether a worker may begin it: its time has come, or the lease of the one that held it has run out."""
        if self.status is FetchStatus.PENDING:
            return self.not_before <= now
        return self.status is FetchStatus.RUNNING and self.lease_until is not None and self.lease_until < now


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's time-limited right to work on a fetch; the token fences off whoever lost it."""

    token: UUID
    seconds: float


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    When a failed attempt is tried again.

    Attributes:
        give_up_seconds: age at which a fetch that only met passing errors ends.

    """

    give_up_seconds: float

    def wait(self, fetch: Fetch, error: FetchError, now: datetime) -> float | None:
        """Give the seconds until the next attempt, or None if the error is final; a limit never is, however old the fetch."""
        if isinstance(error, RateLimited):
            return backoff(fetch.attempts) if error.retry_after is None else error.retry_after
        if (now - fetch.created_at).total_seconds() >= self.give_up_seconds:
            return None
        if isinstance(error, AnswerNotUnderstood):
            again = fetch.failure is None or fetch.failure.code != error.code
            return backoff(1) if again else None
        if isinstance(error, PassingError):
            return max(error.retry_after or 0.0, backoff(fetch.attempts))
        return None


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def waiting_for(error: FetchError) -> WaitingFor:
    """Name what a fetch waits for after this error."""
    return WaitingFor.RATE_LIMIT if isinstance(error, RateLimited) else WaitingFor.RETRY


def backoff(attempts: int) -> float:
    """Give a random wait below a bound that doubles with each attempt ("full jitter"), in seconds."""
    return random.uniform(0, min(MAX_WAIT_SECONDS, 2.0 * 2.0 ** min(attempts, 10)))  # noqa: S311 - not a secret
