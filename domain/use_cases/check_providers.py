"""CheckProviders: run the conformance rules on the installed providers."""

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

    def __call__(self, names: Sequence[str] = (), *, online: bool = False) -> Mapping[str, Sequence[Finding]]:
        """
        Return the findings by provider.

        Args:
            names: of the providers; by default all of them.
            online: whether configured providers are also asked for their examples.

        Raises:
            UnknownProvider: there is none of a name.

        """
        wanted = names or [provider.name for provider in self.providers.all()]
        return {name: self.checks.run_conformance(name, online=online) for name in wanted}
