"""The limits of the providers in SQL: one row per budget, locked while it changes, and the times of the calls in its windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.postgres.prepared import PreparedStatement, Row
from adapters.sql.tables import budgets, calls, fetches, series
from adapters.sql.transaction import Transaction
from domain.budgets import Budget
from domain.fetches import FetchStatus
from domain.throttling import Denied, LimiterState, Permit, PermitRequest, Snapshot

_COLUMNS = {each.name: budgets.c["paced_until" if each.name == "next_permit_at" else each.name] for each in fields(LimiterState)}
_SWEPT_EVERY = 64


@dataclass(frozen=True, slots=True)
class SqlRateLimiter:
    """The limits of a transaction."""

    transaction: Transaction

    def acquire(self, budget: Budget, call: PermitRequest) -> Permit | Denied:
        before, now, busy = self._snapshot(budget, call.holder)
        after, answer = before.request(budget, call, Snapshot(now, self._times(budget, before), busy))
        self._change(budget, before, after)
        if isinstance(answer, Permit) and budget.limits:
            self._log(budget, after.calls, answer.start)
        return answer

    def refusal(self, budget: Budget, holder: UUID) -> Denied | None:
        return self.state_of(budget).refusal(budget, holder, self.transaction.time())

    def cool_down(self, budget: Budget, seconds: float, *, scheduled: bool = False) -> Denied:
        before = self._locked(budget)
        after, wait = before.cool_down(budget, seconds, self.transaction.time(), scheduled=scheduled)
        self._change(budget, before, after)
        return wait

    def failed(self, budget: Budget, holder: UUID) -> None:
        before = self._locked(budget)
        self._change(budget, before, before.failed(budget, holder, self.transaction.time()))

    def succeeded(self, budget: Budget) -> None:
        before = self._locked(budget)
        self._change(budget, before, before.succeeded())

    def unblock(self, budget: Budget) -> LimiterState:
        before = self._locked(budget)
        self._change(budget, before, before.unblocked())
        return before

    def state_of(self, budget: Budget) -> LimiterState:
        row = _STATE.fetch_one(self.transaction, source=budget.provider, account=budget.key)
        return _state_from(row) if row else LimiterState()

    def _snapshot(self, budget: Budget, holder: UUID) -> tuple[LimiterState, datetime, int]:
        while True:
            if self.transaction.on_postgres:
                # In a statement of its own, since the time must be read after waiting for the row.
                _LOCK.defer(self.transaction, source=budget.provider, account=budget.key)
            row = _SNAPSHOT.fetch_one(self.transaction, source=budget.provider, account=budget.key, holder=holder)
            if row:
                *_, now, busy = row.values()
                self.transaction.server.note(now)
                return _state_from(row), now, busy
            self._begin(budget)

    def _locked(self, budget: Budget) -> LimiterState:
        while True:
            row = _LOCK.fetch_one(self.transaction, source=budget.provider, account=budget.key)
            if row:
                return _state_from(row)
            self._begin(budget)

    def _begin(self, budget: Budget) -> None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        first = {"provider": budget.provider, "key": budget.key, **_row_of(LimiterState())}
        self.transaction.run(dialect.insert(budgets).values(first).on_conflict_do_nothing())

    def _change(self, budget: Budget, before: LimiterState, after: LimiterState) -> None:
        if after != before:
            self.transaction.run(update(budgets).where(_is(budget)).values(_row_of(after)))

    def _times(self, budget: Budget, standing: LimiterState) -> Mapping[int, datetime]:
        wanted = standing.wanted(budget)
        if not wanted:
            return {}
        logged = select(calls.c.number, calls.c.at).where(_of(budget), calls.c.number.in_(wanted))
        return {row.number: row.at for row in self.transaction.run(logged)}

    def _log(self, budget: Budget, number: int, at: datetime) -> None:
        self.transaction.run(insert(calls).values(provider=budget.provider, key=budget.key, number=number, at=at))
        if number % _SWEPT_EVERY == 0:
            self.transaction.run(delete(calls).where(_of(budget), calls.c.number <= number - budget.remembered))


def _is(budget: Budget) -> ColumnElement[bool]:
    return and_(budgets.c.provider == budget.provider, budgets.c.key == budget.key)


def _of(budget: Budget) -> ColumnElement[bool]:
    return and_(calls.c.provider == budget.provider, calls.c.key == budget.key)


def _state_from(row: Row) -> LimiterState:
    return LimiterState(**{name: row[column] for name, column in _COLUMNS.items()})


def _row_of(state: LimiterState) -> dict[str, Any]:
    return {_COLUMNS[name].name: value for name, value in asdict(state).items()}


def _snapshot(transaction: Transaction) -> Any:
    others = and_(fetches.c.lease_until >= transaction.now(), fetches.c.id != bindparam("holder"))
    # A subquery for each of the few running fetches: without statistics Postgres would start a join from all the provider's series.
    provider = select(series.c.provider).where(series.c.number == fetches.c.series).scalar_subquery()
    busy = select(func.count()).where(fetches.c.status == FetchStatus.RUNNING.value, others, provider == bindparam("source"))
    found = _STATES.add_columns(transaction.now().label("now"), busy.scalar_subquery().label("busy"))
    # Locked here, too: the row may have been inserted since the locking statement.
    return found.with_for_update(of=budgets)


_STATES = select(*_COLUMNS.values()).where(budgets.c.provider == bindparam("source"), budgets.c.key == bindparam("account"))
_STATE = PreparedStatement(lambda _: _STATES)
_LOCK = PreparedStatement(lambda _: _STATES.with_for_update())
#: A budget's state, the time, and the number of other running fetches of the provider ``source``.
_SNAPSHOT = PreparedStatement(_snapshot)
