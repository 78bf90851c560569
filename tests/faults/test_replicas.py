"""A replica that becomes the primary under load: nothing is lost, nobody waits for long, and nobody goes back in time."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from typing import Any

import pytest

from domain.ports import CONSISTENCY_HEADER
from tests.faults.conftest import SEED, scale
from tests.faults.disturbing import kept_alive, settled
from tests.faults.driver import ACCEPTED, AGAIN_SECONDS, NOBODY, Ledger, Said, run_all, shared
from tests.faults.figures import Figures
from tests.faults.processes import comes_true
from tests.faults.provider import DATABASE
from tests.faults.stacks import server_stack
from tests.replication import replicated

pytestmark = [pytest.mark.faults, pytest.mark.server, pytest.mark.slow]
#: From one answer of a reader to the next: the other server takes over, and the processes find it.
BOUND_SECONDS = 40.0


@dataclass
class TokenClient:
    """A client that sends back the last token."""

    port: int
    token: str = ""
    statuses: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._connection = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", **({CONSISTENCY_HEADER: self.token} if self.token else {})}
        try:
            self._connection.request(method, path, document and json.dumps(document), headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, HTTPException):
            self._connection.close()
            self.statuses[NOBODY] += 1
            return NOBODY, None
        self.token = response.headers.get(CONSISTENCY_HEADER) or self.token
        self.statuses[response.status] += 1
        return response.status, json.loads(body)


@dataclass
class Reader:
    """Reads the feed again and again from the last vintage that it has seen, and says what has become of that one."""

    client: TokenClient
    last: int = 0
    gap: float = 0.0
    lost: list[tuple[int, Any]] = field(default_factory=list)

    def read_until(self, ended: Event) -> None:
        with closing(self.client):
            self._read(ended)

    def _read(self, ended: Event) -> None:
        answered = time.monotonic()
        while not ended.is_set():
            status, page = self.client.ask("GET", f"/vintages?after={max(self.last - 1, 0)}&limit=1000")
            if status == 200:
                now = time.monotonic()
                self.gap, answered = max(self.gap, now - answered), now
                self._compare([item["position"] for item in page["items"]])
            time.sleep(0.02)

    def _compare(self, positions: list[int]) -> None:
        if self.last and self.last not in positions[:1]:
            self.lost.append((self.last, positions[:3]))
        self.last = max([self.last, *positions])


def requested(client: TokenClient, codes: Iterable[str], unseen: list[str]) -> Iterator[Said]:
    """Request codes until each is accepted, and look at once whether it is there."""
    for code in codes:
        status = NOBODY
        while status not in ACCEPTED:
            begun = time.monotonic()
            status, body = client.ask("POST", "/timeseries", {"database_code": DATABASE, "dataset_code": code})
            if status in ACCEPTED:
                yield Said(code, status, time.monotonic() - begun, begun, body["id"], body["fetch"]["id"])
                found, _ = client.ask("GET", f"/timeseries/{body['id']}")
                unseen += [code] if found == 404 else []
            else:
                time.sleep(AGAIN_SECONDS)


def test_a_replica_is_promoted_under_load(tmp_path_factory: pytest.TempPathFactory, figures: Figures) -> None:
    """The primary is killed while clients write and read; the replica, which has acknowledged every commit, takes over."""
    with replicated() as pair, server_stack(tmp_path_factory.mktemp("promoted"), SEED, pair=pair) as stack:
        pair.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        pair.primary.sql("SELECT pg_reload_conf()")
        stack.run(stack.api, stack.worker)
        assert comes_true(lambda: stack.driver.get("/readyz")["replica"] == "ok")
        codes, ended, lock = stack.codes(scale(80, 2000), "PLAIN20"), Event(), Lock()
        ledger, unseen, given = Ledger(), list[str](), iter(codes)
        readers = [Reader(TokenClient(stack.port)) for _ in range(4)]

        def write() -> None:
            with closing(TokenClient(stack.port)) as client:
                for said in requested(client, shared(given, lock), unseen):
                    ledger.lines.append(said)
                    time.sleep(0.1)

        def take_over() -> None:
            assert comes_true(lambda: len(ledger.lines) > len(codes) // 3, 120)
            pair.primary.kill()
            pair.promote()

        reading = [Thread(target=reader.read_until, args=(ended,), daemon=True) for reader in readers]
        for thread in reading:
            thread.start()
        with kept_alive(stack.worker):
            run_all([write, write, take_over])
            waited = settled(stack, codes)
        ended.set()
        for thread in reading:
            thread.join(60)
        verdict = stack.verifier.judge(ledger)
        gap = max(reader.gap for reader in readers)
        heard = sum((reader.client.statuses for reader in readers), Counter[int]())
        figures.add("34 replica promoted", "P1", stack.name, f"{verdict}; reads failed for {gap:.1f} s, heard {dict(heard)}, {waited}")

        assert verdict.well, verdict
        assert ledger.codes == set(codes)
        assert unseen == []
        assert [reader.lost for reader in readers] == [[]] * len(readers)
        assert all(reader.last for reader in readers)
        assert set(heard) <= {200, 503}
        assert gap < BOUND_SECONDS
        assert stack.driver.get("/readyz")["replica"] == "promoted"


def test_readers_and_writers_notice_no_replica(tmp_path_factory: pytest.TempPathFactory, figures: Figures) -> None:
    """A replica is killed and started again and again while clients read and write: every request is answered."""
    with replicated() as pair, server_stack(tmp_path_factory.mktemp("replica"), SEED, pair=pair) as stack:
        stack.run(stack.api, stack.worker)
        assert comes_true(lambda: stack.driver.get("/readyz")["replica"] == "ok")
        codes, ended, kills = stack.codes(scale(30, 1000), "PLAIN20"), Event(), scale(2, 20)
        ledger, unseen, readers = Ledger(), list[str](), [Reader(TokenClient(stack.port)) for _ in range(4)]
        reading = [Thread(target=reader.read_until, args=(ended,), daemon=True) for reader in readers]
        writer = TokenClient(stack.port)

        def write() -> None:
            with closing(writer):
                for said in requested(writer, codes, unseen):
                    ledger.lines.append(said)
                    time.sleep(0.2)

        def disturb() -> None:
            for _ in range(kills):
                time.sleep(1)
                pair.replica.kill()
                time.sleep(1)
                pair.replica.start()

        for thread in reading:
            thread.start()
        run_all([write, disturb])
        waited = settled(stack, codes)
        assert comes_true(lambda: stack.driver.get("/readyz")["replica"] == "ok")
        ended.set()
        for thread in reading:
            thread.join(60)
        verdict = stack.verifier.judge(ledger)
        heard = sum((reader.client.statuses for reader in readers), writer.statuses)
        figures.add("35 kill -9 replica", "P1", stack.name, f"{verdict}; {kills} kills, heard {dict(heard)}, {waited}")

        assert verdict.well, verdict
        assert unseen == []
        assert [reader.lost for reader in readers] == [[]] * len(readers)
        assert set(heard) <= {200, 201}
