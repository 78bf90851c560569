"""Random formulas on random histories equal plain loops over full copies, at every moment and position."""

from __future__ import annotations

from random import Random

import pytest

from adapters.memory.unit_of_work import MemoryStore
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
