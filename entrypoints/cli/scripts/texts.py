"""The texts that an expression may be, as far as they follow from the script; what does not is a hole with its own words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from entrypoints.cli.scripts.bindings import Binding, Bindings, Position, Scopes, position_of

#: Around the words of a hole; no script has these characters.
OPEN, CLOSE = "\ue000", "\ue001"
_MOST, _DEEPEST, _SHOWN = 1_000, 20, 40
_FIELD = re.compile(r"\{([A-Za-z0-9_]{0,40})(?:[!:.\[][^{}]{0,40})?\}")
_PERCENT = re.compile(r"%(?:\(([A-Za-z0-9_]{1,40})\))?[-0-9.]{0,10}[sdr]")
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
        return self._of(node, _Place(self.bindings.scopes_of(node), position_of(node)))

    def _of(self, node: ast.expr, at: _Place) -> Sequence[str]:
        if len(at.seen) > _DEEPEST or at.steps.exhausted():
            return [hole(node)]
        match node:
            case ast.Constant(value=value):
                texts: Sequence[str] = [str(value)]
            case ast.JoinedStr(values=parts):
                texts = self._joined(parts, at)
            case ast.Name() | ast.Attribute():
                texts = self._bound(node, at)
            case ast.BinOp():
                texts = self._combined(node, at)
            case ast.Subscript(value=value, slice=key):
                texts = self._element(node, value, key, at)
            case ast.Call(func=function, args=arguments):
                texts = self._called(node, function, arguments, at)
            case _:
                any_of = _parts(node)
                texts = [hole(node)] if any_of is None else self._all(any_of, at)
        return texts

    def _combined(self, node: ast.BinOp, at: _Place) -> Sequence[str]:
        if isinstance(node.op, ast.Mod):
            arguments = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return self._filled(self._of(node.left, at), _PERCENT, arguments, at=at)
        if isinstance(node.op, ast.Add):
            both = [node.left, node.right]
            return self._all(both, at) if self._is_many(node.left, at) else self._joined(both, at)
        return [hole(node)]

    def _all(self, nodes: Iterable[ast.expr], at: _Place) -> Sequence[str]:
        return list(dict.fromkeys(text for node in nodes for text in self._of(node, at)))[:_MOST]

    def _joined(self, nodes: Sequence[ast.expr], at: _Place) -> Sequence[str]:
        texts = ["".join(parts) for parts in islice(product(*(self._of(node, at) for node in nodes)), min(_MOST, max(at.steps.left, 1)))]
        at.steps.left -= len(texts)
        return texts

    def _bound(self, node: ast.expr, at: _Place) -> Sequence[str]:
        found = self.bindings.of_name(ast.unparse(node), at.scopes, at.position, without=at.seen)
        texts = [text for binding in found if at.steps.left > 0 for text in self._of(binding.value, at.of(binding))]
        return list(dict.fromkeys(texts))[:_MOST] or [hole(node)]

    def _is_many(self, node: ast.expr, at: _Place) -> bool:
        """Return whether an expression is a list, not a text, as far as a look at what its name is bound to shows."""
        if isinstance(node, ast.Name):
            return any(_is_list(each.value) for each in self.bindings.of_name(node.id, at.scopes, at.position, without=at.seen))
        return _is_list(node)

    def _element(self, node: ast.expr, value: ast.expr, key: ast.expr, at: _Place) -> Sequence[str]:
        if isinstance(value, ast.Name):
            found = self.bindings.of_name(value.id, at.scopes, at.position, without=at.seen)
            literal = [binding for binding in found if isinstance(binding.value, (ast.List, ast.Tuple, ast.Dict))]
            texts = [text for each in literal for text in self._element(node, each.value, key, at.of(each))]
            return list(dict.fromkeys(texts)) or [hole(node)]
        parts = _elements(value, key)
        return self._all(parts, at) if parts else [hole(node)]

    def _called(self, node: ast.Call, function: ast.expr, arguments: Sequence[ast.expr], at: _Place) -> Sequence[str]:
        match function, arguments:
            case ast.Name(id=name), [one] if name in _ALIKE:
                texts = self._of(one, at)
            case ast.Attribute(value=text, attr="format"), _:
                named = {each.arg: each.value for each in node.keywords if each.arg}
                texts = self._filled(self._of(text, at), _FIELD, arguments, at=at, named=named)
            case ast.Attribute(value=text, attr="split"), _:
                texts = self._split(text, arguments, at)
            case ast.Attribute(value=text, attr=name), [] if name in _SAME:
                texts = [each if OPEN in each else _SAME[name](each) for each in self._of(text, at)]
            case ast.Attribute(value=many, attr=name), [] if name in _ELEMENTS:
                texts = self._of(many, at)
            case _:
                texts = [hole(node)]
        return texts

    def _split(self, text: ast.expr, arguments: Sequence[ast.expr], at: _Place) -> Sequence[str]:
        separator = self._of(arguments[0], at)[0] if arguments else None
        return [part.strip() for each in self._of(text, at) for part in ([each] if OPEN in each else each.split(separator))]

    def _filled(
        self,
        texts: Sequence[str],
        places: re.Pattern[str],
        arguments: Sequence[ast.expr],
        *,
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


@dataclass(slots=True)
class _Steps:
    """How many more expressions and texts may be made for one: names that are bound many times could lead on without end."""

    left: int = 4_000

    def exhausted(self) -> bool:
        self.left -= 1
        return self.left < 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expression is read, and through which bindings it was reached."""

    scopes: Scopes
    position: Position
    steps: _Steps = field(default_factory=_Steps)
    seen: frozenset[Binding] = frozenset()

    def of(self, binding: Binding) -> _Place:
        return _Place(binding.scopes, binding.position, self.steps, self.seen | {binding})


def _is_list(node: ast.expr) -> bool:
    while isinstance(node, ast.BinOp):
        node = node.left
    is_split = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split"
    return is_split or isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.ListComp))


def _parts(node: ast.expr) -> Sequence[ast.expr] | None:
    """Return the expressions of which one expression is any; None if it is of another kind."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            # What stands beside a code, such as the parameters of a merged data set.
            return [part for part in parts if not isinstance(part, ast.Dict)]
        case ast.Dict(values=parts) | ast.BoolOp(values=parts):
            return parts
        case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
            return [part]
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.FormattedValue(value=part) | ast.Starred(value=part) | ast.NamedExpr(value=part):
            return [part]
    return None


def _elements(value: ast.expr, key: ast.expr) -> Sequence[ast.expr]:
    """Return the elements of a list or dictionary that a key may mean."""
    place = key.value if isinstance(key, ast.Constant) else None
    if isinstance(value, (ast.List, ast.Tuple)):
        known = isinstance(place, int) and -len(value.elts) <= place < len(value.elts)
        return [value.elts[place]] if known and isinstance(place, int) else value.elts
    if isinstance(value, ast.Dict):
        named = [each for own, each in zip(value.keys, value.values, strict=True) if isinstance(own, ast.Constant) and own.value == place]
        return named or value.values
    return ()


def _alternating(parts: Sequence[str], values: Sequence[str]) -> Iterable[str]:
    yield parts[0]
    for value, part in zip(values, parts[1:], strict=True):
        yield value
        yield part
