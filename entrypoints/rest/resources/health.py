"""Is this process alive, and can it serve."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.use_cases import UseCases
from domain.use_cases.check_health import CheckHealth
from entrypoints.rest.http.params import QueryParameters
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import ALIVE, READY


class LivenessResource:
    """Answers as long as the process can answer at all."""

    @operation({200: ALIVE}, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Touch nothing."""
        QueryParameters(req.params)
        resp.media = {"status": "ok"}


class ReadinessResource:
    """Answers as long as the store can be read."""

    def __init__(self, check_health: CheckHealth) -> None:
        self._check_health = check_health

    @operation({200: READY}, problems=(503,), scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Look at the store, and tell of workers, broker and waiting work, none of which makes this process unready."""
        QueryParameters(req.params)
        health = self._check_health()
        resp.media = {
            "status": "ok",
            "oldest_due_seconds": health.oldest_due_seconds,
            "workers": health.workers,
            "broker": {True: "ok", False: "unreachable", None: "unknown"}[health.broker],
        }


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    yield "/healthz", LivenessResource()
    yield "/readyz", ReadinessResource(use_cases.check_health)
