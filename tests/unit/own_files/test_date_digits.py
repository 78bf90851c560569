"""Columns of digits that are dates: stamps of the calendar, counts since 1970, and names that tell them from numbers."""

from __future__ import annotations

import json

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import dates, read, under_dates


@pytest.mark.parametrize(
    ("name", "cells", "right"),
    [
        ("MESS_DATUM", ["2020010122", "2020010123"], ["2020-01-01T22:00:00Z", "2020-01-01T23:00:00Z"]),
        ("time", ["2020010123", "2020010124"], ["2020-01-01T23:00:00Z", "2020-01-02T00:00:00Z"]),
        ("time", ["1999123123", "2000010100"], ["1999-12-31T23:00:00Z", "2000-01-01T00:00:00Z"]),
        ("timestamp", ["202001010530", "202001010545"], ["2020-01-01T05:30:00Z", "2020-01-01T05:45:00Z"]),
        ("timestamp", ["20200101053000", "20200101053015"], ["2020-01-01T05:30:00Z", "2020-01-01T05:30:15Z"]),
        ("time", ["1704088800", "1704092400"], ["2024-01-01T06:00:00Z", "2024-01-01T07:00:00Z"]),
        ("unix", ["946684800", "946771200"], ["2000-01-01", "2000-01-02"]),
        ("unix", ["978307200", "1009843200"], ["2001-01-01", "2002-01-01"]),
        ("epoch", ["946684800000", "978307200000"], ["2000-01-01", "2001-01-01"]),
        ("epoch", ["631152000000", "1009843200000"], ["1990-01-01", "2002-01-01"]),
        ("ts", ["1704088800000000", "1704092400000000"], ["2024-01-01T06:00:00Z", "2024-01-01T07:00:00Z"]),
        ("timestamp", ["1704088800.0", "1704092400.0"], ["2024-01-01T06:00:00Z", "2024-01-01T07:00:00Z"]),
        ("year", ["2019.0", "2020.0"], ["2019-01-01", "2020-01-01"]),
        ("index", ["1577836800000", "1580515200000"], ["2020-01-01", "2020-02-01"]),
        ("YYYYMM", ["202012", "202101"], ["2020-12-01", "2021-01-01"]),
        ("data", ["20200105", "20200106"], ["2020-01-05", "2020-01-06"]),
        ("TIME", ["2019", "2020", "2021"], ["2019-01-01", "2020-01-01", "2021-01-01"]),
        ("TIME_PERIOD", ["2019", "2021"], ["2019-01-01", "2021-01-01"]),
        ("År", ["2019", "2020"], ["2019-01-01", "2020-01-01"]),
        ("měsíc", ["201912", "202001"], ["2019-12-01", "2020-01-01"]),
    ],
)
def test_digits_are_read_by_their_form_and_name(name, cells, right):
    """A stamp of the calendar goes before a count of seconds, which would lie after 2029; counts before 2001 are whole minutes."""
    assert dates(under_dates(cells, name)) == right


@pytest.mark.parametrize(
    "points",
    [
        [[-157766400000, 1], [0, 2], [157766400000, 3], [315532800000, 4], [473385600000, 5]],
        {"-157766400000": 1, "0": 2, "157766400000": 3, "315532800000": 4, "473385600000": 5},
    ],
)
def test_counts_go_back_before_1970(points):
    """A count may be negative or zero where most are as long as counts are."""
    assert dates(json.dumps(points)) == ["1965-01-01", "1970-01-01", "1975-01-01", "1980-01-01", "1985-01-01"]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("time", ["1000", "2000"]),
        ("time", ["1", "2"]),
        ("TIME", ["1990", "2000"]),
        ("timestamp", ["946684801", "946684802"]),
        ("time", ["-86400000", "0", "86400000", "172800000"]),
        ("counter", ["1704088800", "1704092400"]),
        ("", ["1001", "1002"]),
        ("", ["100101", "100102"]),
        ("customer", ["20200105", "20200106"]),
        ("week", ["202001", "202002"]),
        ("date", ["31012020", "29022020"]),
        ("date", ["310120", "290220"]),
        ("time", ["2020010123", "2020010125"]),
    ],
)
def test_digits_in_doubt_are_refused(name, cells):
    """Digits whose form or name does not say that they are dates are not taken for dates."""
    with pytest.raises(AnswerNotUnderstood, match="date"):
        read(under_dates(cells, name))


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("from_date;to_date", ["20200101", "20200201"], ["20200131", "20200229"]),
        ("open_time;close_time", ["1704088800000", "1704092400000"], ["1704092399000", "1704095999000"]),
        ("month;base month", ["202001", "202002"], ["201901", "201902"]),
        ("date;settlement date", ["2020-01-01", "2020-01-02"], ["2020-01-03", "2020-01-04"]),
        ("updated;date", ["2023-12-15"], ["2020-01-03"]),
        ("date;year", ["2020-03-31"], ["2020"]),
    ],
)
def test_two_columns_of_dates_are_a_doubt(header, first, second):
    """Which of two columns of dates is meant, an option says."""
    body = "\n".join([f"{header};v", *(f"{a};{b};{v}" for v, (a, b) in enumerate(zip(first, second, strict=True), 1))])
    names = header.split(";")

    with pytest.raises(
        AnswerNotUnderstood, match=f"the columns '{names[0]}' and '{names[1]}' all hold dates.*options date_column, columns"
    ):
        read(body)
    assert read(body, date_column=names[1], columns=["v"]).observations.columns == ("v",)


@pytest.mark.parametrize(
    ("body", "right", "left_out"),
    [
        ("LAST UPDATE,TIME_PERIOD,v\n15/12/23 11:00:00,2019,1\n15/12/23 11:00:00,2020,2\n", ["2019-01-01", "2020-01-01"], ("LAST UPDATE",)),
        ("as of,year,v\n2021-05-01,2019,1\n2021-05-01,2020,2\n", ["2019-01-01", "2020-01-01"], ("as of",)),
        ("as of,date,v\n2021-05-01,2019-01-05,1\n2021-05-01,2020-02-05,2\n", ["2019-01-05", "2020-02-05"], ("as of",)),
        ("date,label,v\n2019-01,Jan 2019,1\n2019-02,Feb 2019,2\n", ["2019-01-01", "2019-02-01"], ("label",)),
        ("mmm-yy,Time,v\nJan-20,Jan-20,1\nFeb-20,Feb-20,2\n", ["2020-01-01", "2020-02-01"], ("Time",)),
        ("date,v\n2021-05-01,1\n", ["2021-05-01"], ()),
        ("v,date\n1,2021-05-01\n", ["2021-05-01"], ()),
        ("date,2019,2020\n2021-05-01,1,2\n2021-05-02,1,2\n", ["2021-05-01", "2021-05-02"], ()),
        ("country,updated,2019,2020\na,2021-05-01,1,2\nb,2021-05-01,3,4\n", ["2019-01-01", "2020-01-01"], ("updated",)),
        ("Date,v\n2021-05-01,1\n2021-05-01,1\n", ["2021-05-01"], ()),
    ],
)
def test_dates_that_are_the_same_on_every_row_are_no_axis(body, right, left_out):
    """A column of one date is left out where others differ, and of two with the same dates the first is read."""
    series = read(body)

    assert (series.observations.texts(), series.left_out) == (right, left_out)
