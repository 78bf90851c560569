"""Names that stand in one row of several, and what tells them from remarks."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import read
from tests.unit.own_files.test_containers import a_workbook, sheet


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        ("Year,a,b\n2019,1,2\n", ("a", "b")),
        ("Series,x,y\nUnit,EUR,%\nMultiplier,1,1\n2019-01,1,2\n", ("x", "y")),
        ("id,label,text\nx,y,z\n\ndate,rate\n2024-01-02,1\n2024-01-03,2\n", ("rate",)),
        ("Terms,see,there\n\ndate,rate\n2024-01-02,1\n", ("rate",)),
        ("year,p,q\n2019,1,2\n2020,2,3\n", ("p", "q")),
        ("Table 1,,\nYear,a,b\n2019,1,2\n", ("a", "b")),
        ("Year,a,b\nthousand,(1),(2)\n2019,1,2\n", ("a", "b")),
        ("Year;a;b\n-----;---;---\n2019;1;2\n", ("a", "b")),
        ("Year|a|b\n----+---+---\n2019|1|2\n(1 row)\n", ("a", "b")),
        ("Year,a,b\n\n2019,1,2\n\x1a", ("a", "b")),
        ("Year,a,b\nstart,1950,1960\n2019,1,2\n", ("a", "b")),
    ],
)
def test_the_row_of_names_is_found(body, columns):
    """It is the first that names every column of numbers, and no column beyond those that the rows have."""
    assert read(body).observations.columns == columns


@pytest.mark.parametrize(
    ("body", "words", "names"),
    [
        (
            "Year,Total,of which,\n,,men,women\n2019,3,1,2\n",
            "rows 1 and 2 both hold names, such as 'Total' of column 2; option header_rows",
            3,
        ),
        ("Year,,of which,\n,All,men,women\n2019,3,1,2\n", "", 3),
        ("Year,Total,men,\n,,,women\n2019,3,1,2\n", "row 3 has 4 cells where the header has 3: '2' has no name", 3),
        (",North,North\nYear,p,q\n2019,1,2\n", "row 1: columns 2 and 3 are each called 'North'; the names may stand in row 2 too", 2),
        (",North,,South,\nYear,p,q,p,q\n2019,1,2,3,4\n", "columns 2 and 4 are each called 'p'", 4),
    ],
)
def test_names_in_two_rows_are_a_doubt(body, words, names):
    """Where no row names every column and another row has the missing names, or names repeat, the option header_rows says what they are."""
    if words:
        with pytest.raises(AnswerNotUnderstood) as raised:
            read(body)
        assert words in raised.value.message
    assert len(read(body, header_rows=2).observations.columns) == names


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        ("Year,a\n2019,1\n2020,2\n", {"header_rows": 2}, "fewer than 2 rows stand above row 2, the first with a date; option header_rows"),
        (",a\nYear,b\n2019,1\n2020,2\n", {"header_rows": 3}, "fewer than 3 rows stand above row 3"),
        ("Year,a\n2019,1\n", {"unit_row": True}, "no row with a date stands below the names; options header_rows, unit_row"),
        ("2019,1\n2020,2\n", {}, "row 1 has no line of column names above it; option header_rows (0)"),
    ],
)
def test_options_that_take_dates_for_names_are_refused(body, options, words):
    """No date is lost to a header that is said to be longer than it is."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body, **options)

    assert words in raised.value.message


def test_a_cell_merged_over_rows_names_its_column_in_each():
    """A name that is merged over two rows of a header stands beside the names of both."""
    cells = sheet(
        ("Year", "Total", "of which", None), (None, None, "men", "women"), (date(2019, 1, 1), 3, 1, 2), (date(2020, 1, 1), 4, 2, 2)
    )
    merged = '</sheetData><mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:B2"/><mergeCell ref="C1:D1"/></mergeCells><sheetData>'

    assert read(a_workbook(cells + merged)).observations.columns == ("Total", "men", "women")
    assert read(a_workbook(cells + merged), header_rows=2).observations.columns == ("Total", "of which / men", "of which / women")


def test_dates_of_a_workbook_stand_beside_text_of_a_format():
    """A date that is none of text needs no format where one is given for the text among them."""
    body = a_workbook(sheet(("Date", "v"), (date(2021, 2, 1), 1), ("02/02/2021", 2), ("03/02/2021", 3)))

    with pytest.raises(AnswerNotUnderstood, match="day/month or month/day; option date_format"):
        read(body)
    assert read(body, date_format="%d/%m/%Y").observations.texts() == ["2021-02-01", "2021-02-02", "2021-02-03"]


@pytest.mark.parametrize(
    ("name", "cells", "is_left_out"),
    [
        ("iso2", ["NA", "NA"], True),
        ("Country code", ["NA", ""], True),
        ("State", ["ND", "ND"], True),
        ("w", ["NA", "NA"], False),
        ("w", ["", ""], False),
        ("rate", [".", "."], False),
        ("Country code", ["1", "NA"], False),
    ],
)
def test_codes_that_look_missing_are_words(name, cells, is_left_out):
    """Namibia's NA and North Dakota's ND are words in a column of codes; elsewhere they are missing values."""
    series = read("\n".join([f"Month;v;{name}", *(f"2021-0{i};{i}.5;{cell}" for i, cell in enumerate(cells, 1))]))

    assert (name in series.left_out) == is_left_out
    assert (name in series.observations.columns) != is_left_out


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"key_columns": ["c", "i"]}, ("A / x", "A / y", "B / x")),
        ({"key_columns": ["c", "i"], "key": ["A", "y"]}, ("A / y",)),
        ({"key_columns": ["c", "i"], "key": ["a", "Y"]}, ("A / y",)),
    ],
)
def test_a_key_chooses_a_row_of_dates_across(options, columns):
    """Where each row is a series, a key names one."""
    assert read("c,i,2020,2021\nA,x,1,2\nA,y,3,4\nB,x,5,6\n", **options).observations.columns == columns
