"""
The budgets of the store. ``make bench`` prints them all: sizes in kB, times in milliseconds.

Times are least, and what they may be follows from something done in turn with them, so that a busy machine changes both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.sql.vintage_blocks.codec import decode, encode
from domain.codes import DatasetCode
from domain.fetching.freshness import Freshness
from domain.moments import AsOf
from domain.observations import Observations
from domain.series import SeriesQuery
from domain.use_cases.read_series import ReadSeries, Selection
from tests.benchmarks.baselines import kept_otherwise
from tests.benchmarks.crowds import CROWD, PLACES, a_million_series, code_of, pages_read, side_by_side
from tests.benchmarks.databases import Database, marginal, per_append
from tests.benchmarks.datasets import DAYS, NOW, dividend_events, gdp, growing, recorded_wiki, wiki
from tests.benchmarks.table import Table, least, timed
from tests.builders import an_arrival, append
from tests.fakes import CannedSource, FakeProviders

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

DATASETS = pytest.mark.parametrize("dividends", [False, True], ids=["plain", "dividends"])
PASSES, SUSPECTS = 3, 10
# So short that the least of few is not yet the least there is.
READS = 101
SIDE_BY_SIDE = 400
#: How many times something else that is measured in turn they may take: encoding all states, keeping a row, ``SELECT 1``.
GDP_ENCODINGS, WRITE_ROWS = 20, 2
READ_TRIPS = {"SQLite": 30, "Postgres": 10}
SEARCH_TRIPS = {"SQLite": 250, "Postgres": 500}
LIST_TRIPS = {"SQLite": 200, "Postgres": 60}
FIND_TRIPS = {"SQLite": 50, "Postgres": 12}
WORDS = ("company",), ("code777777",), ("town77",), ("daily", "code9"), ("db99", "town1"), ("nowhere",)


def snapshot_of(state: Observations) -> tuple[int, bytes]:
    return encode(state, state.dates[:0], snapshot=True)


def found(database: Database, series_id: UUID, moment: AsOf) -> float:
    """Return how long the store takes to find a state as the first thing in a unit of work."""
    with database.store.reading() as uow:
        return timed(lambda: uow.vintages.find(series_id, moment))


def written(database: Database, state: Observations) -> float:
    """Return how long a first vintage takes, the commit included."""
    with database.store.writing() as uow:
        series = uow.series.add("quandl", DatasetCode("WIKI", uuid4().hex))
        return timed(lambda: (append(uow, series.id, [an_arrival(NOW, state)]), uow.commit()))


def round_trip(database: Database) -> float:
    """Return how long the least of all statements takes inside a unit of work."""
    with database.store.reading() as uow:
        uow.now()
        connection: Any = uow.transaction.connection
        return timed(lambda: connection.exec_driver_sql("SELECT 1").scalar_one())


def row_kept(database: Database) -> float:
    """Return how long a series without data takes, the commit included."""
    with database.store.writing() as uow:
        return timed(lambda: (uow.series.add("quandl", DatasetCode("WIKI", uuid4().hex)), uow.commit()))


def worst(database: Database, series_id: UUID, moments: list[AsOf], usual: AsOf) -> float:
    """
    Return how much longer the worst of these moments takes than the usual one.

    A state's way is the same as when it was the newest. Of all moments those that took longest are measured once more,
    in turn with the usual one.
    """
    first = {moment: min(found(database, series_id, moment) for _ in range(PASSES)) for moment in moments}
    suspects = sorted(moments, key=first.__getitem__)[-SUSPECTS:]
    expected, *took = least(*(lambda moment=moment: found(database, series_id, moment) for moment in (usual, *suspects)))
    return max(took) / expected


def one_by_one(actions: tuple[Callable[[], object], ...]) -> list[Callable[[], float]]:
    return [lambda action=action: timed(action) for action in actions]


@DATASETS
def test_sizes(database: Database, postgres_url: str, table: Table, dividends: bool) -> None:  # noqa: FBT001
    """A first vintage, a day more and a dividend take no more than promised."""
    name, state = "dividends" if dividends else "plain", wiki(dividends=dividends)
    with kept_otherwise(postgres_url, state) as others:
        sizes = [size / 1e3 for size in others.sizes()]
    first = marginal(database, [an_arrival(NOW, state)]) / 1e3
    table.add(f"first vintage, {name}, kB", database.name, first, 350 if dividends else 200, *sizes)
    table.add(f"a day more with its fetch, {name}, kB", database.name, per_append(database, growing(dividends=dividends)) / 1e3, 1.5)
    if dividends:
        table.add("a dividend against a first vintage", database.name, per_append(database, dividend_events(10)) / 1e3 / first, 1.1)


def test_real_prices(database: Database, postgres_url: str, table: Table) -> None:
    """Prices that Quandl really sent are compared with the other ways of keeping them."""
    state = recorded_wiki()
    if state is None:
        pytest.skip("../shared/recorded/quandl is not there")
    arrival = an_arrival(NOW, state)
    series_id = database.keep([arrival])
    with kept_otherwise(postgres_url, state) as others:
        sizes = [size / 1e3 for size in others.sizes()]
        took, *times = least(lambda: found(database, series_id, AsOf()), *one_by_one(others.read()))
    table.add(f"first vintage, {len(state):,} real days, kB", database.name, marginal(database, [arrival]) / 1e3, None, *sizes)
    table.add(f"read newest, {len(state):,} real days, ms", database.name, took, None, *times)


def test_gdp(database: Database, table: Table) -> None:
    """Every vintage of the gross domestic product is kept in a few times the time it takes to encode each as a whole."""
    history = gdp()
    took, encoding = least(
        lambda: timed(lambda: database.keep(history)),
        lambda: timed(lambda: [snapshot_of(state.observations) for state in history]),
        rounds=3,
    )
    name = f"GDP with {len(history)} vintages written (encode {encoding:.0f}), ms"
    table.add(name, database.name, took, GDP_ENCODINGS * encoding)
    table.add(f"GDP with {len(history)} vintages, kB", database.name, marginal(database, history, 4) / 1e3, 300)


@DATASETS
def test_writing(database: Database, postgres_url: str, table: Table, dividends: bool) -> None:  # noqa: FBT001
    """A first vintage is written in a few times the time it takes to encode it."""
    name, state = "dividends" if dividends else "plain", wiki(dividends=dividends)
    with kept_otherwise(postgres_url, state) as others:
        took, encoding, row, *times = least(
            lambda: written(database, state),
            lambda: timed(lambda: snapshot_of(state)),
            lambda: row_kept(database),
            *one_by_one(others.write()),
            rounds=11,
        )
    limit = 3 * encoding + WRITE_ROWS * row
    table.add(f"write the first vintage, {name} (encode {encoding:.2f}, row {row:.2f}), ms", database.name, took, limit, *times)


@DATASETS
def test_reading(database: Database, postgres_url: str, table: Table, dividends: bool) -> None:  # noqa: FBT001
    """The newest state is read in about the time it takes to decode it, however many vintages there are."""
    name, history = "dividends" if dividends else "plain", growing(dividends=dividends)
    codec, payload = snapshot_of(history[0].observations)
    series_id = database.keep(history[:1])
    read = ReadSeries(store=database.store, freshness=Freshness(FakeProviders({"quandl": CannedSource()}), None))
    took, decoding, trip = least(
        lambda: found(database, series_id, AsOf()),
        lambda: timed(lambda: decode(codec, payload, None)),
        lambda: round_trip(database),
        rounds=READS,
    )
    with kept_otherwise(postgres_url, history[0].observations) as others:
        whole, *times = least(lambda: timed(lambda: read(series_id, Selection())), *one_by_one(others.read()), rounds=7)
    limit = 2 * decoding + READ_TRIPS[database.name] * trip
    table.add(f"read newest, {name} (decode {decoding:.2f}, SELECT 1 {trip:.2f}), ms", database.name, took, limit, *times)
    table.add(f"read newest, {name}, the whole use case, ms", database.name, whole)

    database.append(series_id, history[1:])
    moments = [AsOf(as_of=NOW + timedelta(days=n)) for n in range(DAYS + 1)]
    table.add(
        f"worst newest after 1 … {DAYS:,} days / after one, {name}", database.name, worst(database, series_id, moments[1:], moments[1]), 1.5
    )
    table.add(f"worst as_of among {DAYS:,} / newest, {name}", database.name, worst(database, series_id, moments, AsOf()), 3)


def test_pages(database: Database, table: Table) -> None:
    """Many series that grow side by side scatter a state's rows over few pages."""
    if not database.schema:
        pytest.skip("pages are counted by Postgres")
    state, days = wiki(dividends=True), 511
    labels = state.labels()
    history = [an_arrival(NOW + timedelta(days=n), state.window(None, labels[250 + n])) for n in range(days + 1)]
    series_id = database.keep(history)
    side_by_side(database, series_id, SIDE_BY_SIDE - 1)
    before = pages_read(database)
    with database.store.reading() as uow:
        connection: Any = uow.transaction.connection
        kept = uow.vintages.find(series_id, AsOf())
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
    assert kept
    assert kept.observations == history[-1].observations
    table.add(f"pages of one newest read, {SIDE_BY_SIDE} series side by side", database.name, pages_read(database) - before, 40)


