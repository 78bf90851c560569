"""Connections to Postgres: none waits for ever, and each knows whether it has its server process to itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any, NoReturn, TypeVar

import psycopg2
from psycopg2.extensions import STATUS_READY, connection, cursor

from adapters.sql.postgres.watch import ANSWER_SECONDS, Watch

T = TypeVar("T")

_execute = cursor.execute
#: The server ends a statement at its timeout; its answer may take a while longer.
_GRACE_SECONDS = 5.0
#: What has not been acknowledged for 15 seconds is lost, and so is an idle connection whose server is silent that long.
_IDLE_SECONDS, _INTERVAL_SECONDS, _PROBES, _LOST_MILLISECONDS = 5, 5, 2, 15_000
_DEFAULTS = {
    "connect_timeout": 5,
    "application_name": "lanner",
    "client_encoding": "utf8",
    "keepalives": 1,
    "keepalives_idle": _IDLE_SECONDS,
    "keepalives_interval": _INTERVAL_SECONDS,
    "keepalives_count": _PROBES,
    "tcp_user_timeout": _LOST_MILLISECONDS,
}
_SLOW_SECONDS = 1.0
_SESSION = {
    # Prepared statements find rows by key: custom plans are never better, and planning takes longer than execution.
    "plan_cache_mode": "force_generic_plan",
    # The locks of a client that has vanished are given back as soon.
    "tcp_keepalives_idle": _IDLE_SECONDS,
    "tcp_keepalives_interval": _INTERVAL_SECONDS,
    "tcp_keepalives_count": _PROBES,
    "tcp_user_timeout": _LOST_MILLISECONDS,
}
# A pooler would hand the settings to its other clients.
_SET_UP = "SELECT CASE WHEN pg_backend_pid() = %s THEN concat({}) END".format(
    ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
)


class WatchedConnection(connection):  # type: ignore[misc] # the driver has no types
    """
    A connection of the driver whose every wait is watched.

    Attributes:
        backend: id of the server's process, or None behind a pooler, which changes it from one transaction to the next: neither prepared
            statements nor settings outlive a transaction there.
        has_stale_plans: whether the tables have changed since its statements were planned.
        progress: of its server, if that is a replica.

    """

    progress: Any = None

    def __init__(self, watch: Watch, seconds: float, dsn: str) -> None:
        self.backend: int | None = None
        self.has_stale_plans = False
        self.since, self.limit, self.looked_at, self.ended = 0.0, seconds, 0.0, False
        super().__init__(dsn)
        self.cursor_factory = _WatchedCursor
        watch.add(self)

    def cursor(self, name: str | None = None, **options: Any) -> Any:
        """Return a watched cursor."""
        if name is None:
            return super().cursor(**options)
        return super().cursor(name, **{"cursor_factory": _WatchedNamedCursor, **options})

    def commit(self) -> None:
        """Commit."""
        self.wait_for(super().commit)

    def rollback(self) -> None:
        """Roll back."""
        if self.status == STATUS_READY:
            super().rollback()
        else:
            self.wait_for(super().rollback)

    def ping(self) -> None:
        """Check that the server answers at once; raises the driver's errors."""
        limit, self.limit = self.limit, ANSWER_SECONDS
        try:
            with self.cursor() as asking:
                asking.execute("SELECT 1")
        finally:
            self.limit = limit

    def wait_for(self, ask: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call what waits for the server; raises OperationalError if it does not answer."""
        since = self.since = monotonic()
        try:
            return ask(*arguments, **options)
        finally:
            self.since = 0.0
            if self.ended:
                self.give_up(since)

    def give_up(self, since: float) -> NoReturn:
        """Close a connection whose wait was ended."""
        self.close()
        raise psycopg2.OperationalError(f"the server did not answer within {monotonic() - since:.0f} seconds")


class _WatchedCursor(cursor):  # type: ignore[misc] # as above
    def execute(self, query: Any, values: Any = None) -> None:
        # In place of a call of wait_for: it would double what it costs, which is paid for every statement.
        watched = self.connection
        since = watched.since = monotonic()
        try:
            _execute(self, query, values)
        finally:
            watched.since = 0.0
            if watched.ended:
                watched.give_up(since)

    def executemany(self, *args: Any, **kwargs: Any) -> None:
        self.connection.wait_for(super().executemany, *args, **kwargs)

    def copy_expert(self, *args: Any, **kwargs: Any) -> None:
        self.connection.wait_for(super().copy_expert, *args, **kwargs)


class _WatchedNamedCursor(_WatchedCursor):
    """A cursor of the server, which is asked for each batch of rows."""

    def fetchone(self) -> Any:
        return self.connection.wait_for(super().fetchone)

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        return self.connection.wait_for(super().fetchmany, *args, **kwargs)

    def fetchall(self) -> Any:
        return self.connection.wait_for(super().fetchall)

    def close(self) -> None:
        self.connection.wait_for(super().close)


class Connector:
    """
    Opens connections in autocommit mode.

    Args:
        arguments: the driver's, which take precedence over the defaults here.
        statement_seconds: the server's statement timeout; None means none.

    """

    def __init__(self, arguments: Mapping[str, Any], statement_seconds: float | None) -> None:
        self._arguments = {**_DEFAULTS, **arguments}
        self._seconds = statement_seconds + _GRACE_SECONDS if statement_seconds else math.inf
        self._watch, self._gate = Watch(partial(self._open, ANSWER_SECONDS)), _Gate()

    def __call__(self) -> WatchedConnection:
        """Return a new connection; raises the driver's errors."""
        with self._gate.entered():
            opened = self._open(self._seconds)
        try:
            _set_up(opened)
        except BaseException:
            opened.close()
            raise
        return opened

    def end_waits(self, seconds: float) -> None:
        """End the waits of its connections that are longer than this: whoever waits can ask another server."""
        self._watch.end_waits(seconds)

    def _open(self, seconds: float) -> WatchedConnection:
        opened: WatchedConnection = psycopg2.connect(**self._arguments, connection_factory=partial(WatchedConnection, self._watch, seconds))
        opened.autocommit = True
        return opened


def _set_up(opened: WatchedConnection) -> None:
    backend = opened.info.backend_pid
    with opened.cursor() as cursor:
        cursor.execute(_SET_UP, (backend,))
        if cursor.fetchone()[0]:
            opened.backend = backend


class _Gate:
    """Lets one caller at a time try a server that was slow to refuse: the others hear its last error at once, and keep no threads."""

    def __init__(self) -> None:
        self._error: Exception | None = None
        self._trying = Lock()

    @contextmanager
    def entered(self) -> Iterator[None]:
        error = self._error
        if error is None:
            with self._noted():
                yield
        elif self._trying.acquire(blocking=False):
            try:
                with self._noted():
                    yield
            finally:
                self._trying.release()
        else:
            raise type(error)(*error.args)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        began = monotonic()
        try:
            yield
        except psycopg2.Error as error:
            self._error = error if monotonic() - began > _SLOW_SECONDS else None
            raise
        self._error = None
