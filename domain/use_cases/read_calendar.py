"""ReadCalendar: the releases of a series that a calendar lists, read once a day for all series and workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from domain.codes import DatasetCode
from domain.errors import DomainError, InvalidInput, StoreUnavailable
from domain.fetching.provider_throttle import ProviderThrottle
from domain.ports import CalendarReader, ListsReleases, Providers, Store
from domain.providers import Provider
from domain.schedules.calendar import READ_AGAIN, CalendarSource, KeptCalendar, ReleaseEvent

logger = logging.getLogger(__name__)

T = TypeVar("T")
#: The fields of a ``KeptCalendar`` that were read.
Found = Mapping[str, Any]

#: To which release a series belongs hardly ever changes.
_RELEASE_AGAIN = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCalendar:
    """
    What a calendar says of a series.

    Attributes:
        events: its releases, past and planned.
        problem: why there are none, as a sentence; empty if there are.
        is_being_read: whether another worker reads the calendar at this moment for the first time.

    """

    events: Sequence[ReleaseEvent] = ()
    problem: str = ""
    is_being_read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCalendar:
    """
    Find the releases of a series in a calendar.

    What was read is stored and serves all series until it is a day old. A calendar that cannot be read is tried again after an hour;
    meanwhile what it said before still holds.
    """

    store: Store
    providers: Providers
    calls: ProviderThrottle
    reader: CalendarReader

    def check(self, spec: str) -> None:
        """Raise InvalidInput for a calendar that cannot be meant; whether it can be read is not tried."""
        place = CalendarSource.parse(spec).place
        if place:
            self.reader.check(place)

    def __call__(self, provider: str, code: DatasetCode, spec: str) -> SeriesCalendar:
        """Return what the calendar of a schedule says of a series; calendars cause no errors but those of the store."""
        try:
            source = CalendarSource.parse(spec)
            return self._of_place(source, source.place) if source.place else self._of_provider(source, provider, code)
        except StoreUnavailable:
            raise
        except DomainError as error:
            return SeriesCalendar(problem=error.message)

    def _of_provider(self, source: CalendarSource, name: str, code: DatasetCode) -> SeriesCalendar:
        provider = self.providers.get(name)
        rule = provider.releases
        if rule is None:
            raise InvalidInput(f"{provider.title} has no calendar that lanner knows: the schedule must name one.")
        if not rule.url:
            return self._of_release(source, provider, code)
        title = rule.title_of(code.dataset)
        if title is None and not source.text:
            raise InvalidInput(f"Which events of the calendar of {provider.title} are those of {code} must be said by #TEXT.")
        return self._of_place(source, rule.url, title or "")

    def _of_release(self, source: CalendarSource, provider: Provider, code: DatasetCode) -> SeriesCalendar:
        def read_release() -> Found:
            return {"release": self._asked(provider.name, lambda asked: asked.release_of(code))}

        def read_dates() -> Found:
            return {"events": tuple(self._asked(provider.name, lambda asked: asked.release_dates(kept.release)))}

        kept = self._kept(f"{provider.name}:{code}", _RELEASE_AGAIN, read_release)
        if kept.read_at is None:
            return _nothing_yet(kept)
        return _chosen(source, self._kept(f"{provider.name} release {kept.release}", READ_AGAIN, read_dates), "")

    def _of_place(self, source: CalendarSource, place: str, text: str = "") -> SeriesCalendar:
        return _chosen(source, self._kept(place, READ_AGAIN, lambda: {"events": tuple(self.reader.read(place))}), text)

    def _asked(self, provider: str, ask: Callable[[ListsReleases], T]) -> T:
        """Ask a provider's source within the provider's limits, after all fetches."""
        with self.calls.attribute_search(self.calls.budget(self.providers, provider)):
            return ask(self.providers.releases_source(provider))

    def _kept(self, address: str, again: timedelta, read: Callable[[], Found]) -> KeptCalendar:
        """Return what is stored, after reading it anew if that is due and no other worker does so."""
        with self.store.reading() as uow:
            kept = uow.calendars.get(address)
            if kept and not kept.is_due(uow.now(), again):
                return kept
        with self.store.writing() as uow:
            kept, now = uow.calendars.get(address), uow.now()
            if kept and not kept.is_due(now, again):
                return kept
            begun = replace(kept, tried_at=now) if kept else KeptCalendar(address=address, tried_at=now)
            uow.calendars.put(begun)
            uow.commit()
        ended = _outcome(begun, read)
        with self.store.writing() as uow:
            if not ended.problem:
                ended = replace(ended, read_at=max(uow.now(), begun.tried_at))
            uow.calendars.put(ended)
            uow.commit()
        return ended


def _outcome(begun: KeptCalendar, read: Callable[[], Found]) -> KeptCalendar:
    try:
        found = read()
    except StoreUnavailable:
        raise
    except DomainError as error:
        logger.warning("calendar not read", extra={"calendar": begun.address, "reason": error.message})
        return replace(begun, problem=error.message)
    except Exception as error:
        # Whatever a calendar or a provider's module makes of it, the series is followed all the same.
        logger.exception("calendar not read", extra={"calendar": begun.address})
        return replace(begun, problem=f"lanner failed on it ({type(error).__name__}).")
    return replace(begun, **found, problem="")


def _chosen(source: CalendarSource, kept: KeptCalendar, text: str) -> SeriesCalendar:
    if kept.read_at is None:
        return _nothing_yet(kept)
    events = source.choose(kept.events, text)
    wanted = source.text or text
    nothing = f"Its calendar lists no “{wanted}”." if wanted else "Its calendar lists nothing."
    return SeriesCalendar(events=events, problem="" if events else nothing)


def _nothing_yet(kept: KeptCalendar) -> SeriesCalendar:
    problem = f"Its calendar cannot be read: {kept.problem}" if kept.problem else ""
    return SeriesCalendar(problem=problem, is_being_read=not kept.problem)
