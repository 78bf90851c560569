"""The client: POSTs over connections that are kept alive, asks again until it is accepted, and writes down every answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Barrier, Lock, Thread
from typing import Any, Self

from tests.faults.provider import DATABASE

ACCEPTED = (200, 201)
AGAIN_SECONDS = 0.05
GIVE_UP_SECONDS = 120
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Said:
    """
    What the client was told.

    Attributes:
        status: 0 if there was no answer.
        at: when it asked, by the monotonic clock.

    """

    code: str
    status: int
    seconds: float
    at: float
    series: str = ""
    fetch: str = ""


@dataclass
class Ledger:
    """Every answer that was given."""

    lines: list[Said] = field(default_factory=list)

    @property
    def accepted(self) -> list[Said]:
        return [said for said in self.lines if said.status in ACCEPTED]

    @property
    def codes(self) -> set[str]:
        return {said.code for said in self.accepted}

    @property
    def statuses(self) -> set[int]:
        return {said.status for said in self.lines}

    def percentile(self, share: float) -> float:
        """Give the milliseconds within which this share of the accepted was answered."""
        taken = sorted(said.seconds for said in self.accepted)
        return 1e3 * taken[min(len(taken) - 1, int(share * len(taken)))]


@dataclass(frozen=True)
class Driver:
    port: int

    def post(
        self, codes: Iterable[str], *, threads: int = 4, pause: float = 0, again: bool = True, together: bool = False, key: str = ""
    ) -> Ledger:
        """
        Request every code from several threads.

        Args:
            pause: between a thread's requests.
            again: whether to ask until accepted.
            together: whether the threads begin at one moment.
            key: whose requests are one request.

        """
        ledger, given, lock = Ledger(), iter(codes), Lock()
        barrier = Barrier(threads if together else 1)

        def work() -> None:
            with Client(self.port, key) as client:
                barrier.wait(30)
                for code in shared(given, lock):
                    ledger.lines += client.until_accepted(code) if again else [client.request(code)]
                    time.sleep(pause)

        run_all([work] * threads)
        return ledger

    def get(self, path: str) -> Any:
        with Client(self.port) as client:
            return client.call("GET", path)[1]


class Client:
    """One connection, opened anew whenever it broke."""

    def __init__(self, port: int, key: str = "") -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def until_accepted(self, code: str) -> list[Said]:
        lines = [self.request(code)]
        end = time.monotonic() + GIVE_UP_SECONDS
        while lines[-1].status not in ACCEPTED and time.monotonic() < end:
            time.sleep(AGAIN_SECONDS)
            lines.append(self.request(code))
        return lines

    def request(self, code: str, **fields: Any) -> Said:
        begun = time.monotonic()
        status, body = self.call("POST", "/timeseries", {"database_code": DATABASE, "dataset_code": code, **fields})
        taken = time.monotonic() - begun
        if status not in ACCEPTED:
            return Said(code, status, taken, begun)
        return Said(code, status, taken, begun, body["id"], body["fetch"]["id"])

    def call(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document).encode()
        try:
            self._connection.request(method, path, body, self._headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, HTTPException):
            self._connection.close()
            return NOBODY, None
        with suppress(ValueError):
            return response.status, json.loads(content)
        return response.status, None


def run_all(actions: Iterable[Callable[[], object]]) -> None:
    """Run actions at once; the first error of any is the caller's."""
    errors: list[BaseException] = []

    def guarded(action: Callable[[], object]) -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            errors.append(error)

    threads = [Thread(target=guarded, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def shared(given: Iterator[str], lock: Lock) -> Iterator[str]:
    """Give each to one of the threads that ask."""
    while True:
        with lock:
            code = next(given, None)
        if code is None:
            return
        yield code
