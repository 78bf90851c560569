"""Backups of older schemas are restored, by way of a migrated copy; what is in them is believed no more than what is in others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from adapters.sql.backups.restore import restore
from adapters.sql.engine import for_writing, open_engine, open_file
from adapters.sql.schema import upgrade
from adapters.sql.store import SqlStore
from domain.codes import DatasetCode
from domain.errors import InvalidInput, SchemaMismatch, StoreUnavailable
from domain.moments import AsOf
from domain.series import SeriesQuery
from tests.acceptance.running import lanner
from tests.integration.test_backup import everything, unheard

#: The rows that a store of the second schema held; the first had the same columns.
ROWS = [line for line in (Path(__file__).with_name("stores") / "0002.sql").read_text().splitlines() if line.startswith("INSERT")]
FIRST = "0001"
#: What later schemas can hold besides: since when, and the rows.
LATER = {
    "0005": "INSERT INTO counts VALUES ('claims_refused', 7)",
    "0007": "INSERT INTO api_keys (id, name, scopes, digest, created_at) VALUES ('abcdef', 'me', 'read', zeroblob(32), 1717243200000000)",
    "0011": (
        "INSERT INTO schedules (id, pattern, database_code, is_mask, kind, spec, tz, catch_up, jitter, budget, paused, created_at) VALUES "
        "('0123456789abcdef0123456789abcdef', '*', 'WIKI', 1, 'cron', '0 8 * * *', 'UTC', 1, 0, 10, 0, 1717243200000000)"
    ),
}
REVISIONS = ["0001", "0002", "0003", "0005", "0006", "0010", "0011", "0014", "0016", "0019"]
FB = DatasetCode("WIKI", "FB")


def a_backup(file: Path, revision: str, *statements: str) -> Path:
    """Write one as a version of lanner with this schema did, and change it."""
    engine = open_file(file)
    with for_writing(engine) as connection, connection.begin():
        upgrade(connection, "alembic_version", FIRST)
        for statement in ("DELETE FROM feed", "PRAGMA defer_foreign_keys = ON"):
            connection.exec_driver_sql(statement)
        for statement in ROWS:
            if "alembic_version" not in statement:
                connection.exec_driver_sql(statement)
        upgrade(connection, "alembic_version", revision)
        for since, statement in LATER.items():
            if since <= revision:
                connection.exec_driver_sql(statement)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    schema = f"test_{uuid4().hex}"
    url = f"sqlite:///{tmp_path}/target.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url, schema=schema)
    yield engine
    if request.param == "postgres":
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
    engine.dispose()


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_backup_is_restored(target: Engine, tmp_path: Path, revision: str) -> None:
    """Everything of it is there and sound, the file is as it was, and nothing else is left."""
    file, folder = a_backup(tmp_path / "backup", revision), tmp_path / "scratch"
    folder.mkdir()
    content = file.read_bytes()
    counts = restore(target, file, unheard, folder=folder)

    assert [counts[name] for name in ("series", "vintages", "fetches", "descriptions")] == [3, 3, 4, 2]
    assert [counts[name] for name in ("counts", "api_keys", "schedules")] == [since <= revision for since in LATER]
    assert (file.read_bytes(), list(folder.iterdir())) == (content, [])
    with SqlStore(target).reading() as uow:
        fb, *_ = uow.series.search(SeriesQuery()).items
        states = [uow.vintages.find(fb.id, AsOf(vintage=number)) for number in (1, 2, 3)]
        found = [series.code for words in ("meta", "prices") for series in uow.series.search(SeriesQuery(words=(words,))).items]
        assert [damage for series in uow.series.search(SeriesQuery()).items for damage in uow.vintages.verify(series.id)] == []
    assert fb.newest
    assert (fb.code, fb.newest.number, fb.metadata.name) == (FB, 2, "Meta Platforms")
    assert [len(state.observations) if state else None for state in states] == [3, 5, 4]
    assert found == [FB, FB]


@pytest.mark.parametrize(
    ("revision", "statement", "words"),
    [
        ("0003", "CREATE TRIGGER spy AFTER INSERT ON series BEGIN DELETE FROM fetches; END", "its trigger spy is not as lanner creates it"),
        ("0010", "CREATE VIEW spy AS SELECT 1", "its view spy is not as lanner creates it"),
        ("0002", "DROP INDEX fetches_due", "its index fetches_due is not as lanner creates it"),
        ("0002", "UPDATE series SET words = x'ff'", "it cannot be migrated"),
        ("0010", "UPDATE series SET words = CAST(x'ff61' AS TEXT)", "(surrogates not allowed|malformed)"),
        ("0011", "UPDATE series SET status = 'unknown'", "table series, row number '1'"),
        ("0001", "UPDATE vintages SET payload = x'00' WHERE number = 1", "table vintages, row series"),
        ("0014", "UPDATE vintages SET fetch = 'none'", "table vintages, row series '1', number '1': fetch is not a valid Uuid"),
    ],
)
def test_an_older_backup_is_believed_no_more(target: Engine, tmp_path: Path, revision: str, statement: str, words: str) -> None:
    """Foreign code in it is refused unexecuted, and rows that no lanner wrote as in a backup of today; nothing of it is restored."""
    file, folder = a_backup(tmp_path / "backup", revision, statement), tmp_path / "scratch"
    folder.mkdir()
    with pytest.raises(InvalidInput, match=f"is damaged: .*{words}") as caught:
        restore(target, file, unheard, folder=folder)

    assert caught.value.message.startswith(str(file))
    assert list(folder.iterdir()) == []
    assert everything(target)["series"] == []


@pytest.mark.parametrize("revision", ["0004", "0000", "1975ea83b712", ""])
def test_a_revision_that_never_was(target: Engine, tmp_path: Path, revision: str) -> None:
    """A file of whatever else is no backup."""
    file = a_backup(tmp_path / "backup", "0002", f"UPDATE alembic_version SET version_num = '{revision}'")
    with pytest.raises(InvalidInput, match="is not a backup of lanner"):
        restore(target, file, unheard)


def test_a_newer_addition_is_refused(target: Engine, tmp_path: Path) -> None:
    """Part of it would be lost, even where the tables could be used."""
    file = a_backup(tmp_path / "backup", "0020", "UPDATE alembic_version SET version_num = '0020.77'")
    with pytest.raises(SchemaMismatch, match=r"newer schema 0020\.77"):
        restore(target, file, unheard)


def test_a_copy_that_cannot_be_written(target: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is no damage of the backup."""
    many = (
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 5000) INSERT INTO counts SELECT hex(randomblob(20)), n FROM n"
    )
    file, connect = a_backup(tmp_path / "backup", "0010", many), sqlite3.connect

    def on_a_full_disk(database: Path, **options: object) -> sqlite3.Connection:
        opened = connect(database, **options)
        if str(database).endswith("copy"):
            opened.execute(f"PRAGMA max_page_count = {opened.execute('PRAGMA page_count').fetchone()[0]}")
        return opened

    monkeypatch.setattr("adapters.sql.backups.older.sqlite3.connect", on_a_full_disk)
    with pytest.raises(StoreUnavailable, match="cannot be written: database or disk is full") as caught:
        restore(target, file, unheard)
    assert "LANNER_DATA_DIR" in caught.value.hint


def test_the_command_restores_an_older_backup(tmp_path: Path) -> None:
    """``lanner restore`` says what it holds, and the store can be used at once."""
    a_backup(tmp_path / "backup", "0003")
    restored = lanner("restore", "backup", folder=tmp_path, environment={})
    shown = lanner("show", "WIKI/FB", "--provider", "quandl", folder=tmp_path, environment={})

    assert restored.stdout.startswith("Restored from backup: 3 series, 3 vintages and 4 fetches"), restored.stderr
    assert "Meta Platforms" in shown.stdout, shown.stderr
