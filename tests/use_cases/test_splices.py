"""A provider is killed in five ways: another series goes on by rule, each row says whose it is, and what was known before stays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from adapters.memory.dispatcher import RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore
from adapters.provider_kit.http.status_errors import ErrorContext, status_error
from domain.codes import DatasetCode, parse_reference
from domain.errors import ComponentMissing, InvalidInput, SourceUnavailable
from domain.frequency import Collapse, Frequency
from domain.moments import AsOf
from domain.observations import Observations
from domain.ports import RawResponse
from domain.series import Metadata, TimeSeries
from domain.stand_ins.equivalence import Equivalence, Side
from domain.stand_ins.splice import SpliceRule
from domain.use_cases.read_series import Reading, Selection
from tests.builders import memory_use_cases
from tests.fakes import CannedSource, StoppedClock

A, B = "canned:X/A", "other:Y/B"
_CONTEXT = ErrorContext(host="p.example")
_HTML, _JSON = {"content-type": "text/html"}, {"content-type": "application/json"}


def months(count: int, first: float = 1.0) -> Observations:
    """Months from 2024-01 on, each with its number times the first value."""
    dates = np.arange(count) + np.datetime64("2024-01", "M")
    return Observations.of(dates.astype("datetime64[D]"), ["Value"], first * (1.0 + np.arange(count))[:, None])


def answered(status: int, headers: dict[str, str], body: bytes) -> Any:
    return status_error(RawResponse(status=status, headers=headers, body=body), _CONTEXT)


def _shrink(source: CannedSource) -> None:
    source.observations = source.observations.latest(1)


def _fail(error: Any) -> Callable[[CannedSource], None]:
    return lambda source: setattr(source, "error", error)


KILLED = {
    "410": _fail(answered(410, _JSON, b'{"message": "Table retired in May."}')),
    "firewall": _fail(answered(403, _HTML, b"<html>Go away</html>")),
    "rename": _fail(answered(404, _JSON, b'{"message": "Series A was renamed to B2."}')),
    "shrunk": _shrink,
    "dns": _fail(SourceUnavailable("The name p.example cannot be resolved.")),
}


@dataclass
class Pair:
    """Two monthly series that agree up to a factor of a thousand."""

    clock: StoppedClock = field(default_factory=StoppedClock)
    store: Any = None

    def __post_init__(self) -> None:
        self.store = self.store or MemoryStore(self.clock)
        metadata = Metadata(name="Some months", unit="USD", frequency=Frequency.MONTHLY)
        self.sources = {
            "canned": CannedSource(observations=months(5, 1000.0), metadata=metadata),
            "other": CannedSource(observations=months(5), metadata=metadata),
        }
        self.use = memory_use_cases(self.sources, store=self.store, dispatcher=RecordingDispatcher())
        for reference in (A, B):
            self.fetch(reference)
        self.before = self.clock()

    def fetch(self, reference: str) -> None:
        """Fetch a series until that fetch has ended."""
        provider, code = parse_reference(reference)
        fetch_id = self.use.request_fetch(code, provider=provider, refresh=True).fetch.id
        fetch = self.use.fetch_dataset(fetch_id)
        while fetch is None or not fetch.ended:
            self.clock.forward(hours=7)
            fetch = self.use.fetch_dataset(fetch_id)

    def equate(self, **more: Any) -> Equivalence:
        return self.use.manage_equivalences.create(parse_reference(A), parse_reference(B), **{"scale": 1000.0, **more})

    def series(self, reference: str = A) -> TimeSeries:
        provider, code = parse_reference(reference)
        with self.store.reading() as uow:
            found = uow.series.find(str(provider), code)
        assert found
        return found

    def rules(self, reference: str = A) -> list[SpliceRule]:
        with self.store.reading() as uow:
            return list(uow.splices.rules(self.series(reference).id))

    def read(self, reference: str = A, **selection: Any) -> Reading:
        return self.use.read_series(self.series(reference).id, Selection(by_rule=True, **selection))

    def values(self, reference: str = A, **selection: Any) -> list[tuple[str, float, str | None]]:
        """Read date, first value and label of each row."""
        found = self.read(reference, **selection)
        labels = found.provenance or [None] * len(found.observations)
        rows = zip(found.observations.texts(), found.observations.values[:, 0].tolist(), labels, strict=True)
        return list(rows)  # type: ignore[arg-type]

    def kill(self, how: str) -> None:
        KILLED[how](self.sources["canned"])
        self.fetch(A)

    def wait(self, **time: float) -> None:
        self.clock.forward(**time)
        self.use.watch_equivalences()


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.mark.parametrize("how", KILLED)
def test_a_splice_goes_on_whatever_kills_the_provider(pair: Pair, how: str) -> None:
    """From the rule on, A's rows before its day and scaled rows of B from it on; what was known before is bit for bit the same."""
    pair.equate(failover=True, failover_after=timedelta(days=3))
    then = pair.read(moment=AsOf(as_of=pair.before))
    whole = pair.values()
    pair.kill(how)
    began = pair.series().at_source.failing_since or pair.series().at_source.since
    assert began
    pair.wait(days=2)
    assert pair.values() == whole
    assert pair.rules() == []

    pair.wait(days=1)
    (rule,) = pair.rules()
    assert (rule.stand_in, rule.start, rule.scale, rule.columns) == (B, date(2024, 6, 1), 1000.0, {"Value": "Value"})
    assert rule.made_at == pair.clock()
    pair.clock.forward(hours=1)
    pair.sources["other"].observations = months(7)
    pair.fetch(B)
    assert pair.values() == [
        *((f"2024-{month:02}-01", 1000.0 * month, A) for month in range(1, 6)),
        *((f"2024-{month:02}-01", 1000.0 * month, B) for month in (6, 7)),
    ]

    again = pair.read(moment=AsOf(as_of=pair.before))
    assert (again.observations, again.vintage, again.provenance, again.spliced) == (then.observations, then.vintage, None, None)
    assert pair.values(moment=AsOf(as_of=rule.made_at - timedelta(microseconds=1))) == whole
    assert [label for *_, label in pair.values(moment=AsOf(as_of=rule.made_at))] == [A] * 5
    numbered = pair.read(moment=AsOf(vintage=1))
    assert (numbered.observations, numbered.provenance) == (then.observations, None)
    assert len(pair.store.state.vintages[pair.series().id]) == 1


