"""Fields of requests and responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from marshmallow import fields, missing, validate


class TextField(fields.String):
    """A non-empty string."""

    default_error_messages = {"required": "is missing.", "null": "must not be null.", "invalid": "must be a string."}  # noqa: RUF012 - marshmallow's form

    def __init__(self, example: str, **more: Any) -> None:
        super().__init__(validate=validate.Length(min=1, error="must not be empty."), metadata={"examples": [example]}, **more)


class StrictFlag(fields.Boolean):
    """``true`` or ``false``, no strings or numbers."""

    default_error_messages = {"null": "must be true or false.", "invalid": "must be true or false."}  # noqa: RUF012 - marshmallow's form

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:  # noqa: ARG002 - marshmallow's form
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class StrictBoolean(StrictFlag):
    """The same; false if absent."""

    def __init__(self) -> None:
        super().__init__(load_default=False)


class StrictNumber(fields.Float):
    """A finite number, no string."""

    default_error_messages = dict.fromkeys(("null", "invalid", "special", "too_large"), "must be a number.")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, (bool, str)):
            raise self.make_error("invalid")
        number: float = super()._deserialize(value, attr, data, **kwargs)
        return number


class ColumnsField(fields.Field[Any]):
    """Columns of one series and those of another that belong to them: an object, or a list of names that both have."""

    default_error_messages = dict.fromkeys(("null", "invalid"), "must be an object of column names, or a list of them.")

    def __init__(self, example: Mapping[str, str]) -> None:
        names = {"type": "object", "additionalProperties": {"type": "string"}}
        super().__init__(metadata={"anyOf": [names, {"type": "array", "items": {"type": "string"}}], "examples": [example]})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Mapping[str, str]:  # noqa: ARG002 - marshmallow's form
        given = dict(zip(value, value, strict=True)) if isinstance(value, list) and all(isinstance(name, str) for name in value) else value
        if not isinstance(given, dict) or not all(isinstance(name, str) for name in given.values()):
            raise self.make_error("invalid")
        return given


class EnumField(fields.String):
    """The value of an enumeration."""

    def __init__(self, kind: type[StrEnum], error: str | None = None, **more: Any) -> None:
        super().__init__(validate=validate.OneOf([word.value for word in kind], error=error), **more)
        if error:
            self.error_messages |= {"invalid": error, "null": error}


def enum_list(kind: type[StrEnum], default: Sequence[StrEnum] | None = ()) -> fields.List[Any]:
    """
    Return the field of a request that lists values of an enumeration; what is wrong is named by its place.

    Args:
        default: None if the field may be absent.

    """
    words = EnumField(kind, error=f"must be one of {', '.join(kind)}.")
    absent: Any = missing if default is None else [*default]
    return fields.List(words, load_default=absent, error_messages={"invalid": "must be a list.", "null": "must be a list."})


class InstantField(fields.Raw):
    """An instant; the JSON encoder formats it."""

    def __init__(self, *, allow_none: bool = False, **more: Any) -> None:
        # apispec adds null to a type only if the type comes from the field's class.
        kind = ["string", "null"] if allow_none else "string"
        super().__init__(**{"metadata": {"type": kind, "format": "date-time"}, **more})


class DateOrInstantField(InstantField):
    """A day, an instant, or null."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"type": ["string", "null"]}, **more)


LINKS = {"type": "object", "additionalProperties": {"type": "string"}}
