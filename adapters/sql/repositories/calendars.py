"""What was read of calendars, in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.rows.calendars import calendar_from, row_of
from adapters.sql.tables import calendars
from adapters.sql.transaction import Transaction
from domain.schedules.calendar import KeptCalendar


@dataclass(frozen=True, slots=True)
class SqlCalendarRepository:
    """The calendars of a transaction."""

    transaction: Transaction

    def get(self, address: str) -> KeptCalendar | None:
        row = self.transaction.run(select(calendars).where(calendars.c.address == address)).mappings().one_or_none()
        return calendar_from(row) if row else None

    def put(self, kept: KeptCalendar) -> None:
        dialect = postgresql if self.transaction.on_postgres else sqlite
        row = row_of(kept)
        stored = dialect.insert(calendars).values(row)
        self.transaction.run(stored.on_conflict_do_update(index_elements=["address"], set_=row))
