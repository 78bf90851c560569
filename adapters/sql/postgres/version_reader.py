"""Read the current version of a series, which precedes every response, through the driver."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Engine

from adapters.sql.deadlines import AHEAD, is_over
from adapters.sql.driver_errors import map_driver_error, wrap_driver_errors
from adapters.sql.engine import CONNECTOR
from adapters.sql.positions import POSITIONS, STANDING, Positions
from adapters.sql.single_flight import SingleFlight
from adapters.sql.tables import UtcDateTime
from adapters.sql.transaction import Clock, utc_now
from domain.errors import SeriesNotFound
from domain.frequency import Frequency
from domain.series import Version
from domain.source_status import SourceStatus

_REMEMBERED = 4096
_VERSION = """
SELECT provider, checked_at, status_at_source, status_since, replaced_by, description,
    (SELECT max(number) FROM {schema}vintages WHERE series = series.number),
    (SELECT max(number) FROM {schema}splices WHERE series = series.number), {now}{standing}
FROM {schema}series AS series WHERE id = {first}
"""
_BODY = "SELECT body FROM {schema}descriptions WHERE series = (SELECT number FROM {schema}series WHERE id = {first}) AND number = {second}"
_ON_SQLITE = {"schema": "", "standing": "", "now": "NULL", "first": "?", "second": "?"}
_BEHIND_POOLER = {"now": "clock_timestamp()", "first": "%s", "second": "%s"}
_PREPARED = {"now": "clock_timestamp()", "first": "$1", "second": "$2"}


class Session(NamedTuple):
    """A cursor, and the texts under which it executes statements."""

    cursor: Any
    texts: Mapping[str, str]


class VersionReader:
    """
    Reads through the driver, on autocommit connections of its own, with prepared statements where these stay.

    There are no more connections than threads that read at the same time; after the server has closed one, a new one is
    tried.
    """

    def __init__(self, engine: Engine, clock: Clock | None) -> None:
        self._engine, self._clock = engine, clock
        self._open_session = open_on_postgres if engine.dialect.name == "postgresql" else _open_on_sqlite
        self._idle = deque[Session]()
        self._positions: Positions | None = engine.get_execution_options().get(POSITIONS)
        self._driver_error = engine.dialect.loaded_dbapi.Error
        self._timestamp = UtcDateTime()
        # Entries never change.
        self._frequency = lru_cache(_REMEMBERED)(self._read_frequency)
        self._single_flight = SingleFlight(self._version)

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        """Return a series' current version, and the time; raises SeriesNotFound."""
        return self._single_flight(series_id.int)

    def _version(self, number: int) -> tuple[Version, datetime]:
        key = f"{number:032x}"
        provider, checked_at, status, since, replaced_by, entry, count, rules, now, *_ = self._row(_VERSION, key)
        version = Version(
            provider=provider,
            vintages=count or 0,
            entry=entry or 0,
            frequency=self._frequency(key, entry) if entry else None,
            checked_at=self._timestamp.process_result_value(checked_at, self._engine.dialect),
            status_at_source=SourceStatus(status),
            status_since=self._timestamp.process_result_value(since, self._engine.dialect),
            replaced_by=replaced_by,
            rules=rules or 0,
        )
        return version, self._clock() if self._clock else now or utc_now()

    def _read_frequency(self, key: str, entry: int) -> Frequency | None:
        (body,) = self._row(_BODY, key, entry)
        found = orjson.loads(body)["frequency"]
        return Frequency(found) if found else None

    def _row(self, statement: str, *values: Any) -> Any:
        idle = self._take_idle()
        if idle:
            try:
                return self._execute(idle, statement, values)
            except self._driver_error as error:
                if is_over(error):
                    raise map_driver_error(self._engine, error) from error
                self._idle.clear()  # what closed this one has closed the others
        with wrap_driver_errors(self._engine):
            try:
                return self._execute(self._open_session(self._engine), statement, values)
            except self._driver_error as error:
                raise map_driver_error(self._engine, error) from error

    def _take_idle(self) -> Session | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _execute(self, session: Session, statement: str, values: tuple[Any, ...]) -> Any:
        cursor = session.cursor
        before = self._positions.before() if self._positions else 0
        try:
            cursor.execute(session.texts.get(statement, statement), values)
            rows = cursor.fetchall()  # all, or SQLite's read transaction would stay open
        except BaseException:
            cursor.connection.close()
            raise
        self._idle.append(session)
        if self._positions and rows and statement is _VERSION:
            self._positions.note(cursor.connection, before, rows[0][-2:])
        if not rows:
            raise SeriesNotFound
        return rows[0]


def _open_on_sqlite(engine: Engine) -> Session:
    opened = engine.raw_connection()
    cursor = opened.cursor()
    opened.detach()  # from the pool, whose bookkeeping costs as much as the query
    return Session(cursor, {text: text.format(**_ON_SQLITE) for text in (_VERSION, _BODY)})


def open_on_postgres(engine: Engine) -> Session:
    """Open a connection outside of the engine's pool, and prepare the statements where they stay prepared."""
    options = engine.get_execution_options()
    schema, ahead = f'"{options["schema_translate_map"][None]}".', options[AHEAD]
    connection = options[CONNECTOR]()
    cursor = connection.cursor()
    names = {"schema": schema, "standing": f", {STANDING}" if POSITIONS in options else ""}
    if connection.backend is None:
        return Session(cursor, {text: ahead + text.format(**names, **_BEHIND_POOLER) for text in (_VERSION, _BODY)})
    try:
        cursor.execute(f"{ahead}PREPARE lanner_version (uuid) AS {_VERSION.format(**names, **_PREPARED)}")
        cursor.execute(f"{ahead}PREPARE lanner_entry (uuid, integer) AS {_BODY.format(**names, **_PREPARED)}")
    except BaseException:
        connection.close()
        raise
    return Session(cursor, {_VERSION: f"{ahead}EXECUTE lanner_version (%s)", _BODY: f"{ahead}EXECUTE lanner_entry (%s, %s)"})
