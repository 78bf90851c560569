"""DBnomics' answers."""

from __future__ import annotations

import pytest

from domain.errors import AnswerNotUnderstood, DatasetNotFound
from domain.frequency import Frequency
from tests.reading import read, rows


def a_doc(code="Q.DE", **fields):
    names = {"provider_code": "OFFICE", "dataset_code": "PRICES", "series_code": code, "series_name": f"Series {code}"}
    return {"@frequency": "quarterly", "period": ["2024-Q1"], "period_start_day": ["2024-01-01"], "value": [1.5], **names, **fields}


def an_answer(*docs, errors=None):
    return {"errors": errors, "provider": {"name": "The Office"}, "series": {"docs": list(docs), "num_found": len(docs)}}


@pytest.mark.parametrize(
    ("said", "periods", "days", "frequency"),
    [
        ("monthly", ["2024-02"], ["2024-02-01"], Frequency.MONTHLY),
        ("weekly", ["2024-W05"], ["2024-01-29"], Frequency.WEEKLY),
        ("bi-annual", ["2024-S2"], ["2024-07-01"], None),
        ("daily", ["2024-02-29"], ["2024-02-29"], Frequency.DAILY),
        ("unknown", ["2024"], None, Frequency.ANNUAL),
    ],
)
def test_dates_are_the_first_days_of_the_periods(said, periods, days, frequency):
    """Days are taken as they are given, else read from the periods; the frequency is the answer's."""
    doc = a_doc(**{"@frequency": said}, period=periods, period_start_day=days)
    [series] = read("dbnomics", an_answer(doc))

    assert rows(series) == {(days or ["2024-01-01"])[0]: [1.5]}
    assert series.metadata.frequency == frequency


def test_na_is_missing():
    """The word NA and null are missing values among numbers."""
    doc = a_doc(
        period=["2023-Q3", "2023-Q4", "2024-Q1"], period_start_day=["2023-07-01", "2023-10-01", "2024-01-01"], value=["NA", None, 2]
    )

    assert list(rows(read("dbnomics", an_answer(doc))[0]).values()) == [[None], [None], [2.0]]


def test_each_of_several_has_its_code():
    """Every series of an answer has its code; a code gives one; one that names none of several is told which there are."""
    answer = an_answer(a_doc("Q.DE"), a_doc("Q.FR", value=[7]))

    assert [str(series.code) for series in read("dbnomics", answer)] == ["DBNOMICS/OFFICE/PRICES/Q.DE", "DBNOMICS/OFFICE/PRICES/Q.FR"]
    assert rows(read("dbnomics", answer, "DBNOMICS/OFFICE/PRICES/Q.FR")[0]) == {"2024-01-01": [7.0]}
    with pytest.raises(AnswerNotUnderstood, match=r"holds 2 series.*DBNOMICS/OFFICE/PRICES/Q.DE, DBNOMICS/OFFICE/PRICES/Q.FR"):
        read("dbnomics", answer, "DBNOMICS/OFFICE/PRICES/Q")


def test_csv_has_a_column_for_each_series():
    """A table of periods names each series in brackets."""
    text = 'period,Prices – Germany (OFFICE/PRICES/A.DE),"Prices, France (OFFICE/PRICES/A.FR)"\n2022,1.5,NA\n2023,,2\n'
    german, french = read("dbnomics", text)

    assert (str(german.code), german.metadata.name) == ("DBNOMICS/OFFICE/PRICES/A.DE", "Prices – Germany")
    assert rows(german) == {"2022-01-01": [1.5], "2023-01-01": [None]}
    assert rows(french) == {"2022-01-01": [None], "2023-01-01": [2.0]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": "Series 'A/B/C' not found"}, 404),
        (an_answer(errors=[{"message": "Series not found", "series_code": "C"}]), 200),
        (an_answer(), 200),
        (an_answer(a_doc(), errors=[{"message": "not found"}]) | {"series": {"docs": []}}, 200),
    ],
)
def test_an_unknown_series_is_not_found(body, status):
    """A series that is not there is not found, whatever the status."""
    with pytest.raises(DatasetNotFound):
        read("dbnomics", body, "DBNOMICS/A/B/C", status=status)


@pytest.mark.parametrize(
    "body", [an_answer(a_doc(value=None)), an_answer(a_doc(value=[1, 2])), {"datasets": {}}, {"series": []}, an_answer(a_doc(value=["x"]))]
)
def test_other_shapes_are_not_understood(body):
    """Series without observations, lists of data sets and words for numbers are refused."""
    with pytest.raises(AnswerNotUnderstood):
        read("dbnomics", body)
