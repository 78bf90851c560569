"""GET /search."""

from __future__ import annotations

from datetime import date

import pytest
from falcon.testing import Result, TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.errors import KeyRejected, RateLimited
from domain.frequency import Frequency
from domain.providers import Limit
from domain.searching import SearchHit
from domain.use_cases import UseCases
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from tests.builders import memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL, client_of
from tests.fakes import CannedSource, SearchingSource

GDP = SearchHit(
    code=DatasetCode("FINDS", "GDP"),
    name="Gross <b>domestic</b> product",
    frequency=Frequency.QUARTERLY,
    unit="Dollars",
    first=date(1947, 1, 1),
    last=date(2024, 4, 1),
)
FLOW = SearchHit(code=DatasetCode("FINDS", "FLOW"), name="A flow", is_series=False, hint="Write the key behind it.")


def searching(**options: MemoryStore) -> UseCases:
    sources = {
        "finds": SearchingSource(hits=[GDP, FLOW]),
        "refuses": SearchingSource(refusal=KeyRejected("The key is wrong.")),
        "waits": SearchingSource(refusal=RateLimited("Too often.", retry_after=12.3)),
        "mute": CannedSource(),
    }
    return memory_use_cases(sources, default="mute", **options)


@pytest.fixture
def client() -> TestClient:
    return client_of(searching())


def test_without_a_provider_none_is_asked(client: TestClient) -> None:
    """It answers with what is stored, and with the providers that can be asked."""
    client.simulate_post("/timeseries", json={"code": "WIKI/PRICES"})
    answer = client.simulate_get("/search?query=pri")

    assert answer.status_code == 200
    assert [item["code"] for item in answer.json["stored"]] == ["WIKI/PRICES"]
    assert [(each["provider"], each["status"], each["hits"]) for each in answer.json["providers"]] == [
        ("finds", "not_asked", []),
        ("refuses", "not_asked", []),
        ("waits", "not_asked", []),
    ]


def test_what_a_provider_finds(client: TestClient) -> None:
    """Each hit has its code as it is fetched, and what the provider says of it; a data set says how its code is completed."""
    answer = client.simulate_get("/search?query=gdp&provider=finds").json

    assert answer["stored"] == []
    assert answer["providers"] == [
        {
            "provider": "finds",
            "title": "finds",
            "status": "ok",
            "hits": [
                {
                    "code": "FINDS/GDP",
                    "name": "Gross <b>domestic</b> product",
                    "is_series": True,
                    "lists_series": False,
                    "hint": "",
                    "description": "",
                    "frequency": "quarterly",
                    "unit": "Dollars",
                    "first_date": "1947-01-01",
                    "last_date": "2024-04-01",
                    "timeseries_id": None,
                },
                {
                    "code": "FINDS/FLOW",
                    "name": "A flow",
                    "is_series": False,
                    "lists_series": False,
                    "hint": "Write the key behind it.",
                    "description": "",
                    "frequency": None,
                    "unit": "",
                    "first_date": None,
                    "last_date": None,
                    "timeseries_id": None,
                },
            ],
            "more": False,
            "error": None,
            "retry_after": None,
        }
    ]


def test_what_is_stored_has_its_id(client: TestClient) -> None:
    """A hit that is fetched is the stored series from then on."""
    fetched = client.simulate_post("/timeseries", json={"code": "finds:FINDS/GDP"}).json
    [found] = client.simulate_get("/search?query=gdp&provider=finds&limit=1").json["providers"]

    assert ([hit["timeseries_id"] for hit in found["hits"]], found["more"]) == ([fetched["id"]], True)


