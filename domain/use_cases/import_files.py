"""ImportFiles: store the states that files of the operator's own show, each known since the file's date."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from domain.audit import audit
from domain.codes import DatasetCode
from domain.errors import InvalidInput, SeriesNotFound, VintageNotFound
from domain.fetches import NOTHING_ALLOWED, Allowed
from domain.fetching.timeline import History, Timeline
from domain.importing import IMPORT, FileSeries, FileState, ImportedSeries, ImportRequest, Sighting
from domain.inferred_frequency import with_frequency
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import FileImports, Store, UnitOfWork
from domain.series import Metadata, TimeSeries
from domain.vintages import NewState

#: How many states, and about how many of their cells, one transaction stores.
_STATES, _CELLS = 64, 1_000_000
_THREADS, _AHEAD = 4, 6
_EVERY_VINTAGE = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFiles:
    """
    Import files, one short transaction for a series, or for so many of its states as memory holds.

    What has been stored stays if it is interrupted; the same import again adds what is missing, and nothing twice.

    Attributes:
        folder: in which clients of the API may name files; None if they may name none.
    """

    store: Store
    files: FileImports
    folder: Path | None = None

    def __call__(self, request: ImportRequest, *, allow: Allowed = NOTHING_ALLOWED, dry_run: bool = False) -> Iterator[ImportedSeries]:
        """
        Import all series and yield what each got, in the order in which files show them.

        Args:
            dry_run: store nothing, and yield what would be added.

        Raises:
            InvalidInput, FetchError: as ``FileImports.find`` and ``Timeline.add``.
            SeriesNotFound: a series of another provider is not stored.

        """
        one, last = self._would_add if dry_run else self._add, None
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="import") as threads:
            waiting: deque[Future[ImportedSeries]] = deque()
            for found in self.files.find(request):
                last = found.code
                waiting.append(threads.submit(one, request, found, allow))
                while len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        if last and not dry_run:
            self._make_lasting(request, last)
            audit("files imported", files=[path.name for path in request.paths], into=f"{request.provider}:{request.database}")

    def inside(self, path: str) -> Path:
        """
        Return a path in the folder in which clients may name files.

        Raises:
            InvalidInput: there is no such folder, or the path leads out of it.

        """
        if self.folder is None:
            raise InvalidInput("No folder is configured from which files may be imported.", field="path", hint="Send the file itself.")
        root = self.folder.resolve()
        try:
            found = (root / path).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise InvalidInput("path is not a path.", field="path", hint="Name a file or folder below the configured one.") from error
        if not found.is_relative_to(root):
            raise InvalidInput("path leads out of the configured folder.", field="path", hint="Name a file or folder below it.")
        return found

    def _add(self, request: ImportRequest, found: FileSeries, allow: Allowed) -> ImportedSeries:
        outcome = _nothing(request, found)
        for states in _chunks(found.states):
            with self.store.writing() as uow:
                series = uow.series.add(IMPORT, found.code) if request.provider == IMPORT else _stored(uow, request, found)
                uow.series.lock(series.id)
                timeline = Timeline(history=_history(uow, series), now=uow.now(), allow=allow)
                _extend(timeline, states)
                timeline.finish()
                added, sightings = timeline.taken()
                _record(uow, series, states[-1].metadata, added=added, sightings=sightings)
                # The last transaction of all makes this one lasting.
                uow.commit(lasting=False)
            outcome = _counted(outcome, states, added, timeline.given)
        return outcome

    def _would_add(self, request: ImportRequest, found: FileSeries, allow: Allowed) -> ImportedSeries:
        outcome = _nothing(request, found)
        with self.store.reading() as uow:
            is_own = request.provider == IMPORT
            series = uow.series.find(IMPORT, found.code) if is_own else _stored(uow, request, found)
            history = _history(uow, series) if series else History(name=_name(request, found))
            timeline = Timeline(history=history, now=uow.now(), allow=allow)
            for states in _chunks(found.states):
                given = timeline.given
                _extend(timeline, states)
                outcome = _counted(outcome, states, timeline.taken()[0], timeline.given - given)
            timeline.finish()
        return _counted(outcome, (), timeline.taken()[0], 0)

    def _make_lasting(self, request: ImportRequest, code: DatasetCode) -> None:
        with self.store.writing() as uow:
            series = uow.series.find(request.provider, code)
            if series:
                uow.series.record_import(series, series.metadata)
                uow.commit()


def _chunks(states: Iterable[FileState]) -> Iterator[Sequence[FileState]]:
    chunk: list[FileState] = []
    cells = 0
    for state in states:
        chunk.append(state)
        cells += state.observations.values.size
        if len(chunk) >= _STATES or cells >= _CELLS:
            yield chunk
            chunk, cells = [], 0
    if chunk:
        yield chunk


def _stored(uow: UnitOfWork, request: ImportRequest, found: FileSeries) -> TimeSeries:
    series = uow.series.find(request.provider, found.code)
    if series is None:
        hint = f"Fetch it first, or import it as a series of the provider {IMPORT}."
        raise SeriesNotFound(f"{_name(request, found)} is not stored here, so that nothing can be imported into it.", hint=hint)
    return series


def _name(request: ImportRequest, found: FileSeries) -> str:
    return f"{request.provider}:{found.code}"


def _history(uow: UnitOfWork, series: TimeSeries) -> History:
    name = f"{series.provider}:{series.code}"
    if series.newest is None:
        return History(name=name)

    def read(number: int) -> Observations:
        found = uow.vintages.find(series.id, AsOf(vintage=number))
        if found is None:
            raise VintageNotFound(f"{name} has no vintage {number}.")
        return found.observations

    return History(
        name=name,
        vintages=uow.vintages.list(series.id, after=0, limit=_EVERY_VINTAGE),
        sightings=uow.sightings.of(series.id),
        checked_at=series.checked_at,
        read=read,
    )


def _extend(timeline: Timeline, states: Iterable[FileState]) -> None:
    for state in states:
        timeline.add(state)


def _record(uow: UnitOfWork, series: TimeSeries, metadata: Metadata, *, added: Sequence[NewState], sightings: Sequence[Sighting]) -> None:
    appended = uow.vintages.append(series.id, uow.vintages.prepare(series, added))
    assert appended  # noqa: S101 - the series is locked
    uow.sightings.add(series, sightings)
    is_new = series.provider == IMPORT and series.newest is None and added
    uow.series.record_import(series, with_frequency(metadata, added[-1].observations) if is_new else series.metadata)


def _nothing(request: ImportRequest, found: FileSeries) -> ImportedSeries:
    return ImportedSeries(provider=request.provider, code=found.code, states=0, vintages=0, given=0, rows=0, first=None, last=None)


def _counted(before: ImportedSeries, states: Sequence[FileState], added: Sequence[NewState], given: int) -> ImportedSeries:
    moments = [moment for moment in (before.first, before.last, *(new.known_at for new in added)) if moment]
    return replace(
        before,
        states=before.states + len(states),
        vintages=before.vintages + len(added),
        given=before.given + given,
        rows=before.rows + sum(len(new.observations) for new in added),
        first=min(moments, default=None),
        last=max(moments, default=None),
    )
