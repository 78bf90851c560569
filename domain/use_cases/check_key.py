"""CheckKey: whose request it is, asked of the store at most every few seconds for one key."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from domain.errors import KeyNotFound, KeyRefused
from domain.keys import ApiKey, KeyText
from domain.ports import Store

REVOKED_WITHIN_SECONDS = 5.0
_SECONDS = REVOKED_WITHIN_SECONDS / 2
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Found:
    key: ApiKey
    read_at: datetime
    begun: float


@dataclass(frozen=True, slots=True)
class CheckKey:
    """
    Check the key of a request; what was found is believed for less than the time in which a revocation must count.

    Attributes:
        seconds: a clock that never goes back.

    """

    store: Store
    seconds: Callable[[], float] = time.monotonic
    _found: OrderedDict[str, _Found] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, text: str) -> ApiKey:
        """
        Give the key with this text.

        Raises:
            KeyRefused: there is none, or it is no longer good; the message is the same for all of these.

        """
        read = KeyText.read(text)
        if read is None:
            raise KeyRefused
        try:
            found = self._known(read.id)
        except KeyNotFound as error:
            raise KeyRefused from error
        # The time by the store's clock, without asking it again.
        now = found.read_at + timedelta(seconds=self.seconds() - found.begun)
        if not found.key.opens(text, now):
            raise KeyRefused
        return found.key

    def _known(self, key_id: str) -> _Found:
        with self._lock:
            found = self._found.get(key_id)
        if found is None or self.seconds() - found.begun > _SECONDS:
            with self.store.reading() as uow:
                found = _Found(uow.keys.get(key_id), uow.now(), self.seconds())
            with self._lock:
                self._found[key_id] = found
                while len(self._found) > _MOST:
                    self._found.popitem(last=False)
        return found
