"""AwaitFetch: block until a fetch has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from domain.fetches import Fetch
from domain.ports import Store

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitFetch:
    """
    Poll a fetch until it has ended.

    Attributes:
        most_seconds: the maximum wait.
        pause: sleeps for so many seconds; returns True to stop waiting.

    """

    store: Store
    most_seconds: float
    pause: Callable[[float], bool]

    def __call__(self, fetch_id: UUID, seconds: float | None = None) -> Fetch:
        """
        Poll in a transaction each time.

        Returns:
            The fetch when it has ended, when the wait is over or stopped, or when it is not due before then; raises
            FetchNotFound.

        """
        end, next_pause = time.monotonic() + min(self.most_seconds if seconds is None else seconds, self.most_seconds), _FIRST_PAUSE
        cut_short = False
        while True:
            with self.store.reading() as uow:
                fetch, now = uow.fetches.get(fetch_id), uow.now()
            remaining = end - time.monotonic()
            begins = (fetch.not_before - now).total_seconds() if fetch.waiting_for else 0.0
            if fetch.ended or cut_short or remaining <= 0 or begins > remaining:
                return fetch
            cut_short = self.pause(min(next_pause, remaining))
            next_pause = min(2 * next_pause, _LONGEST_PAUSE)
