"""Metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import falcon

from domain.api_keys import Scope
from domain.fetches import FetchStatus, WaitingFor
from domain.metrics import Counted, Metrics
from domain.ports import ReplicaState
from domain.throttling import Circuit
from domain.use_cases import UseCases
from domain.use_cases.check_health import CheckHealth, Health
from domain.use_cases.list_providers import ListProviders, ProviderStatus
from entrypoints.rest.http.responses import ResponseSender
from entrypoints.rest.openapi.operation import operation

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_COUNTED: Mapping[Counted, str] = {
    Counted.STALE_COMMITS: "Commits of fetches refused because their lease was lost.",
    Counted.CLAIMS_LOST: "Messages for fetches that another worker had claimed.",
    Counted.DIVERGENCES: "Arrivals after which series that should agree differed by more than their tolerance.",
    Counted.SWEEPS_WITH_WORK: "Sweeps that found due fetches to notify workers of.",
}


class MetricsResource:
    """Metrics from the store, the same from every process except ``broker_up`` and those of the replica."""

    def __init__(self, check_health: CheckHealth, list_providers: ListProviders) -> None:
        self._check_health, self._list_providers = check_health, list_providers

    @operation({200: {"text/plain": {"type": "string"}}}, scope=Scope.READ)
    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Return them in Prometheus' text format."""
        health, figures = self._check_health.metrics()
        resp.content_type = _TYPE
        resp.text = "".join(
            f"{line}\n"
            for line in (*_of_health(health), *_of_replica(health), *_of_figures(figures), *_of_providers(self._list_providers()))
        )


def _of_health(health: Health) -> Iterator[str]:
    yield from _family(
        "oldest_due_seconds", "gauge", "Age of the oldest due fetch that no worker has claimed.", [("", health.oldest_due_seconds)]
    )
    yield from _family("workers", "gauge", "Workers with a heartbeat within a minute.", [("", health.workers)])
    yield from _family("consumers", "gauge", "Workers that receive messages from the broker.", [("", health.consumers)])
    if health.broker is not None:
        yield from _family("broker_up", "gauge", "Whether the last notification reached the broker.", [("", int(health.broker))])


def _of_replica(health: Health) -> Iterator[str]:
    replica = health.replica
    if replica is None:
        return
    yield from _family("replica_read", "gauge", "Whether this process reads at the replica.", [("", int(replica.state is ReplicaState.OK))])
    for unit, lag in (("bytes", replica.lag_bytes), ("seconds", replica.lag_seconds)):
        if lag is not None:
            yield from _family(f"replica_lag_{unit}", "gauge", f"How many {unit} the replica is behind the primary.", [("", lag)])
    counts = [(f'{{reason="{reason}"}}', count) for reason, count in replica.fallbacks.items()]
    yield from _family("replica_fallbacks_total", "counter", "Reads that went to the primary in place of the replica, by reason.", counts)


def _of_figures(figures: Metrics) -> Iterator[str]:
    statuses = [(f'{{status="{status}"}}', figures.fetches.get(status, 0)) for status in FetchStatus]
    yield from _family("fetches", "gauge", "Stored fetches, by status.", statuses)
    waits = [(f'{{reason="{reason}"}}', figures.waits.get(reason, 0)) for reason in WaitingFor]
    yield from _family("fetches_waiting", "gauge", "Pending fetches that wait, by reason.", waits)
    for counted, text in _COUNTED.items():
        yield from _family(f"{counted}_total", "counter", text, [("", figures.counted.get(counted, 0))])


def _of_providers(listed: Iterable[ProviderStatus]) -> Iterator[str]:
    known = [each for each in listed if each.circuit]
    opened = [(f'{{provider="{each.provider.name}"}}', int(each.circuit is not Circuit.CLOSED)) for each in known]
    yield from _family("provider_circuit_open", "gauge", "Whether a provider's circuit is open, so that it is not called.", opened)
    blocked = [(f'{{provider="{each.provider.name}"}}', int(each.blocked_until is not None)) for each in known]
    yield from _family("provider_blocked", "gauge", "Whether a provider has asked not to be called for a time.", blocked)


def _family(name: str, kind: str, text: str, samples: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP lanner_{name} {text}"
    yield f"# TYPE lanner_{name} {kind}"
    for labels, value in samples:
        yield f"lanner_{name}{labels} {value}"


def routes(use_cases: UseCases, _sender: ResponseSender) -> Iterator[tuple[str, object]]:
    """Yield the routes."""
    yield "/metrics", MetricsResource(use_cases.check_health, use_cases.list_providers)
