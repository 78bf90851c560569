"""Check a backup's rows against the domain's rules: rows that no store would have written are rejected."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from math import isfinite
from typing import Any

import orjson
from sqlalchemy import Table

from adapters.sql.rows.calendars import calendar_from
from adapters.sql.rows.fetches import fetch_from
from adapters.sql.rows.formulas import version_from
from adapters.sql.rows.schedules import schedule_from
from adapters.sql.rows.series import confirmed_from, gates_from, metadata_from
from adapters.sql.rows.sightings import sighting_from
from adapters.sql.rows.source_statuses import at_source_from, change_from
from adapters.sql.rows.stand_ins import check_terms, findings_from, rule_from
from adapters.sql.rows.vintages import FACTS, vintage_from
from adapters.sql.rows.webhooks import delivery_from, webhook_from
from adapters.sql.tables import (
    api_keys,
    calendars,
    deliveries,
    descriptions,
    divergences,
    equivalences,
    fetches,
    formulas,
    panels,
    schedules,
    series,
    series_events,
    sightings,
    source_statuses,
    splices,
    vintages,
    webhooks,
)
from adapters.sql.vintage_blocks.chain import MAX_STEP
from adapters.sql.vintage_blocks.codec import CODECS, check_size
from domain.api_keys import Scope
from domain.codes import DatasetCode, parse_reference
from domain.fetches import Failure, FetchStatus
from domain.formulas.expressions import references
from domain.gates.cells import SuspiciousCell
from domain.panels.query import PanelQuery
from domain.quotas import read_limits
from domain.schedules.calendar import MOST_EVENTS
from domain.schedules.selector import Selector
from domain.series import Metadata, SeriesStatus
from domain.webhooks.delivery import DeliveryStatus
from domain.webhooks.events import EventType

Row = dict[str, Any]

_MOST_PANEL_BYTES = 2**24
_SHA256_BYTES, _CHECKSUM_BYTES = 32, 16
_WORDS = re.compile(r"[^\W_]{1,100}( [^\W_]{1,100})*")


@dataclass
class Rules:
    """
    Checks each row in turn, those of a table in key order.

    Attributes:
        numbered: series and number of the last row of each table with numbered rows.
        chain: step and path of each vintage of the current series.

    """

    numbered: dict[str, tuple[int, int]] = field(default_factory=dict)
    chain: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def check(self, table: Table, row: Row) -> None:
        """Raise ValueError, or a domain error of a value, if a row breaks a rule."""
        rules: Mapping[str, Callable[[Row], None]] = {
            series.name: _check_series,
            descriptions.name: self._check_description,
            vintages.name: self._check_vintage,
            source_statuses.name: self._check_source_status,
            formulas.name: self._check_formula,
            splices.name: self._check_splice,
            equivalences.name: _check_equivalence,
            divergences.name: _check_divergence,
            fetches.name: _check_fetch,
            api_keys.name: _check_key,
            sightings.name: _check_sighting,
            schedules.name: _check_schedule,
            webhooks.name: _check_webhook,
            series_events.name: _check_series_event,
            deliveries.name: _check_delivery,
            calendars.name: _check_calendar,
            panels.name: _check_panel,
        }
        if table.name in rules:
            rules[table.name](row)

    def _check_description(self, row: Row) -> None:
        self._count(descriptions, row)
        _require(row["position"] >= 0, "its position is below 0")
        _check_metadata(metadata_from(row["body"]))

    def _check_source_status(self, row: Row) -> None:
        self._count(source_statuses, row)
        _check_reference(change_from({column: row[column.name] for column in source_statuses.c}).replaced_by)

    def _check_formula(self, row: Row) -> None:
        self._count(formulas, row)
        definition = version_from({column: row[column.name] for column in formulas.c}).definition
        components = list(map(parse_reference, definition.components))
        fits = len(components) == len(references(definition.parsed())) and all(provider for provider, _ in components)
        _require(fits, "its components are not those of its expression")
        _require(row["position"] > 0, "its position is not above 0")

    def _check_splice(self, row: Row) -> None:
        self._count(splices, row)
        rule = rule_from({column: row[column.name] for column in splices.c})
        _require(row["position"] > 0, "its position is not above 0")
        _require(rule.ends == (rule.start is None) == (not rule.columns), "a stand-in, its first day and its columns belong together")
        _require(rule.start is None or rule.start.isoformat() == row["start"], "its first day is not a date in lanner's format")
        _require(all(isinstance(name, str) for name in rule.columns.values()), "its columns are not names")
        _require(isfinite(rule.scale) and rule.scale != 0, "its scale is none")
        _check_reference(rule.stand_in)

    def _check_vintage(self, row: Row) -> None:
        if row["number"] == 1:
            self.chain = {}
        self._count(vintages, row)
        vintage = vintage_from({column: row[column.name] for column in FACTS})
        for name, label in (("published", vintage.published), ("first", vintage.first), ("last", vintage.last)):
            _require(label is None or label.isoformat() == row[name], f"{name} is not a date or time in lanner's format")
        lengths = [len(row[name]) for name in ("digest", "response_sha256", "checksum")]
        _require(lengths == [_SHA256_BYTES, _SHA256_BYTES, _CHECKSUM_BYTES], "a digest has the wrong length")
        _require(row["position"] > 0, "its position is not above 0")
        _require(row["codec"] in CODECS, "its codec is unknown")
        check_size(row["codec"], row["payload"])
        self._check_chain(row)

    def _check_chain(self, row: Row) -> None:
        path, step = tuple(map(int, row["path"].split())), row["step"]
        _require(step < MAX_STEP and " ".join(map(str, path)) == row["path"], "its step or path is invalid")
        below = (step & (step - 1), path[:-1]) if step else None
        _require(
            (self.chain.get(path[-1]) if path else None) == below,
            "the vintage it builds on is missing, or has a different place in the chain",
        )
        self.chain[row["number"]] = step, path

    def _count(self, table: Table, row: Row) -> None:
        of, last = self.numbered.get(table.name, (0, 0))
        _require(row["number"] == (last + 1 if of == row["series"] else 1), "the one before it is missing")
        self.numbered[table.name] = row["series"], row["number"]


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - the condition comes first, as in an assert
    if not holds:
        raise ValueError(otherwise)


def _check_series(row: Row) -> None:
    code = DatasetCode(row["database_code"], row["dataset_code"])
    _require(code.database == row["database_code"], "its database code is not in upper case")
    _require(parse_reference(f"{row['provider']}:{code}") == (row["provider"], code), "its provider's name is invalid")
    _require(re.fullmatch(rf"{re.escape(code.alias)}(_[1-9][0-9]*)?", row["alias"]) is not None, "its alias does not match its code")
    SeriesStatus(row["status"])
    _check_reference(at_source_from({column: row[column.name] for column in series.c}).replaced_by)
    _require(row["number"] > 0, "its number is not above 0")
    _require(_WORDS.fullmatch(row["words"]) is not None, "its words are not lanner's search terms")
    confirmed = confirmed_from(row["confirmed"])
    if confirmed:
        texts = [*confirmed.validators, *confirmed.validators.values()]
        numbers = [confirmed.vintage, confirmed.adapter_version]
        sound = all(isinstance(each, str) for each in texts) and all(type(each) is int and each >= 0 for each in numbers)
        _require(sound and confirmed.whole_at.tzinfo is not None, "its confirmation is not in lanner's format")
    gates = gates_from(row["gates"])
    _require(_is_number(gates.deviations) and _is_flag(gates.scale) and _is_flag(gates.frequency), "its gates are not in lanner's format")


def _check_reference(reference: str | None) -> None:
    _require(reference is None or parse_reference(reference)[0] is not None, "the series that it names is not in lanner's form")


def _check_equivalence(row: Row) -> None:
    check_terms(row)
    _require(row["a"] != row["b"], "its two series are the same")
    _require(row["position"] >= 0 and row["diverging"] >= 0, "a number is below 0")


def _check_divergence(row: Row) -> None:
    found = findings_from({column: row[column.name] for column in divergences.c})
    _require(row["position"] > 0 and min(found["vintages"]) > 0, "its position or a vintage is not above 0")
    texts = [text for cell in found["cells"] for text in (cell.date, cell.column)]
    numbers = [number for cell in found["cells"] for number in (cell.a, cell.b, cell.difference)]
    sound = all(isinstance(text, str) for text in texts) and all(type(number) in (int, float) for number in numbers)
    _require(sound and 0 < len(found["cells"]) <= row["count"], "its values are not in lanner's format")


def _check_metadata(metadata: Metadata) -> None:
    others = {"frequency": metadata.frequency, "column_units": metadata.column_units, "extra": metadata.extra}
    texts = [getattr(metadata, each.name) for each in fields(Metadata) if each.name not in others]
    _require(all(isinstance(text, str) for text in (*texts, *metadata.column_units)), "a text in its body is not a string")
    _require(isinstance(metadata.extra, dict), "its extra metadata are not an object")


def _check_fetch(row: Row) -> None:
    fetch = fetch_from({column: row[column.name] for column in fetches.c}, series_id=row["id"])
    _require(fetch.ended == (fetch.finished_at is not None), "its status and its end contradict each other")
    held = row["lease_token"] is not None and fetch.lease_until is not None
    _require(held == (fetch.status is FetchStatus.RUNNING), "its status and its lease contradict each other")
    _require(fetch.failure is None or _is_sound(fetch.failure), "its failure is not in lanner's format")
    _require(all(isinstance(name, str) for name in fetch.left_out), "its left-out columns are not a list of names")


def _is_sound(failure: Failure) -> bool:
    texts = failure.code, failure.message, failure.hint, *(cell.date for cell in failure.cells)
    is_said = isinstance(failure.retryable, bool) and all(isinstance(text, str) for text in texts)
    return is_said and all(map(_is_sound_cell, failure.cells))


def _is_sound_cell(cell: SuspiciousCell) -> bool:
    return isinstance(cell.column, str | None) and all(map(_is_number, (cell.value, cell.before, cell.low, cell.high)))


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _is_flag(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _check_key(row: Row) -> None:
    _require(len(row["digest"]) == _SHA256_BYTES, "its digest has the wrong length")
    for scope in row["scopes"].split():
        Scope(scope)
    read_limits(row["limits"] or "none")


def _check_panel(row: Row) -> None:
    body = zlib.decompressobj().decompress(row["body"], _MOST_PANEL_BYTES)
    _require(sha256(body).hexdigest() == row["digest"], "its digest is not its body's")
    PanelQuery.read(orjson.loads(body))


def _check_sighting(row: Row) -> None:
    published = sighting_from({column: row[column.name] for column in sightings.c}).published
    _require((published.isoformat() if published else "") == row["published"], "published is not a date or time in lanner's format")
    _require(len(row["sha256"]) == len(row["digest"]) == _SHA256_BYTES, "a digest has the wrong length")


def _check_schedule(row: Row) -> None:
    schedule = schedule_from({column: row[column.name] for column in schedules.c})
    schedule.rule.check(schedule.created_at)
    _require(Selector.parse(str(schedule.selector)) == schedule.selector, "its selector is not in lanner's form")
    _require(row["is_mask"] == (schedule.selector.code is None), "its selector and its mask contradict each other")


def _check_webhook(row: Row) -> None:
    webhook = webhook_from({column: row[column.name] for column in webhooks.c})
    webhook.check()
    selector = webhook.selector
    _require(selector is None or Selector.parse(str(selector)) == selector, "its selector is not in lanner's form")
    _require(row["pattern"] or not (row["provider"] or row["database_code"]), "its selector is not in lanner's form")
    _require(webhook.url.isascii() and webhook.url.isprintable(), "its address is none")


def _check_series_event(row: Row) -> None:
    _require(row["position"] > 0, "its position is not above 0")
    EventType(row["type"])
    _require(isinstance(orjson.loads(row["facts"]), dict), "its facts are not an object")


def _check_delivery(row: Row) -> None:
    delivery = delivery_from({column: row[column.name] for column in deliveries.c})
    is_pending = delivery.status is DeliveryStatus.PENDING
    EventType(delivery.type)
    _require(is_pending == (delivery.ended_at is None), "its status and its end contradict each other")
    _require(is_pending == (delivery.next_at is not None), "its status and its next attempt contradict each other")
    _require(delivery.place == row["place"], "its place is not that of its type")
    message = orjson.loads(row["body"]) if is_pending else None
    _require(
        message is None or (isinstance(message, dict) and message.get("type") == delivery.type), "its message is not in lanner's format"
    )


def _check_calendar(row: Row) -> None:
    kept = calendar_from({column: row[column.name] for column in calendars.c})
    _require(len(kept.events) <= MOST_EVENTS and all(isinstance(event.title, str) for event in kept.events), "its events are not lanner's")
