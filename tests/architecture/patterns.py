"""Every regular expression of the code, with how it is used, and texts on which a careless one takes long."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from tests.architecture.source import Module, modules

#: What a method of a pattern, or a function of ``re``, does.
METHODS = {
    "search": "search",
    "match": "match",
    "fullmatch": "fullmatch",
    "finditer": "finditer",
    "findall": "finditer",
    "sub": "finditer",
    "subn": "finditer",
    "split": "finditer",
}
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_CATEGORIES: Mapping[Any, Callable[[str], bool]] = {
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_NOT_DIGIT: lambda mark: not mark.isdecimal(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda mark: not mark.isspace(),
    op.CATEGORY_WORD: lambda mark: mark.isalnum() or mark == "_",
    op.CATEGORY_NOT_WORD: lambda mark: not (mark.isalnum() or mark == "_"),
}
_MARKS = "a0 A_-.,:;/=@\"'\\&%<(\n\r\t\0é"
_PIECES = (
    *"aA 09\"'-./=,\\&\n\r\t:;@([{_",
    *("://", "://a:", "a:", "a@", "a/", "a.", ".a", "a-", "0.", "0,", "0-", "1e", " ,", ",a", ", "),
    *("key=", "a=", "api_key=a&", "\\a", '\\"', "%25", "\x1b["),
)
_TAILS = ("", "!", "\n")


@dataclass(frozen=True, order=True)
class Use:
    """A pattern and what is done with it."""

    where: str
    pattern: str | bytes
    flags: int
    method: str

    @property
    def run(self) -> Callable[[str], object]:
        compiled: re.Pattern[Any] = re.compile(self.pattern, self.flags)
        method = getattr(compiled, self.method)
        own = (lambda text: text) if isinstance(self.pattern, str) else str.encode
        if self.method == "finditer":
            return lambda text: sum(1 for _ in method(own(text)))
        return lambda text: method(own(text))


def uses() -> list[Use]:
    """Find every pattern that a module holds or writes down, once for each thing that is done with it."""
    called = _called()
    found = {use for module in modules() for use in _written(module)}
    for module in modules():
        for name, pattern in _held(vars(_imported(module))):
            found |= {
                Use(f"{module.path} {name}", pattern.pattern, pattern.flags, method) for method in called[pattern] or METHODS.values()
            }
    seen = {(use.pattern, use.flags, use.method): use for use in sorted(found, key=repr, reverse=True)}
    return sorted(seen.values(), key=repr)


def nasty_texts(pattern: str | bytes, flags: int, size: int) -> Iterator[str]:
    """Give texts in which parts of what a pattern matches stand again and again, and others that many patterns take amiss."""
    for start, piece in dict.fromkeys((*(("", piece) for piece in _PIECES), *_pumps(pattern, flags))):
        for tail in _TAILS:
            yield start + piece * (size // len(piece)) + tail


@cache
def _imported(module: Module) -> Any:
    return ast if module.is_main or module.path == "adapters/sql/migrations/env.py" else importlib.import_module(module.name)


def _held(names: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Find the patterns among a module's or class's attributes, also those in collections and objects."""
    for name, value in names.items():
        if isinstance(value, re.Pattern):
            yield name, value
        elif depth < 4:
            yield from ((f"{name}.{inner}", pattern) for inner, pattern in _held(_parts(value), depth + 1))


def _parts(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return {str(number): part for number, part in enumerate(value)}
    is_ours = (value if isinstance(value, type) else type(value)).__module__.startswith(("domain", "adapters", "entrypoints", "config"))
    slots = {name: getattr(value, name, None) for name in getattr(type(value), "__slots__", ())}
    return {**getattr(value, "__dict__", {}), **slots} if is_ours else {}


def _called() -> defaultdict[re.Pattern[Any], set[str]]:
    """Tell what is done with each pattern that has a name."""
    called = defaultdict[re.Pattern[Any], set[str]](set)
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                pattern = getattr(_imported(module), node.value.id, None)
                if isinstance(pattern, re.Pattern):
                    called[pattern].add(METHODS[node.attr])
    return called


def _written(module: Module) -> Iterator[Use]:
    """Find the patterns that stand in calls of ``re``'s functions, as far as they do not depend on what is only known later."""
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in (*METHODS, "compile")
        ):
            where = f"{module.path}:{node.lineno}"
            pattern = _evaluated(module, node)
            if pattern is None:
                continue
            is_named = any(pattern == held for _, held in _held(vars(_imported(module))))
            methods = {METHODS[node.func.attr]} if node.func.attr in METHODS else set(() if is_named else METHODS.values())
            yield from (Use(where, pattern.pattern, pattern.flags, method) for method in methods)


