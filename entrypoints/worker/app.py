"""The Celery application, built on the use cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Celery
from celery.worker import WorkController

from domain.use_cases import UseCases
from entrypoints.worker.consumer import FetchConsumer, fetch_queue
from entrypoints.worker.lifecycle.isolation import IsolationLock
from entrypoints.worker.message_validation import refuse_unreadable_properties
from entrypoints.worker.tasks import QUEUE, register

_THREADS = 8
_CONNECT_SECONDS = 4
# Without them, closing a connection to a broker that does not answer would wait forever.
_TIMEOUTS = {"read_timeout": 4, "write_timeout": 4}
_SETTINGS: dict[str, Any] = {
    "broker_connection_timeout": _CONNECT_SECONDS,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_channel_error_retry": True,
    "task_default_queue": QUEUE,
    "task_publish_retry": False,
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_disable_rate_limits": True,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
}
_EMBEDDED: dict[str, Any] = {
    "broker_transport_options": {"polling_interval": 0.04},
    "worker_pool": "threads",
    "worker_concurrency": _THREADS,
}
_PRODUCTION: dict[str, Any] = {
    # A broker that says nothing is left after two of them, within half a minute.
    "broker_heartbeat": 12,
    "task_reject_on_worker_lost": True,
    # Messages of a lost process are redelivered sooner than after ten seconds: claims keep a fetch from running twice.
    "worker_lost_wait": 0.5,
    "worker_pool": "entrypoints.worker.pool:Pool",
    "worker_max_tasks_per_child": 500,
}
_GRACE_SECONDS = 30


def create_worker(  # noqa: PLR0913 - what it is made of
    use_cases: UseCases,
    *,
    broker_url: str,
    processes: int = 1,
    deadline_seconds: float = 120,
    isolation: IsolationLock | None = None,
    explain: Callable[[Exception], str] = repr,
    report_consumers: Callable[[int], object] = bool,
) -> Celery:
    """
    Return the application: a pool of threads for the broker in memory, else of processes.

    Args:
        processes: the pool's size with an external broker.
        deadline_seconds: after which a fetch fails by itself; a process that still runs it a minute later is killed.
        isolation: the lock for fetches in this process, if something else uses it, too; by default a new one.
        explain, report_consumers: as in ``FetchConsumer``.

    """
    app = Celery("lanner", broker=broker_url)
    app.conf.update(_SETTINGS, task_queues=[fetch_queue()])
    app.conf.worker_consumer = partial(FetchConsumer, explain=explain, report_consumers=report_consumers)
    if broker_url.startswith("memory:"):
        app.conf.update(_EMBEDDED, broker_url="memory://localhost/")
    else:
        limits = {"task_soft_time_limit": deadline_seconds + _GRACE_SECONDS, "task_time_limit": deadline_seconds + 2 * _GRACE_SECONDS}
        app.conf.update(_PRODUCTION, worker_concurrency=processes, broker_transport_options=_transport(broker_url), **limits)
    register(app, use_cases, isolation or IsolationLock())
    return app


def _transport(broker_url: str) -> dict[str, Any]:
    """Return the options with which each host is tried once."""
    others = broker_url.count(";")
    return {"confirm_publish": True, "max_retries": others, "connect_retries_timeout": _CONNECT_SECONDS * (others + 1), **_TIMEOUTS}


def open_controller(app: Celery) -> WorkController:
    """Return Celery's worker without its signal handlers, its logging and its messages to other workers."""
    # The pool's threads look the application up here.
    app.set_default()
    refuse_unreadable_properties()
    return WorkController(app=app, without_gossip=True, without_mingle=True, without_heartbeat=True)
