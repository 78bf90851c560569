"""``lanner up`` and its kin as real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import requests
from click.testing import CliRunner

from adapters.sql.tables import REVISION
from entrypoints.cli.__main__ import lanner as command_line
from entrypoints.worker.lifecycle.heartbeat_file import HeartbeatFile
from tests.acceptance.running import Lanner, lanner, running
from tests.servers import bound, free_port

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "pydantic", "celery", "falcon", "numpy", "structlog", "granian", "requests")
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed in /proc")


def comes_true(claim: Callable[[], bool], seconds: float = 15) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not (held := claim()) and time.monotonic() < end:
        time.sleep(0.05)
    return held


def lives(process: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(process: int) -> list[int]:
    """Give the processes that one has started, and theirs."""
    found = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            found += [child, *children(child)]
    return found


def called(processes: list[int], command: str) -> list[int]:
    """Choose the processes that run this command of lanner."""
    return [process for process in processes if Path(f"/proc/{process}/cmdline").read_text().endswith(f"entrypoints.cli\0{command}\0")]


def processor_seconds(process: int) -> float:
    """Tell how long a process has used a processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_kilobytes(process: int) -> int:
    """Tell a process's memory, its share of what it shares (PSS)."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def supervised(folder: Path, *options: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``lanner up`` until it says that it is ready; give it and its address."""
    address = f"http://127.0.0.1:{free_port()}"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANNER_DATA_DIR": str(folder / "data"),
        "LANNER_PORT": address.rpartition(":")[2],
        **settings,
    }
    command = [sys.executable, "-m", "entrypoints.cli", "up", *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(bound(command), env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout
        assert any("Ctrl-C" in line for line in process.stdout), (folder / "log").read_text()
        yield process, address
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Lanner]:
    with running(home, {}, "up") as service:
        yield service


def test_a_request_has_its_data(service):
    """The first request to a fresh service is answered at once, and its data come."""
    series = service.request("SAMPLE", "GDP", provider="sample")
    answer = service.polled(series["id"])

    assert series["status"] == "pending"
    assert answer.json()["dataset_data"]["data"]


def test_who_waits_is_answered_when_the_api_is_told_to_stop(tmp_path):
    """A request that waits for its fetch's end, and one of an old client's, are answered with what is so far, and logged."""
    lanner("migrate", folder=tmp_path, environment={})
    answers = {}
    with running(tmp_path, {"LANNER_READ_THROUGH_SECONDS": "60", "LANNER_WAIT_SECONDS": "60"}, "api") as service:

        def request() -> None:
            answers["own"] = service.post("/timeseries", {"code": "SAMPLE/GDP"}, headers={"Prefer": "wait=60"})

        def read() -> None:
            answers["quandl"] = service.get("/api/v3/datasets/SAMPLE/NILE.json")

        waiting = [Thread(target=request), Thread(target=read)]
        for thread in waiting:
            thread.start()
        assert comes_true(lambda: len(service.get("/fetches").json()["items"]) == len(waiting))
    for thread in waiting:
        thread.join(10)

    assert (answers["own"].status_code, answers["own"].json()["status"]) == (201, "pending")
    assert (answers["quandl"].status_code, answers["quandl"].json()["quandl_error"]["code"]) == (503, "QEXx01")
    for answer in answers.values():
        assert answer.headers["X-Request-ID"] in service.log()


def test_a_worker_line_carries_the_id_of_the_request(service):
    """What the worker logs about a fetch can be found by the id that the client sent."""
    service.post("/timeseries", {"code": "SAMPLE/NILE"}, headers={"X-Request-ID": "find-me"})

    assert comes_true(lambda: any('"fetch ended"' in line and '"find-me"' in line for line in service.log().splitlines()))


def test_health_is_told_by_the_exit_code(service, home):
    """While the service runs both parts are well; where none runs, neither is, and a sentence says so."""
    here = {"LANNER_PORT": service.address.rpartition(":")[2]}
    elsewhere = {"LANNER_PORT": str(free_port()), "LANNER_DATA_DIR": str(home / "nothing")}
    codes = [lanner("health", part, folder=home, environment=here).returncode for part in ("api", "worker")]
    ill = [lanner("health", part, folder=home, environment=elsewhere) for part in ("api", "worker")]

    assert codes == [0, 0]
    assert [answer.returncode for answer in ill] == [1, 1]
    assert all(answer.stderr.startswith("lanner: No ") for answer in ill)


def test_a_worker_that_looks_no_more_is_ill(tmp_path):
    """A sign of life older than a minute counts for nothing, and what a dead worker left is no sign."""
    (tmp_path / "data").mkdir()
    left_behind = tmp_path / "data" / "worker-gone-1.alive"
    left_behind.touch()
    dead = lanner("health", "worker", folder=tmp_path, environment={}).returncode
    sign = HeartbeatFile(tmp_path / "data")
    sign.touch()
    fresh = lanner("health", "worker", folder=tmp_path, environment={}).returncode
    [path] = (tmp_path / "data").glob("worker-*.alive")
    os.utime(path, (time.time() - 90, time.time() - 90))

    assert (dead, fresh) == (1, 0)
    assert not left_behind.exists()
    assert lanner("health", "worker", folder=tmp_path, environment={}).returncode == 1


def test_a_data_folder_has_one_lanner(service, home):
    """A second ``up`` on the same folder says who has it, and leaves the first alone."""
    refused = lanner("up", folder=home, environment={"LANNER_PORT": str(free_port())})

    assert refused.returncode == 1
    assert str(home / "data") in refused.stderr
    assert f"port {service.address.rpartition(':')[2]}" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert service.get("/healthz").status_code == 200


@pytest.mark.parametrize("command", ["api", "up"])
def test_a_port_taken_by_a_lanner_is_refused(service, tmp_path, command):
    """Another lanner at the port is recognised, for both would be served by it without a word, and before anything is migrated."""
    settings = {"LANNER_PORT": service.address.rpartition(":")[2]}
    refused = lanner(command, folder=tmp_path, environment=settings)

    assert refused.returncode == 1
    assert "is taken by another lanner" in refused.stderr
    assert "LANNER_PORT" in refused.stderr
    assert not (tmp_path / "data" / "lanner.db").exists()


def test_a_port_taken_by_another_program_is_refused(tmp_path):
    """The sentence names the port and how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = lanner("api", folder=tmp_path, environment={"LANNER_PORT": str(port)})

    assert refused.returncode == 1
    assert refused.stderr == f"lanner: Port {port} is taken by another program. Stop it, or set LANNER_PORT to a free port.\n"


REFUSALS = {
    "unknown setting": ({"LANNER_PROT": "8001"}, ["LANNER_PROT", "LANNER_PORT"]),
    "unknown provider": ({"LANNER_PROVIDERS__QUNDL__API_KEY": "canary"}, ["LANNER_PROVIDERS__QUNDL"]),
    "not a number": ({"LANNER_PORT": "canary"}, ["LANNER_PORT"]),
    "not a database": ({"LANNER_DATABASE_URL": "mysql://root:canary@localhost/x"}, ["LANNER_DATABASE_URL", "postgresql://"]),
    "no database there": ({"LANNER_DATABASE_URL": "postgresql://me:canary@127.0.0.1:1/x"}, ["127.0.0.1:1/x", "LANNER_DATABASE_URL"]),
    "data folder is a file": ({"LANNER_DATA_DIR": "/dev/null"}, ["LANNER_DATA_DIR"]),
    "open to everybody": ({"LANNER_HOST": "0.0.0.0"}, ["LANNER_HOST", "LANNER_AUTH=open"]),
    "keys wanted": ({"LANNER_AUTH": "required"}, ["LANNER_AUTH=required", "lanner keys create"]),
    "not a name": ({"LANNER_HOST": "a..b", "LANNER_AUTH": "open"}, ["LANNER_HOST=a..b"]),
    "several processes in memory": ({"LANNER_WORKER_PROCESSES": "2"}, ["LANNER_WORKER_PROCESSES must be 1", "LANNER_BROKER_URL"]),
    "odd password": ({"LANNER_DATABASE_URL": "postgresql://u:[canary@h/d:x"}, ["LANNER_"]),
    "not our address": ({"LANNER_HOST": "192.0.2.1", "LANNER_AUTH": "open"}, ["LANNER_HOST=192.0.2.1"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_work_is_refused_with_one_sentence(case, tmp_path):
    """One line on standard error that names the variable, exit code 1, no traceback and no secret."""
    settings, words = REFUSALS[case]
    refused = lanner("up", folder=tmp_path, environment=settings)
    sentences = [line for line in refused.stderr.splitlines() if line.startswith("lanner: ")]

    assert refused.returncode == 1
    assert len(sentences) == 1
    assert all(word in sentences[0] for word in words), sentences
    assert "Traceback" not in refused.stderr
    assert "canary" not in refused.stdout + refused.stderr


def test_up_leaves_a_newer_schema_alone(tmp_path):
    """A database that a newer lanner has migrated is neither changed nor served."""
    assert lanner("migrate", folder=tmp_path, environment={}).returncode == 0
    with sqlite3.connect(tmp_path / "data" / "lanner.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    refused = lanner("up", folder=tmp_path, environment={"LANNER_PORT": str(free_port())})

    assert refused.returncode == 1
    assert "newer schema 9999" in refused.stderr.splitlines()[-1]


def test_migrating_says_from_what_to_what(tmp_path):
    """The first run creates the schema, the second has nothing to do."""
    first, second = (lanner("migrate", folder=tmp_path, environment={}).stdout for _ in range(2))

    assert f"none → {REVISION}" in first
    assert f"up to date: {REVISION}" in second


@ON_LINUX
def test_up_stops_with_all_it_started(tmp_path):
    """On SIGTERM everything ends within ten seconds, with code 0; the data folder was only the user's."""
    with supervised(tmp_path) as (process, address):
        started = children(process.pid)
        alive = requests.get(f"{address}/healthz", timeout=5).status_code
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
        took = time.monotonic() - began

    assert (alive, code) == (200, 0)
    assert took < 10
    assert len(started) >= 3
    assert [child for child in started if lives(child)] == []
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_up_listens_where_its_options_say(tmp_path):
    """They hold for what it starts, over the environment and over what Kubernetes puts there."""
    port = free_port()
    options, settings = ("--host", "localhost", "--port", str(port)), {"LANNER_HOST": "192.0.2.1", "LANNER_PORT": "tcp://10.0.0.1:8000"}
    with supervised(tmp_path, *options, **settings) as (process, _):
        status = requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)

    assert (status, code) == (200, 0)


