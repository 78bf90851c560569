"""Schemas of imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from domain.fetches import Suspicion
from domain.importing import IMPORT
from entrypoints.rest.fields import InstantField, StrictBoolean, TextField, enum_list

_MAP = "must be an object of date, code, value and published with the names of columns."


class ColumnsField(fields.Field[Mapping[str, list[str]]]):
    """An object from a role to a column's name, or to a list of names."""

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - marshmallow's form
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **_: Any,
    ) -> Mapping[str, list[str]]:
        if not isinstance(value, dict):
            raise ValidationError(_MAP)
        lists = {role: [names] if isinstance(names, str) else names for role, names in value.items()}
        if not all(isinstance(names, list) and names and all(isinstance(name, str) for name in names) for names in lists.values()):
            raise ValidationError(_MAP)
        return lists


class ImportRequestSchema(Schema):
    """The body of ``POST /imports``; loads as the members of ``ImportRequest``, and ``path``, ``allow`` and ``dry_run``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form
    openapi_extra: ClassVar = {"required": ["path", "database"]}

    path = TextField("downloads/gdp")
    database = TextField("GDPS", required=True)
    layout = TextField("by-ticker", load_default="wide")
    map = ColumnsField(load_default=dict, data_key="map", metadata={"type": "object", "additionalProperties": True})
    published = TextField("filename", load_default="")
    into = TextField("fred", load_default=IMPORT)
    options = fields.Dict(
        keys=fields.String(), load_default=dict, error_messages={"invalid": "must be an object.", "null": "must be an object."}
    )
    allow = enum_list(Suspicion)
    dry_run = StrictBoolean()

    @post_load
    def arguments(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the arguments as domain values."""
        return {**given, "allow": frozenset(map(Suspicion, given["allow"]))}


class ImportedSeriesSchema(Schema):
    """What files added to a series, or would add."""

    provider = fields.String()
    code = fields.String()
    states = fields.Integer()
    vintages = fields.Integer()
    given = fields.Integer()
    rows = fields.Integer()
    first_known_at = InstantField(attribute="first", allow_none=True)
    last_known_at = InstantField(attribute="last", allow_none=True)
