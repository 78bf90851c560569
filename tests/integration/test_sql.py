"""What is special to SQLite and Postgres: the schema's history, writers at once, and databases that are not there."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, select, text

from adapters.sql import migrations
from adapters.sql.backups.back_up import back_up
from adapters.sql.engine import _write_ahead, for_writing, open_engine, place
from adapters.sql.postgres.version_reader import VersionReader
from adapters.sql.repositories import vintages as vintage_repository
from adapters.sql.repositories.fetches import SqlFetchRepository
from adapters.sql.schema import copy_before_migrating, migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import REVISION, metadata, vintages
from domain.codes import DatasetCode
from domain.errors import InvalidInput, SchemaMismatch, StoreUnavailable
from domain.fetches import NOTHING_ALLOWED, Fetch, Lease, Priority
from domain.observations import Observations
from domain.vintages import Origin
from tests.builders import an_arrival, append

Opens = Callable[[], Engine]
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.server)]


@pytest.fixture
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opens]:
    """Give what opens one and the same empty database, again and again."""
    if request.param == "sqlite":
        url, schema = f"sqlite:///{tmp_path / 'lanner.db'}", "unused"
    else:
        url, schema = request.getfixturevalue("postgres_url"), f"test_{uuid4().hex}"
    engines: list[Engine] = []

    def open_one() -> Engine:
        engines.append(open_engine(url, schema=schema))
        return engines[-1]

    yield open_one
    if request.param == "postgres":
        with open_one().begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("opens", BOTH, indirect=True)
def test_migrations_lead_to_the_tables(opens: Opens) -> None:
    """What the migrations make is what the code thinks there is."""
    engine = opens()
    migrate(engine)
    schema = engine.get_execution_options().get("schema_translate_map", {}).get(None)
    with engine.connect() as connection:
        if schema:
            connection.execute(text(f"SET search_path TO {schema}"))
        options = {"compare_server_default": True, "include_name": lambda name, *_: not str(name).startswith(("alembic_", "series_words"))}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert differences == []


def test_the_revision_is_the_newest_migration() -> None:
    """The revision that the code asks for is the one the migrations end in."""
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == REVISION


@pytest.mark.parametrize("opens", BOTH, indirect=True)
def test_migrating_twice_changes_nothing(opens: Opens) -> None:
    """The first run starts from nothing, the second finds everything done."""
    assert [migrate(opens()), migrate(opens())] == [None, REVISION]


@pytest.mark.parametrize("opens", BOTH, indirect=True)
@pytest.mark.parametrize(
    ("found", "words", "hint"),
    [
        ("0000", "older schema 0000", "lanner migrate"),
        ("9999", "newer schema 9999", "newer one"),
        (None, "no lanner schema", "lanner migrate"),
    ],
)
def test_another_schema_is_refused(opens: Opens, found: str | None, words: str, hint: str) -> None:
    """An older, newer or missing schema is one clear sentence with the way out."""
    engine = opens()
    if found:
        migrate(engine)
        with engine.begin() as connection:
            schema = engine.get_execution_options().get("schema_translate_map", {}).get(None)
            connection.execute(text(f"UPDATE {schema + '.' if schema else ''}alembic_version SET version_num = '{found}'"))

    with pytest.raises(SchemaMismatch, match=words) as caught:
        SqlStore(engine).check()
    assert hint in caught.value.hint
    if found == "9999":
        with pytest.raises(SchemaMismatch, match=words):
            migrate(engine)


@pytest.mark.parametrize("opens", BOTH, indirect=True)
def test_using_a_database_without_tables_says_so(opens: Opens) -> None:
    """A missing table is a schema error, not the driver's."""
    with SqlStore(opens()).reading() as uow, pytest.raises(SchemaMismatch, match="lacks lanner's tables"):
        uow.series.find("quandl", DatasetCode("A", "B"))


def test_a_sqlite_file_of_an_older_schema_is_copied_first(tmp_path: Path) -> None:
    """The copy is a whole database beside the file; a file of today's schema is not copied."""
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
    assert copy_before_migrating(engine) is None
    migrate(engine)
    assert copy_before_migrating(engine) is None
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    copy = copy_before_migrating(engine)

    assert copy == tmp_path / "lanner.db.0000"
    with open_engine(f"sqlite:///{copy}", schema="unused").connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "0000"
    engine.dispose()


