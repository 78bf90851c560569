"""Honest clients beside attackers: what they are answered, and how fast."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle

from tests.faults.driver import run_all

KNOWN = "SAMPLE/NILE"
CLIENTS = 20
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 10.0
NOBODY = 0
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Call:
    """A request that is made again and again."""

    method: str
    path: str
    body: str = ""


@dataclass
class Seen:
    """What all of them were answered."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def failed(self) -> dict[str, int]:
        """Count what was no answer to what was asked."""
        return {f"{method} {status}": count for (method, status), count in self.statuses.items() if status not in (200, 201)}

    @property
    def p99(self) -> float:
        """Tell the milliseconds in which 99 of 100 were answered."""
        taken = sorted(self.seconds)
        return 1e3 * taken[min(len(taken) - 1, int(0.99 * len(taken)))]


def calls(series: str) -> list[Call]:
    """Name what honest clients do."""
    return [
        Call("GET", f"/timeseries/{series}/data.json"),
        Call("POST", "/timeseries", json.dumps({"code": KNOWN})),
        Call("GET", "/healthz"),
        Call("GET", f"/api/v3/datasets/{KNOWN}.json?limit=5"),
    ]


def served(port: int, asked: Sequence[Call], *, seconds: float, clients: int = CLIENTS) -> Seen:
    """Ask, each client by its own address and one request after the other, for that long."""
    seen, end = Seen(), time.monotonic() + seconds

    def work(number: int) -> None:
        turns = cycle(asked[number % len(asked) :] + asked[: number % len(asked)])
        while time.monotonic() < end:
            for call, status, taken in _asked(port, f"127.2.0.{number + 1}", turns, end):
                seen.statuses[call.method, status] += 1
                seen.seconds.append(taken)

    run_all([lambda number=number: work(number) for number in range(clients)])
    return seen


def _asked(port: int, source: str, turns: Iterator[Call], end: float) -> Iterator[tuple[Call, int, float]]:
    """Ask ten times over one connection, or until it breaks."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS, source_address=(source, 0))
    try:
        for _ in range(10):
            if time.monotonic() > end:
                return
            call, begun = next(turns), time.monotonic()
            status = _status(connection, call)
            yield call, status, time.monotonic() - begun
            if status == NOBODY:
                return
            time.sleep(PAUSE_SECONDS)
    finally:
        connection.close()


def _status(connection: HTTPConnection, call: Call) -> int:
    try:
        connection.request(call.method, call.path, call.body or None, _JSON)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        return NOBODY
    return response.status
