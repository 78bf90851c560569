"""States of files find their places among all that is known of a series, on every store and in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.codes import DatasetCode
from domain.errors import InvalidInput, SeriesNotFound, SuspiciousShrink
from domain.fetches import NOTHING_ALLOWED, Lease, Suspicion
from domain.fetching.ingest import confirmation, prepare, prior_state
from domain.gates.settings import Gates
from domain.importing import IMPORT, FileSeries, FileState, ImportedSeries, ImportRequest
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.ports import Fetched, PriorState, Store
from domain.series import Metadata
from domain.use_cases.import_files import ImportFiles
from domain.vintages import Cause, Origin
from tests.builders import an_arrival
from tests.fakes import StoppedClock
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "25"))
DAY = timedelta(days=1)
GDP = DatasetCode("OWN", "GDP")
REQUEST = ImportRequest(paths=[Path("files")], database="OWN")


def a_state(value: float, dates: int = 3) -> Observations:
    return Observations.of([date(2018, 1, 1 + day) for day in range(dates)], ["value"], [[value + day] for day in range(dates)])


def a_file(value: float, published: Label | None, *, name: str = "", dates: int = 3) -> FileState:
    file = name or f"{published}.csv"
    sha256 = hashlib.sha256(f"{file} {value} {dates}".encode()).hexdigest()
    about = {"metadata": Metadata(name="own"), "file": file, "sha256": sha256, "reader_version": 1}
    return FileState(published=published, observations=a_state(value, dates), **about)


@dataclass
class GivenFiles:
    """Files that were read before."""

    series: Sequence[FileSeries]

    def find(self, request: ImportRequest) -> Iterator[FileSeries]:
        yield from self.series


@dataclass
class Importer:
    """Imports states into one series of a store, and looks at it."""

    store: Store
    provider: str = IMPORT
    code: DatasetCode = GDP

    def __call__(self, *states: FileState, allow: frozenset[Suspicion] = NOTHING_ALLOWED, dry_run: bool = False) -> ImportedSeries:
        files = GivenFiles([FileSeries(code=self.code, states=list(states))])
        use_case = ImportFiles(store=self.store, files=files)
        [found] = use_case(replace(REQUEST, provider=self.provider), allow=allow, dry_run=dry_run)
        return found

    @property
    def id(self) -> UUID:
        with self.store.reading() as uow:
            found = uow.series.find(self.provider, self.code)
        assert found
        return found.id

    def fetch(self, *states: tuple[Label | None, float], not_modified: bool = False) -> PriorState:
        """Store an answer as a fetch does, and return what its source was told."""
        with self.store.writing() as uow:
            series = uow.series.add(self.provider, self.code)
            fetch, _ = uow.fetches.add(series.id, allow=NOTHING_ALLOWED, at_once=True, request_id="")
            lease = Lease(uuid4(), 30)
            assert uow.fetches.claim(fetch.id, lease)
            known = prior_state(uow, series)
            origin = Origin(request="canned", response_sha256=uuid4().hex * 2, adapter_version=1)
            fetched = (
                Fetched.unchanged(origin, {"etag": "a"})
                if not_modified
                else Fetched(metadata=Metadata(), vintages=[(label, a_state(value)) for label, value in states], origin=origin)
            )
            prepared, metadata = prepare(uow, series, fetch, fetched, gates=Gates())
            confirmed = confirmation(uow, series, known, fetched, added=prepared.vintages)
            uow.fetches.succeed(fetch.id, lease, prepared.vintages)
            assert uow.vintages.append(series.id, prepared)
            uow.series.record_fetch(series, metadata, confirmed)
            uow.commit()
        return known

    def as_of(self, moment: datetime) -> float | None:
        with self.store.reading() as uow:
            found = uow.vintages.find(self.id, AsOf(as_of=moment))
        return float(found.observations.values[0, 0]) if found else None

    def newest(self) -> float:
        with self.store.reading() as uow:
            found = uow.vintages.find(self.id, AsOf())
        assert found
        return float(found.observations.values[0, 0])

    def causes(self) -> list[Cause]:
        with self.store.reading() as uow:
            return [each.cause for each in uow.vintages.list(self.id, after=0, limit=1000)]


@pytest.fixture
def importer(store: Store) -> Importer:
    return Importer(store)


@pytest.fixture
def fetched(store: Store) -> Importer:
    """A series of a provider, into which files are imported."""
    return Importer(store, provider="canned")


def test_files_become_vintages(importer, clock):
    """Fifty saved files of one series become fifty vintages, each known since its own day and not before."""
    days = [date(2019, 1, 1) + number * DAY * 7 for number in range(50)]

    outcome = importer(*(a_file(number, day) for number, day in enumerate(days)))

    assert (outcome.states, outcome.vintages, outcome.rows) == (50, 50, 150)
    assert [importer.as_of(datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)) for day in days] == [*range(50)]
    assert importer.as_of(datetime(2018, 12, 31, 23, 59, 59, tzinfo=UTC)) is None
    assert importer.as_of(datetime(2019, 1, 8, 23, 59, 58, tzinfo=UTC)) == 0
    assert set(importer.causes()) == {Cause.IMPORT}
    with importer.store.reading() as uow:
        series = uow.series.get(importer.id)
        assert (series.status, series.checked_at, series.metadata.name) == ("success", None, "own")
        assert uow.vintages.find(series.id, AsOf(seen_by=clock() - timedelta(seconds=1))) is None
        feed = uow.vintages.feed(after=0, limit=100)
    assert [each.is_newest for each in feed] == [False] * 49 + [True]


def test_the_same_again_is_no_news(importer):
    """A file that shows what was known before adds nothing; nor does the same file again."""
    first = importer(a_file(1, date(2019, 1, 1)), a_file(1, date(2019, 2, 1)), a_file(2, date(2019, 3, 1)))
    again = importer(a_file(1, date(2019, 1, 1)), a_file(1, date(2019, 2, 1)), a_file(2, date(2019, 3, 1)))

    assert (first.vintages, again.vintages, again.states) == (2, 0, 3)


@pytest.mark.parametrize("read", [list, iter], ids=["small", "large"])
def test_a_series_of_several_tables(importer, read):
    """What each table shows of it is stored in their order, also between those of others; a state that is no news adds nothing."""
    tables = [a_file(number // 2, date(2019, 1 + number, 1)) for number in range(6)]
    found = [FileSeries(code=code, states=read([table])) for table in tables for code in (GDP, DatasetCode("OWN", "CPI"))]

    outcomes = list(ImportFiles(store=importer.store, files=GivenFiles(found))(REQUEST))

    assert [each.vintages for each in outcomes if each.code == GDP] == [1, 0, 1, 0, 1, 0]
    assert [importer.as_of(datetime(2019, month, 2, tzinfo=UTC)) for month in range(1, 7)] == [0, 0, 1, 1, 2, 2]


def test_a_late_file_does_not_hide_what_was_seen_later(importer):
    """What an earlier import found to be no news is stored once another state comes in before it."""
    importer(a_file(1, date(2019, 1, 1)), a_file(1, date(2019, 3, 1)))
    late = importer(a_file(2, date(2019, 2, 1)))

    assert late.vintages == 2
    assert [importer.as_of(datetime(2019, month, 2, tzinfo=UTC)) for month in (1, 2, 3)] == [1, 2, 1]


def test_a_dry_run_stores_nothing(importer):
    """It says what would be added."""
    found = importer(*(a_file(number, date(2019, 1, 1) + number * DAY) for number in range(3)), dry_run=True)

    assert (found.vintages, found.rows) == (3, 9)
    with importer.store.reading() as uow:
        assert uow.series.find(IMPORT, importer.code) is None


def test_without_a_date_only_into_an_empty_series(importer):
    """A file without a date is known since its import; a second one is refused, unless it shows the same."""
    importer(a_file(1, None, name="a.csv"))

    assert importer(a_file(1, None, name="b.csv")).vintages == 0
    with pytest.raises(InvalidInput, match=r"^c\.csv: import:OWN/GDP has observations already"):
        importer(a_file(2, None, name="c.csv"))


def test_a_date_in_the_future_is_refused(importer, clock):
    """Nobody can have saved it then."""
    with pytest.raises(InvalidInput, match="lies in the future"):
        importer(a_file(1, (clock() + 3 * DAY).date()))


def test_two_states_of_one_date_are_refused(importer):
    """Which of them was known last cannot be told; the same state from two files is one."""
    importer(a_file(1, date(2019, 1, 1), name="a.csv"))

    assert importer(a_file(1, date(2019, 1, 1), name="b.csv")).vintages == 0
    with pytest.raises(InvalidInput, match=r"^c\.csv: import:OWN/GDP has another state of 2019-01-01 already, from a\.csv"):
        importer(a_file(2, date(2019, 1, 1), name="c.csv"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_state_that_shrinks_is_refused(importer, order):
    """Less than half of its neighbour's values, whichever comes first, is a window or a part of a file; it may be allowed."""
    files = [a_file(1, date(2019, 1, 1), dates=9), a_file(1, date(2019, 2, 1), dates=4)]
    importer(files[order[0]])

    with pytest.raises(SuspiciousShrink, match="less than half"):
        importer(files[order[1]])
    assert importer(files[order[1]], allow=frozenset([Suspicion.SHRINK])).vintages == 1


