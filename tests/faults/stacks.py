"""The two stacks, by real processes on servers that nobody else uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import OperationalError
from sqlalchemy import make_url

from adapters.sql.engine import open_engine
from tests.faults.driver import Driver
from tests.faults.launch import INSIDE
from tests.faults.processes import Process
from tests.faults.verifier import Verifier
from tests.pgbouncer import pgbouncer_command
from tests.replication import Pair
from tests.servers import answers, free_port, listens, postgres_command, rabbitmq_command

ROOT = Path(__file__).parents[2]
SQLITE, SERVERS = "SQLite", "Postgres + RabbitMQ"
LEASE_SECONDS = 2
SWEEP_SECONDS = 0.5
DEADLINE_SECONDS = 5
RECOVERY_SECONDS = 80
_SCHEMA = "lanner"


@dataclass
class Stack:
    """
    The service and all that it needs.

    Attributes:
        settings: of every process.
        broker, postgres, pooler: the servers, where there are any.

    """

    name: str
    folder: Path
    settings: dict[str, str]
    seed: int
    provider: Process
    broker: Process | None = None
    postgres: Process | None = None
    pooler: Process | None = None
    started: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.driver = Driver(self.port)
        self.on_sqlite = self.name == SQLITE
        url = self.settings.get("LANNER_DATABASE_URL", f"sqlite:///{self.folder}/data/lanner.db")
        schema = "" if self.on_sqlite else _SCHEMA
        self.engine = open_engine(url, schema=schema)
        self.verifier = Verifier(self.engine, schema, self.seed, self.folder / "calls")
        self.api, self.worker = self.process("api"), self.process("worker")

    def process(self, command: str, *, inside: str = "", **settings: str) -> Process:
        """Prepare a command of lanner, with faults inside."""
        own = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT), "LANNER_PORT": str(self.port)}
        module = "tests.faults.launch" if inside else "entrypoints.cli"
        prepared = Process(
            command,
            [sys.executable, "-P", "-m", module, *command.split()],
            {**own, "LANNER_DATA_DIR": f"{self.folder}/data", **self.settings, **settings, INSIDE: inside},
            self.folder / f"{command.partition(' ')[0]}.log",
        )
        self.started.append(prepared)
        return prepared

    def run(self, *processes: Process) -> None:
        """Start processes; the API is ready afterwards."""
        for process in processes:
            process.start()
        for process in processes:
            if process.name == "api":
                process.wait_until(self.serves)

    def heal(self) -> None:
        """Have everything run as it should, and nothing else."""
        servers = ((self.pooler, self._has_pooler), (self.postgres, self._has_database), (self.broker, self._has_broker))
        for server, ready in servers:
            if server and not server.alive:
                server.start()
            if server:
                server.thaw()
                server.wait_until(ready)
        for process in self.started:
            if process.running and process not in (self.api, self.worker):
                process.kill()
        self.started = [self.api, self.worker]
        self.run(*(process for process in self.started if not process.alive))

    def restart(self, process: Process) -> None:
        """Kill a process and start it again at once."""
        process.kill()
        self.run(process)

    def codes(self, count: int, mode: str = "PLAIN") -> list[str]:
        """Make up codes that nobody has asked for."""
        run = uuid4().hex[:8]
        return [f"{mode}.{run}.{number}" for number in range(count)]

    def serves(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        for process in self.started:
            process.kill()
        self.engine.dispose()

    def _has_database(self) -> bool:
        return answers(self.settings["LANNER_DATABASE_URL"])

    def _has_pooler(self) -> bool:
        return listens(make_url(self.settings["LANNER_DATABASE_URL"]).port or 0)

    def _has_broker(self) -> bool:
        # Its port is open well before it greets anybody.
        try:
            with Connection(self.settings["LANNER_BROKER_URL"], connect_timeout=5) as connection:
                connection.connect()
        except (OperationalError, OSError, AMQPError):
            return False
        return True


@contextmanager
def sqlite_stack(folder: Path, seed: int) -> Iterator[Stack]:
    """Run the embedded kind: SQLite, a broker in the worker's memory."""
    with _opened(Stack(SQLITE, folder, {}, seed, _provider(folder, seed))) as stack:
        yield stack