def test_each_provider_has_its_status(client: TestClient) -> None:
    """One that refuses, must wait or cannot be searched does not hide what another one finds."""
    query = "&".join(f"provider={name}" for name in ("refuses", "finds", "waits", "mute"))
    answer = client.simulate_get(f"/search?query=gdp&{query}").json["providers"]

    assert [(each["provider"], each["status"], len(each["hits"]), each["retry_after"]) for each in answer] == [
        ("refuses", "refused", 0, None),
        ("finds", "ok", 2, None),
        ("waits", "waiting", 0, 13),
        ("mute", "not_searchable", 0, None),
    ]
    assert answer[0]["error"] == {
        "code": "key_rejected",
        "message": "The key is wrong.",
        "retryable": False,
        "hint": KeyRejected.hint,
    }


@pytest.mark.parametrize(
    ("query", "said", "parameter"),
    [
        ("", "query is missing", "query"),
        ("query=%20", "query is missing", "query"),
        ("query=a&query=b", "2 times", "query"),
        (f"query={'x' * 201}", "too long", "query"),
        ("query=a&limit=51", "from 1 to 50", "limit"),
        ("query=a&limit=0", "from 1 to 50", "limit"),
        ("query=a&provider=nobody", "no provider 'nobody'", "provider"),
        ("query=a&provider=a&provider=b&provider=c&provider=d&provider=e", "at most 4", "provider"),
        ("query=a&providers=finds", "not a parameter", "providers"),
    ],
)
def test_bad_input_is_named(client: TestClient, query: str, said: str, parameter: str) -> None:
    """The problem names the parameter."""
    answer = client.simulate_get(f"/search?{query}")

    assert (answer.status_code, said in answer.json["detail"]) == (400, True)
    assert [each["parameter"] for each in answer.json["errors"]] == [parameter]


def test_providers_are_for_keys_that_may_fetch() -> None:
    """With the scope to read a key finds what is stored; asking a provider needs the one to fetch."""
    use_cases = searching()
    client = TestClient(create_app(use_cases, allowed_hosts=(), keys_required=True), headers=LOCAL)
    keys = {scope: use_cases.manage_keys.create(str(scope), [scope])[1] for scope in Scope}
    keys[Scope.FETCH] = use_cases.manage_keys.create("both", [Scope.READ, Scope.FETCH])[1]

    def ask(scope: Scope, query: str) -> Result:
        return client.simulate_get(f"/search?query=gdp{query}", headers={"Authorization": f"Bearer {keys[scope]}"})

    assert ask(Scope.READ, "").status_code == 200
    assert (ask(Scope.READ, "&provider=finds").status_code, ask(Scope.FETCH, "&provider=finds").status_code) == (403, 200)
    assert "scope fetch" in ask(Scope.READ, "&provider=finds").json["detail"]
    assert client.simulate_get("/search?query=gdp").status_code == 401


def test_pages_of_other_sites_search_no_provider(client: TestClient) -> None:
    """A page elsewhere cannot use up a provider's limits."""
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert client.simulate_get("/search?query=gdp&provider=finds", headers=headers).status_code == 403
    assert client.simulate_get("/search?query=gdp", headers=headers).status_code == 200


def test_searches_count_as_fetches() -> None:
    """A client's quota of fetches pays for its searches; over it the answer is 429."""
    client = TestClient(create_app(searching(), allowed_hosts=(), fetch_limits=(Limit(2, 1000),)), headers=LOCAL)
    statuses = [client.simulate_get(f"/search?query={word}&provider=finds").status_code for word in ("a", "b", "a", "c")]

    assert statuses == [200, 200, 200, 429]
    assert client.simulate_post("/timeseries", json={"code": "WIKI/FB"}).status_code == 429


def test_searches_hold_few_slots() -> None:
    """They wait for others' servers, so that only so many may at once; what is stored is found all the same."""
    sender = ResponseSender(threads=4)
    client = TestClient(create_app(searching(), allowed_hosts=(), sender=sender), headers=LOCAL)
    with sender.wait_slots.acquire("127.0.0.1"):
        refused = client.simulate_get("/search?query=gdp&provider=finds")
        stored = client.simulate_get("/search?query=gdp")

    assert (refused.status_code, refused.json["code"], refused.headers["retry-after"]) == (503, "busy", "1")
    assert stored.status_code == 200
