"""Observations as JSON and CSV."""

from __future__ import annotations

from csv import reader

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.observations import Observations, Unit
from entrypoints.formats import cell, csv, encode, records, rows

CELLS = st.floats(allow_infinity=False)


@st.composite
def states(draw: st.DrawFn) -> Observations:
    """Any few dates on either axis, any few columns, any doubles."""
    unit: Unit = draw(st.sampled_from(["D", "s"]))
    days = draw(st.lists(st.integers(-200_000, 200_000), unique=True, max_size=6))
    width = draw(st.integers(0, 4))
    values = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=len(days), max_size=len(days)))
    matrix = np.array(values, dtype=np.float64).reshape(len(days), width)
    return Observations.of(np.array(days, dtype="int64"), [f"c{i}" for i in range(width)], matrix, unit=unit)


@settings(max_examples=200, deadline=None)
@given(state=states(), newest_first=st.booleans())
def test_the_splice_writes_what_the_encoder_writes_of_the_rows(state: Observations, newest_first: bool) -> None:  # noqa: FBT001
    """Dates spliced into the encoded matrix give the very bytes of the rows encoded one by one."""
    plain = [[text, *values] for text, (_, values) in zip(state.texts(), state.rows(), strict=True)]

    assert orjson.dumps(plain[::-1] if newest_first else plain) == orjson.dumps(rows(state, newest_first=newest_first))


@pytest.mark.parametrize("columns", [[], ["a"]], ids=["no columns", "one column"])
def test_no_dates_are_an_empty_list(columns: list[str]) -> None:
    """A state without dates has no rows, whatever its columns."""
    assert encode({"data": rows(Observations.empty(columns))}) == b'{"data":[]}'


@pytest.mark.parametrize("newest_first", [False, True])
def test_large_matrices_are_written_block_by_block(monkeypatch: pytest.MonkeyPatch, newest_first: bool) -> None:  # noqa: FBT001
    """However small the blocks are, the text is the same; missing values and exponents too."""
    values = np.array([[1.5, np.nan, 1e-7], [2.0, 1e300, -0.0], [0.00001, 3.0, np.nan], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    observations = Observations.of(np.arange(5), ["a", "b", "a"], values)

    def written() -> list[bytes]:
        documents = [{"rows": write(observations, newest_first=newest_first)} for write in (rows, records)]
        return [*map(encode, documents), csv(observations, ["date", "a", "b", "a"], newest_first=newest_first)]

    whole = written()
    monkeypatch.setattr("entrypoints.formats._BLOCK_CELLS", 6)
    assert written() == whole
    assert [list(record) for record in orjson.loads(whole[1])["rows"]] == [["date", "a", "b", "a_2"]] * 5


UNSEEN = (
    "",
    " ",
    "\t",
    "\0",
    "\x0b",
    "\x7f",
    "\x85",
    "\xa0",
    "\xad",
    "\u034f",
    "\u180e",
    "\u2003",
    "\u200b",
    "\u200f",
    "\u2028",
    "\u202e",
    "\u2060",
    "\u3000",
    "\ufe0f",
    "\ufeff",
)


@pytest.mark.parametrize("sign", [*"=+-@", *"\uff1d\uff0b\uff0d\uff20", *"\ufe66\ufe62\ufe63\ufe6b", "\u2212"])
@pytest.mark.parametrize("unseen", [*UNSEEN, "\ufeff\u200b \r\n"], ids=ascii)
def test_no_cell_begins_with_a_formula(sign: str, unseen: str) -> None:
    """Whatever cannot be seen stands before it, and however wide it is written."""
    (read,) = reader([cell(f"{unseen}{sign}cmd()")])

    assert read == [f"'{unseen}{sign}cmd()"]


@pytest.mark.parametrize("text", ["Close", " Close", "1=2", "é=", "(=1)", "", " ", "\ufeffClose", "'=1"])
def test_other_cells_are_written_as_they_are(text: str) -> None:
    """Only what a spreadsheet would run is changed."""
    assert cell(text) == text


@pytest.mark.parametrize("mark", [*',;\t"\r\n'])
def test_no_cell_can_be_split_into_a_formula(mark: str) -> None:
    """A mark that separates cells somewhere stands in quotes."""
    written = cell(f"a{mark}=cmd()")

    assert written == f'"a{mark.replace(chr(34), chr(34) * 2)}=cmd()"'


def test_numbers_are_never_touched() -> None:
    """Headings are made safe, values stay as they are."""
    state = Observations.of(np.array([0], dtype="int64"), ["a", "b"], np.array([[-1.5, 2.0]]))

    assert csv(state, ["date", "\uff1da", "\u200b+b"]) == "date,'\uff1da,'\u200b+b\n1970-01-01,-1.5,2.0\n".encode()
