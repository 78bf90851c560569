"""
Quotas: how often a client may ask.

Each limit is a token bucket in the form of the generic cell rate algorithm (ITU-T I.371): one moment a bucket, at which it will be
full again. A client may ask ``calls`` times at once, and then once every ``seconds / calls``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import InvalidInput
from domain.providers import Limit

_LIMIT = re.compile(r"\s*([1-9]\d{0,8})\s*/\s*([1-9]\d{0,6})\s*", re.ASCII)
_NONE = "none"
#: Sums of moments are inexact by some microseconds.
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks for fetches, and how many of them it may ask for; no limits mean any number."""

    client: str
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowance:
    """
    What a client is left with of one limit.

    Attributes:
        remaining: how often it may ask at once.
        seconds: until the bucket is full again.

    """

    limit: Limit
    remaining: int
    seconds: float


def read_limits(text: str, *, field: str = "") -> tuple[Limit, ...]:
    """Read limits written as calls/seconds, separated by commas; raise InvalidInput."""
    if text.strip().lower() == _NONE:
        return ()
    found = [_LIMIT.fullmatch(part) for part in text.split(",")]
    if not all(found):
        raise InvalidInput(f"{field} is not valid: write it as calls/seconds, such as 20/1,100/10, or none.", field=field)
    return tuple(Limit(int(match[1]), int(match[2])) for match in found if match)


def write_limits(limits: Sequence[Limit]) -> str:
    """Write limits as ``read_limits`` reads them."""
    return ",".join(f"{limit.calls}/{limit.seconds}" for limit in limits) or _NONE


def wait_for_token(full_at: float, limit: Limit, now: float) -> float:
    """Return for how many seconds a bucket gives no token; 0 if it gives one now."""
    # A bucket that fills later than a whole window from now was written before the clock was set back.
    behind = min(max(full_at - now, 0.0), float(limit.seconds))
    waiting = behind + limit.seconds / limit.calls - limit.seconds
    return waiting if waiting > _ROUNDING else 0.0


def take_token(full_at: float, limit: Limit, now: float) -> float:
    """Return when a bucket is full again, once a token was taken from it."""
    return min(max(full_at, now), now + limit.seconds) + limit.seconds / limit.calls


def allowance(full_at: float, limit: Limit, now: float) -> Allowance:
    """Return what is left in a bucket."""
    behind = min(max(full_at - now, 0.0), float(limit.seconds))
    return Allowance(limit, int((limit.seconds - behind + _ROUNDING) * limit.calls / limit.seconds), behind)