@contextmanager
def server_stack(folder: Path, seed: int, *, pool_mode: str = "", pair: Pair | None = None) -> Iterator[Stack]:
    """
    Run Postgres and RabbitMQ of this run's own, and processes that use them.

    Args:
        pool_mode: of a PgBouncer before Postgres; none by default.
        pair: in place of Postgres, a primary and a replica, which run already.

    """
    with ExitStack() as ends:
        # Postgres, which refuses to be root, may not enter a folder of root's.
        data = Path(ends.enter_context(TemporaryDirectory(prefix="lanner-faults-", ignore_cleanup_errors=True)))
        broker = free_port()
        (folder / "rabbitmq").mkdir()
        script, environment = ends.enter_context(rabbitmq_command(folder / "rabbitmq", broker))
        rabbitmq = Process("rabbitmq", [script], environment, folder / "rabbitmq.log")
        postgres, url = (None, pair.url) if pair else _postgres(data)
        pooler = None
        if pool_mode:
            pooler, url = _pooler(ends, url, pool_mode)
        settings = {
            "LANNER_DATABASE_URL": url,
            **({"LANNER_DATABASE_READ_URL": pair.replica.url} if pair else {}),
            "LANNER_DATABASE_SCHEMA": _SCHEMA,
            "LANNER_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{broker}//",
            "LANNER_API_PROCESSES": "2" if pair else "1",
            "LANNER_WORKER_PROCESSES": "4",
        }
        name = f"{SERVERS}, PgBouncer ({pool_mode})" if pool_mode else SERVERS
        stack = Stack(name, folder, settings, seed, _provider(folder, seed), rabbitmq, postgres, pooler)
        for server in filter(None, (rabbitmq, postgres, pooler)):
            ends.callback(server.kill)
            server.start()
        if postgres:
            postgres.wait_until(stack._has_database)
        with _opened(stack):
            yield stack


def _postgres(folder: Path) -> tuple[Process, str]:
    port = free_port()
    command, user = postgres_command(folder, port)
    return Process(
        "postgres", command, {"PATH": os.environ["PATH"]}, folder / "log", user
    ), f"postgresql://postgres@127.0.0.1:{port}/postgres"


def _pooler(ends: ExitStack, server: str, mode: str) -> tuple[Process, str]:
    folder, port = Path(ends.enter_context(TemporaryDirectory(prefix="lanner-faults-", ignore_cleanup_errors=True))), free_port()
    command, user = pgbouncer_command(folder, port, make_url(server), mode)
    pooler = Process("pgbouncer", command, {"PATH": os.environ["PATH"]}, folder / "log", user)
    return pooler, make_url(server).set(port=port).render_as_string(hide_password=False)


@contextmanager
def _opened(stack: Stack) -> Iterator[Stack]:
    stack.settings.update(_settings(stack.provider))
    migration = stack.process("migrate")
    try:
        stack.provider.start()
        assert migration.start().running
        assert migration.running.wait(60) == 0, migration.log.read_text()
        stack.verifier.watch()
        stack.api, stack.worker = stack.process("api"), stack.process("worker")
        yield stack
    finally:
        stack.close()
        stack.provider.kill()


def _settings(provider: Process) -> dict[str, str]:
    return {
        "LANNER_PROVIDERS__QUANDL__BASE_URL": f"http://127.0.0.1:{provider.command[-3]}/api/v3",
        "LANNER_LEASE_SECONDS": str(LEASE_SECONDS),
        "LANNER_POLL_SECONDS": str(SWEEP_SECONDS),
        "LANNER_FETCH_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
    }


def _provider(folder: Path, seed: int) -> Process:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "tests.faults.provider", str(free_port()), str(seed), str(folder)]
    return Process("provider", command, environment, folder / "provider.log")
