"""Whether a part hangs: what ``lanner health`` finds wrong with it again and again."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

CHECK_SECONDS = 10.0
START_SECONDS = 60.0


class Liveness:
    """
    Checks a part every ten seconds from outside, so that one that hangs need not tell.

    Args:
        find_problem: returns what is wrong, or an empty text.
        checks: how many in a row must find a problem. One that was never well cannot be judged from here.

    Attributes:
        is_well: whether the last check found nothing; False before the first since the start.

    """

    def __init__(self, find_problem: Callable[[], str], *, checks: int) -> None:
        self._find_problem, self._checks, self._was_well = find_problem, checks, False
        self.restart()

    def restart(self) -> None:
        """Forget what was found; the part has just been started."""
        self._problems, self._checked_at, self.is_well = 0, monotonic() + START_SECONDS, False

    def find_hang(self) -> str:
        """Check if it is time; return what every check has found wrong lately, or an empty text."""
        if monotonic() - self._checked_at < CHECK_SECONDS:
            return ""
        problem = self._find_problem()
        self.is_well = not problem
        self._was_well = self._was_well or self.is_well
        self._problems, self._checked_at = self._problems + 1 if problem else 0, monotonic()
        return problem if self._was_well and self._problems >= self._checks else ""
