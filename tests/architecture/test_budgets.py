"""The budgets: how much a reader has to hold in mind at once."""

from __future__ import annotations

import ast
from statistics import median, quantiles

from tests.architecture.source import Documented, Function, Module, modules

SHORTEST_MODULE = 3


def counted_modules() -> list[Module]:
    return [module for module in modules() if len(module.code_lines) >= SHORTEST_MODULE and not module.is_migration]


def counted_functions() -> list[tuple[str, int]]:
    return [
        (f"{module.path}:{function.lineno} {function.name}", module.code_lines_of(function))
        for module in counted_modules()
        for function in module.functions
    ]


def test_modules_are_short():
    """A module has 100 lines of code in the median, and never over 300."""
    lengths = {module.path: len(module.code_lines) for module in counted_modules()}

    assert {path: length for path, length in lengths.items() if length > 300} == {}
    assert median(lengths.values()) <= 100


def test_functions_are_short():
    """A function has 7 lines of code in the median, nine in ten have at most 20, and none over 40."""
    lengths = dict(counted_functions())

    assert {name: length for name, length in lengths.items() if length > 40} == {}
    assert quantiles(lengths.values(), n=10)[-1] <= 20
    assert median(lengths.values()) <= 7


def test_functions_take_few_positional_parameters():
    """Beyond four, parameters are given by keyword."""
    counts = {
        f"{module.path}:{function.lineno} {function.name}": len(positional(function))
        for module in modules()
        for function in module.functions
    }

    assert {name: count for name, count in counts.items() if count > 4} == {}


def test_the_container_stays_flat():
    """Each part of the composition root fits on a page."""
    parts = {"config/adapters.py", "config/fetch_use_cases.py", "config/container.py"}
    lengths = {module.path: len(module.text.splitlines()) for module in modules() if module.path in parts}

    assert lengths.keys() == parts
    assert max(lengths.values()) < 80, lengths


def test_docstrings_have_their_share():
    """Between 12 and 20 of 100 written lines belong to docstrings."""
    written = sum(module.written_lines for module in modules())
    docstrings = sum(len(module.docstring_lines) for module in modules())

    assert 0.12 <= docstrings / written <= 0.20


def test_comments_are_rare():
    """At most 3 of 100 written lines are comments: they only say why."""
    written = sum(module.written_lines for module in modules())

    assert sum(len(module.comment_lines) for module in modules()) / written <= 0.03


def test_public_names_are_documented():
    """Every module, and every public class and function of one, says what it is for."""
    bare = [
        f"{module.path}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}".strip()
        for module in modules()
        for node in [module.tree, *public_names(module)]
        if not ast.get_docstring(node)
    ]

    assert bare == []


def test_docstrings_have_the_house_form():
    """A docstring ends its first paragraph with a stop; one of several lines begins and ends on lines of its own."""
    wrong = [
        f"{module.path}:{getattr(node, 'lineno', 1)} {text.strip().splitlines()[0]}"
        for module in modules()
        for node in module.documented
        if (text := ast.get_docstring(node, clean=False)) and not has_house_form(text)
    ]

    assert wrong == []


def has_house_form(text: str) -> bool:
    paragraph = text.strip().partition("\n\n")[0]
    on_own_lines = text.startswith("\n") and text.rstrip(" ").endswith("\n")
    return paragraph.endswith((".", ":")) and ("\n" not in text or on_own_lines)


def public_names(module: Module) -> list[Documented]:
    if module.is_migration:
        return []
    return [node for node in module.tree.body if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_")]


def positional(function: Function) -> list[str]:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names and names[0] in ("self", "cls") else names
