"""
What a migration may change so that the versions before go on: those of revisions such as ``0021.1`` only add.

Older code writes rows without the new columns and deletes rows that new tables refer to.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from adapters.sql import migrations
from adapters.sql.engine import for_writing, open_file
from adapters.sql.schema import upgrade
from adapters.sql.versions import is_older

SCRIPTS = {script.revision: script for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()}
REVISIONS = sorted(SCRIPTS, key=lambda name: [*map(int, name.split("."))])

Facts = dict[tuple[str, ...], Any]


def facts_of(folder: Path, revision: str, *statements: str) -> Facts:
    """Make the schema of a revision, run statements on it, and return what it consists of."""
    engine = open_file(folder / f"{revision}-{len(statements)}.db")
    with for_writing(engine) as connection, connection.begin():
        upgrade(connection, "alembic_version", revision)
        for statement in statements:
            connection.execute(text(statement))
        inspector, facts = inspect(connection), Facts()
        for table in inspector.get_table_names():
            facts[table,] = sorted(inspector.get_pk_constraint(table)["constrained_columns"])
            for column in inspector.get_columns(table):
                needed = not column["nullable"] and column["default"] is None and not column["primary_key"]
                facts[table, "column", column["name"]] = str(column["type"]), column["nullable"], needed
            for _, _, referred, column, _, _, on_delete, _ in connection.execute(text(f"PRAGMA foreign_key_list({table})")):
                facts[table, "key", column] = referred, on_delete
            unique = [each["column_names"] for each in inspector.get_unique_constraints(table)]
            unique += [each["column_names"] for each in inspector.get_indexes(table) if each["unique"]]
            facts[table, "unique"] = sorted(map(str, unique))
        triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        facts |= {("trigger", name): sql for name, sql in triggers}
    engine.dispose()
    return facts


def in_the_way(before: Facts, after: Facts) -> list[str]:
    """Return what code of before would meet: anything gone or changed, what it must fill in, and what keeps it from deleting."""
    tables = {name[0] for name in before}
    found = [f"{' '.join(name)} is not as it was" for name in before if after.get(name) != before[name]]
    for name, fact in after.items():
        kind = name[1] if name[1:] else ""
        if name in before or name[0] == "trigger":
            found += [f"{' '.join(name)} is new"] if name not in before else []
        elif name[0] in tables and kind == "column" and fact[2]:
            found.append(f"{' '.join(name)} must be given")
        elif kind == "key" and fact[0] in tables and fact[1] not in ("CASCADE", "SET NULL"):
            found.append(f"{' '.join(name)} keeps rows")
    return found


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("ALTER TABLE series ADD COLUMN note TEXT", ""),
        ("ALTER TABLE series ADD COLUMN note TEXT NOT NULL DEFAULT ''", ""),
        ("CREATE TABLE notes (series INTEGER REFERENCES series (number) ON DELETE CASCADE, note TEXT NOT NULL)", ""),
        ("CREATE INDEX notes ON series (created_at)", ""),
        ("CREATE TABLE notes (series INTEGER REFERENCES series (number))", "notes key series keeps rows"),
        ("CREATE UNIQUE INDEX notes ON series (words)", "series unique is not as it was"),
        ("ALTER TABLE series RENAME COLUMN words TO terms", "series column words is not as it was"),
        ("ALTER TABLE fetches DROP COLUMN request_id", "fetches column request_id is not as it was"),
        ("DROP TABLE counts", "counts is not as it was"),
        ("ALTER TABLE panels RENAME TO sheets", "panels is not as it was"),
        ("CREATE TRIGGER noting AFTER INSERT ON series BEGIN DELETE FROM counts; END", "trigger noting is new"),
    ],
)
def test_what_older_code_can_live_with(tmp_path: Path, statement: str, words: str) -> None:
    """New tables, and columns that need no value, are additions; whatever else changes needs a revision of a new number."""
    found = in_the_way(facts_of(tmp_path, "0020"), facts_of(tmp_path, "0020", statement))

    assert (words in found) if words else found == []


@pytest.mark.parametrize(("before", "after"), [("0014", "0015"), ("0017", "0018"), ("0018", "0019"), ("0019", "0020")])
def test_migrations_that_only_added(tmp_path: Path, before: str, after: str) -> None:
    """These could have had a number of that kind."""
    assert in_the_way(facts_of(tmp_path, before), facts_of(tmp_path, after)) == []


def test_a_migration_that_did_more(tmp_path: Path) -> None:
    """Numbering the fetches of a series took away an index and forbade what older code wrote."""
    assert "fetches unique is not as it was" in in_the_way(facts_of(tmp_path, "0003"), facts_of(tmp_path, "0005"))


def test_revisions_that_say_so_only_add(tmp_path: Path) -> None:
    """Each of the form ``0021.1`` leaves all of the revision before as it was; the numbers rise in the order of the migrations."""
    assert [SCRIPTS[name].down_revision for name in REVISIONS] == [None, *REVISIONS[:-1]]
    assert not is_older(REVISIONS[-1])
    for before, after in pairwise(REVISIONS):
        if "." in after:
            assert in_the_way(facts_of(tmp_path, before), facts_of(tmp_path, after)) == [], after
