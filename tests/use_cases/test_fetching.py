"""From a request to a vintage, on the adapters in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from threading import Event, Thread
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import (
    AnswerNotUnderstood,
    DatasetNotFound,
    FetchError,
    InvalidInput,
    InvalidObservations,
    NoObservationsYet,
    NotKnownYet,
    ProviderNotConfigured,
    RateLimited,
    SeriesNotFound,
    SourceUnavailable,
    UnknownProvider,
)
from domain.fetches import Fetch, FetchStatus, Lease, Suspicion, WaitingFor
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.observations import Label, Observations
from domain.ports import Fetched, PriorState
from domain.series import Metadata, SeriesStatus
from domain.use_cases import UseCases
from domain.use_cases.read_series import Selection
from domain.use_cases.request_fetch import Requested
from domain.vintages import Cause, Origin
from domain.window import Window
from tests.builders import memory_use_cases
from tests.fakes import NAN, CannedSource, StoppedClock, some_metadata, some_observations

FB = DatasetCode("WIKI", "FB")


@dataclass
class ScriptedSource:
    """Gives one answer after the other: observations, errors, or whatever a function does; the last for ever."""

    answers: list[Observations | Exception | Callable[[], Observations]]
    asked: list[PriorState] = field(default_factory=list)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(known)
        if isinstance(answer, Exception):
            raise answer
        observations = answer if isinstance(answer, Observations) else answer()
        return fetched((None, observations))


@dataclass
class VintagesSource:
    """Delivers a whole history of labelled states."""

    vintages: list[tuple[Label, Observations]]

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        return fetched(*self.vintages)


def fetched(*vintages: tuple[Label | None, Observations]) -> Fetched:
    origin = Origin(request="https://example.org/x", response_sha256="ab" * 32, adapter_version=3)
    return Fetched(metadata=some_metadata(), vintages=vintages, origin=origin)


def values(*numbers: float) -> Observations:
    return Observations.of(range(len(numbers)), ["a"], [[number] for number in numbers])


@dataclass
class Harness:
    """Use cases whose dispatcher only remembers, over a store whose clock is moved by hand."""

    source: ScriptedSource | VintagesSource | WindowSource | RereadSource | TaggedSource
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.dispatcher = RecordingDispatcher()
        self.store = MemoryStore(self.clock)
        self.use: UseCases = memory_use_cases({"canned": self.source, "keyless": None}, store=self.store, dispatcher=self.dispatcher)

    def request(self, **flags: Any) -> Requested:
        return self.use.request_fetch(FB, **flags)

    def begun(self) -> tuple[Fetch, Lease]:
        """Request a fetch, and begin it as a process would that is lost then."""
        fetch, lease = self.request().fetch, Lease(uuid4(), 30)
        with self.store.writing() as uow:
            uow.fetches.claim(fetch.id, lease)
            uow.commit()
        return fetch, lease

    def run(self, **flags: Any) -> Fetch:
        """Request a refresh and do it."""
        ended = self.use.fetch_dataset(self.request(refresh=True, **flags).fetch.id)
        assert ended
        return ended

    def read(self, as_of: str | None = None) -> Observations:
        return self.use.read_series(self.request().series.id, Selection(moment=AsOf.parse(as_of))).observations


def test_a_request_is_pending_and_notifications_once() -> None:
    """A new code gives a new series and a pending fetch, notified after the commit; asking again joins it."""
    house = Harness(ScriptedSource([values(1)]))
    first, again = house.request(), house.request(refresh=True)

    assert (first.created, first.series.status, first.fetch.status) == (True, SeriesStatus.PENDING, FetchStatus.PENDING)
    assert (again.created, again.series.id, again.fetch) == (False, first.series.id, first.fetch)
    assert house.dispatcher.notified == [first.fetch.id]


def test_a_fetch_ends_in_a_vintage() -> None:
    """The observations, metadata and origin of the answer are kept; the series is a success and fresh."""
    house = Harness(ScriptedSource([some_observations()]))
    ended = house.run()
    described = house.use.describe_series(ended.series_id)

    assert (ended.status, ended.vintages_added, ended.vintage, ended.attempts) == (FetchStatus.SUCCESS, 1, 1, 1)
    assert house.read() == some_observations()
    assert (described.series.status, described.series.metadata, described.stale) == (SeriesStatus.SUCCESS, some_metadata(), False)
    assert described.series.newest
    assert described.series.newest.origin.adapter_version == 3
    assert described.series.newest.fetch_id == ended.id


def test_nothing_new_adds_nothing() -> None:
    """An equal answer leaves one vintage, and the fetch says unchanged; A, B, A are three."""
    house = Harness(ScriptedSource([values(1), values(1), values(2), values(1)]))
    added = [house.run().vintages_added for _ in range(4)]

    assert added == [1, 0, 1, 1]
    newest = house.request().series.newest
    assert newest
    assert newest.number == 3


def test_a_refresh_does_not_wait_for_the_next_try() -> None:
    """A fetch that waits to be tried again is due at once, and notified, when a refresh is asked; a limit still holds."""
    house = Harness(ScriptedSource([SourceUnavailable(retry_after=60), RateLimited(retry_after=60), values(1)]))
    waiting = house.run()
    house.dispatcher.notified.clear()

    assert house.request().fetch == waiting
    assert house.request(refresh=True).fetch.is_due(house.clock())
    assert house.dispatcher.notified == [waiting.id]
    limited = house.use.fetch_dataset(waiting.id)
    assert limited
    assert house.request(refresh=True).fetch == limited


def test_a_known_fresh_series_is_not_fetched_again() -> None:
    """Only a stale series, or a wish to refresh, leads to a fetch."""
    house = Harness(ScriptedSource([values(1)]))
    first = house.run()
    house.clock.forward(hours=6)

    assert house.request().fetch == first
    house.clock.forward(seconds=1)
    assert house.request().fetch.status is FetchStatus.PENDING


def test_history_can_be_asked_for() -> None:
    """As of a past moment the series is what it was then; before the first vintage nothing was known."""
    house = Harness(ScriptedSource([values(1), values(1, 2), values(7, 2)]))
    for _ in range(3):
        house.run()
        house.clock.forward(days=1)

    assert [list(house.read(day).values[:, 0]) for day in ("2024-06-01", "2024-06-02", "2024-06-03")] == [[1], [1, 2], [7, 2]]
    assert house.read("2024-06-02T11:59:59Z") == values(1)
    with pytest.raises(NotKnownYet) as caught:
        house.read("2024-05-31")
    assert "2024-06-01T12:00:00Z" in caught.value.hint


def test_a_history_of_labels_is_kept_in_one_go() -> None:
    """Labelled states are kept even where they equal a neighbour; delivered again they add nothing; a correction does."""
    history: list[tuple[Label, Observations]] = [(date(2020, 1, n), values(n // 2)) for n in range(1, 5)]
    source = VintagesSource(history)
    house = Harness(source)

    assert house.run().vintages_added == 4
    assert house.read("2020-01-02") == values(1)
    assert house.run().vintages_added == 0
    source.vintages[1] = (date(2020, 1, 2), values(9))
    assert house.run().vintages_added == 1
    assert [house.read(f"2020-01-0{n}") for n in range(1, 5)] == [values(0), values(1), values(1), values(2)]
    restated = AsOf.parse("2020-01-02", restated=True)
    assert house.use.read_series(house.request().series.id, Selection(moment=restated)).observations == values(9)
    with pytest.raises(NotKnownYet):
        house.read("2019-12-31")


@dataclass
class WindowSource:
    """Sends the whole where nothing is known, else what a function makes of it."""

    whole: Observations
    window: Callable[[], Fetched]
    wholes_sent: int = 0

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        if known.newest:
            return self.window()
        self.wholes_sent += 1
        return fetched((None, self.whole))


def a_window(first: int, *numbers: float, end: int, revises_last: int = 0) -> Fetched:
    """An answer of some days from 1970-01-01 + first on, complete to day ``end``."""
    answer = Observations.of(range(first, first + len(numbers)), ["a"], [[number] for number in numbers])
    covers = Window(start=date(1970, 1, 1) + timedelta(first), end=date(1970, 1, 1) + timedelta(end), revises_last=revises_last)
    return replace(fetched((None, answer)), covers=covers)


@pytest.mark.parametrize(
    ("window", "state"),
    [
        (a_window(3, 4, 5, end=9), values(1, 2, 3, 4, 5)),
        (a_window(2, 3, 9, end=3, revises_last=1), values(1, 2, 3, 9)),
        (a_window(2, 3, end=9), values(1, 2, 3)),
    ],
)
def test_a_window_is_put_into_the_whole(window: Fetched, state: Observations) -> None:
    """New dates are added, revised ones changed, those missing inside deleted; the rest stays, and the whole is not sent again."""
    source = WindowSource(values(1, 2, 3, 4), lambda: window)
    house = Harness(source)
    house.run()

    assert house.run().vintages_added == 1
    assert (house.read(), source.wholes_sent) == (state, 1)


@pytest.mark.parametrize(
    "window",
    [
        a_window(2, 7, 4, 5, end=9),
        a_window(2, 3, 9, end=3),
        replace(a_window(3, 4, end=9), vintages=[(None, Observations.of([3], ["b"], [[4.0]]))]),
    ],
)
def test_what_a_window_cannot_explain_is_fetched_in_whole(window: Fetched) -> None:
    """Other values at firm dates, or other columns, mean that the rest has changed too: the whole is asked for."""
    source = WindowSource(values(1, 2, 3, 4), lambda: window)
    house = Harness(source)
    house.run()
    source.whole = values(2, 4, 6, 8, 10)

    assert house.run().vintages_added == 1
    assert (house.read(), source.wholes_sent) == (values(2, 4, 6, 8, 10), 2)


def test_an_open_window_reaches_to_whatever_comes() -> None:
    """Where a question had no end and all of its answer came, a date that is missing at the end has been deleted."""
    source = WindowSource(values(1, 2, 3, 4), lambda: replace(a_window(2, 3, end=0), covers=Window(start=date(1970, 1, 3), end=None)))
    house = Harness(source)
    house.run()

    assert house.run().vintages_added == 1
    assert house.read() == values(1, 2, 3)


def test_an_answer_that_was_cut_covers_no_more_than_came() -> None:
    """After a limit the window ends at the last row: what lies behind it stays."""
    answer = values(1, 2)
    covers = Window.answered(date(1970, 1, 1), answer, is_all=False)
    source = WindowSource(values(1, 2, 3, 4), lambda: replace(fetched((None, answer)), covers=covers))
    house = Harness(source)
    house.run()

    assert house.run().vintages_added == 0
    assert house.read() == values(1, 2, 3, 4)
    assert Window.answered(date(1970, 1, 1), answer, is_all=True).end is None


@dataclass
class TaggedSource:
    """Sends a state under a tag, and says that nothing has changed to whoever shows the tag; each version of it reads anew."""

    state: Observations
    tag: str = "one"
    version: int = 3
    says_unchanged: bool = False
    asked: list[PriorState] = field(default_factory=list)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.asked.append(known)
        origin = replace(fetched().origin, adapter_version=self.version)
        if self.says_unchanged or known.validators == {"etag": self.tag}:
            return Fetched.unchanged(origin, known.validators)
        return replace(fetched((None, self.state)), origin=origin, validators={"etag": self.tag})

    @property
    def tags_shown(self) -> list[str]:
        return [known.validators.get("etag", "") for known in self.asked]


def test_what_is_not_modified_is_unchanged() -> None:
    """A source is shown its validators again; if it says that nothing changed, the fetch ends well without a vintage."""
    source = TaggedSource(values(1))
    house = Harness(source)
    house.run()
    house.clock.forward(hours=7)
    again = house.run()

    assert (again.status, again.vintages_added) == (FetchStatus.SUCCESS, 0)
    assert house.request().series.checked_at == house.clock.time
    assert house.request().series.metadata == some_metadata()
    source.state, source.tag = values(1, 2), "two"
    assert house.run().vintages_added == 1
    assert house.run().vintages_added == 0
    assert source.tags_shown == ["", "one", "one", "two"]


def test_the_whole_is_asked_for_every_week() -> None:
    """A week after the last whole answer nothing is said to be known, whatever came in between."""
    source = TaggedSource(values(1))
    house = Harness(source)
    for _ in range(9):
        house.run()
        house.clock.forward(days=1)

    assert [known.newest is None for known in source.asked] == [True, *[False] * 6, True, False]


def test_another_version_of_a_source_reads_the_whole_again() -> None:
    """What one version of a data source has read does not count as unchanged for the next."""
    source = TaggedSource(values(1))
    house = Harness(source)
    house.run()
    source.version, source.state = 4, values(9)

    assert house.run().vintages_added == 1
    assert source.tags_shown == ["", "one", ""]
    assert house.run().vintages_added == 0
    assert source.tags_shown[3:] == ["one"]


def test_nothing_kept_cannot_be_unchanged() -> None:
    """A source that calls unchanged what is not kept is not understood."""
    ended = Harness(TaggedSource(values(1), says_unchanged=True)).run()

    assert ended.failure
    assert ended.failure.code == AnswerNotUnderstood.code


def test_a_window_with_dates_outside_is_not_understood() -> None:
    """An answer may not speak of more than it says it covers."""
    house = Harness(WindowSource(values(1, 2), lambda: a_window(2, 3, 4, end=2)))
    house.run()
    ended = house.run()

    assert ended.failure
    assert ended.failure.code == AnswerNotUnderstood.code


def test_a_shrink_is_counted_inside_the_window() -> None:
    """A window that empties what it covers is suspicious however much lies outside."""
    house = Harness(WindowSource(values(*range(100)), lambda: a_window(90, 90, 91, end=99)))
    house.run()
    shrunk = house.run()

    assert shrunk.failure
    assert shrunk.failure.code == "suspicious_shrink"
    assert "2 values of a where 10" in shrunk.failure.message


@dataclass
class RereadSource:
    """Sends the same bytes, which each version of the adapter reads in its own way."""

    version: int = 1
    value: float = 0.0

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        self.value += 1
        answer = fetched((None, values(self.value)))
        return replace(answer, origin=replace(answer.origin, adapter_version=self.version))


def test_the_same_bytes_read_anew_are_the_parsers_doing() -> None:
    """A state that differs though the bytes are the same is the parser's if that is another, else the provider's."""
    source = RereadSource()
    house = Harness(source)
    causes = []
    for version in (1, 1, 2):
        source.version = version
        house.run()
        newest = house.request().series.newest
        causes.append(newest and newest.cause)

    assert causes == [Cause.PUBLICATION, Cause.PUBLICATION, Cause.PARSER]


def test_a_suspicious_shrink_changes_nothing() -> None:
    """An answer with less than half of the values fails with both counts, unless it was allowed."""
    house = Harness(ScriptedSource([values(1, 2, 3, 4), values(1, NAN)]))
    house.run()
    shrunk = house.run()

    assert shrunk.failure
    assert (shrunk.status, shrunk.failure.code) == (FetchStatus.ERROR, "suspicious_shrink")
    assert house.read() == values(1, 2, 3, 4)
    assert house.run(allow=frozenset({Suspicion.SHRINK})).status is FetchStatus.SUCCESS
    assert house.read() == values(1, NAN)


def test_a_state_published_earlier_is_no_shrink() -> None:
    """What counts is the newest state before and after: one that was known before it leaves it as it is, however small."""
    small, large = (date(2024, 5, 1), values(1)), (date(2024, 5, 2), values(1, 2, 3, 4))
    house = Harness(VintagesSource([large]))
    house.run()
    house.source = source = VintagesSource([small])
    house.use = memory_use_cases({"canned": source, "keyless": None}, store=house.store, dispatcher=house.dispatcher)

    assert house.run().vintages_added == 1
    assert house.read() == large[1]
    source.vintages = [large, (date(2024, 5, 3), values(1))]
    shrunk = house.run()
    assert shrunk.failure
    assert shrunk.failure.code == "suspicious_shrink"


def test_a_state_sent_twice_is_kept_once() -> None:
    """Within one answer too, a state that equals the last of its label adds nothing."""
    day = date(2024, 5, 1)
    house = Harness(VintagesSource([(day, values(1)), (day, values(1))]))

    assert [house.run().vintages_added, house.run().vintages_added] == [1, 0]


@pytest.mark.parametrize("error", [DatasetNotFound("No such set.", hint="Look it up."), FetchError("Odd.")])
def test_a_permanent_error_ends_the_fetch(error: FetchError) -> None:
    """The error's code, sentence and hint are on the fetch, and the series without data is an error."""
    house = Harness(ScriptedSource([error]))
    ended = house.run()

    assert ended.failure
    assert (ended.failure.code, ended.failure.message, ended.failure.hint) == (error.code, error.message, error.hint)
    assert (ended.status, house.use.describe_series(ended.series_id).series.status) == (FetchStatus.ERROR, SeriesStatus.ERROR)
    with pytest.raises(NoObservationsYet):
        house.use.read_series(ended.series_id, Selection())


