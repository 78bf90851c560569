"""A pool of child processes for work that may need too much memory or time; each can be killed at any moment."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from weakref import finalize

from adapters.provider_kit.child_process.channel import Channel
from adapters.provider_kit.http.deadlines import InFlightCall
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, DomainError

MEMORY_BYTES = 1_000_000_000
_LOOK_SECONDS = 0.05
_LEAST_AT_ONCE, _MOST_AT_ONCE = 2, 4
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
#: Threads and arenas would reserve memory that counts toward the limit.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_OF_MEMORY = frozenset({-signal.SIGKILL, -signal.SIGABRT})

Ask = Callable[..., Any]


class _Child:
    """One process, which runs one function at a time."""

    def __init__(self, memory_bytes: int) -> None:
        self._path = tuple(sys.path)
        ours, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-P", "-m", "adapters.provider_kit.child_process.child", str(its.fileno()), str(memory_bytes)],
                stdin=subprocess.DEVNULL,
                stdout=sys.__stderr__,
                pass_fds=[its.fileno()],
                env=_environment(os.environ),
            )
        self.channel = Channel(ours)

    @property
    def is_usable(self) -> bool:
        """Whether it runs, and has the import path of this process."""
        return self._process.poll() is None and self._path == tuple(sys.path)

    def end(self) -> int:
        """Kill it if it runs; return its exit code."""
        self._process.kill()
        self.channel.sock.close()
        return self._process.wait()

    def run(self, function: Callable[..., Any], arguments: tuple[Any, ...], ask: Ask) -> tuple[Any, bool]:
        """Call a function in it and answer its requests meanwhile; return the outcome, and whether the process can be used again."""
        self.channel.send((function, arguments))
        while True:
            kind, *content = self.channel.receive()
            if kind == "done":
                return content[0], content[1]
            if kind == "log":
                record = logging.makeLogRecord(content[0])
                logging.getLogger(record.name).handle(record)
            else:
                self.channel.send(_outcome(ask, *content))


class Children:
    """
    Child processes, started on demand and reused; thread-safe.

    Args:
        memory_bytes: the limit of each process.

    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._places = BoundedSemaphore(min(max(os.cpu_count() or 1, _LEAST_AT_ONCE), _MOST_AT_ONCE))
        self._idle: list[_Child] = []
        finalize(self, _end_all, self._idle)

    def run(self, function: Callable[..., Any], *arguments: Any, call: InFlightCall, ask: Ask | None = None) -> Any:
        """
        Call a module's function in another process; what it raises is raised here.

        Args:
            function: its first argument is a function that calls ``ask`` in this process.
            call: aborting it kills the child process.
            ask: answers requests of the function.

        Raises:
            AnswerTooLarge: it needed more memory than the limit.
            AnswerNotUnderstood: the process died.

        """
        with self._place(call):
            outcome = self._outcome(call, function, arguments, ask or _nothing)
        if isinstance(outcome, MemoryError):
            raise self._too_large()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @contextmanager
    def _place(self, call: InFlightCall) -> Iterator[None]:
        while not self._places.acquire(timeout=_LOOK_SECONDS):
            if call.aborted_by:
                raise call.aborted_by
        try:
            yield
        finally:
            self._places.release()

    def _outcome(self, call: InFlightCall, function: Callable[..., Any], arguments: tuple[Any, ...], ask: Ask) -> Any:
        child, is_good = self._one(), False
        try:
            call.hold(child.channel.sock)
            outcome, is_good = child.run(function, arguments, ask)
        except (EOFError, OSError) as exc:
            raise self._death(child.end()) from exc
        finally:
            if is_good:
                self._idle.append(child)
            else:
                child.end()
        return outcome

    def _one(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.is_usable:
                return child
            child.end()
        return _Child(self._memory_bytes)

    def _death(self, exit_code: int) -> DomainError:
        if exit_code in _OF_MEMORY:
            return self._too_large()
        reason = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
        return AnswerNotUnderstood(f"The process that read the answer broke ({reason}).")

    def _too_large(self) -> AnswerTooLarge:
        return AnswerTooLarge(
            f"To read the answer takes more than {self._memory_bytes // 1_000_000} MB of memory.",
            hint="Ask for less at once, or raise LANNER_WORKER_MEMORY.",
        )


def _end_all(processes: Sequence[_Child]) -> None:
    for process in processes:
        process.end()


def children(memory_bytes: int) -> Children:
    """Return this process's pool for a memory limit."""
    return _children(os.getpid(), memory_bytes)


@cache
def _children(_process: int, memory_bytes: int) -> Children:
    # A forked process needs a pool of its own: its parent's children are connected to the parent.
    return Children(memory_bytes)


def _nothing(*_: Any, **__: Any) -> None:
    """Answer nothing."""


def _outcome(ask: Ask, positional: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    try:
        return ask(*positional, **named)
    except DomainError as error:
        return error


def _environment(own: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment without variables that may hold a secret."""
    kept = {name: value for name, value in own.items() if name in _KEPT_VARIABLES or name.startswith("LC_")}
    return {**kept, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
