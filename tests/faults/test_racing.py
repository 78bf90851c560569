"""Many who want the same at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.fetches import NOTHING_ALLOWED
from tests.faults.conftest import scale
from tests.faults.disturbing import settled
from tests.faults.figures import Figures
from tests.faults.processes import children
from tests.faults.provider import DATABASE
from tests.faults.stacks import ROOT, Stack

pytestmark = pytest.mark.faults
HEAD_START_SECONDS = 0.01


def test_many_workers_want_one_fetch(stack: Stack, figures: Figures) -> None:
    """Of processes that claim a fetch at one moment, exactly one gets it."""
    stack.worker.kill()
    count, codes = scale(4, 16), stack.codes(scale(25, 1000))
    rounds = len(codes)
    with claimants(stack, count) as processes:
        winners = [_claim(processes, fetch) for fetch in _fetches(stack, codes)]
    # To workers they would pass for fetches that have cost one its life, each to be done alone.
    stack.verifier.forget(codes)
    figures.add("15 many workers, one fetch", "P2", stack.name, f"1 winner of {count} in {winners.count(1)} of {rounds} rounds")

    assert winners == [1] * rounds


@pytest.mark.faults(long=True)
def test_many_clients_at_once(stack: Stack, figures: Figures) -> None:
    """Whatever number of requests comes at once, each that is accepted is fetched, and the API's memory stays as it is."""
    count, threads = scale(250, 10_000), scale(25, 200)
    distinct = stack.codes(count * 4 // 5)
    codes = distinct + distinct[: count - len(distinct)]
    before = _kilobytes(stack)
    ledger = stack.driver.post(codes, threads=threads, again=False, together=True)
    after = _kilobytes(stack)
    waited = settled(stack, ledger.codes, scale(60, 1800))
    verdict = stack.verifier.judge(ledger)
    told = {status: sum(said.status == status for said in ledger.lines) for status in sorted(ledger.statuses)}
    figure = f"{verdict}; answers {told}, p99 {ledger.percentile(0.99):.0f} ms, RSS {(after - before) / 1024:+.0f} MiB, {waited}"
    figures.add(f"16 {count:,} POSTs, {threads} threads", "P1", stack.name, figure)

    assert verdict.well, verdict
    assert ledger.statuses <= {200, 201, 429, 503}
    assert ledger.accepted
    assert len(stack.verifier.rows(ledger.codes)) == len(ledger.codes)


def test_one_request_many_times_at_once(stack: Stack, figures: Figures) -> None:
    """The same request from many clients at one moment is one series, one fetch and one call of the provider."""
    rounds, threads = scale(3, 50), scale(20, 50)
    codes = stack.codes(rounds)
    ledgers = [stack.driver.post([code] * threads, threads=threads, together=True) for code in codes]
    waited = settled(stack, codes)
    calls = stack.verifier.calls()
    fetches = len(stack.verifier.rows(codes))
    verdicts = [stack.verifier.judge(ledger) for ledger in ledgers]
    called = sum(calls[code] for code in codes)
    figures.add(f"17 same POST {threads} times", "P2", stack.name, f"{rounds} codes: {fetches} fetches, {called} calls, {waited}")

    assert all(verdict.well for verdict in verdicts), verdicts
    assert [len({said.series for said in ledger.accepted}) for ledger in ledgers] == [1] * rounds
    assert (fetches, called) == (rounds, rounds)


@contextmanager
def claimants(stack: Stack, count: int) -> Iterator[Sequence[subprocess.Popen[str]]]:
    """Start so many that wait for what to claim."""
    url = stack.engine.url.render_as_string(hide_password=False).replace("+psycopg2", "").replace("+pysqlite", "")
    command = [sys.executable, "-m", "tests.faults.claimant", url, stack.verifier.schema]
    with ExitStack() as ends:
        processes = [
            ends.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(count)
        ]
        yield processes
        for process in processes:
            assert process.stdin
            process.stdin.close()


def _claim(processes: Sequence[subprocess.Popen[str]], fetch: str) -> int:
    line = f"{fetch} {time.monotonic() + HEAD_START_SECONDS}\n"
    for process in processes:
        assert process.stdin
        process.stdin.write(line)
        process.stdin.flush()
    return sum(int(process.stdout.readline()) for process in processes if process.stdout)


def _fetches(stack: Stack, codes: Sequence[str]) -> Iterator[str]:
    store = SqlStore(stack.engine)
    for code in codes:
        with store.writing() as uow:
            series = uow.series.add("quandl", DatasetCode(DATABASE, code))
            fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
            uow.commit()
        yield str(fetch.id)


def _kilobytes(stack: Stack) -> int:
    """Tell the memory that the API's processes hold."""
    pids = [stack.api.pid, *children(stack.api.pid)]
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
