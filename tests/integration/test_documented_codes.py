"""Each code in the documentation is one that its provider asks for."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import fields
from functools import cache

import pytest

from adapters.provider_kit.conformance.statements import documented_codes
from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import FetchError
from domain.old_databases import answers_to
from domain.ports import PriorState
from tests.architecture.source import ROOT
from tests.integration.web import Asked, Sent, web

CODE = re.compile(r"`([A-Z0-9_]+/[A-Za-z0-9._\-+:^=@,$~!()|/]+)`")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
GIVEN = {"api_key": "k3y", "enabled": "true"}


@cache
def specs() -> dict[str, ProviderSpec]:
    return {name: spec for name, spec in discover().items() if isinstance(spec, ProviderSpec) and name != "memory"}


def provider_of(code: str) -> str:
    """The provider that declares a code's database, or answers an old code of Quandl's; empty if none does."""
    database = code.partition("/")[0]
    declares = (name for name, spec in specs().items() if database in spec.databases)
    return next(declares, next((answer.provider for answer, _ in answers_to(DatasetCode.parse(code))), ""))


def documented() -> list[tuple[str, str]]:
    """Codes with their providers, from the pages and from the providers' own words."""
    shown = dict.fromkeys(code for page in PAGES for code in CODE.findall(page.read_text()) if provider_of(code))
    own = {(name, str(code)) for name, spec in specs().items() for code in documented_codes(spec)}
    return sorted({(provider_of(code), code) for code in shown} | own)


@pytest.mark.parametrize(("name", "code"), documented())
def test_a_documented_code_is_asked_for(name: str, code: str) -> None:
    """A call is made for the code, or it needs none; a form that the provider refuses is documented nowhere."""
    asked: list[str] = []

    def refuse(request: Asked) -> Sent:
        asked.append(request.path)
        return Sent(status=404)

    known = {option.name for option in fields(specs()[name].options)}
    if "base_url" not in known:
        InstalledProviders({}, deadline_seconds=5).source(name).fetch(DatasetCode.parse(code), PriorState(newest=None))
        return
    with web(refuse) as url, suppress(FetchError):
        given = {option: value for option, value in {**GIVEN, "base_url": url}.items() if option in known}
        InstalledProviders({name: given}, deadline_seconds=5).source(name).fetch(DatasetCode.parse(code), PriorState(newest=None))

    assert asked
