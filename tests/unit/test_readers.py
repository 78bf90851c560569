"""One reader of numbers and one of periods: what they make of cells, columns and tables."""

from __future__ import annotations

import math

import pytest

from adapters.provider_kit.parsing.columns import number_columns, numbers
from adapters.provider_kit.parsing.csv_tables import read_csv, read_loose_csv, rows_of
from adapters.provider_kit.parsing.number_cells import ANSWERS, MISSING, NumberDialect
from adapters.provider_kit.parsing.period_texts import API, STATISTICS
from adapters.provider_kit.parsing.periods import frequency_of, read_moment, read_periods
from adapters.provider_kit.parsing.tables import Table, read_columns
from domain.errors import AnswerNotUnderstood, AnswerTruncated, UnsupportedFrequency

MISS = math.nan
ALONE = {
    "1": 1.0,
    "-0.5e3": -500.0,
    "+2": 2.0,
    ".5": 0.5,
    "1.": 1.0,
    " 1 ": 1.0,
    "1e400": None,
    "inf": None,
    "-Infinity": None,
    "1_0": None,
    "1,5": None,
    "0x1": None,
    "٣": None,
    "x": None,
    "-nan": None,
    None: MISS,
    math.nan: MISS,
    math.inf: None,
    True: None,
    2: 2.0,
    2.5: 2.5,
    10**400: None,
    (): None,
    **dict.fromkeys(
        ("", " ", "NA", "N/A", "n/A", "#N/A", "n.a.", "ND", "NULL", "None", "nan", "-", "--", "–", ".", "..", "...", "…", ":"), MISS
    ),
}


