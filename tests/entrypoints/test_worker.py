"""The worker: Celery in this process over a broker in memory, and the real one as a process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery import Celery
from celery.worker import state
from structlog.contextvars import clear_contextvars, get_contextvars

from adapters.memory.dispatcher import NullDispatcher
from adapters.memory.unit_of_work import MemoryStore
from config import bootstrap
from domain.codes import DatasetCode
from domain.errors import StoreUnavailable
from domain.fetches import Fetch, FetchStatus, Lease
from domain.ports import Fetched, PriorState
from domain.use_cases import UseCases
from entrypoints.worker import tasks
from entrypoints.worker.app import create_worker, open_controller
from entrypoints.worker.lifecycle.isolation import IsolationLock
from entrypoints.worker.lifecycle.lease_table import LeaseTable, expire_leases
from entrypoints.worker.poller import Poller
from entrypoints.worker.tasks import QUEUE, TASK, notify, run
from tests.acceptance.running import lanner
from tests.builders import CannedSource, memory_use_cases
from tests.faults.processes import children
from tests.memory_source import MemorySource
from tests.servers import bound

CODE = DatasetCode("CANNED", "PRICES")
MEMORY = "memory://"


@contextmanager
def working(app: Celery) -> Iterator[None]:
    """Run Celery's worker in a thread until left."""
    with app.connection_for_write() as connection:
        app.amqp.queues[QUEUE](connection.default_channel).declare()
        app.amqp.queues[QUEUE](connection.default_channel).purge()
    thread = Thread(target=open_controller(app).start, daemon=True)
    thread.start()
    try:
        yield
    finally:
        state.should_stop = 0
        thread.join(10)
        state.should_stop = None
        assert not thread.is_alive()


def ends(use_cases: UseCases, fetch_id: UUID, seconds: float = 5) -> bool:
    """Wait until a fetch has ended."""
    end = time.monotonic() + seconds
    while not use_cases.follow_fetches(fetch_id).ended and time.monotonic() < end:
        time.sleep(0.01)
    return use_cases.follow_fetches(fetch_id).ended


def silent_use_cases(source: Any = None) -> UseCases:
    """Use cases whose requests send no notification."""
    return memory_use_cases({"canned": source or CannedSource()}, dispatcher=NullDispatcher())


def test_a_due_fetch_is_found_notified_for_and_done():
    """Without any notification from outside, poller and Celery together bring a request to its end in a moment."""
    use_cases, stop = silent_use_cases(), Event()
    app = create_worker(use_cases, broker_url=MEMORY)
    poller = Poller(
        use_cases.reap_fetches,
        notify=lambda fetch_ids: notify(app, fetch_ids),
        run=lambda fetch_id, _: run(use_cases, [fetch_id], IsolationLock(), requeue=list),
        heartbeat=lambda _: None,
        prune=use_cases.reap_fetches.prune,
        report_wait=lambda _: None,
    )
    thread = Thread(target=poller.poll, args=(0.05, stop), daemon=True)
    with working(app):
        thread.start()
        fetch = use_cases.request_fetch(CODE).fetch
        assert ends(use_cases, fetch.id)
        stop.set()
        thread.join(5)

    assert use_cases.follow_fetches(fetch.id).status is FetchStatus.SUCCESS


def test_messages_that_are_not_ours_run_nothing_and_harm_nothing():
    """A pickle, a task of another name and an argument that is no id are refused; the next good message is served."""
    use_cases = silent_use_cases()
    app = create_worker(use_cases, broker_url=MEMORY)
    fetch = use_cases.request_fetch(CODE).fetch
    with working(app):
        exchange = app.amqp.queues[QUEUE].exchange
        with app.connection_for_write() as connection, connection.Producer(exchange=exchange, routing_key=QUEUE) as producer:
            pickled = {"content_type": "application/x-python-serialize", "content_encoding": "binary"}
            producer.publish(b"\x80\x04N.", headers={"task": TASK, "id": str(uuid4())}, **pickled)
        app.send_task("os.system", ("true",), queue=QUEUE)
        app.send_task(TASK, ("../../etc/passwd",), queue=QUEUE)
        app.send_task(TASK, (7,), queue=QUEUE)
        app.send_task(TASK, (str(uuid4()),), queue=QUEUE)
        notify(app, [fetch.id])
        assert ends(use_cases, fetch.id)

    assert use_cases.follow_fetches(fetch.id).status is FetchStatus.SUCCESS


