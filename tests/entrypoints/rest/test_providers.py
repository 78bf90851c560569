"""GET /providers."""

from __future__ import annotations

from collections.abc import Callable

from falcon.testing import TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.budgets import Breaker, Budget
from domain.use_cases import UseCases
from tests.builders import NOBODY, CannedSource, memory_use_cases


def test_the_providers_are_listed(client_on: Callable[[UseCases], TestClient], listed: UseCases) -> None:
    """Each provider says whether it can be asked, its key, limits and terms, and how things stand with it."""
    answer = client_on(listed).simulate_get("/providers")

    assert answer.status_code == 200
    assert answer.json["items"][0] == {
        "name": "fred",
        "title": "FRED",
        "database_codes": ["FRED", "ALFRED"],
        "configured": False,
        "problem": "Set LANNER_PROVIDERS__FRED__API_KEY.",
        "key_needed": True,
        "key_url": "https://f.example/key",
        "limits": [{"calls": 2, "seconds": 1}, {"calls": 300, "seconds": 10}],
        "concurrency": 2,
        "blocked_until": "2024-06-01T12:01:30Z",
        "circuit": "closed",
        "open_until": None,
        "attribution": "St. Louis Fed",
        "terms": "https://f.example/terms",
        "redistribution": "personal",
        "search": "query",
        "gates": {"deviations": 0.0, "scale": False, "frequency": False},
    }
    shown = [(item["name"], item["circuit"], item["open_until"], item["blocked_until"]) for item in answer.json["items"][1:]]
    assert shown == [("quandl", "open", "2024-06-01T12:00:30Z", None), ("sample", "closed", None, None)]


def test_a_fetch_tells_that_it_waits_for_the_circuit(client_on: Callable[[UseCases], TestClient]) -> None:
    """A fetch of a provider that is down says so, and until when it waits."""
    store = MemoryStore()
    with store.writing() as uow:
        for _ in range(Breaker().failures):
            uow.rate_limiter.failed(Budget(provider="canned"), NOBODY)
        uow.commit()
    client = client_on(memory_use_cases({"canned": CannedSource()}, store=store))
    asked = client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json
    fetch = client.simulate_get(f"/fetches/{asked['fetch']['id']}").json

    assert (fetch["status"], fetch["attempts"], fetch["waiting_for"]["reason"]) == ("pending", 0, "circuit")
    assert fetch["waiting_for"]["until"] == fetch["next_attempt"]


def test_unknown_parameters_are_refused(client: TestClient) -> None:
    """The list takes no parameters."""
    assert client.simulate_get("/providers?limits=1").status_code == 400
