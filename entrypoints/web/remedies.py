"""What a person can do about a fetch that failed, or that waits because of an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.errors import InvalidInput, RateLimited, SuspiciousShrink, SuspiciousValues
from domain.fetches import Allowed, Fetch, FetchStatus, Suspicion

_SUSPICIONS = {SuspiciousShrink.code: Suspicion.SHRINK, SuspiciousValues.code: Suspicion.VALUES}
_ACCEPTS = {
    Suspicion.SHRINK: "even if less than half of a column's values, or none of them, would be left",
    Suspicion.VALUES: "even if its numbers or dates are written in another way than before, or do not pass the series' gates",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """
    An action, as a button names it.

    Attributes:
        says: what it does, where the button does not say it all.
        allow: the field of the form that says what is accepted; empty if nothing is.

    """

    label: str
    says: str = ""
    allow: str = ""


def remedy_of(fetch: Fetch | None) -> Remedy | None:
    """Return the one action that helps a fetch; None where it succeeded, or goes on by itself."""
    if fetch is None or fetch.status is FetchStatus.SUCCESS:
        return None
    if not fetch.ended:
        return Remedy(label="Try now") if waits_with_error(fetch) else None
    suspicion = _SUSPICIONS.get(fetch.failure.code) if fetch.failure else None
    if suspicion is None:
        return Remedy(label="Fetch again")
    # What was accepted before stays accepted: the answer may be suspicious in both ways.
    accepted = sorted(fetch.allow | {suspicion})
    ways = ", and ".join(_ACCEPTS[each] for each in accepted)
    says = f"The series is fetched once more, and the answer stored {ways}. The earlier vintages stay as they are."
    return Remedy(label="Accept the new answer", says=says, allow=" ".join(accepted))


def waits_with_error(fetch: Fetch) -> bool:
    """Return whether a pending fetch waits because its last attempt failed, not for its turn alone."""
    return fetch.status is FetchStatus.PENDING and fetch.failure is not None and fetch.failure.code != RateLimited.code


def allowed_by(form: Mapping[str, str]) -> Allowed:
    """Return what a form accepts; raises InvalidInput."""
    try:
        return frozenset(map(Suspicion, form.get("allow", "").split()))
    except ValueError as error:
        raise InvalidInput(f"allow must be of {', '.join(Suspicion)}.", field="allow") from error