def test_a_fetch_runs_under_the_id_of_its_request():
    """While a fetch runs, whatever it logs carries the request's id and the fetch's; afterwards nothing does."""
    seen: list[dict[str, Any]] = []

    def answer(code: DatasetCode, known: PriorState) -> Fetched:
        seen.append(get_contextvars())
        return CannedSource().fetch(code, known)

    clear_contextvars()
    use_cases = silent_use_cases(MemorySource({CODE: answer}))
    fetch = use_cases.request_fetch(CODE, request_id="asked-by-me").fetch
    run(use_cases, [fetch.id], IsolationLock(), requeue=list)

    assert seen == [{"request_id": "asked-by-me", "fetch": str(fetch.id)}]
    assert get_contextvars() == {}


@pytest.mark.parametrize("limit", ["SLOW_SECONDS", "BATCH_SECONDS"])
def test_what_waits_behind_a_slow_fetch_is_passed_on(monkeypatch, limit):
    """Of several fetches in one message those that a slow one keeps waiting are notified again, and done by whoever is free."""
    passed_on: list[list[UUID]] = []
    slow = Event()

    def answer(code: DatasetCode, known: PriorState) -> Fetched:
        if code != CODE:
            assert slow.wait(5)
        return CannedSource().fetch(code, known)

    codes = [CODE, DatasetCode("CANNED", "SLOW"), DatasetCode("CANNED", "NEXT"), DatasetCode("CANNED", "LAST")]
    use_cases = silent_use_cases(MemorySource(dict.fromkeys(codes, answer)))
    first, second, *others = [use_cases.request_fetch(code).fetch.id for code in codes]
    monkeypatch.setattr(tasks, limit, 0.01)

    def requeue(fetch_ids: Sequence[UUID]) -> None:
        passed_on.append(list(fetch_ids))
        if len(passed_on) == len(others):
            slow.set()

    run(use_cases, [first, second, *others], IsolationLock(), requeue=requeue)

    assert passed_on == [[fetch_id] for fetch_id in others]
    assert [fetch.status for fetch in use_cases.follow_fetches.get_many([first, second])] == [FetchStatus.SUCCESS] * 2
    assert [fetch.status for fetch in use_cases.follow_fetches.get_many(others)] == [FetchStatus.PENDING] * 2


def test_what_a_worker_died_with_is_spared_on_request():
    """Whoever must not die leaves a fetch that a worker was lost with to others; unasked it is taken over."""
    store = MemoryStore()
    use_cases = memory_use_cases({"canned": CannedSource()}, dispatcher=NullDispatcher(), store=store)
    fetch = use_cases.request_fetch(CODE).fetch
    with store.writing() as uow:
        uow.fetches.claim(fetch.id, Lease(uuid4(), -1))
        uow.commit()
    run(use_cases, [fetch.id], IsolationLock(), requeue=list, skip_suspects=True)
    spared = use_cases.follow_fetches(fetch.id)
    run(use_cases, [fetch.id], IsolationLock(), requeue=list)

    assert spared.status is FetchStatus.RUNNING
    assert use_cases.follow_fetches(fetch.id).status is FetchStatus.SUCCESS


def test_fetches_of_one_message_are_done_in_order():
    """What has ended, or is unknown, is passed over; the others are done one after another."""
    asked: list[DatasetCode] = []

    def answer(code: DatasetCode, known: PriorState) -> Fetched:
        asked.append(code)
        return CannedSource().fetch(code, known)

    codes = [DatasetCode("CANNED", name) for name in ("A", "B", "C")]
    use_cases = silent_use_cases(MemorySource(dict.fromkeys(codes, answer)))
    ids = [use_cases.request_fetch(code).fetch.id for code in codes]
    use_cases.fetch_dataset(ids[1])
    run(use_cases, [ids[2], uuid4(), ids[1], ids[0]], IsolationLock(), requeue=list)

    assert asked == [codes[1], codes[2], codes[0]]


def test_production_takes_one_message_a_process_and_gives_it_back_when_lost():
    """With a broker outside, the settings are those without which messages are lost or hoarded."""
    app = create_worker(silent_use_cases(), broker_url="amqp://localhost//", processes=3, deadline_seconds=200)
    conf = app.conf

    assert (conf.worker_pool, conf.worker_concurrency, conf.worker_prefetch_multiplier) == ("entrypoints.worker.pool:Pool", 3, 1)
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.task_ignore_result) == (True, True, True)
    assert conf.accept_content == ["json"]
    assert conf.broker_transport_options["confirm_publish"] is True
    assert conf.worker_max_memory_per_child is None
    assert 200 < conf.task_soft_time_limit < conf.task_time_limit


def test_a_fetch_that_is_cut_for_its_time_is_tried_again():
    """The pool's signal that time is up reads as a source that did not answer in time, not as a fault in its answer."""

    def hang(code: DatasetCode, known: PriorState) -> Fetched:
        os.kill(os.getpid(), signal.SIGUSR1)
        raise AssertionError

    use_cases = silent_use_cases(MemorySource({CODE: hang}))
    app = create_worker(use_cases, broker_url="amqp://localhost//")
    fetch = use_cases.request_fetch(CODE).fetch
    before = signal.getsignal(signal.SIGUSR1)
    try:
        app.tasks[TASK](str(fetch.id))
    finally:
        signal.signal(signal.SIGUSR1, before)
    waiting = use_cases.follow_fetches(fetch.id)

    assert (waiting.status, waiting.failure and waiting.failure.code) == (FetchStatus.PENDING, "timed_out")


