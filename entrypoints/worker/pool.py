"""The pool of processes."""

from __future__ import annotations

from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool
from celery.utils.dispatch import Signal

_MAINTENANCE_SECONDS = 0.5

#: Sent with the index of a process that has exited, before another replaces it.
process_gone = Signal(name="process_gone", providing_args=["process"])


class _Processes(AsynPool):
    """Celery's pool, maintained every half second instead of every five: until then a lost process blocks the messages behind its own."""

    @property
    def timers(self) -> dict[Any, Any]:
        return {self.maintain_pool: _MAINTENANCE_SECONDS}

    def _process_cleanup_queues(self, worker: Any) -> None:
        process_gone.send(sender=self, process=worker.index)
        super()._process_cleanup_queues(worker)  # type: ignore[misc] # the stubs leave it out


class Pool(TaskPool):
    """Celery's pool, except that a process lost while the worker starts is replaced, too, instead of ending the worker."""

    Pool = _Processes

    def did_start_ok(self) -> bool:
        return True  # the pool replaces lost processes, and gives up if there are too many
