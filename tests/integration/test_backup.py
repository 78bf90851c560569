"""Backups: one consistent copy while others write, and back into an empty store of either kind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, select, text

from adapters.sql.backups.back_up import back_up
from adapters.sql.backups.restore import restore
from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import metadata
from domain.codes import DatasetCode
from domain.errors import InvalidInput, SchemaMismatch
from domain.fetches import NOTHING_ALLOWED, Failure, Lease, Suspicion, WaitingFor
from domain.flags import Flags
from domain.gates.cells import Gate, SuspiciousCell
from domain.gates.settings import SeriesGates
from domain.moments import AsOf
from domain.observations import Observations
from domain.schedules.schedule import Rule, Schedule, ScheduleKind
from domain.schedules.selector import Selector
from domain.schedules.window import AskingWindow
from domain.stand_ins.equivalence import Divergence, DivergingCell, Equivalence, Member, Side
from domain.stand_ins.splice import SpliceRule
from domain.webhooks.delivery import Delivery, Reply
from domain.webhooks.events import EventType, fetch_failed
from domain.webhooks.webhook import Progress, Webhook
from tests.builders import an_arrival, append
from tests.fakes import some_metadata

NOW = datetime(2024, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
POSTGRES = pytest.param("postgres", marks=pytest.mark.server)


@pytest.fixture
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Give what opens an empty database of a kind."""
    opened: list[tuple[Engine, str]] = []

    def open_one(kind: str) -> Engine:
        schema = f"test_{uuid4().hex}"
        url = f"sqlite:///{tmp_path / schema}.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
        engine = open_engine(url, schema=schema)
        opened.append((engine, schema))
        return engine

    yield open_one
    for engine, schema in opened:
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        engine.dispose()


def filled(engine: Engine) -> SqlStore:
    """A store with series in every condition."""
    migrate(engine)
    store = SqlStore(engine, lambda: NOW)
    cell = SuspiciousCell(gate=Gate.DEVIATIONS, date="2024-01-01", column="a", value=1e308, low=-0.5, high=2.0)
    failure = Failure(code="unavailable", message="Down.", retryable=True, hint="Wait.", cells=(cell,))
    flags = Flags.from_texts([[["", "p", "B E"][n % 3] for n in range(2_000)], [""] * 2_000])
    state = Observations.of(range(2_000), ("a", "b"), np.random.default_rng(1).normal(size=(2_000, 2)), flags=flags)
    with store.writing() as uow:
        for n in range(3):
            series = uow.series.add("quandl", DatasetCode("X", f"S{n}"))
            fetch, _ = uow.fetches.add(series.id, allow=frozenset({Suspicion.SHRINK} if n == 1 else ()), request_id=f"r{n}")
            lease = Lease(uuid4(), 30)
            uow.fetches.claim(fetch.id, lease)
            if n == 0:
                growing = [an_arrival(NOW + timedelta(hours=h), state.latest(1_990 + h), fetch_id=fetch.id) for h in range(8)]
                vintages = append(uow, series.id, [replace(growing[0], published=NOW.date()), *growing[1:]])
                uow.series.record_fetch(uow.series.get(series.id), some_metadata())
                uow.fetches.succeed(fetch.id, lease, vintages)
            if n == 1:
                uow.series.record_gates(series, SeriesGates(deviations=8, scale=False))
                uow.fetches.schedule_retry(fetch.id, lease, failure, seconds=60, waiting_for=WaitingFor.RETRY)
        rule = Rule(kind=ScheduleKind.CRON, spec="30 8 * * 1-5", tz="Europe/Berlin", window=AskingWindow.parse("mon-fri"))
        webhook = Webhook(
            id=uuid4(),
            url="https://example.org/hook",
            events=frozenset(EventType),
            selector=Selector.parse("quandl:X/S*"),
            created_at=NOW,
            position=uow.vintages.position(),
        )
        uow.webhooks.add(webhook)
        uow.webhooks.record(series, fetch_failed(fetch, NOW))
        (event,) = uow.webhooks.recorded(after=0, limit=1)
        lease = Lease(uuid4(), 60)
        uow.webhooks.claim(lease)
        deliveries = [Delivery.of(replace(event, type=kind), webhook.id, NOW, "") for kind in (event.type, EventType.REVISION_LARGE)]
        progress = Progress(position=event.position, holds=False, retry_at=NOW, last_success_at=NOW)
        uow.webhooks.finish(webhook.id, lease, progress, [deliveries[0].tried(Reply(204), NOW), deliveries[1].tried(Reply(500), NOW)])
        first, second = (uow.series.add("quandl", DatasetCode("X", f"S{n}")) for n in range(2))
        pair = Equivalence(
            id=uuid4(), a=Member.of(first), b=Member.of(second), columns={"a": "b"}, created_at=NOW, position=1, compared_at=NOW
        )
        uow.equivalences.add(pair)
        cells = [DivergingCell(date="2024-01-01", column="a", a=1.0, b=2.0, difference=0.5)]
        facts = {"equivalence_id": pair.id, "a": pair.a, "b": pair.b, "found_at": NOW, "first": "2024-01-01", "last": "2024-01-01"}
        uow.equivalences.record(Divergence(**facts, compared=1, arrived=Side.B, vintages=(1, 1), count=1, diverging=1, cells=cells))
        splice = SpliceRule(made_at=NOW, stand_in="quandl:X/S1", start=NOW.date(), scale=0.1, columns={"a": "b"}, reason="It is gone.")
        uow.splices.add(first, splice)
        uow.splices.add(first, SpliceRule(made_at=NOW, reason="It is back."))
        uow.schedules.add(Schedule(id=uuid4(), selector=Selector.parse("X/*"), rule=rule, paused=False, created_at=NOW))
        uow.commit()
    return store


