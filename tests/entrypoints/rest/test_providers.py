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


def test_a_block_is_lifted(client_on: Callable[[UseCases], TestClient]) -> None:
    """The answer is the provider as it is then, and its waiting fetches are due; lifting what is not there is the same."""
    store = MemoryStore()
    with store.writing() as uow:
        uow.rate_limiter.cool_down(Budget(provider="canned"), 86_400)
        uow.commit()
    client = client_on(memory_use_cases({"canned": CannedSource()}, store=store))
    asked = client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).json["fetch"]
    blocked = client.simulate_get("/providers").json["items"][0]
    lifted, again = (client.simulate_delete("/providers/canned/block") for _ in range(2))
    fetch = client.simulate_get(f"/fetches/{asked['id']}").json

    assert blocked["blocked_until"] is not None
    assert (lifted.status_code, lifted.json) == (200, {**blocked, "blocked_until": None})
    assert (again.status_code, again.json) == (200, lifted.json)
    assert (fetch["status"], fetch["waiting_for"]) == ("pending", None)
    assert fetch["next_attempt"] < blocked["blocked_until"]


def test_a_block_of_nobody_is_not_found(client: TestClient) -> None:
    """An unknown name is 404, and only DELETE is allowed."""
    unknown = client.simulate_delete("/providers/nobody/block")

    assert (unknown.status_code, unknown.json["code"]) == (404, "provider_not_found")
    assert client.simulate_get("/providers/canned/block").status_code == 405
