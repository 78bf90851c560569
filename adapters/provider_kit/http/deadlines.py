"""Calls in flight: each is aborted at its socket when its deadline passes or the process shuts down."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from threading import Condition, RLock, Thread

from domain.errors import FetchError

#: This thread's call.
current: ContextVar[InFlightCall] = ContextVar("current")


class InFlightCall:
    """
    One request and its response.

    Args:
        until: time of the monotonic clock at which it is aborted.
        late: the error raised then.
        query: secret parameters, added to the request target only when it is sent.
        owner: whose calls ``abort_calls`` ends.

    """

    def __init__(self, *, until: float, late: FetchError, query: str = "", owner: object = None) -> None:
        self.until, self.owner = until, owner
        self.aborted_by: FetchError | None = None
        self._late, self._query = late, query
        self._lock = RLock()
        self._held: list[socket.socket] = []

    def remaining(self) -> float:
        """Return how many seconds are left, at least a millisecond."""
        return max(self.until - time.monotonic(), 0.001)

    def hold(self, sock: socket.socket) -> None:
        """
        Shut a socket down when this call is aborted.

        Raises:
            FetchError: the call was aborted.

        """
        # A descriptor of our own: TLS takes the other one over, and its number may be another connection's by then.
        twin = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._held.append(twin)
            if self.aborted_by:
                raise self.aborted_by

    def abort(self, error: FetchError | None = None) -> None:
        """Shut its sockets down, so that blocked reads return; the first error is kept."""
        with self._lock:
            self.aborted_by = self.aborted_by or error or self._late
            for held in self._held:
                with suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close its descriptors."""
        with self._lock:
            for held in self._held:
                held.close()
            self._held.clear()

    def on_wire(self, target: str) -> str:
        """Return a request's target with the secret parameters."""
        return f"{target}{'&' if '?' in target else '?'}{self._query}" if self._query else target


@contextmanager
def in_flight(call: InFlightCall) -> Iterator[InFlightCall]:
    """
    Register a call as this thread's for the block.

    Raises:
        FetchError: it was aborted; a response that came until then is discarded.

    """
    watch, token = _watch(os.getpid()), current.set(call)
    watch.add(call)
    try:
        yield call
    except Exception as exc:
        if call.aborted_by and call.aborted_by is not exc:
            raise call.aborted_by from exc
        raise
    else:
        if call.aborted_by:
            raise call.aborted_by
    finally:
        current.reset(token)
        watch.remove(call)
        call.end()


def abort_calls(owner: object, error: FetchError) -> None:
    """Abort every call of an owner."""
    _watch(os.getpid()).abort(owner, error)


class _Watch:
    """The calls in flight of this process, and the thread that aborts them at their deadlines."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._calls: set[InFlightCall] = set()
        self._wakes_at = math.inf
        self._thread: Thread | None = None

    def add(self, call: InFlightCall) -> None:
        with self._changed:
            self._calls.add(call)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="call-deadlines", daemon=True)
                self._thread.start()
            if call.until < self._wakes_at:
                self._changed.notify()

    def remove(self, call: InFlightCall) -> None:
        with self._changed:
            self._calls.discard(call)

    def abort(self, owner: object, error: FetchError) -> None:
        with self._changed:
            for call in self._calls:
                if call.owner is owner:
                    call.abort(error)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                late = {call for call in self._calls if call.until <= now}
                for call in late:
                    call.abort()
                self._calls -= late
                self._wakes_at = min((call.until for call in self._calls), default=math.inf)
                self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)


@cache
def _watch(_process: int) -> _Watch:
    # A forked process has neither its parent's threads nor its locks in a known state: it has a watch of its own.
    return _Watch()
