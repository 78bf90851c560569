"""Keys in FRED's form."""

from __future__ import annotations

import json
import re

import pytest
from falcon.testing import TestClient

from domain.api_keys import Scope, TokenForm
from entrypoints.rest.app import create_app
from tests.entrypoints.rest.conftest import LOCAL
from tests.entrypoints.rest.fred import FredClient


@pytest.fixture
def keyed() -> tuple[FredClient, TestClient]:
    """The same service for holders of keys alone."""
    fred = FredClient()
    fred.rows()
    return fred, TestClient(create_app(fred.use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)


def test_a_key_of_freds_form(keyed: tuple[FredClient, TestClient]) -> None:
    """32 lower-case letters and digits, which stand in the query of FRED's API and nowhere else, and in headers everywhere."""
    fred, client = keyed
    _, token = fred.use_cases.manage_keys.create("pyfredapi", [Scope.READ], form=TokenForm.FRED)
    query = {"series_id": "JOBS", "api_key": token}
    statuses = [
        client.simulate_get("/fred/series", params=query).status_code,
        client.simulate_get("/graph/fredgraph.csv", params={"id": "JOBS", "api_key": token}).status_code,
        client.simulate_get("/graph/fredgraph.csv", params={"id": "JOBS"}, headers={"X-Api-Token": token}).status_code,
        client.simulate_get("/timeseries", params={"api_key": token}).status_code,
    ]

    assert re.fullmatch("[0-9a-z]{32}", token)
    assert statuses == [200, 400, 200, 400]
    assert client.simulate_get("/fred/series", params=query).headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Variable api_key is not set."),
        ({"api_key": "0" * 32}, "The value for variable api_key is not registered."),
        ({"api_key": "ABC"}, "The value for variable api_key is not registered."),
    ],
    ids=str,
)
def test_a_key_that_is_none(keyed: tuple[FredClient, TestClient], given: dict[str, str], words: str) -> None:
    """FRED's sentence, and how to make one."""
    refused = keyed[1].simulate_get("/fred/series", params={"series_id": "JOBS", "file_type": "json", **given})

    assert (refused.status_code, refused.json["error_code"]) == (400, 400)
    assert refused.json["error_message"].startswith(f"Bad Request.  {words}")
    assert "lanner keys create --form fred" in refused.json["error_message"]


def test_keys_are_redacted(keyed: tuple[FredClient, TestClient], caplog: pytest.LogCaptureFixture) -> None:
    """No line of the log has one."""
    fred, client = keyed
    _, token = fred.use_cases.manage_keys.create("x", [Scope.READ], form=TokenForm.FRED)
    with caplog.at_level("DEBUG"):
        client.simulate_get("/fred/series", params={"series_id": "NOSUCH", "api_key": token})
        client.simulate_get("/fred/series/observations", params={"series_id": "JOBS", "api_key": token, "units": "x"})

    assert token not in caplog.text
    assert token not in json.dumps([vars(record) for record in caplog.records], default=str)


def test_reading_alone_fetches_nothing(keyed: tuple[FredClient, TestClient]) -> None:
    """A series that is not stored does not exist for a key that may not fetch."""
    fred, client = keyed
    _, token = fred.use_cases.manage_keys.create("x", [Scope.READ], form=TokenForm.FRED)
    asked = list(fred.source.asked)  # type: ignore[attr-defined]

    assert client.simulate_get("/fred/series", params={"series_id": "NEW", "api_key": token}).status_code == 400
    assert fred.source.asked == asked  # type: ignore[attr-defined]
