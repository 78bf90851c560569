"""The statements of every fetch, from its request to its end."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Select,
    SmallInteger,
    Text,
    Update,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.postgres.prepared import PreparedStatement
from adapters.sql.rows.series import OF_FETCHES, insertion
from adapters.sql.rows.vintages import LAST_NUMBER
from adapters.sql.tables import fetches, requests, series
from adapters.sql.transaction import Transaction
from domain.fetches import MAX_DELAY_SECONDS, FetchStatus, Lease
from domain.moments import CLOCK_SLACK
from domain.series import SeriesStatus

PENDING, RUNNING = FetchStatus.PENDING.value, FetchStatus.RUNNING.value
#: The id of a fetch's series, without a join.
SERIES_ID = select(series.c.id).where(series.c.number == fetches.c.series).scalar_subquery().label("series_id")

#: The number of its series' last vintage.
LAST_VINTAGE = select(LAST_NUMBER).where(series.c.number == fetches.c.series).scalar_subquery().label("last")


def is_due(transaction: Transaction, lease_seconds: float) -> ColumnElement[bool]:
    """Return the condition that a worker may claim a fetch."""
    now, later = transaction.now(), transaction.later
    # Times too far ahead were written before the clock was set back.
    time_has_come = or_(
        fetches.c.not_before <= now,
        fetches.c.not_before > later(MAX_DELAY_SECONDS),
        fetches.c.waits_since > later(CLOCK_SLACK.total_seconds()),
    )
    lease_is_over = or_(fetches.c.lease_until < now, fetches.c.lease_until > later(2 * lease_seconds))
    return or_(and_(fetches.c.status == PENDING, time_has_come), and_(fetches.c.status == RUNNING, lease_is_over))


def complete() -> Select[Any]:
    """Return the query for fetches with their series' ids."""
    return select(fetches, series.c.id).join(series, series.c.number == fetches.c.series)


def ended(transaction: Transaction, status: FetchStatus, **outcome: Any) -> dict[str, Any]:
    """Return the changed columns of a fetch that ends."""
    return {"status": status.value, "finished_at": transaction.now(), "lease_token": None, "lease_until": None, **outcome}


@cache
def claim(lease_seconds: float) -> PreparedStatement:
    """Return the statement that claims the fetch ``wanted`` under the lease ``token`` if it is due; ``CLAIMED`` reads it afterwards."""

    def build(transaction: Transaction) -> Any:
        due = update(fetches).where(fetches.c.id == _WANTED, is_due(transaction, lease_seconds))
        return due.values(
            status=RUNNING,
            attempts=fetches.c.attempts + 1,
            crashes=fetches.c.crashes + case((fetches.c.lease_until < transaction.now(), 1), else_=0),
            lease_token=_TOKEN,
            lease_until=transaction.later(lease_seconds),
            waiting_for=None,
        )

    return PreparedStatement(build)


def _succeed(transaction: Transaction) -> Any:
    outcome: dict[str, Any] = {
        "vintages_added": bindparam("added"),
        "vintage": bindparam("newest"),
        "left_out": bindparam("names"),
        "failure": None,
    }
    held = update(fetches).where(
        fetches.c.id == _WANTED, fetches.c.lease_token == _TOKEN, fetches.c.status == RUNNING, fetches.c.cancel_requested_at.is_(None)
    )
    return held.values(ended(transaction, FetchStatus.SUCCESS, **outcome)).returning(fetches.c.finished_at, SERIES_ID, LAST_VINTAGE)


def _add(transaction: Transaction) -> Any:
    others = fetches.alias()
    last = select(func.coalesce(func.max(others.c.number), 0)).where(others.c.series == series.c.number).scalar_subquery()
    urgency = bindparam("urgency", type_=SmallInteger())
    row = {"id": _ASKED, "series": series.c.number, "number": last + 1, **_pending(transaction.now()), "priority": urgency}
    added = (postgresql if transaction.on_postgres else sqlite).insert(fetches)
    added = added.from_select(list(row), select(*row.values()).where(series.c.id == _WANTED))
    return added.on_conflict_do_nothing().returning(*fetches.c)


def _insert_series_with_fetch(transaction: Transaction) -> Any:
    added = insertion(transaction, fetch=_ASKED).returning(series.c.number, series.c.created_at).cte("added")
    now = added.c.created_at
    row = {"id": _ASKED, "series": added.c.number, "number": literal(1), **_pending(now)}
    return insert(fetches).from_select(list(row), select(*row.values())).returning(*fetches.c)


