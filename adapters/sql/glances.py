"""The question asked before every answer, whether what was sent earlier still holds, at the least cost there is."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Engine, NullPool, create_engine, event

from adapters.sql.engine import CONNECT_ARGUMENTS
from adapters.sql.shared import Shared
from adapters.sql.tables import Moment
from adapters.sql.transaction import Clock, foreign_error, translated, utc_now
from domain.errors import SeriesNotFound
from domain.frequency import Frequency
from domain.series import Version

_NAME = "lanner_glance"
_REMEMBERED = 256
_QUERY = """
SELECT series.provider, series.checked_at, (SELECT max(number) FROM {schema}vintages WHERE series = series.number),
       series.description, entry.body, {now}
FROM {schema}series AS series LEFT JOIN {schema}descriptions AS entry ON entry.series = series.number AND entry.number = series.description
WHERE series.id = {key}
"""


class Glances:
    """
    Asks through the driver itself, on connections of its own that commit by themselves, with a statement planned once for each.

    A transaction through SQLAlchemy costs some 30 times as much. There are no more connections than threads that ask at once;
    where the server has closed one, a new one is tried.
    """

    def __init__(self, engine: Engine, clock: Clock | None) -> None:
        self._engine, self._clock = engine, clock
        self._on_postgres = engine.dialect.name == "postgresql"
        self._statement = f"EXECUTE {_NAME} (%s)" if self._on_postgres else _QUERY.format(schema="", now="NULL", key="?")
        self._opens = _prepared(engine) if self._on_postgres else engine
        self._idle = deque[Any]()
        self._broken = engine.dialect.loaded_dbapi.Error
        self._moment = Moment()
        #: Tells what answers about a series depend on, and the time; raises SeriesNotFound.
        self.version = Shared(self._version)

    def _version(self, series_id: UUID) -> tuple[Version, datetime]:
        row = self._row(str(series_id) if self._on_postgres else series_id.hex)
        if row is None:
            raise SeriesNotFound
        provider, checked_at, count, entry, body, now = row
        version = Version(
            provider=provider,
            vintages=count or 0,
            entry=entry or 0,
            frequency=_frequency(body) if body else None,
            checked_at=self._moment.process_result_value(checked_at, self._engine.dialect),
        )
        return version, self._clock() if self._clock else now or utc_now()

    def _row(self, key: str) -> Any:
        idle = self._taken()
        if idle:
            try:
                return self._asked(idle, key)
            except self._broken:
                self._idle.clear()  # what ended this one has ended the others
        with translated(self._engine):
            try:
                opened = self._opens.raw_connection()
                cursor = opened.cursor()
                opened.detach()  # from a pool whose care costs as much as the question
                return self._asked(cursor, key)
            except self._broken as error:
                raise foreign_error(self._engine, error) from error

    def _taken(self) -> Any:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _asked(self, cursor: Any, key: str) -> Any:
        try:
            cursor.execute(self._statement, (key,))
            rows = cursor.fetchall()  # to the end: SQLite would else go on reading
        except BaseException:
            cursor.connection.close()
            raise
        self._idle.append(cursor)
        return rows[0] if rows else None


@lru_cache(_REMEMBERED)
def _frequency(body: str) -> Frequency | None:
    found = orjson.loads(body)["frequency"]
    return Frequency(found) if found else None


def _prepared(engine: Engine) -> Engine:
    schema: Any = engine.get_execution_options()["schema_translate_map"][None]
    query = _QUERY.format(schema=f'"{schema}".', now="clock_timestamp()", key="$1")
    prepared = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=CONNECT_ARGUMENTS)

    @event.listens_for(prepared, "connect")
    def _prepare(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PREPARE {_NAME} (uuid) AS {query}")

    return prepared
