"""Databases that refuse: whoever asks is told in a sentence, and to come back where it passes."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any
from uuid import UUID, uuid4

import falcon.testing
import psycopg2
import pytest
from sqlalchemy import make_url, text

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import REVISION
from config import bootstrap
from domain.codes import DatasetCode
from domain.errors import StoreUnavailable
from entrypoints.rest.app import create_app
from tests.acceptance.running import lanner
from tests.nginx import CONFIGURATION
from tests.servers import LOCAL, answers, free_port, own_database, postgres_binaries, postgres_command, run_sql, started

pytestmark = pytest.mark.server
GRANTS = CONFIGURATION.with_name("grants.sql")
CODE = DatasetCode("SAMPLE", "GDP")


@dataclass
class Database:
    """
    A database with lanner's schema and a series.

    Attributes:
        admin: URL of a superuser.
        url: URL by which lanner uses it.

    """

    admin: str
    url: str
    series: str = ""
    schema: str = "lanner"
    roles: list[str] = field(default_factory=list)

    def role(self, options: str = "") -> str:
        """Make a role that may only connect; return the URL for it."""
        name = f"lanner_{uuid4().hex[:12]}"
        run_sql(self.admin, f"CREATE ROLE {name} LOGIN {options}")
        self.roles.append(name)
        return make_url(self.admin).set(username=name).render_as_string(hide_password=False)

    def fill(self) -> None:
        engine = open_engine(self.url, schema=self.schema)
        migrate(engine)
        with SqlStore(engine).writing() as uow:
            self.series = str(uow.series.add("sample", CODE).id)
            uow.commit()
        engine.dispose()

    def settings(self, folder: Path) -> dict[str, str]:
        return {"LANNER_DATABASE_URL": self.url, "LANNER_DATABASE_SCHEMA": self.schema, "LANNER_DATA_DIR": str(folder)}


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with ExitStack() as stack:
        admin = stack.enter_context(own_database(postgres_url))
        made = Database(admin, admin)
        stack.callback(lambda: [run_sql(postgres_url, f"DROP ROLE {role}") for role in made.roles])
        stack.callback(lambda: [run_sql(admin, f"DROP OWNED BY {role} CASCADE") for role in made.roles])
        made.fill()
        yield made


@contextmanager
def api(database: Database, folder: Path) -> Iterator[falcon.testing.TestClient]:
    """Run the API in this process."""
    container = bootstrap(database.settings(folder), part="api")
    yield falcon.testing.TestClient(create_app(container.use_cases(), allowed_hosts=()), headers={"Host": "localhost"})
    container.engine().dispose()


def post(client: falcon.testing.TestClient) -> falcon.testing.Result:
    return client.simulate_post("/timeseries", json={"code": f"SAMPLE/{uuid4().hex.upper()}", "provider": "sample"})


def read(client: falcon.testing.TestClient, database: Database) -> falcon.testing.Result:
    return client.simulate_get(f"/timeseries/{database.series}")


def refused(answer: falcon.testing.Result, words: str, *, passes: bool) -> None:
    """Check that an answer says with 503 why, and whether to try again."""
    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable"), answer.text
    assert re.search(words, answer.json["detail"]), answer.text
    assert answer.json["retryable"] is passes
    assert ("Retry-After" in answer.headers) is passes
    assert answer.json["hint"]


def in_one_sentence(done: Any, words: str) -> None:
    """Check that a command has said why in a line."""
    assert done.returncode == 1
    assert done.stderr.startswith("lanner: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert re.search(words, done.stderr), done.stderr


def test_a_role_that_may_only_read(database: Database, tmp_path: Path) -> None:
    """It reads; to write needs a right, which no retry brings, and the sentence says of which table."""
    reader = database.role()
    name = database.roles[0]
    run_sql(database.admin, f"GRANT USAGE ON SCHEMA lanner TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA lanner TO {name}")
    database.url = reader
    with api(database, tmp_path) as client:
        assert read(client, database).status_code == 200
        refused(post(client), "permission denied for (table|sequence)", passes=False)
    in_one_sentence(lanner("fetch", "SAMPLE/NILE", folder=tmp_path, environment=database.settings(tmp_path)), "permission denied")
    assert lanner("list", folder=tmp_path, environment=database.settings(tmp_path)).returncode == 0


def test_a_role_that_may_nothing(database: Database, tmp_path: Path) -> None:
    """The schema is there, though it may not be used: to migrate it would be the wrong advice."""
    database.url = database.role()
    for command in (("list",), ("migrate",)):
        done = lanner(*command, folder=tmp_path, environment=database.settings(tmp_path))
        in_one_sentence(done, "permission denied for schema lanner")


def test_a_database_that_is_set_to_read_only(database: Database, tmp_path: Path) -> None:
    """What its owner has set counts: it is read, and everything else is refused until it is set back."""
    run_sql(database.admin, f"ALTER DATABASE {make_url(database.admin).database} SET default_transaction_read_only = on")
    with api(database, tmp_path) as client:
        assert read(client, database).status_code == 200
        refused(post(client), "read-only transaction", passes=True)
    run_sql(database.admin, "BEGIN READ WRITE; UPDATE lanner.alembic_version SET version_num = '0001'; COMMIT")
    in_one_sentence(lanner("migrate", folder=tmp_path, environment=database.settings(tmp_path)), "read-only transaction")


@pytest.mark.slow
def test_a_standby(tmp_path: Path) -> None:
    """A standby is read from; to write needs the primary, which it may become: then all goes on by itself."""
    with tempfile.TemporaryDirectory(prefix="lanner-standby-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        command, user = postgres_command(folder, port)
        url = f"postgresql://postgres@{LOCAL}:{port}/postgres"
        database, runs = Database(url, url), {"log": folder / "log", "user": user, "ready": lambda: answers(url)}
        with started(command, **runs):
            database.fill()
        (folder / "data" / "standby.signal").touch()
        if user:
            shutil.chown(folder / "data" / "standby.signal", user)
        with started(command, **runs), api(database, tmp_path) as client:
            assert read(client, database).status_code == 200
            refused(post(client), "read-only transaction", passes=True)
            in_one_sentence(lanner("fetch", "SAMPLE/NILE", folder=tmp_path, environment=database.settings(tmp_path)), "read-only")
            assert run_sql(url, "SELECT pg_promote()")
            assert post(client).status_code == 201


@pytest.mark.parametrize("column", ["words", "alias"])
def test_a_column_gets_another_type_under_a_running_api(database: Database, tmp_path: Path, column: str) -> None:
    """Statements that were planned before are planned again: at once where nothing has been read yet, else with the next request."""
    with api(database, tmp_path) as client:
        before = [read(client, database), post(client)]
        run_sql(database.admin, f"ALTER TABLE lanner.series ALTER COLUMN {column} TYPE varchar(400)")
        first, posted = read(client, database), post(client)
        if posted.status_code == 503:
            refused(posted, "have just been changed", passes=True)
        later = [read(client, database), post(client)]

    assert [answer.status_code for answer in before] == [200, 201]
    assert first.status_code == 200, first.text
    assert [answer.status_code for answer in later] == [200, 201]
    assert later[0].json["code"] == before[0].json["code"]


def test_plans_that_are_stale_in_the_middle_of_a_transaction(database: Database) -> None:
    """Its answer is told to come back, and no connection has a stale plan then."""
    engine = open_engine(database.url, schema=database.schema)
    store = SqlStore(engine)

    def find() -> None:
        with store.reading() as uow:
            uow.now()
            uow.fetches.get_many([])
            uow.series.find("sample", CODE)

    find()
    run_sql(database.admin, "ALTER TABLE lanner.series ALTER COLUMN words TYPE varchar(400)")
    with pytest.raises(StoreUnavailable, match="have just been changed") as caught:
        find()
    find()
    engine.dispose()

    assert caught.value.retryable


def test_looks_with_a_stale_plan(database: Database) -> None:
    """What precedes every answer is planned again without anybody noticing."""
    engine = open_engine(database.url, schema=database.schema)
    store, series = SqlStore(engine), UUID(database.series)
    before, _ = store.version(series)
    run_sql(database.admin, "ALTER TABLE lanner.series ALTER COLUMN provider TYPE varchar(400)")
    after, _ = store.version(series)
    engine.dispose()

    assert after == before


@pytest.mark.parametrize(
    ("options", "words"),
    [("CONNECTION LIMIT 0", "has no connection left: .*too many connections for role"), ("NOLOGIN", "cannot be used: .*not permitted")],
)
def test_a_connection_that_is_refused(database: Database, tmp_path: Path, options: str, words: str) -> None:
    """Others have them all, or the role may not connect: requests are answered nevertheless."""
    allowed = database.role("SUPERUSER")
    database.url = allowed
    with api(database, tmp_path) as client:
        run_sql(database.admin, f"ALTER ROLE {database.roles[0]} NOSUPERUSER {options}")
        refused(read(client, database), words, passes=True)
        in_one_sentence(lanner("list", folder=tmp_path, environment=database.settings(tmp_path)), words)
        run_sql(database.admin, f"ALTER ROLE {database.roles[0]} SUPERUSER LOGIN CONNECTION LIMIT -1")
        assert read(client, database).status_code == 200


def test_a_server_that_is_stopped(database: Database) -> None:
    """Whoever waits for an answer is told so."""
    engine = open_engine(database.url, schema=database.schema)
    with SqlStore(engine).reading() as uow:
        [(backend,)] = uow.transaction.execute_raw(b"SELECT pg_backend_pid()")
        ending = Timer(0.5, run_sql, (database.admin, f"SELECT pg_terminate_backend({backend})"))
        ending.start()
        with pytest.raises(StoreUnavailable, match=r"has closed the connection|is being stopped") as caught:
            uow.transaction.execute_raw(b"SELECT pg_sleep(20)")
    ending.join()
    engine.dispose()

    assert caught.value.retryable


def test_a_column_that_is_not_there(database: Database, tmp_path: Path) -> None:
    """The tables are those of another version: that is what is said, and what to do."""
    run_sql(database.admin, "ALTER TABLE lanner.series RENAME COLUMN words TO terms")
    with api(database, tmp_path) as client:
        answer = read(client, database)

    assert (answer.status_code, answer.json["code"]) == (503, "schema_mismatch")
    assert "lanner migrate" in answer.json["hint"]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_encodings_that_do_not_hold_every_text(postgres_url: str, tmp_path: Path, encoding: str) -> None:
    """No schema is made where some names could not be stored, or would be stored as anything."""
    name = f"lanner_test_{uuid4().hex[:12]}"
    run_sql(postgres_url, f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    try:
        done = lanner("migrate", folder=tmp_path, environment={"LANNER_DATABASE_URL": url})
        schemas = run_sql(url, "SELECT count(*) FROM pg_namespace WHERE nspname = 'lanner'")
    finally:
        run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")

    in_one_sentence(done, f"has the encoding {encoding}.*UTF8")
    assert schemas == 0


def test_the_clients_encoding_is_ours(database: Database) -> None:
    """Whatever a role, or a library's environment, has set: what is written is read again."""
    run_sql(database.admin, f"ALTER DATABASE {make_url(database.admin).database} SET client_encoding = 'LATIN1'")
    engine, title = open_engine(database.url, schema=database.schema), "Ставка €"
    with engine.connect() as connection:
        assert connection.execute(text("SHOW client_encoding")).scalar() == "UTF8"
        assert connection.execute(text("SELECT :title"), {"title": title}).scalar() == title
    engine.dispose()


