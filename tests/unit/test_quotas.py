"""Limits as they are written, and what a bucket gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.providers import Limit
from domain.quotas import allowance, read_limits, take_token, wait_for_token, write_limits


@pytest.mark.parametrize(
    ("text", "limits"),
    [("20/1,100/10", (Limit(20, 1), Limit(100, 10))), (" 5 / 60 ", (Limit(5, 60),)), ("none", ()), ("NONE", ())],
)
def test_limits_are_read_and_written_alike(text: str, limits: tuple[Limit, ...]) -> None:
    """As providers' are."""
    assert read_limits(text) == limits
    assert read_limits(write_limits(limits)) == limits


@pytest.mark.parametrize("text", ["", "20", "0/1", "1/0", "-1/1", "20/1,", "a/b", "1.5/1", "20/1;5/1"])
def test_what_is_no_limit_is_refused_by_name(text: str) -> None:
    """With the form in which to write it."""
    with pytest.raises(InvalidInput, match="limit is not valid: write it as calls/seconds"):
        read_limits(text, field="limit")


@given(calls=st.integers(1, 50), seconds=st.integers(1, 3600), pauses=st.lists(st.floats(0, 100), max_size=60))
def test_no_window_holds_more_than_twice_the_calls(calls: int, seconds: int, pauses: list[float]) -> None:
    """A full bucket at its beginning and what fills meanwhile: no more than that, and at once no more than the bucket."""
    limit, full_at, now, given_at = Limit(calls, seconds), 0.0, 1000.0, []
    for pause in [*pauses, *[0.0] * (2 * calls)]:
        now += pause
        if not wait_for_token(full_at, limit, now):
            full_at = take_token(full_at, limit, now)
            given_at.append(now)

    assert all(sum(first <= moment <= first for moment in given_at) <= calls for first in given_at)
    assert all(sum(first <= moment < first + seconds for moment in given_at) <= 2 * calls for first in given_at)


@given(calls=st.integers(1, 300), seconds=st.integers(1, 86_400), taken=st.integers(0, 1000))
def test_what_is_left_is_what_can_be_taken(calls: int, seconds: int, taken: int) -> None:
    """The number told is the number given."""
    limit, full_at, now = Limit(calls, seconds), 0.0, 1e9
    for _ in range(min(taken, calls)):
        full_at = take_token(full_at, limit, now)
    left = allowance(full_at, limit, now).remaining
    for _ in range(left):
        assert wait_for_token(full_at, limit, now) == 0
        full_at = take_token(full_at, limit, now)

    assert left == calls - min(taken, calls)
    assert wait_for_token(full_at, limit, now) > 0
