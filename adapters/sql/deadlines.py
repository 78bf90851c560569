"""Deadlines of statements: Postgres keeps them itself once it is told, SQLite asks as it works."""

from __future__ import annotations

import math
from time import monotonic
from typing import Any

#: Of a SQLite connection's record: its deadline. Of an engine's options: how transactions begin on Postgres, reading and writing, and
#: what is sent before a statement outside of them.
DEADLINE, OPENINGS, AHEAD = "lanner_deadline", "lanner_openings", "lanner_ahead"
READING = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITING = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_STEPS = 100_000
_QUERY_CANCELED, _SQLITE_INTERRUPT = "57014", 9
_MOST_MILLISECONDS = 2**31 - 1


class StatementDeadline:
    """
    When the statement that a SQLite connection runs must have ended.

    Attributes:
        seconds: how long each may take.
        until: the moment for the one that runs; none before the first.

    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.until = seconds, math.inf

    def begin(self) -> None:
        """Allow the next statement its time."""
        self.until = monotonic() + self.seconds

    def lift(self) -> None:
        """Allow whoever has the connection next any time."""
        self.until = math.inf

    def watch(self, connection: Any) -> None:
        """Have SQLite ask now and then; what takes milliseconds ends before it asks once."""
        connection.set_progress_handler(lambda: monotonic() > self.until, _STEPS)


def limits(seconds: float | None) -> dict[str, Any]:
    """Return the options of an engine for Postgres whose statements may take so long each; by default any time."""
    if not seconds:
        return {OPENINGS: (READING, _WRITING), AHEAD: ""}
    # In one message with what follows, so that it takes no way to the server. A plain SET would stay with the server's process, which
    # a pooler gives to somebody else next.
    limit = b"SET LOCAL statement_timeout = %d" % min(max(round(seconds * 1000), 1), _MOST_MILLISECONDS)
    return {OPENINGS: (READING + b";" + limit, _WRITING + b";" + limit), AHEAD: f"{limit.decode()};"}


def is_over(error: BaseException | None) -> bool:
    """Return whether a driver's error says that a statement was cut for its time."""
    return getattr(error, "pgcode", None) == _QUERY_CANCELED or getattr(error, "sqlite_errorcode", None) == _SQLITE_INTERRUPT
