"""Rows of the table of vintages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import case, func, select

from adapters.sql.tables import series, vintages
from adapters.sql.vintage_blocks.chain import Chain
from adapters.sql.vintage_blocks.codec import Block, decode
from domain.deltas import replay
from domain.observations import Label
from domain.vintages import Cause, Origin, Vintage

FACTS = [column for column in vintages.c if column.name not in ("position", "step", "path", "codec", "checksum", "payload")]
_others = vintages.alias()
_kept = select(func.coalesce(func.max(_others.c.number), 0)).where(_others.c.series == series.c.number).scalar_subquery()
#: A series' last vintage number; the newest counts even if its row is lost, so that no number is reused.
LAST_NUMBER = case((series.c.vintage > _kept, series.c.vintage), else_=_kept).label("last")
#: Most vintages of a series have their first date in common, and many series their last ones.
_LABELS = 4096
_NAMES, _values = [column.name for column in FACTS], itemgetter(*FACTS)


def row_of(series: int, vintage: Vintage, block: Block) -> dict[str, Any]:
    """Return a row without its position."""
    return {
        "series": series,
        "number": vintage.number,
        "published": _write_label(vintage.published),
        "known_at": vintage.known_at,
        "fetched_at": vintage.fetched_at,
        "rows": vintage.rows,
        "first": _write_label(vintage.first),
        "last": _write_label(vintage.last),
        "added": vintage.added,
        "changed": vintage.changed,
        "deleted": vintage.deleted,
        "digest": bytes.fromhex(vintage.digest),
        "cause": vintage.cause.value,
        "fetch": vintage.fetch_id,
        "request": vintage.origin.request,
        "response_sha256": bytes.fromhex(vintage.origin.response_sha256),
        "adapter_version": vintage.origin.adapter_version,
        "step": block.step,
        "path": " ".join(map(str, block.path)),
        "codec": block.codec,
        "checksum": block.checksum(series),
        "payload": block.payload,
        "previous_check_at": vintage.previous_check_at,
    }


def vintage_from(row: Mapping[Any, Any]) -> Vintage:
    """Return the vintage in a row with its columns."""
    facts: dict[str, Any] = dict(zip(_NAMES, _values(row), strict=True))
    return Vintage(
        number=facts["number"],
        published=_read_optional(facts["published"]),
        known_at=facts["known_at"],
        fetched_at=facts["fetched_at"],
        rows=facts["rows"],
        first=_read_optional(facts["first"]),
        last=_read_optional(facts["last"]),
        added=facts["added"],
        changed=facts["changed"],
        deleted=facts["deleted"],
        digest=facts["digest"].hex(),
        cause=Cause(facts["cause"]),
        origin=origin_from(facts),
        fetch_id=facts["fetch"],
        previous_check_at=facts["previous_check_at"],
    )


def origin_from(facts: Mapping[Any, Any]) -> Origin:
    """Return the origin in a row by names."""
    return Origin(request=facts["request"], response_sha256=bytes(facts["response_sha256"]).hex(), adapter_version=facts["adapter_version"])


def fold(vintage: Vintage, blocks: Sequence[Block]) -> Chain:
    """Return the chain folded from verified blocks, the snapshot first."""
    snapshot, *others = blocks
    parts = [decode(snapshot.codec, snapshot.payload, None)]
    parts += [decode(each.codec, each.payload, parts[0].put.columns) for each in others]
    return Chain(
        vintage=vintage,
        step=blocks[-1].step,
        numbers=tuple(block.number for block in blocks),
        parts=tuple(parts),
        snapshot_bytes=len(snapshot.payload),
        state=replay(parts[0].put, parts[1:]),
    )


@lru_cache(_LABELS)
def read_label(text: str) -> Label:
    """Parse a day, or an instant."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _write_label(label: Label | None) -> str | None:
    return label.isoformat() if label is not None else None


def _read_optional(text: str | None) -> Label | None:
    return read_label(text) if text is not None else None
