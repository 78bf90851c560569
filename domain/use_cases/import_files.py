"""ImportFiles: store the states that files of the operator's own show, each known since the file's date."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
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
from domain.vintages import NewState, Prepared

#: How many states of a series, and about how many of their cells, one transaction stores; and how many cells of several series.
_STATES, _CELLS, _TOGETHER = 64, 1_000_000, 250_000
_THREADS, _AHEAD = 4, 5
_EVERY_VINTAGE = 2**31 - 1
_Work = Callable[[Sequence[FileSeries]], Sequence[ImportedSeries]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFiles:
    """
    Import files, in short transactions: of several small series, or of a part of a large one.

    What has been stored stays if it is interrupted; the same import again adds what is missing, and nothing twice.

    Attributes:
        folder: in which clients of the API may name files; None if they may name none.
    """

    store: Store
    files: FileImports
    folder: Path | None = None

    def __call__(self, request: ImportRequest, *, allow: Allowed = NOTHING_ALLOWED, dry_run: bool = False) -> Iterator[ImportedSeries]:
        """
        Import all series and yield what each got, in the order in which files show them; a series of several tables once for each.

        Args:
            dry_run: store nothing, and yield what would be added.

        Raises:
            InvalidInput, FetchError: as ``FileImports.find`` and ``Timeline.add``.
            SeriesNotFound: a series of another provider is not stored.

        """
        some, last = self._would_add if dry_run else self._add, None
        for last in _concurrently(lambda batch: some(request, batch, allow), _batches(self.files.find(request))):
            yield last
        if last and not dry_run:
            self._make_lasting(request, last.code)
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

    def _add(self, request: ImportRequest, batch: Sequence[FileSeries], allow: Allowed) -> Sequence[ImportedSeries]:
        outcomes = {found.code: _nothing(request, found) for found in batch}
        for chunks in zip_longest(*(_chunks(found.states) for found in batch), fillvalue=()):
            parts = {found.code: states for found, states in zip(batch, chunks, strict=True) if states}
            for placed in self._store(request, parts, allow):
                code = placed.series.code
                outcomes[code] = _counted(outcomes[code], parts[code], placed.added, placed.given)
        return list(outcomes.values())

    def _store(self, request: ImportRequest, parts: Mapping[DatasetCode, Sequence[FileState]], allow: Allowed) -> Sequence[_Placed]:
        """Store states of several series in one transaction."""
        while True:
            with self.store.writing() as uow:
                now = uow.now()
                # In one order, so that two imports of the same series wait for each other rather than crosswise.
                found = _locked(uow, request, sorted(parts))
                placed = [_place(uow, series, parts[series.code], now=now, allow=allow) for series in found]
                # All that takes long is done: other writers wait for the positions that are taken here.
                if uow.vintages.append_all({each.series.id: each.prepared for each in placed}):
                    for each in placed:
                        uow.sightings.add(each.series, each.sightings)
                        uow.series.record_import(each.series, each.metadata)
                    # The last transaction of all makes this one lasting.
                    uow.commit(lasting=False)
                    return placed
            # A series that was new when it was read has got vintages before it was locked.

    def _would_add(self, request: ImportRequest, batch: Sequence[FileSeries], allow: Allowed) -> Sequence[ImportedSeries]:
        return [self._would_add_one(request, found, allow) for found in batch]

    def _would_add_one(self, request: ImportRequest, found: FileSeries, allow: Allowed) -> ImportedSeries:
        outcome = _nothing(request, found)
        with self.store.reading() as uow:
            is_own = request.provider == IMPORT
            series = uow.series.find(IMPORT, found.code) if is_own else _stored(uow, request, found.code)
            history = _history(uow, series) if series else History(name=f"{request.provider}:{found.code}")
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


def _stored(uow: UnitOfWork, request: ImportRequest, code: DatasetCode) -> TimeSeries:
    series = uow.series.find(request.provider, code)
    if series is None:
        hint = f"Fetch it first, or import it as a series of the provider {IMPORT}."
        raise SeriesNotFound(f"{request.provider}:{code} is not stored here, so that nothing can be imported into it.", hint=hint)
    return series


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """States of a series, placed among those that are stored, and the metadata that go with them."""

    series: TimeSeries
    added: Sequence[NewState]
    sightings: Sequence[Sighting]
    given: int
    prepared: Prepared
    metadata: Metadata


def _locked(uow: UnitOfWork, request: ImportRequest, codes: Sequence[DatasetCode]) -> Sequence[TimeSeries]:
    """Return series under their locks; those of an import are added where they are missing."""
    is_own = request.provider == IMPORT
    found = uow.series.add_all(IMPORT, codes) if is_own else [_stored(uow, request, code) for code in codes]
    for series in found:
        uow.series.lock(series.id)
    return [series if series.newest is None else uow.series.get(series.id) for series in found]


def _place(uow: UnitOfWork, series: TimeSeries, states: Sequence[FileState], *, now: datetime, allow: Allowed) -> _Placed:
    timeline = Timeline(history=_history(uow, series), now=now, allow=allow)
    _extend(timeline, states)
    timeline.finish()
    added, sightings = timeline.taken()
    is_new = series.provider == IMPORT and series.newest is None and added
    return _Placed(
        series=series,
        added=added,
        sightings=sightings,
        given=timeline.given,
        prepared=uow.vintages.prepare(series, added),
        metadata=with_frequency(states[-1].metadata, added[-1].observations) if is_new else series.metadata,
    )


def _concurrently(work: _Work, batches: Iterable[Sequence[FileSeries]]) -> Iterator[ImportedSeries]:
    """Yield what work on batches gives, in their order; it begins on a batch when that on others with the same series has ended."""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="import") as threads:
        waiting: deque[tuple[set[DatasetCode], Future[Sequence[ImportedSeries]]]] = deque()
        for batch in batches:
            codes = {found.code for found in batch}
            while any(codes & others for others, _ in waiting):
                yield from waiting.popleft()[1].result()
            waiting.append((codes, threads.submit(work, batch)))
            while len(waiting) > _AHEAD:
                yield from waiting.popleft()[1].result()
        for _, future in waiting:
            yield from future.result()


def _batches(found: Iterable[FileSeries]) -> Iterator[Sequence[FileSeries]]:
    """Yield small series together, each once; one whose states are read when they are taken alone."""
    batch: list[FileSeries] = []
    codes = set[DatasetCode]()
    cells = 0
    for each in found:
        size = sum(state.observations.values.size for state in each.states) if isinstance(each.states, Sequence) else _TOGETHER
        if batch and (cells + size > _TOGETHER or each.code in codes):
            yield batch
            batch, codes, cells = [], set(), 0
        batch.append(each)
        codes.add(each.code)
        cells += size
    if batch:
        yield batch


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
