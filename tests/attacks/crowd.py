"""
Clients that are silent or stall, of every kind, as a process of their own.

``python -m tests.attacks.crowd PORT COUNT ADDRESSES LARGE WHOLE ARCHIVE``: the last three are paths of the data
of a large series, of data that is sent in one piece, and of an archive.

It holds that many connections, opens anew what the other side ends, and says at its end, on SIGTERM, what became of them.
"""

from __future__ import annotations

import json
import resource
import select
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

TICK_SECONDS = 1.0
_HANGS_UP = select.POLLHUP | select.POLLERR | select.POLLRDHUP
_HEAD = "{} HTTP/1.1\r\nHost: localhost\r\n"
_POST = _HEAD.format("POST /timeseries") + "Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
_LETTERS = "a" * 60


@dataclass(frozen=True)
class Kind:
    """
    How a client stalls.

    Attributes:
        begins: what it sends at once.
        drips: what it sends each second.
        reads: bytes that it reads each second.

    """

    begins: str
    drips: str = ""
    reads: int = 0


def kinds(large: str, whole: str, archive_path: str) -> dict[str, Kind]:
    """Name every kind."""
    data, piece = (_HEAD.format(f"GET {path}") + "\r\n" for path in (large, whole))
    archive = _HEAD.format(f"GET {archive_path}") + "\r\n"
    codes = _HEAD.format("GET /api/v3/databases/BIG/codes") + "\r\n"
    return {
        "silent": Kind(""),
        "half a head": Kind(_HEAD.format("GET /healthz")),
        "dripping head": Kind(_HEAD.format("GET /healthz") + "X-A: ", "a"),
        "half a body": Kind(_POST + '{"code": "'),
        "dripping body": Kind(_POST + '{"code": "', "a"),
        "unread": Kind(piece),
        "unread pipeline": Kind(data * 50),
        "stalled archive": Kind(archive),
        "slow archive": Kind(archive, reads=1),
        "stalled codes": Kind(codes),
    }


class Client:
    """One connection after another."""

    def __init__(self, port: int, source: str, kind: Kind) -> None:
        self._port, self._source, self._kind = port, source, kind
        self.socket: socket.socket | None = None

    def open(self) -> int:
        """Connect, and begin; give the descriptor."""
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.SOL_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        self.socket.bind((self._source, 0))
        self.socket.settimeout(0.5)
        with suppress(OSError):
            self.socket.connect(("127.0.0.1", self._port))
            self.socket.send(self._kind.begins.encode())
        self.socket.settimeout(0)
        return self.socket.fileno()

    def stall(self) -> None:
        """Do the little that its kind does in a second."""
        if self.socket and self._kind.drips:
            with suppress(OSError):
                self.socket.send(self._kind.drips.encode())
        if self.socket and self._kind.reads:
            with suppress(OSError):
                self.socket.recv(self._kind.reads)

    def close(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket = None


def besiege(port: int, count: int, addresses: int, names: dict[str, Kind], *, goes_on: Callable[[], bool]) -> dict[str, dict[str, int]]:
    """Hold the connections; tell how many were opened of each kind, and how many are open in the end."""
    chosen = [[*names][number % len(names)] for number in range(count)]
    clients = [Client(port, _source(number % addresses), names[name]) for number, name in enumerate(chosen)]
    opened: Counter[str] = Counter()
    watched, poll = {}, select.poll()
    while goes_on():
        begun = time.monotonic()
        for number, client in enumerate(clients):
            if client.socket is None:
                opened[chosen[number]] += 1
                watched[descriptor := client.open()] = client
                poll.register(descriptor, select.POLLRDHUP)
            else:
                client.stall()
        # Whoever was hung up on comes again with the next tick.
        for descriptor, event in poll.poll(0):
            if event & _HANGS_UP:
                poll.unregister(descriptor)
                watched.pop(descriptor).close()
        time.sleep(max(0.05, TICK_SECONDS - (time.monotonic() - begun)))
    held = Counter(name for name, client in zip(chosen, clients, strict=True) if client.socket)
    return {"opened": dict(opened), "held": dict(held)}


def _source(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    told = besiege(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), kinds(*sys.argv[4:7]), goes_on=lambda: not ended)
    sys.stdout.write(json.dumps(told))
