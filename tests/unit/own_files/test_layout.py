"""Where names, dates and numbers stand: titles, footnotes, headers, tables across, long tables."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood, DatasetNotFound
from tests.unit.own_files.reading import read, rows

DATA = "2020-01,1.5,2\n2020-02,2.5,3\n"
RIGHT = [["2020-01-01", 1.5, 2], ["2020-02-01", 2.5, 3]]


@pytest.mark.parametrize(
    "body",
    [
        "Month,a,b\n" + DATA,
        "A title\n\nMonth,a,b\n" + DATA,
        "A title\nanother line\nMonth,a,b\n" + DATA + "\nSource: us\n",
        "Month,a,b\n,EUR bn,2015=100\n" + DATA,
        "Month,a,b\nunit,EUR,index\nnote,x,\n" + DATA,
        "# a remark\nMonth,a,b\n# another\n" + DATA,
        "Month,a,b\n2020-01,1.5,2\n# in between\n2020-02,2.5,3\n",
        "Month,a,b\n2020-02,2.5,3\n\nMonth,a,b\n2020-01,1.5,2\n",
        "Month,a,b,\n" + DATA,
        "Month,a,b\n2020-01,1.5,2,\n2020-02,2.5,3,\n",
        "Month,a,b\n" + DATA + "2020-01,1.5,2\n",
        "Month,a,b\n" + DATA + ",,\n,,\n",
        "Month,a,b\n" + DATA + '"Source: us, them"\n',
        "Month,a,b\n2020-01,1.5,2\nsee below\n2020-02,2.5,3\n",
        "a,Month,b\n1.5,2020-01,2\n2.5,2020-02,3\n",
        "a,b,Month\n1.5,2,2020-01\n2.5,3,2020-02\n",
        ",a,b\n" + DATA,
        ",Month,a,b\n0,2020-01,1.5,2\n1,2020-02,2.5,3\n",
        " Month , a , b \n 2020-01 , 1.5 , 2 \n 2020-02 , 2.5 , 3 \n",
        '"Month","a","b"\n"2020-01","1.5","2"\n"2020-02","2.5","3"\n',
        "sep=;\nMonth;a;b\n2020-01;1,5;2\n2020-02;2,5;3\n",
        "\ufeffMonth\ta\tb\r\n2020-01\t1.5\t2\r\n2020-02\t2.5\t3\r\n",
        "Month|a|b\r2020-01|1.5|2\r2020-02|2.5|3",
        "2020-12-31\nMonth,a,b\n" + DATA,
        "Release date,5 May 2021\nMonth,a,b\n" + DATA,
        "code,2020-01,2020-02\na,1.5,2.5\nb,2,3\n",
        "A title\nname,2020-01,2020-02,\na,1.5,2.5,\nb,2,3,\nSource: us\n",
        "freq,geo\\TIME_PERIOD\t2020-01 \t2020-02 \na\t1.5 p\t2.5 b\nb\t2 \t3 e\n",
        "group,name,2020-02,2020-01\nx,a,2.5,1.5\nx,b,3,2\n",
    ],
)
def test_a_table_is_found(body):
    """Lines around the table, blanks, remarks and repeated names are passed over, wherever the dates stand."""
    series = read(body)

    assert rows(series) == RIGHT
    assert series.observations.columns == ("a", "b")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("2020-01,1.5\n2020-02,2\n", "row 1 has no line of column names above it; option header_rows (0)"),
        ("2020-13,5,6\n2020-02,2,3\n2020-03,1,1\n", "row 1 has no line of column names above it"),
        ("Month,a\n2020-13,5\n2020-02,2\n2020-03,1\n", "row 2, column 'Month', cell '2020-13': not a date, though '5' stands under 'a'"),
        ("Month,a\n2020-01,5\n,6\n2020-03,1\n", "row 3, column 'Month', cell '': not a date, though '6' stands under 'a'"),
        ("Month,a\n2020-01,5\n2020-02,6\nTotal,11\n", "row 4, column 'Month', cell 'Total': not a date, though '11' stands under 'a'"),
        ("Month,a\n2020-01,1,5\n2020-02,2,5\n", "row 2 has 3 cells where the header has 2: '5' has no name; option delimiter"),
        ("Month,a,\n2020-01,1,5\n2020-02,2,5\n", "row 2 has 3 cells where the header has 2: '5' has no name"),
        ("Month,a,b\n2020-01,1,5\n2020-02,2\n", "row 3 has 2 cells where the header has 3"),
        ("Month,a,a\n2020-01,1,5\n", "row 1: columns 2 and 3 are each called 'a'; option columns"),
        (
            ",A,A\nmonth,x,y\n2020-01,1,5\n",
            "columns 2 and 3 are each called 'A'; the names may stand in row 2 too, which holds 'x' and 'y'",
        ),
        (
            "Month,a\n2020-01,5\nQuarter,b\n2020-02,6\n",
            "row 3, column 'a', cell 'b': words between the rows; another table may begin there",
        ),
        ("Month,a\n2020-01,5\n2020-02,6\n2020-01,7\n", "date 2020-01 repeats on rows 2 and 4 with different values (5 and 7), column 'a'"),
        ("Month,a\n2020-01,5\n2020-01,\n", "date 2020-01 repeats on rows 2 and 3 with different values (5 and none), column 'a'"),
        ("Month,k,a\n2020-01,x,5\n2020-01,y,6\n", "column 'k' may tell the series apart; options layout, key_columns, value_column"),
        ("Month,Until,a\n2020-01,2020-03,5\n2020-02,2020-04,6\n", "the columns 'Month' and 'Until' all hold dates"),
        ("Month,a,,Quarter,b\n2020-01,5,,2020-Q1,1\n2020-02,6,,,\n", "the columns 'Month' and 'Quarter' all hold dates"),
        ('Month,a\n2020-01,"5\n2020-02,6\n', "it is not CSV at row 2"),
        ("Month,a\n", "has no rows"),
        ("", "has no rows"),
        ("Words,more\nof,them\n", "no column holds dates that can be read; options date_format, date_column, delimiter"),
        ("Month,a\n2020-01,x\n2020-02,y\n", "no column beside the dates holds numbers"),
        ("name,2020-01,2020-02\na,1,2\na,3,4\n", "row 2: no column of words differs in every row; there are 'name'; option key_columns"),
        ("name,2020-01,2020-01\na,1,2\n", "date 2020-01 stands in columns 2 and 3 with different values (1 and 2), row 2"),
        ("name,2020-01,2020-02\na,1\n", "row 2 has 2 cells where row 1 has 3"),
        ("name,2020-01,2020-02\na,1,secret\n", "row 2, column '2020-02', cell 'secret': not a number"),
    ],
)
def test_a_doubt_names_its_row_and_the_option(body, words):
    """What may be read in two ways, or not at all, is refused with its row and the option that decides."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body)

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("body", "options", "columns"),
    [
        ("2020-01,1.5\n2020-02,2\n", {"header_rows": 0}, ("column 2",)),
        (",A,A\nmonth,x,y\n2020-01,1,5\n", {"header_rows": 2}, ("A / x", "A / y")),
        (",A,,B,\nmonth,x,y,x,y\n2020-01,1,5,6,7\n", {"header_rows": 2}, ("A / x", "A / y", "B / x", "B / y")),
        ("old,names\nMonth,a\n2020-01,1\n", {"skip_rows": 1}, ("a",)),
        ("p,q\nMonth,a\n100,200\n2020-01,1\n", {"skip_rows": 1, "unit_row": True}, ("a",)),
        ("Month,a\n2019=100,100\n2020-01,1\n", {"unit_row": True}, ("a",)),
        ("Month,a,b\n2020-01,1,x\n2020-02,1,5\n", {"columns": ["a"]}, ("a",)),
        ("Month,a,b\n2020-01,1,5\n", {"columns": "b"}, ("b",)),
        ("Month,Until,a\n2020-01,2020-03,5\n2020-02,2020-04,6\n", {"date_column": "Until"}, ("a",)),
        ("id,2020,2021\n2001,1,2\n2002,3,4\n", {"dates_in": "rows", "date_column": "id"}, ("2020", "2021")),
        ("Year,2020,2021\nx,1,2\ny,3,4\n", {"dates_in": "columns"}, ("x", "y")),
        ("Month,k,a\n2020-01,x,5\n2020-01,y,6\n", {"layout": "long", "key_columns": ["k"], "value_column": "a"}, ("x", "y")),
        ("Month,k,a\n2020-01,x,5\n2020-01,y,6\n", {"layout": "long"}, ("x", "y")),
        ("Month,k,a\n2020-01,x,5\n2020-01,y,6\n", {"layout": "long", "key": "y"}, ("y",)),
        ("M,k,l,a\n2020-01,x,p,5\n2020-01,x,q,6\n", {"layout": "long", "key_columns": ["k", "l"]}, ("x / p", "x / q")),
        ("M,k,l,a\n2020-01,x,p,5\n2020-01,x,q,6\n", {"layout": "long", "key_columns": ["k", "l"], "key": ["x", "q"]}, ("x / q",)),
        ("Month a\n2020-01   1\n2020-02  2\n", {"delimiter": " "}, ("a",)),
        ("Month~a\n2020-01~1\n", {"delimiter": "~"}, ("a",)),
        ("k,l,2020-01,2020-02\nx,p,1,2\nx,q,3,4\nz,q,5,6\n", {"key_columns": ["k", "l"]}, ("x / p", "x / q", "z / q")),
    ],
)
def test_options_decide(body, options, columns):
    """Options say where names, dates and keys stand."""
    assert read(body, **options).observations.columns == columns


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["Close"]}, "there is no column 'Close'; did you mean 'close'?"),
        ({"date_column": "Mnth"}, "there is no column 'Mnth'; did you mean 'Month'?"),
        ({"layout": "long", "key_columns": ["x"]}, "there is no column 'x'"),
        ({"layout": "long"}, "no column of words names the series of a row; option key_columns"),
        ({"dates_in": "columns"}, "no row holds two dates; options dates_in, date_format"),
        ({"date_format": "%d/%m/%Y"}, "no column holds dates of the form '%d/%m/%Y'"),
    ],
)
def test_options_that_fit_nothing_are_refused(options, words):
    """An option that names what the file does not have is an error, with the nearest name."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read("Month,close\n2020-01,1\n2020-02,2\n", **options)

    assert words in raised.value.message


def test_a_key_that_is_not_there_is_not_found():
    """A key that no row has names those that are near."""
    with pytest.raises(DatasetNotFound, match="holds no series 'Nort'") as raised:
        read("Month,k,a\n2020-01,North,5\n2020-01,South,6\n", layout="long", key="Nort")

    assert raised.value.hint == "There are North and South."


def test_what_is_left_out_is_named():
    """Words, counters without a name, dates that are the same on every row; but no parts of dates and no blank columns."""
    body = ",shop,date,as of,open,v,\n0,a,2020-01-01,2021-05-01,TRUE,1,\n1,b,2020-01-02,2021-05-01,FALSE,2,\n"

    assert set(read(body).left_out) == {"column 1", "shop", "as of", "open"}


def test_a_title_is_the_series_name():
    """The line that stands alone above the names is the title."""
    assert read("Consumer prices\nChange on a year\n\nMonth,a\n2020-01,1\n").title == "Consumer prices"
    assert read("Stand: 1.5.2021\nMonth,a\n2020-01,1\n").title == ""


def test_a_date_without_values_stays():
    """A row with nothing but a date is a date without values."""
    assert rows(read("Month,a\n2020-01,1\n2020-02,\n")) == [["2020-01-01", 1], ["2020-02-01", None]]


def test_the_key_of_a_row_is_not_left_out():
    """Of two columns of words beside dates across the top, the one that names the series is read, and the other is left out."""
    series = read("kind,region,2020,2021\nx,North,1,2\nx,South,3,4\n", layout="long", key="South")

    assert (series.observations.columns, series.left_out) == (("South",), ("kind",))


def test_the_parts_of_a_rows_key_stand_in_the_order_of_the_key_columns():
    """As in a table with a row for each series and date."""
    body = "item,region,2020,2021\na,North,1,2\nb,North,3,4\n"

    assert read(body, key_columns=["region", "item"], key=["North", "b"]).observations.columns == ("North / b",)