def test_a_passing_error_waits_and_then_succeeds() -> None:
    """The fetch stays pending with its last error until its time comes; the series stays pending too."""
    house = Harness(ScriptedSource([RateLimited(retry_after=50), SourceUnavailable(), values(1)]))
    fetch = house.run()

    assert (fetch.status, fetch.waiting_for) == (FetchStatus.PENDING, WaitingFor.RATE_LIMIT)
    assert fetch.not_before >= house.clock() + timedelta(seconds=50)
    assert house.use.fetch_dataset(fetch.id) is None
    house.clock.forward(seconds=60)
    retried = house.use.fetch_dataset(fetch.id)
    assert retried
    assert (retried.waiting_for, house.request().series.status) == (WaitingFor.RETRY, SeriesStatus.PENDING)
    house.clock.forward(seconds=300)
    ended = house.use.fetch_dataset(fetch.id)
    assert ended
    assert (ended.status, ended.attempts) == (FetchStatus.SUCCESS, 3)


def test_an_error_never_hides_what_is_kept() -> None:
    """A series with data stays a success when its refresh fails."""
    house = Harness(ScriptedSource([values(1), DatasetNotFound()]))
    house.run()

    assert house.run().status is FetchStatus.ERROR
    assert (house.request().series.status, house.read()) == (SeriesStatus.SUCCESS, values(1))


