"""CheckKey: authenticate requests, reading each key from the store at most every few seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from domain.api_keys import ApiKey, ApiKeyToken
from domain.errors import InvalidApiKey, KeyNotFound
from domain.ports import Store

REVOKED_WITHIN_SECONDS = 5.0
_SECONDS = REVOKED_WITHIN_SECONDS / 2
_MOST = 10_000
#: Compared with if no key has the id, so that this takes as long as a wrong secret.
_NOBODY = ApiKey(id="", name="", scopes=frozenset(), digest=bytes(32), created_at=datetime(1970, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _CachedKey:
    key: ApiKey
    read_at: datetime
    cached_at: float


@dataclass(frozen=True, slots=True)
class CheckKey:
    """
    Check the key of a request; keys are cached for less than the time within which a revocation must take effect.

    Attributes:
        seconds: a monotonic clock.

    """

    store: Store
    seconds: Callable[[], float] = time.monotonic
    _cache: OrderedDict[str, _CachedKey] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, text: str) -> ApiKey:
        """
        Return the key with this token.

        A refusal reads the store once, whether no key has the id or one has it with another secret.

        Raises:
            InvalidApiKey: there is none, or it is not active; the message is the same for all cases.

        """
        read = ApiKeyToken.parse(text)
        if read is None:
            raise InvalidApiKey
        found = self._cache.get(read.id)
        if found is None or not found.key.matches(text) or self.seconds() - found.cached_at > _SECONDS:
            found = self._look_up(read.id)
        # The time by the store's clock, without another query.
        now = found.read_at + timedelta(seconds=self.seconds() - found.cached_at)
        if not found.key.verifies(text, now):
            raise InvalidApiKey
        return found.key

    def was_known(self, text: str) -> bool:
        """Return whether this text is the token of a cached key, without a query."""
        read = ApiKeyToken.parse(text)
        found = self._cache.get(read.id) if read else None
        return found is not None and found.key.matches(text)

    def active(self, key_id: str) -> ApiKey:
        """Return the key with this id, for callers that its holder has shown its token before; raises InvalidApiKey unless it is active."""
        found = self._cache.get(key_id)
        if found is None or self.seconds() - found.cached_at > _SECONDS:
            found = self._look_up(key_id)
        now = found.read_at + timedelta(seconds=self.seconds() - found.cached_at)
        if found.key is _NOBODY or not found.key.is_active(now):
            raise InvalidApiKey
        return found.key

    def _look_up(self, key_id: str) -> _CachedKey:
        with self.store.reading() as uow:
            now = uow.now()
            try:
                key = uow.keys.get(key_id)
            except KeyNotFound:
                return _CachedKey(_NOBODY, now, self.seconds())
            found = _CachedKey(key, now, self.seconds())
        with self._lock:
            self._cache[key_id] = found
            while len(self._cache) > _MOST:
                self._cache.popitem(last=False)
        return found
