"""JSON in the shapes that people save."""

from __future__ import annotations

import json

import pytest

from domain.errors import AnswerNotUnderstood
from tests.unit.own_files.reading import read, rows

RIGHT = [["2020-01-01", 1.5], ["2020-02-01", None]]


@pytest.mark.parametrize(
    "document",
    [
        [{"date": "2020-01", "value": 1.5}, {"date": "2020-02", "value": None}],
        [{"date": "2020-01", "value": "1.500"}, {"date": "2020-02", "value": "."}],
        [{"value": 1.5, "date": "2020-01"}, {"date": "2020-02"}],
        {"2020-02": None, "2020-01": 1.5},
        {"date": ["2020-01", "2020-02"], "value": [1.5, None]},
        {"name": "x", "date": ["2020-01", "2020-02"], "value": [1.5, None]},
        {"columns": ["date", "value"], "data": [["2020-01", 1.5], ["2020-02", None]]},
        {"columns": ["value"], "index": ["2020-01", "2020-02"], "data": [[1.5], [None]]},
        {"dataset": {"column_names": ["Date", "value"], "data": [["2020-01", 1.5], ["2020-02", None]]}},
        {"value": {"2020-01": 1.5, "2020-02": None}},
        {"2020-01": {"value": 1.5}, "2020-02": {"value": None}},
        {"schema": {"fields": []}, "data": [{"index": "2020-01", "value": 1.5}, {"index": "2020-02", "value": None}]},
        {"count": 2, "observations": [{"date": "2020-01", "value": "1.5"}, {"date": "2020-02", "value": "."}]},
        [["2020-01", 1.5], ["2020-02", None]],
        [["date", "value"], ["2020-01", 1.5], ["2020-02", None]],
        [{"page": 1, "total": 2}, [{"date": "2020-01", "value": 1.5}, {"date": "2020-02", "value": None}]],
        {"result": {"base": "EUR", "rates": {"2020-01": {"value": 1.5}, "2020-02": {"value": None}}}},
        {"docs": [{"series_code": "value", "period": ["2020-01", "2020-02"], "value": [1.5, "NA"]}]},
    ],
)
def test_shapes_are_read(document):
    """Records, columns, objects by date, pandas' orientations, lists and what some services send are one table."""
    series = read(json.dumps(document))

    assert rows(series) == RIGHT
    assert series.observations.columns == ("value",)


