"""Rolling upgrades: while a newer version takes over from an older one, in every order, no request fails and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread

import pytest
from sqlalchemy import text

from adapters.sql.tables import REVISION
from tests.faults.disturbing import settled
from tests.faults.driver import Client, Driver, Ledger
from tests.faults.figures import Figures
from tests.faults.processes import Process, comes_true
from tests.faults.stacks import Stack
from tests.servers import free_port

pytestmark = pytest.mark.faults
ADDING = f"{REVISION[:4]}.{int(REVISION[5:] or 0) + 1}"
NEWER = f"newer_schema={ADDING}"
PAUSE = 0.05


@pytest.fixture
def upgraded(stack: Stack) -> Iterator[Stack]:
    """A stack whose schema is taken back in the end."""
    yield stack
    for process in stack.started:
        process.kill()
    schema = "" if stack.on_sqlite else f"{stack.settings['LANNER_DATABASE_SCHEMA']}."
    with stack.engine.begin() as connection:
        connection.execute(text(f"UPDATE {schema}alembic_version SET version_num = '{REVISION}'"))
        connection.execute(text(f"ALTER TABLE {schema}fetches DROP COLUMN novelty"))
        connection.execute(text(f"DROP TABLE {schema}novelties"))


def ended(process: Process) -> tuple[int, str]:
    """Run a command to its end; give its exit code and the last line that it writes."""
    process.log = process.log.with_name(f"{process.name}-ends.log")
    assert process.start().running
    code = process.running.wait(60) if process.running else -1
    return code, process.log.read_text().splitlines()[-1]


@contextmanager
def asked(driver: Driver, codes: Iterator[str], ledgers: list[Ledger]) -> Iterator[None]:
    """Request codes at an API for as long as the block takes, and write down each answer."""
    done = Event()

    def until_done() -> Iterator[str]:
        while not done.is_set():
            yield next(codes)

    thread = Thread(target=lambda: ledgers.append(driver.post(until_done(), threads=2, pause=PAUSE, again=False)))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def is_ready(port: int) -> bool:
    with Client(port) as client:
        return client.call("GET", "/readyz")[0] == 200


def works(stack: Stack, codes: Iterator[str], driver: Driver) -> Callable[[], bool]:
    """Return what tells whether the workers there are fetch what this API is asked for."""
    ledger = driver.post([next(codes)])
    return lambda: stack.verifier.settled(ledger.codes, 0.2) < 0.2


def test_versions_take_over_from_each_other(upgraded: Stack, figures: Figures) -> None:
    """
    First the newer version migrates, then each process is replaced.

    Before it migrates, the newer one refuses to start and says what to do. Afterwards either API works with either worker, and the older
    ones can start again, too.
    """
    stack, port, ledgers = upgraded, free_port(), list[Ledger]()
    codes = (f"{first}.{number}" for first in stack.codes(1, "PLAIN20") for number in count())
    newer_api, newer_worker = stack.process("api", inside=NEWER, LANNER_PORT=str(port)), stack.process("worker", inside=NEWER)
    old, new = Driver(stack.port), Driver(port)
    with asked(old, codes, ledgers):
        refused = [ended(stack.process(command, inside=NEWER, LANNER_PORT=str(port))) for command in ("api", "worker")]
        migrated = ended(stack.process("migrate", inside=NEWER))
        assert comes_true(works(stack, codes, old))

        newer_api.start().wait_until(lambda: is_ready(port))
        with asked(new, codes, ledgers):
            assert comes_true(works(stack, codes, new)), "old worker, new API"
            newer_worker.start()
            assert stack.worker.stop()[0] == 0
            assert comes_true(works(stack, codes, old)), "new worker, old API"
            assert comes_true(works(stack, codes, new)), "new worker, new API"
            # Back again, as after a fault of the newer version.
            stack.worker.start()
            assert newer_worker.stop()[0] == 0
            assert comes_true(works(stack, codes, new)), "old worker again"
            rolled_back = ended(stack.process("migrate"))
    requested = Ledger([said for ledger in ledgers for said in ledger.lines])
    waited = settled(stack, requested.codes)
    assert stack.api.stop()[0] == 0
    verdict = stack.verifier.judge(requested)
    figures.add("29 versions take over", "P1", stack.name, f"{verdict}; {len(requested.lines)} requests meanwhile, {waited}")

    assert verdict.well, verdict
    assert len(requested.lines) > 20
    assert requested.statuses <= {200, 201}
    assert [code for code, _ in refused] == [1, 1]
    assert all(f"has the older schema {REVISION}" in said and "Run `lanner migrate`." in said for _, said in refused), refused
    assert migrated[0] == 0
    assert rolled_back[0] == 0
    assert f"is newer, {ADDING}; this version of lanner works with it." in rolled_back[1]
