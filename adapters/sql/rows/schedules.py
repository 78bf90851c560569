"""Rows of the tables of schedules and of the series that they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement

from adapters.sql.tables import followed, schedules, series
from adapters.sql.transaction import Transaction
from domain.codes import FORMULA
from domain.schedules.schedule import Basis, FollowedSeries, Rule, Schedule, ScheduleKind
from domain.schedules.selector import Selector
from domain.schedules.window import AskingWindow


def row_of(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule's row."""
    selector, rule = schedule.selector, schedule.rule
    return {
        "id": schedule.id,
        "provider": selector.provider,
        "database_code": selector.database,
        "pattern": selector.pattern,
        "is_mask": selector.code is None,
        "kind": rule.kind.value,
        "spec": rule.spec,
        "tz": rule.tz,
        "window": str(rule.window) if rule.window else None,
        "catch_up": int(rule.catch_up.total_seconds()),
        "jitter": int(rule.jitter.total_seconds()),
        "budget": rule.budget,
        "paused": schedule.paused,
        "created_at": schedule.created_at,
    }


def schedule_from(row: Mapping[Any, Any]) -> Schedule:
    """Return the schedule in a row with its columns."""
    window = row[schedules.c.window]
    rule = Rule(
        kind=ScheduleKind(row[schedules.c.kind]),
        spec=row[schedules.c.spec],
        tz=row[schedules.c.tz],
        window=AskingWindow.parse(window) if window else None,
        catch_up=timedelta(seconds=row[schedules.c.catch_up]),
        jitter=timedelta(seconds=row[schedules.c.jitter]),
        budget=row[schedules.c.budget],
    )
    selector = Selector(provider=row[schedules.c.provider], database=row[schedules.c.database_code], pattern=row[schedules.c.pattern])
    return Schedule(
        id=row[schedules.c.id], selector=selector, rule=rule, paused=row[schedules.c.paused], created_at=row[schedules.c.created_at]
    )


def followed_from(row: Mapping[Any, Any]) -> FollowedSeries:
    """Return the followed series in a row with its columns and ``series_id``."""
    return FollowedSeries(
        schedule_id=row[followed.c.schedule],
        series_id=row["series_id"],
        next_at=row[followed.c.next_at],
        planned=row[followed.c.planned],
        reason=row[followed.c.reason],
        failures=row[followed.c.failures],
        last_success_at=row[followed.c.last_success_at],
        overdue_since=row[followed.c.overdue_since],
        expected_at=row[followed.c.expected_at],
        basis=Basis(basis) if (basis := row[followed.c.basis]) else None,
    )


def meant(transaction: Transaction, selector: Selector) -> Sequence[ColumnElement[bool]]:
    """Return the conditions that a series is among those selected."""
    wanted = [(series.c.provider, selector.provider), (series.c.database_code, selector.database)]
    conditions = [series.c.provider != FORMULA, *(column == value for column, value in wanted if value is not None)]
    if selector.code:
        return [*conditions, series.c.dataset_code == selector.pattern]
    if transaction.on_postgres:
        return [*conditions, series.c.dataset_code.like(_like_pattern(selector.pattern), escape="\\")]
    # In a code only the asterisk is special to GLOB, which, unlike SQLite's LIKE, tells capitals from small letters.
    return [*conditions, series.c.dataset_code.op("GLOB")(selector.pattern)]


def _like_pattern(mask: str) -> str:
    return mask.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_").replace("*", "%")
