"""FRED and ALFRED, of the Federal Reserve Bank of St. Louis."""
