"""Conversion between rows and the domain's values."""
