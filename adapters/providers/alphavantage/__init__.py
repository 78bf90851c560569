"""Alpha Vantage."""

from adapters.providers.alphavantage.provider import PROVIDER

__all__ = ["PROVIDER"]
