"""World Bank."""

from adapters.providers.worldbank.provider import PROVIDER

__all__ = ["PROVIDER"]
