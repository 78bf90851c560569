"""Quandl / Nasdaq Data Link."""

from adapters.providers.quandl.provider import PROVIDER

__all__ = ["PROVIDER"]
