"""Quandl / Nasdaq Data Link."""
