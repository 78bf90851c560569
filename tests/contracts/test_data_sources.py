"""
What every data source promises.

Each module in ``adapters/providers`` is found by itself and must have its payload, ``tests/payloads/<name>/contract.json``;
``adapters/providers/_replaying.py`` says what stands in it, and ``_conformance.py`` what is asked of the provider with it.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from adapters.provider_kit.conformance.rules import RULES, Case, Rule, opened

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
NAMES = sorted(path.stem for path in (ROOT / "adapters" / "providers").glob("[!_]*.py"))


@pytest.fixture(scope="module", params=NAMES)
def case(request) -> Iterator[Case]:
    """A provider on its payload."""
    folder = PAYLOADS / request.param
    if not (folder / "contract.json").is_file():
        pytest.fail(f"the provider {request.param} has no {folder.relative_to(ROOT)}/contract.json: see this module's docstring")
    with opened(request.param, folder) as replayed:
        yield replayed


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_provider_keeps_every_rule(case: Case, rule: Rule) -> None:
    """Each provider that ships keeps each rule that is asked of a third party's."""
    assert rule(case) == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_is_named_like_its_module(name: str) -> None:
    """A provider's name is its module's."""
    assert name == import_module(f"adapters.providers.{name}").NAME


def test_no_database_is_declared_twice() -> None:
    """A database code has one provider at most that declares it."""
    declared = Counter(database for name in NAMES for database in import_module(f"adapters.providers.{name}").DATABASES)

    assert [database for database, count in declared.items() if count > 1] == []


def test_modules_are_light() -> None:
    """Importing every provider loads no library that takes long to load."""
    code = f"import sys, {', '.join(f'adapters.providers.{name}' for name in NAMES)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert {"pyarrow", "pandas", "requests", "sqlalchemy"} & set(loaded) == set()
