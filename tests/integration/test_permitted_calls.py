"""What the HTTP client asks before each call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from adapters.provider_kit.http.client import HttpClient
from domain.errors import ThrottledLocally
from tests.builders import a_server, an_answer


def test_each_call_is_announced() -> None:
    """Every request, redirects included, is announced before it is sent, with the seconds that are left for it."""
    seen: list[str] = []

    def respond(target: str, _headers: Mapping[str, str]) -> Iterator[bytes]:
        seen.append(target)
        yield an_answer(b"", status=302, Location="/api/b") if target.endswith("/a") else an_answer(b"{}")

    announced: list[tuple[int, float]] = []
    with a_server(respond) as address:
        client = HttpClient(
            "p", f"{address}/api", secrets=(), deadline_seconds=9, before_call=lambda left: announced.append((len(seen), left))
        )
        client.get(["a"])

    assert [calls for calls, _ in announced] == [0, 1]
    assert all(0 < left <= 9 for _, left in announced)


def test_a_refused_call_is_not_made() -> None:
    """What refuses a call is passed on as it is, and nothing is sent."""
    seen: list[str] = []

    def refuse(_left: float) -> None:
        raise ThrottledLocally

    def respond(target: str, _headers: Mapping[str, str]) -> Iterator[bytes]:
        seen.append(target)
        yield an_answer(b"{}")

    with a_server(respond) as address, pytest.raises(ThrottledLocally):
        HttpClient("p", address, secrets=(), deadline_seconds=9, before_call=refuse).get(["a"])

    assert seen == []
