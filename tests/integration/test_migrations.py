"""A store that an earlier lanner wrote is brought up to date without loss; its file is kept for ever beside this test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, insert, select, text, update

from adapters.sql.engine import for_writing, open_engine
from adapters.sql.schema import migrate, upgrade
from adapters.sql.store import SqlStore
from adapters.sql.tables import descriptions, feed, fetches, series, vintages
from domain.codes import DatasetCode
from domain.moments import AsOf
from domain.observations import Observations
from domain.series import SeriesQuery, SeriesStatus
from domain.vintages import Cause
from tests.builders import an_arrival, append

OLD = Path(__file__).with_name("stores") / "0002.sql"
SINCE = {
    series: {
        *("description", "vintage", "fetch", "confirmed"),
        *("status_at_source", "status_since", "replaced_by", "failing", "failing_since", "gates"),
    },
    descriptions: {"position"},
    vintages: {"previous_check_at"},
    fetches: {"number", "waits_since", "cancel_requested_at", "allow_values", "priority", "batch", "traceparent"},
}
FB, RATES, IBM = DatasetCode("WIKI", "FB"), DatasetCode("MY", "RATES"), DatasetCode("WIKI", "IBM")


def on_sqlite(tmp_path: Path) -> Engine:
    """The old file, as it was."""
    file = tmp_path / "lanner.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(OLD.read_text())
    return open_engine(f"sqlite:///{file}", schema="")


def on_postgres(old: Engine, url: str, schema: str) -> Engine:
    """The same rows in the old schema on Postgres."""
    engine = open_engine(url, schema=schema)
    with old.connect() as source, for_writing(engine) as connection, connection.begin():
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        connection.execute(text(f"SET LOCAL search_path TO {schema}"))
        upgrade(connection, "alembic_version", "0002")
        for table in (series, descriptions, vintages, fetches):
            columns = [column for column in table.c if column.name not in SINCE.get(table, ())]
            connection.execute(insert(table), [dict(row) for row in source.execute(select(*columns)).mappings()])
        connection.execute(feed.update().values(position=source.execute(select(feed.c.position)).scalar_one()))
    return engine


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    old = on_sqlite(tmp_path)
    if request.param == "sqlite":
        yield old
    else:
        schema = f"test_{uuid4().hex}"
        there = on_postgres(old, request.getfixturevalue("postgres_url"), schema)
        yield there
        with there.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        there.dispose()
    old.dispose()


def test_an_old_store_is_whole_after_migrating(engine: Engine) -> None:
    """Each series has its newest vintage, fetch and description, each vintage its values, and words find what they found."""
    assert migrate(engine) == "0002"

    with SqlStore(engine).reading() as uow:
        everything = uow.series.search(SeriesQuery()).items
        fb = everything[0]
        states = [uow.vintages.find(fb.id, AsOf(vintage=n)) for n in (1, 2, 3)]
        newest = uow.vintages.find(fb.id, AsOf())
        found = [uow.series.search(SeriesQuery(words=words)).items for words in (("meta",), ("Split-Adjusted", "fb"), ("rat",))]
        assert list(uow.vintages.verify(fb.id)) == []

    assert [(each.code, each.status) for each in everything] == [
        (FB, SeriesStatus.SUCCESS),
        (RATES, SeriesStatus.ERROR),
        (IBM, SeriesStatus.PENDING),
    ]
    assert fb.newest
    assert fb.fetch
    assert newest
    assert (fb.newest.number, newest.vintage.number, fb.fetch.vintage, fb.metadata.name) == (2, 2, 3, "Meta Platforms")
    assert [len(state.observations) if state else None for state in states] == [3, 5, 4]
    assert [[series.code for series in page] for page in found] == [[FB], [FB], [RATES]]


def test_an_old_store_goes_on(engine: Engine) -> None:
    """A series of the old store gets its next vintage."""
    migrate(engine)
    with SqlStore(engine).writing() as uow:
        fb = uow.series.find("quandl", FB)
        assert fb
        (vintage,) = append(uow, fb.id, [an_arrival(datetime(2030, 1, 1, tzinfo=UTC), Observations.of([1], ["Open"], [[1.0]]))])
        uow.commit()

    with SqlStore(engine).reading() as uow:
        assert (vintage.number, uow.series.get(fb.id).newest) == (4, vintage)


@pytest.mark.parametrize("differs", [True, False])
def test_a_further_state_of_a_label_becomes_a_correction(engine: Engine, differs: bool) -> None:  # noqa: FBT001
    """It answers from its fetch on; the same state again, and all without a label, stays a publication."""
    day = {"published": "2023-01-05", "known_at": datetime(2023, 1, 5, 23, 59, 59, tzinfo=UTC)}
    labelled = update(vintages).where(vintages.c.number.in_((1, 2)))
    with for_writing(engine) as connection, connection.begin():
        connection.execute(labelled.values(day | ({} if differs else {"digest": b"0" * 32})))
    migrate(engine)

    with SqlStore(engine).reading() as uow:
        fb = uow.series.find("quandl", FB)
        assert fb
        known = uow.vintages.list(fb.id, after=0, limit=10)
        then, restated = (uow.vintages.find(fb.id, AsOf(as_of=day["known_at"], restated=each)) for each in (False, True))
    second = Cause.CORRECTION if differs else Cause.PUBLICATION
    assert [each.cause for each in known] == [Cause.PUBLICATION, second, Cause.PUBLICATION]
    assert [each.previous_check_at for each in known] == [None] * 3
    assert restated
    assert then
    assert (then.vintage.number, restated.vintage.number) == (1 if differs else 2, 2)
