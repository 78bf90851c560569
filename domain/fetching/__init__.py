"""Shared parts of the fetching use cases: ingest, throttling, leases and freshness."""