def test_a_source_that_breaks_is_an_answer_not_understood() -> None:
    """A fault in a data source becomes a named error; nothing is left running."""
    house = Harness(ScriptedSource([ZeroDivisionError("secret")]))
    fetch = house.run()

    assert fetch.failure
    assert (fetch.failure.code, "secret" in fetch.failure.message) == (AnswerNotUnderstood.code, False)
    assert fetch.status is FetchStatus.PENDING


def test_what_cannot_be_kept_is_an_answer_not_understood() -> None:
    """Whatever breaks while an answer is stored ends or delays the fetch with a named error, never leaves it running."""
    house = Harness(ScriptedSource([values(1)]))
    house.source.answers = [Observations(values(1).dates, (object(),), values(1).values)]  # type: ignore[union-attr, arg-type, list-item]
    fetch = house.run()

    assert fetch.failure
    assert (fetch.status, fetch.failure.code) == (FetchStatus.PENDING, AnswerNotUnderstood.code)
    with pytest.raises(NoObservationsYet):
        house.read()


def test_an_error_that_no_database_could_keep_is_made_keepable() -> None:
    """NUL and halves of surrogate pairs in a provider's words are replaced."""
    fetch = Harness(ScriptedSource([DatasetNotFound("No \0 such \ud800 set.")])).run()

    assert fetch.failure
    assert fetch.failure.message == "No ? such ? set."