def everything(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables, in one order."""
    with engine.connect() as connection:
        rows = {table.name: [tuple(row) for row in connection.execute(select(table))] for table in metadata.sorted_tables}
    return {name: sorted(map(repr, part)) for name, part in rows.items()}


def unheard(_done: int, _total: int) -> None:
    pass


@pytest.mark.parametrize("source", ["sqlite", POSTGRES])
@pytest.mark.parametrize("target", ["sqlite", POSTGRES])
def test_everything_comes_back(opens: Any, tmp_path: Path, source: str, target: str) -> None:
    """A store restored from a backup holds the same rows, whichever databases they are, and can go on."""
    store, told = filled(opens(source)), []
    rows = back_up(store.engine, tmp_path / "backup", lambda done, total: told.append((done, total)))
    engine = opens(target)

    assert sum(restore(engine, tmp_path / "backup", unheard).values()) == rows == told[-1][0] == told[-1][1]
    assert everything(engine) == everything(store.engine)
    with SqlStore(engine).writing() as uow:
        assert uow.series.add("quandl", DatasetCode("X", "NEXT")).number == 4
        newest = uow.vintages.find(uow.series.add("quandl", DatasetCode("X", "S0")).id, AsOf())
        assert newest
        assert newest.observations.flags
        assert newest.observations.flags.column(0)[-3:] == [None, "p", "B E"][(2_000 - 3) % 3 :] + [None, "p", "B E"][: (2_000 - 3) % 3]
        assert not [damage for n in range(3) for damage in uow.vintages.verify(uow.series.add("quandl", DatasetCode("X", f"S{n}")).id)]


@pytest.mark.parametrize("source", ["sqlite", POSTGRES])
def test_a_backup_is_one_state_while_others_write(opens: Any, tmp_path: Path, source: str) -> None:
    """With four writers at work the copy holds whole commits: never a vintage without its series' end of fetch, or the reverse."""
    store, begun, stop = filled(opens(source)), Barrier(5), Event()

    def write(writer: int) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            with store.writing() as uow:
                series = uow.series.add("quandl", DatasetCode("W", f"S{writer}.{n}"))
                fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
                append(uow, series.id, [an_arrival(NOW, fetch_id=fetch.id)])
                uow.commit()
            if n == 1:
                begun.wait(20)

    with ThreadPoolExecutor(4) as threads:
        writers = [threads.submit(write, n) for n in range(4)]
        try:
            begun.wait(20)
            for n in range(3):
                back_up(store.engine, tmp_path / f"backup{n}", unheard)
        finally:
            stop.set()
    for writer in writers:
        writer.result()

    for n in range(3):
        engine = open_engine(f"sqlite:///{tmp_path / f'backup{n}'}", schema="")
        parts = everything(engine)
        engine.dispose()
        assert len(parts["series"]) == len(parts["fetches"]) >= 3 + 4
        assert len(parts["vintages"]) == len(parts["series"]) - 3 + 8
        positions = sum(len(parts[table]) for table in ("vintages", "descriptions", "series_events", "divergences", "splices"))
        assert parts["feed"] == [f"({positions},)"]


def test_a_backup_overwrites_nothing(opens: Any, tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    (tmp_path / "backup").write_text("mine")

    with pytest.raises(InvalidInput, match="exists already"):
        back_up(filled(opens("sqlite")).engine, tmp_path / "backup", unheard)
    assert (tmp_path / "backup").read_text() == "mine"


def test_only_an_empty_store_takes_a_backup(opens: Any, tmp_path: Path) -> None:
    """A store with series refuses, and keeps what it has."""
    store = filled(opens("sqlite"))
    back_up(store.engine, tmp_path / "backup", unheard)
    before = everything(store.engine)

    with pytest.raises(InvalidInput, match="is not empty"):
        restore(store.engine, tmp_path / "backup", unheard)
    assert everything(store.engine) == before


@pytest.mark.parametrize("content", [None, b"", b"SQLite", b"no database at all"])
def test_another_file_is_no_backup(opens: Any, tmp_path: Path, content: bytes | None) -> None:
    """A missing file, or one of another kind, is named."""
    if content is not None:
        (tmp_path / "backup").write_bytes(content)

    with pytest.raises(InvalidInput, match="is not a backup"):
        restore(opens("sqlite"), tmp_path / "backup", unheard)


def test_a_backup_that_was_cut_is_damaged(opens: Any, tmp_path: Path) -> None:
    """It is the backup that the sentence blames, and the store stays empty."""
    back_up(filled(opens("sqlite")).engine, tmp_path / "backup", unheard)
    content = (tmp_path / "backup").read_bytes()
    (tmp_path / "backup").write_bytes(content[: len(content) // 2])

    with pytest.raises(InvalidInput, match="backup is damaged"):
        restore(opens("sqlite"), tmp_path / "backup", unheard)


def test_another_programs_database_is_no_backup(opens: Any, tmp_path: Path) -> None:
    """A SQLite file without lanner's schema is none of its backups."""
    engine = open_engine(f"sqlite:///{tmp_path / 'other'}", schema="")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (text TEXT)"))
    engine.dispose()

    with pytest.raises(InvalidInput, match="is not a backup"):
        restore(opens("sqlite"), tmp_path / "other", unheard)


def test_a_backup_makes_no_folders(opens: Any, tmp_path: Path) -> None:
    """A folder that is not there, as of a disk that is not mounted, is said so."""
    with pytest.raises(InvalidInput, match="folder"):
        back_up(filled(opens("sqlite")).engine, tmp_path / "nowhere" / "backup", unheard)
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_of_another_schema_is_refused(opens: Any, tmp_path: Path) -> None:
    """A backup that a newer lanner made says so, and nothing is restored."""
    back_up(filled(opens("sqlite")).engine, tmp_path / "backup", unheard)
    engine = open_engine(f"sqlite:///{tmp_path / 'backup'}", schema="")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    target = opens("sqlite")

    with pytest.raises(SchemaMismatch, match="newer schema 9999"):
        restore(target, tmp_path / "backup", unheard)
    assert everything(target)["series"] == []


@pytest.mark.parametrize("target", ["sqlite", POSTGRES])
def test_a_broken_backup_restores_nothing(opens: Any, tmp_path: Path, target: str) -> None:
    """If a row cannot be restored none is."""
    back_up(filled(opens("sqlite")).engine, tmp_path / "backup", unheard)
    engine = open_engine(f"sqlite:///{tmp_path / 'backup'}", schema="")
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX one_in_flight"))
        connection.execute(text("UPDATE fetches SET status = 'pending', series = 1, number = rowid"))
    engine.dispose()
    empty = opens(target)

    with pytest.raises(InvalidInput, match="is damaged"):
        restore(empty, tmp_path / "backup", unheard)
    assert everything(empty)["series"] == []
