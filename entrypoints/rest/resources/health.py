"""Is this process alive, and can it serve."""

from __future__ import annotations

from collections.abc import Iterator

import falcon

from domain.use_cases import UseCases
from domain.use_cases.check_health import CheckHealth
from entrypoints.rest.http.params import Parameters
from entrypoints.rest.openapi.description import answering
from entrypoints.rest.openapi.shapes import ALIVE, READY


class AliveResource:
    """Answers as long as the process can answer at all."""

    @answering({200: ALIVE}, scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Touch nothing."""
        Parameters(req.params)
        resp.media = {"status": "ok"}


class ReadyResource:
    """Answers as long as the store can be read."""

    def __init__(self, check_health: CheckHealth) -> None:
        self._check_health = check_health

    @answering({200: READY}, problems=(503,), scope=None)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Look at the store, and tell of workers, broker and waiting work, none of which makes this process unready."""
        Parameters(req.params)
        health = self._check_health()
        resp.media = {
            "status": "ok",
            "oldest_due_seconds": health.oldest_due_seconds,
            "workers": health.workers,
            "broker": {True: "ok", False: "unreachable", None: "unknown"}[health.broker],
        }


def routes(use_cases: UseCases) -> Iterator[tuple[str, object]]:
    """Give the routes."""
    yield "/healthz", AliveResource()
    yield "/readyz", ReadyResource(use_cases.check_health)
