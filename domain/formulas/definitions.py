"""Definitions of formulas: what each version says, and since when it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotKnownYet
from domain.formulas.expressions import Expression
from domain.formulas.parsing import parse
from domain.moments import AsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """
    What a formula is.

    Attributes:
        expression: its text as it was given.
        unit: of its values; empty if it is to follow from the series that it reads.
        title: empty for none.
        components: the series that it reads as ``provider:DATABASE/DATASET``, in the order in which the expression names them.

    """

    expression: str
    unit: str = ""
    title: str = ""
    components: tuple[str, ...]

    def parsed(self) -> Expression:
        """Return its expression; raises InvalidFormula."""
        return parse(self.expression)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaVersion:
    """
    One version of a formula's definition.

    Attributes:
        number: order of the versions of its formula, from 1.
        position: in the feed of all series: an answer that is pinned before it does not know this version.

    """

    number: int
    position: int
    defined_at: datetime
    definition: Definition


def version_at(versions: Sequence[FormulaVersion], moment: AsOf, name: str) -> FormulaVersion:
    """
    Return the version that a moment selects: the last one, or the last before its ``position`` and its ``definition_as_of``.

    Raises:
        NotKnownYet: the formula was not defined by then.

    """
    known = [
        each
        for each in versions
        if (moment.position is None or each.position <= moment.position)
        and (moment.definition_as_of is None or each.defined_at <= moment.definition_as_of)
    ]
    if not known:
        raise NotKnownYet(f"The formula {name} was not defined then.")
    return known[-1]
