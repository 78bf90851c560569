"""Which gates are set, and which hold for a series."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.gates.settings import LEAST, MOST, Gates, SeriesGates

numbers = st.just(0.0) | st.floats(LEAST, MOST)
gates = st.builds(Gates, deviations=numbers, scale=st.booleans(), frequency=st.booleans())
own = st.builds(SeriesGates, deviations=st.none() | numbers, scale=st.none() | st.booleans(), frequency=st.none() | st.booleans())

READ: Mapping[str, Gates] = {
    "none": Gates(),
    "None ": Gates(),
    "deviations=8": Gates(deviations=8),
    "deviations=0": Gates(),
    "scale": Gates(scale=True),
    " Frequency , DEVIATIONS = 12.5 ,scale": Gates(deviations=12.5, scale=True, frequency=True),
}
REFUSED: Mapping[str, str] = {
    "": "write gates such as deviations=8,scale,frequency, or none.",
    "8": "write gates such as",
    "deviation=8": "deviations is nearest to 'deviation'.",
    "scale,scale": "scale is named twice.",
    "deviations": "write gates such as",
    "scale=3": "write gates such as",
    "scale=": "write gates such as",
    "deviations=much": "'much' is no number of deviations",
    "deviations=": "'' is no number of deviations",
    "deviations=nan": "deviations must be from 1 to 10000, or 0 for none.",
    "deviations=inf": "deviations must be from 1 to 10000, or 0 for none.",
    "deviations=-3": "deviations must be from 1 to 10000, or 0 for none.",
    "deviations=0.5": "deviations must be from 1 to 10000, or 0 for none.",
    "scale,none": "write gates such as",
}


@pytest.mark.parametrize("text", READ)
def test_a_list_is_read(text: str) -> None:
    assert Gates.parse(text, field="GATES") == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_wrong_with_a_list_is_named(text: str) -> None:
    """With the name of the setting, and what to write."""
    with pytest.raises(InvalidInput) as raised:
        Gates.parse(text, field="GATES")

    assert raised.value.field == "GATES"
    assert raised.value.message.startswith("GATES is not valid: ")
    assert REFUSED[text] in raised.value.message


@settings(deadline=None)
@given(gates)
def test_gates_are_written_as_they_are_read(some: Gates) -> None:
    """But for digits of the number beyond the sixth."""
    read = Gates.parse(str(some), field="")

    assert (read.scale, read.frequency) == (some.scale, some.frequency)
    assert read.deviations == pytest.approx(some.deviations, rel=1e-5)


@settings(deadline=None)
@given(own, gates)
def test_what_is_set_for_a_series_comes_first(some: SeriesGates, of_provider: Gates) -> None:
    held = some.over(of_provider)

    for name in ("deviations", "scale", "frequency"):
        mine = getattr(some, name)
        assert getattr(held, name) == (getattr(of_provider, name) if mine is None else mine)
    assert SeriesGates(**dict(some.given())) == some  # type: ignore[arg-type]
    assert SeriesGates().over(of_provider) == of_provider


@pytest.mark.parametrize("number", [0.99, -1, 10_001, float("nan"), float("inf")])
def test_numbers_that_separate_nothing_are_refused(number: float) -> None:
    """Wherever they are set."""
    for kind in (Gates, SeriesGates):
        with pytest.raises(InvalidInput, match="deviations must be from 1 to 10000"):
            kind(deviations=number)
