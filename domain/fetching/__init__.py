"""What several verbs of fetching share: ingesting what came, throttling, leases and freshness."""
