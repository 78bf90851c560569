"""Schemas of quality gates: those that hold, those of one series, and the cells that one refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from domain.errors import InvalidInput
from domain.gates.cells import Gate
from domain.gates.settings import WRONG_DEVIATIONS, check_deviations
from entrypoints.rest.fields import EnumField, StrictFlag, StrictNumber


class SuspiciousCellSchema(Schema):
    """A cell that a gate refused: what it was before, and between what it was expected."""

    gate = EnumField(Gate)
    date = fields.String()
    column = fields.String(allow_none=True)
    value = fields.Float(allow_none=True)
    before = fields.Float(allow_none=True)
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)


class GatesSchema(Schema):
    """The gates that hold; ``deviations`` of 0 is off."""

    deviations = fields.Float()
    scale = fields.Boolean()
    frequency = fields.Boolean()


class SeriesGatesSchema(Schema):
    """The gates that are set for one series; null is as its provider has it."""

    deviations = fields.Float(allow_none=True)
    scale = fields.Boolean(allow_none=True)
    frequency = fields.Boolean(allow_none=True)


def _check_deviations(number: float) -> None:
    try:
        check_deviations(number)
    except InvalidInput as error:
        raise ValidationError(WRONG_DEVIATIONS.removeprefix("deviations ")) from error


class GatesChangeSchema(Schema):
    """Gates to set for one series; what is absent stays, and null is as its provider has it."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a gate.", "type": "must be an object."}  # noqa: RUF012 - marshmallow's form

    deviations = StrictNumber(allow_none=True, metadata={"examples": [8]}, validate=_check_deviations)
    scale = StrictFlag(allow_none=True)
    frequency = StrictFlag(allow_none=True)


class SeriesChangeSchema(Schema):
    """The body of ``PATCH /timeseries/{id}``; loads as the changes of ``ManageGates``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    gates = fields.Nested(
        GatesChangeSchema,
        required=True,
        error_messages={"required": "is missing.", "null": "must be an object."},
    )

    @post_load
    def changes(self, given: dict[str, Any], **_: Any) -> Mapping[str, float | bool | None]:
        """Return what is to be changed, by the gate's name."""
        changes: Mapping[str, float | bool | None] = given["gates"]
        return changes
