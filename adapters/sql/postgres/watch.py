"""Waits for a Postgres server that end: connections whose server has vanished without a word are found and closed."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Lock, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Any
from weakref import WeakSet

from psycopg2 import Error, OperationalError

logger = logging.getLogger(__name__)

#: After how long a wait is looked into, and how long the server has to answer whoever does.
LOOK_SECONDS, ANSWER_SECONDS = 10.0, 5.0
_TICK_SECONDS = 1.0
#: In what Postgres itself says to refuse a connection; a pooler says the same of a server that it does not reach, but for this one reason.
_REFUSED, _POOLER_IS_FULL = "FATAL", "no more connections allowed"
#: A backend that has answered a while ago while its client still waits: the answer was lost. Other roles' states are null.
_IS_WORKING = """
SELECT coalesce(state NOT LIKE 'idle%%' OR state_change > clock_timestamp() - interval '{seconds} s', true)
FROM pg_stat_activity WHERE pid = %s
"""
_watches: WeakSet[Watch]


class Watch:
    """
    Closes connections whose server does not answer any more.

    The network may lose packets without a word, and a proxy may accept what it never passes on: neither ends a wait. A wait is ended
    at its deadline; and after ten seconds another connection is opened to ask whether the server still works on the answer. If it does not
    get through, or the server does not, the wait is ended, too.

    Args:
        connect: opens another connection to the same server, whose own waits are short.

    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self.restart()
        _watches.add(self)

    def restart(self) -> None:
        """Forget everything: a forked process inherits the object, but neither the thread nor the waits."""
        self._waits: set[Wait] = set()
        self._thread: Thread | None = None
        self._closing = Lock()

    def add(self, wait: Wait) -> None:
        """Watch a wait."""
        self._waits.add(wait)
        if self._thread is None:
            self._thread = Thread(target=self._run, name="database-watch", daemon=True)
            self._thread.start()

    def remove(self, wait: Wait) -> None:
        """Stop watching a wait; raises OperationalError if it was ended, and closes its connection."""
        try:
            self._waits.remove(wait)
        except KeyError:
            with self._closing:
                wait.connection.close()
            raise OperationalError(f"the server did not answer within {monotonic() - wait.since:.0f} seconds") from None

    def _run(self) -> None:
        while True:
            sleep(_TICK_SECONDS)
            now = monotonic()
            for wait in list(self._waits):
                if now > wait.until:
                    self._end(wait)
                elif now > wait.next_look:
                    wait.next_look = now + LOOK_SECONDS
                    Thread(target=self._look_into, args=(wait,), name="database-look", daemon=True).start()

    def _look_into(self, wait: Wait) -> None:
        try:
            works = self._works_on(wait)
        except Error as error:
            works = (_REFUSED if wait.connection.backend else _POOLER_IS_FULL) in str(error)
        if not works:
            self._end(wait)

    def _works_on(self, wait: Wait) -> bool:
        with closing(self._connect()) as other, other.cursor() as cursor:
            backend = wait.connection.backend
            # Behind a pooler nobody knows which backend it is.
            cursor.execute(_IS_WORKING.format(seconds=ANSWER_SECONDS) if backend else "SELECT true", (backend,))
            row = cursor.fetchone()
        return bool(row and row[0])

    def _end(self, wait: Wait) -> None:
        with self._closing:
            if wait in self._waits:
                self._waits.discard(wait)
                logger.warning("database does not answer", extra={"waited_seconds": round(monotonic() - wait.since)})
                with suppress(Error, OSError), socket.socket(fileno=os.dup(wait.connection.fileno())) as held:
                    held.shutdown(socket.SHUT_RDWR)


class Wait:
    """
    A wait for the server on a watched connection, from entering to leaving.

    Args:
        seconds: after which it is ended.

    """

    __slots__ = ("connection", "next_look", "seconds", "since", "until")

    def __init__(self, connection: Any, seconds: float) -> None:
        self.connection, self.seconds = connection, seconds

    def __enter__(self) -> None:
        self.since = now = monotonic()
        self.until, self.next_look = now + self.seconds, now + LOOK_SECONDS
        self.connection.watch.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.connection.watch.remove(self)


def _restart_all() -> None:
    for watch in _watches:
        watch.restart()


_watches = WeakSet()
os.register_at_fork(after_in_child=_restart_all)
