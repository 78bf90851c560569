"""Rows within a width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from entrypoints.cli.layout import Columns, lay_out, wrap

#: Of every length that matters, and of signs that take two cells: few draws each, so that many rows can be tried.
WORDS = st.builds(lambda sign, length: sign * length, st.sampled_from("ab/.é東"), st.integers(1, 24))
SENTENCES = st.lists(WORDS, max_size=8).map(" ".join)
CODES = st.one_of(WORDS, st.integers(30, 120).map(lambda length: ("AB/C.D:" * length)[:length]))
NUMBERS = st.integers(0, 10**7).map(str)
ROWS = st.lists(st.tuples(CODES, SENTENCES, NUMBERS, st.sampled_from(["", "2024-03-01", "2024-03-01T12:00:00Z"])), min_size=1, max_size=4)
HEADINGS = ("code", "name", "rows", "checked")


def columns_of(*, has_heading: bool, is_spare: bool) -> Columns:
    return Columns(
        headings=HEADINGS, right=("rows",), wraps=("name",), spare=("checked", "rows") if is_spare else (), has_heading=has_heading
    )


@given(rows=ROWS, width=st.integers(30, 200), has_heading=st.booleans(), is_spare=st.booleans())
def test_no_line_is_wider_and_no_word_is_cut(rows, width, has_heading, is_spare):
    """Only what is one word may be wider; every word that is not said to be left out stands whole in a line."""
    found = lay_out(columns_of(has_heading=has_heading, is_spare=is_spare), rows, width)
    words = [word for line in found.lines for word in line.split()]

    wider = [line for line in found.lines if cell_len(line) > width]
    assert all(len(line.split()) == 1 or line.split()[0] in HEADINGS for line in wider)
    shown = [place for place, heading in enumerate(HEADINGS) if heading not in found.left_out]
    assert [word for row in rows for place in shown for word in row[place].split() if word not in words] == []


@given(rows=ROWS, has_heading=st.booleans())
def test_without_a_width_each_row_is_one_line_with_everything(rows, has_heading):
    """Nothing is left out, wrapped or cut."""
    found = lay_out(columns_of(has_heading=has_heading, is_spare=True), rows, None)

    assert (len(found.lines), found.left_out) == (len(rows) + has_heading, ())
    for line, row in zip(found.lines[has_heading:], rows, strict=True):
        assert all(cell.rstrip() in line for cell in row)


def test_what_is_spare_goes_in_order_and_only_if_need_be():
    """A column goes before a name gets too narrow to be read at ease, the first one first."""
    rows = [("sample:SAMPLE/GDP", "Gross Domestic Product", "315", "2024-03-01T12:00:00Z")]

    left_out = [lay_out(columns_of(has_heading=True, is_spare=True), rows, width).left_out for width in (80, 60, 50, 18)]

    assert left_out == [(), ("checked",), ("checked",), ("checked", "rows")]


def test_a_long_code_has_a_line_of_its_own():
    """The other cells of its row stand below it, in their columns."""
    code = "oecd:OECD/OECD.SDD.STES,DSD_STES@DF_CLI/USA.M.LI...AA...H"
    lines = lay_out(columns_of(has_heading=True, is_spare=False), [("a:A/B", "One", "1", ""), (code, "Two", "22", "")], 60).lines

    assert lines == ["code   name  rows  checked", "a:A/B  One      1", code, "       Two     22"]


def test_what_cannot_stand_in_columns_is_a_paragraph():
    """With the heading of each cell that is not empty."""
    rows = [("a:A/B", "One Two Three", "123456", "2024-03-01T12:00:00Z"), ("c:C/D", "", "", "x")]

    assert lay_out(columns_of(has_heading=True, is_spare=False), rows, 32).lines == [
        "a:A/B",
        "  name     One Two Three",
        "  rows     123456",
        "  checked  2024-03-01T12:00:00Z",
        "c:C/D",
        "  checked  x",
    ]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("a  b", 10, ["a  b"]),
        ("東京 東京", 5, ["東京", "東京"]),
        ("https://example.org/a/long/path is there", 10, ["https://example.org/a/long/path", "is there"]),
        ("", 5, []),
    ],
)
def test_text_is_broken_between_words(text, width, lines):
    """Signs of two cells count twice, and longer words stay whole."""
    assert wrap(text, width) == lines
