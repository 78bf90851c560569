"""Columns of flags in files of one's own: known by their names, beside the columns that they belong to."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import read


def flags(text: str, **options: object) -> list[list[str | None]]:
    """The flags of each column."""
    state = read(text, **options).observations
    return [state.flags.column(place) if state.flags else [None] * len(state) for place in range(len(state.columns))]


def test_a_column_of_flags_is_read_with_its_column() -> None:
    """``NAME_flag`` holds the flags of ``NAME``; it is no column of its own, and is not left out."""
    series = read("date,Open,Open_flag,Close\n2024-01-02,2,p,1.5\n2024-01-01,1,,2.5\n2024-01-03,3, B  E ,3.5\n")

    assert series.observations.columns == ("Open", "Close")
    assert series.observations.flags
    assert series.observations.flags.column(0) == [None, "p", "B E"]
    assert series.observations.flags.column(1) == [None, None, None]
    assert series.left_out == ()


def test_codes_may_be_digits_among_words() -> None:
    """Footnotes are numbered or lettered; digits alone are numbers, as before."""
    assert flags("date,a,a_flag\n2024-01-01,1,1\n2024-01-02,2,P\n2024-01-03,3,\n") == [["1", "P", None]]
    assert read("date,a,a_flag\n2024-01-01,1,0\n2024-01-02,2,1\n").observations.columns == ("a", "a_flag")


def test_no_flag_at_all() -> None:
    """An empty column of flags, as a series without any is exported, is nothing."""
    series = read("date,a,a_flag\n2024-01-01,1,\n2024-01-02,2,\n")

    assert (series.observations.columns, series.observations.flags) == (("a",), None)


def test_other_words_are_left_out() -> None:
    """Texts that are no short codes, and columns that are named after no other, are left out as ever."""
    sentence = "see the notes on methods and sources"
    series = read(f"date,a,a_flag,b_flag\n2024-01-01,1,{sentence},x\n2024-01-02,2,p,y\n")

    assert series.observations.flags is None
    assert sorted(series.left_out) == ["a_flag", "b_flag"]


def test_flags_of_a_chosen_column() -> None:
    """Flags follow the columns that an option chooses."""
    text = "date,a,a_flag,b,b_flag\n2024-01-01,1,p,3,x\n2024-01-02,2,,4,\n"

    assert flags(text, columns=["a"]) == [["p", None]]


def test_one_date_has_one_flag() -> None:
    """A row that repeats a date with another flag is refused."""
    with pytest.raises(AnswerNotUnderstood, match="2024-01-01 stands twice with different flags"):
        read("date,a,a_flag\n2024-01-01,1,p\n2024-01-01,1,e\n")
