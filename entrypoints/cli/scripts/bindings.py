"""What the names of a script are bound to, by scope: assignments, loops, and the arguments of its own functions."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

Scope = ast.AST
#: From the innermost to the module.
Scopes = tuple[Scope, ...]
#: A line, from 1, and a column in it.
Position = tuple[int, int]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """
    An expression that a name may stand for.

    Attributes:
        scopes: where the expression is read.
        is_sure: whether it always runs when its scope does, so that earlier ones are forgotten.

    """

    value: ast.expr
    scopes: Scopes
    position: Position
    is_sure: bool = False


@dataclass(slots=True)
class Bindings:
    """The bindings of a script, and the scopes of its nodes."""

    _bound: dict[tuple[Scope, str], list[Binding]] = field(default_factory=lambda: defaultdict(list))
    _scopes: dict[ast.AST, Scopes] = field(default_factory=dict)

    @classmethod
    def of(cls, module: ast.Module) -> Bindings:
        """Return the bindings of a script."""
        bindings = cls()
        bindings._enter(module, ())
        bindings._bind_arguments(module)
        return bindings

    def scopes_of(self, node: ast.AST) -> Scopes:
        """Return the scopes in which a node of the script is read."""
        return self._scopes[node]

    def of_name(self, name: str, scopes: Scopes, position: Position, *, without: Collection[Binding] = ()) -> Sequence[Binding]:
        """Return what a name may stand for at a position, from the innermost scope that binds it; some bindings left out."""
        for depth, scope in enumerate(scopes):
            found = [binding for binding in self._bound.get((scope, name), []) if binding not in without]
            if found:
                return _reaching(found, position) if depth == 0 else found
            if name in _parameters(scope):
                return ()
        return ()

    def _enter(self, node: ast.AST, scopes: Scopes) -> None:
        self._scopes[node] = scopes or (node,)
        inner = (node, *scopes) if isinstance(node, (ast.Module, *_FUNCTIONS)) else scopes
        for child in ast.iter_child_nodes(node):
            self._enter(child, inner)
        for target, value in _bound_by(node):
            body = getattr(scopes[0], "body", []) if scopes else []
            is_sure = isinstance(node, (ast.Assign, ast.AugAssign)) and isinstance(body, list) and node in body
            # Attributes, as ``self.codes``, are the same in all scopes.
            where = scopes[0] if isinstance(target, ast.Name) else scopes[-1]
            self._bound[where, ast.unparse(target)].append(Binding(value, scopes, position_of(value), is_sure))

    def _bind_arguments(self, module: ast.Module) -> None:
        functions = {node.name: node for node in ast.walk(module) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
        for function in functions.values():
            for name, value in _defaults(function.args):
                self._bound[function, name].append(Binding(value, self._scopes[function], position_of(function)))
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in functions:
                function = functions[call.func.id]
                for name, value in _arguments(function.args, call):
                    self._bound[function, name].append(Binding(value, self._scopes[call], position_of(function)))


def _parameters(scope: Scope) -> Sequence[str]:
    arguments = scope.args if isinstance(scope, _FUNCTIONS) else None
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)] if arguments else []


def position_of(node: ast.AST) -> Position:
    """Return where a node begins."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _reaching(bindings: Sequence[Binding], position: Position) -> Sequence[Binding]:
    """Leave out what a later assignment, which always runs, has replaced before this position."""
    last = max((binding.position for binding in bindings if binding.is_sure and binding.position <= position), default=(0, 0))
    found = [binding for binding in bindings if binding.position >= last and not (binding.is_sure and binding.position > position)]
    return found or bindings


def _bound_by(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _pairs(target, value)
        case ast.AugAssign(target=target, op=op, value=value):
            yield from _pairs(target, ast.copy_location(ast.BinOp(target, op, value), value))
        case ast.Call(func=ast.Attribute(value=target, attr="append" | "extend" | "add"), args=[value]):
            yield from _pairs(target, value)
        case ast.NamedExpr(target=target, value=value):
            yield from _pairs(target, value)
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            # Elements and their list are read alike: as all texts in it.
            yield from _pairs(target, value)
        case _:
            return


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(target, (ast.Name, ast.Attribute)):
        yield target, value
    elif isinstance(target, ast.Tuple):
        for part, its_value in zip(target.elts, _parts(value), strict=False):
            if its_value is not None:
                yield from _pairs(part, its_value)


def _parts(value: ast.expr) -> Sequence[ast.expr | None]:
    """Return the values of several targets; None for one that is not known."""
    match value:
        case ast.Tuple(elts=parts):
            return parts
        case ast.Call(func=ast.Attribute(value=mapping, attr="items")):
            return None, mapping
        case ast.Call(func=ast.Name(id="enumerate"), args=[values, *_]):
            return None, values
        case ast.Call(func=ast.Name(id="zip"), args=several):
            return several
    return ()


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, value in zip(reversed(positional), reversed(arguments.defaults), strict=False):
        yield argument.arg, value
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield argument.arg, default


def _arguments(arguments: ast.arguments, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    yield from zip(names, call.args, strict=False)
    yield from ((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)
