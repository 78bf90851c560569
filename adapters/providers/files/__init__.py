"""A folder of files."""

from adapters.providers.files.provider import PROVIDER

__all__ = ["PROVIDER"]
