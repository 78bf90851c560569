"""The verifier itself: it sees what it is there to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.store import SqlStore
from adapters.sql.tables import fetches
from domain.codes import DatasetCode
from domain.fetches import NOTHING_ALLOWED, Lease
from domain.observations import Observations
from tests.builders import an_arrival, append
from tests.faults.driver import Ledger, Said
from tests.faults.provider import COLUMNS, DATABASE, observations
from tests.faults.verifier import Verifier

SEED, CODE = 7, "PLAIN.x.0"


class Kept:
    """A database with one accepted request, and the ways in which it can go wrong."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(f"sqlite:///{folder}/lanner.db", schema="")
        migrate(self.engine)
        (folder / "calls").write_text(f"1.0 {CODE}\n")
        self.verifier = Verifier(self.engine, "", SEED, folder / "calls")
        self.verifier.watch()
        with SqlStore(self.engine).writing() as uow:
            series = uow.series.add("quandl", DatasetCode(DATABASE, CODE))
            fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, request_id="")
            uow.commit()
        self.series, self.fetch = series.id, fetch.id
        self.ledger = Ledger([Said(CODE, 201, 0.01, 0.0, str(series.id), str(fetch.id))])

    def end(self, *seeds: int, fetch: UUID | None = None) -> None:
        """End the fetch well, with what the provider would have said under these seeds."""
        with SqlStore(self.engine).writing() as uow:
            lease = Lease(uuid4(), 60)
            uow.fetches.claim(self.fetch, lease)
            for seed in seeds:
                rows = observations(seed, CODE, 1)
                state = Observations.of([row[0] for row in rows], COLUMNS, [row[1:] for row in rows])
                append(uow, self.series, [an_arrival(uow.now(), state, fetch_id=fetch or uuid4())])
            uow.fetches.succeed(self.fetch, lease, uow.vintages.list(self.series, after=0, limit=9))
            uow.commit()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    found = Kept(tmp_path)
    yield found
    found.engine.dispose()


def test_nothing_is_wrong(kept: Kept) -> None:
    """A request that was fetched once is well."""
    kept.end(SEED)

    assert kept.verifier.judge(kept.ledger).well
    assert kept.verifier.settled([CODE], 5) < 5


def test_what_is_not_fetched_is_lost(kept: Kept) -> None:
    """An accepted request without an end, without a row or without data is lost."""
    waiting = kept.verifier.judge(kept.ledger)
    kept.end()
    empty = kept.verifier.judge(kept.ledger)
    missing = kept.verifier.judge(Ledger([Said("PLAIN.x.1", 201, 0.01, 0.0, "", str(uuid4()))]))

    assert (waiting.lost, empty.lost, missing.lost) == ([CODE], [CODE], ["PLAIN.x.1"])


def test_what_is_stored_again_is_stored_twice(kept: Kept) -> None:
    """The same content twice in a row is too much."""
    kept.end(SEED, SEED)

    assert kept.verifier.judge(kept.ledger).twice == [CODE]


def test_a_fetch_that_stores_two_states_stores_twice(kept: Kept) -> None:
    """One fetch of this provider has one state; that the second was never said is wrong besides."""
    kept.end(SEED, SEED + 1, fetch=kept.fetch)
    verdict = kept.verifier.judge(kept.ledger)

    assert (verdict.twice, verdict.wrong) == ([CODE], [CODE])


def test_an_end_that_does_not_last_is_noted(kept: Kept) -> None:
    """A fetch that leaves its final state is counted, even if it comes back to it."""
    kept.end(SEED)
    with kept.engine.begin() as connection:
        for status in ("running", "success"):
            connection.execute(update(fetches).values(status=status))
        noted = connection.execute(text("SELECT count(*) FROM reopened")).scalar_one()

    assert noted == 1
    assert not kept.verifier.judge(kept.ledger).well
