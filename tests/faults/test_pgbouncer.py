"""PgBouncer between lanner and Postgres, in both modes: nobody notices it, and nothing is lost when it or those around it are killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.faults.conftest import SEED, scale
from tests.faults.disturbing import disturbed, kept_alive, settled
from tests.faults.driver import Client
from tests.faults.figures import Figures
from tests.faults.processes import Process
from tests.faults.stacks import Stack, server_stack
from tests.pgbouncer import MODES

pytestmark = [pytest.mark.faults, pytest.mark.server, pytest.mark.slow]
THREADS = 8


@pytest.fixture(scope="module", params=MODES)
def pooled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with server_stack(tmp_path_factory.mktemp(request.param), SEED, pool_mode=request.param) as stack:
        yield stack


def test_every_request_is_answered(pooled: Stack, figures: Figures) -> None:
    """Requests side by side are answered as without a pooler, whichever backend has a transaction."""
    pooled.heal()
    codes = pooled.codes(scale(24, 200))
    ledger = pooled.driver.post(codes)
    waited = settled(pooled, codes)
    paths = [f"/timeseries/{said.series}{part}" for said in ledger.accepted for part in ("", "/data", "/vintages")]

    def read(number: int) -> Counter[int]:
        with Client(pooled.port) as client:
            return Counter(client.call("GET", path)[0] for path in paths[number:] + paths[:number])

    with ThreadPoolExecutor(THREADS) as threads:
        statuses = sum(threads.map(read, range(THREADS)), Counter[int]())
    verdict = pooled.verifier.judge(ledger)
    figures.add("32 PgBouncer", "P1", pooled.name, f"{verdict}; {statuses.total()} requests, answers {dict(statuses)}, {waited}")

    assert set(statuses) == {200}
    assert ledger.statuses == {201}
    assert verdict.well, verdict


def test_nothing_is_lost_when_anything_is_killed(pooled: Stack, figures: Figures) -> None:
    """Worker, pooler and Postgres are killed in turn under load: what was accepted is kept once; clients hear 503 meanwhile."""
    pooled.heal()
    assert pooled.pooler
    assert pooled.postgres
    victims = [pooled.worker, pooled.pooler, pooled.postgres] * scale(1, 5)
    codes, turn = pooled.codes(scale(60, 1000), "PLAIN50"), iter(victims)
    pause = 8.0 * len(victims) / len(codes)
    # One that starts while Postgres is away ends, and whoever supervises it starts another.
    with kept_alive(pooled.worker):
        work = partial(pooled.driver.post, codes, pause=pause)
        ledger = disturbed(lambda: _restart(pooled, next(turn)), times=len(victims), every=1.5, work=work)
        waited = settled(pooled, codes, scale(80, 600))
    verdict = pooled.verifier.judge(ledger)
    figures.add(
        "33 kill -9 around PgBouncer", "P1 P2", pooled.name, f"{verdict}; {len(victims)} kills, {sorted(ledger.statuses)}, {waited}"
    )

    assert ledger.codes == set(codes)
    assert ledger.statuses <= {200, 201, 503}
    assert verdict.well, verdict


def _restart(stack: Stack, process: Process) -> None:
    process.kill()
    if process is not stack.worker:
        stack.run(process)
