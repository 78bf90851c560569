"""CheckProviders: how well the providers keep the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.ports import ConformanceChecks, Providers
from domain.providers import Finding


@dataclass(frozen=True, slots=True)
class CheckProviders:
    """Check every provider against the rules that need no payload."""

    providers: Providers
    checks: ConformanceChecks

    def __call__(self, *, online: bool = False) -> Mapping[str, Sequence[Finding]]:
        """
        Return the findings by provider.

        Args:
            online: whether those that are configured are asked for their examples.

        """
        return {provider.name: self.checks.run_conformance(provider.name, online=online) for provider in self.providers.all()}
