"""Keys in the query of a URL, where the operator allows them for clients that can send no header."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from domain.api_keys import Scope
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL
from tests.fakes import CannedSource

CODE = "code=canned:CANNED/FB"


class Sheet:
    """A client that can write a URL and nothing else."""

    def __init__(self, *, query_keys: bool, keys_required: bool = True) -> None:
        self.use_cases: UseCases = memory_use_cases({"canned": CannedSource()})
        self.text = self.use_cases.manage_keys.create("sheet", [Scope.READ, Scope.FETCH])[1]
        app = create_app(self.use_cases, allowed_hosts=(), keys_required=keys_required, query_keys=query_keys)
        self.client = TestClient(app, headers=LOCAL)
        self.client.simulate_post("/timeseries", json={"code": "canned:CANNED/FB"}, headers={"Authorization": f"Bearer {self.text}"})

    def get(self, path: str, query: str, method: str = "GET", **options: Any) -> Result:
        return self.client.simulate_request(method, path, query_string=query.replace("KEY", self.text), **options)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return Sheet(query_keys=True)


@pytest.mark.parametrize("query", [f"{CODE}&api_key=KEY", f"api_key=KEY&{CODE}", f"api_key=KEY&{CODE}&limit=1", f"{CODE}&auth_token=KEY"])
def test_a_sheet_reads_with_a_key_in_its_url(sheet: Sheet, query: str) -> None:
    """It is taken from any place among the parameters; the answer is for its holder alone, and does not repeat it."""
    answer = sheet.get("/data.csv", query)

    assert (answer.status_code, answer.headers["cache-control"].split(",")[0]) == (200, "private")
    assert sheet.text not in answer.text + str(answer.headers)
    assert sheet.get("/data.csv", query, "HEAD").status_code == 200


def test_a_wrong_key_is_refused(sheet: Sheet) -> None:
    """As in a header; and a valid key in a header goes first."""
    assert sheet.get("/data.csv", f"{CODE}&api_key=wrong").status_code == 401
    assert sheet.get("/data.csv", f"{CODE}&api_key=wrong", headers={"X-Api-Token": sheet.text}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/timeseries"), ("DELETE", "/timeseries/x"), ("PUT", "/formulas/MY/X")])
def test_only_reading_is_allowed_so(sheet: Sheet, method: str, path: str) -> None:
    """What changes something needs a header, whatever the key allows."""
    refused = sheet.get(path, "api_key=KEY", method)

    assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (400, "api_key")
    assert sheet.text not in refused.text


@pytest.mark.parametrize("query_keys", [True, False])
def test_other_parameters_are_checked_as_ever(query_keys: bool) -> None:  # noqa: FBT001 - pytest's form
    """Unknown ones are refused, without a word of the key; where keys in queries are not allowed, the setting is named."""
    sheet = Sheet(query_keys=query_keys)
    wrong = sheet.get("/data.csv", f"{CODE}&api_key=KEY&nonsense=1")

    assert (wrong.status_code, wrong.json["errors"][0]["parameter"]) == (400, "nonsense" if query_keys else "api_key")
    assert query_keys or "LANNER_QUERY_KEYS=true" in wrong.json["hint"]
    assert sheet.text not in wrong.text


def test_pages_go_on_without_it(sheet: Sheet) -> None:
    """Links to further pages and permanent addresses have no key in them."""
    for name in ("A", "B"):
        sheet.client.simulate_post("/timeseries", json={"code": f"canned:CANNED/{name}"}, headers={"Authorization": f"Bearer {sheet.text}"})
    listed = sheet.get("/timeseries", "limit=1&api_key=KEY")
    read = sheet.get("/data.json", f"{CODE}&api_key=KEY")

    assert 'rel="next"' in listed.headers["link"]
    assert sheet.text not in str(listed.headers) + str(read.headers) + listed.text


def test_where_no_keys_are_needed_it_is_dropped() -> None:
    """A URL made for one service works at another one."""
    assert Sheet(query_keys=True, keys_required=False).get("/data.csv", f"{CODE}&api_key=any").status_code == 200
    assert Sheet(query_keys=False, keys_required=False).get("/data.csv", f"{CODE}&api_key=any").status_code == 400


def test_it_is_in_no_line_of_the_log(sheet: Sheet, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even after an error of the program."""
    monkeypatch.setattr(type(sheet.use_cases.search_series), "__call__", lambda *_: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        broken = sheet.get("/timeseries", "api_key=KEY&limit=1")

    assert (broken.status_code, "unhandled error" in caplog.text) == (500, True)
    assert sheet.text not in broken.text + caplog.text
    assert all(sheet.text not in str(vars(record)) for record in caplog.records)