@pytest.mark.alone
@pytest.mark.slow
@ON_LINUX
def test_idling_costs_little(tmp_path):
    """With nothing to do, all processes together use at most 2 % of a core and 300 MB."""
    with supervised(tmp_path) as (process, _):
        time.sleep(1)
        everybody = [process.pid, *children(process.pid)]
        began, before = time.monotonic(), sum(map(processor_seconds, everybody))
        time.sleep(8)
        share = (sum(map(processor_seconds, everybody)) - before) / (time.monotonic() - began)
        megabytes = sum(map(own_kilobytes, everybody)) / 1024

    assert share <= 0.02
    assert megabytes <= 300


@ON_LINUX
def test_killing_the_supervisor_leaves_no_orphans(tmp_path):
    """Nothing outlives a supervisor that had no chance to stop it, and the folder can be used again."""
    with supervised(tmp_path) as (process, _):
        started = children(process.pid)
        process.kill()

        assert started
        assert comes_true(lambda: not any(map(lives, started)), 10)


@pytest.mark.slow
@ON_LINUX
@pytest.mark.parametrize("part", ["api", "worker"])
def test_a_dead_part_is_started_again(tmp_path, part):
    """A killed part is replaced in a moment, and requests are served as before."""
    with supervised(tmp_path) as (process, address):
        (first, *_) = called(children(process.pid), part)
        lost = [first, *children(first)]
        os.kill(first, signal.SIGKILL)
        assert comes_true(lambda: not any(map(lives, lost)))
        assert comes_true(lambda: _answers(address))
        answer = requests.post(f"{address}/timeseries", json={"code": "SAMPLE/NILE"}, timeout=10)
        data = f"{address}/timeseries?id={answer.json()['id']}"

        assert comes_true(lambda: requests.get(data, timeout=10).status_code == 200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_stopping_finishes_the_requests_that_run(tmp_path):
    """A request that waits for the database when SIGTERM comes is still answered."""
    answers: list[int] = []
    assert lanner("migrate", folder=tmp_path, environment={}).returncode == 0
    with running(tmp_path, {}, "api") as service:
        writer = sqlite3.connect(tmp_path / "data" / "lanner.db", isolation_level=None, check_same_thread=False)
        writer.execute("BEGIN IMMEDIATE")
        client = Thread(target=lambda: answers.append(service.post("/timeseries", {"code": "SAMPLE/GDP"}).status_code))
        client.start()
        time.sleep(0.5)
        (api,) = [process for process in children(os.getpid()) if lives(process) and called([process], "api")][:1]
        os.kill(api, signal.SIGTERM)
        time.sleep(0.5)
        writer.execute("ROLLBACK")
        writer.close()
        client.join(10)

    assert answers == [201]


@pytest.mark.slow
def test_debug_restarts_on_a_changed_file(tmp_path):
    """With --debug a changed source file is served in a moment, and an unfinished one does not end the server."""
    for package in ("domain", "adapters", "entrypoints", "config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    source = tmp_path / "entrypoints" / "rest" / "resources" / "health.py"
    written = source.read_text()
    settings = {"PYTHONPATH": str(tmp_path)}
    assert lanner("migrate", folder=tmp_path, environment=settings).returncode == 0
    with running(tmp_path, settings, "api --debug") as service:
        source.write_text(written + "\nunfinished = (\n")
        assert comes_true(lambda: "SyntaxError" in service.log())
        source.write_text(written.replace('{"status": "ok"}', '{"status": "changed"}'))

        assert comes_true(lambda: _answers(service.address) and service.get("/healthz").json() == {"status": "changed"})


def test_help_loads_nothing_heavy():
    """The list of commands is there at once, because none of them is loaded."""
    command = [sys.executable, "-m", "entrypoints.cli", "--help"]
    imported = subprocess.run([command[0], "-X", "importtime", *command[1:]], cwd=ROOT, check=True, capture_output=True, text=True).stderr

    assert [name for name in HEAVY if f" {name}\n" in imported] == []


def test_ctrl_c_ends_quietly(tmp_path):
    """Ctrl-C stops ``up`` as SIGTERM does, says so once and prints no traceback; a host may be given by its name."""
    with supervised(tmp_path, LANNER_HOST="localhost") as (process, _):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
    log = (tmp_path / "log").read_text()

    assert code == 0
    assert "Traceback" not in log
    assert (log.count("Stopping…\n"), log.count("Stopped.\n")) == (1, 1)


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    """Output into a closed pipe ends quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "entrypoints.cli", "providers"]
    ended = subprocess.run(
        command, cwd=tmp_path, env={"HOME": str(tmp_path)}, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)

    assert ended.stderr == ""


def test_the_lines_of_help_name_every_command():
    """The list of commands and the commands themselves are one and the same."""
    listed = subprocess.run(
        [sys.executable, "-m", "entrypoints.cli", "--help"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    lines = listed.partition("Find and fetch:")[2].splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    helps = [CliRunner().invoke(command_line, [name, "--help"]) for name in names]

    asking = ["search", "providers", "fetch", "fetches", "cancel", "gates", "follow", "schedules", "unfollow"]
    reading = ["list", "show", "export", "vintages", "revisions", "panel", "stand-ins", "feed"]
    service = ["up", "api", "worker", "health", "keys", "webhooks", "config", "migrate", "check", "backup", "restore"]
    assert names == [
        *asking,
        *reading,
        "import",
        "equivalences",
        "formulas",
        "remove",
        *service,
        "doctor",
        "parse",
        "new-provider",
        "openapi",
    ]
    assert [answer.exit_code for answer in helps] == [0] * len(names)
