"""Sample series, offline."""

from adapters.providers.sample.provider import PROVIDER

__all__ = ["PROVIDER"]
