"""Yahoo Finance."""

from adapters.providers.yahoo.provider import PROVIDER

__all__ = ["PROVIDER"]