def test_a_release_table_is_no_history(importer):
    """Files whose dates replace each other are refused, though each holds as many as the one before."""
    one, other = a_file(1, date(2019, 1, 1)), a_file(1, date(2019, 2, 1))
    moved = Observations.of([date(2019, 1, 1 + day) for day in range(3)], ["value"], [[1.0], [2.0], [3.0]])
    importer(one)

    with pytest.raises(SuspiciousShrink):
        importer(replace(other, observations=moved))


def test_nothing_is_imported_into_a_series_that_is_not_there(fetched):
    """Only series that were fetched get files beside."""
    with pytest.raises(SeriesNotFound, match="canned:OWN/GDP is not stored here"):
        fetched(a_file(1, date(2019, 1, 1)))


def test_a_provider_s_label_is_its_own(fetched):
    """Nothing is imported under a label that the provider gave, whichever comes first."""
    fetched.fetch((date(2019, 1, 1), 1), (date(2019, 3, 1), 3))

    outcome = fetched(a_file(7, date(2019, 2, 1)), a_file(8, date(2019, 3, 1)))

    assert (outcome.vintages, outcome.given) == (1, 1)
    assert fetched.as_of(datetime(2019, 2, 2, tzinfo=UTC)) == 7
    assert fetched.as_of(datetime(2019, 3, 2, tzinfo=UTC)) == 3


