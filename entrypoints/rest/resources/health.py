"""Health probes: liveness and readiness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import falcon

from domain.ports import ReplicaStatus
from domain.use_cases import UseCases
from domain.use_cases.check_health import CheckHealth
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation
from entrypoints.rest.openapi.response_schemas import ALIVE, READY

_SAID = {True: "ok", False: "unreachable", None: "unknown"}


class LivenessResource:
    """Liveness of the process."""

    @operation({200: ALIVE}, scope=None)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Return 200 without using the store."""
        resp.media = {"status": "ok"}


class ReadinessResource:
    """Readiness: whether the store can be read."""

    def __init__(self, check_health: CheckHealth) -> None:
        self._check_health = check_health

    @operation({200: READY}, problems=(503,), scope=None)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Read the store; report workers, how many receive messages, broker, replica and due fetches: none makes this process unready."""
        health = self._check_health()
        resp.media = {
            "status": "ok",
            "oldest_due_seconds": health.oldest_due_seconds,
            "workers": health.workers,
            "consumers": health.consumers,
            "broker": _SAID[health.broker],
            **(_of_replica(health.replica) if health.replica else {}),
        }


def _of_replica(replica: ReplicaStatus) -> dict[str, Any]:
    return {
        "primary": _SAID[replica.primary_reachable],
        "replica": replica.state,
        "replica_lag_bytes": replica.lag_bytes,
        "replica_lag_seconds": replica.lag_seconds,
    }


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/healthz", LivenessResource()
    yield "/readyz", ReadinessResource(use_cases.check_health)
