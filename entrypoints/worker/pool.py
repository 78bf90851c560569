"""The pool of processes."""

from __future__ import annotations

from celery.concurrency.prefork import TaskPool


class Pool(TaskPool):
    """Celery's, which would end the worker if a process was lost while it starts; here another takes its place, as later."""

    def did_start_ok(self) -> bool:
        """Leave it to the pool to replace what is lost, and to give up where it is too much."""
        return True
