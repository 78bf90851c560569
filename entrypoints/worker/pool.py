"""The pool of processes."""

from __future__ import annotations

from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool
from celery.utils.dispatch import Signal

_LOOK_SECONDS = 0.5

#: Sent with the number of a process that has gone, before another takes its place.
process_gone = Signal(name="process_gone", providing_args=["process"])


class _Processes(AsynPool):
    """Celery's, which looks after its processes every five seconds; as long, the message of a lost one would block those behind it."""

    @property
    def timers(self) -> dict[Any, Any]:
        """Give what is done again and again, and after how many seconds."""
        return {self.maintain_pool: _LOOK_SECONDS}

    def _process_cleanup_queues(self, worker: Any) -> None:
        process_gone.send(sender=self, process=worker.index)
        super()._process_cleanup_queues(worker)  # type: ignore[misc] # the stubs leave it out


class Pool(TaskPool):
    """Celery's, which would end the worker if a process was lost while it starts; here another takes its place, as later."""

    Pool = _Processes

    def did_start_ok(self) -> bool:
        """Leave it to the pool to replace what is lost, and to give up where it is too much."""
        return True
