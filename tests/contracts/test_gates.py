"""On every store: the gates of a series are kept, and what one refuses is named, not stored, and accepted where that is allowed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import uuid4

import numpy as np
import pytest

from domain.codes import FORMULA, DatasetCode
from domain.errors import InvalidInput, NotOfFormulas, ProviderNotConfigured, SeriesNotFound
from domain.fetches import Fetch, FetchStatus, Suspicion
from domain.frequency import Frequency
from domain.gates.cells import MOST_CELLS, Gate, SuspiciousCell
from domain.gates.settings import Gates, SeriesGates
from domain.importing import IMPORT
from domain.observations import Observations
from domain.ports import Fetched, PriorState, Store
from domain.series import TimeSeries
from domain.source_status import Failing, SourceStatus
from domain.use_cases.read_series import Selection
from domain.window import Window
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

CODE = DatasetCode("X", "Y")
ROWS = 40
VALUES = np.array([[100.0 + each % 4, 1000.0 * (each % 3) + 1] for each in range(ROWS)])


def state(values: np.ndarray, first: int = 0) -> Observations:
    return Observations.of(range(first, first + len(values)), ["Close", "Volume"], values)


@dataclass
class Gated(CannedSource):
    """Its provider has these gates; later answers may be windows."""

    observations: Observations = field(default_factory=lambda: state(VALUES))
    gates: Gates = field(default_factory=Gates)
    sends_windows: bool = False

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        fetched = super().fetch(code, known)
        window = Window(start=self.observations.labels()[0], end=None)
        return replace(fetched, covers=window) if self.sends_windows and known.newest else fetched


class Harness:
    """A series of a store that has been fetched once."""

    def __init__(self, store: Store, gates: Gates | None = None) -> None:
        self.store, self.source = store, Gated(gates=gates or Gates())
        self.use = memory_use_cases({"canned": self.source}, store=store)  # type: ignore[arg-type]
        self.fetch()

    @property
    def series(self) -> TimeSeries:
        return self.use.describe_series.by_code(CODE).series

    def fetch(self, *allow: Suspicion) -> Fetch:
        fetch = self.use.request_fetch(CODE, refresh=True, allow=frozenset(allow)).fetch
        with self.store.reading() as uow:
            return uow.fetches.get(fetch.id)

    def stored(self) -> tuple[Observations, int]:
        reading = self.use.read_series(self.series.id, Selection())
        return reading.observations, reading.vintage.number

    def refused(self, answer: Observations) -> Fetch:
        """Fetch an answer that a gate refuses, and see that nothing changes but the series' trouble at its source."""
        before, metadata = self.stored(), self.series.metadata
        self.source.observations = answer
        fetch = self.fetch()

        assert fetch.status is FetchStatus.ERROR
        assert fetch.failure
        assert (fetch.failure.code, fetch.failure.retryable) == ("suspicious_values", False)
        assert "--allow values" in fetch.failure.hint
        assert (self.stored(), self.series.metadata) == (before, metadata)
        assert (self.series.at_source.failing, self.series.at_source.status) == (Failing.REFUSED, SourceStatus.ACTIVE)
        return fetch

    def accepted(self, answer: Observations) -> None:
        """Fetch it again with what is allowed, and once more without, since it is what is known now."""
        _, number = self.stored()
        fetch = self.fetch(Suspicion.VALUES)

        assert (fetch.status, self.stored()) == (FetchStatus.SUCCESS, (answer, number + 1))
        assert self.series.at_source.failing is None
        assert self.fetch().vintages_added == 0


def changed(row: int, column: int, value: float) -> np.ndarray:
    values = VALUES.copy()
    values[row, column] = value
    return values


def test_gates_are_kept(store: Store) -> None:
    """Of one series and no other, until they are changed; what is not named stays as it is."""
    harness = Harness(store)
    with store.writing() as uow:
        other = uow.series.add("canned", DatasetCode("X", "Z"))
        uow.commit()
    assert harness.series.gates == SeriesGates()

    harness.use.manage_gates.change(harness.series.id, {"deviations": 8, "scale": False})
    assert harness.series.gates == SeriesGates(deviations=8, scale=False)
    found = harness.use.manage_gates.change(harness.series.id, {"deviations": None, "frequency": True})
    assert found.own == harness.series.gates == SeriesGates(scale=False, frequency=True)
    with store.reading() as uow:
        assert uow.series.get(other.id).gates == SeriesGates()
        assert uow.series.find("canned", CODE) == harness.series
    harness.use.manage_gates.change(harness.series.id, dict.fromkeys(("scale", "frequency")))
    assert harness.series.gates == SeriesGates()


def test_what_is_never_fetched_has_no_gates(store: Store) -> None:
    """A formula, an import, and what is not stored; a number that separates nothing changes nothing."""
    harness = Harness(store)
    with store.writing() as uow:
        formula, imported = uow.series.add(FORMULA, DatasetCode("MY", "F")), uow.series.add(IMPORT, DatasetCode("MY", "I"))
        uow.commit()
    for series_id, error in ((formula.id, NotOfFormulas), (imported.id, ProviderNotConfigured), (uuid4(), SeriesNotFound)):
        with pytest.raises(error):
            harness.use.manage_gates.change(series_id, {"scale": True})
    with pytest.raises(InvalidInput, match="deviations must be from 1 to 10000"):
        harness.use.manage_gates.change(harness.series.id, {"deviations": 0.5})
    assert harness.series.gates == SeriesGates()


def test_without_a_gate_all_is_stored(store: Store) -> None:
    """They are off unless somebody sets them."""
    harness = Harness(store)
    harness.source.observations = state(changed(-1, 0, 1e9) * 1000)

    assert harness.fetch().status is FetchStatus.SUCCESS
    assert harness.stored() == (state(changed(-1, 0, 1e9) * 1000), 2)


