"""Columns of dates in every form, and those that leave a doubt."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood, UnsupportedFrequency
from tests.unit.own_files.reading import dates, read, under_dates


@pytest.mark.parametrize(
    ("cells", "right", "frequency"),
    [
        (["2020-01-31", "2020-02-29", "2020-03-31"], ["2020-01-31", "2020-02-29", "2020-03-31"], "monthly"),
        (["2020/1/5", "2020/1/6", "2020/1/7"], ["2020-01-05", "2020-01-06", "2020-01-07"], "daily"),
        (["2020.01.05", "2020.01.06", "2020.01.07"], ["2020-01-05", "2020-01-06", "2020-01-07"], "daily"),
        (["20200105", "20200112", "20200119"], ["2020-01-05", "2020-01-12", "2020-01-19"], "weekly"),
        (["2020-01", "2020-03"], ["2020-01-01", "2020-03-01"], "monthly"),
        (["2020M01", "2020M12"], ["2020-01-01", "2020-12-01"], "monthly"),
        (["202001", "202002"], ["2020-01-01", "2020-02-01"], "monthly"),
        (["01/2020", "12/2020"], ["2020-01-01", "2020-12-01"], "monthly"),
        (["Jan 2020", "Dec 2020"], ["2020-01-01", "2020-12-01"], "monthly"),
        (["Jan-20", "Dec-69"], ["1969-12-01", "2020-01-01"], "monthly"),
        (["2020Mar", "2020Apr"], ["2020-03-01", "2020-04-01"], "monthly"),
        (["2022 JAN", "2022 SEPT"], ["2022-01-01", "2022-09-01"], "monthly"),
        (["März 2020", "Mai 2020"], ["2020-03-01", "2020-05-01"], "monthly"),
        (["2019-Q1", "2019Q4"], ["2019-01-01", "2019-10-01"], "quarterly"),
        (["Q1 2020", "q2-2020"], ["2020-01-01", "2020-04-01"], "quarterly"),
        (["2020 Q3", "4Q2020"], ["2020-07-01", "2020-10-01"], "quarterly"),
        (["2020-W05", "2020W53"], ["2020-01-27", "2020-12-28"], "weekly"),
        (["2021-01-29", "2021-02-26", "2021-03-31"], ["2021-01-29", "2021-02-26", "2021-03-31"], "monthly"),
        (["2022-09-24", "2023-09-30", "2024-09-28"], ["2022-09-24", "2023-09-30", "2024-09-28"], "annual"),
        (["2021-01-04", "2021-02-01", "2021-03-01"], ["2021-01-04", "2021-02-01", "2021-03-01"], "monthly"),
        (["2021-01-01", "2021-01-29", "2021-02-26", "2021-03-26"], ["2021-01-01", "2021-01-29", "2021-02-26", "2021-03-26"], ""),
        (["2020-W05-3", "2020-W05-4", "2020-W05-5"], ["2020-01-29", "2020-01-30", "2020-01-31"], "daily"),
        (["1894", "1896"], ["1894-01-01", "1896-01-01"], "annual"),
        (["January 31, 2020", "February 29, 2020", "April 30, 2020"], ["2020-01-31", "2020-02-29", "2020-04-30"], "monthly"),
        (["Jan 02, 2024", "Jan 03, 2024", "Jan 04, 2024"], ["2024-01-02", "2024-01-03", "2024-01-04"], "daily"),
        (["31 Mar 2014", "31 March 2015", "31 Mar 2016"], ["2014-03-31", "2015-03-31", "2016-03-31"], "annual"),
        (["31-Jan-1999", "28-Feb-1999", "31-Mar-1999"], ["1999-01-31", "1999-02-28", "1999-03-31"], "monthly"),
        (["31-Jan-99", "28-Feb-99", "31-Mar-99"], ["1999-01-31", "1999-02-28", "1999-03-31"], "monthly"),
        (["Fri, 31 Jan 2020", "Mon, 3 Feb 2020"], ["2020-01-31", "2020-02-03"], ""),
        (["15/02/2021", "01/03/2021"], ["2021-02-15", "2021-03-01"], ""),
        (["02/15/2021", "03/01/2021"], ["2021-02-15", "2021-03-01"], ""),
        (["31.01.2021", "01.02.2021", "02.02.2021"], ["2021-01-31", "2021-02-01", "2021-02-02"], "daily"),
        (["30/09/98", "31/10/98", "30/11/98"], ["1998-09-30", "1998-10-31", "1998-11-30"], "monthly"),
        (["12/31/99", "01/31/00", "02/29/00"], ["1999-12-31", "2000-01-31", "2000-02-29"], "monthly"),
        (["98-09-30", "98-10-31", "98-11-30"], ["1998-09-30", "1998-10-31", "1998-11-30"], "monthly"),
        (["31/01/20", "29/02/20", "31/03/20", "30/04/20"], ["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"], "monthly"),
        (["05/05/2020", "06/06/2020", "07/07/2020"], ["2020-05-05", "2020-06-06", "2020-07-07"], "monthly"),
        (
            ["2024-03-01 00:00:00", "2024-03-01 01:00:00", "2024-03-01 02:00:00"],
            ["2024-03-01T00:00:00Z", "2024-03-01T01:00:00Z", "2024-03-01T02:00:00Z"],
            "hourly",
        ),
        (["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00"], ["2024-03-31T00:00:00Z", "2024-03-31T01:00:00Z"], ""),
        (["2024-03-01T00:00:00Z", "2024-03-02T00:00:00.000Z"], ["2024-03-01", "2024-03-02"], ""),
        (["20240301T000000Z", "20240301T010000Z"], ["2024-03-01T00:00:00Z", "2024-03-01T01:00:00Z"], ""),
        (["1/10/2024 4:00 PM", "1/15/2024 4:00 PM"], ["2024-01-10T16:00:00Z", "2024-01-15T16:00:00Z"], ""),
        (["31.01.2024 12:00", "31.01.2024 13:00"], ["2024-01-31T12:00:00Z", "2024-01-31T13:00:00Z"], ""),
        (["1704088800", "1704092400"], ["2024-01-01T06:00:00Z", "2024-01-01T07:00:00Z"], ""),
        (["1703721600000", "1703808000000"], ["2023-12-28", "2023-12-29"], ""),
    ],
)
def test_a_form_is_found_by_the_whole_column(cells, right, frequency):
    """A period stands on its first day, a date on itself, a moment in UTC; how often they come is seen by their gaps."""
    series = read(under_dates(cells))

    assert (series.observations.texts(), series.frequency) == (right, frequency)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["01/02/2021", "02/02/2021"], "row 2, column 'Date', cell '01/02/2021': day/month or month/day; option date_format"),
        (["05/05/2021", "01/02/2021"], "row 3, column 'Date', cell '01/02/2021': day/month or month/day; option date_format"),
        (["01.02.2021", "02.03.2021"], "row 2, column 'Date', cell '01.02.2021': day/month or month/day"),
        (["15/02/2021", "02/15/2021"], "row 3, column 'Date', cell '02/15/2021': not in the order of other cells, such as '15/02/2021'"),
        (["10/11/12", "11/11/12"], "row 2, column 'Date', cell '10/11/12': day/month or month/day or year/month/day; option date_format"),
        (["20/01/05", "20/01/06"], "cell '20/01/05': day/month or year/month/day"),
        (["1/2/2021 10:00", "1/3/2021 10:00"], "cell '1/2/2021 10:00': day/month or month/day"),
        (["43831", "43862"], "column 'Date', row 2, cell '43831': a number which may be an Excel day; option date_format (excel)"),
        (["2021", "2022 Q1", "2022 JAN"], "annual (row 2, '2021'), quarterly (row 3, '2022 Q1') and monthly (row 4, '2022 JAN') periods"),
        (["2001-02", "2002-03", "2003-04"], "row 2, column 'Date', cell '2001-02': a month, or a year that spans two; option date_format"),
        (["2020-02-30", "2020-03-01"], "row 2, column 'Date', cell '2020-02-30': not a date"),
        (["2020-01-01", "2020-13-01"], "row 3, column 'Date', cell '2020-13-01': not a date"),
        (["2020-01-01", "yesterday"], "row 3, column 'Date', cell 'yesterday': not a date"),
        (["2020-01-01", ""], "row 3, column 'Date', cell '': not a date, though '2' stands under 'v'"),
        (["2024-03-31T01:00+01:00", "2024-03-31T03:00"], "row 3, column 'Date', cell '2024-03-31T03:00': no offset from UTC"),
    ],
)
def test_a_doubt_names_its_cell_and_the_option(cells, words):
    """A date that may be two, or is none, is refused with its row and cell, and the option that decides."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(under_dates(cells))

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("cells", "options", "right"),
    [
        (["01/02/2021", "02/02/2021"], {"date_format": "%d/%m/%Y"}, ["2021-02-01", "2021-02-02"]),
        (["01/02/2021", "02/02/2021"], {"date_format": "%m/%d/%Y"}, ["2021-01-02", "2021-02-02"]),
        (["01/02/69", "01/02/68"], {"date_format": "%d/%m/%y"}, ["1969-02-01", "2068-02-01"]),
        (["2020-01", "2020-02"], {"date_format": "%Y-%m"}, ["2020-01-01", "2020-02-01"]),
        (["1894", "1895"], {"date_format": "%Y"}, ["1894-01-01", "1895-01-01"]),
        (["2020 05", "2020 53"], {"date_format": "%G %V"}, ["2020-01-27", "2020-12-28"]),
        (["2020-031", "2020-032"], {"date_format": "%Y-%j"}, ["2020-01-31", "2020-02-01"]),
        (["01022021 10h", "01022021 11h"], {"date_format": "%d%m%Y %Hh"}, ["2021-02-01T10:00:00Z", "2021-02-01T11:00:00Z"]),
        (
            ["1.2.2021 10:00 +0200", "1.2.2021 11:00 +0200"],
            {"date_format": "%d.%m.%Y %H:%M %z"},
            ["2021-02-01T08:00:00Z", "2021-02-01T09:00:00Z"],
        ),
        (["43831", "43862"], {"date_format": "excel"}, ["2020-01-01", "2020-02-01"]),
        (["2021-02-01", "2021-03-01"], {"date_format": "%Y-%d-%m"}, ["2021-01-02", "2021-01-03"]),
        (["2001-02", "2002-03"], {"date_format": "%Y-%m"}, ["2001-02-01", "2002-03-01"]),
        (["Jan-20", "Jan-21"], {"date_format": "%b-%y"}, ["2020-01-01", "2021-01-01"]),
        (["43831.5", "43831.75"], {"date_format": "excel"}, ["2020-01-01T12:00:00Z", "2020-01-01T18:00:00Z"]),
        (["2021", "2022 Q1", "2022 Q2", "2022 JAN"], {"frequency": "quarterly"}, ["2022-01-01", "2022-04-01"]),
        (["2021", "2022", "2022 JAN"], {"frequency": "annual"}, ["2021-01-01", "2022-01-01"]),
    ],
)
def test_options_decide(cells, options, right):
    """A format leaves no doubt of a date, and a frequency none of which periods are meant."""
    assert dates(under_dates(cells), **options) == right


