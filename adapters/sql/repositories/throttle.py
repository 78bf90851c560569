"""The limits of the providers in SQL: one row a budget, locked while it changes, and the times of the calls in its windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.postgres.prepared import PreparedStatement, Row
from adapters.sql.tables import budgets, calls, fetches, series
from adapters.sql.transaction import Transaction
from domain.fetches import FetchStatus
from domain.throttling import Budget, Call, Denied, LimiterState, Permit, Snapshot

_FACTS = [column for column in budgets.c if not column.primary_key]
_SWEPT_EVERY = 64


@dataclass(frozen=True, slots=True)
class SqlRateLimiter:
    """The limits of a transaction."""

    transaction: Transaction

    def acquire(self, budget: Budget, call: Call) -> Permit | Denied:
        """See the port."""
        before, now, busy = self._situation(budget, call.holder)
        after, answer = before.asked(budget, call, Snapshot(now, self._times(budget, before), busy))
        self._change(budget, before, after)
        if isinstance(answer, Permit) and budget.limits:
            self._log(budget, after.calls, answer.start)
        return answer

    def refusal(self, budget: Budget, holder: UUID) -> Denied | None:
        """See the port."""
        return self.standing(budget).refusal(budget, holder, self.transaction.time())

    def blocked(self, budget: Budget, seconds: float) -> Denied:
        """See the port."""
        before = self._locked(budget)
        after, wait = before.blocked(budget, seconds, self.transaction.time())
        self._change(budget, before, after)
        return wait

    def failed(self, budget: Budget, holder: UUID) -> None:
        """See the port."""
        before = self._locked(budget)
        self._change(budget, before, before.failed(budget, holder, self.transaction.time()))

    def succeeded(self, budget: Budget) -> None:
        """See the port."""
        before = self._locked(budget)
        self._change(budget, before, before.succeeded())

    def standing(self, budget: Budget) -> LimiterState:
        """See the port."""
        row = _STANDING.fetch_one(self.transaction, source=budget.provider, account=budget.key)
        return _standing(row) if row else LimiterState()

    def _situation(self, budget: Budget, holder: UUID) -> tuple[LimiterState, datetime, int]:
        while True:
            if self.transaction.on_postgres:
                # By a statement of its own: waiting for the row takes time.
                _LOCK.defer(self.transaction, source=budget.provider, account=budget.key)
            row = _SITUATION.fetch_one(self.transaction, source=budget.provider, account=budget.key, holder=holder)
            if row:
                *_, now, busy = row.values()
                self.transaction.server.note(now)
                return _standing(row), now, busy
            self._begin(budget)

    def _locked(self, budget: Budget) -> LimiterState:
        while True:
            row = _LOCK.fetch_one(self.transaction, source=budget.provider, account=budget.key)
            if row:
                return _standing(row)
            self._begin(budget)

    def _begin(self, budget: Budget) -> None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        first = {"provider": budget.provider, "key": budget.key, **asdict(LimiterState())}
        self.transaction.run(dialect.insert(budgets).values(first).on_conflict_do_nothing())

    def _change(self, budget: Budget, before: LimiterState, after: LimiterState) -> None:
        if after != before:
            self.transaction.run(update(budgets).where(_is(budget)).values(asdict(after)))

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


def _standing(row: Row) -> LimiterState:
    return LimiterState(**{column.name: row[column] for column in _FACTS})


def _situation(transaction: Transaction) -> Any:
    others = and_(fetches.c.lease_until >= transaction.now(), fetches.c.id != bindparam("holder"))
    # Of the few that run each is asked for its provider: as long as Postgres has counted nothing, a join would begin with all its series.
    provider = select(series.c.provider).where(series.c.number == fetches.c.series).scalar_subquery()
    busy = select(func.count()).where(fetches.c.status == FetchStatus.RUNNING.value, others, provider == bindparam("source"))
    found = _STANDINGS.add_columns(transaction.now().label("now"), busy.scalar_subquery().label("busy"))
    # Locked here, too: somebody may have made the row since it was to be locked.
    return found.with_for_update(of=budgets)


_STANDINGS = select(*_FACTS).where(budgets.c.provider == bindparam("source"), budgets.c.key == bindparam("account"))
_STANDING = PreparedStatement(lambda _: _STANDINGS)
_LOCK = PreparedStatement(lambda _: _STANDINGS.with_for_update())
#: How things stand with a budget, the time, and how many other fetches of the provider ``source`` run.
_SITUATION = PreparedStatement(_situation)
