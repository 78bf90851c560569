"""How often a client may ask: requests in a process, fetches in the store, keys that are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from falcon.testing import TestClient

from adapters.memory.unit_of_work import MemoryStore
from domain.api_keys import Scope
from domain.providers import Limit
from entrypoints.rest.app import create_app
from entrypoints.rest.http.rate_limits import TokenBuckets, client_of
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.rest.conftest import LOCAL

ONE, OTHER = "203.0.113.1", "203.0.113.2"


class Limited:
    """A service with limits, and a clock that tests move."""

    def __init__(self, **options: Any) -> None:
        self.time = datetime(2024, 3, 1, tzinfo=UTC)
        self.store = MemoryStore(clock=lambda: self.time)
        self.use_cases = memory_use_cases({"canned": CannedSource()}, store=self.store)
        self.client = TestClient(create_app(self.use_cases, allowed_hosts=(), **options), headers=LOCAL)


def test_a_client_that_asks_too_often_is_told_when_to_come_again() -> None:
    """It alone: 429 with Retry-After, and header fields that say what is left; probes are not counted."""
    client = Limited(request_limits=(Limit(3, 60), Limit(100, 3600))).client
    answers = [client.simulate_get("/timeseries", remote_addr=ONE) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        '"3/60";r=2',
        '"3/60";r=1',
        '"3/60";r=0',
        '"3/60";r=0',
    ]
    assert answers[0].headers["ratelimit-policy"] == '"3/60";q=3;w=60, "100/3600";q=100;w=3600'
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert (answers[3].json["code"], answers[3].json["retryable"]) == ("too_many_requests", True)
    assert client.simulate_get("/healthz", remote_addr=ONE).status_code == 200
    assert client.simulate_get("/timeseries", remote_addr=OTHER).status_code == 200


def test_every_request_counts_whatever_it_leads_to() -> None:
    """Unknown routes, refused targets and other methods too; in Quandl's words at its addresses."""
    client = Limited(request_limits=(Limit(3, 60),)).client
    for path in ("/none", "/timeseries/x", "/"):
        client.simulate_get(path, remote_addr=ONE)
    refused = client.simulate_get("/api/v3/datasets/CANNED/FB", remote_addr=ONE)

    assert (refused.status_code, refused.json["quandl_error"]["code"]) == (429, "QELx04")


def test_without_limits_nothing_is_said_of_them() -> None:
    """As on a loopback address."""
    answer = Limited().client.simulate_get("/timeseries")

    assert "ratelimit" not in answer.headers


def test_a_key_has_its_own_limits_wherever_it_is_used() -> None:
    """They replace the general limits; a key without any is counted separately from its address."""
    limited = Limited(request_limits=(Limit(1, 60),), keys_required=True)
    keys = limited.use_cases.manage_keys
    own, plain = (keys.create(name, [Scope.READ], limits=limits)[1] for name, limits in (("own", (Limit(3, 60),)), ("plain", ())))

    def statuses(text: str, count: int) -> list[int]:
        asked = [{"remote_addr": address, "headers": {"X-Api-Token": text}} for address in (ONE, OTHER)] * count
        return [limited.client.simulate_get("/timeseries", **each).status_code for each in asked[:count]]

    assert statuses(own, 4) == [200, 200, 200, 429]
    assert statuses(plain, 2) == [200, 429]


def test_fetches_are_counted_in_the_store() -> None:
    """They hold across processes; stored data are still returned, and a repeated request joins its fetch without a token."""
    limited = Limited(fetch_limits=(Limit(2, 60),))
    other = TestClient(create_app(limited.use_cases, allowed_hosts=(), fetch_limits=(Limit(2, 60),)), headers=LOCAL)

    def ask(client: TestClient, code: str, address: str = ONE) -> Any:
        return client.simulate_post("/timeseries", json={"code": code}, remote_addr=address)

    made = [ask(limited.client, "CANNED/A").status_code, ask(other, "CANNED/B").status_code, ask(other, "CANNED/A").status_code]
    refused = ask(limited.client, "CANNED/C")
    through = limited.client.simulate_get("/api/v3/datasets/CANNED/C", remote_addr=ONE)
    kept = limited.client.simulate_get("/api/v3/datasets/CANNED/A", remote_addr=ONE)
    again = limited.client.simulate_post(f"/timeseries/{ask(other, 'CANNED/A').json['id']}/fetches", json={}, remote_addr=ONE)

    assert made == [201, 201, 200]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert (through.status_code, through.json["quandl_error"]["code"], again.status_code) == (429, "QELx04", 429)
    assert kept.status_code == 200
    assert limited.client.simulate_get("/timeseries", params={"code": "canned:CANNED/C"}).json["items"] == []
    assert ask(limited.client, "CANNED/C", OTHER).status_code == 201
    limited.time += timedelta(seconds=31)
    assert ask(limited.client, "CANNED/D").status_code == 201


