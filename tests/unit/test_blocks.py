"""Blocks come back as they were written, whichever way they are packed."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.sql.vintage_blocks.codec import PCODEC, ZLIB, decode, encode
from domain.observations import Observations

NONE_DROPPED = np.array([], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("rows", "columns", "codec"),
    [(1, 12, ZLIB), (199, 40, ZLIB), (199, 41, PCODEC), (200, 1, PCODEC), (240, 5, PCODEC), (4_001, 2, PCODEC)],
)
def test_a_block_comes_back(rows: int, columns: int, codec: int) -> None:
    """Prices, gaps and the dates that go, to the last bit; each codec where it is the better one."""
    days = np.datetime64("2001-01-01") + np.arange(rows + 3)
    values = np.round(np.random.default_rng(rows).normal(100, 5, (rows, columns)), 2)
    values[:: max(2, rows // 7), 0] = np.nan
    state = Observations.of(days[:rows], [f"c{n}" for n in range(columns)], values)

    for snapshot, dropped in ((True, NONE_DROPPED), (False, days[rows:])):
        used, payload = encode(state, dropped, snapshot=snapshot)
        read, gone, _ = decode(used, payload, None if snapshot else state.columns)
        assert used == codec
        assert read == state
        assert list(gone) == list(dropped)


def test_steps_are_small() -> None:
    """A rate that is set now and then takes less than a byte a day, however its steps lie."""
    for seed in range(20):
        chance = np.random.default_rng(seed)
        rates = np.repeat(np.cumsum(chance.choice([-0.25, 0.0, 0.25], 200)), chance.integers(1, 40, 200))
        state = Observations.of(np.datetime64("2001-01-01") + np.arange(len(rates)), ["rate"], rates[:, None])
        _, payload = encode(state, NONE_DROPPED, snapshot=True)
        assert len(payload) < len(rates)
