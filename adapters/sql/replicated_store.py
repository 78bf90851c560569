"""The SQL store with a replica beside its primary."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from uuid import UUID

from sqlalchemy import Engine

from adapters.sql.driver_errors import map_driver_error
from adapters.sql.positions import unnoted
from adapters.sql.postgres.replica import ASKED_AGAIN
from adapters.sql.postgres.replica_version_reader import Behind, ReplicaVersionReader
from adapters.sql.read_routing import SqlReadRouting
from adapters.sql.store import SqlStore, SqlUnitOfWork
from adapters.sql.transaction import Clock, Transaction, open_transaction
from domain.errors import SeriesNotFound, StoreUnavailable
from domain.ports.read_routing import ReplicaState
from domain.series import Version


class ReplicatedStore(SqlStore):
    """Writes to the primary, and reads where the routing says."""

    def __init__(self, engine: Engine, routing: SqlReadRouting, clock: Clock | None = None) -> None:
        super().__init__(engine, clock)
        self.routing = routing
        self.at_replica = SqlStore(routing.replica.engine, clock)
        self._replica_version_reader = ReplicaVersionReader(routing.replica, clock, routing.required)

    def reading(self) -> SqlUnitOfWork:
        return _RoutedUnitOfWork(self)

    def version(self, series_id: UUID) -> tuple[Version, datetime]:
        if not self.routing.goes_to_replica():
            return super().version(series_id)
        try:
            found = self._replica_version_reader.version(series_id)
        except Behind:
            self.routing.leave_replica()
        except StoreUnavailable as error:
            self.routing.replica.note_failure(error)
            self.routing.leave_replica(ASKED_AGAIN)
        except SeriesNotFound:
            self.routing.note_read()
            raise
        else:
            self.routing.note_read()
            return found
        return super().version(series_id)


class PrimaryFirstStore(SqlStore):
    """
    Reads at the primary, and at the replica only while the primary is away.

    It is for what decides about requests, such as keys, and is not shown to clients.
    """

    def __init__(self, store: ReplicatedStore) -> None:
        super().__init__(store.engine, store.clock)
        self.routing, self.at_replica = store.routing, store.at_replica

    def reading(self) -> SqlUnitOfWork:
        return _UnnotedUnitOfWork(self)


class _RoutedUnitOfWork(SqlUnitOfWork):
    def __init__(self, store: ReplicatedStore) -> None:
        super().__init__(store, writes=False)
        self._routing, self._at_replica = store.routing, store.at_replica

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        if isinstance(error, StoreUnavailable) and self.transaction.connection.engine is self._at_replica.engine:
            self._routing.replica.note_failure(error)

    def _begin(self, undone: ExitStack) -> Transaction:
        if not self._routing.goes_to_replica():
            return super()._begin(undone)
        reason: str = ReplicaState.BEHIND
        try:
            transaction = self._begin_at_replica(undone)
        except StoreUnavailable as error:
            self._routing.replica.note_failure(error)
            transaction, reason = None, ASKED_AGAIN
        if transaction:
            self._routing.note_read()
            return transaction
        self._routing.leave_replica(reason)
        return super()._begin(undone)

    def _begin_at_replica(self, undone: ExitStack) -> Transaction | None:
        store, replica = self._at_replica, self._routing.replica
        with ExitStack() as tried:
            transaction = tried.enter_context(open_transaction(store.engine, store.clock, store.server, writes=False))
            try:
                reached = replica.has_reached(transaction.cursor, self._routing.required())
            except store.engine.dialect.loaded_dbapi.Error as error:
                raise map_driver_error(store.engine, error) from error
            if not reached:
                return None
            if transaction.cursor.connection.backend is None:
                transaction.deferred[:] = [b"COMMIT;" + transaction.opening]
            undone.enter_context(tried.pop_all())
        return transaction


class _UnnotedUnitOfWork(SqlUnitOfWork):
    def __init__(self, store: PrimaryFirstStore) -> None:
        away = store.routing.primary_is_away()
        super().__init__(store.at_replica if away else store, writes=False)

    def _begin(self, undone: ExitStack) -> Transaction:
        undone.enter_context(unnoted())
        return super()._begin(undone)
