"""How a worker ends: what runs is given back, and a stuck one goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest

from entrypoints.worker.lifecycle import poller_report
from entrypoints.worker.lifecycle.isolation import IsolationLock
from entrypoints.worker.lifecycle.poller_report import PollerReport


def ended(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a process of its own, for what ends processes."""
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": os.environ["PATH"]}
    begin = "import sys, os, time; from threading import Event; from entrypoints.worker.lifecycle.shutdown import *\n"
    return subprocess.run([sys.executable, "-c", begin + script], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_what_runs_is_released_before_the_end(tmp_path):
    """Once the time is over the process releases and ends with 0, whatever its threads do; a release that fails changes nothing."""
    script = "stop = Event(); stop.set(); exit_after_timeout(stop, 0.05, {}); time.sleep(60)"
    released = ended(script.format("lambda: print('released', flush=True)"), tmp_path)
    failed = ended(script.format("lambda: 1 / 0"), tmp_path)

    assert (released.returncode, released.stdout) == (0, "released\n")
    assert failed.returncode == 0


def test_processes_behind_the_pipe_release_when_all_are_signalled(tmp_path):
    """Each process forked after it gives back what it holds and ends with 0, and who signals waits for that."""
    script = (
        "shutdown_pipe = ShutdownPipe()\n"
        "children = []\n"
        "for n in range(3):\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        shutdown_pipe.listen(lambda: os.write(1, b'released\\n')); time.sleep(60)\n"
        "    children.append(pid)\n"
        "codes = {}\n"
        "def left():\n"
        "    for pid in children:\n"
        "        if pid not in codes and os.waitpid(pid, os.WNOHANG)[0]:\n"
        "            codes[pid] = 0\n"
        "    return [pid for pid in children if pid not in codes]\n"
        "shutdown_pipe.signal_all(left)\n"
        "print(len(codes))\n"
    )
    done = ended(script, tmp_path)

    assert (done.returncode, done.stdout.split()) == (0, ["released"] * 3 + ["3"])


def test_a_process_behind_the_pipe_releases_once_however_often_it_is_told_to_end(tmp_path):
    """The pool's SIGTERM, which may come while the shutdown_pipe signals, neither cuts a release short nor makes another."""
    script = (
        "shutdown_pipe = ShutdownPipe()\n"
        "def release():\n"
        "    os.write(1, b'begun\\n'); os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.3); os.write(1, b'released\\n')\n"
        "shutdown_pipe.listen(release)\n"
        "shutdown_pipe.signal_all(list)\n"
        "time.sleep(60)\n"
    )
    done = ended(f"import signal\n{script}", tmp_path)

    assert (done.returncode, done.stdout.split()) == (0, ["begun", "released"])


@pytest.mark.parametrize(("waited", "idle", "code"), [(61, True, 1), (59, True, 0), (61, False, 0)])
def test_a_stuck_worker_ends(waited, idle, code, tmp_path):
    """A worker that does nothing although a fetch has been due for a minute ends with 1; a busy one, or a shorter wait, is well."""
    looks = f"looks = []\ndef is_idle():\n    looks.append(1)\n    if len(looks) > 50: stop.set()\n    return {idle}\n"
    done = ended(f"stop = Event()\n{looks}exit_if_stuck(lambda: {waited}, is_idle, stop, check_seconds=0.001)", tmp_path)

    assert done.returncode == code
    assert ("worker stuck" in done.stderr) is bool(code)


@pytest.mark.parametrize(("silent", "code"), [(61, 1), (59, 0)])
def test_a_worker_whose_poller_hangs_ends(silent, code, tmp_path):
    """Who hangs tells nothing, not even that something waits: after a minute's silence the worker ends, and what would outlive it."""
    looks = "looks = []\ndef waited():\n    looks.append(1)\n    if len(looks) > 50: stop.set()\n    return 0\n"
    others = f"silence=lambda: {silent}, end_others=lambda: print('ended', flush=True), check_seconds=0.001"
    done = ended(f"stop = Event()\n{looks}exit_if_stuck(waited, lambda: True, stop, {others})", tmp_path)

    assert (done.returncode, done.stdout) == (code, "ended\n" if code else "")


def test_a_pollers_silence_is_the_time_since_its_last_attempt(monkeypatch):
    """It grows by itself, for nobody has to tell it."""
    report = PollerReport()
    first = report.silence()
    report.report_attempt()
    now = poller_report.monotonic() + 70
    monkeypatch.setattr(poller_report, "monotonic", lambda: now)

    assert first < 60
    assert 70 <= report.silence() < 71


def test_fetches_run_side_by_side():
    """Those that never lost a worker are inside together."""
    isolation, together = IsolationLock(), Barrier(3, timeout=5)

    def run() -> None:
        with isolation.acquire(exclusive=False):
            together.wait()

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert not together.broken


def test_a_suspect_runs_alone():
    """It waits for those that run, newcomers wait for it, and afterwards they go on."""
    isolation, order, inside, leave = IsolationLock(), [], Event(), Event()

    def neighbour() -> None:
        with isolation.acquire(exclusive=False):
            inside.set()
            leave.wait(5)
            order.append("neighbour")

    def suspect() -> None:
        with isolation.acquire(exclusive=True):
            order.append("suspect")
            assert isolation._running == 1

    def newcomer() -> None:
        with isolation.acquire(exclusive=False):
            order.append("newcomer")

    threads = [Thread(target=neighbour)]
    threads[0].start()
    assert inside.wait(5)
    for target, waiting in ((suspect, 1), (newcomer, 1)):
        threads.append(Thread(target=target))
        threads[-1].start()
        while isolation._waiting < waiting:
            pass
    leave.set()
    for thread in threads:
        thread.join(5)

    assert order == ["neighbour", "suspect", "newcomer"]


@pytest.mark.parametrize(("answers", "code"), [("no, no, yes, no, no, yes, stop", 0), ("no, no, no, no, stop", 1)])
def test_an_api_that_new_processes_do_not_heal_ends(answers, code, tmp_path):
    """Processes that answer nobody are killed once; if those in their place do not answer either, the API ends with 1."""
    script = (
        "import signal, subprocess; from types import SimpleNamespace\n"
        "from entrypoints import liveness; from entrypoints.rest import server as api\n"
        "liveness.START_SECONDS = liveness.CHECK_SECONDS = api._TICK_SECONDS = 0.001; api.HUNG_CHECKS = 2\n"
        f"answers = iter('yes, {answers}'.split(', '))\n"
        "server = SimpleNamespace(interrupt_signal=False, wrks=[SimpleNamespace(inner=subprocess.Popen(['sleep', '60']))])\n"
        "def answer(*_):\n"
        "    said = next(answers); server.interrupt_signal = said == 'stop'\n"
        "    return said != 'no'\n"
        "api.get_json = answer\n"
        "api._kill_if_hung(server, '127.0.0.1', 1)\n"
        "assert server.wrks[0].inner.wait() == -signal.SIGKILL\n"
    )
    done = ended(script, tmp_path)

    assert done.returncode == code, done.stderr
    assert ("api stuck" in done.stderr) is bool(code)
