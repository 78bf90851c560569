"""What responses with observations say of the state that was read."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from domain.stand_ins.splice import Spliced
from domain.use_cases.read_series import Reading
from entrypoints.rest.fields import DateOrInstantField, InstantField
from entrypoints.rest.schemas.formulas import ComponentSchema, component_document, computed_document
from entrypoints.rest.schemas.vintages import VintageSchema


class SplicedSchema(Schema):
    """The rule by which a series was read."""

    rule = fields.Integer()
    position = fields.Integer()
    made_at = InstantField()
    known_at = InstantField()
    stand_in = fields.String()
    start_date = DateOrInstantField()
    scale = fields.Float()
    columns = fields.Raw(metadata={"type": "object", "additionalProperties": {"type": "string"}})
    reason = fields.String()
    digest = fields.String()
    components = fields.List(fields.Nested(ComponentSchema))


def state_document(reading: Reading) -> dict[str, Any]:
    """Return the members that say which state was read: ``vintage``, or ``formula`` or ``splice`` if it is not stored."""
    if reading.computed:
        return {"vintage": None, "formula": computed_document(reading.computed)}
    if reading.spliced:
        return {"vintage": None, "splice": spliced_document(reading.spliced)}
    return {"vintage": VintageSchema().dump(reading.vintage)}


def spliced_document(spliced: Spliced) -> dict[str, Any]:
    """Return how a series was read by a rule."""
    rule, vintage = spliced.rule, spliced.state.vintage
    return {
        "rule": rule.number,
        "position": spliced.position,
        "made_at": rule.made_at,
        "known_at": vintage.known_at,
        "stand_in": rule.stand_in,
        "start_date": rule.start,
        "scale": rule.scale,
        "columns": rule.columns,
        "reason": rule.reason,
        "digest": vintage.digest,
        "components": list(map(component_document, spliced.components)),
    }
