"""The tables: SQLAlchemy Core, in a module for each subject."""

from adapters.sql.tables.access import api_keys, quotas
from adapters.sql.tables.column_types import REVISION, UtcDateTime, metadata
from adapters.sql.tables.fetches import budgets, calls, counts, fetches, requests, workers
from adapters.sql.tables.schedules import followed, schedules
from adapters.sql.tables.series import descriptions, feed, series, source_statuses, vintages
from adapters.sql.tables.sightings import sightings

__all__ = [
    "REVISION",
    "UtcDateTime",
    "api_keys",
    "budgets",
    "calls",
    "counts",
    "descriptions",
    "feed",
    "fetches",
    "followed",
    "metadata",
    "quotas",
    "requests",
    "schedules",
    "series",
    "sightings",
    "source_statuses",
    "vintages",
    "workers",
]
