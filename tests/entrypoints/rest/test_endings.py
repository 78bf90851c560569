"""A series that has ended at its source says so over REST; what it was stays as it was."""

from __future__ import annotations

from uuid import UUID

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.errors import DatasetNotFound, FetchError, SourceForbidden, SourceGone, SourceUnavailable
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import client_of
from tests.fakes import CannedSource, StoppedClock

RENAMED = DatasetNotFound("p.example answered with status 404: Renamed to Y/NEW.")
EMPTY = DatasetNotFound("The provider has no observations of X/A.")
FIREWALL = SourceForbidden("p.example answered with status 403: an HTML page.")
NO_NAME = SourceUnavailable("The name p.example cannot be resolved.")


class Service:
    """The API over one series with data, whose provider then fails."""

    def __init__(self) -> None:
        self.clock, self.source = StoppedClock(), CannedSource()
        self.api: TestClient = client_of(memory_use_cases({"canned": self.source}, store=MemoryStore(self.clock)))
        self.request()
        (item,) = self.get("/timeseries").json["items"]
        self.id = UUID(item["id"])

    def get(self, path: str, **more: str) -> Result:
        return self.api.simulate_get(path, params=more)

    def request(self) -> None:
        self.api.simulate_post("/timeseries", json={"code": "X/A", "refresh": True})


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.mark.parametrize(
    ("error", "days", "status", "successor"),
    [
        (SourceGone("p.example answered with status 410."), 0, "gone", None),
        (RENAMED, 0, "gone", "canned:Y/NEW"),
        (EMPTY, 1, "gone", None),
        (FIREWALL, 30, "suspended", None),
    ],
    ids=["410", "rename", "nothing left", "firewall"],
)
def test_what_has_ended_is_said_by_headers_and_json_and_earlier_states_stay(
    service: Service, error: FetchError, days: int, status: str, successor: str | None
) -> None:
    then = service.clock().isoformat().replace("+00:00", "Z")
    path = f"/timeseries/{service.id}/data"
    before = {form: service.get(f"{path}.{form}", as_of=then).content for form in ("csv", "parquet", "arrow")}
    permanent = service.get(f"{path}.json", vintage="1").content
    whole = service.get(f"{path}.json", as_of=then).json
    assert "note" not in whole
    service.source.error = error
    service.clock.forward(hours=1)
    service.request()
    if days:
        assert "deprecation" not in service.get(path).headers
        service.clock.forward(days=days)
        service.request()

    found = service.get(f"{path}.json", as_of=then)
    assert found.status_code == 200
    assert found.headers["deprecation"] == f"@{int(service.clock().timestamp())}"
    assert found.json["note"].startswith(f"This series is {status} at its source since 2024-0")
    assert [found.json[name] for name in ("columns", "data", "vintage")] == [whole[name] for name in ("columns", "data", "vintage")]
    link = f'</data?code={successor}>; rel="successor-version"' if successor else None
    assert found.headers.get("link") == link
    assert {form: service.get(f"{path}.{form}", as_of=then).content for form in before} == before
    assert service.get(f"{path}.json", vintage="1").content == permanent

    quandl = service.get("/api/v3/datasets/X/A.json")
    assert (quandl.status_code, "note" in quandl.json["dataset"]) == (200, False)
    assert quandl.headers["deprecation"] == found.headers["deprecation"]

    series = service.get(f"/timeseries/{service.id}").json
    assert (series["status"], series["status_at_source"], series["replaced_by"]) == ("success", status, successor)
    (change,) = series["source_statuses"]
    assert (change["status"], change["words"], change["url"]) == (status, error.message, "canned:X/A")
    assert (series["last_seen_at"], series["status_since"]) == (then, change["at"])
    assert [item["id"] for item in service.get("/timeseries", status_at_source=status).json["items"]] == [str(service.id)]
    assert service.get("/timeseries", status_at_source="active").json["items"] == []


def test_a_successor_says_what_it_replaces(service: Service) -> None:
    service.api.simulate_post("/timeseries", json={"code": "Y/NEW"})
    service.source.error = RENAMED
    service.request()
    (new,) = service.get("/timeseries", code="Y/NEW").json["items"]
    found = service.get(f"/timeseries/{new['id']}").json
    assert (found["replaces"], found["status_at_source"]) == (["canned:X/A"], "active")


def test_what_fails_for_a_while_is_failing_and_has_not_ended(service: Service) -> None:
    """As when a name is not resolved; it is retried for an hour before the fetch fails."""
    service.source.error = NO_NAME
    service.request()
    series = service.get(f"/timeseries/{service.id}").json
    assert (series["status_at_source"], series["source_statuses"]) == ("active", [])
    assert "deprecation" not in service.get(f"/timeseries/{service.id}/data").headers


def test_a_series_that_is_published_again_is_active(service: Service) -> None:
    service.source.error = SourceGone("p.example answered with status 410.")
    service.request()
    service.source.error = None
    service.clock.forward(days=1)
    service.request()
    series = service.get(f"/timeseries/{service.id}").json
    assert (series["status_at_source"], [change["status"] for change in series["source_statuses"]]) == ("active", ["gone", "active"])
    answer = service.get(f"/timeseries/{service.id}/data.json")
    assert ("deprecation" in answer.headers, "note" in answer.json) == (False, False)
