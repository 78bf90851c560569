"""Flags over REST: beside their values in every format and vintage, never in Quandl's shape."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import Result, TestClient

from tests.entrypoints.flagged import CODE, MEANINGS, flagged_use_cases
from tests.entrypoints.rest.conftest import client_of

NAMES = ["date", "Open", "Open_flag", "Close", "Close_flag"]
ROWS: list[list[Any]] = [
    ["2024-01-01", 1.0, None, 1.5, None],
    ["2024-01-02", 2.0, "p", None, "B E"],
    ["2024-01-03", 3.0, "=1", 3.5, "p"],
]
FIRST = [[*ROWS[0][:4], "p"], *ROWS[1:]]


@pytest.fixture(scope="module")
def client() -> TestClient:
    return client_of(flagged_use_cases())


def get(client: TestClient, ending: str, query: str = "flags=true", provider: str = "canned") -> Result:
    return client.simulate_get(f"/data{ending}", query_string=f"code={provider}:{CODE}&{query}")


def rows_of(table: Any) -> list[list[Any]]:
    return [[str(row["date"]), *list(row.values())[1:]] for row in table.to_pylist()]


def test_json_has_flags_beside_values(client: TestClient) -> None:
    """Each column is followed by its flags, null where there is none; the document says what they mean."""
    found = get(client, ".json").json

    assert (found["columns"], found["data"], found["flags"]) == (NAMES, ROWS, MEANINGS)
    records = get(client, ".json", "flags=true&shape=records&order=desc").json["data"]
    assert records == [dict(zip(NAMES, row, strict=True)) for row in ROWS[::-1]]


def test_csv_has_flags_beside_values(client: TestClient) -> None:
    """Empty cells are no flags; one that a spreadsheet would take for a formula is guarded."""
    text = get(client, ".csv").text
    written = [["" if cell is None else str(cell) for cell in row] for row in ROWS]
    written[2][2] = "'=1"

    assert list(csv.reader(io.StringIO(text))) == [NAMES, *written]
    assert get(client, ".csv", "flags=true&order=desc").text.splitlines()[1] == "2024-01-03,3.0,'=1,3.5,p"


def test_columnar_files_have_flags_beside_values(client: TestClient) -> None:
    """Flags are columns of text, and the code list stands in the schema's metadata."""
    parquet = pq.read_table(io.BytesIO(get(client, ".parquet").content))
    arrow = pa.ipc.open_file(get(client, ".arrow").content).read_all()

    for table in (parquet, arrow):
        assert table.column_names == NAMES
        assert rows_of(table) == ROWS
        assert table.schema.field("Close_flag").type == pa.string()
        assert json.loads(table.schema.metadata[b"flags"]) == MEANINGS


def test_every_vintage_has_its_flags(client: TestClient) -> None:
    """The flags of an earlier vintage are those of then, in each format."""
    assert get(client, ".json", "flags=true&vintage=1").json["data"] == FIRST
    assert get(client, ".csv", "flags=true&vintage=1").text.splitlines()[1] == "2024-01-01,1.0,,1.5,p"
    assert rows_of(pq.read_table(io.BytesIO(get(client, ".parquet", "flags=true&vintage=1").content))) == FIRST


def test_flags_follow_the_part_that_is_read(client: TestClient) -> None:
    """Columns, dates, limit and periods cut flags with their values."""
    assert get(client, ".json", "flags=true&columns=Close&limit=1").json["data"] == [["2024-01-03", 3.5, "p"]]
    assert get(client, ".json", "flags=true&column_index=1&end_date=2024-01-02").json["data"] == [row[:3] for row in ROWS[:2]]
    assert get(client, ".json", "flags=true&column_index=0").json["data"] == [row[:1] for row in ROWS]
    assert get(client, ".json", "flags=true&periods=end").json["data"] == ROWS
    assert get(client, ".json", "flags=true&start_date=2025-01-01").json["data"] == []


