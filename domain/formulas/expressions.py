"""Expressions: a formula as a tree, which writes itself as text again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.codes import DatasetCode

#: Functions that use later values than the date's own.
_LEADING, _SHIFTED, _FILLED, _NEXT = "lead", "shift", "fillna", "next"
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float

    def __str__(self) -> str:
        return repr(self.value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Text:
    """A text, which only functions take."""

    value: str

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, slots=True)
class Reference:
    """
    A series by its code.

    Attributes:
        provider: None for the one that the code is routed to.
        column: by its name; None if the series has only one.

    """

    provider: str | None
    code: DatasetCode
    column: str | None = None

    @property
    def written(self) -> str:
        """The series alone, ``[provider:]DATABASE/DATASET``."""
        return f"{self.provider}:{self.code}" if self.provider else str(self.code)

    def __str__(self) -> str:
        column = f"[{self.column!r}]" if self.column is not None else ""
        if self.provider is None and self.code.database.isidentifier():
            return f"{self.code.database}({self.code.dataset!r}){column}"
        return f"series({self.written!r}){column}"


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign, ``+`` or ``-``, and its operand."""

    operator: str
    operand: Expression

    def __str__(self) -> str:
        return f"{self.operator}{_inner(self.operand)}"


@dataclass(frozen=True, slots=True)
class Binary:
    """An arithmetic operation, or a comparison."""

    operator: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{_inner(self.left)} {self.operator} {_inner(self.right)}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Expression, ...]

    @property
    def looks_ahead(self) -> bool:
        """Whether it uses values of later dates."""
        last = self.arguments[-1]
        leads = self.name == _SHIFTED and isinstance(last, Number) and last.value < 0
        return self.name == _LEADING or leads or (self.name == _FILLED and last == Text(_NEXT))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


Expression = Number | Text | Reference | Unary | Binary | Call


def nodes(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all that it consists of."""
    yield expression
    match expression:
        case Unary():
            yield from nodes(expression.operand)
        case Binary():
            yield from nodes(expression.left)
            yield from nodes(expression.right)
        case Call():
            for argument in expression.arguments:
                yield from nodes(argument)


def references(expression: Expression) -> tuple[str, ...]:
    """Return the series that an expression reads, as they are written, each once."""
    return tuple(dict.fromkeys(node.written for node in nodes(expression) if isinstance(node, Reference)))


def looks_ahead(expression: Expression) -> bool:
    """Return whether a value depends on values of later dates, so that no back-test may use it."""
    return any(isinstance(node, Call) and node.looks_ahead for node in nodes(expression))


def _inner(operand: Expression) -> str:
    return f"({operand})" if isinstance(operand, (Unary, Binary)) else str(operand)
