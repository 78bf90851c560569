"""Processes that do for this one what may take too much memory or time; each can be ended at any moment."""

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
#: Each would reserve memory of its own for threads and arenas, which the limit would count.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_OF_MEMORY = frozenset({-signal.SIGKILL, -signal.SIGABRT})

Ask = Callable[..., Any]


class _Child:
    """One process, which does one thing at a time."""

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
        """Whether it has not ended, and finds the modules that this process finds."""
        return self._process.poll() is None and self._path == tuple(sys.path)

    def end(self) -> int:
        """End it, if it has not ended; give its exit code."""
        self._process.kill()
        self.channel.sock.close()
        return self._process.wait()

    def run(self, function: Callable[..., Any], arguments: tuple[Any, ...], ask: Ask) -> tuple[Any, bool]:
        """Have it call a function, and answer what it asks meanwhile; give the outcome, and whether it is good for another."""
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
    Some processes, started when they are needed and kept for what comes next; may be shared by threads.

    Args:
        memory_bytes: what each may take.

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
            function: is given first what it can ask this process with.
            call: by which it is cut: the process then ends, whatever it is at.
            ask: is called here with what the function asks.

        Raises:
            AnswerTooLarge: it took more memory than there is.
            AnswerNotUnderstood: the process broke.

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
    """Give this process's children of so much memory."""
    return _children(os.getpid(), memory_bytes)


@cache
def _children(_process: int, memory_bytes: int) -> Children:
    # A forked process has its own: those of its parent speak to the parent.
    return Children(memory_bytes)


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing for a function that asks for nothing."""


def _outcome(ask: Ask, positional: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    try:
        return ask(*positional, **named)
    except DomainError as error:
        return error


def _environment(own: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out whatever may hold a secret: an answer's reader needs none of it."""
    kept = {name: value for name, value in own.items() if name in _KEPT_VARIABLES or name.startswith("LC_")}
    return {**kept, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
