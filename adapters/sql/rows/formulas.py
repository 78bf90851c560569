"""Rows of the table of formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from adapters.sql.tables import formulas
from domain.formulas.definitions import Definition, FormulaVersion


def version_from(row: Mapping[Any, Any]) -> FormulaVersion:
    """Return the version in a row with its columns."""
    definition = Definition(
        expression=row[formulas.c.expression],
        unit=row[formulas.c.unit],
        title=row[formulas.c.title],
        components=tuple(orjson.loads(row[formulas.c.components])),
    )
    return FormulaVersion(
        number=row[formulas.c.number], position=row[formulas.c.position], defined_at=row[formulas.c.defined_at], definition=definition
    )
