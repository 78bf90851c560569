"""Databases that are killed, that lose their answers, that are full, and that are being migrated."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from adapters.sql.engine import open_engine
from adapters.sql.tables import REVISION
from adapters.sql.versions import revision
from tests.faults.conftest import scale
from tests.faults.disturbing import disturbed, kept_alive, settled
from tests.faults.driver import Ledger
from tests.faults.figures import Figures
from tests.faults.processes import Process, comes_true
from tests.faults.proxy import proxy_to
from tests.faults.stacks import ROOT, Stack
from tests.faults.verifier import Verifier

pytestmark = pytest.mark.faults
DISK_MEGABYTES = 4


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_postgres_is_killed_under_load(servers: Stack, figures: Figures) -> None:
    """No accepted request is missing after the database was killed; clients hear 503 meanwhile; everybody goes on by himself."""
    assert servers.postgres
    codes, kills = servers.codes(scale(100, 4000), "PLAIN20"), scale(2, 10)
    work = partial(servers.driver.post, codes, pause=0.02)
    ledger = disturbed(lambda: servers.restart(servers.postgres), times=kills, every=1.5, work=work)
    waited = settled(servers, codes, scale(60, 600))
    verdict = servers.verifier.judge(ledger)
    figures.add("8 kill -9 Postgres", "P1 P2", servers.name, f"{verdict}; {kills} kills, answers {sorted(ledger.statuses)}, {waited}")

    assert ledger.codes == set(codes)
    assert ledger.statuses <= {200, 201, 503}
    assert servers.api.alive
    assert verdict.well, verdict


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_the_answer_to_a_commit_is_lost(servers: Stack, figures: Figures) -> None:
    """Whoever is told that a commit failed although it happened may do it again: there is one series, one fetch, one vintage."""
    url = servers.settings["LANNER_DATABASE_URL"]
    codes = servers.codes(scale(6, 200), "VARY")
    with proxy_to(int(url.rpartition(":")[2].partition("/")[0])) as proxy:
        proxied = url.replace(url.rpartition(":")[2].partition("/")[0], str(proxy.port))
        for process in (servers.api, servers.worker):
            process.kill()
        api, worker = (servers.process(name, LANNER_DATABASE_URL=proxied) for name in ("api", "worker"))
        # With its end: READ COMMITTED stands in every beginning.
        proxy.loses = b"COMMIT\0"
        servers.run(api)
        ledger = servers.driver.post([])
        for code in codes:
            proxy.to_lose = 1
            ledger.lines += servers.driver.post([code], threads=1).lines
        proxy.to_lose = lost = len(codes)
        with kept_alive(worker):
            waited = settled(servers, codes)
            time.sleep(scale(3, 5))
        servers.heal()
    verdict = servers.verifier.judge(ledger)
    figures.add("9 commit's answer lost", "P2", servers.name, f"{verdict}; {len(codes)} at POST, {lost} in workers, {waited}")

    assert ledger.statuses == {200, 503}
    assert len(servers.verifier.rows(codes)) == len(codes)
    assert verdict.well, verdict


@pytest.mark.faults(long=True)
def test_the_disk_is_full(on_sqlite: Stack, figures: Figures) -> None:
    """While the disk is full, requests are refused with 503; once there is room, everything goes on without a restart."""
    on_sqlite.heal()
    with on_small_disk(on_sqlite) as (service, disk):
        ledger = on_sqlite.driver.post(on_sqlite.codes(5))
        _until_read(on_sqlite, ledger)
        filler = disk / "filler"
        _fill(filler)
        during = on_sqlite.driver.post(on_sqlite.codes(200), again=False)
        filler.unlink()
        after = on_sqlite.driver.post(on_sqlite.codes(20))
        ledger.lines += during.lines + after.lines
        waited = _until_read(on_sqlite, ledger)
        alive = service.alive
        service.stop()
        # SQLite sees through the links by which others look at the disk; it is given a copy.
        copy = shutil.copytree(disk, on_sqlite.folder / "copied", dirs_exist_ok=True)
    engine = open_engine(f"sqlite:///{copy}/lanner.db", schema="")
    verifier = Verifier(engine, "", on_sqlite.seed, on_sqlite.verifier.calls_file)
    verifier.watch()
    verdict = verifier.judge(ledger)
    with engine.connect() as connection:
        integrity = connection.execute(text("PRAGMA integrity_check")).scalar_one()
    engine.dispose()
    refused = sum(said.status == 503 for said in during.lines)
    figure = f"{verdict}; {refused} of {len(during.lines)} refused with 503, integrity {integrity}, settled in {waited:.1f} s"
    figures.add("10 full disk", "P1 P2", on_sqlite.name, figure)

    assert verdict.well, verdict
    assert refused
    assert during.statuses <= {201, 503}
    assert (integrity, alive) == ("ok", True)
    assert len(after.codes) == 20


@pytest.mark.faults(long=True)
def test_the_disk_fails_at_any_write(figures: Figures, tmp_path: Path) -> None:
    """Wherever in a database's files a write fails, a request and its vintages are there in whole or not at all, and nothing is damaged."""
    command = [sys.executable, "-P", "-m", "tests.faults.disk", str(tmp_path), str(scale(16_000, 1000))]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'plugins'}"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    refused, accepted, *halves = done.stdout.split(maxsplit=2)
    figure = (
        f"{refused} offsets at which nothing was accepted, {accepted} at which nothing was stored, then all; half done: {halves or 'none'}"
    )
    figures.add("11 write fails at an offset", "P2", "SQLite", figure)

    assert int(refused) > 0
    assert int(accepted) > 0
    assert not halves