def test_a_provider_s_vintage_goes_before_a_file_of_its_label(fetched):
    """A label that a file had before is no correction: the provider's own state is stored and read."""
    fetched.fetch((date(2019, 1, 1), 1))
    fetched(a_file(8, date(2019, 3, 1)))
    known = fetched.fetch((date(2019, 1, 1), 1), (date(2019, 2, 1), 2), (date(2019, 3, 1), 3))

    assert known.newest
    assert known.newest.published == date(2019, 1, 1)
    assert [fetched.as_of(datetime(2019, month, 2, tzinfo=UTC)) for month in (1, 2, 3)] == [1, 2, 3]
    assert fetched.causes().count(Cause.PUBLICATION) == 3


def test_what_a_fetch_confirmed_stays_the_newest(fetched, clock):
    """A file of a day before the last fetch does not hide what that fetch found to be valid still."""
    fetched.fetch((None, 1))
    clock.forward(days=10)
    fetched.fetch((None, 1))
    clock.forward(days=1)
    fetched(a_file(7, (clock() - 5 * DAY).date()))

    assert fetched.newest() == 1
    assert fetched.as_of(clock() - 3 * DAY) == 7


@pytest.mark.parametrize("not_modified", [False, True])
def test_a_fetch_after_an_import_says_what_is_newest(fetched, clock, not_modified):
    """The source is told of the newest fetched vintage; what it confirms is the newest state from then on."""
    fetched.fetch((None, 1))
    clock.forward(days=3)
    fetched(a_file(7, (clock() - DAY).date()))
    assert fetched.newest() == 7
    known = fetched.fetch(*([] if not_modified else [(None, 1)]), not_modified=not_modified)

    assert known.newest
    assert known.newest.number == 1
    assert fetched.newest() == 1
    assert fetched.as_of(clock() - timedelta(seconds=1)) == 7


def test_a_labelled_state_is_resumed_once(fetched, clock):
    """A file saved after the provider's newest label stays known until the next fetch, which ends it once."""
    fetched.fetch((date(2019, 1, 1), 1))
    fetched(a_file(7, date(2019, 2, 1)))
    clock.forward(days=1)
    for _ in range(3):
        fetched.fetch((date(2019, 1, 1), 1))

    assert fetched.newest() == 1
    assert fetched.as_of(datetime(2019, 2, 2, tzinfo=UTC)) == 7
    assert len(fetched.causes()) <= 3


def test_the_first_fetch_after_an_import_is_stored(fetched, clock):
    """What the provider sends is stored as its own, even if a file showed the same."""
    with fetched.store.writing() as uow:
        uow.series.add("canned", fetched.code)
        uow.commit()
    fetched(a_file(1, date(2019, 1, 1)))
    assert fetched.fetch((None, 1)).newest is None

    assert fetched.causes() == [Cause.IMPORT, Cause.PUBLICATION]
    assert fetched.fetch((None, 1)).newest


