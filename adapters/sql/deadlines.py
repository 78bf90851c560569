"""Statement timeouts: Postgres enforces its own setting, SQLite polls a progress handler."""

from __future__ import annotations

import math
from time import monotonic
from typing import Any

#: DEADLINE: in a SQLite connection's ``info``. OPENINGS, AHEAD: execution options of a Postgres engine: how read and write transactions
#: begin, and what precedes a statement outside of transactions.
DEADLINE, OPENINGS, AHEAD = "lanner_deadline", "lanner_openings", "lanner_ahead"
READING = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITING = b"BEGIN ISOLATION LEVEL READ COMMITTED"
_STEPS = 100_000
_QUERY_CANCELED, _SQLITE_INTERRUPT = "57014", 9
_MOST_MILLISECONDS = 2**31 - 1


class StatementDeadline:
    """
    The deadline of the statement that a SQLite connection runs.

    Attributes:
        seconds: how long each may take.
        until: the running statement's, by the monotonic clock; infinite before the first.

    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.until = seconds, math.inf

    def begin(self) -> None:
        """Start the next statement's time."""
        self.until = monotonic() + self.seconds

    def lift(self) -> None:
        """Remove the deadline before the connection returns to the pool."""
        self.until = math.inf

    def watch(self, connection: Any) -> None:
        """Register the progress handler; statements of some milliseconds end before its first call."""
        connection.set_progress_handler(lambda: monotonic() > self.until, _STEPS)


def limits(seconds: float | None) -> dict[str, Any]:
    """Return the execution options of a Postgres engine with this statement timeout; None means no timeout."""
    if not seconds:
        return {OPENINGS: (READING, _WRITING), AHEAD: ""}
    # Sent in one message with the next statement, so it costs no round trip. A plain SET would outlive the transaction in the server
    # process, which a pooler shares between clients.
    limit = b"SET LOCAL statement_timeout = %d" % min(max(round(seconds * 1000), 1), _MOST_MILLISECONDS)
    return {OPENINGS: (READING + b";" + limit, _WRITING + b";" + limit), AHEAD: f"{limit.decode()};"}


def is_over(error: BaseException | None) -> bool:
    """Return whether a driver's error is a statement timeout."""
    return getattr(error, "pgcode", None) == _QUERY_CANCELED or getattr(error, "sqlite_errorcode", None) == _SQLITE_INTERRUPT
