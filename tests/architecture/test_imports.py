"""The arrows of the hexagon: who may import whom."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.source import PACKAGES, ROOT, Module, modules

FAMILIES = (
    *("adapters.providers", "adapters.provider_kit", "adapters.memory", "adapters.sql"),
    *("adapters.celery_dispatcher", "adapters.webhook_sender"),
)
ALLOWED = {
    "domain": {"domain"},
    "adapters": {"adapters", "domain"},
    "config": {"config", "adapters", "domain"},
    "entrypoints": {"entrypoints", "domain"},
}


def inside(name: str, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def ours(module: Module) -> Iterator[str]:
    return (name for name in module.imports if inside(name, *PACKAGES))


def offences(found: Iterable[tuple[Module, str]]) -> list[str]:
    return sorted({f"{module.path} imports {name}" for module, name in found})


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_inwards(package):
    """Each package imports only those that it may know; a main also knows the composition root."""
    found = [
        (module, name)
        for module in modules()
        if inside(module.name, package)
        for name in ours(module)
        if not inside(name, *ALLOWED[package]) and not (module.is_main and inside(name, "config"))
    ]

    assert offences(found) == []


def test_the_domain_knows_the_standard_library_and_two_that_only_compute():
    """The inside imports no library of the outside: arrays are numpy's, and cron expressions cronsim's."""
    known = {*sys.stdlib_module_names, "cronsim", "numpy", "domain"}
    found = [(module, name) for module in modules() if inside(module.name, "domain") for name in module.imports]

    assert offences((module, name) for module, name in found if name.partition(".")[0] not in known) == []


def test_families_of_adapters_are_strangers():
    """No adapter imports one of another family, but providers and webhooks their toolbox; every adapter belongs to a family."""
    adapters = [module for module in modules() if inside(module.name, "adapters") and module.name != "adapters"]
    family = {module: next((family for family in FAMILIES if inside(module.name, family)), None) for module in adapters}
    found = [(module, name) for module in adapters for name in module.imports if inside(name, "adapters")]
    toolbox = dict.fromkeys(("adapters.providers", "adapters.webhook_sender"), "adapters.provider_kit")
    permitted = {module: (own, toolbox.get(own or "", own)) for module, own in family.items()}

    assert [module.path for module in adapters if family[module] is None] == []
    assert offences((module, name) for module, name in found if not inside(name, *filter(None, permitted[module]))) == []


def test_providers_are_strangers():
    """A provider's module or package is imported by itself alone; what providers share is the toolbox, which imports none of them."""
    shelf = "adapters.providers."
    names = [module.name for module in modules() if module.name.startswith(shelf)]
    providers = {shelf + name.removeprefix(shelf).split(".")[0] for name in names}
    found = [
        (module, name)
        for module in modules()
        for name in module.imports
        if any(inside(name, provider) and not inside(module.name, provider) for provider in providers)
    ]

    assert providers
    assert offences(found) == []


def test_the_toolbox_is_public():
    """No name that a provider imports from the toolbox begins with an underscore."""
    found = [(module, name) for module in modules() if inside(module.name, "adapters.providers") for name in module.imports]

    assert offences((module, name) for module, name in found if inside(name, "adapters.provider_kit") and "._" in name) == []


def test_only_the_composition_root_knows_the_container():
    """The library of the container is imported in ``config`` alone, and injects nothing anywhere."""
    found = [(module, name) for module in modules() for name in module.imports if inside(name, "dependency_injector")]
    wiring = [(module, name) for module, name in found if name.rpartition(".")[2] in ("inject", "Provide") or ".wiring" in name]

    assert found
    assert offences((module, name) for module, name in found if not inside(module.name, "config")) == []
    assert offences(wiring) == []


def test_nouns_know_no_verbs():
    """In the domain, nouns import neither ports nor use cases, and ports and what verbs share no use cases."""
    verbs, shared, ports = "domain.use_cases", "domain.fetching", "domain.ports"
    inner = [module for module in modules() if inside(module.name, "domain") and not inside(module.name, verbs)]
    nouns = [module for module in inner if not inside(module.name, shared) and not inside(module.name, ports)]
    found = [(module, name) for module in inner for name in module.imports if inside(name, verbs)]
    found += [(module, name) for module in nouns for name in module.imports if inside(name, ports) or inside(name, shared)]

    assert offences(found) == []


def test_names_come_from_where_they_are_defined():
    """A package re-exports nothing: its ``__init__`` imports only what it uses itself."""
    found = [
        (module, name)
        for module in modules()
        if module.path.endswith("__init__.py")
        for name in module.imports
        if name != "__future__.annotations" and module.text.count(name.rpartition(".")[2]) < 2
    ]

    assert offences(found) == []


def test_imported_packages_are_declared() -> None:
    """What the code imports of other projects stands in ``pyproject.toml``, not only in what those projects need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared, found_in = {_canonical(line) for line in lines}, packages_distributions()
    used = {name.partition(".")[0] for module in modules() for name in module.imports} - set(PACKAGES) - sys.stdlib_module_names
    missing = {name for name in used if declared.isdisjoint(map(_canonical, found_in.get(name, ())))}

    assert used
    assert missing == set()


def _canonical(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower().replace("_", "-")
