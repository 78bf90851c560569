"""Waits for a Postgres server that end: connections whose server has vanished without a word are found and closed."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, Protocol
from weakref import WeakSet

from psycopg2 import Error

logger = logging.getLogger(__name__)

#: After how many seconds of waiting a second connection asks the server about it, and how long the server has to answer that.
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


class Watched(Protocol):
    """
    A connection.

    Attributes:
        backend: id of its server's process, or None behind a pooler.
        since: when it began to wait, by the monotonic clock, or 0 if it does not.
        limit: how many seconds it may.
        looked_at: when somebody last looked whether the server still works for it.
        ended: whether its wait was ended, and it is of no more use.

    """

    backend: int | None
    since: float
    limit: float
    looked_at: float
    ended: bool

    def fileno(self) -> int: ...


class Watch:
    """
    Closes connections whose server does not answer any more.

    The network may lose packets without a word, and a proxy may accept what it never passes on: neither ends a wait. A wait is ended
    at its limit; and after ten seconds another connection is opened to ask whether the server still works on the answer. If it does not
    get through, or the server does not, the wait is ended, too.

    Args:
        connect: opens another connection to the same server, whose own waits are short.

    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self.restart()
        _watches.add(self)

    def restart(self) -> None:
        """Forget everything: a forked process inherits the object, but neither the thread nor the connections."""
        self._connections: WeakSet[Watched] = WeakSet()
        self._thread: Thread | None = None
        self._lock = Lock()

    def add(self, connection: Watched) -> None:
        """Watch the waits of a connection for as long as there is one."""
        with self._lock:
            self._connections.add(connection)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="database-watch", daemon=True)
                self._thread.start()

    def end_waits(self, seconds: float) -> None:
        """End all waits that are longer than this, as the server is known not to answer."""
        with self._lock:
            watched = list(self._connections)
        for connection in watched:
            if (since := connection.since) and monotonic() - since > seconds:
                _end(connection, since)

    def _run(self) -> None:
        while True:
            sleep(_TICK_SECONDS)
            self._check_all()

    def _check_all(self) -> None:
        with self._lock:
            watched = list(self._connections)
        for connection in watched:
            if since := connection.since:
                self._check(connection, since)

    def _check(self, connection: Watched, since: float) -> None:
        now = monotonic()
        if now - since > connection.limit:
            _end(connection, since)
        elif now - max(since, connection.looked_at) > LOOK_SECONDS:
            connection.looked_at = now
            Thread(target=self._look, args=(connection, since), name="database-look", daemon=True).start()

    def _look(self, connection: Watched, since: float) -> None:
        try:
            works = self._works_for(connection)
        except Error as error:
            works = (_REFUSED if connection.backend else _POOLER_IS_FULL) in str(error)
        if not works:
            _end(connection, since)

    def _works_for(self, connection: Watched) -> bool:
        with closing(self._connect()) as other, other.cursor() as cursor:
            # Behind a pooler nobody knows which backend it is.
            asked = _IS_WORKING.format(seconds=ANSWER_SECONDS) if connection.backend else "SELECT true"
            cursor.execute(asked, (connection.backend,))
            row = cursor.fetchone()
        return bool(row and row[0])


def _end(connection: Watched, since: float) -> None:
    if connection.since == since:
        connection.ended = True
        logger.warning("database does not answer", extra={"waited_seconds": round(monotonic() - since)})
        with suppress(Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as held:
            held.shutdown(socket.SHUT_RDWR)


def _restart_all() -> None:
    for watch in _watches:
        watch.restart()


_watches = WeakSet()
os.register_at_fork(after_in_child=_restart_all)