def _evaluated(module: Module, call: ast.Call) -> re.Pattern[Any] | None:
    first = call.args[0]
    flags = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    assert isinstance(call.func, ast.Attribute)
    place = {"sub": 4, "subn": 4, "split": 3}.get(call.func.attr, 1 if call.func.attr == "compile" else 2)
    flags += call.args[place : place + 1]
    try:
        pattern, *given = [eval(compile(ast.Expression(node), module.path, "eval"), vars(_imported(module))) for node in (first, *flags)]  # noqa: S307 - our own source
    except NameError:
        return None
    return re.compile(pattern, *given)


def _pumps(pattern: str | bytes, flags: int) -> Iterator[tuple[str, str]]:
    """Give beginnings, and what to repeat behind each: every run of elements of the pattern, behind what leads to it."""
    tree = parser.parse(pattern, flags)
    elements = [node for node in _nodes(tree) if node[0] in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)]
    marks = [*dict.fromkeys([*_MARKS, *(chr(value) for kind, value in elements if kind is op.LITERAL)])]
    often = {mark: sum(_accepts(element, mark) for element in elements) for mark in marks}
    for order in (sorted(marks, key=lambda mark: -often[mark]), sorted(marks, key=lambda mark: often[mark])):
        yield from _runs(tree, order, "")


def _runs(tree: Sequence[Any], marks: Sequence[str], start: str) -> Iterator[tuple[str, str]]:
    words = [list(nodes) for _, nodes in groupby(tree, key=lambda node: node[0] is op.LITERAL or id(node))]
    examples = ["".join(_example(node, marks) for node in word) for word in words]
    for first, word in enumerate(words):
        before = start + "".join(examples[:first])
        yield from ((before, piece) for last in range(first, len(words)) if (piece := "".join(examples[first : last + 1])))
        for inner in _inner(word[0]):
            yield from _runs(inner, marks, before)


def _nodes(tree: Sequence[Any]) -> Iterator[Any]:
    for node in tree:
        yield node
        for inner in _inner(node):
            yield from _nodes(inner)


def _inner(node: Any) -> list[Sequence[Any]]:
    kind, value = node
    if kind is op.BRANCH:
        return list(value[1])
    if kind in (*_REPEATS, op.SUBPATTERN):
        return [value[-1]]
    return [value] if kind is op.ATOMIC_GROUP else [value[1]] if kind is op.ASSERT else []


def _example(node: Any, marks: Sequence[str]) -> str:
    """Write something that an element matches."""
    kind, value = node
    if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
        return next((mark for mark in marks if _accepts(node, mark)), chr(value) if kind is op.LITERAL else "")
    times = min(max(value[0], 1), 100) if kind in _REPEATS else 1
    inner = [] if kind is op.ASSERT else _inner(node)
    return "".join(_example(part, marks) for part in inner[0]) * times if inner else ""


def _accepts(node: Any, mark: str) -> bool:
    kind, value = node
    if kind is op.LITERAL:
        return mark == chr(value)
    if kind is op.NOT_LITERAL:
        return mark != chr(value)
    if kind is op.RANGE:
        return value[0] <= ord(mark) <= value[1]
    if kind is op.CATEGORY:
        return _CATEGORIES[value](mark)
    if kind is op.IN:
        is_negated = value[0][0] is op.NEGATE
        return any(_accepts(part, mark) for part in value[is_negated:]) != is_negated
    return kind is op.ANY and mark != "\n"
