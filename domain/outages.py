"""Outages: what fails outside is tried again after longer and longer pauses, and said once a minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

_TOLD_EVERY_SECONDS = 60.0


@dataclass(slots=True)
class Outage:
    """
    The failures of one thing since it last worked.

    Attributes:
        most_seconds: of the pause before the next try.
        failures: in a row.

    """

    most_seconds: float = 30.0
    clock: Callable[[], float] = monotonic
    failures: int = 0
    _next_at: float = field(default=0.0, init=False)
    _told_at: float | None = field(default=None, init=False)

    @property
    def seconds_left(self) -> float:
        """The seconds until the next try."""
        return max(0.0, self._next_at - self.clock()) if self.failures else 0.0

    def failed(self, *, pause: float = 1.0) -> bool:
        """
        Count a failure; return whether to say so: the first of an outage is said, and then one a minute.

        Args:
            pause: the seconds before the second try; each further one is twice as long.

        """
        now = self.clock()
        self.failures += 1
        self._next_at = now + min(self.most_seconds, pause * 2.0 ** min(self.failures - 1, 32))
        if self._told_at is not None and now - self._told_at < _TOLD_EVERY_SECONDS:
            return False
        self._told_at = now
        return True

    def ended(self) -> bool:
        """Record that it works; return whether it had failed before. What fails again within a minute is not said again."""
        was_out, self.failures = self.failures > 0, 0
        return was_out