def test_sightings_read_back(importer):
    """Each file is remembered with its label and its state, by the moment of its label, until the series is removed."""
    noon = datetime(2019, 1, 1, 12, tzinfo=UTC)
    importer(a_file(1, noon, name="noon.csv"), a_file(1, date(2019, 2, 1)))

    with importer.store.writing() as uow:
        found = uow.sightings.of(importer.id)
        assert [(each.file, each.published, each.known_at) for each in found] == [
            ("noon.csv", noon, noon),
            ("2019-02-01.csv", date(2019, 2, 1), datetime(2019, 2, 1, 23, 59, 59, tzinfo=UTC)),
        ]
        assert {each.digest for each in found} == {a_state(1).digest().hex()}
        assert found[0].sha256 == a_file(1, noon, name="noon.csv").sha256
        uow.series.remove(importer.id)
        assert list(uow.sightings.of(importer.id)) == []


def test_appending_to_several_is_all_or_nothing(store: Store, clock: StoppedClock) -> None:
    """States of several series are appended together, in one order of positions; none if one of them has others by now."""
    with store.writing() as uow:
        series = [uow.series.add("canned", DatasetCode("X", name)) for name in "AB"]
        both = {each.id: uow.vintages.prepare(each, [an_arrival(clock()), an_arrival(clock())]) for each in series}
        assert uow.vintages.append_all(both)
        uow.commit()
    with store.writing() as uow:
        assert not uow.vintages.append_all(
            {series[0].id: uow.vintages.prepare(uow.series.get(series[0].id), []), series[1].id: both[series[1].id]}
        )
        feed = uow.vintages.feed(after=0, limit=10)
        assert [(each.code.dataset, each.vintage.number) for each in feed] == [("A", 1), ("A", 2), ("B", 1), ("B", 2)]
        assert [uow.series.get(each.id).newest == feed[place].vintage for each, place in zip(series, (1, 3), strict=True)] == [True, True]


@dataclass
class Case:
    """
    Files and labels of a provider, each a day of 2019 and a value, and how they come in.

    Attributes:
        order: the files' places, some of them several times.
        parts: the places at which an import ends, and another begins.
        fetch_at: how many files are imported before the provider's labels are fetched.

    """

    files: dict[int, int]
    labels: dict[int, int]
    order: list[int]
    parts: set[int]
    fetch_at: int

    def known_at(self, day: int) -> int | None:
        """Return the value of the last day up to one; the provider's own goes before a file's."""
        days = {**self.files, **self.labels}
        return next((days[each] for each in range(day, -1, -1) if each in days), None)


VALUES = st.dictionaries(st.integers(0, 20), st.integers(1, 3), max_size=6)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    files = draw(VALUES)
    twice = draw(st.lists(st.sampled_from(sorted(files)), max_size=4)) if files else []
    order = draw(st.permutations([*files, *twice]))
    parts = draw(st.sets(st.integers(0, len(order))))
    return Case(files, draw(VALUES), order, parts, draw(st.integers(0, len(order))))


def test_any_order_gives_the_same(store: Store, clock: StoppedClock) -> None:
    """Imported in any order, some twice and in any parts, before and after a fetch: as_of answers as if all had come in time."""

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(case=cases())
    def check(case: Case) -> None:
        importer = Importer(store, "canned", DatasetCode("OWN", uuid4().hex))
        with store.writing() as uow:
            uow.series.add(importer.provider, importer.code)
            uow.commit()
        for place in range(len(case.order) + 1):
            if place == case.fetch_at and case.labels:
                importer.fetch(*((day_of(day), value) for day, value in sorted(case.labels.items())))
            if place == len(case.order) or place in case.parts:
                begin = max((part for part in case.parts if part < place), default=0)
                importer(*(a_file(case.files[day], day_of(day)) for day in sorted(case.order[begin:place])))
        importer(*(a_file(value, day_of(day)) for day, value in sorted(case.files.items())))

        found = [importer.as_of(datetime(2019, 1, 1 + day, 23, 59, 59, tzinfo=UTC)) for day in range(21)]
        assert found == [case.known_at(day) for day in range(21)]
        if case.labels:
            importer.fetch(*((day_of(day), value) for day, value in sorted(case.labels.items())))
            with store.reading() as uow:
                given = {each.published for each in uow.vintages.list(importer.id, after=0, limit=1000) if each.cause is not Cause.IMPORT}
                assert not list(uow.vintages.verify(importer.id))
            assert given >= {day_of(day) for day in case.labels}
            assert importer.newest() == case.labels[max(case.labels)]

    check()


def day_of(day: int) -> date:
    return date(2019, 1, 1) + day * DAY
