"""The pool of processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool

_LOOK_SECONDS = 0.5


class _Processes(AsynPool):
    """Celery's, which looks after its processes every five seconds; as long, the message of a lost one would block those behind it."""

    @property
    def timers(self) -> Mapping[Callable[[], Any], float]:
        """Give what is done again and again, and after how many seconds."""
        return {self.maintain_pool: _LOOK_SECONDS}


class Pool(TaskPool):
    """Celery's, which would end the worker if a process was lost while it starts; here another takes its place, as later."""

    Pool = _Processes

    def did_start_ok(self) -> bool:
        """Leave it to the pool to replace what is lost, and to give up where it is too much."""
        return True
