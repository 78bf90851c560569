"""Databases as others write their URLs: Postgres of several hosts, with TLS, and within a number of connections."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest
from sqlalchemy import make_url, text

from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.engine import open_engine, place
from adapters.sql.postgres import watch
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from config import bootstrap
from domain.codes import DatasetCode
from domain.errors import InvalidInput, StoreUnavailable
from tests.acceptance.running import lanner
from tests.builders import an_arrival, append
from tests.servers import LOCAL, answers, free_port, own_database, postgres_command, run_sql, started
from tests.tls import a_certificate

server = pytest.mark.server
NOW = datetime(2024, 1, 1, tzinfo=UTC)


@contextmanager
def a_postgres(*options: str, standby: bool = False) -> Iterator[str]:
    """Run a server of its own, with TLS if its certificate is among the files, and give its URL."""
    with tempfile.TemporaryDirectory(prefix="lanner-postgres-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        command, user = postgres_command(folder, port)
        if standby:
            (folder / "data" / "standby.signal").touch()
        if "ssl=on" in options:
            shutil.copy(a_certificate(folder), folder / "data" / "server.key")
            shutil.copy(folder / "data" / "server.key", folder / "data" / "server.crt")
            (folder / "data" / "server.key").chmod(0o600)
        for path in folder.glob("data/s*") if user else ():
            shutil.chown(path, user)
        url = f"postgresql://postgres@{LOCAL}:{port}/postgres"
        with started(
            [*command, *(part for each in options for part in ("-c", each))], log=folder / "log", user=user, ready=lambda: answers(url)
        ):
            yield url


def hosts(*urls: str) -> str:
    """Return the hosts of URLs, each with its port, as one URL has them."""
    return ",".join(f"{url.host}:{url.port}" for url in map(make_url, urls))


def asked(url: str, statement: str) -> object:
    """Return the first value of a statement's answer."""
    engine = open_engine(url, schema="unused")
    try:
        with wrap_driver_errors(engine), engine.connect() as connection:
            return connection.execute(text(statement)).scalar()
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://u:s3cret@a/db", "a:5432/db"),
        ("postgres+psycopg2://u:s3cret@a:1/db", "a:1/db"),
        ("postgresql://u:s3cret@a,b/db?target_session_attrs=read-write", "a:5432,b:5432/db"),
        ("postgres://u:s3cret@a:1,b,[::1]:3/db", "a:1,b:5432,::1:3/db"),
        ("postgresql://u:s3cret@/db?host=a:1&host=b:2", "a:1,b:2/db"),
        ("postgresql:///db", "local socket:5432/db"),
    ],
)
def test_forms_of_urls(url: str, shown: str) -> None:
    """Postgres is called postgres, too, and may have several hosts, each with a port or without; what is shown has no secret."""
    assert place(open_engine(url, schema="unused")) == shown


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:s3cret@a/db?pgbouncer=true", "It has the option 'pgbouncer', which Postgres does not know."),
        ("postgres://u:s3cret@a,b/db?sslmod=require", "It has the option 'sslmod', which Postgres does not know."),
        ("postgresql://u:s3cret@a/db?sslmode=require&sslmode=disable", "It has the option 'sslmode' twice."),
        ("postgresql://u:s3cret@a:x,b/db", "It is not a database URL."),
        ("postgresql://u:s3cret@a,b/db?port=1,2,3", "It is not a database URL."),
        ("postgresql://u:s3cret@/db?host=a,b,c&port=1,2", "Its hosts and ports do not fit together."),
    ],
)
def test_what_no_url_has(url: str, words: str) -> None:
    """It is refused before anything is connected to, in a sentence that names the option and no secret."""
    with pytest.raises(InvalidInput) as caught:
        open_engine(url, schema="unused")

    assert (caught.value.message, caught.value.field) == (words, "database_url")
    assert caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_an_unknown_option_is_one_sentence(tmp_path: Path) -> None:
    """The command line names the variable and the option."""
    done = lanner("list", folder=tmp_path, environment={"LANNER_DATABASE_URL": "postgres://u:s3cret@a/db?ssl_mode=require"})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("lanner: LANNER_DATABASE_URL is not valid: It has the option 'ssl_mode', which Postgres does not know.")


