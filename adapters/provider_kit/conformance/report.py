"""What can be checked of a provider as it is installed: its facts, its parser and, if it may be asked, its example."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from adapters.provider_kit.conformance.rules import EXAMPLE_RULES, FACT_RULES, PARSER_RULES, Case, Rule
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.errors import DomainError, ProviderNotConfigured
from domain.providers import Finding


class ConformanceReports:
    """Reports on installed providers."""

    def __init__(self, providers: InstalledProviders) -> None:
        self._providers = providers

    def run_conformance(self, name: str, *, online: bool = False) -> Sequence[Finding]:
        spec = self._providers.spec(name)
        if spec is None:
            return [Finding("can be loaded", self._providers.get(name).problem)]
        contract = {"code": spec.example} if spec.example else {}
        case = Case(spec=spec, source=None, contract=contract, secrets=tuple(self._providers.secret_values(name)))
        found = [_finding(rule, case) for rule in FACT_RULES]
        with suppress(ProviderNotConfigured):
            case.source = self._providers.offline_source(name)
            found += [_finding(rule, case) for rule in PARSER_RULES]
            if online and contract:
                case.source = self._providers.source(name)
                found += [_finding(rule, case) for rule in EXAMPLE_RULES]
        return found


def _finding(rule: Rule, case: Case) -> Finding:
    try:
        problem = rule(case)
    except DomainError as error:
        problem = error.message
    except Exception as error:  # noqa: BLE001 - foreign code; what it raises is the finding
        problem = f"{type(error).__name__}: {error}"
    return Finding(rule.__name__.replace("_", " "), problem)
