"""The memory source gives what it was told to, or makes something up."""

from __future__ import annotations

import numpy as np
import pytest

from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, SourceGone
from domain.ports import PriorState
from tests.memory_source import MemorySource

KNOWN = PriorState(newest=None)
FB = DatasetCode("WIKI", "FB")


def test_made_up_series_depend_on_the_code_alone():
    """Two sources make up the same prices for a code, and others for another code."""
    first, again = (MemorySource().fetch(FB, KNOWN) for _ in range(2))
    other = MemorySource().fetch(DatasetCode("WIKI", "AAPL"), KNOWN)

    assert first.vintages[0][1] == again.vintages[0][1]
    assert first.vintages[0][1] != other.vintages[0][1]


def test_made_up_prices_make_sense_and_say_that_they_are_made_up():
    """The made-up series is one of business days, its low the lowest and its high the highest, and its metadata is honest."""
    fetched = MemorySource().fetch(FB, KNOWN)
    state = fetched.vintages[0][1]
    opening, high, low, close, volume = state.values.T

    assert state.columns == ("Open", "High", "Low", "Close", "Volume")
    assert len(state) == 520
    assert np.is_busday(state.dates).all()
    assert (low <= np.minimum(opening, close)).all()
    assert (high >= np.maximum(opening, close)).all()
    assert (volume > 0).all()
    assert "made up" in fetched.metadata.description


def test_given_answers_are_fetched():
    """A given answer is given, a given error raised, a given function called, and any other code is not found."""
    fetched = MemorySource().fetch(FB, KNOWN)
    error, asked = SourceGone(), []

    def answer(code, known):
        asked.append((code, known))
        return fetched

    given = MemorySource({FB: fetched, DatasetCode("WIKI", "GONE"): error, DatasetCode("WIKI", "LATE"): answer})

    assert given.fetch(FB, KNOWN) is fetched
    assert given.fetch(DatasetCode("WIKI", "LATE"), KNOWN) is fetched
    assert asked == [(DatasetCode("WIKI", "LATE"), KNOWN)]
    with pytest.raises(SourceGone):
        given.fetch(DatasetCode("WIKI", "GONE"), KNOWN)
    with pytest.raises(DatasetNotFound):
        given.fetch(DatasetCode("WIKI", "OTHER"), KNOWN)
