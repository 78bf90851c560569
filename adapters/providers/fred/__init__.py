"""FRED and ALFRED, of the Federal Reserve Bank of St. Louis."""

from adapters.providers.fred.provider import ALFRED, FRED

PROVIDERS = (FRED, ALFRED)
