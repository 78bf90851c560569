"""Names that say something, and tests that need no mocks."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source import ROOT, Module, modules

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "services", "misc", "base"}
MOCKS = ("mock", "unittest.mock", "pytest_mock", "responses", "requests_mock")
PATCHES = {f"monkeypatch.{name}" for name in ("setattr", "delattr", "setitem", "delitem")}


def test_modules_are_named_after_what_they_are():
    """No module or folder has a name that would fit anything."""
    vague = [module.path for module in modules() if VAGUE.intersection(word for part in module.name.split(".") for word in part.split("_"))]

    assert vague == []


def test_classes_are_named_after_what_they_are():
    """No class is a manager, an implementation, an abstraction or an interface by its name."""
    endings, beginnings = ("Manager", "Impl", "Helper", "UseCase", "Controller"), ("Abstract",)
    names = [node.name for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]

    assert names
    assert [name for name in names if name.endswith(endings) or name.startswith(beginnings)] == []


@pytest.mark.parametrize("kind", ["unit", "use_cases", "contracts"])
def test_nothing_is_mocked(kind):
    """These tests use the adapters that ship and small real objects; only the environment and the path are set by a fixture."""
    found = []
    for path in sorted((ROOT / "tests" / kind).rglob("*.py")):
        module = Module(str(path.relative_to(ROOT)), path.read_text())
        imported = {name for name in module.imports for mock in MOCKS if f"{name}.".startswith(f"{mock}.")}
        patched = {ast.unparse(node) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute) and ast.unparse(node) in PATCHES}
        found += [f"{module.path} uses {name}" for name in sorted(imported | patched)]

    assert found == []