@pytest.fixture
def migrated(tmp_path: Path) -> dict[str, str]:
    """Settings of a data folder whose database is ready."""
    settings = {"HOME": str(tmp_path), "LANNER_DATA_DIR": str(tmp_path / "data")}
    assert lanner("migrate", folder=tmp_path, environment=settings).returncode == 0
    return settings


@pytest.mark.parametrize(("revision", "word"), [("0000", "older"), ("9999", "newer")])
def test_another_schema_is_refused(migrated, tmp_path, revision, word):
    """Neither worker nor API works on a schema that is not theirs: a sentence, exit code 1."""
    with sqlite3.connect(tmp_path / "data" / "lanner.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    database.close()
    for command in ("worker", "api"):
        refused = lanner(command, folder=tmp_path, environment=migrated)

        assert refused.returncode == 1
        assert f"{word} schema {revision}" in refused.stderr
        assert "lanner migrate" in refused.stderr or word == "newer"
        assert "Traceback" not in refused.stderr


def test_an_answer_is_no_garbage(migrated, tmp_path):
    """Reading ten thousand rows does not make a worker's process, nor one it forks, look for garbage among them."""
    script = """if True:
        import gc, os
        from entrypoints.worker import main
        def work(*_):
            if os.fork():
                os.wait()
            before = [each["collections"] for each in gc.get_stats()]
            rows = [[0.0] * 12 for _ in range(10_000)]
            print(gc.get_freeze_count() > 10_000, [each["collections"] for each in gc.get_stats()] == before, flush=True)
            os._exit(0)
        main._work = work
        main.main()
    """
    environment = migrated | {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, timeout=30, check=False)

    assert ended.stdout == b"True True\nTrue True\n", ended.stderr.decode()


def test_a_missing_schema_is_refused(tmp_path):
    """A worker on an empty database names the command that makes it ready."""
    refused = lanner("worker", folder=tmp_path, environment={"HOME": str(tmp_path), "LANNER_DATA_DIR": str(tmp_path / "data")})

    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "lanner migrate" in refused.stderr


def test_memory_reaches_one_process_only(migrated, tmp_path):
    """Several worker processes cannot share a broker in memory."""
    refused = lanner("worker", folder=tmp_path, environment=migrated | {"LANNER_WORKER_PROCESSES": "2"})

    assert refused.returncode == 1
    assert "LANNER_WORKER_PROCESSES" in refused.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's end")
def test_a_poller_whose_parent_is_gone_ends(tmp_path):
    """A worker that is killed while its poller starts leaves no poller behind."""
    gone = subprocess.Popen([sys.executable, "-S", "-c", ""])
    gone.wait(10)
    script = f"from entrypoints.worker.main import _poll; _poll({gone.pid}, None, None)"
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, timeout=30, check=False)

    assert ended.returncode == -signal.SIGTERM


