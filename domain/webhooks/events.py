"""Events: what webhooks are told, in the order in which it was recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.codes import DatasetCode
from domain.fetches import Fetch
from domain.moments import written
from domain.revisions import Change
from domain.schedules.schedule import NextLook
from domain.source_status import StatusChange
from domain.stand_ins.equivalence import Divergence
from domain.vintages import FeedEntry

Facts = Mapping[str, Any]


class EventType(StrEnum):
    """The type of an event, as Standard Webhooks writes it."""

    VINTAGE_CREATED = "vintage.created"
    REVISION_LARGE = "revision.large"
    SERIES_OVERDUE = "series.overdue"
    SERIES_DISCONTINUED = "series.discontinued"
    SERIES_DIVERGED = "series.diverged"
    FETCH_FAILED = "fetch.failed"


#: The type of the message by which somebody tries a webhook.
TEST = "webhook.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened to a series, before it is recorded: its type, its moment, and what its message says besides."""

    type: EventType
    at: datetime
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    An event of a series.

    Attributes:
        position: in the feed; those of a series are told in its order.
        facts: the members of its message besides the position, the series and the links.

    """

    position: int
    series_id: UUID
    provider: str
    code: DatasetCode
    type: EventType
    at: datetime
    facts: Facts

    @property
    def reference(self) -> str:
        """The series as ``provider:DATABASE/DATASET``."""
        return f"{self.provider}:{self.code}"

    def message(self, root_path: str) -> dict[str, Any]:
        """Return the message; its links begin with the path under which clients reach the API."""
        here = f"{root_path}/timeseries/{self.series_id}"
        links = {"timeseries": here, "feed": f"{root_path}/vintages?after={self.position - 1}"}
        if "vintage" in self.facts:
            links["vintage"] = f"{here}/vintages/{self.facts['vintage']['number']}"
        series = {"id": str(self.series_id), "provider": self.provider, "code": str(self.code)}
        data = {"position": self.position, "timeseries": series, **self.facts, "links": links}
        return {"type": self.type.value, "timestamp": written(self.at), "data": data}


def vintage_created(entry: FeedEntry) -> Event:
    """Return the event of a vintage."""
    vintage = entry.vintage
    facts = {
        "number": vintage.number,
        "known_at": written(vintage.known_at),
        "fetched_at": written(vintage.fetched_at),
        "published": vintage.published.isoformat() if vintage.published else None,
        "cause": vintage.cause.value,
        "is_newest": entry.is_newest,
        "rows": vintage.rows,
        "revision": {"added": vintage.added, "changed": vintage.changed, "deleted": vintage.deleted},
    }
    return _of(entry, EventType.VINTAGE_CREATED, {"vintage": facts})


def revision_large(created: Event, largest: tuple[Change, float]) -> Event:
    """Return the event of a large revision, from that of its vintage and its largest change."""
    change, percent = largest
    facts = {
        "date": change.date.isoformat(),
        "column": change.column,
        "percent": None if math.isinf(percent) else round(percent, 6),
    }
    return Event(
        position=created.position,
        series_id=created.series_id,
        provider=created.provider,
        code=created.code,
        type=EventType.REVISION_LARGE,
        at=created.at,
        facts={**created.facts, "largest_change": facts},
    )


def largest_change(changes: Iterable[Change]) -> tuple[Change, float] | None:
    """Return the change that is largest in percent of the old value, infinite if that is 0; None if no number became another."""
    found = [(change, _percent(change.old, change.new)) for change in changes if change.old is not None and change.new is not None]
    return max(found, key=lambda each: each[1], default=None)


def fetch_failed(fetch: Fetch, now: datetime) -> News:
    """Return the news of a fetch that failed for good."""
    failure = fetch.failure
    error = {"code": failure.code, "message": failure.message, "hint": failure.hint} if failure else None
    return News(
        type=EventType.FETCH_FAILED,
        at=fetch.finished_at or now,
        facts={"fetch": {"id": str(fetch.id), "attempts": fetch.attempts, "error": error}},
    )


def series_discontinued(change: StatusChange) -> News:
    """Return the news of a series that has ended at its source."""
    facts = {"status_at_source": change.status.value, "reason": change.reason, "replaced_by": change.replaced_by}
    return News(type=EventType.SERIES_DISCONTINUED, at=change.at, facts=facts)


def series_overdue(look: NextLook, now: datetime) -> News:
    """Return the news of a release that has not come."""
    since = written(look.overdue_since) if look.overdue_since else None
    return News(type=EventType.SERIES_OVERDUE, at=now, facts={"overdue_since": since, "reason": look.reason})


def series_diverged(found: Divergence) -> News:
    """Return the news of values that should agree and do not, for the preferred series of an equivalence."""
    largest = found.cells[0]
    facts = {
        "equivalence": str(found.equivalence_id),
        "a": {"series": found.a.reference, "vintage": found.vintages[0]},
        "b": {"series": found.b.reference, "vintage": found.vintages[1]},
        "arrived": found.arrived.value if found.arrived else None,
        "values": found.count,
        "first_date": found.first,
        "last_date": found.last,
        "largest": {**asdict(largest), "difference": round(largest.difference, 9)},
    }
    return News(type=EventType.SERIES_DIVERGED, at=found.found_at, facts={"divergence": facts})


def _of(entry: FeedEntry, kind: EventType, facts: Facts) -> Event:
    return Event(
        position=entry.position,
        series_id=entry.series_id,
        provider=entry.provider,
        code=entry.code,
        type=kind,
        at=entry.vintage.fetched_at,
        facts=facts,
    )


def _percent(old: float, new: float) -> float:
    return abs(new - old) / abs(old) * 100 if old else (math.inf if new else 0.0)