def test_left_out_columns_are_on_the_fetch() -> None:
    """Names of columns that are not numbers are told."""
    house = Harness(WindowSource(values(1), lambda: fetched((None, values(1)))))
    house.source.fetch = lambda code, known: replace(fetched((None, values(1))), left_out=("Note", "b"))  # type: ignore[method-assign]

    assert house.run().left_out == ("Note", "b")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (ScriptedSource([InvalidObservations("The date 2024-01-01 stands twice.")]), "stands twice"),
        (VintagesSource([]), "no complete state"),
    ],
)
def test_an_answer_that_makes_no_series_is_not_understood(source: ScriptedSource | VintagesSource, words: str) -> None:
    """Dates that do not make a series, or no state at all, are named on the fetch."""
    fetch = Harness(source).run()

    assert fetch.failure
    assert fetch.failure.code == AnswerNotUnderstood.code
    assert words in fetch.failure.message


def test_a_provider_without_its_key_refuses_before_any_row() -> None:
    """Neither a missing key nor an unknown provider leaves a trace."""
    house = Harness(ScriptedSource([values(1)]))

    with pytest.raises(ProviderNotConfigured, match="LANNER_PROVIDERS__KEYLESS__API_KEY"):
        house.use.request_fetch(FB, provider="keyless")
    with pytest.raises(UnknownProvider):
        house.use.request_fetch(FB, provider="nobody")
    with house.store.reading() as uow:
        assert (uow.series.find("keyless", FB), house.dispatcher.notified) == (None, [])


