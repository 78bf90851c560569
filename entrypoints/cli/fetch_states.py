"""The state of a fetch in words: how it ended and why, or what it waits for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from domain.errors import RateLimited
from domain.fetches import Failure, Fetch, FetchStatus, WaitingFor
from entrypoints.cli.tables import when

if TYPE_CHECKING:
    from domain.errors import FetchAlreadyRunning

WAITING = "waiting"
#: The states that a fetch does not leave, without its data.
FAILED = (FetchStatus.ERROR.value, FetchStatus.CANCELLED.value)
_CAUSES = {
    WaitingFor.RATE_LIMIT: "rate_limit: The provider's limit is reached.",
    WaitingFor.CIRCUIT: "circuit: The provider has not answered lately, and is left alone.",
}


def state_of(fetch: Fetch) -> str:
    """Return its status, which is ``waiting`` where it is pending until a later moment."""
    return WAITING if fetch.status is FetchStatus.PENDING and fetch.waiting_for else fetch.status.value


def explain(fetch: Fetch) -> str:
    """Return what it brought, why it failed, or what it waits for and until when."""
    if fetch.vintages_added is not None:
        return added(fetch.vintages_added) + left_out(fetch)
    if fetch.status is FetchStatus.RUNNING:
        return "It is being cancelled." if fetch.cancel_requested_at else "A worker is fetching it."
    if fetch.ended:
        return reason(fetch.failure) if fetch.failure else ""
    if fetch.waiting_for is None:
        return "No worker has begun it yet."
    if fetch.is_due(datetime.now(UTC)):
        return f"{_cause(fetch)} It is due since {when(fetch.not_before)}, and no worker (lanner up, lanner worker) has tried again yet."
    return f"{_cause(fetch)} Waits until {when(fetch.not_before)}; a worker (lanner up, lanner worker) tries again then."


def added(vintages: int) -> str:
    """Return how many vintages a fetch added, as a text."""
    return f"{vintages} vintage{'s' if vintages > 1 else ''} added" if vintages else "unchanged"


def left_out(fetch: Fetch) -> str:
    """Return which columns were left out, as the end of a sentence; empty if none were."""
    return f", without {', '.join(fetch.left_out)} (no numbers)" if fetch.left_out else ""


def reason(failure: Failure | FetchAlreadyRunning) -> str:
    """Return code, message and hint of a failure."""
    return f"{failure.code}: {failure.message} {failure.hint}".rstrip()


def is_trouble(fetch: Fetch | None) -> bool:
    """Return whether a series' newest fetch failed, or has not ended."""
    return fetch is not None and fetch.status is not FetchStatus.SUCCESS


def fetch_document(fetch: Fetch) -> dict[str, Any]:
    """Return it as JSON values, in the words of the REST API."""
    return {
        "id": fetch.id,
        "timeseries_id": fetch.series_id,
        "status": fetch.status,
        "created_at": fetch.created_at,
        "finished_at": fetch.finished_at,
        "cancel_requested_at": fetch.cancel_requested_at,
        "attempts": fetch.attempts,
        "next_attempt": fetch.not_before if fetch.status is FetchStatus.PENDING else None,
        "waiting_for": {"reason": fetch.waiting_for, "until": fetch.not_before} if fetch.waiting_for else None,
        "error": fetch.failure,
        "unchanged": None if fetch.vintages_added is None else fetch.vintages_added == 0,
        "vintage": fetch.vintage,
        "vintages_added": fetch.vintages_added,
        "left_out": list(fetch.left_out),
    }


def _cause(fetch: Fetch) -> str:
    """Return why it waits, with the error of its last attempt, if there was one."""
    failure, cause = fetch.failure, _CAUSES.get(fetch.waiting_for) if fetch.waiting_for else None
    if failure is None:
        return cause or "retry: The last attempt failed."
    if cause is None or (fetch.waiting_for is WaitingFor.RATE_LIMIT and failure.code == RateLimited.code):
        return reason(failure)
    return f"{cause} Its last error was {reason(failure)}"
