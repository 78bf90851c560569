"""The fetches in SQL. Every change of status is one statement that repeats its whole condition (compare-and-set)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)

from adapters.sql.repositories.series import SqlSeriesRepository
from adapters.sql.rows.fetch_statements import (
    ADD,
    CLAIMED,
    GET,
    GET_MANY,
    INSERT_SERIES_WITH_FETCH,
    LAST_VINTAGE,
    LOCK_SERIES,
    PENDING,
    RUNNING,
    SERIES_ID,
    SET_NEWEST_FETCH,
    SUCCEED,
    claim,
    complete,
    due_since,
    ended,
    held_by,
    held_fetch,
    is_due,
    prunable,
    waiting_of,
)
from adapters.sql.rows.fetches import allow_columns, failure_json, fetch_from
from adapters.sql.rows.series import insertion_values, series_from
from adapters.sql.tables import UtcDateTime, fetches, series
from adapters.sql.transaction import Transaction
from domain.codes import DatasetCode
from domain.errors import FetchAlreadyRunning, FetchCancelled, FetchNotFound, LeaseLost, SeriesNotFound
from domain.fetches import (
    LEASE_SECONDS,
    NOTHING_ALLOWED,
    Allowed,
    Failure,
    Fetch,
    FetchPage,
    FetchQuery,
    FetchStatus,
    Lease,
    Priority,
    WaitingFor,
)
from domain.series import SeriesStatus, TimeSeries
from domain.vintages import Vintage

_CANCELLED = Failure.of(FetchCancelled())
_NOT_CANCELLED = fetches.c.cancel_requested_at.is_(None)
_IN_FLIGHT = fetches.c.status.in_((PENDING, RUNNING))


@dataclass(frozen=True, slots=True)
class SqlFetchRepository:
    """
    The fetches of a transaction.

    Attributes:
        last: shared with the vintages: last vintage's number of each locked series, filled by ``succeed``.

    """

    transaction: Transaction
    last: dict[UUID, int] = field(default_factory=dict)

    def add_first(  # noqa: PLR0913 - as the port has it
        self, provider: str, code: DatasetCode, *, allow: Allowed, request_id: str, batch: UUID | None = None, traceparent: str = ""
    ) -> tuple[TimeSeries, Fetch] | None:
        about = {"asked_by": request_id, "many": batch, "traced_as": traceparent or None, **allow_columns(allow)}
        if not self.transaction.on_postgres:
            added = SqlSeriesRepository(self.transaction).insert(provider, code, code.alias)
            fetch = self._insert(added.id, Priority.REQUESTED, **about) if added else None
            return (added, fetch) if added and fetch else None
        series_id = uuid4()
        facts = insertion_values(series_id, provider, code, code.alias)
        row = INSERT_SERIES_WITH_FETCH.fetch_one(self.transaction, **facts, asked=uuid4(), **about)
        if row is None:
            return None
        fetch = fetch_from(row, series_id=series_id)
        number, since = row[fetches.c.series], fetch.created_at
        return TimeSeries(id=series_id, number=number, provider=provider, code=code, alias=code.alias, created_at=since), fetch

    def add(  # noqa: PLR0913 - as the port has it
        self,
        series_id: UUID,
        *,
        allow: Allowed,
        request_id: str,
        at_once: bool = False,
        batch: UUID | None = None,
        traceparent: str = "",
    ) -> tuple[Fetch, bool]:
        while True:
            about = {"asked_by": request_id, "many": batch, "traced_as": traceparent or None, **allow_columns(allow)}
            added = self._insert(series_id, Priority.REQUESTED, **about)
            if added:
                return added, True
            if allow:
                self._change_pending(series_id, {column: True for column, allowed in allow_columns(allow).items() if allowed})
            due = {"not_before": self.transaction.now(), "waits_since": self.transaction.now(), "waiting_for": None}
            if at_once:
                self._change_pending(series_id, due, fetches.c.waiting_for == WaitingFor.RETRY.value)
            held = self._find(series.c.id == series_id, _IN_FLIGHT)
            if held is None:
                self._require(series_id)
            elif held.priority is not Priority.REQUESTED and held.status is FetchStatus.PENDING:
                requested = {"priority": Priority.REQUESTED.value}
                self._change_pending(series_id, requested if held.waiting_for is WaitingFor.RETRY else requested | due)
                held = self._find(fetches.c.id == held.id)
            # None if the conflicting fetch has ended since: each statement sees what was committed before it.
            if held is not None:
                if not allow <= held.allow:
                    raise FetchAlreadyRunning
                return held, False

    def add_scheduled(self, series_id: UUID, *, request_id: str, seconds: float) -> bool:
        about = {"asked_by": request_id, "many": None, "traced_as": None, **allow_columns(NOTHING_ALLOWED)}
        if self._insert(series_id, Priority.SCHEDULED, **about) is None:
            self._require(series_id)
            return False
        if seconds:
            self._change_pending(series_id, {"not_before": self.transaction.later(seconds)})
        return True

    def get(self, fetch_id: UUID) -> Fetch:
        row = GET.fetch_one(self.transaction, wanted=fetch_id)
        if row is None:
            raise FetchNotFound
        return fetch_from(row, series_id=row[series.c.id])

    def get_many(self, fetch_ids: Sequence[UUID]) -> Sequence[Fetch]:
        rows = GET_MANY.fetch_all(self.transaction, wanted=list(fetch_ids))
        return [fetch_from(row, series_id=row[series.c.id]) for row in rows]

    def list(self, query: FetchQuery) -> FetchPage:
        place = tuple_(fetches.c.created_at, fetches.c.id)
        wanted: list[tuple[ColumnElement[Any], Any]] = [
            (fetches.c.status, query.status),
            (fetches.c.batch, query.batch),
            (series.c.provider, query.provider),
            (series.c.id, query.series_id),
        ]
        conditions = [column == value for column, value in wanted if value is not None]
        if query.before:
            conditions.append(place < tuple_(literal(query.before[0], UtcDateTime), literal(query.before[1], fetches.c.id.type)))
        newest = fetches.c.created_at.desc(), fetches.c.id.desc()
        rows = self.transaction.run(complete().where(*conditions).order_by(*newest).limit(query.limit + 1)).mappings()
        return FetchPage.of([fetch_from(row, series_id=row[series.c.id]) for row in rows], query.limit)

    def due(self, limit: int, lease_seconds: float = LEASE_SECONDS) -> Mapping[UUID, datetime]:
        since = due_since()
        statement = select(fetches.c.id, since).where(is_due(self.transaction, lease_seconds))
        statement = statement.order_by(fetches.c.priority, since).limit(limit)
        return {row[0]: row[1] for row in self.transaction.run(statement)}

    def oldest_due(self, lease_seconds: float = LEASE_SECONDS) -> datetime | None:
        statement = select(func.min(due_since())).where(is_due(self.transaction, lease_seconds))
        moment: datetime | None = self.transaction.run(statement).scalar()
        return moment

    def next_due(self) -> datetime | None:
        waiting = and_(fetches.c.status == PENDING, fetches.c.not_before > self.transaction.now())
        # One after the other, since the index has the priority first.
        earliest = [select(func.min(fetches.c.not_before)).where(waiting, fetches.c.priority == each) for each in Priority]
        moments = self.transaction.run(select(*(each.scalar_subquery() for each in earliest))).one()
        return min((moment for moment in moments if moment), default=None)

    def claim(self, fetch_id: UUID, lease: Lease) -> tuple[Fetch, TimeSeries] | None:
        claim(lease.seconds).defer(self.transaction, wanted=fetch_id, token=lease.token)
        row = CLAIMED.fetch_one(self.transaction, wanted=fetch_id, token=lease.token)
        return (fetch_from(row, series_id=row[series.c.id]), series_from(row)) if row else None

    def extend(self, fetch_id: UUID, lease: Lease) -> bool:
        statement = held_fetch(fetch_id, lease).where(_NOT_CANCELLED).values(lease_until=self.transaction.later(lease.seconds))
        if self.transaction.run(statement).rowcount == 1:
            return True
        self._raise_if_cancelled(fetch_id, lease)
        return False

    def cancel(self, fetch_id: UUID) -> Fetch:
        pending, now = fetches.c.status == PENDING, self.transaction.now()
        statement = update(fetches).where(fetches.c.id == fetch_id, _IN_FLIGHT, _NOT_CANCELLED)
        values = {
            "status": case((pending, FetchStatus.CANCELLED.value), else_=fetches.c.status),
            "finished_at": case((pending, now), else_=None),
            "cancel_requested_at": case((pending, None), else_=now),
            "waiting_for": None,
            "failure": case((pending, failure_json(_CANCELLED)), else_=fetches.c.failure),
        }
        self.transaction.run(statement.values(values))
        fetch = self.get(fetch_id)
        if fetch.status is FetchStatus.CANCELLED:
            self._mark_series_failed(fetch)
        return fetch

    def succeed(self, fetch_id: UUID, lease: Lease, vintages: Sequence[Vintage], *, left_out: Sequence[str] = ()) -> datetime:
        row = SUCCEED.fetch_one(
            self.transaction,
            wanted=fetch_id,
            token=lease.token,
            added=len(vintages),
            newest=vintages[-1].number if vintages else None,
            names=orjson.dumps(left_out).decode() if left_out else None,
        )
        if row is None:
            self._raise_if_cancelled(fetch_id, lease)
            raise LeaseLost
        self.last[row[SERIES_ID]] = row[LAST_VINTAGE]
        finished_at: datetime = row[fetches.c.finished_at]
        return finished_at

    def fail(self, fetch_id: UUID, lease: Lease, failure: Failure) -> Fetch:
        return self._let_go(fetch_id, lease, ended(self.transaction, FetchStatus.ERROR, failure=failure_json(failure)))

    def schedule_retry(self, fetch_id: UUID, lease: Lease, failure: Failure, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        later = {"not_before": self.transaction.later(seconds), "waiting_for": waiting_for.value, "failure": failure_json(failure)}
        return self._let_go(fetch_id, lease, self._pending(**later))

    def release(self, fetch_id: UUID, lease: Lease) -> Fetch:
        now = self.transaction.now()
        return self._let_go(fetch_id, lease, self._pending(not_before=now, attempts=fetches.c.attempts - 1))

    def resume(self, providers: Collection[str], *, longer_than: float = 0.0) -> int:
        due = {"not_before": self.transaction.now(), "waits_since": self.transaction.now(), "waiting_for": None}
        waiting = waiting_of(self.transaction, providers, longer_than)
        return self.transaction.run(update(fetches).where(fetches.c.id.in_(waiting)).values(due)).rowcount

    def prune(self, *, seconds: float, limit: int) -> int:
        return self.transaction.run(delete(fetches).where(fetches.c.id.in_(prunable(self.transaction, seconds, limit)))).rowcount

    def defer(self, fetch_id: UUID, lease: Lease, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        wait = {"not_before": self.transaction.later(seconds), "waiting_for": waiting_for.value}
        return self._let_go(fetch_id, lease, self._pending(attempts=fetches.c.attempts - 1, **wait))

    def _require(self, series_id: UUID) -> None:
        if not self.transaction.run(select(series.c.number).where(series.c.id == series_id)).first():
            raise SeriesNotFound

    def _insert(self, series_id: UUID, priority: Priority, **about: Any) -> Fetch | None:
        if self.transaction.on_postgres:
            # The lock keeps the series from being removed before the fetch refers to it.
            LOCK_SERIES.defer(self.transaction, wanted=series_id)
        row = ADD.fetch_one(self.transaction, asked=uuid4(), wanted=series_id, urgency=priority.value, **about)
        if row is None:
            return None
        SET_NEWEST_FETCH.defer(self.transaction, wanted=series_id, newest=row[fetches.c.id])
        return fetch_from(row, series_id=series_id)

    def _change_pending(self, series_id: UUID, changes: dict[str, Any], *conditions: ColumnElement[bool]) -> None:
        number = select(series.c.number).where(series.c.id == series_id).scalar_subquery()
        pending = update(fetches).where(fetches.c.series == number, fetches.c.status == PENDING, *conditions)
        self.transaction.run(pending.values(changes))

    def _let_go(self, fetch_id: UUID, lease: Lease, values: dict[str, Any]) -> Fetch:
        """Release a fetch with these changes, or cancel it if that was requested."""
        if self.transaction.run(held_fetch(fetch_id, lease).where(_NOT_CANCELLED).values(values)).rowcount != 1:
            cancelled = ended(self.transaction, FetchStatus.CANCELLED, failure=failure_json(_CANCELLED))
            if self.transaction.run(held_fetch(fetch_id, lease).values(cancelled)).rowcount != 1:
                raise LeaseLost
        fetch = self.get(fetch_id)
        if fetch.ended:
            self._mark_series_failed(fetch)
        return fetch

    def _pending(self, **wait: Any) -> dict[str, Any]:
        return {"status": PENDING, "waits_since": self.transaction.now(), "lease_token": None, "lease_until": None, **wait}

    def _mark_series_failed(self, fetch: Fetch) -> None:
        without_data = and_(series.c.id == fetch.series_id, series.c.status == SeriesStatus.PENDING.value)
        self.transaction.run(update(series).where(without_data).values(status=SeriesStatus.ERROR.value))

    def _raise_if_cancelled(self, fetch_id: UUID, lease: Lease) -> None:
        still_held = select(fetches.c.id).where(*held_by(fetch_id, lease), fetches.c.cancel_requested_at.is_not(None))
        if self.transaction.run(still_held).first():
            raise FetchCancelled

    def _find(self, *conditions: ColumnElement[bool]) -> Fetch | None:
        row = self.transaction.run(complete().where(*conditions)).mappings().one_or_none()
        return fetch_from(row, series_id=row[series.c.id]) if row else None
