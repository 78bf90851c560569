"""Random formulas on random histories equal plain loops over full copies, at every moment and position."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.frequency import Frequency
from domain.moments import AsOf
from domain.observations import Observations
from domain.series import Metadata
from domain.use_cases.read_series import Selection
from tests.builders import an_arrival, append, memory_use_cases
from tests.fakes import StoppedClock
from tests.formula_histories import ARRIVED, History, compared
from tests.servers import SETTINGS

EXAMPLES = int(SETTINGS.get("LANNER_TEST_EXAMPLES", "60"))
_EACH = 30


@pytest.mark.parametrize("seed", range(max(1, EXAMPLES // _EACH)))
def test_random_formulas_equal_plain_loops(seed: int) -> None:
    """A formula at a moment is its definition on the copies that were known then, whatever was stored or defined later."""
    history = History(Random(seed), MemoryStore(StoppedClock(ARRIVED)))

    assert sum(compared(history, f"Z{number}") for number in range(_EACH)) > _EACH


def test_the_real_rate_of_a_day_is_computed_again_from_its_permalink() -> None:
    """Neither another definition nor a vintage that arrives late, with an early label, changes what was computed as of 2009-01-30."""
    store = MemoryStore(StoppedClock(datetime(2020, 1, 1, tzinfo=UTC)))
    use_cases, real, now = memory_use_cases({}, store=store), DatasetCode("MY", "REAL"), datetime(2020, 1, 1, tzinfo=UTC)
    months = [date(2007, 12, 1), date(2008, 12, 1)]

    def store_vintage(dataset: str, published: date, values: Mapping[date, float], **more: Any) -> None:
        state = Observations.of(list(values), ["Value"], [[value] for value in values.values()])
        known_at = datetime(published.year, published.month, published.day, 23, 59, 59, tzinfo=UTC)
        with store.writing() as uow:
            series = uow.series.add("p", DatasetCode("X", dataset))
            append(uow, series.id, [an_arrival(now, state, published=published, known_at=known_at)])
            uow.series.record_fetch(uow.series.get(series.id), Metadata(frequency=Frequency.MONTHLY, **more), known_at=now)
            uow.commit()

    store_vintage("RATE", date(2009, 1, 5), dict(zip(months, [4.24, 0.16], strict=True)), unit="Percent")
    store_vintage("CPI", date(2009, 1, 16), dict(zip(months, [200.0, 201.0], strict=True)), unit="Index 1982-84=100")
    store_vintage("CPI", date(2009, 2, 20), dict(zip(months, [200.0, 202.0], strict=True)), unit="Index 1982-84=100")
    key = use_cases.manage_formulas.define(real, "series('p:X/RATE') - 100 * yoy(series('p:X/CPI'))").formula.series.id
    then = use_cases.read_series(key, Selection(moment=AsOf(as_of=datetime(2009, 1, 30, 23, 59, 59, tzinfo=UTC))))
    assert then.computed
    permalink = Selection(moment=AsOf(as_of=datetime(2009, 1, 30, 23, 59, 59, tzinfo=UTC), position=then.computed.position))
    use_cases.manage_formulas.define(real, "series('p:X/RATE')")
    store_vintage("CPI", date(2009, 1, 20), dict(zip(months, [200.0, 240.0], strict=True)), unit="Index 1982-84=100")

    assert then.observations.values[-1, 0] == pytest.approx(0.16 - 0.5)
    assert (then.series.metadata.unit, then.series.metadata.frequency) == ("Percent", Frequency.MONTHLY)
    assert use_cases.read_series(key, permalink).observations == then.observations
    use_cases.manage_formulas.define(real, "series('p:X/RATE') - 100 * yoy(series('p:X/CPI'))")
    unpinned = use_cases.read_series(key, Selection(moment=AsOf(as_of=datetime(2009, 1, 30, 23, 59, 59, tzinfo=UTC))))
    assert unpinned.observations.values[-1, 0] == pytest.approx(0.16 - 20)