def test_a_fetch_is_done_once_however_often_it_is_notified() -> None:
    """A second notification for a fetch that has ended asks nobody."""
    source = ScriptedSource([values(1)])
    house = Harness(source)
    fetch = house.run()

    assert [house.use.fetch_dataset(fetch.id), house.use.fetch_dataset(uuid4())] == [None, None]
    assert len(source.asked) == 1


def test_a_worker_that_lost_its_lease_stores_nothing() -> None:
    """What a frozen worker brings after another has taken over is fenced off."""
    house = Harness(ScriptedSource([values(1)]))
    fetch = house.request().fetch

    def frozen() -> Observations:
        house.clock.forward(seconds=31)
        with house.store.writing() as uow:
            uow.fetches.claim(fetch.id, Lease(uuid4(), 30))
            uow.commit()
        return values(1)

    house.source.answers = [frozen]  # type: ignore[union-attr]

    assert house.use.fetch_dataset(fetch.id) is None
    with pytest.raises(NoObservationsYet):
        house.read()
    assert house.use.follow_fetches(fetch.id).status is FetchStatus.RUNNING


def test_an_interrupted_fetch_can_be_begun_again_at_once() -> None:
    """Ctrl-C gives it back: no lease has to expire, and it counts as no crash."""

    def interrupted() -> Observations:
        raise KeyboardInterrupt

    use_cases = memory_use_cases({"canned": ScriptedSource([interrupted, some_observations()])}, dispatcher=RecordingDispatcher())
    fetch = use_cases.request_fetch(FB).fetch
    with pytest.raises(KeyboardInterrupt):
        use_cases.fetch_dataset(fetch.id)
    left = use_cases.follow_fetches(fetch.id)
    ended = use_cases.fetch_dataset(fetch.id)

    assert (left.status, left.attempts, left.crashes) == (FetchStatus.PENDING, 0, 0)
    assert ended is not None
    assert (ended.status, ended.attempts) == (FetchStatus.SUCCESS, 1)


