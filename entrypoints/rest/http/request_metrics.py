"""How long requests take, by method, route and status."""

from __future__ import annotations

from entrypoints.histograms import SharedHistograms

LABELS = ("method", "route", "status")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

#: The values of its labels, and the seconds until its response was ready.
Completed = tuple[tuple[str, str, str], float]

#: Those of this process, and of all others of the same API.
REQUESTS = SharedHistograms((0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0))


def completed(method: str, route: str | None, status: int, seconds: float) -> Completed:
    """Return a request as it is counted: under its route's template, and no text that a client can choose."""
    return (method if method in _METHODS else "other", route or "unknown", str(status)), seconds
