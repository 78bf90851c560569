"""Schemas of equivalences, divergences, rules of splices, and candidates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode
from domain.frequency import Frequency
from domain.schedules.durations import parse_duration, write_duration
from domain.source_status import SourceStatus
from domain.stand_ins.candidates import Candidate
from domain.stand_ins.equivalence import DEFAULT_TOLERANCE, LONGEST_AFTER, Divergence, Equivalence, Member, Side
from entrypoints.rest.fields import LINKS, ColumnsField, DateOrInstantField, EnumField, InstantField, StrictFlag, StrictNumber, TextField
from entrypoints.rest.http.links import public_path
from entrypoints.rest.schemas.providers import ProviderHitsSchema

_COLUMNS = {"type": "object", "additionalProperties": {"type": "string"}}


class EquivalenceChangeSchema(Schema):
    """The body of ``PATCH /equivalences/{id}``; loads as the changes of ``ManageEquivalences``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    scale = StrictNumber(metadata={"examples": [1000]})
    tolerance = StrictNumber(metadata={"examples": [DEFAULT_TOLERANCE]})
    prefer = EnumField(Side, error=f"must be one of {', '.join(Side)}.")
    columns = ColumnsField({"Close": "Adj. Close"})
    failover = StrictFlag()
    failover_after = TextField("3d")

    @post_load
    def changes(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the changes as domain values; raises InvalidInput."""
        if "prefer" in given:
            given["prefer"] = Side(given["prefer"])
        if "failover_after" in given:
            bounds = {"least": timedelta(0), "most": LONGEST_AFTER}
            given["failover_after"] = parse_duration(given["failover_after"], field="failover_after", **bounds)
        return given


class EquivalenceRequestSchema(EquivalenceChangeSchema):
    """The body of ``POST /equivalences``; loads as the arguments of ``ManageEquivalences.create``."""

    a = TextField("fred:FRED/DGS10", required=True)
    b = TextField("us_treasury:USTREASURY/YIELD", required=True)

    @post_load
    def named(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the two series as provider and code; raises InvalidInput, which names the field."""
        return given | {side.value: _parse(given[side], side) for side in Side}


def _parse(text: str, field: str) -> tuple[str | None, DatasetCode]:
    try:
        return parse_reference(text)
    except InvalidCode as error:
        raise InvalidCode(error.message, field=field, hint=error.hint) from error


class MemberSchema(Schema):
    """A series of an equivalence."""

    id = fields.UUID()
    provider = fields.String()
    code = fields.String()


def _links(equivalence: Equivalence) -> dict[str, str]:
    return {
        "self": public_path(f"/equivalences/{equivalence.id}"),
        "divergences": public_path(f"/divergences?equivalence={equivalence.id}"),
    }


class EquivalenceSchema(Schema):
    """Two series that should agree."""

    id = fields.UUID()
    a = fields.Nested(MemberSchema)
    b = fields.Nested(MemberSchema)
    scale = fields.Float()
    tolerance = fields.Float()
    prefer = EnumField(Side)
    columns = fields.Raw(metadata=_COLUMNS)
    failover = fields.Boolean()
    failover_after = fields.Function(lambda each: write_duration(each.failover_after), metadata={"type": "string"})
    diverging = fields.Integer()
    compared_at = InstantField(allow_none=True)
    created_at = InstantField()
    links = fields.Function(_links, metadata=LINKS)


class DivergingCellSchema(Schema):
    """Two values that differ by more than the tolerance; ``difference`` is a share of the larger one."""

    date = fields.String()
    column = fields.String()
    a = fields.Float()
    b = fields.Float()
    difference = fields.Float()


def _vintages(divergence: Divergence) -> dict[str, int]:
    return {side.value: number for side, number in zip(Side, divergence.vintages, strict=True)}


def _divergence_links(divergence: Divergence) -> dict[str, str]:
    members: dict[str, Member] = {"a": divergence.a, "b": divergence.b}
    numbers = _vintages(divergence)
    found = {name: public_path(f"/timeseries/{member.id}/vintages/{numbers[name]}") for name, member in members.items()}
    return {"equivalence": public_path(f"/equivalences/{divergence.equivalence_id}"), **found}


class DivergenceSchema(Schema):
    """Values that an arrival brought apart."""

    position = fields.Integer()
    equivalence_id = fields.UUID()
    a = fields.Nested(MemberSchema)
    b = fields.Nested(MemberSchema)
    found_at = InstantField()
    arrived = EnumField(Side, allow_none=True)
    vintages = fields.Function(_vintages, metadata={"type": "object", "additionalProperties": {"type": "integer"}})
    values = fields.Integer(attribute="count")
    diverging = fields.Integer()
    first_date = fields.String(attribute="first")
    last_date = fields.String(attribute="last")
    largest_difference = fields.Float(attribute="largest")
    cells = fields.List(fields.Nested(DivergingCellSchema))
    links = fields.Function(_divergence_links, metadata=LINKS)


class SpliceRuleSchema(Schema):
    """A rule by which a series is read from a moment on; one without a stand-in ends a splice."""

    number = fields.Integer()
    position = fields.Integer()
    made_at = InstantField()
    stand_in = fields.String(allow_none=True)
    start_date = DateOrInstantField(attribute="start")
    scale = fields.Float()
    columns = fields.Raw(metadata=_COLUMNS)
    reason = fields.String()


class EvidenceSchema(Schema):
    """How a candidate agrees with a series on the periods that both have."""

    column = fields.String()
    other_column = fields.String()
    overlap = fields.Integer()
    first_date = DateOrInstantField(attribute="first")
    last_date = DateOrInstantField(attribute="last")
    correlation = fields.Float(allow_none=True)
    correlation_of_changes = fields.Float(allow_none=True)
    scale = fields.Float()
    largest_difference = fields.Float()
    typical_difference = fields.Float()


class CandidateSchema(Schema):
    """A series that may stand in for another."""

    timeseries_id = fields.UUID(attribute="id", allow_none=True)
    provider = fields.String()
    code = fields.String()
    name = fields.String()
    frequency = EnumField(Frequency, allow_none=True)
    unit = fields.String()
    first_date = DateOrInstantField(attribute="first")
    last_date = DateOrInstantField(attribute="last")
    status_at_source = EnumField(SourceStatus, allow_none=True)
    similarity = fields.Float()
    evidence = fields.Nested(EvidenceSchema, allow_none=True)
    equivalence = fields.Raw(metadata={"type": ["object", "null"]})


class StandInsSchema(Schema):
    """The candidates for a series, best first, and what became of the searches at providers."""

    query = fields.String()
    items = fields.List(fields.Nested(CandidateSchema))
    providers = fields.List(fields.Nested(ProviderHitsSchema), attribute="searched")


def candidate_document(candidate: Candidate, reference: str) -> dict[str, Any]:
    """Return a candidate, with the body of the request that makes it the stand-in of a series, if it is stored."""
    shown = candidate.evidence
    body = None
    if shown:
        columns = {shown.column: shown.other_column}
        body = {"a": reference, "b": f"{candidate.provider}:{candidate.code}", "scale": shown.scale, "columns": columns, "failover": True}
    return {**CandidateSchema(exclude=("equivalence",)).dump(candidate), "equivalence": body}
