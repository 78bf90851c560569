"""What CONTRIBUTING.md promises to providers of third parties."""

from __future__ import annotations

import ast
import importlib
import re

from adapters.provider_kit.spec import PROVIDER_API
from adapters.providers import sample
from tests.architecture.source import ROOT, Module


def promised() -> list[tuple[str, str]]:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    return [
        (node.module or "", alias.name)
        for block in blocks
        for node in ast.parse(block).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def test_promised_names_exist():
    """Every name that a provider may import is there."""
    missing = [f"{module}.{name}" for module, name in promised() if not hasattr(importlib.import_module(module), name)]

    assert promised()
    assert missing == []


def test_a_provider_needs_no_other_names():
    """A provider of ours that shares nothing with the others gets along with the promised names."""
    module = Module("adapters/providers/sample/provider.py", (ROOT / "adapters/providers/sample/provider.py").read_text())
    ours = {name for name in module.imports if name.startswith(("domain.", "adapters."))}

    assert sample.PROVIDER.provider_api == PROVIDER_API
    assert ours <= {f"{module}.{name}" for module, name in promised()}