def test_a_fetch_that_kills_its_workers_is_given_up() -> None:
    """After five lost workers the source is no longer asked."""
    source = ScriptedSource([values(1)])
    house = Harness(source)
    fetch = house.request().fetch
    for _ in range(5):
        with house.store.writing() as uow:
            uow.fetches.claim(fetch.id, Lease(uuid4(), 30))
            uow.commit()
        house.clock.forward(seconds=31)
    ended = house.use.fetch_dataset(fetch.id)

    assert ended
    assert ended.failure
    assert (ended.failure.code, source.asked) == ("attempts_exhausted", [])


def test_a_source_that_hangs_loses_its_lease() -> None:
    """Well after its deadline a fetch is no longer renewed, so that another worker can take it."""
    store, hangs, go_on = MemoryStore(), Event(), Event()

    def hang() -> Observations:
        hangs.set()
        go_on.wait(10)
        return values(1)

    source = ScriptedSource([hang, values(2)])
    use = memory_use_cases({"canned": source}, store=store, dispatcher=RecordingDispatcher(), lease_seconds=0.1, deadline_seconds=0.1)
    fetch = use.request_fetch(FB).fetch
    worker = Thread(target=use.fetch_dataset, args=(fetch.id,))
    worker.start()
    hangs.wait(5)
    taken, end = None, monotonic() + 5
    while taken is None and monotonic() < end:
        taken = use.fetch_dataset(fetch.id)
    go_on.set()
    worker.join()

    assert taken
    assert (taken.status, taken.crashes) == (FetchStatus.SUCCESS, 1)
    assert use.read_series(fetch.series_id, Selection()).observations == values(2)


