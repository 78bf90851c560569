"""In which dialect a file was read, where its own cells decided it: what a later reading is held to."""

from __future__ import annotations

import pytest

from tests.unit.own_files.reading import months, read, under_dates


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (months(["1.5", "2"]), {"numbers": "."}),
        (months(["1,5", "2"]), {"numbers": ","}),
        (months(["1.234,5", "2"]), {"numbers": ","}),
        (months(["1,234.5", "2"]), {"numbers": "."}),
        (months(["1.234.567", "2"]), {"numbers": ","}),
        (months(["1", "2"]), {}),
        (months(["1 234", "2"]), {}),
        (months(["1'234", "2"]), {}),
        (months(["NA", ""]), {}),
        ("Month;a;b\n2021-01;1,5;1.5\n", {"a": ",", "b": "."}),
        ("Month;a;b\n2021-01;1,5;7\n", {"numbers": ","}),
        ("Month;a;b\n2021-01;1,5;1,234\n", {"numbers": ","}),
        ('Month,a\n2021-01,"1,234"\n', {"numbers": "."}),
        ("Month;dates;numbers;c\n2021-01;1,5;1.5;1.5\n", {"numbers": "."}),
        ('[{"Month": "2021-01", "a": 1.5}]', {}),
        ('[{"Month": "2021-01", "a": "1.5"}]', {"numbers": "."}),
        ("Item;2021-01;2021-02\na;1,5;2\nb;1.5;2\n", {"a": ",", "b": "."}),
        (under_dates(["15/02/2021", "01/03/2021"]), {"dates": "day/month"}),
        (under_dates(["02/15/2021", "03/01/2021"]), {"dates": "month/day"}),
        (under_dates(["98-09-30", "98-10-31"]), {"dates": "year/month/day"}),
        (under_dates(["05/05/2021", "06/06/2021"]), {}),
        (under_dates(["2021-02-15", "2021-03-01"]), {}),
        (under_dates(["1/10/2024 16:00", "1/15/2024 16:00"]), {"dates": "month/day"}),
        ("Datum;v\n31.01.2021;1,5\n28.02.2021;2\n", {"dates": "day/month", "numbers": ","}),
    ],
)
def test_what_the_cells_showed_is_told(body, dialect):
    """The order of day and month and the decimal marks are told where the cells left a choice; all columns at once where they agree."""
    assert read(body).dialect == dialect


@pytest.mark.parametrize(
    ("options", "dialect"),
    [
        ({"decimal": ","}, {"dates": "day/month"}),
        ({"thousands": "."}, {"dates": "day/month"}),
        ({"thousands": ""}, {"dates": "day/month"}),
        ({"date_format": "%d.%m.%Y"}, {"numbers": ","}),
        ({"date_format": "%d.%m.%Y", "decimal": ","}, {}),
        ({"missing": ["x"], "columns": ["v"]}, {"dates": "day/month", "numbers": ","}),
    ],
)
def test_what_an_option_decides_is_not_told(options, dialect):
    """Whoever changes an option means it, so that the change is not suspicious; the file is held to the option."""
    assert read("Datum;v\n31.01.2021;1,5\n28.02.2021;2\n", **options).dialect == dialect


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["998,5", "999"], ["998,5", "1.000,5"]),
        (["998.5", "999"], ["998.5", "1,000.5"]),
        (["998.5", "999"], ["998.5", "1'000.5"]),
        (["998,5", "999"], ["998,5", "1 000"]),
        (["1.000,5", "999"], ["998,5", "999"]),
        (["998", "999"], ["998", "1.000,5"]),
    ],
)
def test_larger_numbers_are_no_other_dialect(before, after):
    """A mark of thousands that appears with the first large number contradicts nothing that was told before."""
    told, tells = read(months(before)).dialect, read(months(after)).dialect

    assert {**told, **tells} == tells or {**tells, **told} == told
