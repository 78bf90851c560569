"""How long requests take, by method, route and status."""

from __future__ import annotations

from functools import lru_cache

from entrypoints.histograms import SharedHistograms

LABELS = ("method", "route", "status")
_CACHE_SIZE = 1024
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

#: The values of its labels, and the seconds until its response was ready.
Completed = tuple[tuple[str, str, str], float]

#: Those of this process, and of all others of the same API.
REQUESTS = SharedHistograms((0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0))


@lru_cache(_CACHE_SIZE)
def labels_of(method: str, route: str | None, status: int) -> tuple[str, str, str]:
    """Return the values of a request's labels: its route's template, and no text that a client can choose."""
    return method if method in _METHODS else "other", route or "unknown", str(status)
