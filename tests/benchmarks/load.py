"""
A load generator in a process of its own: ``python -m tests.benchmarks.load`` with a JSON document as its only argument.

It keeps some connections busy with requests to loopback for a bounded time, and prints what came back as JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).parents[2]
#: What stays in the processor's caches costs a tenth of what does not, and both sides share them with this process.
_HEAD, _BODY = 1 << 12, 1 << 17


@dataclass(frozen=True)
class Load:
    """
    What came back.

    Attributes:
        rate: answers in a second.
        statuses: how often each came; 0 is a connection that broke.
        p50, p99, worst: milliseconds.

    """

    rate: float
    statuses: Mapping[str, int]
    p50: float
    p99: float
    worst: float


def loaded(port: int, paths: Sequence[str], *, headers: Mapping[str, str] | None = None, connections: int = 16, seconds: float = 3) -> Load:
    """Put a local server under load, from another process."""
    asked = {"port": port, "paths": paths, "headers": dict(headers or {}), "connections": connections, "seconds": seconds}
    command = [sys.executable, "-m", "tests.benchmarks.load", json.dumps(asked)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return Load(**json.loads(done.stdout))


@dataclass
class _Client:
    """A connection that asks again as soon as it is answered."""

    port: int
    requests: Sequence[bytes]
    asked: int = 0
    begun: float = 0.0
    missing: int = -1
    head: bytes = b""
    socket: socket.socket = field(init=False)

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        self.missing, self.head, self.begun = -1, b"", time.perf_counter()
        self.socket.sendall(self.requests[self.asked % len(self.requests)])
        self.asked += 1

    def take(self, buffer: memoryview) -> int:
        """Read what is there; return the status once the answer is complete, else 0."""
        got = self.socket.recv_into(buffer, _HEAD if self.missing < 0 else _BODY)
        if not got:
            raise ConnectionError
        if self.missing < 0:
            self.head += bytes(buffer[:got])
            head, end, body = self.head.partition(b"\r\n\r\n")
            if not end:
                return 0
            self.head = head
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            self.missing = (int(length[0].partition(b":")[2]) if length else 0) - len(body)
        else:
            self.missing -= got
        return 0 if self.missing > 0 else int(self.head[9:12])


def _run(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    buffer, statuses, taken = memoryview(bytearray(_BODY)), Counter[str](), []
    with selectors.DefaultSelector() as ready:
        clients = [_Client(port, requests[n:] + requests[:n]) for n in (index % len(requests) for index in range(connections))]
        for client in clients:
            client.connect()
            ready.register(client.socket, selectors.EVENT_READ, client)
            client.ask()
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            for key, _ in ready.select(timeout=1):
                client = key.data
                try:
                    status = client.take(buffer)
                    if status:
                        statuses[str(status)] += 1
                        taken.append(time.perf_counter() - client.begun)
                        client.ask()
                except ConnectionError:
                    statuses["0"] += 1
                    ready.unregister(client.socket)
                    client.connect()
                    ready.register(client.socket, selectors.EVENT_READ, client)
                    client.ask()
        lasted = time.perf_counter() - begun
    cuts = [1e3 * cut for cut in quantiles(taken, n=100)] if len(taken) > 1 else [0.0] * 99
    return Load(len(taken) / lasted, dict(statuses), cuts[49], cuts[98], 1e3 * max(taken, default=0.0))


def main() -> None:
    """Read what is asked, do it, and print what came back."""
    asked = json.loads(sys.argv[1])
    lines = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": "127.0.0.1"} | asked["headers"]).items())
    requests = [f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode() for path in asked["paths"]]
    found = _run(asked["port"], requests, asked["connections"], asked["seconds"])
    sys.stdout.write(json.dumps(found.__dict__))


if __name__ == "__main__":
    main()