def test_without_the_wish_nothing_is_other_than_before(client: TestClient) -> None:
    """Bytes in each format are those of the same series without flags."""
    for ending in (".csv", ".parquet", ".arrow"):
        plain = get(client, ending, "order=asc", "plain")
        flagged = get(client, ending, "order=asc")
        if ending == ".csv":
            assert flagged.content == plain.content
            continue
        read = pq.read_table if ending == ".parquet" else lambda file: pa.ipc.open_file(file).read_all()
        assert read(io.BytesIO(flagged.content)).equals(read(io.BytesIO(plain.content)))
        assert b"flags" not in read(io.BytesIO(flagged.content)).schema.metadata
    assert get(client, ".json", "shape=table").json["columns"] == ["date", "Open", "Close"]
    assert "flags" not in get(client, ".json", "shape=table").json
    assert get(client, ".json").headers["etag"] != get(client, ".json", "flags=false").headers["etag"]


def test_a_series_without_flags_has_empty_columns(client: TestClient) -> None:
    """Who asks for flags gets the same columns of any series."""
    found = get(client, ".json", provider="plain").json

    assert (found["columns"], found["flags"]) == (NAMES, {})
    assert [row[2::2] for row in found["data"]] == [[None, None]] * 3
    assert get(client, ".csv", provider="plain").text.splitlines()[2] == "2024-01-02,2.0,,,"


@pytest.mark.parametrize("query", ["collapse=monthly", "transform=diff", "transform=yoy", "collapse=weekly&aggregate=mean"])
def test_calculated_values_have_no_flags(client: TestClient, query: str) -> None:
    """With collapse or transform flags are a 400 that names the parameter and the way out."""
    refused = get(client, ".json", f"flags=true&{query}")

    assert refused.status_code == 400
    assert [error["parameter"] for error in refused.json["errors"]] == ["flags"]
    assert query.partition("=")[0] in refused.json["hint"]
    assert get(client, ".json", f"flags=false&{query}").status_code == 200


def test_a_wish_is_true_or_false(client: TestClient) -> None:
    """Anything else is refused, and where there is no data there is no such parameter."""
    assert get(client, ".json", "flags=yes").status_code == 400
    assert client.simulate_get("/timeseries", query_string="flags=true").status_code == 400


def test_revisions_say_that_flags_alone_changed(client: TestClient) -> None:
    """The second vintage changed one flag: it is listed apart, its counts are 0 and its digest is another."""
    series_id = client.simulate_get("/timeseries", query_string=f"code=canned:{CODE}").json["items"][0]["id"]
    found = client.simulate_get(f"/timeseries/{series_id}/revisions").json

    assert found["flags_changed"] == [{"date": "2024-01-01", "column": "Close", "old": "p", "new": None}]
    assert found["flags_alone"] is True
    assert (found["added"]["data"], found["changed"], found["deleted"]["data"]) == ([], [], [])
    assert [found["to"][name] for name in ("added", "changed", "deleted")] == [0, 0, 0]
    assert found["to"]["digest"] != found["from"]["digest"]
    same = client.simulate_get(f"/timeseries/{series_id}/revisions", query_string="from=1&to=1").json
    assert (same["flags_changed"], same["flags_alone"]) == ([], False)
    assert client.simulate_get(f"/timeseries/{series_id}").json["metadata"]["extra"]["flags"] == MEANINGS


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v3/datasets/{CODE}.json",
        f"/api/v3/datasets/{CODE}/data.json",
        f"/api/v3/datasets/{CODE}.csv",
        f"/api/v3/datasets/{CODE}/data.csv",
    ],
)
def test_quandls_shape_has_no_flags(client: TestClient, path: str) -> None:
    """Whatever is asked, Quandl's clients see the columns that they know."""
    answer = client.simulate_get(path, query_string="flags=true")

    assert answer.status_code == 200
    assert "_flag" not in answer.text
    assert "B E" not in answer.text
