"""The tables: SQLAlchemy Core, in a module for each subject."""

from adapters.sql.tables.access import api_keys, quotas
from adapters.sql.tables.column_types import REVISION, UtcDateTime, metadata
from adapters.sql.tables.fetches import budgets, calls, counts, durations, fetches, requests, workers
from adapters.sql.tables.formulas import formulas
from adapters.sql.tables.panels import panels
from adapters.sql.tables.schedules import calendars, followed, schedules
from adapters.sql.tables.series import descriptions, feed, series, source_statuses, vintages
from adapters.sql.tables.sightings import sightings
from adapters.sql.tables.stand_ins import divergences, equivalences, splices
from adapters.sql.tables.webhooks import deliveries, series_events, webhooks

__all__ = [
    "REVISION",
    "UtcDateTime",
    "api_keys",
    "budgets",
    "calendars",
    "calls",
    "counts",
    "deliveries",
    "descriptions",
    "divergences",
    "durations",
    "equivalences",
    "feed",
    "fetches",
    "followed",
    "formulas",
    "metadata",
    "panels",
    "quotas",
    "requests",
    "schedules",
    "series",
    "series_events",
    "sightings",
    "source_statuses",
    "splices",
    "vintages",
    "webhooks",
    "workers",
]
