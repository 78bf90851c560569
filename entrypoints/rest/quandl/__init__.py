"""Quandl's v3 API of time series, as its clients know it: a door of its own on what is kept here."""

QUANDL_ROOT = "/api/v3"
