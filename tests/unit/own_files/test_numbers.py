"""Columns of numbers in every dialect, and those that leave a doubt."""

from __future__ import annotations

import math

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import column, months, read, rows


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["1.5", "2"], [1.5, 2]),
        (["1,5", "1,234"], [1.5, 1.234]),
        (["1.234,56", "1.234"], [1234.56, 1234]),
        (["1,234.56", "1,234"], [1234.56, 1234]),
        (["1,234,567", "1,234"], [1234567, 1234]),
        (["1.234.567", "12"], [1234567, 12]),
        (["1 234,5", "1\u00a0234", "1\u202f234\u2009567"], [1234.5, 1234, 1234567]),
        (["1'234.50", "2’000.00"], [1234.5, 2000]),
        (["1'234", "12"], [1234, 12]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["1234.567", "1.234"], [1234.567, 1.234]),
        (["1234,567", "1,234"], [1234.567, 1.234]),
        (["1.250e-03", "1.000"], [0.00125, 1]),
        (["2,5E+3", "1,250"], [2500, 1.25]),
        ([".5", "1.250"], [0.5, 1.25]),
        (["12-", "1.5-", "-3"], [-12, -1.5, -3]),
        (["(1.50)", "(12)", "3"], [-1.5, -12, 3]),
        (["($1,234.50)", "$12.00"], [-1234.5, 12]),
        (["$(1,234.50)", "$ (12.00)"], [-1234.5, -12]),
        (["−3,25", "–1,5", "+2"], [-3.25, -1.5, 2]),
        (["1,8 %", "-0,1%"], [1.8, -0.1]),
        (["$1.50", "-$12.00", "$-3.00"], [1.5, -12, -3]),
        (["€ 1,50", "2,25 €"], [1.5, 2.25]),
        (["CHF 980.05", "CHF 1'000.00"], [980.05, 1000]),
        (["USD 1.5", "2.5 USD"], [1.5, 2.5]),
        (["1.23K", "2.05M", "950"], [1230, 2050000, 950]),
        (["9007199254740993", "12345678901234567890"], [float(2**53), 12345678901234567890.0]),
        (["812.34567890123456789", "1"], [812.34567890123456789, 1]),
        (["-0", "0.0"], [0, 0]),
    ],
)
def test_a_dialect_is_found_by_the_whole_column(cells, right):
    """Decimal and thousands marks are told apart by all cells of a column; signs of money and percent go."""
    assert column(months(cells)) == right


def test_minus_zero_is_kept():
    """A minus before zero is a part of the number."""
    assert [math.copysign(1, value) for value in column(months(["-0", "0"])) if value is not None] == [-1, 1]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1,234", "2,480"], "row 2, column 'Value', cell '1,234': comma as decimal or thousands mark; option decimal (or thousands)"),
        (["12", "1.234"], "row 3, column 'Value', cell '1.234': dot as decimal or thousands mark; option decimal"),
        (["$1,234", "$12"], "row 2, column 'Value', cell '$1,234': comma as decimal"),
        (["1,234 %", "12 %"], "comma as decimal or thousands mark; option decimal"),
        (["1.234K", "2M"], "row 2, column 'Value', cell '1.234K': dot as decimal"),
        (["1.5", "1,5"], "row 3, column 'Value', cell '1,5': its marks do not fit those of '1.5'; options decimal, thousands"),
        (["1'234", "1 234"], 'its marks do not fit those of "1\'234"'),
        (["$1", "€2"], "row 3, column 'Value', cell '€2': another unit than in '$1'"),
        (["1.5", "2.5", "secret"], "row 4, column 'Value', cell 'secret': not a number; options missing"),
        (["1.5", "#DIV/0!"], "row 3, column 'Value', cell '#DIV/0!': not a number; options missing"),
        (["1e400", "2"], "row 2, column 'Value', cell '1e400': too large for a number"),
        (["5", "inf"], "row 3, column 'Value', cell 'inf': not a number"),
        (["5", "1_000"], "row 3, column 'Value', cell '1_000': not a number"),
        (["5", "1,23,4"], "row 3, column 'Value', cell '1,23,4': not a number"),
        (["5", "0x10"], "cell '0x10': not a number"),
        (["5", "(3"], "cell '(3': not a number"),
        (["5", "-(3)"], "cell '-(3)': not a number"),
        (["5", "TRUE"], "cell 'TRUE': not a number"),
        (
            ["ok", "late", "12", "7.5", "gone"],
            "column 'Value', rows 4 and 5, cells '12' and '7.5': numbers in a column of text; option columns",
        ),
        (["late", "ok", "3"], "column 'Value', row 4, cell '3': numbers in a column of text; option columns"),
    ],
)
def test_a_doubt_names_its_cell_and_the_option(cells, words):
    """What may mean two numbers, or is none, is refused with its row, column and cell, and the option that decides."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(months(cells))

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("cells", "options", "right"),
    [
        (["1,234", "2,480"], {"decimal": ","}, [1.234, 2.48]),
        (["1,234", "2,480"], {"decimal": "."}, [1234, 2480]),
        (["1,234", "2,480"], {"thousands": ","}, [1234, 2480]),
        (["1,234", "2,480"], {"thousands": "."}, [1.234, 2.48]),
        (["1.234", "2.480"], {"decimal": "."}, [1.234, 2.48]),
        (["1.234", "2.480"], {"decimal": ","}, [1234, 2480]),
        (["1.234", "2.480"], {"thousands": ""}, [1.234, 2.48]),
        (["-999", "5"], {"missing": ["-999"]}, [None, 5]),
        (["secret", "5"], {"missing": "SECRET"}, [None, 5]),
        (["1.234", "2 000"], {"decimal": ".", "thousands": " "}, [1.234, 2000]),
    ],
)
def test_options_decide(cells, options, right):
    """An option leaves no doubt of a mark or a word."""
    assert column(months(cells), **options) == right


@pytest.mark.parametrize(
    ("cells", "options", "words"),
    [
        (["1.5", "2"], {"decimal": ","}, "row 2, column 'Value', cell '1.5': not a number"),
        (["1 234"], {"decimal": ".", "thousands": ""}, "holds numbers"),
        (["1,5", "2"], {"thousands": ","}, "cell '1,5': not a number"),
    ],
)
def test_options_are_held_to(cells, options, words):
    """A number that the option's marks do not allow is an error, never another number."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(months(cells), **options)

    assert words in raised.value.message


