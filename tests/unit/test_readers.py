"""One reader of numbers and one of periods: what each dialect makes of the same text."""

from __future__ import annotations

import math

import pytest

from adapters.provider_kit.parsing import periods
from adapters.provider_kit.parsing.csv_tables import read_csv, read_loose_csv, rows_of
from adapters.provider_kit.parsing.numbers import CELLS, FILES, JSON, MARKED_TEXT, STATISTICS, TEXT
from adapters.provider_kit.parsing.periods import API, frequency_of, read_moment, read_periods
from adapters.provider_kit.statistics.eurofxref import _DIALECT as ECB
from adapters.providers.eia.answers import _DIALECT as EIA
from adapters.providers.fred.answers import _DIALECT as FRED
from adapters.providers.us_treasury.answers import _CSV as TREASURY
from domain.errors import AnswerNotUnderstood, AnswerTruncated, UnsupportedFrequency

DIALECTS = (CELLS, MARKED_TEXT, TEXT, STATISTICS, FILES, FRED, TREASURY, ECB)
MISS, INF = math.nan, math.inf

# What is no number is None, a missing value MISS.
NUMBERS = {
    #               CELLS MARKED TEXT  STATS FILES FRED  TREAS ECB
    "1": (1.0,) * 8,
    "-0.5e3": (-500.0,) * 8,
    ".5": (0.5,) * 8,
    "1.": (1.0, None, None, 1.0, 1.0, 1.0, None, None),
    " 1 ": (1.0, 1.0, 1.0, 1.0, 1.0, None, None, None),
    "1e400": (INF, None, None, None, None, INF, None, None),
    "inf": (None,) * 8,
    "1_0": (None,) * 8,
    "1,5": (None,) * 8,
    "0x1": (None,) * 8,
    "٣": (None, None, None, 3.0, 3.0, None, None, None),
    "x": (None,) * 8,
    "": (MISS,) * 8,
    " ": (MISS, MISS, MISS, MISS, MISS, None, None, None),
    ".": (MISS, MISS, None, MISS, MISS, MISS, MISS, None),
    "..": (MISS, MISS, None, MISS, None, None, None, None),
    "...": (None, None, None, MISS, None, None, None, None),
    "-": (MISS, MISS, None, MISS, None, None, None, MISS),
    "--": (MISS, MISS, None, None, None, None, None, None),
    ":": (None, None, None, MISS, None, None, None, None),
    "nan": (MISS, MISS, None, MISS, MISS, None, None, None),
    "-nan": (None, None, None, MISS, MISS, None, None, None),
    "NULL": (MISS, MISS, None, MISS, MISS, None, None, None),
    "NA": (MISS, MISS, None, MISS, MISS, None, MISS, None),
    "N/A": (MISS, MISS, None, MISS, MISS, None, MISS, MISS),
    "n/A": (MISS, MISS, None, MISS, MISS, None, None, None),
    "#N/A": (None, None, None, None, None, MISS, None, None),
    None: (MISS,) * 8,
    True: (None,) * 8,
    2: (2.0, 2.0, 2.0, 2.0, 2.0, None, 2.0, 2.0),
    2.5: (2.5, 2.5, 2.5, 2.5, 2.5, None, 2.5, 2.5),
    10**400: (None,) * 8,
    (): (None,) * 8,
}


