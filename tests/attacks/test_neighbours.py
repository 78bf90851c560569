"""A2, A11, B6, B7, B8: what comes by way of a proxy, a provider, the database and the broker."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import psycopg2
import pytest

from domain.codes import DatasetCode
from entrypoints.worker.app import create_worker
from entrypoints.worker.tasks import QUEUE
from tests.acceptance.raw import ask_http_2
from tests.attacks.client import ask
from tests.attacks.conftest import Attack
from tests.attacks.service import Service, running
from tests.entrypoints.test_messages import in_queue, send_all
from tests.entrypoints.test_worker import at_work, ends, silent_use_cases
from tests.integration.test_parse_limits import records, repeated, wide
from tests.nginx import nginx

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]
STATEMENT_SECONDS = 2
NASTY = {"RECORDS.json": lambda: records(20_000), "PACKED.parquet": repeated, "WIDE.csv": lambda: wide(3_000_000)}


@pytest.mark.attacks("A2 underscores", "behind nginx, X_Api_Token is no X-Api-Token")
def test_underscores(guarded: Service, attack: Attack) -> None:
    read, everything = guarded.keys["read"], guarded.keys["all"]
    with nginx(guarded.port) as port:
        alone = ask(port, "/timeseries", headers={"X_Api_Token": everything}).status
        beside = ask(port, "/fetches/x", method="DELETE", headers={"X-Api-Token": read, "X_Api_Token": everything}).status
    attack.shows(f"alone {alone}, beside a key of another scope {beside}", held=(alone, beside) == (401, 403))


@pytest.mark.attacks("A11 authorities", "behind nginx, no target or authority names another host")
def test_authorities(bare: Service, attack: Attack) -> None:
    with nginx(bare.port, listen=" http2") as spoken:
        second = [ask_http_2(spoken, "evil.example", *more, path="/timeseries") for more in ((), (("host", "localhost"),))]
    with nginx(bare.port) as port:
        first = [ask(port, "http://evil.example/timeseries").status, ask(port, "/timeseries", headers={"Host": "evil.example"}).status]
        own = ask(port, "/timeseries").status
    held = own == 200 and set(first) <= {400, 421} and set(second) <= {"400", "421", ""}
    attack.shows(f"HTTP/1.1 {first}, HTTP/2 {second}, its own {own}", held=held)


@pytest.mark.attacks("B6 answers", "answers that would take all memory or time end in a named error, and the worker goes on", long=True)
def test_answers(tmp_path: Path, attack: Attack) -> None:
    folder = tmp_path / "files" / "NASTY"
    folder.mkdir(parents=True)
    for name, write in NASTY.items():
        (folder / name).write_bytes(write())
    settings = {"LANNER_PROVIDERS__FILES__PATH": str(folder.parent), "LANNER_ROUTES": '{"NASTY": "files"}'}
    with running(tmp_path, settings) as service:
        begun, told = time.monotonic(), []
        for name in NASTY:
            series = service.fetched(f"NASTY/{name.partition('.')[0]}", seconds=60)
            fetch = service.ask(f"/timeseries/{series}").json()["fetch"]
            told.append((fetch["error"] or {}).get("code", fetch["status"]))
        seconds = time.monotonic() - begun
        good = service.ask(f"/timeseries/{service.fetched('SAMPLE/NILE')}").json()["status"]
    attack.shows(f"{told} in {seconds:.1f} s, then a good one: {good}", held=set(told) == {"too_large"} and good == "success")


@pytest.mark.attacks("B7 locks", "a request whose statement waits is answered 503 in time, and health meanwhile", long=True)
def test_locks(tmp_path: Path, postgres_url: str, attack: Attack) -> None:
    schema = f"attack_{tmp_path.name.replace('-', '_')[-20:]}"
    settings = {
        "LANNER_DATABASE_URL": postgres_url,
        "LANNER_DATABASE_SCHEMA": schema,
        "LANNER_BROKER_URL": "amqp://127.0.0.1:1//",
        "LANNER_API_PROCESSES": "1",
        "LANNER_API_STATEMENT_SECONDS": str(STATEMENT_SECONDS),
    }
    with running(tmp_path, settings, worker=False) as service:
        holder = psycopg2.connect(postgres_url)
        with holder.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {schema}.series IN ACCESS EXCLUSIVE MODE")
            posted = service.post("/timeseries", {"code": "SAMPLE/GDP"})
            read, health = service.ask("/timeseries"), service.ask("/healthz")
            holder.rollback()
            after = service.post("/timeseries", {"code": "SAMPLE/GDP"})
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
            holder.commit()
        holder.close()
    slowest = max(posted.seconds, read.seconds)
    held = (posted.status, read.status, health.status, after.status) == (503, 503, 200, 201) and slowest < STATEMENT_SECONDS + 2
    attack.shows(f"POST {posted.status}, GET {read.status} after {slowest:.1f} s, health {health.status}, then {after.status}", held=held)


@pytest.mark.attacks("B8 messages", "a message that is not lanner's is rejected once, and ends no worker", long=True)
def test_messages(tmp_path: Path, broker_url: str, postgres_url: str, attack: Attack) -> None:
    servers = {"LANNER_DATABASE_URL": postgres_url, "LANNER_BROKER_URL": broker_url}
    app = create_worker(silent_use_cases(), broker_url=broker_url)
    with (
        socket.create_server(("127.0.0.1", 0)) as provider,
        at_work(servers, tmp_path, provider, LANNER_WORKER_PROCESSES="1", LANNER_POLL_SECONDS="3600") as worker,
        app.connection_for_write() as connection,
    ):
        channel = connection.default_channel
        app.amqp.queues[QUEUE](channel).declare()
        sent = send_all(channel)
        fetch = worker.use_cases.request_fetch(DatasetCode("SAMPLE", "GDP")).fetch
        done, lives, left = ends(worker.use_cases, fetch.id, 30), worker.process.poll() is None, in_queue(channel)
        worker.process.send_signal(signal.SIGTERM)
    refused = worker.log.count("message refused")
    attack.shows(
        f"{sent} messages, {refused} rejected, {left} left; then a fetch done: {bool(done)}",
        held=(refused, left) == (sent, 0) and done and lives,
    )
