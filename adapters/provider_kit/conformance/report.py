"""What can be said of a provider as it is installed: facts, parser and, if it may be asked, its example."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from adapters.provider_kit.conformance.rules import EXAMPLE_RULES, FACT_RULES, PARSER_RULES, Case, Rule
from domain.errors import DomainError, ProviderNotConfigured
from domain.ports import Providers
from domain.providers import Finding


def scorecard(providers: Providers, module: Any, secrets: Sequence[str], *, online: bool) -> Sequence[Finding]:
    """Give a finding for each rule that can be tried: what is not configured is not asked."""
    contract = {"code": module.EXAMPLE} if hasattr(module, "EXAMPLE") else {}
    case = Case(module=module, source=None, contract=contract, secrets=tuple(filter(None, secrets)))
    found = [_finding(rule, case) for rule in FACT_RULES]
    with suppress(ProviderNotConfigured):
        case.source = providers.reader(module.NAME)
        found += [_finding(rule, case) for rule in PARSER_RULES]
        if online and contract:
            case.source = providers.source(module.NAME)
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
