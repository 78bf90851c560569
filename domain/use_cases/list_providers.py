"""ListProviders: who can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports import Providers
from domain.providers import Provider


@dataclass(frozen=True, slots=True)
class ListProviders:
    """List the providers with their terms, limits and what keeps them from being asked."""

    providers: Providers

    def __call__(self) -> Sequence[Provider]:
        """Give all of them, by name."""
        return self.providers.all()