def test_a_slow_source_keeps_its_lease() -> None:
    """While a source is asked, the lease is renewed; when it has answered, no longer."""
    store, waiting, go_on = MemoryStore(), Event(), Event()

    def slow() -> Observations:
        waiting.set()
        go_on.wait(5)
        return values(1)

    use = memory_use_cases({"canned": ScriptedSource([slow])}, store=store, dispatcher=RecordingDispatcher(), lease_seconds=0.06)
    fetch = use.request_fetch(FB).fetch
    ended: list[Fetch | None] = []
    worker = Thread(target=lambda: ended.append(use.fetch_dataset(fetch.id)))
    worker.start()
    waiting.wait(5)
    Event().wait(0.15)

    assert use.fetch_dataset(fetch.id) is None
    go_on.set()
    worker.join()
    assert ended[0]
    assert (ended[0].status, ended[0].crashes) == (FetchStatus.SUCCESS, 0)


def test_the_part_of_a_state_that_is_wanted() -> None:
    """Window, columns and limit cut the state; a wrong column names those there are."""
    use = memory_use_cases({"canned": CannedSource()})
    series_id = use.request_fetch(FB).series.id

    def read(**part: object) -> Observations:
        return use.read_series(series_id, Selection(**part)).observations  # type: ignore[arg-type]

    assert read(start=date(2024, 1, 2), limit=1, columns=("Close",)) == some_observations().latest(1).select([1])
    assert read(column_index=1) == some_observations().select([0])
    assert read(column_index=0).columns == ()
    with pytest.raises(InvalidInput, match="no column 'Clse'") as caught:
        read(columns=("Clse",))
    assert (caught.value.field, caught.value.hint) == ("columns", "Its columns: Open, Close.")
    with pytest.raises(InvalidInput, match="column_index 3"):
        read(column_index=3)


def test_describing_by_code() -> None:
    """A code finds the series of the provider named, else of the one that serves it, else the oldest kept."""
    use = memory_use_cases({"canned": CannedSource(), "other": CannedSource(metadata=Metadata(name="Other"))})
    other = use.request_fetch(FB, provider="other").series
    assert use.describe_series.by_code(FB).series.id == other.id
    own = use.request_fetch(FB).series

    assert use.describe_series.by_code(FB).series.id == own.id
    assert use.describe_series.by_code(FB, "other").series.id == other.id
    with pytest.raises(SeriesNotFound, match="WIKI/NOPE"):
        use.describe_series.by_code(DatasetCode("WIKI", "NOPE"))
    with pytest.raises(SeriesNotFound):
        use.describe_series.by_code(FB, "third")