@pytest.mark.faults(long=True)
def test_many_migrate_at_once(stack: Stack, figures: Figures, tmp_path: Path) -> None:
    """Of processes that migrate a new database at once, one does it, even if another is killed in the middle."""
    own = {"LANNER_DATABASE_SCHEMA": f"migrated_{uuid4().hex[:8]}"} if not stack.on_sqlite else {"LANNER_DATA_DIR": str(tmp_path)}
    first = stack.process("migrate", inside="linger=0.3", **own).start()
    time.sleep(1.5)
    others = [stack.process("migrate", inside="linger=0.05", **own).start() for _ in range(4)]
    time.sleep(0.5)
    assert first.alive
    first.kill()
    codes = [process.running.wait(60) for process in others if process.running]
    url = stack.settings.get("LANNER_DATABASE_URL", f"sqlite:///{tmp_path}/lanner.db")
    engine = open_engine(url, schema=own.get("LANNER_DATABASE_SCHEMA", ""))
    with engine.connect() as connection:
        found = revision(connection)
    engine.dispose()
    figures.add("29 migrations at once", "P1", stack.name, f"4 processes and one killed: exit codes {codes}, revision {found}")

    assert codes == [0] * 4, others[0].log.read_text()[-2000:]
    assert found == REVISION


@pytest.mark.faults(long=True)
def test_old_and_new_run_together(stack: Stack, figures: Figures) -> None:
    """While a newer version widens the schema the older one goes on, and nothing is lost as the one takes over from the other."""
    codes, widening = stack.codes(scale(60, 600), "PLAIN50"), stack.process("migrate", inside="newer_schema")
    late = [stack.process(command) for command in ("api", "worker")]
    successors = [stack.process(command, inside="newer_schema") for command in ("api", "worker")]

    def hand_over() -> None:
        assert widening.start().running.wait(60) == 0, widening.log.read_text()[-2000:]
        for process in late:
            process.log = stack.folder / "late.log"
            process.start()
        successors[1].start()
        assert stack.worker.stop()[0] == 0
        assert stack.api.stop()[0] == 0
        stack.run(successors[0])

    try:
        work = partial(stack.driver.post, codes, pause=scale(200, 100) / 1000)
        ledger = disturbed(hand_over, times=1, every=1.0, work=work)
        refused = [process.running.wait(60) for process in late if process.running]
        waited = settled(stack, codes)
        alive = [process.alive for process in successors]
    finally:
        for process in (*late, *successors, stack.api, stack.worker):
            process.kill()
        with stack.engine.begin() as connection:
            connection.execute(text(f"UPDATE {_named(stack, 'alembic_version')} SET version_num = '{REVISION}'"))
            connection.execute(text(f"ALTER TABLE {_named(stack, 'fetches')} DROP COLUMN novelty"))
            connection.execute(text(f"DROP TABLE {_named(stack, 'novelties')}"))
    verdict = stack.verifier.judge(ledger)
    figure = f"{verdict}; {len(codes)} requests meanwhile, older processes started afterwards end with {refused}, {waited}"
    figures.add("29 old and new together", "P1", stack.name, figure)

    assert verdict.well, verdict
    assert ledger.codes == set(codes)
    assert ledger.statuses <= {0, 200, 201, 503}
    assert refused == [1, 1]
    assert "has the newer schema" in late[0].log.read_text()
    assert alive == [True, True]


def _named(stack: Stack, table: str) -> str:
    return f"{stack.settings['LANNER_DATABASE_SCHEMA']}.{table}" if not stack.on_sqlite else table


@contextmanager
def on_small_disk(stack: Stack) -> Iterator[tuple[Process, Path]]:
    """Run the service with its data on a disk of a few megabytes that is mounted for it alone; give a way to look at it."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk.")
    for process in (stack.api, stack.worker):
        process.kill()
    folder = stack.folder / "small"
    folder.mkdir(exist_ok=True)
    service = stack.process("up", LANNER_DATA_DIR=str(folder))
    mount = f'mount -t tmpfs -o size={DISK_MEGABYTES}m tmpfs "$0" && exec "$@"'
    alone = ["unshare", "--mount", "sh", "-c", mount, str(folder)]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets no process mount a disk for itself.")
    service.command = [*alone, *service.command]
    service.start().wait_until(stack.serves)
    # What is held open stays when its last user has gone.
    held = os.open(f"/proc/{service.pid}/root{folder}", os.O_RDONLY)
    try:
        yield service, Path(f"/proc/self/fd/{held}")
    finally:
        os.close(held)
        service.kill()


def _until_read(stack: Stack, ledger: Ledger) -> float:
    """Wait until every accepted series can be read."""
    begun = time.monotonic()
    for series in {said.series for said in ledger.accepted}:
        comes_true(lambda path=f"/timeseries/{series}": (stack.driver.get(path) or {}).get("status") == "success", 60)
    return time.monotonic() - begun


def _fill(file: Path) -> None:
    size = 2**16
    with file.open("wb", buffering=0) as filler:
        while size:
            try:
                filler.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2
