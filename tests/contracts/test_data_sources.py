"""
What every data source promises.

Each provider in ``adapters/providers`` is found by itself and must have its payload, ``tests/payloads/<name>/contract.json``, except for
the agencies, which share one source; ``provider_kit/conformance/replay_server.py`` says what stands in it, and ``rules.py`` what is
asked of the provider with it.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters.providers
from adapters.provider_kit.conformance.rules import RULES, Case, Rule, opened
from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.spec import ProviderSpec
from adapters.providers.sdmx.agencies import AGENCIES

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
MODULES = sorted(found.name for found in pkgutil.iter_modules(adapters.providers.__path__))
SPECS = {name: spec for name, spec in discover().items() if isinstance(spec, ProviderSpec) and name != "memory"}
NAMES = sorted(SPECS.keys() - {agency.name for agency in AGENCIES})


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


def test_every_module_brings_a_provider_of_its_name() -> None:
    """Where a name is known, so is the place of its code."""
    assert set(MODULES) <= set(NAMES)


def test_no_database_is_declared_twice() -> None:
    """A database code has one provider at most that declares it."""
    declared = Counter(database for spec in SPECS.values() for database in spec.databases)

    assert [database for database, count in declared.items() if count > 1] == []


def test_modules_are_light() -> None:
    """Importing every provider loads no library that takes long to load."""
    code = f"import sys, {', '.join(f'adapters.providers.{name}' for name in MODULES)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert {"pyarrow", "pandas", "requests", "sqlalchemy"} & set(loaded) == set()
