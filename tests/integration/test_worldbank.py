"""The World Bank's answers."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood, AnswerTruncated, DatasetNotFound, FetchError, SourceUnavailable
from domain.frequency import Frequency
from tests.reading import read, rows

XML = """\ufeff<?xml version="1.0" encoding="utf-8"?>
<wb:data page="1" pages="1" per_page="50" total="2" xmlns:wb="http://www.worldbank.org">
  <wb:data>
    <wb:indicator id="SP.POP.TOTL">Population, total</wb:indicator><wb:country id="BR">Brazil</wb:country>
    <wb:countryiso3code>BRA</wb:countryiso3code><wb:date>2023</wb:date><wb:value>211140729</wb:value>
    <wb:unit /><wb:obs_status /><wb:decimal>0</wb:decimal>
  </wb:data>
  <wb:data>
    <wb:indicator id="SP.POP.TOTL">Population, total</wb:indicator><wb:country id="BR">Brazil</wb:country>
    <wb:countryiso3code>BRA</wb:countryiso3code><wb:date>2022</wb:date><wb:value />
  </wb:data>
</wb:data>
"""


def a_row(date, value, *, iso="DEU", short="DE"):
    country = {"id": short, "value": "Germany"}
    return {"indicator": {"id": "IND.X", "value": "An indicator"}, "country": country, "countryiso3code": iso, "date": date, "value": value}


def a_page(*rows):
    return [{"page": 1, "pages": 1, "per_page": 50, "total": 264}, list(rows)]


@pytest.mark.parametrize(
    ("date", "start", "frequency"),
    [
        ("2023", "2023-01-01", Frequency.ANNUAL),
        ("2023Q2", "2023-04-01", Frequency.QUARTERLY),
        ("2023M11", "2023-11-01", Frequency.MONTHLY),
    ],
)
def test_periods_begin_on_their_first_days(date, start, frequency):
    """Years, quarters and months are told apart by their form."""
    [series] = read("worldbank", a_page(a_row(date, 1.5)))

    assert rows(series) == {start: [1.5]}
    assert series.metadata.frequency == frequency


def test_text_and_null_are_values():
    """The first version of the API writes numbers as text; null is a missing value."""
    assert rows(read("worldbank", a_page(a_row("2023", "0.1"), a_row("2022", None)))[0]) == {"2022-01-01": [None], "2023-01-01": [0.1]}


def test_each_country_is_a_series():
    """A country without a code of three letters is named by its own."""
    found = read("worldbank", a_page(a_row("2023", 1), a_row("2023", 2, iso="", short="1A")))

    assert [str(series.code) for series in found] == ["WB/DEU.IND.X", "WB/1A.IND.X"]


def test_xml_is_read_like_json():
    """What comes without format=json is XML, with a mark of its byte order."""
    [series] = read("worldbank", XML)

    assert str(series.code) == "WB/BRA.SP.POP.TOTL"
    assert rows(series) == {"2022-01-01": [None], "2023-01-01": [211140729.0]}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (XML[:600], AnswerTruncated),
        (XML.replace("<wb:date>2023</wb:date>", ""), AnswerNotUnderstood),
        (XML.replace("<wb:data page", "<!DOCTYPE a [<!ENTITY b 'c'>]><wb:data page"), AnswerNotUnderstood),
        ("<other/>", AnswerNotUnderstood),
    ],
)
def test_other_xml_is_refused(text, error):
    """XML that is cut, of another kind or with a document type is not read."""
    with pytest.raises(FetchError) as raised:
        read("worldbank", text)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("number", "error"), [("120", DatasetNotFound), ("175", DatasetNotFound), ("105", SourceUnavailable), ("115", AnswerNotUnderstood)]
)
def test_messages_are_errors(number, error):
    """A message in place of rows, with status 200, is the error that its number says."""
    with pytest.raises(FetchError) as raised:
        read("worldbank", [{"message": [{"id": number, "key": "Invalid", "value": "It is not valid"}]}])

    assert type(raised.value) is error
    assert "It is not valid" in raised.value.message


def test_nothing_is_not_found():
    """A page without rows has no series; one that was wanted is not found."""
    assert read("worldbank", [{"page": 0, "pages": 0, "total": 0}, None]) == []
    with pytest.raises(DatasetNotFound):
        read("worldbank", [{"page": 0, "pages": 0, "total": 0}, None], "WB/DEU.IND.X")