@pytest.mark.parametrize(
    "mark", ["", "NA", "N/A", "#N/A", "n.a.", "n/a", "-", "--", ".", "..", "…", ":", "ND", "null", "None", "NaN", "*", "nd", "nan", "–"]
)
def test_marks_of_missing_values(mark):
    """Each usual mark for a missing value is one, a dash alone too; they are no words."""
    assert column(months(["1.5", mark, "2"])) == [1.5, None, 2]


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("Month;a;b\n2021-01;1,234;1,5\n", [1.234, 1.5]),
        ("Month;a;b\n2021-01;1,234;1.5\n", [1234, 1.5]),
        ("Month;a;b\n2021-01;1.234;1.234,5\n", [1234, 1234.5]),
        ("Month\ta\tb\n2021-01\t1,234\t0,5\n", [1.234, 0.5]),
        ("Month,a,b\n2021-01,1.234,2\n", [1.234, 2]),
        ('Month,a,b\n2021-01,"1,234",2\n', [1234, 2]),
        ('Month,a,b\n2021-01,"1,234",2.5\n', [1234, 2.5]),
        ('Month,a,b\n2021-01,"1,5",2\n', [1.5, 2]),
        ("Month|a|b\n2021-01|1.234|1.5\n", [1.234, 1.5]),
        ('[{"Month": "2021-01", "a": "1.234", "b": 2}]', [1.234, 2]),
    ],
)
def test_other_columns_and_the_delimiter_decide(body, right):
    """A mark that its own column leaves in doubt is decided by the other columns, and by a comma between cells."""
    assert rows(read(body))[0][1:] == right


@pytest.mark.parametrize(
    "body",
    [
        "Month;a;b;c\n2021-01;1,234;1,5;1.5\n",
        'Month,a,b\n2021-01,"1,234","1,5"\n',
        "Month\ta\n2021-01\t1.234\n",
        "Month;a;b\n2021-01;1,234;1.234\n",
        '[{"Month": "2021-01", "a": "1,234"}]',
    ],
)
def test_columns_that_contradict_each_other_decide_nothing(body):
    """Where other columns show both decimal marks, or none, the doubt stays."""
    with pytest.raises(AnswerNotUnderstood, match=r"as decimal or thousands mark; option decimal"):
        read(body)


def test_units_are_kept():
    """A percent or currency sign is the column's unit."""
    assert read("Month;a;b;c\n2021-01;1,5 %;€ 3,0;1\n").units == ("%", "€", "")


@pytest.mark.parametrize("cells", [["US0378331005", "A-"], ["2020-01-05", "2020-01-06"], ["NA", "DE"], ["true", "false"], ["Q1", "x5"]])
def test_columns_of_words_are_left_out(cells):
    """A column none of whose cells is a number, as a whole, is left out and named."""
    series = read("\n".join(["Month;v;w", *(f"2021-0{i};{i}.5;{cell}" for i, cell in enumerate(cells, 1))]), date_column="Month")

    assert (series.observations.columns, series.left_out) == (("v",), ("w",))


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["12,34,567", "1,00,000"], [1234567.0, 100000.0]),
        (["12,34,567.50", "1,234", "999", "12.5"], [1234567.5, 1234.0, 999.0, 12.5]),
        (["₹1,23,45,678", "(1,00,000)"], [12345678.0, -100000.0]),
        (["12,34,567", "NA"], [1234567.0, None]),
    ],
)
def test_indian_groups_are_read(cells, numbers):
    """The last three digits are parted, and before them every two; no other marks are written so."""
    assert column(months(cells)) == numbers


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["12,34,567", "123,456"], "its marks do not fit those of '12,34,567'"),
        (["123,456", "1,23,456"], "its marks do not fit those of '123,456'"),
        (["12,34,567", "1,5"], "cell '1,5': its marks do not fit those of '12,34,567'"),
        (["12,34,56", "1"], "cell '12,34,56': not a number"),
        (["01,23,456", "1"], "cell '01,23,456': not a number"),
        (["1.5B", "2.5"], "cell '1.5B': not a number; only K (thousands) and M (millions) may stand behind a number; options missing"),
        (["2,5 Mrd", "2,5"], "cell '2,5 Mrd': not a number; only K (thousands) and M (millions) may stand behind a number"),
    ],
)
def test_groups_and_factors_that_may_be_others_are_refused(cells, words):
    """Groups of two and of three do not stand in one column, and a B is a billion of two kinds."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(months(cells))

    assert words in raised.value.message


@pytest.mark.parametrize(("cells", "unit"), [(["100 kr.", "200 kr", "kr 3"], "kr"), (["Rs. 1", "Rs 2"], "Rs"), (["Fr. 1", "2 Fr"], "Fr")])
def test_one_currency_may_be_written_with_a_point_or_without(cells, unit):
    """An abbreviation's point makes no other currency."""
    assert read(months(cells)).units == (unit,)
