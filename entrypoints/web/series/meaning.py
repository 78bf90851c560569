"""What metadata say, and how they changed, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.revisions import ColumnsChanged
from domain.series import Metadata, MetadataChange

_MARKS = {",": "a comma", ".": "a point"}
_FIELDS = {"seasonal_adjustment": "seasonal adjustment", "column_units": "units of the columns", "extra.dialect": "way of writing"}


def further_facts(metadata: Metadata) -> Sequence[tuple[str, str]]:
    """Return the further entries of metadata with their names."""
    return [(_FIELDS.get(f"extra.{name}", name).capitalize(), _written(f"extra.{name}", value)) for name, value in metadata.extra.items()]


def said_change(change: MetadataChange) -> tuple[str, str, str]:
    """Return what changed, from what, and to what."""
    before, after = (
        _written(change.field, value) if value not in (None, "", {}, [], ()) else "none" for value in (change.before, change.after)
    )
    return _FIELDS.get(change.field, change.field.removeprefix("extra.")), before, after


def said_columns(changed: ColumnsChanged) -> str:
    """Say which columns came and went."""
    parts = [f"lost the column “{name}”" for name in changed.removed] + [f"new column “{name}”" for name in changed.added]
    return ", ".join(parts)


def _written(name: str, value: Any) -> str:
    if name == "extra.dialect" and isinstance(value, Mapping):
        return said_dialect(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_written('', each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_written("", each) or "–" for each in value)
    return str(value)


def said_dialect(dialect: Mapping[str, str]) -> str:
    """Say how dates and numbers are written; ``dates`` and ``numbers`` are keys of their own, all others are columns."""
    parts = []
    for name, form in dialect.items():
        if name == "dates":
            parts.append(f"dates as {form}")
        else:
            whose = "numbers" if name == "numbers" else f"numbers of {name}"
            parts.append(f"{whose} with {_MARKS.get(form, form)} as the decimal mark")
    return "; ".join(parts)
