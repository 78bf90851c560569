"""Writers of one process queue before SQLite: in order of arrival, not for ever, and never behind themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.sql.engine import open_engine
from adapters.sql.schema import migrate
from adapters.sql.sqlite.writer_queue import WriterQueue
from adapters.sql.store import SqlStore
from domain.errors import StoreUnavailable


def test_who_came_first_is_let_in_first() -> None:
    """Nobody overtakes those who wait, not even the one who has just left."""
    turns, entered = WriterQueue(60), []

    def enter(n: int) -> None:
        with turns.acquire():
            entered.append(n)

    with ThreadPoolExecutor(5) as threads:
        with turns.acquire():
            for n in range(5):
                threads.submit(enter, n)
                while len(turns.queue) < n + 2:
                    pass
        enter(5)

    assert entered == [0, 1, 2, 3, 4, 5]


def test_who_waits_too_long_is_told_and_holds_up_nobody() -> None:
    """A turn that does not come in time is an error of the store; those behind go on."""
    turns = WriterQueue(0.01)

    with ThreadPoolExecutor(1) as threads:
        with turns.acquire(), pytest.raises(StoreUnavailable, match=r"busy for 0\.01 s"):
            threads.submit(turns.acquire().__enter__).result()
        with turns.acquire():
            assert len(turns.queue) == 1


def test_a_unit_of_work_inside_another_is_refused_at_once(tmp_path: Path) -> None:
    """A thread that already writes would wait for itself; reading meanwhile is as ever, and writing once it has ended."""
    engine = open_engine(f"sqlite:///{tmp_path / 'lanner.db'}", schema="")
    migrate(engine)
    store = SqlStore(engine)

    with store.writing():
        with pytest.raises(StoreUnavailable, match="writing already"), store.writing():
            pass
        with store.reading() as uow:
            assert uow.now()
    with store.writing() as uow:
        uow.commit()
    engine.dispose()
