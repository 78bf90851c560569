"""Rows of the tables of equivalences, divergences and rules of splices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import Select, select

from adapters.sql.tables import divergences, equivalences, series, splices
from domain.codes import DatasetCode
from domain.stand_ins.equivalence import Divergence, DivergingCell, Equivalence, Member, Side
from domain.stand_ins.splice import SpliceRule

_A, _B = series.alias("a"), series.alias("b")
_CARRIED = ("id", "scale", "tolerance", "failover", "created_at", "position", "diverging", "compared_at")
_FOUND = ("position", "found_at", "compared", "count", "diverging", "first", "last")
_RULE = ("number", "position", "made_at", "stand_in", "scale", "reason")


def with_members(of: Sequence[Any]) -> Select[Any]:
    """Return the query for columns of equivalences and for both of their series."""
    identities = (each.c[name] for each in (_A, _B) for name in ("id", "provider", "database_code", "dataset_code"))
    return select(*of, *identities).join(_A, _A.c.number == equivalences.c.a).join(_B, _B.c.number == equivalences.c.b)


def equivalence_row_of(equivalence: Equivalence) -> dict[str, Any]:
    """Return an equivalence's row, without the numbers of its series."""
    return {
        **{name: getattr(equivalence, name) for name in _CARRIED},
        "prefer": equivalence.prefer.value,
        "columns": orjson.dumps(dict(equivalence.columns)).decode(),
        "failover_after": equivalence.failover_after.total_seconds(),
    }


def equivalence_from(row: Mapping[Any, Any]) -> Equivalence:
    """Return the equivalence in a row with its series."""
    return Equivalence(a=_member(row, _A), b=_member(row, _B), **_terms_from(row))


def check_terms(row: Mapping[str, Any]) -> None:
    """Raise InvalidInput, or ValueError, if a row, whichever its series are, holds no equivalence."""
    anyone = Member(row["id"], "", DatasetCode("X", "X"))
    Equivalence(a=anyone, b=anyone, **_terms_from({column: row[column.name] for column in equivalences.c})).check()


def _terms_from(row: Mapping[Any, Any]) -> dict[str, Any]:
    columns = orjson.loads(row[equivalences.c["columns"]])
    if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns.values()):
        raise ValueError("its columns are not names")
    return {
        **{name: row[equivalences.c[name]] for name in _CARRIED},
        "prefer": Side(row[equivalences.c.prefer]),
        "columns": columns,
        "failover_after": timedelta(seconds=row[equivalences.c.failover_after]),
    }


def _member(row: Mapping[Any, Any], of: Any) -> Member:
    return Member(row[of.c.id], row[of.c.provider], DatasetCode(row[of.c.database_code], row[of.c.dataset_code]))


def divergence_row_of(divergence: Divergence) -> dict[str, Any]:
    """Return a divergence's row."""
    vintage_a, vintage_b = divergence.vintages
    return {
        **{name: getattr(divergence, name) for name in _FOUND},
        "equivalence": divergence.equivalence_id,
        "arrived": divergence.arrived and divergence.arrived.value,
        "vintage_a": vintage_a,
        "vintage_b": vintage_b,
        "cells": orjson.dumps([asdict(cell) for cell in divergence.cells]).decode(),
    }


def divergence_from(row: Mapping[Any, Any]) -> Divergence:
    """Return the divergence in a row with the series of its equivalence."""
    return Divergence(equivalence_id=row[divergences.c.equivalence], a=_member(row, _A), b=_member(row, _B), **findings_from(row))


def findings_from(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a row of a divergence says besides its equivalence."""
    arrived = row[divergences.c.arrived]
    return {
        **{name: row[divergences.c[name]] for name in _FOUND},
        "arrived": Side(arrived) if arrived else None,
        "vintages": (row[divergences.c.vintage_a], row[divergences.c.vintage_b]),
        "cells": [DivergingCell(**cell) for cell in orjson.loads(row[divergences.c.cells])],
    }


def rule_row_of(rule: SpliceRule) -> dict[str, Any]:
    """Return a rule's row, without its series."""
    return {
        **{name: getattr(rule, name) for name in _RULE},
        "start": rule.start.isoformat() if rule.start else None,
        "columns": orjson.dumps(dict(rule.columns)).decode(),
    }


def rule_from(row: Mapping[Any, Any]) -> SpliceRule:
    """Return the rule in a row."""
    start = row[splices.c.start]
    return SpliceRule(
        **{name: row[splices.c[name]] for name in _RULE},
        start=date.fromisoformat(start) if start else None,
        columns=orjson.loads(row[splices.c["columns"]]),
    )
