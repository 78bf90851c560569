"""Read the version of a series at a replica that has reached what has to be shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from adapters.sql.postgres.replica import Replica
from adapters.sql.postgres.version_reader import Session, VersionReader, open_on_postgres
from adapters.sql.transaction import Clock
from domain.series import Version


class Behind(Exception):
    """The replica has not reached the position."""


class ReplicaVersionReader(VersionReader):
    """
    Reads as ``VersionReader`` does, and raises Behind.

    Args:
        required: returns the position that this thread's read has to show.

    """

    def __init__(self, replica: Replica, clock: Clock | None, required: Callable[[], int]) -> None:
        super().__init__(replica.engine, clock)
        self._replica, self._required = replica, required
        self._open_session = _open_session

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        if self._required() > self._replica.newest.value:
            # Whoever leads a common query does not know this request's token.
            return self._version(series_id.int)
        return super().version(series_id)

    def _execute(self, session: Session, statement: str, values: tuple[Any, ...]) -> Any:
        try:
            reached = self._replica.has_reached(session.cursor, self._required())
        except BaseException:
            session.cursor.connection.close()
            raise
        if not reached:
            self._idle.append(session)
            raise Behind
        return super()._execute(session, statement, values)


def _open_session(engine: Engine) -> Session:
    session = open_on_postgres(engine)
    if session.cursor.connection.backend is None:
        return session._replace(texts={text: f"COMMIT;{sent}" for text, sent in session.texts.items()})
    return session
