"""DescribeSeries: one series without its observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from domain.codes import FORMULA, DatasetCode
from domain.errors import DomainError, SeriesNotFound, UnknownProvider
from domain.fetching.freshness import Freshness
from domain.importing import IMPORT
from domain.moments import AsOf
from domain.ports import Providers, Store, UnitOfWork
from domain.ports.schedule_repository import Followed
from domain.providers import Routing
from domain.schedules.schedule import FollowedSeries
from domain.series import SeriesQuery, TimeSeries
from domain.source_status import StatusChange
from domain.stand_ins.splice import SpliceRule
from domain.use_cases.read_formula import compute
from domain.use_cases.spelling import in_other_case, similar, spelled

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Described:
    """
    A series, whether it is stale, and the time by the store's clock.

    Attributes:
        reads_files: whether it is read from a file of the operator's own.
        stale_at: when it becomes stale, or became so; None if no fetch has succeeded yet.
        replaces: the series that it replaces, as ``provider:DATABASE/DATASET``.
        source_statuses: the changes of its status at the source, oldest first.
        next_look: the next one of the schedules that follow it; None if none does, or all are paused.
        rules: by which it is, or was, spliced, oldest first.
        failed: why it cannot be computed, if it is a formula that cannot be.

    """

    series: TimeSeries
    stale: bool
    now: datetime
    reads_files: bool = False
    stale_at: datetime | None = None
    next_look: FollowedSeries | None = None
    replaces: Sequence[str] = ()
    source_statuses: Sequence[StatusChange] = ()
    rules: Sequence[SpliceRule] = ()
    failed: DomainError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSeries:
    """Describe a series by its id or by its code."""

    store: Store
    providers: Providers
    routing: Routing
    freshness: Freshness

    def __call__(self, series_id: UUID) -> Described:
        """Describe by id; raises SeriesNotFound."""
        with self.store.reading() as uow:
            return self._described(uow, uow.series.get(series_id))

    def by_code(self, code: DatasetCode, provider: str | None = None) -> Described:
        """
        Describe by code: of the named provider, else of a configured route, an import, who would serve it now, or the oldest.

        The code may be in any case where its provider tells none apart.

        Raises:
            SeriesNotFound: none is stored under this code.

        """
        return self._found(code, provider, self._described)

    def find(self, code: DatasetCode, provider: str | None = None) -> TimeSeries:
        """Return the series of a code as it is stored, without computing a formula; chosen as in ``by_code``, and raises like it."""
        return self._found(code, provider, lambda _uow, series: series)

    def similar(self, text: str) -> Sequence[str]:
        """Return stored codes that resemble what somebody has written, best first."""
        return similar(self.store, text)

    def _found(self, code: DatasetCode, provider: str | None, use: Callable[[UnitOfWork, TimeSeries], Found]) -> Found:
        """Return what is made of a series; that of a file may be spelled in another way, for which files are looked at in between."""

        def found(code: DatasetCode) -> Found:
            with self.store.reading() as uow:
                return use(uow, series_of_code(uow, code, provider, self.providers, routing=self.routing))

        try:
            return found(code)
        except SeriesNotFound:
            name = provider or self.routing.provider_for(code, self.providers.all())
            own = spelled(self.store, self.providers, name, code) if self._reads_files(name) else code
            if own == code:
                raise
            return found(own)

    def _described(self, uow: UnitOfWork, series: TimeSeries) -> Described:
        now = uow.now()
        if series.is_formula:
            return self._formula(uow, series, now)
        return Described(
            series,
            self.freshness.is_stale(series, now),
            now,
            reads_files=self._reads_files(series.provider),
            stale_at=self.freshness.stale_at(series),
            next_look=_next_look(uow.schedules.following(series.id)),
            replaces=uow.series.replaced_by(f"{series.provider}:{series.code}"),
            source_statuses=uow.series.source_statuses(series.id) if series.at_source.since else (),
            rules=uow.splices.rules(series.id),
        )

    def _formula(self, uow: UnitOfWork, series: TimeSeries, now: datetime) -> Described:
        """Describe a formula by its result; without one while it cannot be computed."""
        try:
            computed = compute(uow, series, AsOf())
        except DomainError as error:
            return Described(series, stale=False, now=now, failed=error)
        return Described(computed.described(series), any(self.freshness.is_stale(each, now) for each in computed.read), now)

    def _reads_files(self, provider: str) -> bool:
        try:
            return self.providers.get(provider).reads_files
        except UnknownProvider:
            return False


def series_of_code(uow: UnitOfWork, code: DatasetCode, provider: str | None, providers: Providers, *, routing: Routing) -> TimeSeries:
    """
    Return a series by its code: of the named provider, else of a configured route, an import, who would serve it now, or the oldest.

    If there is none, it may differ in case where the provider tells none apart.

    Raises:
        SeriesNotFound: none is stored under this code.

    """
    imported = None if provider or routing.is_configured(code) else uow.series.find(IMPORT, code)
    series = imported or uow.series.find(provider or routing.provider_for(code, providers.all()), code)
    if series is None and provider is None:
        series = next(iter(uow.series.search(SeriesQuery(code=code, limit=1)).items), None)
    if series is None:
        names = [provider] if provider else [IMPORT, routing.provider_for(code, providers.all()), FORMULA]
        found = (in_other_case(uow, name, code) for name in names if _knows_no_case(name, providers))
        series = next(filter(None, found), None)
    if series is None:
        wanted = f"{provider}:{code}" if provider else str(code)
        raise SeriesNotFound(f"{code} is not kept here.", hint=f'Request it: POST /timeseries {{"code": "{wanted}"}}.')
    return series


def _knows_no_case(name: str, providers: Providers) -> bool:
    """Return whether codes that differ in case alone are one series, as of imports and formulas; of files they may be two."""
    try:
        return name in (IMPORT, FORMULA) or (providers.get(name).any_case and not providers.get(name).reads_files)
    except UnknownProvider:
        return False


def _next_look(following: Sequence[Followed]) -> FollowedSeries | None:
    looks = [(look.next_at, place, look) for place, (_, look) in enumerate(following) if look.next_at]
    return min(looks)[2] if looks else None
