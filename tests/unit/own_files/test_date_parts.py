"""Dates that stand in several columns or rows: parts, years named once, years over periods, years down and months across."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import read, rows


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("Series,Year,Period,v\nx,2023,M01,1\nx,2023,M12,2\n", [["2023-01-01", 1], ["2023-12-01", 2]]),
        ("Series,Year,Period,v\nx,2023,Q01,1\nx,2023,Q04,2\n", [["2023-01-01", 1], ["2023-10-01", 2]]),
        ("Year,Period,v\n2023,January,1\n2023,Feb,2\n", [["2023-01-01", 1], ["2023-02-01", 2]]),
        ("Year,Period,Label,v\n2023,M01,2023 Jan,1\n2023,M02,2023 Feb,2\n", [["2023-01-01", 1], ["2023-02-01", 2]]),
        ("Date,Year,Month,Day,v\n2020-01-05,2020,1,5,1\n2020-01-06,2020,1,6,2\n", [["2020-01-05", 1], ["2020-01-06", 2]]),
        ("Year,Month,Date,v\n2020,1,2020-01-31,1\n2020,2,2020-02-29,2\n", [["2020-01-31", 1], ["2020-02-29", 2]]),
        ("Year,Quarter,v\n2020,Q1,1\n,Q2,2\n2021,Q1,3\n", [["2020-01-01", 1], ["2020-04-01", 2], ["2021-01-01", 3]]),
        ("Year,Month,v\n2020,November,1\n,December,2\n2021,January,3\n", [["2020-11-01", 1], ["2020-12-01", 2], ["2021-01-01", 3]]),
        ("Jahr;Quartal;v\n2020;4. Quartal;1\n;3. Quartal;2\n", [["2020-07-01", 2], ["2020-10-01", 1]]),
        ("Year,Week,v\n2020,53,1\n2021,1,2\n", [["2020-12-28", 1], ["2021-01-04", 2]]),
        ("Tabelle\n;;Preise\n;;2020=100\n2022;Dezember;113,2\n2023;Januar;114,3\n", [["2022-12-01", 113.2], ["2023-01-01", 114.3]]),
        ("Tabelle\n;;Preise\n2022;4. Quartal;113,2\n2023;1. Quartal;114,3\n", [["2022-10-01", 113.2], ["2023-01-01", 114.3]]),
        ("År;Kvartal;v\n2020;1;1,5\n2020;2;2,5\n", [["2020-01-01", 1.5], ["2020-04-01", 2.5]]),
    ],
)
def test_parts_are_one_date(body, right):
    """Parts are put together, also where a year is named once or not at all; they are no columns."""
    series = read(body)

    assert rows(series) == right
    assert not {"Year", "Month", "Day", "Date", "Period", "Quarter"} & {*series.observations.columns, *series.left_out}


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        ("Year,P,Q\n2019,1,2\n2020,2,3\n", ("P", "Q")),
        ("Year,q,v\n2019,1,2\n2019,2,3\n", ("v",)),
        ("Year,kW,v\n2019,1,2\n2020,2,3\n", ("kW", "v")),
        ("Year,mm\n2019,11\n2020,12\n", ("mm",)),
        ("Year,mm,v\n2019,11,1\n2019,12,2\n", ("v",)),
        ("Date,Hour,Min,Max\n2020-01-05,3,12,20\n2020-01-05,4,13,21\n", ("Min", "Max")),
        ("Date,Time,km\n2020-01-05,45,12\n2020-01-06,50,13\n", ("Time", "km")),
        ("Date,Time,v\n2020-01-05,45,12\n2020-01-05,930,13\n", ("v",)),
        ("Date,Time,v\n2020-01-05,000000,12\n2020-01-06,000000,13\n", ("v",)),
        ("Date,HR,v\n2020-01-05,72,12\n2020-01-06,75,13\n", ("HR", "v")),
    ],
)
def test_quantities_are_no_parts(body, columns):
    """A name that may be a unit is a part of the date only where years repeat, and digits are clocks only where they are long enough."""
    assert read(body).observations.columns == columns


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Year,Quarter,v\n2020,Q3,1\n,Q4,2\n,Q1,3\n", "row 4, column 'Date'"),
        ("Year,Quarter,v\n2020,Q3,1\n,Q3,2\n", "row 3, column 'Date'"),
        ("Year,Quarter,v\n2020,Q2,1\n,Q3,2\n,Q2,2\n", "row 4, column 'Date'"),
        ("Year,Quarter,v\n,Q2,1\n,Q3,2\n", ""),
        ("Year,Period,v\n2023,M12,1\n2023,S01,2\n", "not a date"),
        ("Year,Period,v\n2023,M12,1\n2023,M13,2\n", "monthly (row 2, '2023-M12') and annual (row 3, '2023') periods"),
        ("Year,Period,v\n2023,1,1\n2023,2,2\n", "date 2023 repeats on rows 2 and 3"),
        ("Year,Month,Day,v\n2020,2,29,1\n,,30,2\n", "row 3, column 'Date'"),
        ("Date,Year,Month,v\n2020-10-01,2021,1,1\n2020-11-01,2021,2,2\n2020-12-01,2021,3,1\n", "columns"),
        ("Date,Hour,v\n2020-01-31,24,1\n2020-01-31,25,2\n", "not a date"),
    ],
)
def test_parts_in_doubt_are_refused(body, words):
    """A year that is not named beside periods that begin anew, periods of other kinds, and parts beside other dates are not guessed."""
    if words == "columns":  # a fiscal year's parts are numbers, since the date says other months
        assert read(body).observations.columns == ("Year", "Month", "v")
        return
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body)

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("c,2020,,2021,\n,Q3,Q4,Q1,Q2\na,1,2,3,4\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
        ("c,2020,2020,2021,2021\n,Q3,Q4,Q1,Q2\na,1,2,3,4\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
        ("Title\nc,2020,,,\n,Jan,Feb,Mar,Apr\na,1,2,3,4\n", ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]),
        (",2020,,,\nc,M01,M02,M11,M12\na,1,2,3,4\n", ["2020-01-01", "2020-02-01", "2020-11-01", "2020-12-01"]),
        ("c;2020;;2021;\n;janvier;février;mars;avril\na;1;2;3;4\n", ["2020-01-01", "2020-02-01", "2021-03-01", "2021-04-01"]),
        ("c,2021,,2020,\n,Q2,Q1,Q4,Q3\na,4,3,2,1\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
        ("c,Q3 2020,Q4 2020,Q1 2021,Q2 2021\na,1,2,3,4\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
        ("c,unit,2020,,2021,\n,,Q3,Q4,Q1,Q2\na,t,1,2,3,4\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
        ("c;2020;;2021;\n;Q3;Q4;Q1;Q2\na;1;2;3;4\nSource: us\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
        ("\n\nc|2020||2021|\n|Q3|Q4|Q1|Q2\na|1|2|3|4\n", ["2020-07-01", "2020-10-01", "2021-01-01", "2021-04-01"]),
    ],
)
def test_two_rows_of_dates_are_one(body, right):
    """Years above the periods that they hold make the dates across the top, however often a year is named."""
    assert [row[0] for row in rows(read(body))] == right
    assert read(body).observations.columns == ("a",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("c,2020,,2021,\n,Q1,Year,Q1,Year\na,1,2,3,4\n", "row 2: 'Year' stands behind the last date"),
        ("c,2020,,2021\n,men,women,men\na,1,2,3\n", "row 3, column 3, cell '2': a number under no date of row 1"),
        ("c,2020,,2021\na,1,5,2\n", "row 2, column 3, cell '5': a number under no date of row 1"),
        ("c,2020,2021e\na,1,2\n", "no column holds dates"),
        ("c,2019,2020,2021e\na,1,2,3\n", "row 2, column 4, cell '3': a number under '2021e', which is no date, of row 1"),
        ("c,2019,2020,2021*\na,1,2,3\n", "a number under '2021*', which is no date"),
        ("c,updated,2019,2020\na,2021-05-01,1,2\n", "dates may stand in row 1 or in column 2; option dates_in"),
        ("c,2020,2020\na,1,2\n", "date 2020 stands in columns 2 and 3 with different values"),
    ],
)
def test_numbers_under_no_date_are_refused(body, words):
    """Dates across the top that leave numbers without a date are not read."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body)

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("Year,Jan,Feb\n2019,1,2\n2020,3,4\n", [["2019-01-01", 1], ["2019-02-01", 2], ["2020-01-01", 3], ["2020-02-01", 4]]),
        ("Year,Jan,Feb\n2020,3,\n2019,1,2\n", [["2019-01-01", 1], ["2019-02-01", 2], ["2020-01-01", 3], ["2020-02-01", None]]),
        ("Title\n\nYear,JAN,FEB\n2019,1,2\n\nSource: us\n", [["2019-01-01", 1], ["2019-02-01", 2]]),
        ("Year,Q1,Q2,Note\n2019,1,2,x\n", [["2019-01-01", 1], ["2019-04-01", 2]]),
        ("Year,Qtr1,Qtr2,Qtr3,Qtr4\n2019,1,2,3,4\n", [["2019-01-01", 1], ["2019-04-01", 2], ["2019-07-01", 3], ["2019-10-01", 4]]),
        ("Jahr;Januar;Februar\n2019;1,5;2\n", [["2019-01-01", 1.5], ["2019-02-01", 2]]),
        ("Année;janv.;févr.\n2019;1,5;-\n", [["2019-01-01", 1.5], ["2019-02-01", None]]),
        ("year\tdecember\tnovember\n2019\t2\t1\n", [["2019-11-01", 1], ["2019-12-01", 2]]),
        ('[{"year": 2019, "Jan": 1, "Feb": 2}]', [["2019-01-01", 1], ["2019-02-01", 2]]),
        (" Year | Jan | Feb \n 2019 | (1.5) | 2 \n", [["2019-01-01", -1.5], ["2019-02-01", 2]]),
    ],
)
def test_years_down_and_months_across_are_one_series(body, right):
    """Each cell of such a table is a date's, in one column called value."""
    series = read(body)

    assert rows(series) == right
    assert series.observations.columns == ("value",)


def test_a_column_beside_the_months_is_a_doubt():
    """The year's own number is no month's; the option columns says which are read."""
    body = "Year,Jan,Feb,Annual\n2019,1,2,1.5\n"

    with pytest.raises(AnswerNotUnderstood, match=r"row 1: months or quarters .* beside them 'Annual'; option columns"):
        read(body)
    assert rows(read(body, columns=["Jan", "Feb"])) == [["2019-01-01", 1], ["2019-02-01", 2]]
    assert rows(read(body, columns=["Annual"])) == [["2019-01-01", 1.5]]
    with pytest.raises(AnswerNotUnderstood, match=r"row 2, column '2019-02', cell 'x': not a number"):
        read("Year,Jan,Feb\n2019,1,x\n")