def test_a_hanging_fetch_does_not_hold_up_the_end(migrated, tmp_path):
    """What still runs some seconds after SIGTERM is given back, as if it had not been begun, and cut: exit code 0."""
    with socket.create_server(("127.0.0.1", 0)) as provider:
        address = f"http://127.0.0.1:{provider.getsockname()[1]}/api/v3"
        settings = migrated | {"LANNER_SHUTDOWN_TIMEOUT_SECONDS": "1", "LANNER_PROVIDERS__QUANDL__BASE_URL": address}
        worker = subprocess.Popen(
            bound([sys.executable, "-m", "entrypoints.cli", "worker"]), env=settings, cwd=tmp_path, stderr=subprocess.PIPE
        )
        asking = [sys.executable, "-m", "entrypoints.cli", "fetch", "WIKI/FB"]
        client = subprocess.Popen(asking, env=settings, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            provider.settimeout(20)
            with provider.accept()[0]:
                began = time.monotonic()
                worker.send_signal(signal.SIGTERM)
                code = worker.wait(10)
                took = time.monotonic() - began
        finally:
            for process in (client, worker):
                process.kill()
                process.communicate()
    with sqlite3.connect(tmp_path / "data" / "lanner.db") as database:
        left = database.execute("SELECT status, attempts, crashes, lease_token FROM fetches").fetchone()
    database.close()

    assert code == 0
    assert took < 5
    assert left == ("pending", 0, 0, None)


@dataclass
class AtWork:
    """A worker of two processes on servers, and the fetches it was asked for."""

    use_cases: UseCases
    fetches: list[Fetch]
    process: subprocess.Popen[bytes]
    log: str = ""


@contextmanager
def at_work(servers: dict[str, str], folder: Path, provider: socket.socket, *names: str, **settings: str) -> Iterator[AtWork]:
    """Have a worker ask the test for series; its log is there afterwards."""
    own = {
        "HOME": str(folder),
        "LANNER_DATABASE_SCHEMA": f"work_{uuid4().hex}",
        "LANNER_WORKER_PROCESSES": "2",
        "LANNER_POLL_SECONDS": "0.2",
        "LANNER_PROVIDERS__QUANDL__BASE_URL": f"http://127.0.0.1:{provider.getsockname()[1]}/api/v3",
    }
    environment = servers | own | settings
    assert lanner("migrate", folder=folder, environment=environment).returncode == 0
    container = bootstrap(environment)
    use_cases = container.use_cases()
    fetches = [use_cases.request_fetch(DatasetCode("WIKI", name)).fetch for name in names]
    process = subprocess.Popen(
        bound([sys.executable, "-m", "entrypoints.cli", "worker"]), env=environment, cwd=folder, stderr=subprocess.PIPE
    )
    working = AtWork(use_cases, fetches, process)
    try:
        provider.settimeout(30)
        yield working
    finally:
        process.kill()
        working.log = process.communicate()[1].decode()
        container.engine().dispose()


@pytest.fixture
def servers(postgres_url: str, broker_url: str) -> dict[str, str]:
    return {"LANNER_DATABASE_URL": postgres_url, "LANNER_BROKER_URL": broker_url}


@pytest.mark.server
def test_what_a_killed_process_did_need_not_wait_for_its_lease(servers, tmp_path):
    """The pool knows that the process is dead: its fetch is taken over at once."""
    with (
        socket.create_server(("127.0.0.1", 0)) as provider,
        at_work(servers, tmp_path, provider, "FB", LANNER_LEASE_SECONDS="3600") as worker,
        provider.accept()[0] as first,
    ):
        os.kill(asker_at(first.getpeername()[1], worker.process.pid), signal.SIGKILL)
        with provider.accept()[0]:
            again = worker.use_cases.follow_fetches(worker.fetches[0].id)

    assert (again.status, again.crashes) == (FetchStatus.RUNNING, 1), worker.log


def asker_at(port: int, worker: int) -> int:
    """Give the process of a worker's pool that has a connection from a port."""
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    # Connections that have ended keep their port for a while, without a socket.
    socket_of = next(f"socket:[{line[9]}]" for line in lines if int(line[1].partition(":")[2], 16) == port and line[9] != "0")
    return next(child for child in children(worker) if socket_of in {str(file.readlink()) for file in Path(f"/proc/{child}/fd").iterdir()})


@pytest.mark.server
def test_processes_give_back_what_hangs(servers, tmp_path):
    """With a broker outside, too, what still runs in any process some seconds after SIGTERM is as if it had not been begun."""
    with (
        socket.create_server(("127.0.0.1", 0)) as provider,
        at_work(servers, tmp_path, provider, "FB", "IBM", LANNER_SHUTDOWN_TIMEOUT_SECONDS="1") as worker,
    ):
        with provider.accept()[0], provider.accept()[0]:
            began = time.monotonic()
            worker.process.send_signal(signal.SIGTERM)
            code = worker.process.wait(20)
            took = time.monotonic() - began
        left = [worker.use_cases.follow_fetches(fetch.id) for fetch in worker.fetches]

    assert code == 0, worker.log
    assert took < 10
    assert [(fetch.status, fetch.attempts, fetch.crashes) for fetch in left] == [(FetchStatus.PENDING, 0, 0)] * 2, worker.log
    assert worker.log.count("fetch released") == 2


def test_a_lease_that_cannot_be_ended_ends_by_itself(caplog):
    """Whatever becomes of one that a dead process left, the next is ended."""
    listening, telling = multiprocessing.Pipe(duplex=False)
    table, ended = LeaseTable(2), []

    def end(fetch_id: UUID, token: UUID) -> None:
        ended.append((fetch_id, token))
        if len(ended) < 3:
            raise (StoreUnavailable("The database is away."), ValueError("odd"))[len(ended) - 1]

    fetch = silent_use_cases().request_fetch(CODE).fetch
    leases = [Lease(uuid4(), 30) for _ in range(3)]
    for lease in leases:
        table.record(1, fetch, lease)
        telling.send_bytes(table.take(1))
    assert table.take(0) is table.take(1) is None
    telling.close()
    expire_leases(listening, end)

    assert ended == [(fetch.id, lease.token) for lease in leases]
    assert [record.message for record in caplog.records] == ["lease not expired"] * 2
