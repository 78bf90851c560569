"""Statistical agencies, and any SDMX service."""
