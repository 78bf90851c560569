"""How children are kept running, and how a command ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import click
import pytest

from domain.errors import DomainError, StoreUnavailable
from entrypoints import liveness
from entrypoints.cli.exit_codes import exit_code_of, run_in_child_process
from entrypoints.cli.lock import lock_data_dir
from entrypoints.cli.supervisor import Child
from entrypoints.liveness import Liveness


def dying(code: int) -> Child:
    """A child that ends at once."""
    return Child("worker", [sys.executable, "-S", "-c", f"raise SystemExit({code})"], os.environ)


def end(child: Child, now: float) -> None:
    """Let it run to its end and look after it."""
    child.check(now)
    assert child.process
    child.process.wait(10)
    child.check(now)


def test_a_refused_first_start_ends_everything():
    """A child that refuses to start has said why: nothing more is said, and the exit code is 1."""
    with pytest.raises(click.exceptions.Exit) as ended:
        end(dying(1), 0.0)

    assert ended.value.exit_code == 1


def test_a_dead_child_waits_longer_each_time_and_is_given_up_in_the_end():
    """Back-off doubles; the fifth death within a minute is the last."""
    child, now, waits = dying(3), 0.0, []
    for _ in range(4):
        end(child, now)
        waits.append(child.restart_at - now)
        child.check(child.restart_at - 0.01)
        assert child.process is None
        now = child.restart_at
    with pytest.raises(DomainError) as given_up:
        end(child, now)

    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert given_up.value.message == "The worker exited 5 times within a minute, the last time with code 3."


def test_deaths_of_long_ago_are_forgotten():
    """A child that dies now and then is started again for ever."""
    child = dying(3)
    for minute in range(8):
        end(child, 70.0 * minute)

    assert child.starts == 8


def test_a_child_that_does_not_stop_is_cut_with_its_own_children():
    """SIGKILL goes to the whole session of the child."""
    script = "import signal, subprocess, time; signal.signal(15, signal.SIG_IGN); subprocess.Popen(['sleep', '60']); time.sleep(60)"
    child = Child("worker", [sys.executable, "-c", script], os.environ)
    child.start(0.0)
    assert child.process
    group = child.process.pid
    time.sleep(0.3)
    child.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    stubborn = child.running
    child.send_signal(signal.SIGKILL)
    child.process.wait(5)
    time.sleep(0.1)

    assert stubborn
    assert _members(group) == []


def test_a_child_that_hangs_is_killed_and_started_again(monkeypatch):
    """One that every check finds ill is killed; it has time to start, and one that was never well is left alone."""
    now, problems = [1000.0], {"worker": ""}
    monkeypatch.setattr(liveness, "monotonic", lambda: now[0])
    child = Child("worker", [sys.executable, "-S", "-c", "import time; time.sleep(60)"], os.environ)
    child.liveness = Liveness(lambda: problems["worker"], checks=3)
    child.check(now[0])
    first = child.process
    assert first
    killed_after = []

    def look_after(seconds: int) -> None:
        for _ in range(seconds):
            now[0] += 1
            child.check(now[0])

    problems["worker"] = "ill"
    look_after(200)
    assert first.poll() is None
    problems["worker"] = ""
    look_after(20)
    problems["worker"] = "ill"
    for _ in range(60):
        look_after(1)
        killed_after.append(1)
        time.sleep(0.002)
        if first.poll() is not None:
            break
    look_after(1)

    assert first.wait(5) == -signal.SIGKILL
    assert 20 < len(killed_after) < 40
    assert child.process is None
    child.check(child.restart_at)
    assert child.process
    look_after(60)
    assert child.running
    child.send_signal(signal.SIGKILL)
    child.process.wait(5)


def _members(group: int) -> list[str]:
    stats = (
        [path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat")]
        if Path("/proc/self/stat").exists()
        else []
    )
    return [fields[1] for fields in stats if int(fields[2]) == group and fields[0] != "Z"]


def refuse() -> None:
    raise StoreUnavailable("The database x cannot be used: refused.")


def refuse_briefly() -> None:
    raise DomainError("It is so.")


def interrupt() -> None:
    raise KeyboardInterrupt


def break_down() -> None:
    raise RuntimeError("a bug")


@pytest.mark.parametrize(
    ("work", "code", "words"),
    [
        (refuse, 1, "lanner: The database x cannot be used: refused. Check LANNER_DATABASE_URL and that the server runs.\n"),
        (refuse_briefly, 1, "lanner: It is so.\n"),
        (interrupt, 130, "lanner: stopped.\n"),
        (lambda: 3, 3, ""),
        (lambda: "anything else", 0, ""),
    ],
)
def test_how_a_command_ends(work, code, words, capsys):
    """An error of the domain is one line, and so is an interruption; a number is the exit code."""
    assert exit_code_of(work) == code
    assert capsys.readouterr().err == words


def test_a_bug_shows_its_traceback(capsys):
    """Nothing of an unexpected error is hidden."""
    assert exit_code_of(break_down) == 1
    assert "RuntimeError: a bug" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_work_done_apart_reports_and_leaves_no_trace(capfd):
    """What fails in the short-lived process is said there; here only the exit code arrives."""
    marks: list[int] = []
    run_in_child_process(lambda: marks.append(1))
    with pytest.raises(click.exceptions.Exit):
        run_in_child_process(refuse)

    assert marks == []
    assert capfd.readouterr().err.startswith("lanner: The database x")


def test_a_folder_is_held_by_one(tmp_path):
    """The second who wants the folder learns who has it; once left, it is free."""
    with lock_data_dir(tmp_path / "data", 8123):
        with pytest.raises(DomainError) as refused, lock_data_dir(tmp_path / "data", 8124):
            pass
        assert f"process {os.getpid()}, port 8123" in refused.value.message
    with lock_data_dir(tmp_path / "data", 8124):
        assert (tmp_path / "data" / "lanner.lock").read_text() == f"process {os.getpid()}, port 8124\n"
