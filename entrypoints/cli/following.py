"""Following fetches to their end or their next wait, and doing them here where no worker does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from uuid import UUID

from domain.fetches import Fetch, FetchStatus, WaitingFor
from domain.use_cases import UseCases

_LOOKED_AT_ONCE = 50
_SHORT_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """
    Follows any number of fetches, looking at a bounded number of them at a time.

    Attributes:
        patience_seconds: for how long all that is looked at may lie untouched before it is fetched here.
        pause_seconds: between two looks.

    """

    use_cases: UseCases
    patience_seconds: float = 2.0
    pause_seconds: float = 0.1

    def __call__(self, names: Mapping[UUID, str]) -> Mapping[UUID, Fetch]:
        """Give every fetch as it ended, or as it waits for its next attempt; progress goes to standard error."""
        settled = {}
        with _progress(names) as tell:
            for fetch in self._settling(names):
                settled[fetch.id] = fetch
                tell(fetch)
        return settled

    def _settling(self, fetch_ids: Iterable[UUID]) -> Iterator[Fetch]:
        left, touched, announced = dict.fromkeys(fetch_ids), time.monotonic(), False
        while left:
            looked_at = [self.use_cases.follow_fetches(fetch_id) for fetch_id in islice(left, _LOOKED_AT_ONCE)]
            settled = [fetch for fetch in looked_at if fetch.ended or _waits(fetch)]
            yield from _without(left, settled)
            begun_or_due = [fetch for fetch in looked_at if not _in_line(fetch)]
            if settled or not begun_or_due or not all(map(_untouched, begun_or_due)):
                touched = time.monotonic()
            elif time.monotonic() - touched >= self.patience_seconds:
                if not announced:
                    sys.stderr.write(f"No worker has begun within {self.patience_seconds:g} s: fetching here.\n")
                    announced = True
                yield from _without(left, self._fetched_here(tuple(left)))
                touched = time.monotonic()
            if left:
                time.sleep(self.pause_seconds)

    def _fetched_here(self, fetch_ids: Iterable[UUID]) -> Iterator[Fetch]:
        for fetch_id in fetch_ids:
            fetch = self.use_cases.fetch_dataset(fetch_id)
            if fetch and (fetch.ended or _waits(fetch)):
                yield fetch


def _without(left: dict[UUID, None], settled: Iterable[Fetch]) -> Iterator[Fetch]:
    for fetch in settled:
        del left[fetch.id]
        yield fetch


def _waits(fetch: Fetch) -> bool:
    # A fetch that is simply new never waits, though its store's clock may run ahead of this machine's.
    pending = fetch.status is FetchStatus.PENDING and fetch.waiting_for is not None
    return pending and fetch.not_before > datetime.now(UTC) and not _in_line(fetch)


def _in_line(fetch: Fetch) -> bool:
    """Tell whether it waits before a provider's limit, and not for long."""
    now = datetime.now(UTC)
    soon = now < fetch.not_before <= now + timedelta(seconds=_SHORT_WAIT_SECONDS)
    return fetch.waiting_for is WaitingFor.RATE_LIMIT and soon


def _untouched(fetch: Fetch) -> bool:
    return fetch.status is FetchStatus.PENDING or fetch.is_due(datetime.now(UTC))


@contextmanager
def _progress(names: Mapping[UUID, str]) -> Iterator[Callable[[Fetch], object]]:
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("fetching"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=len(names))
            yield lambda _: bar.advance(task)
    else:
        ordinals = count(1)
        yield lambda fetch: sys.stderr.write(f"{next(ordinals)} of {len(names)}: {names[fetch.id]} {fetch.status}\n")
