"""The schedules in SQL, with a row for each series that one follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, literal, literal_column, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.rows.schedules import followed_from, meant, row_of, schedule_from
from adapters.sql.tables import UtcDateTime, followed, schedules, series
from adapters.sql.transaction import Transaction
from domain.errors import ScheduleNotFound
from domain.ports.schedule_repository import Followed
from domain.schedules.schedule import (
    TO_BE_PLANNED,
    TRIGGERED,
    FollowedSeries,
    NextLook,
    Schedule,
    SchedulePage,
    ScheduleQuery,
    ScheduleState,
)
from domain.schedules.selector import Selector
from domain.series import TimeSeries

_FOLLOWED = select(schedules, followed, series.c.id.label("series_id")).select_from(
    followed.join(schedules, schedules.c.id == followed.c.schedule).join(series, series.c.number == followed.c.series)
)
_WAITS = followed.c.next_at.is_not(None)
_NEXT_AT = select(func.min(followed.c.next_at)).where(_WAITS)
# Written as in the partial index, which SQLite does not use otherwise.
_IS_MASK: ColumnElement[bool] = literal_column("schedules.is_mask")


@dataclass(frozen=True, slots=True)
class SqlScheduleRepository:
    """The schedules of a transaction."""

    transaction: Transaction

    def add(self, schedule: Schedule) -> None:
        self.transaction.run(insert(schedules).values(row_of(schedule)))
        self._insert(schedule, meant(self.transaction, schedule.selector))

    def get(self, schedule_id: UUID) -> Schedule:
        row = self.transaction.run(select(schedules).where(schedules.c.id == schedule_id)).mappings().one_or_none()
        if row is None:
            raise ScheduleNotFound
        return schedule_from(row)

    def describe(self, schedule_id: UUID) -> ScheduleState:
        schedule = self.get(schedule_id)
        facts = select(func.count(), func.max(followed.c.last_success_at), func.min(followed.c.overdue_since))
        number, last_success_at, overdue_since = self.transaction.run(facts.where(followed.c.schedule == schedule_id)).one()
        return ScheduleState(
            schedule=schedule,
            series=number,
            next=next(iter(self.looks(schedule_id, 1)), None),
            last_success_at=last_success_at,
            overdue_since=overdue_since,
        )

    def list(self, query: ScheduleQuery) -> SchedulePage:
        statement = select(schedules.c.id)
        if query.series_id:
            follows = followed.join(series, series.c.number == followed.c.series)
            statement = statement.join(follows, followed.c.schedule == schedules.c.id).where(series.c.id == query.series_id)
        if query.selector:
            statement = statement.where(*_is(query.selector))
        if query.overdue:
            statement = statement.where(exists().where(followed.c.schedule == schedules.c.id, followed.c.overdue_since.is_not(None)))
        if query.after:
            after = tuple_(literal(query.after[0], UtcDateTime), literal(query.after[1], schedules.c.id.type))
            statement = statement.where(tuple_(schedules.c.created_at, schedules.c.id) > after)
        in_order = statement.order_by(schedules.c.created_at, schedules.c.id).limit(query.limit + 1)
        return SchedulePage.of([self.describe(each) for each in self.transaction.run(in_order).scalars()], query.limit)

    def change(self, schedule: Schedule) -> None:
        if self.transaction.run(update(schedules).where(schedules.c.id == schedule.id).values(row_of(schedule))).rowcount != 1:
            raise ScheduleNotFound
        due = None if schedule.paused else self.transaction.now()
        anew = {"next_at": due, "planned": False, "reason": TO_BE_PLANNED, "expected_at": None, "basis": None}
        self.transaction.run(update(followed).where(followed.c.schedule == schedule.id).values(anew))

    def remove(self, schedule_id: UUID) -> None:
        if self.transaction.run(delete(schedules).where(schedules.c.id == schedule_id)).rowcount != 1:
            raise ScheduleNotFound

    def trigger(self, schedule_id: UUID) -> int:
        waiting = update(followed).where(followed.c.schedule == schedule_id, _WAITS)
        return self.transaction.run(waiting.values(next_at=self.transaction.now(), planned=True, reason=TRIGGERED)).rowcount

    def unfollowed(self, wanted: TimeSeries) -> Sequence[Schedule]:
        meaning = and_(_IS_MASK, or_(schedules.c.database_code.is_(None), schedules.c.database_code == wanted.code.database))
        follows = exists().where(followed.c.series == wanted.number, followed.c.schedule == schedules.c.id)
        found = [schedule_from(row) for row in self.transaction.run(select(schedules).where(meaning, ~follows)).mappings()]
        return [schedule for schedule in found if schedule.selector.matches(wanted.provider, wanted.code)]

    def follow(self, wanted: TimeSeries, schedule: Schedule) -> None:
        self._insert(schedule, [series.c.number == wanted.number])

    def following(self, series_id: UUID) -> Sequence[Followed]:
        rows = self.transaction.run(_FOLLOWED.where(series.c.id == series_id)).mappings()
        found = [(schedule_from(row), followed_from(row)) for row in rows]
        return sorted(found, key=lambda each: (each[0].created_at, each[0].id))

    def looks(self, schedule_id: UUID, limit: int) -> Sequence[FollowedSeries]:
        waiting = _FOLLOWED.where(followed.c.schedule == schedule_id, _WAITS)
        found = waiting.order_by(followed.c.next_at, followed.c.series).limit(limit)
        return [followed_from(row) for row in self.transaction.run(found).mappings()]

    def next_at(self) -> datetime | None:
        moment: datetime | None = self.transaction.run(_NEXT_AT).scalar()
        return moment

    def due_keys(self, limit: int) -> Select[Any]:
        """Return the query for the keys of due looks, the longest due first."""
        keys = followed.c.next_at, followed.c.series, followed.c.schedule
        # As a subquery the time is read once: Postgres compares a function that changes with each row, and with a million of them.
        now = select(self.transaction.now()).scalar_subquery()
        due = select(*keys).where(_WAITS, followed.c.next_at <= now)
        return due.order_by(followed.c.next_at, followed.c.series).limit(limit)

    def claim(self, limit: int) -> Sequence[Followed]:
        locked = self.due_keys(limit).with_for_update(of=followed, skip_locked=True, key_share=True)
        keys = {(row.series, row.schedule) for row in self.transaction.run(locked)}
        if not keys:
            return []
        # A series that is being removed is left out: its removal waits for the rows that are locked here.
        kept = _FOLLOWED.where(followed.c.series.in_({number for number, _ in keys}))
        rows = self.transaction.run(kept.with_for_update(of=series, read=True, key_share=True, skip_locked=True)).mappings()
        mine = [row for row in rows if (row[followed.c.series], row[followed.c.schedule]) in keys]
        # Always in the same order, so that workers that lock the same series wait for each other rather than crosswise.
        mine.sort(key=lambda row: (row[followed.c.series], row[followed.c.schedule]))
        return [(schedule_from(row), followed_from(row)) for row in mine]

    def plan(self, known: FollowedSeries, look: NextLook, *, planned: bool = True, succeeded_at: datetime | None, failures: int) -> bool:
        number = select(series.c.number).where(series.c.id == known.series_id).scalar_subquery()
        unchanged = update(followed).where(
            followed.c.schedule == known.schedule_id,
            followed.c.series == number,
            followed.c.next_at == known.next_at,
            followed.c.planned == known.planned,
        )
        changes = {"next_at": look.at, "reason": look.reason, "overdue_since": look.overdue_since}
        expected = {"expected_at": look.expected_at, "basis": look.basis and look.basis.value}
        values = {**changes, **expected, "planned": planned, "last_success_at": succeeded_at, "failures": failures}
        return self.transaction.run(unchanged.values(values)).rowcount == 1

    def _insert(self, schedule: Schedule, conditions: Sequence[ColumnElement[bool]]) -> None:
        first: dict[str, Any] = {
            "schedule": literal(schedule.id, schedules.c.id.type),
            "series": series.c.number,
            "next_at": literal(None, UtcDateTime) if schedule.paused else self.transaction.now(),
            "planned": literal(value=False),
            "reason": literal(TO_BE_PLANNED),
            "failures": literal(0),
        }
        dialect = postgresql if self.transaction.on_postgres else sqlite
        rows = dialect.insert(followed).from_select(list(first), select(*first.values()).where(*conditions))
        self.transaction.run(rows.on_conflict_do_nothing())


def _is(selector: Selector) -> Sequence[ColumnElement[bool]]:
    parts = [(schedules.c.provider, selector.provider), (schedules.c.database_code, selector.database)]
    others = [column.is_(None) if value is None else column == value for column, value in parts]
    return [schedules.c.pattern == selector.pattern, *others]