def test_a_lease_ends_with_its_holder() -> None:
    """What a process did that is known to be dead is due at once and counts a crash; another's lease, and what has ended, is left."""
    house = Harness(ScriptedSource([values(1)]))
    fetch, lease = house.begun()
    house.use.reap_fetches.expire_lease(fetch.id, uuid4())
    house.clock.forward(seconds=1)
    assert list(house.use.reap_fetches(10)) == []
    house.use.reap_fetches.expire_lease(fetch.id, lease.token)
    house.clock.forward(seconds=1)
    assert list(house.use.reap_fetches(10)) == [fetch.id]

    ended = house.use.fetch_dataset(fetch.id)
    assert ended
    assert (ended.status, ended.crashes) == (FetchStatus.SUCCESS, 1)
    house.use.reap_fetches.expire_lease(fetch.id, lease.token)
    assert house.use.follow_fetches(fetch.id) == ended


def test_the_lease_of_a_fetch_to_be_cancelled_is_left_to_its_time() -> None:
    """Its dead holder cannot end it, and whoever takes it over then does."""
    house = Harness(ScriptedSource([values(1)]))
    fetch, lease = house.begun()
    house.use.cancel_fetch(fetch.id)
    house.use.reap_fetches.expire_lease(fetch.id, lease.token)
    house.clock.forward(seconds=1)
    early = list(house.use.reap_fetches(10))
    house.clock.forward(seconds=30)

    assert (early, list(house.use.reap_fetches(10))) == ([], [fetch.id])
    ended = house.use.fetch_dataset(fetch.id)
    assert ended
    assert ended.status is FetchStatus.CANCELLED


def test_health_tells_how_long_work_waits() -> None:
    """The oldest due fetch's age is told; without one it is zero."""
    house = Harness(ScriptedSource([values(1)]))
    assert house.use.check_health().oldest_due_seconds == 0
    fetch = house.request().fetch
    house.clock.forward(seconds=7)

    assert house.use.check_health().oldest_due_seconds == 7
    assert list(house.use.reap_fetches(10)) == [fetch.id]


@pytest.mark.parametrize(
    ("dates", "frequency"),
    [
        ([f"2024-{month:02}-01" for month in range(1, 8)], Frequency.MONTHLY),
        ([f"2024-01-0{day}" for day in range(1, 8)], Frequency.DAILY),
        (["2024-01-01", "2024-02-01"], None),
    ],
)
def test_a_frequency_that_no_provider_says_is_seen_by_the_dates(dates: list[str], frequency: Frequency | None) -> None:
    """It is inferred from a whole state; a part of it, or an answer that nothing changed, leaves it."""
    whole = Observations.of(dates, ["a"], [[1.0] for _ in dates])
    part = Observations.of(dates[-1:], ["a"], [[1.0]])
    origin = Origin(request="https://example.org/x", response_sha256="ab" * 32, adapter_version=3)
    answers = [
        Fetched(metadata=Metadata(name="x"), vintages=[(None, whole)], origin=origin),
        Fetched(
            metadata=Metadata(name="x"),
            vintages=[(None, part)],
            origin=origin,
            covers=Window(start=date.fromisoformat(dates[-1]), end=None),
        ),
        Fetched.unchanged(origin, {}),
    ]

    class Sending:
        def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
            return answers.pop(0)

    use = memory_use_cases({"canned": Sending()})
    seen = [use.describe_series(use.request_fetch(FB, refresh=True).series.id).series for _ in range(3)]

    assert [series.metadata.frequency for series in seen] == [frequency] * 3
    assert all(series.fetch and series.fetch.status is FetchStatus.SUCCESS for series in seen)
