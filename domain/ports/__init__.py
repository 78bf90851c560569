"""
The ports: what the use cases need from outside.

Every port has an adapter in memory that ships, and one contract suite in ``tests/contracts`` that all its adapters pass; but
``ReadRouting`` is about several servers.
Adapters raise the errors of ``domain.errors`` and no others.
"""

from domain.ports.calendars import CalendarReader, CalendarRepository, ListsReleases
from domain.ports.dispatch import Dispatcher
from domain.ports.equivalence_repository import EquivalenceRepository
from domain.ports.fetch_repository import FetchRepository
from domain.ports.file_imports import FileImports
from domain.ports.file_previews import FilePreview, FilePreviews, FileRow
from domain.ports.formula_repository import FormulaRepository
from domain.ports.read_routing import CONSISTENCY_HEADER, ReadRouting, ReplicaState, ReplicaStatus
from domain.ports.release_repository import ReleaseRepository
from domain.ports.schedule_repository import ScheduleRepository
from domain.ports.series_repository import SeriesRepository
from domain.ports.sighting_repository import SightingRepository
from domain.ports.sources import (
    ConformanceChecks,
    DataSource,
    Fetched,
    ParsedSeries,
    ParsesResponses,
    PriorState,
    Providers,
    RawResponse,
    ReadsFiles,
    SearchesSeries,
)
from domain.ports.splice_repository import SpliceRepository
from domain.ports.store import KeyRepository, MetricsRepository, RequestRepository, Store, UnitOfWork
from domain.ports.throttle import QuotaRepository, RateLimiter
from domain.ports.vintage_repository import VintageRepository
from domain.ports.webhook_repository import WebhookRepository
from domain.ports.webhook_sender import WebhookSender

__all__ = [
    "CONSISTENCY_HEADER",
    "CalendarReader",
    "CalendarRepository",
    "ConformanceChecks",
    "DataSource",
    "Dispatcher",
    "EquivalenceRepository",
    "FetchRepository",
    "Fetched",
    "FileImports",
    "FilePreview",
    "FilePreviews",
    "FileRow",
    "FormulaRepository",
    "KeyRepository",
    "ListsReleases",
    "MetricsRepository",
    "ParsedSeries",
    "ParsesResponses",
    "PriorState",
    "Providers",
    "QuotaRepository",
    "RateLimiter",
    "RawResponse",
    "ReadRouting",
    "ReadsFiles",
    "ReleaseRepository",
    "ReplicaState",
    "ReplicaStatus",
    "RequestRepository",
    "ScheduleRepository",
    "SearchesSeries",
    "SeriesRepository",
    "SightingRepository",
    "SpliceRepository",
    "Store",
    "UnitOfWork",
    "VintageRepository",
    "WebhookRepository",
    "WebhookSender",
]