def test_a_splice_ends_by_another_rule_once_the_provider_gives_the_series_again(pair: Pair) -> None:
    pair.equate(failover=True, failover_after=timedelta(0))
    source = pair.sources["canned"]
    pair.kill("410")
    pair.sources["other"].observations = months(6)
    pair.fetch(B)
    spliced, during = pair.values(), pair.clock()
    assert spliced[-1] == ("2024-06-01", 6000.0, B)
    pair.clock.forward(days=1)
    source.error, source.observations = None, months(7, 1001.0)
    pair.fetch(A)

    begun, ended = pair.rules()
    assert ended.ends
    assert ended.position > begun.position
    assert ended.reason == "Its provider gives it again."
    assert pair.values()[-1] == ("2024-07-01", 7007.0, None)
    assert pair.values(moment=AsOf(as_of=during)) == spliced
    assert pair.values(moment=AsOf(position=ended.position - 1))[-1][2] == B


def test_a_pinned_splice_stays_the_same(pair: Pair) -> None:
    """Whatever comes in later of both series, and whatever rules are made, its position returns the same."""
    pair.equate(failover=True, failover_after=timedelta(0))
    pair.kill("410")
    found = pair.read()
    assert found.spliced
    pinned = AsOf(position=found.spliced.position)
    pair.clock.forward(days=1)
    pair.sources["other"].observations = months(9, 2.0)
    pair.fetch(B)
    assert pair.values() != pair.values(moment=pinned)
    pair.sources["canned"].error = None
    pair.fetch(A)
    again = pair.read(moment=pinned)
    assert (again.observations, again.provenance) == (found.observations, found.provenance)
    with pytest.raises(InvalidInput, match="has not been reached"):
        pair.read(moment=AsOf(position=10**6))


def test_only_a_rule_makes_a_splice(pair: Pair) -> None:
    """An equivalence that may not fail over watches, and no more."""
    pair.equate()
    pair.kill("410")
    pair.wait(days=100)
    assert (pair.rules(), pair.values()[-1][2]) == ([], None)


def test_a_stand_in_that_fails_itself_is_none(pair: Pair) -> None:
    pair.equate(failover=True)
    pair.sources["other"].error = answered(410, _JSON, b"{}")
    pair.fetch(B)
    pair.wait(days=3)
    pair.kill("410")
    pair.wait(days=3)
    assert pair.rules() == []


def test_the_preferred_series_is_the_one_that_is_spliced(pair: Pair) -> None:
    """With prefer=b the other way round, by the inverse of the scale."""
    pair.equate(failover=True, failover_after=timedelta(0), prefer=Side.B)
    pair.sources["other"].error = answered(410, _JSON, b"{}")
    pair.fetch(B)
    (rule,) = pair.rules(B)
    assert (rule.stand_in, rule.scale) == (A, 1 / 1000.0)
    pair.sources["canned"].observations = months(6, 1000.0)
    pair.fetch(A)
    assert pair.values(B)[-2:] == [("2024-05-01", 5.0, B), ("2024-06-01", 6000.0 * (1 / 1000.0), A)]
    assert pair.rules(A) == []