def test_a_stale_series_is_answered_as_it_is_kept_where_no_fetch_may_be_asked_for() -> None:
    """A reader that has used its fetches up reads on."""
    limited = Limited(fetch_limits=(Limit(1, 10**6),))
    first = limited.client.simulate_get("/api/v3/datasets/CANNED/A", remote_addr=ONE)
    limited.time += timedelta(days=2)
    second = limited.client.simulate_get("/api/v3/datasets/CANNED/A", remote_addr=ONE)

    assert (first.status_code, second.status_code) == (200, 200)


def test_idempotency_keys_are_counted_by_their_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client with more keys than are remembered is refused; repeats of remembered ones still work."""
    monkeypatch.setattr("domain.use_cases.request_fetch._MOST_REMEMBERED", (Limit(2, 172_800),))
    client = Limited().client

    def ask(key: str, address: str = ONE) -> int:
        return client.simulate_post(
            "/timeseries", json={"code": "CANNED/A"}, headers={"Idempotency-Key": key}, remote_addr=address
        ).status_code

    assert [ask("a"), ask("b"), ask("c"), ask("a"), ask("d", OTHER)] == [201, 200, 429, 201, 200]


def test_a_client_that_guesses_keys_is_refused_unread() -> None:
    """After many refusals from its address; whose key was good a moment ago is let in from there all the same."""
    limited = Limited(keys_required=True)
    _, good = limited.use_cases.manage_keys.create("good", [Scope.READ])
    _, new = limited.use_cases.manage_keys.create("new", [Scope.READ])

    def ask(text: str, address: str = ONE) -> Any:
        return limited.client.simulate_get("/timeseries", headers={"X-Api-Token": text}, remote_addr=address)

    assert ask(good).status_code == 200
    statuses = [ask(f"lnr_{number:012x}_{'x' * 43}").status_code for number in range(200)]

    assert set(statuses[:20]) == {401}
    assert set(statuses[-20:]) == {429}
    assert int(ask("guess").headers["retry-after"]) >= 1
    assert (ask(good).status_code, ask(new).status_code, ask(new, OTHER).status_code) == (200, 429, 200)
    assert limited.client.simulate_get("/healthz", remote_addr=ONE).status_code == 200


def test_a_wrong_secret_costs_what_an_unknown_key_costs() -> None:
    """Each takes one read of the store, so that the time does not reveal which ids exist."""
    limited = Limited(keys_required=True)
    key, text = limited.use_cases.manage_keys.create("good", [Scope.READ])
    check, looks = limited.use_cases.check_key, []
    reading = limited.store.reading
    limited.store.reading = lambda: looks.append(1) or reading()  # type: ignore[method-assign, func-returns-value]
    check(text)
    for wrong in (f"lnr_{key.id}_{'x' * 43}", f"lnr_{'0' * 12}_{'x' * 43}"):
        looks.clear()
        for _ in range(3):
            limited.client.simulate_get("/timeseries", headers={"X-Api-Token": wrong}, remote_addr=ONE)
        assert len(looks) == 3


def test_clients_are_known_by_their_addresses() -> None:
    """A holder of IPv6 addresses by the network that is its own."""
    assert client_of("203.0.113.1") == "203.0.113.1"
    assert client_of("::ffff:203.0.113.1") == "203.0.113.1"
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff:2") != client_of("2001:db8:0:1::1")


def test_buckets_fill_again_and_are_forgotten() -> None:
    """A token comes back at its rate; of very many clients those seen last are remembered."""
    now = [0.0]
    buckets, limits = TokenBuckets(lambda: now[0]), (Limit(2, 10),)
    assert [buckets.take("a", limits) for _ in range(3)] == [0.0, 0.0, 5.0]
    now[0] += 5
    assert [buckets.take("a", limits), buckets.take("a", limits)] == [0.0, 5.0]
    for number in range(20_000):
        buckets.take(str(number), limits)
    assert len(buckets._full_at) <= 10_000
