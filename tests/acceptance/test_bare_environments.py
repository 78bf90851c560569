"""Where a service is started by others: without a home, a writable folder, shared memory, locks, streams or a terminal; real processes."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from sqlalchemy import text

from adapters.sql.engine import open_engine
from domain.errors import InvalidInput
from entrypoints.cli.lock import lock_data_dir
from entrypoints.worker.lifecycle.heartbeat_file import HeartbeatFile, find_worker_problem
from tests.servers import bound, free_port, missing

COMMAND = [sys.executable, "-m", "entrypoints.cli"]
#: Nobody's user id; with a right to read, since the interpreter may lie in another user's home.
NOBODY = 54_321
_CAPABILITY = "-all,+dac_read_search"
AS_NOBODY = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *(f"--{kind}={_CAPABILITY}" for kind in ("inh-caps", "ambient-caps", "bounding-set")),
]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="signals and processes are followed in /proc")


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in an environment of so many variables alone."""
    settings = {"PATH": os.environ["PATH"], "LANNER_DATA_DIR": str(folder / "data"), **(environment or {})}
    settings = {name: value for name, value in settings.items() if value}
    return subprocess.run(
        bound([*command]), env=settings, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False
    )


def through_shell(words: str, redirections: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with its streams as a shell opens and closes them."""
    return run(["sh", "-c", f'exec "$@" {redirections}', "sh", *COMMAND, *words.split()], folder, environment)


def one_sentence(said: str, *words: str) -> None:
    """Check that a text is one line for people, with these words and no traceback."""
    assert said.startswith("lanner: "), said
    assert said.count("\n") == 1, said
    assert [word for word in words if word not in said] == []


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store has two series."""
    folder = tmp_path_factory.mktemp("stocked")
    fetched = run([*COMMAND, "fetch", "SAMPLE/NILE", "SAMPLE/GDP"], folder)
    assert fetched.returncode == 0, fetched.stderr
    return folder


@pytest.fixture
def postgres_schema(postgres_url: str) -> Iterator[dict[str, str]]:
    """The settings of a schema of its own."""
    schema = f"bare_{uuid4().hex}"
    yield {"LANNER_DATABASE_URL": postgres_url, "LANNER_DATABASE_SCHEMA": schema}
    engine = open_engine(postgres_url, schema=schema)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def nobody() -> list[str]:
    """What runs a command as a user that nothing is known of, and that owns nothing."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        missing("only root can become nobody, with setpriv of util-linux.")
    return AS_NOBODY


# Streams.


def test_a_closed_standard_error_is_done_without(stocked: Path) -> None:
    """A command does what it is to do, and fails with its own code, when nobody hears what it says."""
    listed, unknown = through_shell("list", "2>&-", stocked), through_shell("show NO/SUCH", "2>&-", stocked)

    assert (listed.returncode, listed.stdout.count("SAMPLE/")) == (0, 2)
    assert (unknown.returncode, unknown.stdout) == (1, "")


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_done_without(stocked: Path, closed: str) -> None:
    """Without standard output a command does all but print, and opens no file of its own in its place."""
    assert through_shell("list", closed, stocked).returncode == 0
    assert through_shell("check", closed, stocked).returncode == 0
    assert run([*COMMAND, "check"], stocked).returncode == 0


def test_a_service_without_streams_serves(tmp_path: Path) -> None:
    """``lanner up`` with every stream closed is ready, fetches and stops with 0."""
    with served(tmp_path, ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *COMMAND, "up"]) as (process, address):
        body = {"code": "SAMPLE/NILE"}
        answer = requests.post(f"{address}/timeseries", json=body, headers={"Prefer": "wait=20"}, timeout=30)
        process.terminate()

        assert answer.json()["status"] == "success"
        assert process.wait(30) == 0


def test_a_full_disk_behind_a_stream_is_a_sentence(stocked: Path) -> None:
    """What cannot be written is said, with exit code 1; where even that cannot be said, the code alone says it."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    output, both = through_shell("show SAMPLE/GDP", ">/dev/full", stocked), through_shell("list", ">/dev/full 2>&1", stocked)

    one_sentence(output.stderr, "No space left on device")
    assert (output.returncode, both.returncode) == (1, 1)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_characters_that_a_stream_lacks_are_replaced(stocked: Path, encoding: str) -> None:
    """Text has another character in their place, JSON their escape, so that it means the same."""
    shown = through_shell("show SAMPLE/NILE", "", stocked, PYTHONIOENCODING=encoding)
    document = through_shell("show SAMPLE/GDP --format json", "", stocked, PYTHONIOENCODING=encoding)
    plain = through_shell("show SAMPLE/GDP --format json", "", stocked, PYTHONIOENCODING="utf-8")
    listed = through_shell("providers", "", stocked, PYTHONIOENCODING=encoding)

    assert [each.stderr for each in (shown, document, plain, listed)] == [""] * 4
    assert "known at" in shown.stdout
    assert document.stdout.isascii()
    assert json.loads(document.stdout) == json.loads(plain.stdout)


# Users and folders.


def test_an_unknown_user_without_a_home_is_told_what_to_set(nobody: list[str], tmp_path: Path) -> None:
    """Every command that needs a folder names the variable; with it, all of it works."""
    tmp_path.chmod(0o755)
    (tmp_path / "own").mkdir()
    os.chown(tmp_path / "own", NOBODY, NOBODY)
    for words in ("fetch SAMPLE/NILE", "up", "config", "list", "providers", "health worker"):
        refused = run([*nobody, *COMMAND, *words.split()], tmp_path, {"LANNER_DATA_DIR": ""})
        one_sentence(refused.stderr, "LANNER_DATA_DIR", "no home folder")
        assert refused.returncode == 1
    for words in ("fetch SAMPLE/NILE", "keys create --name me", "list"):
        done = run([*nobody, *COMMAND, *words.split()], tmp_path, {"LANNER_DATA_DIR": str(tmp_path / "own")})
        assert done.returncode == 0, done.stderr
    assert run([*nobody, *COMMAND, "--help"], tmp_path, {"LANNER_DATA_DIR": ""}).returncode == 0


@pytest.mark.parametrize("words", ["fetch SAMPLE/NILE", "up", "worker", "migrate"])
def test_a_folder_that_cannot_be_written_is_named(nobody: list[str], tmp_path: Path, words: str) -> None:
    """The sentence names the folder, the reason and the variable."""
    tmp_path.chmod(0o755)
    refused = run([*nobody, *COMMAND, *words.split()], tmp_path, {"LANNER_DATA_DIR": str(tmp_path / "none" / "data")})

    one_sentence(refused.stderr, str(tmp_path / "none" / "data"), "Permission denied", "LANNER_DATA_DIR")
    assert refused.returncode == 1


@pytest.mark.server
@pytest.mark.parametrize("part", ["worker", "worker on a broker"])
def test_a_worker_on_a_server_names_the_folder_too(
    nobody: list[str], tmp_path: Path, part: str, postgres_schema: Mapping[str, str], broker_url: str
) -> None:
    """Also where the database is elsewhere: its heartbeat file has no other place."""
    tmp_path.chmod(0o755)
    given = {**postgres_schema, **({"LANNER_BROKER_URL": broker_url, "LANNER_WORKER_PROCESSES": "1"} if "broker" in part else {})}
    assert run([*COMMAND, "migrate"], tmp_path, given).returncode == 0
    refused = run([*nobody, *COMMAND, "worker"], tmp_path, {**given, "LANNER_DATA_DIR": str(tmp_path / "none")})

    one_sentence(refused.stderr.splitlines(keepends=True)[-1], str(tmp_path / "none"), "Permission denied", "LANNER_DATA_DIR")
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 1


def test_other_files_that_cannot_be_written_are_named(nobody: list[str], stocked: Path, tmp_path: Path) -> None:
    """A command that writes a file says which one it cannot write."""
    tmp_path.chmod(0o755)
    for words in ("new-provider canned", "doctor missing.py", "export SAMPLE/GDP -o gdp.csv"):
        refused = run([*nobody, *COMMAND, *words.split()], tmp_path, {"LANNER_DATA_DIR": str(stocked / "data"), "HOME": "/"})
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr


# Shared memory.


def in_bare_memory(nobody: Sequence[str], folder: Path) -> list[str]:
    """What runs a command as nobody where only root can write to /dev/shm."""
    script = folder / "bare"
    script.write_text('mount -t tmpfs -o mode=0755 tmpfs /dev/shm && exec "$@"\n')
    prefix = ["unshare", "--mount", "sh", str(script)]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
        missing("mount namespaces are not permitted here.")
    return [*prefix, *nobody]


def test_the_embedded_service_needs_no_shared_memory(nobody: list[str], tmp_path: Path) -> None:
    """``lanner up`` serves and fetches where /dev/shm cannot be written."""
    tmp_path.chmod(0o755)
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", NOBODY, NOBODY)
    with served(tmp_path, [*in_bare_memory(nobody, tmp_path), *COMMAND, "up"]) as (_, address):
        body = {"code": "SAMPLE/NILE"}
        answer = requests.post(f"{address}/timeseries", json=body, headers={"Prefer": "wait=20"}, timeout=30)

    assert answer.json()["status"] == "success"


@pytest.mark.server
def test_a_worker_of_processes_says_that_it_needs_shared_memory(
    nobody: list[str], tmp_path: Path, postgres_schema: Mapping[str, str], broker_url: str
) -> None:
    """Where its processes could share nothing, it says so in one sentence before it begins."""
    tmp_path.chmod(0o755)
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", NOBODY, NOBODY)
    assert run([*COMMAND, "migrate"], tmp_path, postgres_schema).returncode == 0
    given = {**postgres_schema, "LANNER_BROKER_URL": broker_url, "LANNER_WORKER_PROCESSES": "1"}
    refused = run([*in_bare_memory(nobody, tmp_path), *COMMAND, "worker"], tmp_path, given)

    one_sentence(refused.stderr.splitlines(keepends=True)[-1], "/dev/shm", "Permission denied")  # noqa: S108 - what the sentence says
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 1


# Locks.


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no locks, as NFS without its lock daemon."""

    def flock(_file: object, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.usefixtures("without_locks")
def test_a_data_folder_without_locks_is_refused(tmp_path: Path) -> None:
    """``up`` cannot keep a second one away there, and a database file would not be safe."""
    with pytest.raises(InvalidInput, match="No locks available") as raised, lock_data_dir(tmp_path, 8000):
        pass

    assert (raised.value.field, str(tmp_path) in raised.value.message) == ("LANNER_DATA_DIR", True)


@pytest.mark.usefixtures("without_locks")
def test_a_heartbeat_does_without_locks(tmp_path: Path) -> None:
    """A worker beside another store is judged by its time alone, and what a dead one left is passed over."""
    (tmp_path / "worker-gone-1.alive").touch()
    os.utime(tmp_path / "worker-gone-1.alive", (0, 0))
    heartbeat = HeartbeatFile(tmp_path)
    before = find_worker_problem(tmp_path, time.time() - 60)
    heartbeat.touch()

    assert before.startswith("No worker of")
    assert find_worker_problem(tmp_path, time.time() - 60) == ""
    assert find_worker_problem(tmp_path, time.time() + 60).startswith("No worker of")


# Terminals.


@contextmanager
def served(folder: Path, command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a service until it is ready; kill it in the end."""
    port = free_port()
    given = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANNER_DATA_DIR": str(folder / "data"),
        "LANNER_PORT": str(port),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(bound([*command]), env=given, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        assert comes_true(lambda: process.poll() is not None or is_ready(address), 60)
        assert process.poll() is None, (folder / "log").read_text()
        yield process, address
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_ready(address: str) -> bool:
    try:
        return bool(requests.get(f"{address}/readyz", timeout=5).json().get("workers"))
    except (requests.RequestException, ValueError):
        return False


def comes_true(claim: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (held := claim()) and time.monotonic() < end:
        time.sleep(0.05)
    return held


@ON_LINUX
def test_nohup_keeps_the_service_running(tmp_path: Path) -> None:
    """A hang-up that is ignored when ``up`` starts stays ignored; SIGTERM still stops it."""
    with served(tmp_path, ["nohup", *COMMAND, "up"]) as (process, address):
        process.send_signal(signal.SIGHUP)
        time.sleep(1)

        assert process.poll() is None, (tmp_path / "log").read_text()
        assert is_ready(address)
        process.terminate()
        assert process.wait(30) == 0


@ON_LINUX
def test_a_hang_up_stops_the_service_that_expects_it(tmp_path: Path) -> None:
    """Without ``nohup`` the end of the terminal is the end of ``up``, in order."""
    with served(tmp_path, [*COMMAND, "up"]) as (process, _):
        process.send_signal(signal.SIGHUP)

        assert process.wait(30) == 0


@ON_LINUX
@pytest.mark.parametrize("part", ["api", "worker"])
def test_nohup_keeps_each_part_running(tmp_path: Path, part: str) -> None:
    """A hang-up neither stops a part nor restarts its processes."""
    with served(tmp_path, [*COMMAND, "up"]):
        pass
    ready = part == "api"
    with started(tmp_path, ["nohup", *COMMAND, part], ready=ready) as process:
        before = children(process.pid)
        process.send_signal(signal.SIGHUP)
        time.sleep(2)

        assert process.poll() is None, (tmp_path / "log").read_text()
        assert children(process.pid) == before
        assert signal.SIGHUP in ignored(process.pid)


@contextmanager
def started(folder: Path, command: Sequence[str], *, ready: bool) -> Iterator[subprocess.Popen[bytes]]:
    """Run a part until it serves, or has begun to work."""
    port = free_port()
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANNER_DATA_DIR": str(folder / "data"), "LANNER_PORT": str(port)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(bound([*command]), env=given, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def begun() -> bool:
        if ready:
            try:
                return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
            except requests.RequestException:
                return False
        return not find_worker_problem(folder / "data", time.time() - 5)

    try:
        assert comes_true(lambda: process.poll() is not None or begun(), 60)
        assert process.poll() is None, (folder / "log").read_text()
        yield process
    finally:
        process.terminate()
        process.wait(40)


def children(process: int) -> list[int]:
    return sorted(int(child) for tasks in Path(f"/proc/{process}/task").glob("*/children") for child in tasks.read_text().split())


def ignored(process: int) -> set[int]:
    """Return the signals that a process ignores."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    mask = int(next(line.split()[1] for line in lines if line.startswith("SigIgn:")), 16)
    return {number for number in range(1, 64) if mask >> (number - 1) & 1}
