"""Marshmallow schemas of schedules: requests and responses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from domain.errors import InvalidInput
from domain.schedules.durations import parse_duration, write_duration
from domain.schedules.schedule import DEFAULT_BUDGET, LARGEST_BUDGET, LONGEST_CATCH_UP, Rule, ScheduleKind, ScheduleState
from domain.schedules.selector import Selector
from domain.schedules.window import AskingWindow
from entrypoints.rest.fields import LINKS, EnumField, InstantField, StrictFlag, TextField
from entrypoints.rest.http.links import public_path

_OVERLAP = "skip"
_LENGTHS = ("catch_up", "jitter")


class ScheduleChangeSchema(Schema):
    """The body of ``PATCH /schedules/{id}``; loads as the changes of ``ManageSchedules``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    kind = EnumField(ScheduleKind, error=f"must be one of {', '.join(ScheduleKind)}.")
    spec = fields.String(
        metadata={"examples": ["6h", "30 8 * * 1-5", "https://example.org/releases.ics#Consumer Prices"]},
        error_messages={"invalid": "must be a string."},
    )
    tz = fields.String(allow_none=True, metadata={"examples": ["Europe/Berlin"]}, error_messages={"invalid": "must be a string or null."})
    window = fields.String(
        allow_none=True, metadata={"examples": ["mon-fri 08:00-18:00"]}, error_messages={"invalid": "must be a string or null."}
    )
    catch_up = TextField("15m")
    jitter = TextField("0s")
    budget = fields.Integer(
        strict=True,
        metadata={"default": DEFAULT_BUDGET},
        validate=validate.Range(1, LARGEST_BUDGET, error=f"must be from 1 to {LARGEST_BUDGET}."),
        error_messages={"invalid": "must be a whole number.", "null": "must be a whole number."},
    )
    overlap = fields.String(
        validate=validate.OneOf([_OVERLAP], error=f"must be {_OVERLAP}: a look is skipped while a fetch of the series is under way."),
        error_messages={"invalid": f"must be {_OVERLAP}.", "null": f"must be {_OVERLAP}."},
    )
    paused = StrictFlag()

    @post_load
    def changes(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the changes as domain values; raises InvalidInput."""
        given.pop("overlap", None)
        if given.get("window") is not None:
            given["window"] = AskingWindow.parse(given["window"])
        if "tz" in given:
            given["tz"] = given["tz"] or ""
        if given.get("spec", "").strip().startswith("/"):
            hint = "Name the file in LANNER_CALENDARS and give that name, or use lanner follow --calendar."
            raise InvalidInput("spec must be no file of the server.", field="spec", hint=hint)
        if "kind" in given:
            given["kind"] = ScheduleKind(given["kind"])
            # The specification of another kind says nothing.
            given.setdefault("spec", "")
        lengths = {name: given[name] for name in _LENGTHS if name in given}
        return given | {name: parse_duration(text, field=name, least=timedelta(0), most=LONGEST_CATCH_UP) for name, text in lengths.items()}


class ScheduleRequestSchema(ScheduleChangeSchema):
    """The body of ``POST /schedules``; loads as the arguments of ``ManageSchedules.create``."""

    selector = TextField("FRED/GS*", required=True)

    @post_load
    def changes(self, given: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return the arguments as domain values; raises InvalidInput."""
        selector = Selector.parse(given.pop("selector"))
        rule = super().changes(given, **more)
        paused = rule.pop("paused", False)
        return {"selector": selector, "rule": Rule(**rule), "paused": paused}


class NothingSchema(Schema):
    """A body without members, ``{}``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form


def _window(state: ScheduleState) -> str | None:
    return str(state.schedule.rule.window) if state.schedule.rule.window else None


def _links(state: ScheduleState) -> dict[str, str]:
    here = public_path(f"/schedules/{state.schedule.id}")
    return {"self": here, "preview": f"{here}/preview"}


class ScheduleSchema(Schema):
    """A schedule with its state."""

    id = fields.UUID(attribute="schedule.id")
    selector = fields.Function(lambda state: str(state.schedule.selector), metadata={"type": "string"})
    kind = EnumField(ScheduleKind, attribute="schedule.rule.kind")
    spec = fields.String(attribute="schedule.rule.spec")
    tz = fields.Function(lambda state: state.schedule.rule.tz or None, metadata={"type": ["string", "null"]})
    window = fields.Function(_window, metadata={"type": ["string", "null"]})
    overlap = fields.Constant(_OVERLAP, metadata={"type": "string"})
    catch_up = fields.Function(lambda state: write_duration(state.schedule.rule.catch_up), metadata={"type": "string"})
    jitter = fields.Function(lambda state: write_duration(state.schedule.rule.jitter), metadata={"type": "string"})
    budget = fields.Integer(attribute="schedule.rule.budget")
    paused = fields.Boolean(attribute="schedule.paused")
    created_at = InstantField(attribute="schedule.created_at")
    series = fields.Integer()
    next_at = InstantField(attribute="next.next_at", dump_default=None, allow_none=True)
    reason = fields.String(attribute="next.reason", dump_default=None, allow_none=True)
    last_success_at = InstantField(allow_none=True)
    overdue_since = InstantField(allow_none=True)
    links = fields.Function(_links, metadata=LINKS)


class PreviewedLookSchema(Schema):
    """A look ahead; ``timeseries_id`` is null where it is the rule's time for all series, before their jitter."""

    at = InstantField(attribute="look.at")
    reason = fields.String(attribute="look.reason")
    timeseries_id = fields.UUID(attribute="series_id", allow_none=True)


class NextLookSchema(Schema):
    """When a series is looked at next, by which schedule, and why then; ``expected_at`` is when its next release is expected."""

    at = InstantField(attribute="next_at")
    reason = fields.String()
    expected_at = InstantField(allow_none=True)
    last_success_at = InstantField(allow_none=True)
    overdue_since = InstantField(allow_none=True)
    schedule_id = fields.UUID()