def test_lines_and_bare_nan_are_read():
    """A line for each record, and Python's NaN."""
    assert rows(read('{"date": "2020-01", "value": 1.5}\n{"date": "2020-02", "value": NaN}\n')) == RIGHT


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('[{"date": "2020-01", "v": Infinity}]', "row 1, column 'v', cell 'inf': too large for a number"),
        ('[{"date": "2020-01", "v": 1e999}]', "row 1, column 'v', cell 'inf': too large"),
        ('[{"date": "2020-01", "v": 1' + "0" * 400 + "}]", "too large for a number"),
        ('{"2020-01": 1, "2020-01": 2}', "the key '2020-01' stands twice with different values, '1' and '2'"),
        ('{"a": [{"date": "2020-01", "v": 1}], "b": [{"date": "2020-01", "v": 1}]}', "tables stand under the keys 'a' and 'b'"),
        ('{"date": ["2020-01", "2020-02"], "v": [1]}', "the lists are of different lengths: 'date' (2) and 'v' (1)"),
        ('[["date", "v"], ["2020-01"]]', "row 1 has 1 cells where there are 2 names"),
        ('{"a": {"b": 1}}', "JSON of another shape"),
        ('[{"date": "2020-01", "v": 1}, 7]', "row 2 is not an object"),
        ('[{"date": "2020-01", "v": 1}', "not JSON at line 1"),
        ('{"date": "2020-01", "v": 1}\n{"date"', "not JSON at line 2"),
        ('{"date": "2020-01", "v": 1}\n{"v": 1, "v": 2}', "line 2 is not JSON that can be read (the key 'v' stands twice"),
        (
            '{"docs": [{"series_code": "a", "period": [], "value": []}, {"series_code": "b", "period": [], "value": []}]}',
            "the series 'a' and 'b'; option key",
        ),
        ('[{"date": "2020-01", "v": [1]}]', "no column beside the dates holds numbers"),
        (
            '[{"date": "2020-01", "v": 1}, {"date": "2020-01", "v": 2}]',
            "date 2020-01 repeats on rows 1 and 2 with different values (1 and 2)",
        ),
    ],
)
def test_a_doubt_is_named(body, words):
    """What may be read in two ways, or is no table, is refused."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(body)

    assert words in raised.value.message


def test_a_document_names_its_series():
    """Title and frequency come from the document, where it has them."""
    series = read('{"name": "Rates", "frequency": "Monthly", "columns": ["date", "v"], "data": [["2020-01-31", 1]]}')

    assert (series.title, series.frequency) == ("Rates", "monthly")


MS = [[1577836800000, 1.5], [1580515200000, None]]


@pytest.mark.parametrize(
    ("document", "column"),
    [
        ({"name": "Load", "data": MS}, "Load"),
        ([{"name": "Load", "data": MS}], "Load"),
        ({"title": {"text": "t"}, "series": [{"name": "Load", "data": MS}]}, "Load"),
        ({"series": [{"name": "Load", "data": [{"x": date, "y": value} for date, value in MS]}]}, "Load"),
        ({"request": {}, "series": [{"series_id": "A.B", "name": "Load", "data": [["202002", None], ["202001", 1.5]]}]}, "Load"),
        ({"data": MS}, "value"),
        (MS, "value"),
        ({"columns": ["value"], "index": [1577836800000, 1580515200000], "data": [[1.5], [None]]}, "value"),
        ({"columns": ["date", "value"], "index": [0, 1], "data": [["2020-01", 1.5], ["2020-02", None]]}, "value"),
        ({"date": {"0": "2020-01", "1": "2020-02"}, "value": {"0": 1.5, "1": None}}, "value"),
        ({"0": {"date": "2020-01", "value": 1.5}, "1": {"date": "2020-02", "value": None}}, "value"),
        ({"observations": [{"d": "2020-01", "X": {"v": "1.5"}}, {"d": "2020-02", "X": {"v": None}}]}, "X"),
        ({"observations": [{"d": "2020-01", "X": {"v": "1.5"}}, {"d": "2020-02"}]}, "X"),
        (
            {
                "meta": {"view": {"name": "Rain", "columns": [{"name": "sid"}, {"name": "date"}, {"name": "mm"}]}},
                "data": [["row-a", "2020-01-01T00:00:00", "1.5"], ["row-b", "2020-02-01T00:00:00", None]],
            },
            "mm",
        ),
        (
            {
                "Results": {
                    "series": [
                        {"seriesID": "X", "data": [{"year": "2020", "period": f"M0{i}", "value": v} for i, v in ((2, ""), (1, "1.5"))]}
                    ]
                }
            },
            "value",
        ),
        ([{"status": "SUCCESS", "object": {"points": [{"ref": "2020-01", "value": 1.5}, {"ref": "2020-02", "value": None}]}}], "value"),
    ],
)
def test_series_of_services_and_libraries_are_read(document, column):
    """Pairs of date and value beside a name, what pandas writes of counted rows, and what services wrap around a table."""
    series = read(json.dumps(document))

    assert rows(series) == RIGHT
    assert series.observations.columns == (column,)


@pytest.mark.parametrize(
    ("document", "right"),
    [
        ([{"name": "a", "data": MS}, {"name": "b", "data": MS}], [["2020-01-01", 1.5, 1.5], ["2020-02-01", None, None]]),
        ([{"name": "a", "data": MS}, {"name": "b", "data": MS[1:]}], [["2020-01-01", 1.5, None], ["2020-02-01", None, None]]),
        ({"a": MS, "b": MS}, [["2020-01-01", 1.5, 1.5], ["2020-02-01", None, None]]),
    ],
)
def test_several_series_of_pairs_are_one_table(document, right):
    """Each is a column under its name."""
    series = read(json.dumps(document))

    assert rows(series) == right
    assert series.observations.columns == ("a", "b")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"version": "2.0", "class": "dataset", "dimension": {"time": {"category": {"index": {"2020": 0}}}}, "value": [1.5]},
            "it is JSON-stat",
        ),
        ({"dataset": {"dimension": {"time": {"category": {"index": {"2020": 0}}}}, "value": [1.5]}}, "it is JSON-stat"),
        ({"dataSets": [{"series": {"0": {"observations": {"0": [1]}}}}], "structure": {}}, "it is SDMX-JSON"),
        ({"a": MS, "b": MS[1:]}, "tables stand under the keys 'a' and 'b'"),
        ([{"name": "a", "data": MS}, {"name": "a", "data": MS}], "it holds 2 tables in a list"),
        (
            [{"id": 1, "points": [{"date": "2020-01", "v": 1}]}, {"id": 2, "points": [{"date": "2020-01", "v": 1}]}],
            "it holds 2 tables in a list",
        ),
        ([{"name": "a", "data": [MS[0], [1577836800000, 2]]}], "different values (1.5 and 2)"),
        ({"date": {"0": "2020-01", "1": "2020-02"}, "v": {"0": 1.5}}, "JSON of another shape"),
        ({"d": "2020-01", "v": 1}, "JSON of another shape"),
        ([{"d": "2020-01", "X": {"v": "1.5", "f": 1}}], "no column beside the dates holds numbers"),
    ],
)
def test_services_that_leave_a_doubt_are_refused(document, words):
    """Cubes, several tables, and series that contradict themselves are not read."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(json.dumps(document))

    assert words in raised.value.message