def test_a_million_series(database: Database, table: Table) -> None:
    """A page of the list, and a series by its code, are found at once wherever they stand."""
    a_million_series(database)

    def listed(after: int) -> float:
        with database.store.reading() as uow:
            uow.now()
            return timed(lambda: uow.series.search(SeriesQuery(after=after, limit=50)))

    def by_code(number: int) -> float:
        with database.store.reading() as uow:
            uow.now()
            return timed(lambda: uow.series.find("quandl", code_of(number)))

    def searched(*words: str) -> float:
        with database.store.reading() as uow:
            uow.now()
            return timed(lambda: uow.series.search(SeriesQuery(words=words, limit=50)))

    for words in WORDS:
        took, trip = least(lambda words=words: searched(*words), lambda: round_trip(database), rounds=5)
        table.add(f"search {CROWD:,} for {' '.join(words)}, × SELECT 1", database.name, took / trip, SEARCH_TRIPS[database.name])
    for place in PLACES:
        lists, finds, trip = least(lambda place=place: listed(place), lambda place=place: by_code(place + 1), lambda: round_trip(database))
        table.add(f"list 50 of {CROWD:,} after {place:,}, × SELECT 1", database.name, lists / trip, LIST_TRIPS[database.name])
        table.add(f"find number {place + 1:,} of {CROWD:,} by code, × SELECT 1", database.name, finds / trip, FIND_TRIPS[database.name])


def test_every_budget_holds(table: Table) -> None:
    """None of the figures above is over its budget."""
    assert table.missed() == []
