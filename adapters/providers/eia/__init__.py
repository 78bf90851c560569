"""U.S. Energy Information Administration."""

from adapters.providers.eia.provider import PROVIDER

__all__ = ["PROVIDER"]
