"""Imports over REST: a file that is sent along, or one in the configured folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from domain.use_cases import UseCases
from entrypoints.rest.resources.imports import MOST_SENT
from tests.builders import memory_use_cases
from tests.fakes import CannedSource

ClientOn = Callable[[UseCases], TestClient]
BOUNDARY = "----boundary7MA4YWxk"
DUMP = "ticker,date,open,close\nA,2018-01-02,1,2\nA,2018-01-03,1,3\nB,2018-01-02,5,6\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "dump.csv").write_text(DUMP)
    for day, value in (("2019-01-30", 1), ("2019-02-28", 2)):
        (inside / f"gdp_{day}.csv").write_text(f"date,value\n2018-01-01,{value}\n2018-01-02,5\n")
    (tmp_path / "outside.csv").write_text(DUMP)
    (inside / "link.csv").symlink_to(tmp_path / "outside.csv")
    return inside


@pytest.fixture
def client(client_on: ClientOn, folder: Path) -> TestClient:
    use_cases = memory_use_cases({"canned": CannedSource()})
    return client_on(replace(use_cases, import_files=replace(use_cases.import_files, folder=folder)))


def named(client: TestClient, path: str, **members: Any) -> Result:
    return client.simulate_post("/imports", json={"path": path, "database": "OWN", **members})


def sent(client: TestClient, body: str, fields: Mapping[str, str], name: str = "dump.csv") -> Result:
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in {"database": "OWN", **fields}.items()]
    parts.append(f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{body}')
    lines = "".join(f"--{BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{BOUNDARY}--\r\n"
    return client.simulate_post("/imports", body=lines.encode(), headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})


def test_a_file_is_sent_along(client: TestClient) -> None:
    """Its series are read at once, are never stale, and are found by their codes; none of them is fetched."""
    answer = sent(client, DUMP, {"layout": "by-ticker", "map": '{"code": "ticker"}'})

    assert answer.status_code == 200
    assert {name: answer.json[name] for name in ("series", "vintages", "rows")} == {"series": 2, "vintages": 2, "rows": 3}
    first = answer.json["items"][0]
    assert (first["provider"], first["code"], first["states"], first["given"]) == ("import", "OWN/A", 1, 0)
    data = client.simulate_get("/data.json", params={"code": "OWN/A"})
    assert data.json["data"] == [["2018-01-02", 1.0, 2.0], ["2018-01-03", 1.0, 3.0]]
    assert client.simulate_get("/api/v3/datasets/OWN/A.json").json["dataset"]["data"] == [
        ["2018-01-03", 1.0, 3.0],
        ["2018-01-02", 1.0, 2.0],
    ]
    for body in ({"code": "OWN/A"}, {"code": "OWN/A", "provider": "import"}):
        refused = client.simulate_post("/timeseries", json=body)
        assert (refused.status_code, refused.json["code"]) == (422, "provider_not_configured")
        assert refused.json["detail"] == "import:OWN/A holds what was imported, and is not fetched."


def test_a_folder_is_named(client: TestClient) -> None:
    """Its files become vintages with the cause import; the feed says which is the newest state."""
    dry = named(client, ".", published="filename", dry_run=True)
    assert dry.status_code == 400
    assert "dump.csv" in dry.json["detail"]

    answer = named(client, "gdp_2019-01-30.csv", published="filename")
    named(client, "gdp_2019-02-28.csv", published="filename")

    assert answer.json["items"][0]["first_known_at"] == "2019-01-30T23:59:59Z"
    feed = client.simulate_get("/vintages").json["items"]
    assert [(each["vintage"]["cause"], each["is_newest"], "fetch" in each["vintage"]["links"]) for each in feed] == [
        ("import", False, False),
        ("import", True, False),
    ]


def test_a_dry_run_stores_nothing(client: TestClient) -> None:
    """It answers the same."""
    answer = named(client, "dump.csv", layout="by-ticker", dry_run=True)

    assert (answer.json["series"], answer.json["vintages"]) == (2, 2)
    assert client.simulate_get("/timeseries").json["items"] == []


@pytest.mark.parametrize(("path", "members", "status", "detail"), [
    ("../outside.csv", {}, 400, "path leads out of the configured folder"),
    ("link.csv", {"layout": "by-ticker"}, 400, "path leads out of the configured folder"),
    ("missing.csv", {}, 400, "There is no file or folder"),
    ("dump.csv", {"layout": "tall"}, 400, "'tall' is no layout"),
    ("dump.csv", {"map": {"date": 5}}, 400, "map must be an object"),
    ("dump.csv", {"maps": {}}, 400, "'maps' is not a field of this request. Did you mean map?"),
    ("dump.csv", {"layout": "by-ticker", "into": "canned"}, 404, "canned:OWN/A is not stored here"),
    ("dump.csv", {"layout": "long"}, 400, "the values may stand in the columns 'open' and 'close'"),
    ("dump.csv", {"layout": "by-ticker", "database": "no code"}, 400, "cannot be the code of a series"),
])  # fmt: skip
def test_what_is_wrong_is_named(client: TestClient, path: str, members: Mapping[str, Any], status: int, detail: str) -> None:
    """A problem says what is wrong, and nothing is stored."""
    answer = named(client, path, **members)

    assert (answer.status_code, answer.json["detail"][: len(detail)] == detail or detail in answer.json["detail"]) == (status, True), (
        answer.json
    )
    assert client.simulate_get("/timeseries").json["items"] == []


def test_a_cell_that_is_no_number_is_a_422(client: TestClient) -> None:
    """The file's fault, not a gateway's."""
    answer = sent(client, DUMP.replace(",3\n", ",x\n"), {"layout": "by-ticker"})

    assert (answer.status_code, answer.json["code"]) == (422, "not_understood")
    assert answer.json["detail"].startswith("dump.csv: row 3, column 'close', cell 'x': not a number")


def test_a_file_that_is_too_large_is_a_413(client: TestClient) -> None:
    """It belongs into the folder, or to the command."""
    answer = sent(client, "x" * (MOST_SENT + 1), {})

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")
    assert "lanner import" in answer.json["hint"]


def test_a_form_needs_its_fields(client: TestClient) -> None:
    """JSON in fields is checked as in a body."""
    for fields, detail in (
        ({"map": "{"}, "map is not JSON"),
        ({"dry_run": "5"}, "dry_run must be true or false"),
        ({"path": "x"}, "'path' is not"),
    ):
        answer = sent(client, DUMP, fields)
        assert (answer.status_code, detail in answer.json["detail"]) == (400, True), answer.json


def test_no_folder_is_configured(client_on: ClientOn) -> None:
    """Then no path may be named; a file may be sent."""
    client = client_on(memory_use_cases({"canned": CannedSource()}))

    assert named(client, "dump.csv").json["detail"] == "No folder is configured from which files may be imported."
    assert sent(client, DUMP, {"layout": "by-ticker"}).status_code == 200
