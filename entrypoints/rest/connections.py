"""Processes of the API and their connections: how many, and how long a client may take to send headers or to read a response."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from entrypoints.rest.http.request_metrics import REQUESTS

HEADER_TIMEOUT_SECONDS = 30
SEND_TIMEOUT_SECONDS = 30
MAX_CONNECTIONS = 4096


class ApiProcess:
    """
    What each of Granian's processes runs: its worker, as a process that counts its requests with the others.

    Where the OS can do that, a connection is closed when a response stays unread. This is an object rather than a closure, so that it can
    be pickled for a spawned process.

    Args:
        worker: Granian's.
        memory: in which the processes count.

    """

    def __init__(self, worker: Callable[..., None], memory: Any) -> None:
        self._worker, self._memory = worker, memory

    def __call__(self, number: int, name: str | None, loader: Callable[..., Any], sockets: Any, *rest: Any) -> None:
        REQUESTS.join(self._memory, number - 1)
        self._worker(number, name, loader, _with_send_timeout(sockets) if sys.platform == "linux" else sockets, *rest)


def _with_send_timeout(sockets: Any) -> Any:
    (address, _), _ = sockets
    holder = address.build()
    with socket.socket(fileno=os.dup(holder.get_fd())) as listening:
        _set_send_timeout(listening)
    return (None, holder), None


def _set_send_timeout(listening: socket.socket) -> None:
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * SEND_TIMEOUT_SECONDS)
