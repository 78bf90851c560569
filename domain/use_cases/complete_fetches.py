"""CompleteFetches: follow fetches until each has ended or waits for its next attempt, and run them here if no worker does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from domain.fetches import Fetch, FetchStatus, WaitingFor
from domain.use_cases.fetch_dataset import FetchDataset
from domain.use_cases.follow_fetches import FollowFetches

_WATCHED = 50
_SHORT_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteFetches:
    """
    Complete any number of fetches, watching a bounded number of them at a time.

    Attributes:
        on_run_here: called once, before the first fetch is run here.
        patience_seconds: for how long no watched fetch may be begun before all are run here.
        pause_seconds: between two reads of their states.

    """

    follow_fetches: FollowFetches
    fetch_dataset: FetchDataset
    on_run_here: Callable[[], object] = bool
    patience_seconds: float = 2.0
    pause_seconds: float = 0.1

    def __call__(self, fetch_ids: Iterable[UUID]) -> Iterator[Fetch]:
        """Yield every fetch once it has ended, or waits for more than a rate limit of a minute."""
        left, last_progress, runs_here = dict.fromkeys(fetch_ids), time.monotonic(), False
        while left:
            watched = [self.follow_fetches(fetch_id) for fetch_id in islice(left, _WATCHED)]
            settled = [fetch for fetch in watched if _is_settled(fetch)]
            yield from _remove(left, settled)
            begun_or_due = [fetch for fetch in watched if not _waits_shortly(fetch)]
            if settled or not begun_or_due or not all(map(_is_untouched, begun_or_due)):
                last_progress = time.monotonic()
            elif time.monotonic() - last_progress >= self.patience_seconds:
                if not runs_here:
                    self.on_run_here()
                    runs_here = True
                ran = (self.fetch_dataset(fetch_id) for fetch_id in tuple(left))
                yield from _remove(left, (fetch for fetch in ran if fetch and _is_settled(fetch)))
                last_progress = time.monotonic()
            if left:
                time.sleep(self.pause_seconds)


def _remove(left: dict[UUID, None], settled: Iterable[Fetch]) -> Iterator[Fetch]:
    for fetch in settled:
        del left[fetch.id]
        yield fetch


def _is_settled(fetch: Fetch) -> bool:
    # A new fetch does not wait for anything, though the store's clock may be ahead of this machine's.
    waits = fetch.status is FetchStatus.PENDING and fetch.waiting_for is not None and fetch.not_before > datetime.now(UTC)
    return fetch.ended or (waits and not _waits_shortly(fetch))


def _waits_shortly(fetch: Fetch) -> bool:
    now = datetime.now(UTC)
    return fetch.waiting_for is WaitingFor.RATE_LIMIT and now < fetch.not_before <= now + _SHORT_WAIT


def _is_untouched(fetch: Fetch) -> bool:
    return fetch.status is FetchStatus.PENDING or fetch.is_due(datetime.now(UTC))