def test_all_that_holds_data_is_the_owners_alone(tmp_path: Path) -> None:
    """Whatever the process's mask: the database, what SQLite lays beside it, the copy made before migrating, and a backup."""
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
    mask = os.umask(0)
    try:
        migrate(engine)
        back_up(engine, tmp_path / "backup.db", lambda *_: None)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        copy_before_migrating(engine)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(mask)
        engine.dispose()

    assert modes == dict.fromkeys(("lanner.db", "lanner.db-wal", "lanner.db-shm", "lanner.db.0000", "backup.db"), 0o600)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    """A file of another kind in the database's place is named, with a way out, and left as it is."""
    file = tmp_path / "lanner.db"
    file.write_bytes(b"a letter to my bank" * 100)
    engine = open_engine(f"sqlite:///{file}", schema="unused")

    for act in (lambda: migrate(engine), lambda: SqlStore(engine).check(), lambda: copy_before_migrating(engine)):
        with pytest.raises(StoreUnavailable, match=r"lanner\.db cannot be used: file is not a database") as caught:
            act()
        assert "backup" in caught.value.hint
    engine.dispose()
    assert file.read_bytes().startswith(b"a letter")


def test_a_newer_database_is_not_copied(tmp_path: Path) -> None:
    """Only what will be migrated is copied first."""
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert copy_before_migrating(engine) is None
    engine.dispose()


@pytest.mark.server
@pytest.mark.parametrize(
    "use",
    [lambda uow: uow.now(), lambda uow: uow.transaction.copy_in(vintages, b""), lambda uow: uow.transaction.copy_out("SELECT 1")],
    ids=["statement", "copy in", "copy out"],
)
def test_a_connection_that_breaks_is_translated_and_given_back(postgres_url: str, use: Callable[[Any], object]) -> None:
    """A server that ends the session, at any moment, is an unavailable store; no connection stays checked out."""
    engine = open_engine(postgres_url, schema="unused")
    store: Any = SqlStore(engine)

    def break_off() -> None:
        with store.reading() as uow:
            pid = uow.transaction.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with open_engine(postgres_url, schema="unused").connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
                other.engine.dispose()
            use(uow)

    with pytest.raises(StoreUnavailable):
        break_off()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    engine.dispose()


@pytest.mark.parametrize("opens", [BOTH[1]], indirect=True)
@pytest.mark.parametrize(
    "use",
    [
        lambda uow: uow.transaction.execute_raw(b"SELECT 1/0"),
        lambda uow: uow.transaction.copy_in(vintages, b"no rows"),
        lambda uow: uow.transaction.copy_out("SELECT 1/0"),
        lambda uow: VersionReader(uow.transaction.connection.engine, None)._row("SELECT 1/%s", 0),
    ],
    ids=["statement", "copy in", "copy out", "look"],
)
def test_a_faulty_statement_is_no_unavailable_store(opens: Opens, use: Callable[[Any], object]) -> None:
    """What the driver says of it comes out as it is: to try again would not help, and the traceback does."""
    engine = opens()
    migrate(engine)

    with SqlStore(engine).writing() as uow, pytest.raises(engine.dialect.loaded_dbapi.DataError):
        use(uow)


def test_a_look_tells_a_faulty_statement_from_a_damaged_file(tmp_path: Path) -> None:
    """On SQLite the first comes out as the driver raised it, the second is an unavailable store."""
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
    migrate(engine)
    with pytest.raises(sqlite3.ProgrammingError):
        VersionReader(engine, None)._row("SELECT ?")
    engine.dispose()

    for file in tmp_path.iterdir():
        file.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        VersionReader(engine, None).version(UUID(int=1))
    engine.dispose()


class Interrupted(SqlFetchRepository):
    """Lets the fetch that keeps a new one out end just after it has done so."""

    def _insert(self, series_id: UUID, priority: Priority, **about: Any) -> Fetch | None:
        added = SqlFetchRepository._insert(self, series_id, priority, **about)
        if added is None:
            engine = self.transaction.connection.engine
            with SqlStore(engine).writing() as other:
                lease = Lease(uuid4(), 30)
                (held,) = other.fetches.due(1)
                other.fetches.claim(held, lease)
                other.fetches.succeed(held, lease, [])
                other.commit()
        return added


@pytest.mark.parametrize("opens", [BOTH[1]], indirect=True)
def test_a_request_whose_fetch_ends_meanwhile_gets_a_new_one(opens: Opens) -> None:
    """Between finding a fetch in flight and reading it, it may end: then the request adds its own."""
    engine = opens()
    migrate(engine)
    with SqlStore(engine).writing() as uow:
        series = uow.series.add("quandl", DatasetCode("A", "B"))
        first, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
        uow.commit()

    with SqlStore(engine).writing() as uow:
        second, is_new = Interrupted(uow.transaction).add(series.id, allow=NOTHING_ALLOWED, request_id="")
        uow.commit()
    assert (is_new, second.id == first.id) == (True, False)


