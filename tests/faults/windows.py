"""A provider's strict windows: it counts every call by its own clock, refuses what is above them, and writes both down."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle
from pathlib import Path
from threading import Lock

from domain.providers import Limit

#: Of mode ``STRICT``, and of ``STORM``, whose refusals ask for silence in every form.
STRICT, STORM = (Limit(20, 1), Limit(100, 10)), (Limit(5, 1),)
ABSURD = "99999999999999999999"
NOW = 0.0


def _in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


#: For how many seconds silence is asked for at least, and in what words.
ONE_SECOND: tuple[tuple[float, Callable[[], str]], ...] = ((1.0, lambda: "1"),)
EVERY_FORM = ((2.0, lambda: "2"), (2.0, lambda: _in_seconds(3)), (NOW, lambda: "-5"), (NOW, lambda: "soon"))


@dataclass(frozen=True, slots=True)
class Answered:
    """
    A call as the provider saw it.

    Attributes:
        at: by the clock of the day, which the store's is too.
        silence: for how many seconds it asked; None if it gave the answer.

    """

    at: float
    code: str
    silence: float | None


class Windows:
    """Admits calls, all codes of a mode together."""

    def __init__(self, limits: Iterable[Limit], silences: Iterable[tuple[float, Callable[[], str]]], log: Path) -> None:
        self._limits, self._silences, self._lock = tuple(limits), cycle(silences), Lock()
        self._admitted: deque[float] = deque(maxlen=max(limit.calls for limit in self._limits))
        self._log = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def refusal(self, code: str) -> str | None:
        """Give the words of ``Retry-After``, or None for a call that is admitted."""
        with self._lock:
            now, silence, words = time.time(), "", None
            if any(sum(now - at < limit.seconds for at in self._admitted) >= limit.calls for limit in self._limits):
                seconds, form = next(self._silences)
                silence, words = str(seconds), form()
            else:
                self._admitted.append(now)
            os.write(self._log, f"{now:.6f},{code},{silence}\n".encode())
            return words


def answered(log: Path) -> list[Answered]:
    """Read what was written down."""
    lines = [line.split(",") for line in log.read_text().splitlines()] if log.exists() else []
    return [Answered(float(at), code, float(silence) if silence else None) for at, code, silence in lines]
