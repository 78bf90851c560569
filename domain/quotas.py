"""
Quotas: clients' rate limits.

Each limit is a token bucket in the form of the generic cell rate algorithm (ITU-T I.371): its state is the moment at which it will
be full again. A client may send ``calls`` requests at once, and then one every ``seconds / calls``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidInput
from domain.providers import Limit

_LIMIT = re.compile(r"\s*([1-9]\d{0,8})\s*/\s*([1-9]\d{0,6})\s*", re.ASCII)
_NONE = "none"
#: Sums of timestamps are inexact by some microseconds.
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Requester:
    """The client that requests fetches, and its limits; none mean any number."""

    client: str
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowance:
    """
    What remains of one limit for a client.

    Attributes:
        remaining: number of requests that it may send at once.
        seconds: until the bucket is full again.

    """

    limit: Limit
    remaining: int
    seconds: float


def read_limits(text: str, *, field: str = "") -> tuple[Limit, ...]:
    """Parse limits written as calls/seconds, separated by commas; raises InvalidInput."""
    if text.strip().lower() == _NONE:
        return ()
    found = [_LIMIT.fullmatch(part) for part in text.split(",")]
    if not all(found):
        raise InvalidInput(f"{field} is not valid: write it as calls/seconds, such as 20/1,100/10, or none.", field=field)
    return tuple(Limit(int(match[1]), int(match[2])) for match in found if match)


def write_limits(limits: Sequence[Limit]) -> str:
    """Format limits as ``read_limits`` parses them."""
    return ",".join(f"{limit.calls}/{limit.seconds}" for limit in limits) or _NONE


def wait_for_token(full_at: float, limit: Limit, now: float) -> float:
    """Return the seconds until a bucket has a token; 0 if it has one now."""
    # A bucket that fills later than a whole window from now was written before the clock was set back.
    behind = min(max(full_at - now, 0.0), float(limit.seconds))
    waiting = behind + limit.seconds / limit.calls - limit.seconds
    return waiting if waiting > _ROUNDING else 0.0


def take_token(full_at: float, limit: Limit, now: float) -> float:
    """Return when a bucket is full again after a token is taken from it."""
    return min(max(full_at, now), now + limit.seconds) + limit.seconds / limit.calls


def allowance(full_at: float, limit: Limit, now: float) -> Allowance:
    """Return what is left in a bucket."""
    behind = min(max(full_at - now, 0.0), float(limit.seconds))
    return Allowance(limit, int((limit.seconds - behind + _ROUNDING) * limit.calls / limit.seconds), behind)
