"""Atom feeds over REST."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.observations import Observations
from tests.builders import memory_use_cases, waiting_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def api() -> TestClient:
    """Two series: A with vintages of 1 and 2 March, then C with one of 3 March."""
    clock, source = [datetime(2024, 3, 1, 12, tzinfo=UTC)], CannedSource()
    client = client_of(memory_use_cases({"canned": source}, store=MemoryStore(lambda: clock[0])))
    for day, code in enumerate(["X/A", "X/A", "X/C"], start=1):
        clock[0] = datetime(2024, 3, day, 12, tzinfo=UTC)
        source.observations = Observations.of(["2024-01-01", "2024-01-02"], ["Value"], [[float(day)], [2.0]])
        assert client.simulate_post("/timeseries", json={"code": code, "refresh": True}).status_code in (200, 201)
    return client


def read(answer: Result) -> ET.Element:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    return ET.fromstring(answer.content)  # noqa: S314 - our own answer


def texts(feed: ET.Element, name: str) -> list[str]:
    return [entry.findtext(f"{ATOM}{name}", "") for entry in feed.findall(f"{ATOM}entry")]


def id_of(api: TestClient, code: str) -> str:
    found: str = api.simulate_get("/timeseries", params={"code": code}).json["items"][0]["id"]
    return found


def test_the_feed_of_all_series_is_newest_first(api: TestClient) -> None:
    """Each entry says what changed and links to its vintage; the feed is as new as its newest entry."""
    feed = read(api.simulate_get("/feed.atom"))
    links = [link.get("href", "") for link in feed.findall(f"{ATOM}entry/{ATOM}link")]

    assert texts(feed, "title") == ["canned:X/C, vintage 1", "canned:X/A, vintage 2", "canned:X/A, vintage 1"]
    assert texts(feed, "summary")[1].endswith("0 dates added, 1 changed, 0 deleted.")
    assert feed.findtext(f"{ATOM}updated") == texts(feed, "updated")[0] == "2024-03-03T12:00:00+00:00"
    assert [api.simulate_get(link).json["number"] for link in links] == [1, 2, 1]
    assert texts(read(api.simulate_get("/feed.atom?limit=1")), "title") == ["canned:X/C, vintage 1"]


def test_the_feed_of_a_series_has_the_same_entries(api: TestClient) -> None:
    """With the same ids, which are never repeated; the feed's own id is the series'."""
    series_id, every = id_of(api, "X/A"), read(api.simulate_get("/feed.atom"))
    feed = read(api.simulate_get(f"/timeseries/{series_id}/feed.atom"))

    assert texts(feed, "id") == texts(every, "id")[1:]
    assert len(set(texts(every, "id"))) == 3
    assert feed.findtext(f"{ATOM}id") == UUID(series_id).urn
    assert texts(read(api.simulate_get(f"/timeseries/{series_id}/feed.atom?limit=1")), "title") == ["canned:X/A, vintage 2"]


def test_without_vintages_a_feed_is_empty() -> None:
    """It still has what a feed must have."""
    api = client_of(waiting_use_cases())
    series_id = api.simulate_post("/timeseries", json={"code": "X/A"}).json["id"]
    for path in ("/feed.atom", f"/timeseries/{series_id}/feed.atom"):
        feed = read(api.simulate_get(path))

        assert texts(feed, "id") == []
        assert all(feed.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated", f"author/{ATOM}name"))


def test_what_is_wrong_is_named(api: TestClient) -> None:
    """A series that is not stored is a 404; a limit out of bounds is a 400."""
    assert api.simulate_get(f"/timeseries/{uuid4()}/feed.atom").status_code == 404
    assert api.simulate_get("/feed.atom?limit=0").json["errors"][0]["parameter"] == "limit"
