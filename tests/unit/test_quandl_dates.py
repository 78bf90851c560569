"""Dates as scripts write them for Quandl's server."""

from __future__ import annotations

from datetime import date

import pytest

from entrypoints.rest.quandl.dates import parse_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2014-06-30", date(2014, 6, 30)),
        ("2014-6-3", date(2014, 6, 3)),
        ("2007-12-31 00:00:00", date(2007, 12, 31)),
        ("2018-03-05T23:59:59.999Z", date(2018, 3, 5)),
        ("20170102", date(2017, 1, 2)),
        ("20170102 0930", date(2017, 1, 2)),
        ("2017/01/02", date(2017, 1, 2)),
        ("2017.1.2", date(2017, 1, 2)),
        ("1/2/2017", date(2017, 1, 2)),
        ("01/31/2017", date(2017, 1, 31)),
        ("March 2005", date(2005, 3, 1)),
        ("Sept 2005", date(2005, 9, 1)),
        ("2005-03", date(2005, 3, 1)),
        ("  Jan  1,  2010 ", date(2010, 1, 1)),
        ("may 3rd 2010", date(2010, 5, 3)),
        ("31 December 2010", date(2010, 12, 31)),
        ("31-Dec-2010", date(2010, 12, 31)),
        ("Mon Jan 02 2017 00:00:00 GMT+0100 (CET)", date(2017, 1, 2)),
        ("Mon, 02 Jan 2017 00:00:00 GMT", date(2017, 1, 2)),
        ("1521504000000", date(2018, 3, 20)),
        ("201701020930", date(2017, 1, 2)),
        ("20170102093000", date(2017, 1, 2)),
        ("-864000000000", date(1942, 8, 16)),
    ],
)
def test_dates(text: str, day: date) -> None:
    """Month and day by their order, by name or by sign; a time of day is left out; thirteen digits count milliseconds."""
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "2000-00-00",
        "2001-02-29",
        "13/1/2017",
        "1-2-2017",
        "1/2/17",
        "2005",
        "March",
        "Foo 2005",
        "soon",
        "",
        "1521504000",
        "-86400000",
        "99999999999999",
        "2017-01/02",
    ],
)
def test_what_is_no_date(text: str) -> None:
    """What is none, or may be two, is not guessed."""
    assert parse_date(text) is None