def test_a_locked_database_leaks_no_connection(tmp_path: Path) -> None:
    """A unit of work that cannot begin gives its connection back."""
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
    migrate(engine)
    with for_writing(engine) as holder, holder.begin():
        impatient = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="unused")
        event.listen(impatient, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
        with pytest.raises(StoreUnavailable, match="locked"), SqlStore(impatient).writing():
            pass
        assert impatient.pool.checkedout() == 0  # type: ignore[attr-defined]
        impatient.dispose()
    engine.dispose()


def test_a_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """A new database file can be read and written by its owner only, in a folder of the same kind."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'lanner.db'}", schema="unused")
    migrate(engine)
    engine.dispose()

    assert stat.S_IMODE((tmp_path / "new" / "lanner.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "postgresql//x", "postgresql://u:x@secret@h/d"]
)
def test_another_kind_of_url_is_refused(url: str) -> None:
    """Only SQLite files and Postgres are databases; the message shows nothing of the URL."""
    with pytest.raises(InvalidInput) as caught:
        open_engine(url, schema="lanner")

    assert "secret" not in str(caught.value)
    assert "postgresql://" in caught.value.hint


def test_an_unreachable_database_is_unavailable_and_keeps_its_secrets() -> None:
    """The sentence names host, port and database, and not the password."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    engine = open_engine(f"postgresql://user:s3cret@127.0.0.1:{port}/prices", schema="lanner")

    with pytest.raises(StoreUnavailable, match=f"127.0.0.1:{port}/prices") as caught, SqlStore(engine).reading():
        pass
    assert "s3cret" not in f"{caught.value} {place(engine)}"


def _count_up(url: str, schema: str, rounds: int) -> None:
    engine = open_engine(url, schema=schema)
    for _ in range(rounds):
        with for_writing(engine) as connection, connection.begin():
            seen = connection.execute(text("SELECT n FROM counter")).scalar_one()
            connection.execute(text("UPDATE counter SET n = :n"), {"n": seen + 1})


def test_sqlite_loses_no_update(tmp_path: Path) -> None:
    """Four processes that read and then write, a hundred times each, leave four hundred."""
    url = f"sqlite:///{tmp_path / 'counter.db'}"
    with for_writing(open_engine(url, schema="")) as connection, connection.begin():
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_count_up, args=(url, "", 100)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    with open_engine(url, schema="").connect() as connection:
        assert [process.exitcode for process in processes] == [0] * 4
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == 400


def _migrate(url: str, schema: str) -> None:
    migrate(open_engine(url, schema=schema))


@pytest.mark.parametrize("kind", BOTH)
def test_of_four_that_migrate_at_once_one_does_it(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Processes that start together all end well, and the schema is right."""
    schema = f"test_{uuid4().hex}"
    url = f"sqlite:///{tmp_path / 'lanner.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_migrate, args=(url, schema)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    engine = open_engine(url, schema=schema)

    assert [process.exitcode for process in processes] == [0] * 4
    SqlStore(engine).check()
    if kind == "postgres":
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.mark.parametrize(("code", "waits"), [(sqlite3.SQLITE_BUSY, True), (sqlite3.SQLITE_IOERR, False)])
def test_a_file_whose_journal_another_process_makes_is_waited_for(code: int, waits: bool) -> None:  # noqa: FBT001
    """SQLite does not wait for that by itself; whatever else it reports is told at once."""
    asked = []

    class Connection:
        def execute(self, statement: str) -> None:
            asked.append(statement)
            if len(asked) <= 2:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = code
                raise error

    with nullcontext() if waits else pytest.raises(sqlite3.OperationalError):
        _write_ahead(Connection())  # type: ignore[arg-type]

    assert asked == ["PRAGMA journal_mode=WAL"] * (3 if waits else 1)


@pytest.mark.parametrize("opens", [BOTH[1]], indirect=True)
def test_rows_are_copied_as_they_are_written(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way its bytes go to Postgres, a vintage's row holds the same, in every column."""
    engine = opens()
    migrate(engine)
    moment = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    first = an_arrival(moment, published=date(1999, 1, 2), known_at=datetime(1999, 1, 2, tzinfo=UTC))
    second = replace(
        an_arrival(moment, Observations.empty(["É"])),
        origin=Origin(request='it\'s:"é"\\\n', response_sha256="ab" * 32, adapter_version=2),
        fetch_id=uuid4(),
    )
    found = []
    for large in (0, 2**30):
        monkeypatch.setattr(vintage_repository, "_LARGE", large)
        with SqlStore(engine).writing() as uow:
            written = uow.series.add("canned", DatasetCode("X", f"Y{large}"))
            append(uow, written.id, [first, second])
            uow.commit()
            rows = uow.transaction.run(select(vintages).order_by(vintages.c.position.desc()).limit(2)).mappings().all()
            found.append([{name: value for name, value in row.items() if name not in ("series", "position", "checksum")} for row in rows])
            assert uow.vintages.verify(written.id) == []

    assert found[0] == found[1]
    assert [row["first"] for row in found[0]] == [None, "2024-01-01"]
