"""Limits on connections: their number, and how long a client may take to send headers or to read a response."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

HEADER_TIMEOUT_SECONDS = 30
SEND_TIMEOUT_SECONDS = 30
MAX_CONNECTIONS = 4096


def with_send_timeout(worker: Callable[..., None]) -> Callable[..., None] | None:
    """Return Granian's worker on a socket whose connections are closed when a response stays unread; None where the OS cannot do that."""
    return _Worker(worker) if sys.platform == "linux" else None


class _Worker:
    """An object rather than a closure, so that it can be pickled for a spawned process."""

    def __init__(self, worker: Callable[..., None]) -> None:
        self._worker = worker

    def __call__(self, number: int, name: str | None, loader: Callable[..., Any], sockets: Any, *rest: Any) -> None:
        (address, _), _ = sockets
        holder = address.build()
        with socket.socket(fileno=os.dup(holder.get_fd())) as listening:
            _set_send_timeout(listening)
        self._worker(number, name, loader, ((None, holder), None), *rest)


def _set_send_timeout(listening: socket.socket) -> None:
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * SEND_TIMEOUT_SECONDS)
