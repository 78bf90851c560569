"""The BLS's answers."""

from __future__ import annotations

import pytest

from adapters.providers.bls import windows
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, KeyMissing, RateLimited
from domain.frequency import Frequency
from tests.reading import read, rows


def a_row(year, period, value):
    return {"year": str(year), "period": period, "periodName": "", "value": value, "footnotes": [{}]}


def an_answer(*rows, name="ABC1", message=()):
    return {"status": "REQUEST_SUCCEEDED", "message": list(message), "Results": {"series": [{"seriesID": name, "data": list(rows)}]}}


@pytest.mark.parametrize(
    ("period", "start", "frequency"),
    [
        ("M02", "2024-02-01", Frequency.MONTHLY),
        ("M13", "2024-01-01", Frequency.ANNUAL),
        ("Q04", "2024-10-01", Frequency.QUARTERLY),
        ("Q05", "2024-01-01", Frequency.ANNUAL),
        ("S02", "2024-07-01", Frequency.SEMIANNUAL),
        ("S03", "2024-01-01", Frequency.ANNUAL),
        ("A01", "2024-01-01", Frequency.ANNUAL),
    ],
)
def test_periods_begin_on_their_first_days(period, start, frequency):
    """Months, quarters, halves and years, and the averages of a year of each, are told apart."""
    [series] = read("bls", an_answer(a_row(2024, period, "4.1")))

    assert (str(series.code), rows(series), series.metadata.frequency) == ("BLS/ABC1", {start: [4.1]}, frequency)


def test_averages_are_series_of_their_own():
    """The average of a year does not stand among its months: it has its own code behind a dot."""
    answer = an_answer(a_row(2024, "M13", "2.5"), a_row(2024, "M12", "-"), a_row(2024, "M11", "3"))

    assert [str(series.code) for series in read("bls", answer)] == ["BLS/ABC1", "BLS/ABC1.M13"]
    assert rows(read("bls", answer, "BLS/ABC1")[0]) == {"2024-11-01": [3.0], "2024-12-01": [None]}
    assert rows(read("bls", answer, "BLS/ABC1.M13")[0]) == {"2024-01-01": [2.5]}


def test_results_may_be_a_list():
    """The results stand in a list where the documentation prints them so."""
    answer = an_answer(a_row(2024, "A01", "1"))

    assert read("bls", answer | {"Results": [answer["Results"]]}) == read("bls", answer)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (an_answer(message=["Series does not exist for Series ABC1"]), DatasetNotFound),
        (an_answer(message=["Invalid Series for Series ABC1"]), DatasetNotFound),
        ({"status": "REQUEST_NOT_PROCESSED", "message": ["… the daily threshold … has been reached."], "Results": {}}, RateLimited),
        ({"status": "REQUEST_NOT_PROCESSED", "message": ["The key:xyz provided by the User is invalid."], "Results": {}}, KeyMissing),
        ({"status": "REQUEST_FAILED", "message": ["Your POST body is invalid"], "Results": None}, AnswerNotUnderstood),
        (an_answer(a_row(2024, "M14", "1")), AnswerNotUnderstood),
        (an_answer(a_row("now", "M01", "1")), AnswerNotUnderstood),
    ],
)
def test_errors_are_named(body, error):
    """What comes with status 200 is an error where its words say so."""
    with pytest.raises(FetchError) as raised:
        read("bls", body)

    assert type(raised.value) is error


def test_a_series_without_rows_is_empty():
    """Years without data give a series without dates."""
    [series] = read("bls", an_answer(message=["No Data Available for Series ABC1 Year: 1950"]))

    assert rows(series) == {}


def test_windows_go_back_in_time():
    """Windows follow each other without gap or overlap, newest first, down to the first year."""
    years = [year for start, end in windows(2026, 20) for year in range(end, start - 1, -1)]

    assert years == list(range(2026, 1899, -1))
