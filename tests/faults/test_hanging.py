"""Parts that hang: found by those who look at them from outside, and started again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.conftest import scale
from tests.faults.disturbing import settled
from tests.faults.figures import Figures
from tests.faults.processes import Process, children, comes_true
from tests.faults.proxy import proxy_to
from tests.faults.stacks import Stack

pytestmark = pytest.mark.faults
HUNG_SECONDS = 4
NOTICED_SECONDS = 30


@pytest.mark.slow
def test_a_part_that_hangs_is_started_again(on_sqlite: Stack, figures: Figures) -> None:
    """A worker that does nothing any more is replaced by ``lanner up``, and a process of the API that answers nobody by the API itself."""
    for process in (on_sqlite.api, on_sqlite.worker):
        process.kill()
    waited = {}
    for command, part in (("up", "worker"), ("api", "api")):
        process = on_sqlite.process(command, inside=f"watch_closely={HUNG_SECONDS}")
        on_sqlite.run(process)
        assert process.wait_until(on_sqlite.serves)
        find = (
            (lambda process=process: _running(process, "worker")) if part == "worker" else (lambda process=process: children(process.pid))
        )
        assert comes_true(lambda find=find: bool(find()), NOTICED_SECONDS)
        # It counts only once it was found well, after the time for starting.
        time.sleep(2 * HUNG_SECONDS)
        hung = find()
        begun = time.monotonic()
        for each in hung:
            os.kill(each, signal.SIGSTOP)
        assert comes_true(lambda hung=hung: not any(map(_lives, hung)), NOTICED_SECONDS), process.log.read_text()[-2000:]
        assert comes_true(lambda find=find, hung=hung: bool(set(find()) - set(hung)), NOTICED_SECONDS)
        assert comes_true(on_sqlite.serves, NOTICED_SECONDS)
        waited[part] = time.monotonic() - begun
        assert process.alive
        assert "hangs" in process.log.read_text()
        process.kill()
    on_sqlite.heal()
    told = ", ".join(f"{part} in {seconds:.1f} s" for part, seconds in waited.items())
    figures.add("30 hangs", "P1", on_sqlite.name, f"replaced: {told}, where a minute is {HUNG_SECONDS} s")


@pytest.mark.server
@pytest.mark.faults(long=True)
def test_connections_to_postgres_fall_silent(servers: Stack, figures: Figures) -> None:
    """Whoever waits on a connection that was swallowed goes on by himself within half a minute, and no request hangs longer."""
    url = servers.settings["LANNER_DATABASE_URL"]
    port = url.rpartition(":")[2].partition("/")[0]
    for process in (servers.api, servers.worker):
        process.kill()
    with proxy_to(int(port)) as proxy:
        own = {"LANNER_DATABASE_URL": url.replace(port, str(proxy.port))}
        api, worker = (servers.process(name, **own) for name in ("api", "worker"))
        servers.run(api, worker)
        ledger = servers.driver.post(before := servers.codes(scale(10, 200)))
        settled(servers, before)
        proxy.forget()
        begun = time.monotonic()
        during = servers.driver.post(codes := servers.codes(scale(20, 400)))
        ledger.lines += during.lines
        answered = time.monotonic() - begun
        waited = settled(servers, codes)
        noticed = time.monotonic() - begun
        verdict = servers.verifier.judge(ledger)
        servers.heal()
    figures.add("31 swallowed connections", "P1 P2", servers.name, f"{verdict}; answered after {answered:.1f} s, {waited}")

    assert verdict.well, verdict
    assert during.statuses <= {200, 201, 503}
    assert noticed < NOTICED_SECONDS


def _running(supervisor: Process, command: str) -> list[int]:
    commands = {process: Path(f"/proc/{process}/cmdline") for process in children(supervisor.pid)}
    return [process for process, line in commands.items() if line.exists() and line.read_text().endswith(f"entrypoints.cli\0{command}\0")]


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False
