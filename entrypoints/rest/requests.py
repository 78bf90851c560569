"""Marshmallow schemas of requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema
from marshmallow.exceptions import SCHEMA

from domain.api_keys import Scope, TokenForm
from domain.codes import DatasetCode
from domain.fetches import Allowed, Suspicion
from domain.use_cases.request_batch import MOST
from entrypoints.rest.fields import EnumField, StrictBoolean, TextField, enum_list
from entrypoints.rest.http.body import json_pointer
from entrypoints.rest.http.errors import Problem
from entrypoints.rest.http.params import parse_code, suggestion

_MAX_ERRORS = 10
_MAX_NAME_LENGTH = 40
_MOST_DAYS = 36_500


def allowed(given: dict[str, Any]) -> Allowed:
    """Return what the members ``allow`` and ``allow_shrink`` of a request allow together."""
    return frozenset(map(Suspicion, given["allow"])) | ({Suspicion.SHRINK} if given["allow_shrink"] else set())


class FetchRequestSchema(Schema):
    """The body of ``POST /timeseries``; loads as the arguments of ``RequestFetch``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form
    #: What the OpenAPI document says about combinations of members.
    openapi_extra: ClassVar = {"oneOf": [{"required": ["code"]}, {"required": ["database_code", "dataset_code"]}]}

    code = TextField("FRED/GDP")
    database_code = TextField("FRED")
    dataset_code = TextField("GDP")
    provider = TextField("fred")
    refresh = StrictBoolean()
    allow_shrink = StrictBoolean()
    allow = enum_list(Suspicion)

    @validates_schema
    def one_code(self, given: dict[str, Any], **_: Any) -> None:
        """Require either ``code`` or its two parts."""
        parts = ("database_code", "dataset_code")
        if "code" not in given:
            missing = {part: ["is missing."] for part in parts if part not in given}
            if missing:
                raise ValidationError(missing)
        elif any(part in given for part in parts):
            raise ValidationError({"code": ["replaces database_code and dataset_code: give either it or them."]})

    @post_load
    def arguments(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the arguments as domain values."""
        provider = given.get("provider")
        if "code" in given:
            provider, code = parse_code(given["code"], provider)
        else:
            code = DatasetCode(given["database_code"], given["dataset_code"])
        return {"code": code, "provider": provider, "refresh": given["refresh"], "allow": allowed(given)}


class RefreshSchema(Schema):
    """The body of ``POST /timeseries/{id}/fetches``, which may be empty."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    allow_shrink = StrictBoolean()
    allow = enum_list(Suspicion)

    @post_load
    def arguments(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the arguments as domain values."""
        return {"allow": allowed(given)}


class BatchRequestSchema(Schema):
    """The body of ``POST /fetches``; loads as the arguments of ``RequestBatch``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    codes = fields.List(
        TextField("FRED/GDP"),
        required=True,
        validate=validate.Length(1, MOST, error=f"must be 1 to {MOST} codes or masks."),
        error_messages={"required": "is missing.", "null": "must be a list.", "invalid": "must be a list."},
    )
    provider = TextField("fred")
    refresh = StrictBoolean()
    allow = enum_list(Suspicion)

    @post_load
    def arguments(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the arguments as domain values."""
        return given | {"allow": frozenset(map(Suspicion, given["allow"]))}


class KeyRequestSchema(Schema):
    """The body of ``POST /keys``."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field of this request."}  # noqa: RUF012 - marshmallow's form

    name = TextField("dashboard", required=True)
    scopes = enum_list(Scope, (Scope.READ, Scope.FETCH))
    days = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, _MOST_DAYS, error=f"must be from 1 to {_MOST_DAYS}."),
        error_messages={"invalid": "must be a whole number."},
    )
    limit = TextField("20/1,100/10", load_default=None)
    form = EnumField(TokenForm, error="must be lanner or fred.", load_default=TokenForm.LANNER.value)


def load(schema: Schema, document: dict[str, Any]) -> dict[str, Any]:
    """
    Return a body's values after validation.

    Raises:
        Problem: with a JSON pointer to each of the first errors.

    """
    try:
        loaded: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        errors = list(islice(_errors(schema, error.messages_dict), _MAX_ERRORS))
        detail = " ".join(fault["detail"] for fault in errors)
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail, errors=errors) from error
    return loaded


def _errors(schema: Schema, messages: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name, texts in messages.items():
        hint = "" if name in schema.fields else " " + suggestion(name, schema.fields)
        shown = name if name in schema.fields else repr(name[:_MAX_NAME_LENGTH])
        # The faults of a list's items stand under their places, those of an object's members under their names.
        places = texts.items() if isinstance(texts, Mapping) else [(None, texts)]
        for place, faults in places:
            item, pointer = _place(place)
            # An item that is an object has faults by member.
            of_members = faults.items() if isinstance(faults, Mapping) else [(SCHEMA, faults)]
            for member, found in of_members:
                inside = (f".{member[:_MAX_NAME_LENGTH]}", json_pointer(member)) if member != SCHEMA else ("", "")
                yield {"pointer": json_pointer(name) + pointer + inside[1], "detail": f"{shown}{item}{inside[0]} {found[0]}{hint}"}


def _place(place: str | int | None) -> tuple[str, str]:
    """Return how a message and a pointer go on to an item of a list, or to a member of an object."""
    if place is None or place == SCHEMA:
        return "", ""
    return (f"[{place}]", f"/{place}") if isinstance(place, int) else (f".{place[:_MAX_NAME_LENGTH]}", json_pointer(place))