def test_an_owner_migrates_and_the_service_has_its_grants(postgres_url: str, tmp_path: Path) -> None:
    """With the grants that are shipped, the owner needs no right on the database, and the service none but to use the schema's tables."""
    psql = shutil.which("psql") or str(next(iter(postgres_binaries().glob("psql"))))
    with ExitStack() as stack:
        admin = stack.enter_context(own_database(postgres_url))
        database = Database(admin, admin)
        stack.callback(lambda: [run_sql(postgres_url, f"DROP ROLE {role}") for role in database.roles])
        stack.callback(lambda: [run_sql(admin, f"DROP OWNED BY {role} CASCADE") for role in database.roles])
        owner, service = database.role(), database.role()
        script = tmp_path / "grants.sql"
        named = re.sub(r"\blanner_owner\b", database.roles[0], GRANTS.read_text())
        script.write_text(re.sub(r"\b(TO|ROLE) lanner\b", rf"\1 {database.roles[1]}", named))
        run_sql(admin, f"REVOKE ALL ON DATABASE {make_url(admin).database} FROM PUBLIC")
        run_sql(admin, f"GRANT CONNECT ON DATABASE {make_url(admin).database} TO {', '.join(database.roles)}")
        for _ in range(2):
            subprocess.run([psql, "--no-psqlrc", "--set=ON_ERROR_STOP=1", admin, "--file", script], check=True, capture_output=True)
        migrated = lanner("migrate", folder=tmp_path, environment={"LANNER_DATABASE_URL": owner})
        again = lanner("migrate", folder=tmp_path, environment={"LANNER_DATABASE_URL": service})
        fetched = lanner("fetch", "SAMPLE/GDP", folder=tmp_path, environment={"LANNER_DATABASE_URL": service})
        removing = "DELETE FROM lanner.series; SELECT count(*) FROM lanner.series"
        refused_to = [refusal(service, f"{change} lanner.series") for change in ("DROP TABLE", "TRUNCATE", "ALTER TABLE")]
        run_sql(admin, "UPDATE lanner.alembic_version SET version_num = '0001'")
        older = lanner("migrate", folder=tmp_path, environment={"LANNER_DATABASE_URL": service})
        removed = run_sql(service, removing)

    assert (migrated.returncode, again.returncode, fetched.returncode) == (0, 0, 0), migrated.stderr + again.stderr + fetched.stderr
    assert REVISION in migrated.stdout
    assert all(refused_to)
    in_one_sentence(older, "does not let its role do this")
    assert removed == 0


def refusal(url: str, statement: str) -> bool:
    with pytest.raises(psycopg2.Error):
        run_sql(url, statement + (" ADD COLUMN x int" if statement.startswith("ALTER") else ""))
    return True