def same(one, other):
    """Return whether two results are equal, NaN being itself."""
    return one == other or (one is not None and other is not None and math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize(("cell", "expected"), ALONE.items(), ids=lambda value: repr(value)[:10])
def test_a_cell_alone_is_a_number_missing_or_neither(cell, expected):
    """A cell that stands alone has a decimal point and no other mark; infinity and booleans are no numbers."""
    assert same(ANSWERS.read(cell), expected)


def found(*columns, **about):
    """What columns are read as: None for text, else values, unit and decimal mark; a missing value is None."""
    read = number_columns([(f"c{at}", cells) for at, cells in enumerate(columns)], **about)
    return [one and ([None if math.isnan(value) else value for value in one.values.tolist()], one.unit, one.decimal) for one in read]


@pytest.mark.parametrize(
    ("cells", "right", "decimal"),
    [
        (["998.5", "999", "1,000"], [998.5, 999, 1000], "."),
        (["1.234,56", "12"], [1234.56, 12], ","),
        (["1,234.56", "1,234"], [1234.56, 1234], "."),
        (["1 234,5", "1\u202f234\u00a0567"], [1234.5, 1234567], ","),
        (["1'234", "12"], [1234, 12], ""),
        (["1’234,50"], [1234.5], ","),
        (["1 234", "12"], [1234, 12], ""),
        (["1,25", "1,3"], [1.25, 1.3], ","),
        (["0,125", "1,250"], [0.125, 1.25], ","),
        (["1.234", "998"], [1.234, 998], "."),
        (["1.234", "1.25"], [1.234, 1.25], ""),
        (["1.234.567", "1.234"], [1234567, 1234], ","),
        (["1,234,567", "1,234"], [1234567, 1234], "."),
        (["1.2e3", "1E-3", "5e+2"], [1200, 0.001, 500], ""),
        (["(1.50)", "5-", "−3", "+2"], [-1.5, -5, -3, 2], ""),
        (["007", "1."], [7, 1], ""),
        ([12345678901234567, "12345678901234567890", 1.5], [12345678901234567.0, 12345678901234567890.0, 1.5], ""),
        ([1.5, None, 2], [1.5, None, 2], ""),
        ((1.5, -0.0, 1e308), [1.5, -0.0, 1e308], ""),
        ([998, 999, "1,000.5"], [998, 999, 1000.5], "."),
        (["#N/A", "#N/A", "#N/A", "5"], [None, None, None, 5], ""),
        (["-", "--", ".", "..", ":", "…", "ND", "n.a.", "N/A", "", "5"], [*[None] * 10, 5], ""),
        (["NA", "NA"], [None, None], ""),
        ([None, None], [None, None], ""),
        ([], [], ""),
    ],
)
def test_a_column_is_read_whole_by_its_own_marks(cells, right, decimal):
    """All cells tell decimal and thousands marks apart; a lone point is decimal, a dash alone is missing. The decimal mark is told."""
    assert found(cells) == [(right, "", decimal)]


@pytest.mark.parametrize(
    ("cells", "right", "unit"),
    [
        (["-1.2%", "2.5 %"], [-1.2, 2.5], "%"),
        (["0", "5%"], [0, 5], "%"),
        (["1.234,5 %", "-"], [1234.5, None], "%"),
        (["$1,234.50", "($2.00)", "-$3"], [1234.5, -2, -3], "$"),
        (["1,50 €", "2 €"], [1.5, 2], "€"),
        (["USD 5", "7"], [5, 7], "USD"),
        (["CHF 1'000.00"], [1000], "CHF"),
    ],
)
def test_signs_of_money_and_percent_are_the_unit(cells, right, unit):
    """A percentage keeps the number as it is written; the sign goes into the unit."""
    [(read, sign, _)] = found(cells)

    assert (read, sign) == (right, unit)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["998", "999", "1,000"], "Row 3: column 'c0' holds '1,000' in which a comma may be the decimal mark or part thousands"),
        ([998.5, 999, "1,000"], "Row 3: column 'c0' holds '1,000' in which a comma"),
        (["1,234", "2"], "Row 1: column 'c0' holds '1,234' in which a comma"),
        (["1.5", "1,5"], "Row 2: column 'c0' holds '1,5' whose marks do not fit those of '1.5'"),
        (["1'234", "1 234"], "Row 2: column 'c0' holds '1 234' whose marks do not fit"),
        (["1.5", "secret"], "Row 2: column 'c0' holds 'secret' where a number must be"),
        (["DE", "5"], "Row 1: column 'c0' holds 'DE' where a number must be"),
        (["1", "A-"], "Row 2: column 'c0' holds 'A-'"),
        (["1", "2024-01-31"], "Row 2: column 'c0' holds '2024-01-31'"),
        (["5%", "0.07"], "Row 2: column 'c0' holds '0.07' without the per cent sign of other cells"),
        (["$1", "€2"], "in a column of several units: $, €"),
        (["1e400"], "Row 1: column 'c0' holds '1e400' which is too large for a number"),
        ([5, 10**400], "Row 2: column 'c0' holds 1000000000"),
        ([5, math.inf], "Row 2: column 'c0' holds inf which is too large"),
        (["5", "-inf"], "Row 2: column 'c0' holds '-inf' where a number must be"),
        (["Infinity", "-"], "Row 1: column 'c0' holds 'Infinity'"),
        (["1.2K", "3.4M"], "Row 1: column 'c0' holds '1.2K' where a number must be"),
        (["12,34,567", "1,00,000"], "Row 1: column 'c0' holds '12,34,567' where a number must be"),
        (["5", "1_000"], "Row 2: column 'c0' holds '1_000'"),
        ([1, True], "Row 2: column 'c0' holds True"),
        ([[1], [2]], "Row 1: column 'c0' holds [1]"),
        (["(3", "4"], "Row 1: column 'c0' holds '(3'"),
        (["ISIN", "code"], "Row 1: column 'c0' holds 'ISIN' where a number must be"),
    ],
)
def test_a_column_that_is_neither_names_row_and_cell(cells, words):
    """A word among numbers, a doubt, marks or units that do not fit, and infinity are errors, never a column less."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        found(cells)

    assert words in raised.value.message
    assert "file of your own" in raised.value.hint


@pytest.mark.parametrize(
    "cells",
    [
        ["US0378331005", "DE0005140008"],
        ["A-", "AA+", "NR"],
        ["NA", "DE", "FR"],
        ["2024-01-31", "2024-02-29"],
        ["31/01/2024", "29/02/2024"],
        ["31.01.2024", "29.02.2024"],
        ["10:30", "16:00"],
        ["3M", "1Y", "10Y"],
        ["3M", "6M"],
        ["1.2.3", "1.2.4"],
        [True, False],
        ["e", "", "p"],
        ["USD", "EUR"],
        ["INF", "INGA"],
        ["12 kg", "3 kg"],
    ],
)
def test_text_is_left_out(cells):
    """A column of which no cell, as a whole, is a number stays text; beside it there must be numbers."""
    assert found(cells, ["1", "2"]) == [None, ([1, 2], "", "")]


@pytest.mark.parametrize(
    ("name", "cells", "is_text"),
    [
        ("Country", ["NA", "NA"], True),
        ("country_code", ["NA"], True),
        ("State", ["ND", "ND"], True),
        ("ticker", ["NAN", "NAN"], True),
        ("Geo", ["NA", ""], False),
        ("Country", ["-", "-"], False),
        ("Country", [None, None], False),
        ("Price", ["NA", "NA"], False),
        ("decoder", ["NA", "NA"], False),
        ("Value", ["#N/A", "#N/A"], False),
    ],
)
def test_namibia_is_no_missing_value(name, cells, is_text):
    """A column of nothing but marks is missing values, unless its name says that it names places or series and every cell is a word."""
    table = Table(names=("Date", name, "v"), rows=[[f"2024-01-{day:02}", cell, 1] for day, cell in enumerate(cells, 1)])
    columns = read_columns(table, date_first=True)

    assert columns.left_out == ((name,) if is_text else ())
    assert columns.keys == (cells if is_text else [])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('Date,a\n2024-01-01,"1,000"\n', {"a": [1000]}),
        ('Date,a,b\n2024-01-01,"1,000",1.5\n', {"a": [1000], "b": [1.5]}),
        ('Date,a,b\n2024-01-01,"1,000","1,5"\n', "column 'a' holds '1,000' in which a comma"),
        ('Date,a\n2024-01-01,"1,25"\n', {"a": [1.25]}),
        ("Date;a;b\n2024-01-01;1,000;1,5\n", {"a": [1], "b": [1.5]}),
        ("Date;a;b\n2024-01-01;1,000;1.5\n", {"a": [1000], "b": [1.5]}),
        ("Date;a;b\n2024-01-01;1.000;1,5\n", "column 'a' holds '1.000' in which a point"),
        ("Date;a;b\n2024-01-01;1.000;2\n", {"a": [1], "b": [2]}),
        ("Date;a\n2024-01-01;1,000\n", "column 'a' holds '1,000' in which a comma"),
        ("Date\ta\n2024-01-01\t1 000,5\n", {"a": [1000.5]}),
        ("Date;a;b\n2024-01-01;x;1.234,5\n2024-01-02;y;2\n", {"b": [1234.5, 2]}),
        ("Date;a\n2024-01-01;x\n", "Row 1: column 'a' holds 'x'"),
    ],
)
def test_columns_of_one_table_decide_for_each_other(text, right):
    """What one column leaves in doubt the others decide, and the delimiter; if they contradict each other, nobody does."""
    table = read_loose_csv(text)
    if isinstance(right, str):
        with pytest.raises(AnswerNotUnderstood) as raised:
            read_columns(table, date_first=True)
        assert right in raised.value.message
    else:
        columns = read_columns(table, date_first=True)
        assert dict(zip(columns.names, columns.values.T.tolist(), strict=True)) == right


def test_types_say_what_is_text():
    """Codes that look like numbers are text where the provider says so; a number must be one where it says that."""
    rows = [["2024-01-01", "001", "NA", 1.5, "5"], ["2024-01-02", "002", "-", "1,234.5", "6"]]
    table = Table(names=("d", "code", "x", "v", "w"), rows=rows, types=("Date", "String", "Double", "BigDecimal(36,14)", "Whatever"))
    columns = read_columns(table, date_first=False)

    assert (columns.names, columns.left_out, columns.keys) == (("x", "v", "w"), ("code",), ["001", "002"])
    assert columns.values[:, 1:].tolist() == [[1.5, 5], [1234.5, 6]]
    assert columns.dialect == {"v": "."}
    with pytest.raises(AnswerNotUnderstood, match="Row 1: column 'w' holds 'x' where a number must be"):
        read_columns(Table(names=("d", "v", "w"), rows=[["2024-01-01", 1, "x"]], types=("Date", "Double", "Int32")), date_first=False)


def test_a_provider_can_declare_marks():
    """Further marks of a missing value may be numerals."""
    dialect = NumberDialect(missing=MISSING | {"w", "-999"})

    assert [str(value) for value in numbers(["W", "-999", -999.0, "5"], "x", dialect)] == ["nan", "nan", "nan", "5.0"]


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
    for forms, answer in zip((API, STATISTICS), expected, strict=True):
        if answer is None:
            with pytest.raises(AnswerNotUnderstood, match="where a period such as"):
                read_periods([text], forms)
        else:
            axis = read_periods([text], forms)
            assert ([str(date) for date in axis.dates], axis.frequency) == ([answer[0]], answer[1])


def test_an_axis_says_which_day_stands_for_a_period():
    """Periods of several lengths have no one frequency; one instant makes all of them moments in UTC."""
    mixed = read_periods(["2024", "2024-Q2"], STATISTICS)
    moments = read_periods(["2024-01-31T00:00+01:00", "2024-01-31T10:00Z"], STATISTICS)

    assert (mixed.frequency, mixed.convention) == (None, "first day of the quarter or first day of the year")
    assert [str(date) for date in moments.dates] == ["2024-01-30T23:00:00", "2024-01-31T10:00:00"]
    assert (moments.unit, moments.convention) == ("s", "moments in UTC")
    assert read_periods([]).frequency is None
    with pytest.raises(UnsupportedFrequency, match="finer than a second"):
        read_periods(["2024-01-31T10:00:00.5"], STATISTICS)


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
    table = read_csv("Date, A; B;\n2024-01-31, NA\n2024-02-29,2")

    assert (table.names, table.rows, table.ended) == (("Date", "A; B;"), [["2024-01-31", " NA"], ["2024-02-29", "2"]], False)


@pytest.mark.parametrize(
    ("cell", "is_cut"),
    [
        ("4.", True),
        ("1,", True),
        ("1e", True),
        ("1e-", True),
        ("-", True),
        ("+", True),
        ("4", False),
        ("4.5", False),
        ("NA", False),
        ("5-", False),
    ],
)
def test_a_number_that_breaks_off_is_seen(cell, is_cut):
    """Where the last line has no end, a number that its last cell only begins is truncated; behind an end of line it is as it stands."""
    text = f"Date;A\n2024-01-30;1\n2024-01-31;{cell}"
    if is_cut:
        with pytest.raises(AnswerTruncated):
            read_columns(read_loose_csv(text), date_first=True)
    else:
        assert len(read_columns(read_loose_csv(text), date_first=True).dates) == 2
    if cell in ("4.", "1,", "-"):
        assert len(read_columns(read_loose_csv(text + "\n"), date_first=True).dates) == 2