def same(one, other):
    """Return whether two results are equal, NaN being itself."""
    return one == other or (one is not None and other is not None and math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize(("cell", "expected"), NUMBERS.items(), ids=lambda value: repr(value)[:10])
def test_a_cell_is_a_number_missing_or_neither(cell, expected):
    """Each dialect has its own spelling of numbers and its own marks; no boolean is a number."""
    read = [dialect.read(cell) for dialect in DIALECTS]

    assert all(map(same, read, expected)), read


def test_json_and_the_eia_have_a_dialect_of_their_own():
    """In JSON alone text is never a number and never missing; the EIA withholds values in many words."""
    assert [JSON.read(cell) for cell in ("1", "", "NA", 1, 1.5, False)] == [None, None, None, 1.0, 1.5, None]
    assert all(math.isnan(EIA.read(mark)) for mark in ("W", "NM", "(s)", "Not Available", "NA", "--", None))
    assert FILES.read(b"2") == 2.0


# Begin, unit and letter of the frequency with the forms of APIs, and with those of statistical offices.
YEAR, DAY = ("2024-01-01", "annual"), ("2024-01-31", None)
PERIODS = {
    "2024": (YEAR, YEAR),
    "2024-A1": (YEAR, YEAR),
    "2024A01": (None, YEAR),
    "2023/24": (None, ("2023-01-01", "annual")),
    "2023-2024": (None, ("2023-01-01", "annual")),
    "2024Q2": (("2024-04-01", "quarterly"),) * 2,
    "2024q2": (("2024-04-01", "quarterly"), None),
    "2024 Q2": (None, ("2024-04-01", "quarterly")),
    "Q2-2024": (None, ("2024-04-01", "quarterly")),
    "2024K2": (None, None),
    "2024Q5": (None, None),
    "2024-S2": (("2024-07-01", "semiannual"),) * 2,
    "2024-S3": (None, None),
    "2024H2": (None, None),
    "2024-B2": (None, None),
    "2024-D367": (None, None),
    "2024T2": (("2024-05-01", None),) * 2,
    "2024-02": (("2024-02-01", "monthly"),) * 2,
    "202402": (("2024-02-01", "monthly"),) * 2,
    "2024M02": (("2024-02-01", "monthly"),) * 2,
    "2024m2": (("2024-02-01", "monthly"), None),
    "2024-2": (("2024-02-01", "monthly"), None),
    "2024-13": (None, None),
    "February 2024": (None, ("2024-02-01", "monthly")),
    "2024Feb": (None, ("2024-02-01", "monthly")),
    "Sept 2024": (None, ("2024-09-01", "monthly")),
    "Marraskuu 2024": (None, None),
    "Mars 2024": (None, None),
    "2024-W05": (("2024-01-29", "weekly"),) * 2,
    "2024U05": (None, None),
    "2024 Week 5": (None, ("2024-01-29", "weekly")),
    "2021-W53": (None, None),
    "2024-D031": (None, ("2024-01-31", "daily")),
    "20240131": (DAY, ("2024-01-31", "daily")),
    "2024-01-31": (DAY, ("2024-01-31", "daily")),
    "2024M01D31": (None, ("2024-01-31", "daily")),
    "31 January  2024": (None, ("2024-01-31", "daily")),
    "2024-02-30": (None, None),
    "2024-01-31Z": (None, ("2024-01-31", "daily")),
    "2024-01+01:00": (None, ("2024-01-01", "monthly")),
    "2024-01-01/P1Y": (None, YEAR),
    "2024-01-31T00:00:00.0Z": (DAY, ("2024-01-31", "daily")),
    "2024-01-31T00:00": (("2024-01-31T00:00:00", None), ("2024-01-31", "daily")),
    "2024-01-31T00:00+01:00": (("2024-01-30T23:00:00", None), ("2024-01-31", "daily")),
    "20240131T11": (("2024-01-31T11:00:00", None), None),
    "2024-01-31T11:00-05:00": (("2024-01-31T16:00:00", None),) * 2,
    "0001-01-01T00:30+01:00": (None, None),
    "٢٠٢٤": (None, None),
    "1e400": (None, None),
    "-": (None, None),
    "": (None, None),
}


@pytest.mark.parametrize(("text", "expected"), PERIODS.items())
def test_a_period_begins_somewhere_or_is_none(text, expected):
    """The forms of APIs and of statistical offices differ, also in what they make of the same text."""
    for forms, answer in zip((API, periods.STATISTICS), expected, strict=True):
        if answer is None:
            with pytest.raises(AnswerNotUnderstood, match="where a period such as"):
                read_periods([text], forms)
        else:
            axis = read_periods([text], forms)
            assert ([str(date) for date in axis.dates], axis.frequency) == ([answer[0]], answer[1])


def test_an_axis_says_which_day_stands_for_a_period():
    """Periods of several lengths have no one frequency; one instant makes all of them moments in UTC."""
    mixed = read_periods(["2024", "2024-Q2"], periods.STATISTICS)
    moments = read_periods(["2024-01-31T00:00+01:00", "2024-01-31T10:00Z"], periods.STATISTICS)

    assert (mixed.frequency, mixed.convention) == (None, "first day of the quarter or first day of the year")
    assert [str(date) for date in moments.dates] == ["2024-01-30T23:00:00", "2024-01-31T10:00:00"]
    assert (moments.unit, moments.convention) == ("s", "moments in UTC")
    assert read_periods([]).frequency is None
    with pytest.raises(UnsupportedFrequency, match="finer than a second"):
        read_periods(["2024-01-31T10:00:00.5"], periods.STATISTICS)


def test_words_for_frequencies_and_moments_are_read():
    """Words for a frequency may say on which day; a moment that cannot be in UTC is none."""
    words = ("M", "P1M", "Monthly", "WEEKLY(MONDAY)", "B", "S", "M2", "P6M", "H", "T", "K")
    known = ["monthly", "monthly", "monthly", "weekly", "daily", "semiannual", "bimonthly", "semiannual", "hourly", None, None]
    assert [frequency_of(word) for word in words] == known
    assert str(read_moment("2024-01-31T10:00+01:00")) == "2024-01-31 09:00:00+00:00"
    assert read_moment("9999-12-31T23:30-01:00") is read_moment("x") is None


@pytest.mark.parametrize(
    ("text", "options", "names", "rows"),
    [
        ("Date,A\n2024-01-31,1\n", {}, ("Date", "A"), [["2024-01-31", "1"]]),
        ("Date;A\n2024-01-31 ; 1,5\n", {}, ("Date", "A"), [["2024-01-31", "1,5"]]),
        ("Date\tA\t\n2024-01-31\t1\t\n", {}, ("Date", "A"), [["2024-01-31", "1"]]),
        ("Date,A,B\n2024-01-31,1\n", {"padded": True}, ("Date", "A", "B"), [["2024-01-31", "1", ""]]),
        ("Date,A\n01/31/24,1\n", {"days": ("%m/%d/%Y", "%m/%d/%y")}, ("Date", "A"), [["2024-01-31", "1"]]),
        ('Date,A\n\n"x, y","1"\n', {}, ("Date", "A"), [["x, y", "1"]]),
    ],
)
def test_loose_csv_has_any_delimiter(text, options, names, rows):
    """Delimiters, blanks, wanting cells and an empty last column are the provider's own affair."""
    table = read_loose_csv(text, **options)

    assert (table.names, [*rows_of(table)], table.ended) == (names, rows, True)


@pytest.mark.parametrize(
    ("read", "text", "error"),
    [
        (read_loose_csv, "<html>", AnswerNotUnderstood),
        (read_loose_csv, '{"a": 1}', AnswerNotUnderstood),
        (read_loose_csv, "no data", AnswerNotUnderstood),
        (read_loose_csv, "2024-01-31,1\n", AnswerNotUnderstood),
        (read_loose_csv, "Date,Val", AnswerTruncated),
        (read_csv, 'Date,A\n2024-01-31,"1', AnswerTruncated),
        (read_csv, 'Date,A\n2024-01-31,"1"2\n', AnswerNotUnderstood),
        (read_csv, "Date,A\n2024-01-31\n2024-02-29,1\n", AnswerNotUnderstood),
        (read_csv, "Date,A\n2024-01-31,1\n2024-02", AnswerTruncated),
    ],
)
def test_what_is_no_csv_is_named(read, text, error):
    """Markup, text without names and an early end are told apart."""
    with pytest.raises(error):
        list(rows_of(read(text)))


def test_plain_csv_stays_as_it_is():
    """Where a header was recognised, commas part the cells, and only names lose their blanks."""
    table = read_csv("Date, A; B;\n2024-01-31, NA\n2024-02-29,2", MARKED_TEXT)

    assert (table.names, table.rows, table.ended) == (("Date", "A; B;"), [["2024-01-31", " NA"], ["2024-02-29", "2"]], False)