@pytest.mark.parametrize("form", ["%d/%m", "no format", "%Y-%"])
def test_a_format_must_be_one(form):
    """A format without a year, or that strptime does not know, is refused."""
    with pytest.raises(AnswerNotUnderstood, match="option date_format"):
        read(under_dates(["01/02"]), date_format=form)


def test_moments_finer_than_a_second_are_refused():
    """Fractions of a second are not cut."""
    with pytest.raises(UnsupportedFrequency, match="finer than a second"):
        read(under_dates(["2024-01-01T10:30:00.5Z"]))


@pytest.mark.parametrize(
    ("header", "cells", "right"),
    [
        ("Year;Month;Day", "2020;2;29", "2020-02-29"),
        ("year;month", "2020;12", "2020-12-01"),
        ("Year;Mon", "2020;Feb", "2020-02-01"),
        ("YEAR;QUARTER", "2020;3", "2020-07-01"),
        ("Year;Qtr", "2020;Q3", "2020-07-01"),
        ("Year;Week", "2020;5", "2020-01-27"),
        ("<DATE>;<TIME>", "20240102;000000", "2024-01-02"),
        ("Date;Time", "2024-01-02;10:30", "2024-01-02T10:30:00Z"),
        ("Date;Time", "15/01/2024;4:00 PM", "2024-01-15T16:00:00Z"),
        ("Year;Month;Day;Hour", "2020;2;29;7", "2020-02-29T07:00:00Z"),
        ("Jahr;Monat;Tag", "2020;2;29", "2020-02-29"),
        ("Day;Month;Year", "29;2;2020", "2020-02-29"),
    ],
)
def test_parts_are_put_together(header, cells, right):
    """Parts of a date in several columns are one date, and neither values nor left out."""
    series = read(f"Station;{header};v\nHill;{cells};1.5\n")

    assert (series.observations.texts(), series.observations.columns, series.left_out) == ([right], ("v",), ("Station",))


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("id", ["1001", "1002"], "column 'id', row 2, cell '1001': a date, or a number of another kind; options date_column, date_format"),
        ("time", ["1000", "2000"], "cell '1000': a date, or a number of another kind"),
        ("week", ["202001", "202002"], "cell '202001': a date, or a number of another kind"),
        ("week", ["2020-01", "2020-02"], "row 2, column 'week', cell '2020-01': a month or a week; option date_format"),
        ("Quarter", ["2020-1", "2020-2"], "row 2, column 'Quarter', cell '2020-1': a month or a quarter; option date_format"),
        ("Date", ["Jan-01", "Jan-02", "Jan-03"], "row 2, column 'Date', cell 'Jan-01': a month of a year, or a day of a month"),
        ("Date", ["2020-Q1", "2020-Q2"], ""),
    ],
)
def test_a_name_is_held_against_its_cells(name, cells, words):
    """What a column is called may make a date doubtful that its cells alone would not."""
    if not words:
        assert read(under_dates(cells, name)).frequency == "quarterly"
        return
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(under_dates(cells, name))

    assert words in raised.value.message


def test_a_frequency_that_is_not_there_is_refused():
    """A frequency chooses among what the column holds."""
    with pytest.raises(AnswerNotUnderstood, match=r"monthly \(row 2, '2020-01'\) periods in column 'Date'; option frequency"):
        read(under_dates(["2020-01", "2020-02"]), frequency="weekly")
