"""A series that was read from something on this machine is stale as soon as that has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.fetches import FetchQuery, FetchStatus
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.fakes import CannedSource, FileSource, StoppedClock

CODE = DatasetCode("CANNED", "FB")


@dataclass
class WatchingSource(FileSource):
    """Makes sure that no transaction is open while it is looked at."""

    store: MemoryStore = field(default_factory=MemoryStore)

    def has_changed(self, code: DatasetCode, validators: Mapping[str, str]) -> bool:
        assert not self.store.writer.locked()
        return super().has_changed(code, validators)


def request(use: UseCases) -> int:
    """Request the series, and give the number of its fetches so far."""
    use.request_fetch(CODE)
    return len(use.follow_fetches.list(FetchQuery()).items)


def read(use: UseCases) -> int:
    """Read it through, and give the number of its fetches so far."""
    use.read_through(CODE, may_fetch=True, acquire_slot=nullcontext)
    return len(use.follow_fetches.list(FetchQuery()).items)


ASKING = pytest.mark.parametrize("ask", [request, read], ids=["request", "read-through"])


@ASKING
def test_what_has_changed_is_fetched_again(ask: Callable[[UseCases], int]) -> None:
    """A fresh series is not fetched again, however often it is asked for, until what it was read from has changed."""
    store = MemoryStore()
    source = WatchingSource(store=store)
    use = memory_use_cases({"canned": source}, store=store)

    assert [ask(use), ask(use), ask(use)] == [1, 1, 1]
    source.version = 2
    assert [ask(use), ask(use)] == [2, 2]
    source.version = 1
    assert ask(use) == 3
    assert source.looked_at


@ASKING
def test_a_change_that_is_being_fetched_is_fetched_once(ask: Callable[[UseCases], int]) -> None:
    """Requests that find a change while its fetch is in flight join that fetch."""
    store = MemoryStore()
    source = FileSource()
    assert request(memory_use_cases({"canned": source}, store=store)) == 1
    source.version = 2
    waiting = memory_use_cases({"canned": source}, store=store, dispatcher=RecordingDispatcher())

    assert [ask(waiting), ask(waiting)] == [2, 2]


def test_a_change_seen_before_a_fetch_ended_is_no_longer_one() -> None:
    """A fetch that ends between the look at what changed and the request has read the change."""
    store = MemoryStore()

    @dataclass
    class Racing(FileSource):
        others: Callable[[], object] = bool

        def has_changed(self, code: DatasetCode, validators: Mapping[str, str]) -> bool:
            changed, others, self.others = super().has_changed(code, validators), self.others, bool
            others()
            return changed

    source = Racing()
    use = memory_use_cases({"canned": source}, store=store)
    request(use)
    source.version, source.others = 2, lambda: request(use)

    assert request(use) == 2


@ASKING
def test_other_providers_are_not_looked_at(ask: Callable[[UseCases], int]) -> None:
    """Of a provider that does not notice changes only age tells, and it is not asked."""
    clock = StoppedClock()
    use = memory_use_cases({"canned": CannedSource()}, store=MemoryStore(clock))

    assert [ask(use), ask(use)] == [1, 1]
    clock.forward(days=9)
    assert ask(use) == 2


def test_a_refresh_and_a_new_series_need_no_look() -> None:
    """Where a fetch is certain, nothing is looked at but what has a state to compare."""
    source = FileSource()
    use = memory_use_cases({"canned": source})
    request(use)

    assert source.looked_at == 0


@ASKING
@pytest.mark.parametrize("error", [AnswerNotUnderstood("Row 2 is odd."), DatasetNotFound("It is gone.")])
def test_a_change_that_cannot_be_read_keeps_what_is_stored(ask: Callable[[UseCases], int], error: AnswerNotUnderstood) -> None:
    """The fetch fails, the stored vintage stays, and read-through does not try again within the hour, as a request does."""
    clock = StoppedClock()
    source = FileSource()
    use = memory_use_cases({"canned": source}, store=MemoryStore(clock))
    ask(use)
    source.version, error.is_lasting, source.error = 2, True, error

    assert ask(use) == 2
    assert ask(use) == (3 if ask is request else 2)
    series = use.describe_series.by_code(CODE).series
    assert series.newest
    assert series.fetch
    assert series.fetch.status is FetchStatus.ERROR
    source.error = None
    clock.forward(seconds=timedelta(hours=2).total_seconds())
    assert use.read_through(CODE, may_fetch=True, acquire_slot=nullcontext).fetch.status is FetchStatus.SUCCESS  # type: ignore[union-attr]


def test_a_lasting_refusal_is_not_tried_again() -> None:
    """An answer that is not understood is asked for twice, but not where it would be the same."""
    once, twice = AnswerNotUnderstood("a file"), AnswerNotUnderstood("a provider's answer")
    once.is_lasting = True
    ended = {}
    for error in (once, twice):
        use = memory_use_cases({"canned": CannedSource(error=error)})
        ended[error.message] = use.describe_series(use.request_fetch(CODE).series.id).series.fetch

    assert [fetch.status for fetch in ended.values() if fetch] == [FetchStatus.ERROR, FetchStatus.PENDING]
