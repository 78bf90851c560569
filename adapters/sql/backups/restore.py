"""Restore a backup: copy it row by row while checking it, and read it back before the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Engine, Select, exists, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, IntegrityError

from adapters.sql.backups.file import BackupFile, copied_tables, damaged, read_backup
from adapters.sql.backups.older import as_of_today
from adapters.sql.backups.rules import Rules
from adapters.sql.backups.values import key_of, values_of
from adapters.sql.driver_errors import wrap_driver_errors
from adapters.sql.engine import for_writing, place
from adapters.sql.repositories.vintages import SqlVintageRepository
from adapters.sql.schema import migrate
from adapters.sql.tables import (
    descriptions,
    divergences,
    equivalences,
    feed,
    fetches,
    formulas,
    series,
    series_events,
    splices,
    vintages,
    webhooks,
)
from adapters.sql.transaction import Transaction, utc_now
from domain.errors import DamagedVintage, DomainError, InvalidInput, StoreUnavailable
from domain.flags import Flags
from domain.moments import AsOf
from domain.observations import Observations

logger = logging.getLogger(__name__)

_AXES = (np.dtype("datetime64[D]"), np.dtype("datetime64[s]"))
Progress = Callable[[int, int], object]


def restore(engine: Engine, file: Path, progress: Progress, *, keep_damaged: bool = False, folder: Path | None = None) -> Mapping[str, int]:
    """
    Copy a backup, of today's schema or an older one, into an empty store in one transaction; return the number of rows by table.

    Args:
        keep_damaged: whether vintages that do not match their checksum are restored as they are; reading them raises DamagedVintage.
        folder: for a copy of an older backup, which is migrated.

    Raises:
        InvalidInput: the file is not a backup that lanner wrote, or the store is not empty.
        StoreUnavailable, SchemaMismatch: the database cannot be used, or the backup has a newer schema.

    """
    with read_backup(file) as found:
        migrate(engine)
        with as_of_today(found, folder) as backup:
            backup.require_soundness()
            with wrap_driver_errors(engine), for_writing(engine) as connection, connection.begin():
                return _restore(backup, connection, progress, keep_damaged=keep_damaged)


def _restore(backup: BackupFile, target: Connection, progress: Progress, *, keep_damaged: bool) -> Mapping[str, int]:
    if target.execute(select(func.count()).select_from(series)).scalar_one():
        raise InvalidInput(f"The database {place(target.engine)} is not empty.", field="database_url", hint="Restore into a new one.")
    rows = _copy(backup, target, progress)
    _check_references(backup, target)
    _check_states(backup, target, keep_damaged=keep_damaged)
    if target.dialect.name == "postgresql":
        _go_on_counting(target)
    return rows


def _copy(backup: BackupFile, target: Connection, progress: Progress) -> Mapping[str, int]:
    counts = {table.name: backup.count(table) for table in copied_tables()}
    total, copied, rules = sum(counts.values()), 0, Rules()
    for table in copied_tables():
        for batch in backup.rows(table):
            checked = list(_checked(backup, rules, table, batch))
            try:
                target.execute(insert(table), checked)
            except (IntegrityError, DataError) as error:
                raise damaged(backup.path, f"table {table.name}: rows near {key_of(table, batch[0])} violate a constraint") from error
            copied += len(batch)
            progress(copied, total)
    for batch in backup.rows(feed):
        target.execute(update(feed), list(_checked(backup, rules, feed, batch)))
    return counts


def _checked(backup: BackupFile, rules: Rules, table: Any, batch: Any) -> Iterator[dict[str, Any]]:
    for raw in batch:
        try:
            row = values_of(table, raw)
            rules.check(table, row)
        except (ValueError, TypeError, KeyError, AttributeError, DomainError) as error:
            raise damaged(backup.path, f"table {table.name}, row {key_of(table, raw)}: {error}") from error
        yield row


def _check_references(backup: BackupFile, target: Connection) -> None:
    """Check references that no foreign key covers: from series to their newest rows, and from fetches to their vintages."""
    newest = select(vintages.c.number).where(vintages.c.series == series.c.number)
    newest = newest.order_by(vintages.c.known_at.desc(), vintages.c.number.desc()).limit(1)
    entry = select(func.max(descriptions.c.number)).where(descriptions.c.series == series.c.number)
    own_fetch = exists().where(fetches.c.id == series.c.fetch, fetches.c.series == series.c.number)
    added = exists().where(vintages.c.series == fetches.c.series, vintages.c.number == fetches.c.vintage)
    broken: dict[str, tuple[Any, ColumnElement[bool]]] = {
        "its newest vintage": (series.c.number, series.c.vintage.is_distinct_from(newest.scalar_subquery())),
        "its newest description": (series.c.number, series.c.description.is_distinct_from(entry.scalar_subquery())),
        "its newest fetch": (series.c.number, series.c.fetch.is_not(None) & ~own_fetch),
        "its vintage": (fetches.c.id, fetches.c.vintage.is_not(None) & ~added),
    }
    for what, (key, condition) in broken.items():
        found = target.execute(select(key).where(condition).limit(1)).first()
        if found:
            raise damaged(backup.path, f"table {key.table.name}, row {key.name} {str(found[0])!r}: it does not refer to {what}")
    end = target.execute(select(feed.c.position)).scalar_one()
    for positions in (vintages, descriptions, series_events, webhooks, formulas, splices, divergences, equivalences):
        last: Select[Any] = select(func.max(positions.c.position))
        if (target.execute(last).scalar() or 0) > end:
            raise damaged(backup.path, f"table feed: its position is lower than one of {positions.name}")


def _check_states(backup: BackupFile, target: Connection, *, keep_damaged: bool) -> None:
    """Read every vintage back, and check it against its row and the rules for observations."""
    transaction = _transaction(target)
    repository = SqlVintageRepository(transaction)
    rows = select(series.c.id, vintages.c.series, vintages.c.number).join(series)
    found = target.execute(rows.order_by(vintages.c.series, vintages.c.number), execution_options={"yield_per": 500})
    for series_id, of, number in found:
        try:
            _check_state(repository, series_id, number)
        except StoreUnavailable:
            raise
        except DamagedVintage as error:
            if not keep_damaged:
                hint = "Without a better backup, `lanner restore --keep-damaged` restores such vintages as they are."
                raise damaged(backup.path, f"table vintages, row series '{of}', number '{number}': {error}", hint=hint) from error
            logger.warning("damaged vintage restored", extra={"series": str(series_id), "vintage": number})
        except Exception as error:
            raise damaged(backup.path, f"table vintages, row series '{of}', number '{number}': {error}") from error


def _check_state(repository: SqlVintageRepository, series_id: Any, number: int) -> None:
    kept = repository.find(series_id, AsOf(vintage=number))
    if kept is None:
        raise ValueError("it is missing")
    facts, state = kept.vintage, kept.observations
    if (state.digest().hex(), len(state), state.first, state.last) != (facts.digest, facts.rows, facts.first, facts.last):
        raise ValueError("it does not match its digest or its columns")
    flags = state.flags and Flags.from_texts([code or "" for code in state.flags.column(place)] for place in range(len(state.columns)))
    if state.dates.dtype not in _AXES or Observations.of(state.dates, state.columns, state.values, unit=state.unit, flags=flags) != state:
        raise ValueError("its observations are invalid")


def _transaction(target: Connection) -> Transaction:
    if target.dialect.name != "postgresql":
        return Transaction(target, utc_now)
    driver: Any = target.connection.driver_connection
    return Transaction(target, None, cursor=driver.cursor())


def _go_on_counting(connection: Connection) -> None:
    schema = connection.get_execution_options()["schema_translate_map"][None]
    highest = connection.execute(select(func.max(series.c.number))).scalar()
    if highest:
        sequence = func.pg_get_serial_sequence(f'"{schema}".series', "number")
        connection.execute(select(func.setval(sequence, highest)))
