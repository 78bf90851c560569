"""Dates in the words of several languages, and in the forms of statistical programs and offices."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import dates, read, under_dates


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["05JAN2020", "28FEB2021"], ["2020-01-05", "2021-02-28"]),
        (["31JAN98", "28FEB98"], ["1998-01-31", "1998-02-28"]),
        (["JAN2020", "FEB2020"], ["2020-01-01", "2020-02-01"]),
        (["JAN98", "MAR98"], ["1998-01-01", "1998-03-01"]),
        (["01jan2020", "02feb2020"], ["2020-01-01", "2020-02-02"]),
        (["01JAN2018:05:00:00", "01JAN2018:06:00:00"], ["2018-01-01T05:00:00Z", "2018-01-01T06:00:00Z"]),
        (["01jan2020 05:00:00", "01jan2020 06:00:00"], ["2020-01-01T05:00:00Z", "2020-01-01T06:00:00Z"]),
        (["1999m11", "2000m1"], ["1999-11-01", "2000-01-01"]),
        (["1999q4", "2000q1"], ["1999-10-01", "2000-01-01"]),
        (["2020:01", "2020:10"], ["2020-01-01", "2020-10-01"]),
        (["02-JAN-20", "03-JAN-20"], ["2020-01-02", "2020-01-03"]),
        (["98-Jan-05", "99-Jan-05"], ["1998-01-05", "1999-01-05"]),
        (["1er février 2020", "2 février 2020"], ["2020-02-01", "2020-02-02"]),
        (["31 de enero de 2020", "29 de febrero de 2020"], ["2020-01-31", "2020-02-29"]),
        (["lunes, 13 de enero de 2020", "martes, 14 de enero de 2020"], ["2020-01-13", "2020-01-14"]),
        (["mar. 3 mars 2020", "mer. 4 mars 2020"], ["2020-03-03", "2020-03-04"]),
        (["Montag, 6. Januar 2020", "Mo 13.01.2020"], ["2020-01-06", "2020-01-13"]),
        (["dezembro 2019", "fevereiro de 2020"], ["2019-12-01", "2020-02-01"]),
        (["gen 2020", "ott 2020"], ["2020-01-01", "2020-10-01"]),
        (["2020 januari", "2020 mei"], ["2020-01-01", "2020-05-01"]),
        (["maj 2020", "okt 2020"], ["2020-05-01", "2020-10-01"]),
        (["12 stycznia 2020", "1 października 2020"], ["2020-01-12", "2020-10-01"]),
        (["leden 2024", "únor 2024"], ["2024-01-01", "2024-02-01"]),
        (["2. ledna 2024", "1. května 2024"], ["2024-01-02", "2024-05-01"]),
        (["5 января 2024", "6 января 2024"], ["2024-01-05", "2024-01-06"]),
        (["2024. január 5.", "2024. január 6."], ["2024-01-05", "2024-01-06"]),
        (["Dez. 20", "Jan. 21", "Mrz. 21"], ["2020-12-01", "2021-01-01", "2021-03-01"]),
        (["Jan 21", "Mrz 21"], ["2021-01-01", "2021-03-01"]),
        (["jan/20", "abr/20"], ["2020-01-01", "2020-04-01"]),
        (["January 2nd, 2020", "2nd of February 2020"], ["2020-01-02", "2020-02-02"]),
        (["2020K1", "2020K4"], ["2020-01-01", "2020-10-01"]),
        (["2022T1", "2022T4"], ["2022-01-01", "2022-10-01"]),
        (["1. Quartal 2020", "2. Quartal 2020"], ["2020-01-01", "2020-04-01"]),
        (["2020 1e kwartaal", "2020 4e kwartaal"], ["2020-01-01", "2020-10-01"]),
        (["1er trimestre 2020", "III trimestre 2020"], ["2020-01-01", "2020-07-01"]),
        (["1st quarter 2020", "Quarter 2 2020"], ["2020-01-01", "2020-04-01"]),
        (["2020年1月", "2020年12月"], ["2020-01-01", "2020-12-01"]),
        (["2020年1月6日", "2020年1月7日"], ["2020-01-06", "2020-01-07"]),
        (["2020년 1월", "2020년 2월"], ["2020-01-01", "2020-02-01"]),
        (["2020MM01", "2020MM12"], ["2020-01-01", "2020-12-01"]),
        (["2020JJ00", "2021JJ00"], ["2020-01-01", "2021-01-01"]),
        (["19Q4", "20Q1"], ["2019-10-01", "2020-01-01"]),
        (["2020-1Q", "2020-2Q"], ["2020-01-01", "2020-04-01"]),
        (["2020 01 31", "2020 02 29"], ["2020-01-31", "2020-02-29"]),
        (["KW 52/2020", "KW 01/2021"], ["2020-12-21", "2021-01-04"]),
        (["2020-KW05", "Week 6, 2020"], ["2020-01-27", "2020-02-03"]),
        (["2020-01-31 23:00", "2020-01-31 24:00"], ["2020-01-31T23:00:00Z", "2020-02-01T00:00:00Z"]),
        (["31.01.2020 23:00", "31.01.2020 24:00"], ["2020-01-31T23:00:00Z", "2020-02-01T00:00:00Z"]),
    ],
)
def test_words_of_dates_are_read(cells, right):
    """Months, weekdays, quarters and weeks may be named in any usual language, and as SAS, Stata and EViews write them."""
    assert dates(under_dates(cells)) == right


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("Date", ["Jan 05", "Jan 06"], "row 2, column 'Date', cell 'Jan 05': a month of a year, or a day of a month"),
        ("Date", ["Jan 05", "Jan 04"], "a month of a year, or a day of a month"),
        ("Date", ["JAN05", "JAN06"], "a month of a year, or a day of a month"),
        ("obs", ["2020:01", "2020:02"], "cell '2020:01': a month or a quarter"),
        ("obs", ["2019:04", "2020:01"], "a month or a quarter"),
        ("Period", ["2022T1", "2022T2"], "cell '2022T1': a quarter, or a third of a year"),
        ("Period", ["T1 2022", "T3 2022"], "a quarter, or a third of a year"),
        ("Perioden", ["2020KW01", "2020KW04"], "cell '2020KW01': a week (Kalenderwoche) or a quarter (kwartaal)"),
        ("Date", ["2020 H1", "2020 H2"], "no column holds dates that can be read"),
        ("Date", ["2020:1", "2020:2"], "no column holds dates that can be read"),
        ("Date", ["13 Smarch 2020", "14 Smarch 2020"], "no column holds dates that can be read"),
        ("Date", ["2020-01-31 24:01", "2020-01-31 25:00"], "no column holds dates that can be read"),
    ],
)
def test_words_that_leave_a_doubt_are_refused(name, cells, words):
    """Months that may be days or quarters, thirds of a year, and what is no date at all, are not read."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(under_dates(cells, name))

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("name", "cells"), [("Trimestre", ["2022T1", "2022T2"]), ("TRIM", ["1T2022", "2T2022"]), ("Periodo", ["2022T3", "2022T4"])]
)
def test_a_third_of_a_year_is_a_quarter_by_name_or_by_a_fourth(name, cells):
    """A column called trimestre, or one that goes to T4, holds quarters."""
    assert read(under_dates(cells, name)).frequency == "quarterly"
