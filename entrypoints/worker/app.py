"""The Celery application, a function of the use cases."""

from __future__ import annotations

from typing import Any

from celery import Celery
from celery.worker import WorkController

from domain.use_cases import UseCases
from entrypoints.worker.lifecycle.isolation import IsolationLock
from entrypoints.worker.messages import refuse_while_reading
from entrypoints.worker.tasks import QUEUE, register

_THREADS = 8
# Else a broker that falls silent would be waited for without end when its connection is closed.
_PATIENCE = {"read_timeout": 4, "write_timeout": 4}
_SETTINGS: dict[str, Any] = {
    "broker_connection_timeout": 4,
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
    "worker_consumer": "entrypoints.worker.messages:Consumer",
}
_EMBEDDED: dict[str, Any] = {
    "broker_transport_options": {"polling_interval": 0.04},
    "worker_pool": "threads",
    "worker_concurrency": _THREADS,
}
_PRODUCTION: dict[str, Any] = {
    "broker_heartbeat": 30,
    "broker_transport_options": {"confirm_publish": True, "max_retries": 0, **_PATIENCE},
    "task_reject_on_worker_lost": True,
    # What else a lost process was told to do need not wait ten seconds: that it is done twice the claim prevents.
    "worker_lost_wait": 0.5,
    "worker_pool": "entrypoints.worker.pool:Pool",
    "worker_max_tasks_per_child": 500,
}
_SPARE_SECONDS = 30


def create_worker(
    use_cases: UseCases,
    *,
    broker_url: str,
    processes: int = 1,
    deadline_seconds: float = 120,
    gate: IsolationLock | None = None,
) -> Celery:
    """
    Build the application: threads with a broker in memory, else processes.

    Args:
        processes: how many there are, with a broker outside.
        deadline_seconds: when a fetch gives up by itself; a process still at it well after is cut.
        gate: what fetches pass that run in this process, if others pass it too.

    """
    app = Celery("lanner", broker=broker_url)
    app.conf.update(_SETTINGS)
    if broker_url.startswith("memory:"):
        app.conf.update(_EMBEDDED, broker_url="memory://localhost/")
    else:
        limits = {"task_soft_time_limit": deadline_seconds + _SPARE_SECONDS, "task_time_limit": deadline_seconds + 2 * _SPARE_SECONDS}
        app.conf.update(_PRODUCTION, worker_concurrency=processes, **limits)
    register(app, use_cases, gate or IsolationLock())
    return app


def open_controller(app: Celery) -> WorkController:
    """Make Celery's worker, without its signal handlers, its logging and its talk with other workers."""
    # The pool's threads find the application nowhere but here.
    app.set_default()
    refuse_while_reading()
    return WorkController(app=app, without_gossip=True, without_mingle=True, without_heartbeat=True)