def test_each_row_of_a_part_is_labelled(pair: Pair) -> None:
    """Windows, limits and transforms keep the labels; a period that has rows of both says so."""
    pair.equate(failover=True, failover_after=timedelta(0))
    pair.kill("410")
    pair.sources["other"].observations = months(8)
    pair.fetch(B)
    assert [label for *_, label in pair.values(limit=4)] == [A, B, B, B]
    assert [label for *_, label in pair.values(start=date(2024, 5, 1), end=date(2024, 6, 30))] == [A, B]
    assert pair.values(collapse=Collapse.QUARTERLY) == [
        ("2024-03-31", 3000.0, A),
        ("2024-06-30", 6000.0, f"{A} + {B}"),
        ("2024-09-30", 8000.0, B),
    ]
    assert pair.values(collapse=Collapse.QUARTERLY, end=date(2024, 5, 31))[-1] == ("2024-06-30", 5000.0, A)
    assert pair.values(collapse=Collapse.QUARTERLY, start=date(2024, 6, 1))[0] == ("2024-06-30", 6000.0, B)
    assert pair.read(column_index=0).provenance == [A] * 5 + [B] * 3


def test_reading_the_code_through_fetches_the_stand_in(pair: Pair) -> None:
    """Its provider is asked for the series itself once a day."""
    pair.equate(failover=True, failover_after=timedelta(0))
    pair.kill("410")
    pair.sources["other"].observations = months(6)
    pair.clock.forward(hours=1)
    asked = list[str]()

    def request(code: DatasetCode, **more: Any) -> Any:
        asked.append(f"{more['provider']}:{code}")
        return pair.use.request_fetch(code, **more)

    read = replace(pair.use.read_through, request_fetch=request)  # type: ignore[arg-type]
    pair.clock.forward(hours=19)
    pair.fetch(A)
    pair.clock.forward(hours=5)
    assert read(DatasetCode("X", "A"), may_fetch=True, acquire_slot=nullcontext).id == pair.series().id
    assert asked == [B]
    pair.clock.forward(hours=19)
    assert read(DatasetCode("X", "A"), may_fetch=True, acquire_slot=nullcontext).id == pair.series().id
    assert asked == [B, A]


def test_what_ends_a_splice_by_hand(pair: Pair) -> None:
    """Without leave to fail over, without the equivalence, or without the stand-in the series is read alone; as_of keeps what was read."""
    made = pair.equate(failover=True, failover_after=timedelta(0))
    pair.kill("410")
    pair.use.manage_equivalences.change(made.id, {"failover": False})
    assert [rule.ends for rule in pair.rules()] == [False, True]
    pair.use.manage_equivalences.change(made.id, {"failover": True})
    pair.use.watch_equivalences()
    pair.use.manage_equivalences.remove(made.id)
    assert [rule.ends for rule in pair.rules()] == [False, True] * 2
    pair.equate(failover=True, failover_after=timedelta(0))
    pair.use.watch_equivalences()
    during = pair.clock()
    pair.clock.forward(days=1)
    pair.use.remove_series(pair.series(B).id, confirm="Y/B")
    assert [rule.ends for rule in pair.rules()] == [False, True] * 3
    assert pair.values()[-1][2] is None
    with pytest.raises(ComponentMissing, match="other:Y/B, which is not stored here"):
        pair.read(moment=AsOf(as_of=during))


def test_a_version_changes_with_the_rule_and_with_the_stand_in(pair: Pair) -> None:
    """Earlier answers stay valid, so that a client's copy of what was known before does."""
    pair.equate(failover=True, failover_after=timedelta(0))
    read, key = pair.use.read_series, pair.series().id

    def state(moment: AsOf) -> tuple[object, ...]:
        return read.stored_version(key, moment).version.state

    before, old = state(AsOf()), state(AsOf(as_of=pair.before))
    pair.clock.forward(hours=1)
    pair.kill("410")
    spliced = state(AsOf())
    assert spliced != before
    pair.sources["other"].observations = months(6)
    pair.fetch(B)
    assert state(AsOf()) != spliced
    assert state(AsOf(as_of=pair.before)) == old
    found = read.stored_version(key, AsOf())
    assert (found.stale, found.version.checked_at) == (False, pair.series(B).checked_at)


def test_missing_columns_are_missing(pair: Pair) -> None:
    """What the stand-in does not have is missing from its day on, and a column that it lost later."""
    prices = Observations.of(["2024-05-30", "2024-05-31"], ["Open", "Close", "Volume"], [[1.0, 2.0, 30.0], [3.0, 4.0, 50.0]])
    pair.sources["canned"].observations = prices
    pair.sources["other"].observations = Observations.of(["2024-05-31", "2024-06-03"], ["Last", "Open"], [[4.0, 3.0], [5.0, 6.0]])
    codes = [(provider, DatasetCode("Z", provider)) for provider in ("canned", "other")]
    for provider, code in codes:
        pair.fetch(f"{provider}:{code}")
    made = pair.use.manage_equivalences.create(*codes, columns={"Close": "Last"}, failover=True, failover_after=timedelta(0))
    assert (made.diverging, made.position > 0) == (0, True)
    pair.sources["canned"].error = answered(410, _JSON, b"{}")
    pair.fetch("canned:Z/canned")
    found = pair.read("canned:Z/canned").observations
    assert found.columns == prices.columns
    assert np.array_equal(found.values[-1], [np.nan, 5.0, np.nan], equal_nan=True)
    assert found.values[:2].tolist() == prices.values.tolist()
