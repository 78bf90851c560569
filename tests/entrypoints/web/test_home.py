"""The home page: what changed, in words, and what needs somebody."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, SourceUnavailable
from domain.fetches import FetchStatus, Suspicion
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.use_cases import UseCases
from tests.builders import memory_use_cases
from tests.entrypoints.web.conftest import Browser, Page, browser_of, sample_use_cases
from tests.fakes import CannedSource

DAYS = [f"2024-01-{day:02}" for day in range(1, 11)]
VALUES = np.arange(30.0).reshape(10, 3) + 100


@dataclass
class InDialect(CannedSource):
    """A source that tells how its answer is written."""

    dialect: dict[str, str] = field(default_factory=dict)

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        return replace(super().fetch(code, known), dialect=self.dialect)


def fetched(use_cases: UseCases, source: CannedSource, *states: Observations) -> Browser:
    """Fetch states one after the other, and return a browser."""
    for state in states:
        source.observations = state
        use_cases.request_fetch(DatasetCode("X", "Y"), refresh=True, allow=frozenset({Suspicion.SHRINK}))
    return browser_of(use_cases)


def test_what_changed_names_the_columns() -> None:
    """A column that vanished is lost, and no date counts as changed; a revision names its columns and its size."""
    source = CannedSource()
    use_cases = memory_use_cases({"canned": source})
    full = Observations.of(DAYS, ["Open", "Close", "Volume"], VALUES)
    revised = VALUES.copy()
    revised[3, 1] *= 1.02
    browser = fetched(use_cases, source, full, Observations.of(DAYS, ["Open", "Close", "Volume"], revised))
    assert "1 date revised by 2.00 % in Close" in Page(browser.get("/").text).words

    browser = fetched(use_cases, source, Observations.of([*DAYS, "2024-01-11"], ["Open", "Close"], [*revised[:, :2], [1, 2]]))
    words = Page(browser.get("/").text).words
    assert "1 new date, lost the column Volume" in words
    assert "10" not in words.partition("What changed")[2].partition("lost")[0]


def test_an_unchanged_vintage_is_read_once() -> None:
    """What a vintage changed is kept: vintages never change."""
    source = CannedSource()
    use_cases = memory_use_cases({"canned": source})
    state = Observations.of(DAYS, ["Value"], VALUES[:, :1])
    browser = fetched(use_cases, source, state, Observations.of(DAYS, ["Value"], VALUES[:, :1] + 1))
    first = Page(browser.get("/").text).words
    calls: list[object] = []
    original = type(use_cases.compare_vintages).__call__

    def counted(self: object, *arguments: object) -> object:
        calls.append(arguments)
        return original(self, *arguments)  # type: ignore[arg-type]

    type(use_cases.compare_vintages).__call__ = counted  # type: ignore[method-assign, assignment]
    try:
        assert Page(browser.get("/").text).words == first
    finally:
        type(use_cases.compare_vintages).__call__ = original  # type: ignore[method-assign]
    assert calls == []


def test_vintages_that_came_together_are_counted() -> None:
    """A first fetch that brings a whole history says so, not what its newest vintage added."""
    browser = browser_of(sample_use_cases())
    browser.post("/find", {"code": "SAMPLE/GDP"})

    assert "393 vintages of 315 dates, first seen" in Page(browser.get("/").text).words


def test_a_refused_answer_can_be_accepted() -> None:
    """The button says what it accepts, in both ways in which an answer may be suspicious, one after the other."""
    source = InDialect()
    use_cases = memory_use_cases({"canned": source})
    fetched(use_cases, source, Observations.of(DAYS, ["Open", "Close", "Volume"], VALUES))
    source.dialect = {"numbers": "."}
    browser = fetched(use_cases, source, Observations.of(DAYS, ["Open", "Close", "Volume"], VALUES + 1))
    source.dialect, source.observations = {"numbers": ","}, Observations.of(DAYS[:2], ["Open", "Close", "Volume"], VALUES[:2])
    use_cases.request_fetch(DatasetCode("X", "Y"), refresh=True)
    texts, sent = [], []
    for _ in range(2):
        page = Page(browser.get("/").text)
        texts.append(page.words)
        [allow] = [each["value"] for each in page.all("input") if each.get("name") == "allow"]
        sent.append(allow)
        assert "Accept the new answer" in Page(browser.get("/s/X/Y").text).words
        assert "Accept the new answer" in Page(browser.get("/operations").text).words
        assert browser.post("/s/canned:X/Y", {"allow": allow}).status_code == 303

    assert "even if its numbers or dates are written in another way than before" in texts[0]
    assert "even if less than half of a column's values" in texts[1]
    assert sent == ["values", "shrink values"]
    assert "no series' last fetch failed" in Page(browser.get("/").text).words
    newest = use_cases.describe_series.by_code(DatasetCode("X", "Y")).series.newest
    assert newest is not None
    assert newest.rows == 2


def test_what_a_gate_refused_is_shown_and_can_be_accepted() -> None:
    """On every page that shows the fetch: the cells with what was stored and expected, and the button that accepts them."""
    source = CannedSource()
    use_cases = memory_use_cases({"canned": source})
    state = Observations.of([f"2024-01-{day:02}" for day in range(1, 21)], ["Close"], [[100 + day % 3] for day in range(20)])
    browser = fetched(use_cases, source, state)
    use_cases.manage_gates.change(use_cases.describe_series.by_code(DatasetCode("X", "Y")).series.id, {"deviations": 8, "scale": True})
    slipped = state.values.copy()
    slipped[-3:] = [[1e6], [1.5], [1e300]]
    fetched(use_cases, source, Observations.of(state.dates, ["Close"], slipped))

    for path in ("/", "/s/X/Y", "/operations", "/s/X/Y?view=fetches"):
        words = Page(browser.get(path).text).words
        assert "3 values are more than 8 robust deviations off" in words, path
        assert "3 refused cells" in words, path
        assert "Close of 2024-01-18: 1000000; stored is 102; expected was " in words, path
        assert "Close of 2024-01-20: 1e+300; stored is 101" in words, path
        assert "the first ones" not in words, path
    for path in ("/", "/s/X/Y", "/operations"):
        assert "Accept the new answer" in Page(browser.get(path).text).words
    assert "do not pass the series' gates" in Page(browser.get("/").text).words
    assert browser.post("/s/canned:X/Y", {"allow": "values"}).status_code == 303
    assert "no series' last fetch failed" in Page(browser.get("/").text).words
    assert "refused cell" not in Page(browser.get("/s/X/Y").text).words


def test_nothing_else_can_be_accepted() -> None:
    """A form that allows something unknown is refused, and fetches nothing."""
    source = CannedSource()
    browser = fetched(memory_use_cases({"canned": source}), source, Observations.of(DAYS, ["Value"], VALUES[:, :1]))

    assert browser.post("/s/X/Y", {"allow": "everything"}).status_code == 400
    assert "1 vintage" in Page(browser.get("/find").text).words


def test_a_fetch_that_waits_because_of_an_error_needs_somebody() -> None:
    """It has its reason, and can be tried at once; one that failed for good can be fetched again."""
    clock = [datetime(2024, 3, 1, 12, tzinfo=UTC)]
    waiting, failing = CannedSource(error=SourceUnavailable("The service is down.")), CannedSource(error=DatasetNotFound("There is none."))
    use_cases = memory_use_cases({"canned": waiting, "failing": failing}, store=MemoryStore(lambda: clock[0]))
    browser = browser_of(use_cases)
    for code in ("X/Y", "failing:A/B"):
        browser.post("/find", {"code": code})
    page = Page(browser.get("/").text)

    assert "The service is down." in page.words
    assert "There is none." in page.words
    assert "Try now" in page.words
    assert "Fetch again" in page.words
    waiting.error = None
    assert browser.post("/s/canned:X/Y", {}).status_code == 303
    assert use_cases.describe_series.by_code(DatasetCode("X", "Y")).series.fetch.status is FetchStatus.SUCCESS  # type: ignore[union-attr]
    assert "The service is down." not in Page(browser.get("/").text).words
