"""U.S. Department of the Treasury."""

from adapters.providers.us_treasury.provider import PROVIDER

__all__ = ["PROVIDER"]
