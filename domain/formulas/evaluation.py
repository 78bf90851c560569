"""Evaluate an expression: its series are read by the caller, at the moment that ``as_of`` leaves of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from domain.errors import FormulaFailed
from domain.formulas.expressions import Binary, Call, Expression, Number, Reference, Text, Unary
from domain.formulas.functions import FUNCTIONS, Argument, Value, combined, with_values
from domain.formulas.lines import Line
from domain.formulas.parsing import DEEPEST
from domain.moments import parse_moment

#: Raised whenever the values of an unchanged definition change.
EVALUATOR_VERSION = 1
#: The most cells that one evaluation may go through, at worst two seconds' work.
MOST_CELLS = 20_000_000
#: The function whose windows take time, of which so many values count as one.
_WINDOWED, _FASTER = "ma", 10
#: Functions that go through their values one by one in Python.
_SLOW, _SLOWER = ("ewma",), 20

#: Returns the line of a series; the moment, if there is one, is the latest at which ``as_of`` of the formula has it read.
Read = Callable[[Reference, datetime | None], Line]


@dataclass(slots=True)
class Budget:
    """What an evaluation may still do, and how deep it is; all formulas that one reads share it."""

    cells: int = MOST_CELLS
    depth: int = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Go one part deeper; raise FormulaFailed if that is too deep, long before the interpreter would."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaFailed(f"With the formulas that it reads, the formula has more than {DEEPEST} parts inside each other.")
        yield
        self.depth -= 1

    def spend(self, cells: int) -> None:
        """Raise FormulaFailed if so many more cells are too many."""
        self.cells -= cells
        if self.cells < 0:
            hint = "Use shorter series, smaller windows or fewer functions, or collapse first."
            raise FormulaFailed(f"The formula goes through more than {MOST_CELLS} values.", hint=hint)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation: how it reads series, what it may still do, and the moment of the ``as_of`` around a part."""

    read: Read
    budget: Budget
    until: datetime | None = None

    def line(self, expression: Expression) -> Line:
        """
        Return the line that an expression makes.

        Raises:
            FormulaFailed: its series do not fit together, it is a number alone, or it takes too long.

        """
        with np.errstate(all="ignore"):
            value = self.value(expression)
        if not isinstance(value, Line):
            raise FormulaFailed("The formula makes a number alone, not a series.")
        return value

    def value(self, expression: Expression) -> Value:
        """Return a part's line or number."""
        if isinstance(expression, Number):
            return expression.value
        with self.budget.deeper():
            value = self._value(expression)
        if not isinstance(value, Line):
            return value
        self.budget.spend(len(value) + 1)
        return replace(value, source=expression)

    def _value(self, expression: Expression) -> Value:
        match expression:
            case Reference():
                return self.read(expression, self.until)
            case Unary():
                return self._signed(expression)
            case Binary():
                return self._combined(expression)
            case Call():
                return self._called(expression)
            case _:
                raise FormulaFailed("The formula makes a text, not a series.")

    def _signed(self, expression: Unary) -> Value:
        value = self.value(expression.operand)
        if expression.operator == "+":
            return value
        return with_values(value, -value.values, value.unit) if isinstance(value, Line) else -value

    def _combined(self, expression: Binary) -> Value:
        return combined(expression.operator, self.value(expression.left), self.value(expression.right))

    def _called(self, call: Call) -> Value:
        if call.name == "as_of":
            return self._earlier(*call.arguments)
        arguments = [self._argument(each) for each in call.arguments]
        longest = max((len(each) for each in arguments if isinstance(each, Line)), default=0)
        if call.name == _WINDOWED and isinstance(arguments[1], float):
            self.budget.spend(longest * int(arguments[1]) // _FASTER)
        self.budget.spend(longest * (_SLOWER if call.name in _SLOW else 1))
        return FUNCTIONS[call.name](*arguments)

    def _earlier(self, part: Expression, day: Expression) -> Value:
        moment = parse_moment(str(getattr(day, "value", "")), field="expression")
        return replace(self, until=min(moment, self.until) if self.until else moment).value(part)

    def _argument(self, expression: Expression) -> Argument:
        return expression.value if isinstance(expression, Text) else self.value(expression)