def _pending(now: Any) -> dict[str, Any]:
    return {
        "status": literal(PENDING),
        "created_at": now,
        "not_before": now,
        "waits_since": now,
        "attempts": literal(0),
        "crashes": literal(0),
        "allow_shrink": bindparam("allow_shrink", type_=Boolean()),
        "allow_values": bindparam("allow_values", type_=Boolean()),
        "request_id": bindparam("asked_by", type_=Text()),
        "batch": bindparam("many", type_=Uuid()),
        "traceparent": bindparam("traced_as", type_=Text()),
    }


def _get_many(transaction: Transaction) -> Any:
    if transaction.on_postgres:
        return complete().where(fetches.c.id == any_(bindparam("wanted", type_=ARRAY(Uuid()))))
    return complete().where(fetches.c.id.in_(bindparam("wanted", expanding=True)))


def _set_newest_fetch(_: Transaction) -> Any:
    waits_again = case((series.c.status == SeriesStatus.ERROR.value, SeriesStatus.PENDING.value), else_=series.c.status)
    return update(series).where(series.c.id == _WANTED).values(fetch=bindparam("newest"), status=waits_again)


_WANTED, _TOKEN, _ASKED = (bindparam(name, type_=Uuid()) for name in ("wanted", "token", "asked"))

#: The fetch ``wanted``.
GET = PreparedStatement(lambda _: complete().where(fetches.c.id == _WANTED))
#: The fetches ``wanted``.
GET_MANY = PreparedStatement(_get_many)
#: The fetch ``wanted`` with its series, if it is held under ``token``.
CLAIMED = PreparedStatement(lambda _: OF_FETCHES.where(fetches.c.id == _WANTED, fetches.c.lease_token == _TOKEN))
#: Mark the fetch ``wanted`` as succeeded, if it is held under ``token`` and not to be cancelled.
SUCCEED = PreparedStatement(_succeed)
#: Lock the series ``wanted`` against removal.
LOCK_SERIES = PreparedStatement(lambda _: select(series.c.number).where(series.c.id == _WANTED).with_for_update(read=True, key_share=True))
#: Insert a series with its first fetch, ``asked``, unless it exists or its alias is taken; only on Postgres.
INSERT_SERIES_WITH_FETCH = PreparedStatement(_insert_series_with_fetch)
#: Insert the fetch ``asked`` of the series ``wanted``, unless one is in flight or the series does not exist.
ADD = PreparedStatement(_add)
#: Set the ``newest`` fetch of the series ``wanted``.
SET_NEWEST_FETCH = PreparedStatement(_set_newest_fetch)


def held_fetch(fetch_id: UUID, lease: Lease) -> Update:
    """Return an update of a fetch, if this lease holds it."""
    return update(fetches).where(*held_by(fetch_id, lease))


def held_by(fetch_id: UUID, lease: Lease) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a lease holds a fetch."""
    return fetches.c.id == fetch_id, fetches.c.lease_token == lease.token, fetches.c.status == RUNNING


def due_since() -> Any:
    """Return since when a fetch has been due."""
    return func.coalesce(fetches.c.lease_until, fetches.c.not_before)


def waiting_of(transaction: Transaction, providers: Collection[str], longer_than: float) -> Select[Any]:
    """Return the ids of the pending fetches of providers that wait for so many seconds from now, without those being claimed."""
    waiting = fetches.c.status == PENDING, fetches.c.waiting_for.is_not(None), fetches.c.not_before > transaction.later(longer_than)
    of_them = fetches.c.series.in_(select(series.c.number).where(series.c.provider.in_(providers)))
    return select(fetches.c.id).where(*waiting, of_them).with_for_update(skip_locked=True, of=fetches)


def prunable(transaction: Transaction, seconds: float, limit: int) -> Select[Any]:
    """Return the ids of the oldest fetches that ended so long ago, added no vintage and are referred to by nothing."""
    newer = fetches.alias()
    statement = select(fetches.c.id).where(
        # Written as in the partial index, which is not used otherwise.
        fetches.c.finished_at.is_not(None),
        func.coalesce(fetches.c.vintages_added, text("0")) == text("0"),
        fetches.c.finished_at < transaction.later(-seconds),
        exists().where(newer.c.series == fetches.c.series, newer.c.number > fetches.c.number),
        ~exists().where(requests.c.fetch == fetches.c.id),
    )
    return statement.order_by(fetches.c.finished_at).limit(limit)
