"""Questions to the list of series go by an index, whatever is asked: none goes through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, event, insert, text

from adapters.sql.engine import for_reading
from adapters.sql.repositories.series import SqlSeriesRepository
from adapters.sql.repositories.throttle import SqlRateLimiter
from adapters.sql.repositories.vintages import SqlVintageRepository
from adapters.sql.store import SqlUnitOfWork
from adapters.sql.tables import equivalences, series
from adapters.sql.transaction import Transaction, utc_now
from domain.budgets import Budget
from domain.codes import DatasetCode
from domain.fetches import FetchQuery
from domain.moments import AsOf
from domain.schedules.listed import ReleaseQuery
from domain.schedules.schedule import ScheduleQuery
from domain.schedules.selector import Selector
from domain.series import Metadata, SeriesQuery, SeriesStatus, TimeSeries
from domain.throttling import PermitRequest
from tests.benchmarks.databases import Database, postgres, sqlite

FB, NOW = DatasetCode("WIKI", "FB"), datetime(2024, 6, 1, tzinfo=UTC)
A_SERIES = TimeSeries(id=uuid4(), number=7, provider="quandl", code=FB, alias="WIKI/FB", created_at=NOW)
QUESTIONS: dict[str, Callable[[SqlUnitOfWork], object]] = {
    "a page": lambda uow: uow.series.search(SeriesQuery(after=7)),
    "words": lambda uow: uow.series.search(SeriesQuery(words=("gold", "lon"), after=7)),
    "words of a provider": lambda uow: uow.series.search(SeriesQuery(words=("gold",), provider="quandl")),
    "a provider": lambda uow: uow.series.search(SeriesQuery(provider="quandl", after=7)),
    "a database": lambda uow: uow.series.search(SeriesQuery(database="WIKI")),
    "a status": lambda uow: uow.series.search(SeriesQuery(status=SeriesStatus.ERROR)),
    "a code": lambda uow: uow.series.search(SeriesQuery(code=FB)),
    "an alias": lambda uow: uow.series.search(SeriesQuery(alias="WIKI/FB", limit=1)),
    "aliases that are taken": lambda uow: uow.series._taken(["WIKI/FB", *(f"WIKI/FB_{n}" for n in range(2, 70))]),
    "an identity": lambda uow: uow.series.find("quandl", FB),
    "the newest state": lambda uow: uow.vintages.find(uuid4(), AsOf()),
    "the state of a moment": lambda uow: uow.vintages.find(uuid4(), AsOf(as_of=NOW)),
    "the state seen by a moment": lambda uow: uow.vintages.find(uuid4(), AsOf(seen_by=NOW)),
    "a vintage": lambda uow: uow.vintages.find(uuid4(), AsOf(vintage=7)),
    "the next look": lambda uow: uow.schedules.next_at(),
    "who follows a series": lambda uow: uow.schedules.following(uuid4()),
    "the looks of a schedule": lambda uow: uow.schedules.looks(uuid4(), 10),
    "expected releases": lambda uow: uow.releases.expected(ReleaseQuery(start=NOW, end=NOW, after=(NOW, uuid4()))),
    "a calendar": lambda uow: uow.calendars.get("https://example.org/a.ics"),
    "schedules": lambda uow: uow.schedules.list(ScheduleQuery(after=(NOW, uuid4()), limit=10)),
    "schedules with a selector": lambda uow: uow.schedules.list(ScheduleQuery(selector=Selector.parse("fred:FRED/GDP"))),
    "schedules that are overdue": lambda uow: uow.schedules.list(ScheduleQuery(overdue=True, after=(NOW, uuid4()), limit=5)),
    "masks that mean a series": lambda uow: uow.schedules.unfollowed(A_SERIES),
    "fetches of a batch": lambda uow: uow.fetches.list(FetchQuery(batch=uuid4())),
    "the feed": lambda uow: uow.vintages.feed(after=7, limit=10),
    "events that are told": lambda uow: uow.webhooks.recorded(after=7, limit=10),
    "what is pending for a webhook": lambda uow: uow.webhooks.pending(uuid4()),
    "what was delivered": lambda uow: uow.webhooks.deliveries(uuid4(), before=7, limit=10),
    "by which rules a series is read": lambda uow: uow.splices.rules(uuid4()),
    "an equivalence": lambda uow: uow.equivalences._found(equivalences.c.id == uuid4()),
    "divergences": lambda uow: uow.equivalences.divergences(equivalence_id=None, before=7, limit=10),
    "divergences of an equivalence": lambda uow: uow.equivalences.divergences(equivalence_id=uuid4(), before=7, limit=10),
    "the end of the feed": lambda uow: uow.vintages.last_recorded(10),
}


@dataclass(frozen=True)
class Explaining(Transaction):
    """Keeps the plans of what goes to Postgres past SQLAlchemy: statements that are prepared, and COPY, which here finds nothing."""

    plans: list[str] = field(default_factory=list)

    def execute_raw(self, statement: bytes) -> list[tuple[Any, ...]]:
        if statement.startswith(b"EXECUTE"):
            self._explain(statement)
        return super().execute_raw(statement)

    def copy_out(self, query: str) -> list[bytes]:
        self._explain(query.encode())
        return []

    def _explain(self, statement: bytes) -> None:
        self.plans.append("\n".join(row[0] for row in super().execute_raw(b"EXPLAIN " + statement)))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url"))
    with opened as found:
        yield found


def plans(database: Database, ask: Callable[[SqlUnitOfWork], object]) -> list[str]:
    """Give the plan of each statement that a question takes."""
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *arguments: asked.append((arguments[2], arguments[3])))
    with database.store.reading() as uow:
        explaining = Explaining(uow.transaction.connection, None if database.schema else utc_now, cursor=uow.transaction.cursor)
        if database.schema:
            explaining.execute_raw(b"SET LOCAL enable_seqscan = off")
        uow.series, uow.vintages = SqlSeriesRepository(explaining), SqlVintageRepository(explaining)
        ask(uow)
    statements, found = list(asked), explaining.plans
    with for_reading(database.engine) as connection:
        if database.schema:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, values in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {'' if database.schema else 'QUERY PLAN '}{statement}", values)
            found.append("\n".join(str(row[-1]) for row in rows))
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_table_is_gone_through(database: Database, question: str) -> None:
    """
    Every table is reached by an index, and the index of words is asked once rather than series by series.

    A vintage that stands first in knowledge order is not looked for by sorting the others.
    """
    found = plans(database, QUESTIONS[question])
    assert found
    for plan in found:
        steps = plan.replace("SCAN series_words VIRTUAL TABLE", "").replace("SCAN subquery", "")
        # Masks alone are in this index.
        steps = steps.replace("SCAN schedules USING INDEX schedules_with_mask", "")
        assert "Seq Scan" not in steps
        assert "SCAN" not in steps
        assert "series_words VIRTUAL TABLE INDEX 0:=" not in plan
        assert "known_at DESC" not in plan
        assert "TEMP B-TREE" not in plan


def test_due_looks_are_found_in_their_index_alone(database: Database) -> None:
    """In the order of the index, up to the limit, whatever else is followed."""
    with database.store.reading() as uow:
        found = uow.schedules.due_keys(10).compile(database.engine, compile_kwargs={"literal_binds": True})
    with for_reading(database.engine) as connection:
        if database.schema:
            connection.execute(text(f"SET LOCAL search_path TO {database.schema}; SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        rows = connection.exec_driver_sql(f"EXPLAIN {'' if database.schema else 'QUERY PLAN '}{found}")
        plan = "\n".join(str(row[-1]) for row in rows)

    assert (
        "Index Only Scan using followed_due" if database.schema else "USING COVERING INDEX followed_due (next_at>? AND next_at<?)"
    ) in plan
    assert not database.schema or "Index Cond: (next_at <= $" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.server
def test_an_empty_database_teaches_nothing_wrong(postgres_url: str) -> None:
    """What every request and fetch asks is planned while nothing has been counted, and yet never goes through a provider or a database."""
    with postgres(postgres_url) as database, database.store.writing() as uow:
        explaining = Explaining(uow.transaction.connection, None, uow.transaction.deferred, cursor=uow.transaction.cursor)
        SqlSeriesRepository(explaining).find("quandl", FB)
        SqlRateLimiter(explaining).acquire(Budget(provider="quandl"), PermitRequest(uuid4(), 0.0))
        mode = explaining.execute_raw(b"SHOW plan_cache_mode")

    assert mode == [("force_generic_plan",)]
    found, *permits = explaining.plans
    assert "series_identity" in found
    assert "Join Filter" not in found
    assert "fetches" in permits[-1]
    assert "series_of_provider" not in permits[-1]


def test_the_index_of_words_follows(database: Database) -> None:
    """A series is found by its present words, not by earlier ones, and not once it is gone."""

    def found(*words: str) -> int:
        with database.store.reading() as uow:
            return len(uow.series.search(SeriesQuery(words=words)).items)

    for name in ("Facebook", "Meta Größe"):
        with database.store.writing() as uow:
            uow.series.record_fetch(uow.series.add("quandl", FB), Metadata(name=name))
            uow.commit()

    assert [found("wiki"), found("facebook"), found("meta"), found("GRÖSS")] == [1, 0, 1, 1]
    with database.engine.begin() as connection:
        connection.execute(delete(series))
    assert [found("wiki"), found("meta")] == [0, 0]


def test_a_shared_alias_takes_as_many_statements_as_any(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 1,100 series whose codes lead to one alias the next is added by a few statements, as with forty."""
    asked: list[object] = []
    event.listen(database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    sent = Transaction.execute_raw
    monkeypatch.setattr(Transaction, "execute_raw", lambda self, statement: asked.append(statement) or sent(self, statement))
    needed = []
    for many in (40, 1_100):
        keep_sharing(database, many)
        with database.store.writing() as uow:
            asked.clear()
            added = uow.series.add("quandl", DatasetCode("SHARED", "A.B"))
            needed.append(len(asked))

        assert added.alias == f"SHARED/A_B_{many + 1}"
    assert max(needed) <= 8


def keep_sharing(database: Database, many: int) -> None:
    """Keep so many series that share the alias SHARED/A_B."""
    facts = {"provider": "quandl", "database_code": "SHARED", "status": "pending", "words": "", "created_at": NOW}
    aliases = ["SHARED/A_B", *(f"SHARED/A_B_{n}" for n in range(2, many + 1))]
    rows = [facts | {"id": uuid4(), "dataset_code": f"other{n}", "alias": alias} for n, alias in enumerate(aliases)]
    with database.engine.begin() as connection:
        connection.execute(delete(series))
        connection.execute(insert(series), rows)
