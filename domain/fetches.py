"""Fetches: one request to retrieve one series, with its state, its lease and its way of waiting."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.errors import AnswerNotUnderstood, FetchError, RateLimited, TransientError
from domain.vintages import Vintage

MAX_CRASHES = 5
MAX_WAIT_SECONDS = 300.0
LEASE_SECONDS = 30.0
#: No wait is longer, and none began later than now: what looks otherwise was written by a clock that has gone back since.
MAX_DELAY_SECONDS = 90_000.0
CLOCK_SLACK_SECONDS = 2.0
#: Whose requests they are that come without an API key.
ANONYMOUS = "anonymous"


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
        scheduled_at: when that was said.
        lease_until: until when a worker holds it.
        cancel_requested_at: when its cancellation was asked for while a worker had it.
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
    allow_shrink: bool = False
    request_id: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether the state is final."""
        return self.status not in (FetchStatus.PENDING, FetchStatus.RUNNING)

    def succeeded(self, at: datetime, vintages: Sequence[Vintage], left_out: Sequence[str]) -> Fetch:
        """Give it as it is once it has ended well with these vintages, oldest first."""
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
        Tell whether a worker may begin it: its time has come, or the lease of the one that held it has run out.

        A time that today's clock cannot have set has come too: the clock went back.
        """
        if self.status is FetchStatus.PENDING:
            said_later = self.scheduled_at is not None and self.scheduled_at > now + timedelta(seconds=CLOCK_SLACK_SECONDS)
            return said_later or not now < self.not_before <= now + timedelta(seconds=MAX_DELAY_SECONDS)
        until = self.lease_until
        return self.status is FetchStatus.RUNNING and until is not None and not now <= until <= now + timedelta(seconds=2 * lease_seconds)


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's time-limited right to work on a fetch; the token fences off whoever lost it."""

    token: UUID
    seconds: float


@dataclass(frozen=True, slots=True)
class FetchQuery:
    """
    A question to the list of fetches, newest first.

    Attributes:
        before: when the last fetch already seen was made, and its id.

    """

    status: FetchStatus | None = None
    provider: str | None = None
    before: tuple[datetime, UUID] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class FetchPage:
    """A part of the list, and what to go on before, if there is more."""

    items: tuple[Fetch, ...]
    next: tuple[datetime, UUID] | None

    @classmethod
    def of(cls, found: Sequence[Fetch], limit: int) -> FetchPage:
        """Cut a page from what was found, which is one more than the limit where there is more."""
        last = found[limit - 1] if len(found) > limit else None
        return cls(tuple(found[:limit]), (last.created_at, last.id) if last else None)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """
    What makes a request known again when it is sent twice.

    Attributes:
        key: the client's own word for the request.
        digest: of what was asked.
        owner: the id of the API key that it came with.

    """

    key: str
    digest: str
    owner: str = ANONYMOUS


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request was answered: the series and its fetch, and whether the answer called it new."""

    series_id: UUID
    fetch_id: UUID
    created: bool


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
        if isinstance(error, TransientError):
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
