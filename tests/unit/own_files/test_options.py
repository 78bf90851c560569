"""Options: their names and types, and lanner.toml with a table for each pattern of names."""

from __future__ import annotations

import re
import tomllib

import pytest

from adapters.provider_kit.own_files.options import NAMES, FileOptions, matches, options_for, read_options
from domain.errors import AnswerNotUnderstood
from tests.documents import ROOT


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"date_fromat": "%Y"}, "there is no option 'date_fromat'; did you mean date_format?"),
        ({"decimals": ","}, "there is no option 'decimals'; did you mean decimal?"),
        ({"keycolumns": "a"}, "did you mean key_columns?"),
        ({"zzzz": 1}, "there is no option 'zzzz'; the options are encoding, delimiter, decimal"),
        ({"decimal": ";"}, "option decimal is '.' or ',', not ';'."),
        ({"decimal": 5}, "option decimal is a text, not 5."),
        ({"layout": "tall"}, "option layout is 'wide' or 'long', not 'tall'."),
        ({"dates_in": "top"}, "option dates_in is 'rows' or 'columns'"),
        ({"frequency": "Monthly"}, "option frequency is"),
        ({"anchor": "Wednesday"}, "option anchor is 'first day' or 'last day' or 'a day', not 'Wednesday'."),
        ({"header_rows": -1}, "option header_rows is a whole number from 0, not -1."),
        ({"header_rows": True}, "option header_rows is a whole number from 0, not True."),
        ({"header_rows": "2"}, "option header_rows is a whole number from 0, not '2'."),
        ({"unit_row": 1}, "option unit_row is true or false, not 1."),
        ({"columns": [["a"]]}, "option columns is a text or a list of texts"),
        ({"columns": True}, "option columns is a text or a list of texts, not True."),
        ({"delimiter": ";;"}, "option delimiter is one sign, not ';;'."),
        ({"delimiter": ""}, "option delimiter is one sign, not ''."),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are the same mark"),
    ],
)
def test_wrong_options_are_refused(given, words):
    """An unknown name is refused with the nearest there is, a value of another kind with what it must be."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read_options(given)

    assert words in raised.value.message


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        ("a.csv", "*.csv", True),
        ("rates/a.csv", "*.csv", False),
        ("rates/a.csv", "rates/*.csv", True),
        ("rates/a.csv", "rates/*", True),
        ("rates/old/a.csv", "rates/*", False),
        ("rates/old/a.csv", "rates/**", True),
        ("rates/old/a.csv", "**/*.csv", True),
        ("a.csv", "**/*.csv", True),
        ("a.csv", "b.csv", False),
        ("a1.csv", "a?.csv", True),
        ("a.csv", "/a.csv", True),
    ],
)
def test_patterns_match_part_by_part(path, pattern, fits):
    """A star stays within a folder, two stars do not."""
    assert matches(path, pattern) is fits


def test_later_tables_and_given_options_go_before():
    """All tables that fit are put together, and what a command gives goes before them."""
    toml = b'["*.csv"]\ndecimal = ","\nkey_columns = ["k", "l"]\n["a.*"]\ndecimal = "."\nskip_rows = 2\n["b.csv"]\nunit_row = true\n'

    assert options_for(toml, "a.csv") == FileOptions(decimal=".", key_columns=("k", "l"), skip_rows=2)
    assert options_for(toml, "a.csv", {"skip_rows": 0}).skip_rows == 0
    assert options_for(None, "a.csv") == FileOptions()


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (b"decimal = ','", "'decimal' stands outside a table"),
        (b"[", "lanner.toml is not TOML"),
        (b"\xff", "lanner.toml is not TOML"),
        (b'["other.csv"]\ndecimla = ","', "lanner.toml, ['other.csv']: there is no option 'decimla'; did you mean decimal?"),
    ],
)
def test_a_wrong_lanner_toml_is_refused(toml, words):
    """What is wrong in it is named, with the pattern, also where another file is read."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        options_for(toml, "a.csv")

    assert words in raised.value.message


def test_the_page_lists_every_option_with_an_example():
    """The table of docs/own-files.md has a row for each option, whose example is taken."""
    table = (ROOT / "docs" / "own-files.md").read_text().partition("## All options")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.+?)` \|", table, re.MULTILINE))

    assert sorted(rows) == sorted(NAMES)
    for name, example in rows.items():
        assert read_options(tomllib.loads(f"{name} = {example}")) != FileOptions()