@pytest.mark.parametrize("by", ["provider", "series"])
def test_a_value_far_off_is_named_and_accepted(store: Store, by: str) -> None:
    """By a gate of the provider or of the series; cells that were not refused are not named."""
    harness = Harness(store, Gates(deviations=10) if by == "provider" else None)
    if by == "series":
        harness.use.manage_gates.change(harness.series.id, {"deviations": 10})
    answer = state(np.vstack([changed(5, 1, -90_000), [[2.5, 1.0], [102.0, 1.0]]]))
    failure = harness.refused(answer).failure
    assert failure

    assert {(cell.column, cell.date, cell.value, cell.before) for cell in failure.cells} == {
        ("Volume", "1970-01-06", -90_000, 2001),
        ("Close", "1970-02-10", 2.5, None),
    }
    assert {cell.gate for cell in failure.cells} == {Gate.DEVIATIONS}
    assert "2 values are more than 10 robust deviations off, such as Close of 1970-02-10, 2.5 where " in failure.message
    assert failure.message.endswith("; nothing was changed.")
    harness.accepted(answer)


def test_another_scale_is_named_and_accepted(store: Store) -> None:
    """With what the values were; the first cells of many are named, and all are counted."""
    harness = Harness(store, Gates(scale=True))
    answer = state(VALUES / [1000, 1])
    failure = harness.refused(answer).failure

    assert failure
    assert failure.message == (
        "Close is 0.001 times what it was on 40 dates, such as 0.1 on 1970-01-01, which was 100; nothing was changed."
    )
    assert len(failure.cells) == MOST_CELLS
    assert failure.cells[1] == SuspiciousCell(gate=Gate.SCALE, date="1970-01-02", column="Close", value=0.101, before=101.0)
    harness.accepted(answer)


def test_another_frequency_is_named_and_accepted(store: Store) -> None:
    """As the dates show it, with the new ones; and as the provider declares it, though no value is new."""
    harness = Harness(store, Gates(frequency=True))
    weeks = Observations.of([*range(ROWS), 60, 67, 74], ["Close", "Volume"], np.vstack([VALUES, VALUES[:3]]))
    failure = harness.refused(weeks).failure
    assert failure
    assert failure.message == "Its observations were daily and are weekly from 1970-03-02 on; nothing was changed."
    assert [(cell.date, cell.column) for cell in failure.cells] == [("1970-03-02", None), ("1970-03-09", None), ("1970-03-16", None)]
    harness.accepted(weeks)

    harness.source.metadata = replace(harness.source.metadata, frequency=Frequency.WEEKLY)
    failure = harness.refused(weeks).failure
    assert failure
    assert (failure.message, failure.cells) == ("Its observations were daily and are weekly; nothing was changed.", ())
    assert harness.fetch(Suspicion.VALUES).status is FetchStatus.SUCCESS
    assert harness.series.frequency is Frequency.WEEKLY


def test_all_gates_are_passed_at_once(store: Store) -> None:
    """Their reasons stand in one message, the cells of each after the other; what is allowed passes all of them."""
    harness = Harness(store, Gates(deviations=10, scale=True, frequency=True))
    answer = Observations.of([*range(ROWS), 60, 67, 74], ["Close", "Volume"], np.vstack([VALUES * [100, 1], [[1, 1], [1, 1], [1, 1]]]))
    failure = harness.refused(answer).failure

    assert failure
    assert [part.split()[0] for part in failure.message.split("; ")] == ["Its", "Close", "3", "nothing"]
    assert {cell.gate for cell in failure.cells} == {Gate.FREQUENCY, Gate.SCALE}
    harness.accepted(answer)


def test_the_series_comes_before_its_provider(store: Store) -> None:
    """A gate that is switched off for it lets its answers pass."""
    harness = Harness(store, Gates(deviations=10, scale=True))
    harness.use.manage_gates.change(harness.series.id, {"deviations": 0, "scale": False})
    harness.source.observations = state(VALUES / 1000)

    assert harness.fetch().status is FetchStatus.SUCCESS


def test_shrinks_and_values_are_allowed_apart(store: Store) -> None:
    """What is both needs both; each is named when the other is allowed."""
    harness = Harness(store, Gates(scale=True))
    harness.source.observations = state(VALUES[:5] * 1000)
    codes = []
    for allow in ((), (Suspicion.VALUES,), (Suspicion.SHRINK,)):
        failure = harness.fetch(*allow).failure
        assert failure
        codes.append(failure.code)

    assert codes == ["suspicious_values", "suspicious_shrink", "suspicious_values"]
    assert harness.fetch(Suspicion.VALUES, Suspicion.SHRINK).status is FetchStatus.SUCCESS
    assert harness.stored() == (state(VALUES[:5] * 1000), 2)


def test_a_window_is_compared_in_its_place(store: Store) -> None:
    """An answer that covers a part alone is merged before it passes."""
    harness = Harness(store, Gates(deviations=10, scale=True, frequency=True))
    harness.source.sends_windows = True
    usual, off = state(np.array([[101.0, 1.0], [102.0, 1001.0]]), ROWS), state(np.array([[101.0, 1.0], [1e6, 1001.0]]), ROWS)
    failure = harness.refused(off).failure
    assert failure
    assert [(cell.date, cell.column) for cell in failure.cells] == [("1970-02-11", "Close")]
    harness.source.observations = usual

    assert harness.fetch().status is FetchStatus.SUCCESS
    assert len(harness.stored()[0]) == ROWS + 2
