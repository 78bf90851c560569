"""Waiting for a fetch's end."""

from __future__ import annotations

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.fetches import FetchStatus
from domain.use_cases.await_fetch import AwaitFetch
from tests.builders import waiting_use_cases


def test_who_waits_is_let_go_when_the_process_is_to_end() -> None:
    """After one more look."""
    store, pauses = MemoryStore(), []
    requested = waiting_use_cases(store).request_fetch(DatasetCode("WIKI", "FB"))

    def told_to_end(seconds: float) -> bool:
        pauses.append(seconds)
        return True

    fetch = AwaitFetch(store=store, most_seconds=3600, pause=told_to_end)(requested.fetch.id)

    assert fetch.status is FetchStatus.PENDING
    assert len(pauses) == 1
