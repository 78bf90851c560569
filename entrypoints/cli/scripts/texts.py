"""The texts that an expression may be, as far as they follow from the script; what does not is a hole with its own words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from entrypoints.cli.scripts.bindings import Binding, Bindings, Scopes

#: Around the words of a hole; no script has these characters.
OPEN, CLOSE = "\ue000", "\ue001"
_MOST, _DEEPEST, _SHOWN = 500, 40, 40
_FIELD = re.compile(r"\{(\w*)[^{}]*\}")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-0-9.]*[sdr]")
_ALIKE = ("str", "list", "tuple", "set", "sorted", "reversed", "iter")
_SAME: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "strip": str.strip}
_ELEMENTS = ("values", "keys", "copy", "tolist")


def hole(node: ast.AST) -> str:
    """Return the hole that an expression leaves."""
    return f"{OPEN}{ast.unparse(node)[:_SHOWN]}{CLOSE}"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a script's expressions."""

    bindings: Bindings

    def of(self, node: ast.expr) -> Sequence[str]:
        """Return the texts that an expression may be, or that are in it; one with holes where that is not known."""
        return self._of(node, _Place(self.bindings.scopes_of(node), getattr(node, "lineno", 0)))

    def _of(self, node: ast.expr, at: _Place) -> Sequence[str]:
        if len(at.seen) > _DEEPEST:
            return [hole(node)]
        match node:
            case ast.Constant(value=value):
                return [value if isinstance(value, str) else str(value)]
            case ast.JoinedStr(values=parts):
                return self._joined(parts, at)
            case ast.FormattedValue(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self._of(value, at)
            case ast.Name() | ast.Attribute():
                return self._bound(node, at)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self._all([part for part in parts if not isinstance(part, ast.Dict)], at)
            case ast.Dict(values=values):
                return self._all(values, at)
            case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
                return self._of(part, at)
            case ast.IfExp(body=one, orelse=other):
                return self._all([one, other], at)
            case ast.BoolOp(values=parts):
                return self._all(parts, at)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._all([left, right], at) if self._is_many(left, at) else self._joined([left, right], at)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                return self._filled(self._of(left, at), _PERCENT, right.elts if isinstance(right, ast.Tuple) else [right], at)
            case ast.Subscript(value=value, slice=key):
                return self._element(node, value, key, at)
            case ast.Call(func=function, args=arguments):
                return self._called(node, function, arguments, at)
        return [hole(node)]

    def _all(self, nodes: Iterable[ast.expr], at: _Place) -> Sequence[str]:
        return list(dict.fromkeys(text for node in nodes for text in self._of(node, at)))[:_MOST]

    def _joined(self, nodes: Sequence[ast.expr], at: _Place) -> Sequence[str]:
        return ["".join(parts) for parts in islice(product(*(self._of(node, at) for node in nodes)), _MOST)]

    def _bound(self, node: ast.expr, at: _Place) -> Sequence[str]:
        found = [binding for binding in self.bindings.of_name(ast.unparse(node), at.scopes, at.line) if binding not in at.seen]
        texts = [text for binding in found for text in self._of(binding.value, at.of(binding))]
        return list(dict.fromkeys(texts))[:_MOST] or [hole(node)]

    def _is_many(self, node: ast.expr, at: _Place) -> bool:
        """Return whether an expression is a list, not a text."""
        if isinstance(node, ast.Name) and len(at.seen) < _DEEPEST:
            found = [binding for binding in self.bindings.of_name(node.id, at.scopes, at.line) if binding not in at.seen]
            return any(self._is_many(binding.value, at.of(binding)) for binding in found)
        if isinstance(node, ast.BinOp):
            return self._is_many(node.left, at)
        split = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split"
        return split or isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.ListComp))

    def _element(self, node: ast.expr, value: ast.expr, key: ast.expr, at: _Place) -> Sequence[str]:
        match value, key:
            case (ast.List(elts=parts) | ast.Tuple(elts=parts)), ast.Constant(value=int(place)) if -len(parts) <= place < len(parts):
                return self._of(parts[place], at)
            case ast.Dict(keys=keys, values=values), ast.Constant(value=name):
                named = [each for own, each in zip(keys, values, strict=True) if isinstance(own, ast.Constant) and own.value == name]
                return self._all(named, at) or [hole(node)]
            case ast.Name(), _:
                found = self.bindings.of_name(value.id, at.scopes, at.line)
                literal = [binding for binding in found if isinstance(binding.value, (ast.List, ast.Tuple, ast.Dict)) and binding not in at.seen]
                texts = [text for each in literal for text in self._element(node, each.value, key, at.of(each))]
                return list(dict.fromkeys(texts)) or [hole(node)]
            case (ast.List() | ast.Tuple() | ast.Dict()), _:
                return self._of(value, at)
        return [hole(node)]

    def _called(self, node: ast.Call, function: ast.expr, arguments: Sequence[ast.expr], at: _Place) -> Sequence[str]:
        match function, arguments:
            case ast.Name(id=name), [one] if name in _ALIKE:
                return self._of(one, at)
            case ast.Attribute(value=text, attr="format"), _:
                return self._filled(self._of(text, at), _FIELD, arguments, at, {each.arg: each.value for each in node.keywords if each.arg})
            case ast.Attribute(value=text, attr="split"), _ if not any(OPEN in each for each in self._of(text, at)):
                separators = self._of(arguments[0], at) if arguments else [None]
                return [part.strip() for each in self._of(text, at) for part in each.split(separators[0])]
            case ast.Attribute(value=text, attr=name), [] if name in _SAME:
                return [each if OPEN in each else _SAME[name](each) for each in self._of(text, at)]
            case ast.Attribute(value=many, attr=name), [] if name in _ELEMENTS:
                return self._of(many, at)
        return [hole(node)]

    def _filled(
        self,
        texts: Sequence[str],
        places: re.Pattern[str],
        arguments: Sequence[ast.expr],
        at: _Place,
        named: Mapping[str, ast.expr] | None = None,
    ) -> Sequence[str]:
        """Put arguments into the places of a text: by name, by number, else in their order."""
        filled: list[str] = []
        for text in texts:
            names = [match[1] or "" for match in places.finditer(text)]
            values = [self._argument(name, order, arguments, named or {}) for order, name in enumerate(names)]
            parts = places.sub(OPEN + CLOSE, text).split(OPEN + CLOSE)
            choices = [[f"{OPEN}…{CLOSE}"] if value is None else self._of(value, at) for value in values]
            filled += ["".join(_alternating(parts, choice)) for choice in islice(product(*choices), _MOST)]
        return filled

    @staticmethod
    def _argument(name: str, order: int, arguments: Sequence[ast.expr], named: Mapping[str, ast.expr]) -> ast.expr | None:
        place = int(name) if name.isdecimal() else order
        return named.get(name) or (arguments[place] if place < len(arguments) else None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expression is read, and through which bindings it was reached."""

    scopes: Scopes
    line: int
    seen: tuple[Binding, ...] = ()

    def of(self, binding: Binding) -> _Place:
        return _Place(binding.scopes, binding.line, (*self.seen, binding))


def _alternating(parts: Sequence[str], values: Sequence[str]) -> Iterable[str]:
    yield parts[0]
    for value, part in zip(values, parts[1:], strict=True):
        yield value
        yield part
