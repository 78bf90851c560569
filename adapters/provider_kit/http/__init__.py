"""The HTTP client of providers: one for each, within limits and deadlines."""
