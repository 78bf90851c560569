"""The fetches in SQL. Every change of state is one statement that repeats its whole condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import ColumnElement, RowMapping, Update, and_, case, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.tables import fetches, series
from adapters.sql.transaction import Transaction
from domain.errors import FetchAlreadyRunning, FetchNotFound, LeaseLost, SeriesNotFound
from domain.fetches import Failure, Fetch, FetchStatus, Lease, WaitingFor
from domain.series import SeriesStatus
from domain.vintages import Vintage

_PENDING, _RUNNING = FetchStatus.PENDING.value, FetchStatus.RUNNING.value
_NAMES, _values = fetches.c.keys(), itemgetter(*fetches.c)
_IN_FLIGHT = fetches.c.status.in_((_PENDING, _RUNNING))


@dataclass(frozen=True, slots=True)
class SqlFetchRepository:
    """The fetches of a transaction."""

    transaction: Transaction

    def add(self, series_id: UUID, *, allow_shrink: bool, request_id: str, at_once: bool = False) -> tuple[Fetch, bool]:
        """See the port."""
        while True:
            added = self._insert(series_id, allow_shrink=allow_shrink, request_id=request_id)
            if added:
                return self.get(added), True
            if allow_shrink:
                self._change_pending(series_id, {"allow_shrink": True})
            if at_once:
                due = {"not_before": self.transaction.now(), "waiting_for": None}
                self._change_pending(series_id, due, fetches.c.waiting_for == WaitingFor.RETRY.value)
            held = self._find(series.c.id == series_id, _IN_FLIGHT)
            # None if the one that kept ours out has ended since: each statement sees what was committed before it.
            if held is not None:
                if allow_shrink and not held.allow_shrink:
                    raise FetchAlreadyRunning
                return held, False

    def get(self, fetch_id: UUID) -> Fetch:
        """See the port."""
        found = self._find(fetches.c.id == fetch_id)
        if found is None:
            raise FetchNotFound
        return found

    def due(self, limit: int) -> Sequence[UUID]:
        """See the port."""
        statement = select(fetches.c.id).where(self._is_due()).order_by(_due_since()).limit(limit)
        return list(self.transaction.run(statement).scalars())

    def oldest_due(self) -> datetime | None:
        """See the port."""
        moment: datetime | None = self.transaction.run(select(func.min(_due_since())).where(self._is_due())).scalar()
        return moment

    def claim(self, fetch_id: UUID, lease: Lease) -> Fetch | None:
        """See the port."""
        taken_over = case((fetches.c.status == _RUNNING, 1), else_=0)
        statement = (
            update(fetches)
            .where(fetches.c.id == fetch_id, self._is_due())
            .values(
                status=_RUNNING,
                attempts=fetches.c.attempts + 1,
                crashes=fetches.c.crashes + taken_over,
                lease_token=lease.token,
                lease_until=self.transaction.later(lease.seconds),
                waiting_for=None,
            )
        )
        return self.get(fetch_id) if self.transaction.run(statement).rowcount else None

    def extend(self, fetch_id: UUID, lease: Lease) -> bool:
        """See the port."""
        statement = _held(fetch_id, lease).values(lease_until=self.transaction.later(lease.seconds))
        return self.transaction.run(statement).rowcount == 1

    def succeed(self, fetch_id: UUID, lease: Lease, vintages: Sequence[Vintage], *, left_out: Sequence[str] = ()) -> Fetch:
        """See the port."""
        last = vintages[-1].number if vintages else None
        outcome = {"vintages_added": len(vintages), "vintage": last, "left_out": orjson.dumps(left_out).decode() if left_out else None}
        return self._leave(fetch_id, lease, FetchStatus.SUCCESS, failure=None, **outcome)

    def fail(self, fetch_id: UUID, lease: Lease, failure: Failure) -> Fetch:
        """See the port."""
        ended = self._leave(fetch_id, lease, FetchStatus.ERROR, failure=_written(failure))
        without_data = and_(series.c.id == ended.series_id, series.c.status == SeriesStatus.PENDING.value)
        self.transaction.run(update(series).where(without_data).values(status=SeriesStatus.ERROR.value))
        return ended

    def postpone(self, fetch_id: UUID, lease: Lease, failure: Failure, *, seconds: float, waiting_for: WaitingFor) -> Fetch:
        """See the port."""
        statement = _held(fetch_id, lease).values(
            status=_PENDING,
            not_before=self.transaction.later(seconds),
            lease_token=None,
            lease_until=None,
            waiting_for=waiting_for.value,
            failure=_written(failure),
        )
        return self._guarded(fetch_id, statement)

    def _insert(self, series_id: UUID, *, allow_shrink: bool, request_id: str) -> UUID | None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        now = self.transaction.now()
        # Held, the series cannot be removed before the fetch that refers to it is there.
        there = select(series.c.number).where(series.c.id == series_id).with_for_update(read=True, key_share=True)
        number = self.transaction.run(there).scalar_one_or_none()
        if number is None:
            raise SeriesNotFound
        row = {
            "id": uuid4(),
            "series": number,
            "status": _PENDING,
            "created_at": now,
            "not_before": now,
            "attempts": 0,
            "crashes": 0,
            "allow_shrink": allow_shrink,
            "request_id": request_id,
        }
        inserted = self.transaction.run(dialect.insert(fetches).values(row).on_conflict_do_nothing()).rowcount
        if not inserted:
            return None
        waits_again = case((series.c.status == SeriesStatus.ERROR.value, SeriesStatus.PENDING.value), else_=series.c.status)
        self.transaction.run(update(series).where(series.c.number == number).values(fetch=row["id"], status=waits_again))
        return UUID(str(row["id"]))

    def _change_pending(self, series_id: UUID, changes: dict[str, Any], *conditions: ColumnElement[bool]) -> None:
        number = select(series.c.number).where(series.c.id == series_id).scalar_subquery()
        pending = update(fetches).where(fetches.c.series == number, fetches.c.status == _PENDING, *conditions)
        self.transaction.run(pending.values(changes))

    def _leave(self, fetch_id: UUID, lease: Lease, status: FetchStatus, **outcome: Any) -> Fetch:
        finished = self.transaction.now()
        statement = _held(fetch_id, lease).values(status=status.value, finished_at=finished, lease_token=None, lease_until=None, **outcome)
        return self._guarded(fetch_id, statement)

    def _guarded(self, fetch_id: UUID, statement: Update) -> Fetch:
        if self.transaction.run(statement).rowcount != 1:
            raise LeaseLost
        return self.get(fetch_id)

    def _find(self, *conditions: ColumnElement[bool]) -> Fetch | None:
        statement = select(fetches, series.c.id).join(series, series.c.number == fetches.c.series).where(*conditions)
        row = self.transaction.run(statement).mappings().one_or_none()
        return fetch_from(row) if row else None

    def _is_due(self) -> ColumnElement[bool]:
        now = self.transaction.now()
        return or_(
            and_(fetches.c.status == _PENDING, fetches.c.not_before <= now),
            and_(fetches.c.status == _RUNNING, fetches.c.lease_until < now),
        )


def fetch_from(row: RowMapping) -> Fetch:
    """Make a fetch of a row that holds its columns and its series' id."""
    facts: dict[str, Any] = dict(zip(_NAMES, _values(row), strict=True))
    waiting_for, failure = facts["waiting_for"], facts["failure"]
    return Fetch(
        id=facts["id"],
        series_id=row[series.c.id],
        status=FetchStatus(facts["status"]),
        created_at=facts["created_at"],
        not_before=facts["not_before"],
        attempts=facts["attempts"],
        crashes=facts["crashes"],
        lease_until=facts["lease_until"],
        waiting_for=WaitingFor(waiting_for) if waiting_for else None,
        finished_at=facts["finished_at"],
        failure=Failure(**orjson.loads(failure)) if failure else None,
        vintages_added=facts["vintages_added"],
        vintage=facts["vintage"],
        left_out=tuple(orjson.loads(facts["left_out"] or "[]")),
        allow_shrink=facts["allow_shrink"],
        request_id=facts["request_id"],
    )


def _held(fetch_id: UUID, lease: Lease) -> Update:
    return update(fetches).where(fetches.c.id == fetch_id, fetches.c.lease_token == lease.token, fetches.c.status == _RUNNING)


def _due_since() -> Any:
    return func.coalesce(fetches.c.lease_until, fetches.c.not_before)


def _written(failure: Failure) -> str:
    return orjson.dumps(asdict(failure)).decode()
