"""What docs/adding-a-provider.md promises to providers of third parties."""

from __future__ import annotations

import ast
import importlib
from textwrap import indent

from adapters.provider_kit.spec import PROVIDER_API
from adapters.providers import sample
from entrypoints.cli.provider_templates import IN_PACKAGE
from tests.architecture.source import ROOT, Module
from tests.documents import Document

#: The page's example of a provider, its entry of an agency, and the list of names.
EXAMPLE, ENTRY, LIST = Document(ROOT / "docs" / "adding-a-provider.md").blocks_of("python")


def promised() -> set[str]:
    return {f"{node.module}.{alias.name}" for node in ast.parse(LIST).body if isinstance(node, ast.ImportFrom) for alias in node.names}


def ours(text: str) -> set[str]:
    return {name for name in Module("", text).imports if name.startswith(("domain.", "adapters."))}


def test_promised_names_exist():
    """Every name that a provider may import is there, and none is private."""
    missing = [name for name in promised() if not hasattr(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2])]

    assert promised()
    assert missing == []
    assert [name for name in promised() if "._" in name] == []


def test_a_provider_needs_no_other_names():
    """A provider of ours that shares nothing with the others, the page's and a new one get along with the promised names."""
    module = (ROOT / "adapters/providers/sample/provider.py").read_text()
    written = "".join(text for path, text in IN_PACKAGE.items() if path == "lanner_$name.py").replace("$", "")

    assert sample.PROVIDER.provider_api == PROVIDER_API
    assert [ours(text) - promised() for text in (module, EXAMPLE, written)] == [set()] * 3
    assert ours(written)


def test_the_entry_of_an_agency_is_in_the_table():
    """The page shows an entry as it is."""
    assert indent(ENTRY.rstrip(), "    ") in (ROOT / "adapters/providers/sdmx/agencies.py").read_text()
