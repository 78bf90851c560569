"""Fetches: when one is due, and what happens after an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.errors import (
    AnswerNotUnderstood,
    DatasetNotFound,
    FetchError,
    RateLimited,
    SourceTimedOut,
    SourceUnavailable,
    SuspiciousShrink,
)
from domain.fetches import Failure, Fetch, FetchStatus, RetryPolicy, WaitingFor, backoff, waiting_for

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
PENDING = Fetch(id=UUID(int=1), series_id=UUID(int=2), status=FetchStatus.PENDING, created_at=NOW, not_before=NOW)
POLICY = RetryPolicy(give_up_seconds=3600)


def test_when_a_fetch_is_due() -> None:
    """A pending fetch is due from its time on, a running one once its lease has run out, an ended one never."""
    running = replace(PENDING, status=FetchStatus.RUNNING, lease_until=NOW)

    assert PENDING.is_due(NOW)
    assert not replace(PENDING, not_before=NOW + timedelta(seconds=1)).is_due(NOW)
    assert not running.is_due(NOW)
    assert running.is_due(NOW + timedelta(microseconds=1))
    assert not replace(running, status=FetchStatus.ERROR).is_due(NOW + timedelta(days=1))


@pytest.mark.parametrize("error", [DatasetNotFound(), SuspiciousShrink()])
def test_a_permanent_error_is_final(error: FetchError) -> None:
    """What waiting cannot mend is not tried again."""
    assert POLICY.wait(PENDING, error, NOW) is None


@pytest.mark.parametrize("error", [SourceUnavailable(), SourceTimedOut()])
def test_a_passing_error_waits_until_the_fetch_is_too_old(error: FetchError) -> None:
    """However many attempts there were, only age ends the waiting."""
    often = replace(PENDING, attempts=1_000)

    assert 0 <= (POLICY.wait(often, error, NOW) or 0) <= 300
    assert POLICY.wait(often, error, NOW + timedelta(seconds=3600)) is None


def test_the_providers_own_wait_counts() -> None:
    """Retry-After is a lower bound of the wait."""
    assert (POLICY.wait(PENDING, SourceUnavailable(retry_after=500), NOW) or 0) >= 500


def test_a_limit_never_ends_a_fetch() -> None:
    """However old the fetch is, after a limit it waits for its place in line and no longer."""
    old = NOW + timedelta(days=30)

    assert POLICY.wait(PENDING, RateLimited(retry_after=7), old) == 7
    assert 0 <= (POLICY.wait(PENDING, RateLimited(), old) or 0) <= 4


def test_an_answer_is_misread_twice_at_most() -> None:
    """An answer that is not understood is asked for once more."""
    misread = replace(PENDING, failure=Failure.of(AnswerNotUnderstood()))

    assert POLICY.wait(PENDING, AnswerNotUnderstood(), NOW) is not None
    assert POLICY.wait(misread, AnswerNotUnderstood(), NOW) is None


def test_waits_grow_to_a_bound() -> None:
    """The bound of the random wait doubles from four seconds to five minutes."""
    assert max(backoff(1) for _ in range(200)) <= 4
    assert 100 < max(backoff(50) for _ in range(200)) <= 300


def test_what_a_fetch_waits_for() -> None:
    """A limit is told apart from other reasons to try again."""
    assert (waiting_for(RateLimited()), waiting_for(SourceUnavailable())) == (WaitingFor.RATE_LIMIT, WaitingFor.RETRY)