def test_a_sqlite_file_below_the_home(tmp_path: Path) -> None:
    """``~`` is the home, not a folder of that name."""
    done = lanner("migrate", folder=tmp_path, environment={"HOME": str(tmp_path / "home"), "LANNER_DATABASE_URL": "sqlite:///~/a%20b.db"})

    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "home" / "a b.db") in done.stdout
    assert (tmp_path / "home" / "a b.db").exists()
    assert not list(tmp_path.glob("~*"))


@server
@pytest.mark.slow
def test_several_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that takes changes is found behind one that is gone and one that is a standby; a look at it asks the same one."""
    for name in ("LOOK_SECONDS", "_TICK_SECONDS"):
        monkeypatch.setattr(watch, name, 0.3)
    with a_postgres() as primary, a_postgres(standby=True) as standby:
        gone = f"postgresql://postgres@{LOCAL}:{free_port()}/postgres"
        url = f"postgres://postgres@{hosts(gone, standby, primary)}/postgres"
        port = make_url(primary).port
        assert asked(f"{url}?target_session_attrs=read-write", "SELECT inet_server_port()") == port
        assert asked(url, "SELECT inet_server_port()") == make_url(standby).port
        assert asked(f"{url}?target_session_attrs=read-write", "SELECT inet_server_port() FROM pg_sleep(2)") == port
        with pytest.raises(StoreUnavailable) as caught:
            asked(f"postgres://postgres@{hosts(gone, standby)}/postgres?target_session_attrs=read-write", "SELECT 1")

    assert "Connection refused; connection to server" in caught.value.message
    assert "session is read-only" in caught.value.message


@server
@pytest.mark.slow
def test_tls() -> None:
    """``sslmode`` holds: what is to be encrypted is, and what cannot be verified is refused in a sentence."""
    encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    with tempfile.TemporaryDirectory() as folder, a_postgres("ssl=on") as url:
        other = a_certificate(Path(folder))
        assert asked(f"{url}?sslmode=require", encrypted) is True
        assert asked(f"{url}?sslmode=disable", encrypted) is False
        with pytest.raises(StoreUnavailable, match="certificate verify failed"):
            asked(f"{url}?sslmode=verify-full&sslrootcert={other}.crt", "SELECT 1")
    with a_postgres() as url, pytest.raises(StoreUnavailable, match="server does not support SSL, but SSL was required"):
        asked(f"{url}?sslmode=require", "SELECT 1")


@server
def test_a_process_keeps_within_its_connections(postgres_url: str, tmp_path: Path) -> None:
    """Thirty threads read and write on four connections; none is refused, and no more are ever open."""
    with own_database(postgres_url) as url, ExitStack() as stack:
        engine = open_engine(url, schema="lanner")
        migrate(engine)
        with SqlStore(engine).writing() as uow:
            known = [uow.series.add("sample", DatasetCode("SAMPLE", f"S{n}")) for n in range(30)]
            append(uow, known[0].id, [an_arrival(NOW)])
            uow.commit()
        engine.dispose()
        container = bootstrap(
            {"LANNER_DATABASE_URL": url, "LANNER_DATABASE_CONNECTIONS": "4", "LANNER_DATA_DIR": str(tmp_path)}, part="api"
        )
        stack.callback(container.engine().dispose)
        counted, stop = [], Event()
        counting = Thread(target=_count, args=(url, counted, stop))
        counting.start()
        with ThreadPoolExecutor(30) as threads:
            done = list(threads.map(lambda series: _use(container, series.id), known * 3))
        stop.set()
        counting.join()

    assert done == [1] * 90
    assert 2 <= max(counted) <= 4


def _use(container: object, series_id: UUID) -> int:
    store = container.store()  # type: ignore[attr-defined] # as it is wired
    store.version(series_id)
    with store.writing() as uow:
        uow.metrics.heartbeat(str(series_id))
        uow.commit()
    with store.reading() as uow:
        return len([uow.series.get(series_id)])


def _count(url: str, counted: list[int], stop: Event) -> None:
    while not stop.is_set() or not counted:
        others = "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lanner'"
        counted.append(int(str(run_sql(url, others))))
        time.sleep(0.005)
