"""Parse a formula: Python's grammar read by ``ast``, of which a few forms are allowed; nothing is ever run as Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite

from domain.codes import DatasetCode, parse_reference
from domain.errors import InvalidCode, InvalidFormula
from domain.formulas.expressions import Binary, Call, Expression, Number, Reference, Text, Unary, references
from domain.formulas.signatures import check_call

LONGEST, MOST_NODES, DEEPEST, MOST_SERIES = 4000, 1000, 100, 50
_MOST_NESTED = 60
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_DATABASE = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_SHOWN = 40
_SIGNS: Mapping[type[ast.AST], str] = {ast.UAdd: "+", ast.USub: "-"}
_OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


@lru_cache(256)
def parse(text: str) -> Expression:
    """
    Return the expression of a text.

    Raises:
        InvalidFormula: it is no formula, or is too long, too deep or has too many parts; the message says where.

    """
    line = " ".join(text.split("\n")).strip()
    _check_text(line)
    try:
        tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        raise InvalidFormula(f"The expression is not written correctly near character {error.offset or 1}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InvalidFormula("The expression is not written correctly.") from error
    _check_tree(tree)
    expression = _convert(tree)
    _check_series(expression)
    return expression


def _check_text(line: str) -> None:
    if not line:
        raise InvalidFormula("The expression is empty.")
    if len(line) > LONGEST:
        raise InvalidFormula(f"The expression has {len(line)} characters; the limit is {LONGEST}.")
    code = _QUOTED.sub("''", line)
    if "\\" in line or "#" in code or not line.isprintable():
        raise InvalidFormula("The expression holds a backslash, a comment or a character that cannot be printed.")
    depth = deepest = 0
    for character in code:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > _MOST_NESTED:
        raise InvalidFormula(f"The expression has {deepest} brackets inside each other; the limit is {_MOST_NESTED}.")


def _check_tree(tree: ast.expr) -> None:
    """Bound the tree without recursion, level by level."""
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        depth, count = depth + 1, count + len(level)
        if count > MOST_NODES or depth > DEEPEST:
            raise InvalidFormula(f"The expression has more than {MOST_NODES} parts, or more than {DEEPEST} inside each other.")
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _check_series(expression: Expression) -> None:
    read = references(expression)
    if not read:
        raise InvalidFormula("The expression reads no series.", hint="Name one, such as FRED('GS10') or series('fred:FRED/GS10').")
    if len(read) > MOST_SERIES:
        raise InvalidFormula(f"The expression reads {len(read)} series; the limit is {MOST_SERIES}.")


def _convert(node: ast.expr) -> Expression:
    convert = _CONVERSIONS.get(type(node))
    if convert is None:
        raise _not_allowed(node, f"{type(node).__name__} is not part of formulas")
    return convert(node)


def _constant(node: ast.Constant) -> Expression:
    if isinstance(node.value, str):
        return Text(node.value)
    if type(node.value) not in (int, float):
        raise _not_allowed(node, f"{str(node.value)[:_SHOWN]} is neither a number nor a text")
    try:
        value = float(node.value)  # type: ignore[arg-type]
    except OverflowError:
        value = float("inf")
    if not isfinite(value):
        raise _not_allowed(node, "a number is too large")
    return Number(value)


def _unary(node: ast.UnaryOp) -> Expression:
    if type(node.op) not in _SIGNS:
        raise _not_allowed(node, "the only signs are + and -")
    operand = _operand(node.operand)
    sign = _SIGNS[type(node.op)]
    if isinstance(operand, Number):
        return Number(-operand.value if sign == "-" else operand.value)
    return Unary(sign, operand)


def _binary(node: ast.BinOp) -> Expression:
    if type(node.op) not in _OPERATORS:
        raise _not_allowed(node, "the operators are + - * / **")
    return Binary(_OPERATORS[type(node.op)], _operand(node.left), _operand(node.right))


def _compare(node: ast.Compare) -> Expression:
    if len(node.ops) != 1 or type(node.ops[0]) not in _OPERATORS:
        raise _not_allowed(node, "a comparison has two sides and one of < <= > >= == !=")
    return Binary(_OPERATORS[type(node.ops[0])], _operand(node.left), _operand(node.comparators[0]))


def _operand(node: ast.expr) -> Expression:
    operand = _convert(node)
    if isinstance(operand, Text):
        raise _not_allowed(node, f"the text {operand.value[:_SHOWN]!r} stands where a series or a number belongs")
    return operand


def _call(node: ast.Call) -> Expression:
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise _not_allowed(node, "a function is called by its name, with arguments that have none")
    name, arguments = node.func.id, tuple(map(_convert, node.args))
    if name == "series" or _DATABASE.fullmatch(name):
        return _reference(node, name, arguments)
    if problem := check_call(name, arguments):
        raise _not_allowed(node, problem)
    return Call(name, arguments)


def _reference(node: ast.Call, name: str, arguments: tuple[Expression, ...]) -> Reference:
    if len(arguments) != 1 or not isinstance(arguments[0], Text):
        raise _not_allowed(node, f"{name}(…) takes one text, the code of a series")
    text = arguments[0].value
    try:
        if name == "series":
            return Reference(*parse_reference(text))
        return Reference(None, DatasetCode(name, text))
    except InvalidCode as error:
        raise _not_allowed(node, error.message.removesuffix("."), hint=error.hint) from error


def _column(node: ast.Subscript) -> Expression:
    value, name = _convert(node.value), _convert(node.slice)
    if not isinstance(value, Reference) or value.column is not None or not isinstance(name, Text):
        raise _not_allowed(node, "[…] takes the name of a column and stands right behind a series")
    return Reference(value.provider, value.code, name.value)


def _name(node: ast.Name) -> Expression:
    raise _not_allowed(
        node, f"{node.id[:_SHOWN]} is not followed by (…)", hint="Write a series as DATABASE('DATASET'), like SAMPLE('GDP')."
    )


def _not_allowed(node: ast.expr, problem: str, *, hint: str = "") -> InvalidFormula:
    return InvalidFormula(f"The expression is not valid at character {node.col_offset + 1}: {problem}.", hint=hint)


_CONVERSIONS: Mapping[type[ast.expr], Callable[..., Expression]] = {
    ast.Constant: _constant,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _compare,
    ast.Call: _call,
    ast.Subscript: _column,
    ast.Name: _name,
}
