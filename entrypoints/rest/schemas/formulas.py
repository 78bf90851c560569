"""Schemas of formulas, of requests for them, and of their results."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields

from domain.formulas.computing import Component, Computed
from domain.formulas.evaluation import EVALUATOR_VERSION
from domain.use_cases.list_formula_vintages import FormulaVintage
from domain.use_cases.manage_formulas import FormulaState
from entrypoints.rest.fields import LINKS, DateOrInstantField, InstantField, TextField
from entrypoints.rest.http.links import public_path

_TEXT_ERRORS: dict[str, Any] = {"null": "must not be null.", "invalid": "must be a string."}


def _links(formula: FormulaState) -> dict[str, str]:
    series = formula.series
    here = public_path(f"/timeseries/{series.id}")
    return {"self": public_path(f"/formulas/{series.code}"), "timeseries": here, "data": f"{here}/data", "vintages": f"{here}/vintages"}


class FormulaRequestSchema(Schema):
    """The body of ``PUT /formulas/{database}/{dataset}``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    expression = TextField("FRED('GS10') - FRED('GS2')", required=True)
    unit = fields.String(load_default="", metadata={"examples": ["Percentage points"]}, error_messages=_TEXT_ERRORS)
    title = fields.String(load_default="", metadata={"examples": ["Term spread"]}, error_messages=_TEXT_ERRORS)


class DefinitionSchema(Schema):
    """One version of a formula's definition."""

    number = fields.Integer()
    position = fields.Integer()
    defined_at = InstantField()
    expression = fields.String(attribute="definition.expression")
    unit = fields.String(attribute="definition.unit")
    title = fields.String(attribute="definition.title")
    components = fields.List(fields.String(), attribute="definition.components")


class FormulaSchema(Schema):
    """A formula with all versions of its definition, oldest first."""

    id = fields.UUID(attribute="series.id")
    code = fields.String(attribute="series.code")
    title = fields.String(attribute="current.definition.title")
    expression = fields.String(attribute="current.definition.expression")
    unit = fields.String(attribute="series.metadata.unit")
    components = fields.List(fields.String(), attribute="current.definition.components")
    looks_ahead = fields.Boolean()
    definition = fields.Integer(attribute="current.number")
    defined_at = InstantField(attribute="current.defined_at")
    versions = fields.List(fields.Nested(DefinitionSchema))
    links = fields.Function(_links, metadata=LINKS)


class DefinedFormulaSchema(FormulaSchema):
    """A formula as it was defined, and the series that were requested for it."""

    requested = fields.List(fields.String())


class ComponentSchema(Schema):
    """A series that was read, and which of its vintages."""

    code = fields.String()
    vintage = fields.Integer()


class ComputedSchema(Schema):
    """How a result was computed."""

    expression = fields.String()
    definition = fields.Integer()
    evaluator = fields.Integer()
    position = fields.Integer()
    known_at = InstantField()
    digest = fields.String()
    looks_ahead = fields.Boolean()
    components = fields.List(fields.Nested(ComponentSchema))


class FormulaVintageSchema(Schema):
    """A result of a formula that differs from the one before; ``as_of`` computes it from ``known_at`` on."""

    known_at = InstantField()
    rows = fields.Integer()
    first_date = DateOrInstantField(attribute="first")
    last_date = DateOrInstantField(attribute="last")
    added = fields.Integer()
    changed = fields.Integer()
    deleted = fields.Integer()
    digest = fields.String()
    definition = fields.Integer()
    evaluator = fields.Integer()
    components = fields.List(fields.Nested(ComponentSchema))
    links = fields.Raw(metadata=LINKS)


def computed_document(computed: Computed) -> dict[str, Any]:
    """Return how a result was computed."""
    vintage = computed.state.vintage
    return {
        "expression": computed.version.definition.expression,
        "definition": computed.version.number,
        "evaluator": EVALUATOR_VERSION,
        "position": computed.position,
        "known_at": vintage.known_at,
        "digest": vintage.digest,
        "looks_ahead": computed.looks_ahead,
        "components": list(map(component_document, computed.components)),
    }


def formula_vintage_document(found: FormulaVintage) -> dict[str, Any]:
    """Return a result in the list of a formula."""
    schema, computed = FormulaVintageSchema(), computed_document(found.computed)
    about = {name: computed[name] for name in ("definition", "evaluator", "components")}
    return {**schema.dump(found.vintage), **about}


def component_document(component: Component) -> dict[str, Any]:
    """Return a series that was read, and which of its vintages."""
    return {"code": f"{component.series.provider}:{component.series.code}", "vintage": component.vintage.number}
