"""B: one client, and what is left to all others on the server as it is without a proxy."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from tests.attacks.client import address, connected, crowd, head, meanwhile, post, slowest, unanswered
from tests.attacks.conftest import Attack, scale
from tests.attacks.provider import DATABASE, Provider
from tests.attacks.service import Service, running

pytestmark = pytest.mark.timeout(180)
HONEST = "127.0.5.5"
MOST_MILLISECONDS = 250
#: While hundreds of large answers begin at once.
BURST_MILLISECONDS = 1000
UNREAD = {"Accept-Encoding": "identity"}
BODY_TO_COME = {"Content-Type": "application/json", "Content-Length": "100"}


@pytest.fixture(scope="session")
def large(bare: Service) -> str:
    """A series whose answers have megabytes."""
    return bare.fetched(f"{DATABASE}/LARGE.1")


#: What made a pattern walk over the text again and again, and what is like it.
SIGNS = ("://a:", "://", "://a:b@", "a://b:", "api_key=", "token=&", "=", "%3a//a:", "key=a ", "@:", "a@", "//a:", "?a=", "&", ";", "\\")


@pytest.mark.attacks("B1 patterns", "no text in a request keeps others waiting")
def test_patterns(bare: Service, attack: Attack) -> None:
    places = 0
    with meanwhile(bare.port, "/healthz", "/timeseries?limit=1", source=HONEST) as honest:
        for sign in SIGNS:
            for size in (15_000, 60_000):
                text = sign.replace(" ", "%20") * (size // len(sign))
                quiet = {"timeout": 20.0}
                bare.ask(f"/{text}", **quiet)
                bare.ask(f"/timeseries?query={text}", **quiet)
                for name in (
                    "Referer",
                    "User-Agent",
                    "X-Request-ID",
                    "Authorization",
                    "Accept-Encoding",
                    "Prefer",
                    "If-None-Match",
                    "Accept",
                ):
                    bare.ask("/timeseries?limit=1", headers={name: text}, **quiet)
                    places += 1
                bare.post("/timeseries", {"code": text[:30_000]})
    figure = f"{len(SIGNS)} texts of 15 and 60 kB in {places} places: {len(honest)} others, slowest {slowest(honest):.0f} ms"
    attack.shows(figure, held=not unanswered(honest) and slowest(honest) <= MOST_MILLISECONDS)


@pytest.mark.attacks("B2 repeated columns", "a name twice is refused, and so are more cells or longer addresses than there may be")
def test_columns(guarded: Service, attack: Attack) -> None:
    series, many = guarded.fetched(f"{DATABASE}/PLAIN.columns"), guarded.fetched(f"{DATABASE}/WIDE.1")
    before = guarded.memory
    place = f"/timeseries/{series}/data"
    twice = [guarded.ask(f"{place}{end}?{'columns=Value&' * 1000}") for end in (".json", ".csv", ".parquet", ".arrow")]
    twice += [
        guarded.ask(f"{place}.json?columns={','.join(['Value'] * 2000)}"),
        guarded.ask(f"{place}.json?columns=Value&columns=value&columns=Value"),
    ]
    long = [
        guarded.ask(f"{place}.json?{'columns=c1&' * 5_900}"),
        guarded.ask(f"/{'a' * 17_000}"),
        guarded.ask(f"{place}.json?columns={'a' * 17_000}"),
    ]
    ends = (".json", ".csv", ".parquet", ".arrow", ".json?shape=records", ".json?transform=diff")
    wide = [guarded.ask(f"/timeseries/{many}/data{end}") for end in ends]
    wide += [guarded.ask(f"/api/v3/datasets/{DATABASE}/WIDE.1{end}") for end in (".json", ".csv", "/data.json")]
    wide.append(guarded.ask(f"/timeseries?id={many}"))
    narrow = guarded.ask(f"/timeseries/{many}/data.json?limit=10").status
    statuses = {name: sorted({answer.status for answer in each}) for name, each in (("twice", twice), ("long", long), ("cells", wide))}
    took, grown = 1000 * max(answer.seconds for answer in [*twice, *long, *wide]), guarded.memory - before
    figure = f"{statuses}, narrowed {narrow}; slowest {took:.0f} ms, memory +{grown} MB"
    right = statuses == {"twice": [400], "long": [414], "cells": [413]}
    attack.shows(figure, held=right and narrow == 200 and took < 1000 and grown < 100)


@pytest.mark.attacks("B3 unfinished bodies", "bodies that do not come hold up POSTs at most, never GETs and health")
def test_unfinished_bodies(bare: Service, large: str, attack: Attack) -> None:
    half = head("/timeseries", method="POST", headers=BODY_TO_COME) + b"{"
    figures, held = [], True
    for sources in (1, 100):
        with crowd(bare.port, scale(100, 500), half, sources=sources):
            time.sleep(0.3)
            with meanwhile(bare.port, "/healthz", "/timeseries?limit=1", f"/timeseries/{large}/data.json?limit=5", source=HONEST) as honest:
                posted = post(bare.port, "/timeseries", {"code": f"{DATABASE}/PLAIN.{uuid4().hex}"}, source=HONEST, timeout=scale(2, 10))
                time.sleep(scale(1, 5))
        held = held and not unanswered(honest) and slowest(honest) <= MOST_MILLISECONDS
        figures.append(
            f"{sources} addresses: {len(honest)} GETs, {unanswered(honest)} failed, slowest {slowest(honest):.0f} ms, "
            f"a POST {posted.status}"
        )
    time.sleep(0.5)
    after = bare.post("/timeseries", {"code": f"{DATABASE}/PLAIN.{uuid4().hex}"}).status
    attack.shows(f"{'; '.join(figures)}, after them {after}", held=held and after == 201)


@pytest.mark.attacks("B3 stalled archives", "archives that one client does not read leave archives, codes and metadata to others")
def test_stalled_archives(bare: Service, large: str, attack: Attack) -> None:
    bare.fetched(f"{DATABASE}/LARGE.2")
    parts = [bare.ask(f"/api/v3/databases/{DATABASE}/{part}") for part in ("data", "codes", "metadata")]
    places = [
        part.headers["Location"] or f"/api/v3/databases/{DATABASE}/{name}"
        for name, part in zip(("data", "codes", "metadata"), parts, strict=True)
    ]
    with crowd(bare.port, 12, head(places[0]), room=4096):
        time.sleep(1)
        with meanwhile(bare.port, "/healthz", source="127.0.5.6") as health:
            answers = [bare.ask(place, source=HONEST) for place in places for _ in range(scale(1, 3))]
    failed, megabytes = unanswered(answers), max(len(answer.body) for answer in answers) / 1e6
    figure = (
        f"12 stalled; {len(answers)} others up to {megabytes:.1f} MB: {failed} failed, slowest {slowest(answers):.0f} ms; "
        f"health {slowest(health):.0f} ms"
    )
    attack.shows(figure, held=not failed and megabytes > 1 and slowest(answers) < 5000 and slowest(health) <= MOST_MILLISECONDS)


@pytest.mark.attacks("B3 waiting", "misses and waits of one client leave misses and waits to others")
def test_waiting(bare: Service, provider: Provider, attack: Attack) -> None:
    run = uuid4().hex[:8]
    misses = [f"/api/v3/datasets/{DATABASE}/HANG.{run}.{number}.json" for number in range(24)]
    with hanging(provider), ExitStack() as stack:
        for target in misses:
            stack.enter_context(connected(bare.port, head(target), source=address(0)))
        for number in range(24):
            wanted = b'{"code": "%s/HANG.%s.w%d"}' % (DATABASE.encode(), run.encode(), number)
            waits = {"Content-Type": "application/json", "Prefer": "wait=30"}
            stack.enter_context(
                connected(bare.port, head("/timeseries", method="POST", headers=waits, body=wanted) + wanted, source=address(0))
            )
        time.sleep(0.5)
        with meanwhile(bare.port, "/healthz", "/timeseries?limit=1", source="127.0.5.6") as honest:
            miss = bare.ask("/api/v3/datasets/SAMPLE/NILE.json", source=HONEST)
            wait = bare.post("/timeseries", {"code": "SAMPLE/SUNSPOTS"}, headers={"Prefer": "wait=20"}, source=HONEST)
    good = miss.status == 200 and wait.status in (200, 201) and wait.json()["status"] == "success"
    figure = (
        f"24 misses and 24 waits of one: another's miss {miss.status} in {miss.seconds:.1f} s, wait {wait.status} in {wait.seconds:.1f} s, "
    )
    figure += f"GETs slowest {slowest(honest):.0f} ms"
    attack.shows(
        figure, held=good and max(miss.seconds, wait.seconds) < 5 and not unanswered(honest) and slowest(honest) <= MOST_MILLISECONDS
    )


@contextmanager
def hanging(provider: Provider) -> Iterator[None]:
    """Have the provider hang for as long as this is open."""
    provider.released.clear()
    try:
        yield
    finally:
        provider.released.set()


@pytest.mark.attacks("B3 readers that do not read", "300 of them hold little memory, and leave large answers to others", long=True)
def test_unread(bare: Service, large: str, attack: Attack) -> None:
    place = f"/timeseries/{large}/data.json"
    size = max(len(bare.ask(place, headers=UNREAD).body) for _ in range(20))
    before, worst, figures, good = bare.memory, 0, [], True
    for sources in (1, 6):
        asked = ("/healthz", "/timeseries?limit=1", f"{place}?limit=1")
        readers = crowd(bare.port, 300, head(place, headers=UNREAD), sources=sources, room=4096)
        with readers, meanwhile(bare.port, *asked, source=HONEST) as honest:
            for _ in range(4):
                time.sleep(1.5)
                worst = max(worst, bare.memory)
            other = bare.ask(place, headers=UNREAD, source="127.0.5.6")
        good = good and not unanswered(honest) and slowest(honest) <= BURST_MILLISECONDS and (sources > 1 or len(other.body) == size)
        figures.append(
            f"{sources} addresses: others' GETs slowest {slowest(honest):.0f} ms, {unanswered(honest)} failed, a large one {other.status}"
        )
    attack.shows(f"{size / 1e6:.1f} MB each; memory {before} -> {worst} MB; {'; '.join(figures)}", held=good and worst - before <= 300)


@pytest.mark.attacks("B3 silent connections", "connections that send nothing, or half a head, shut nobody out and end", long=True)
def test_silence(bare: Service, attack: Attack) -> None:
    kinds = {
        "silent": b"",
        "half a line": b"GET /heal",
        "half a head": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
        "kept": head("/healthz", headers={"Connection": "keep-alive"}),
    }
    with ExitStack() as stack:
        connections = []
        for sent in kinds.values():
            connections += [
                stack.enter_context(connected(bare.port, sent, source=address(number % 200))) for number in range(scale(100, 350))
            ]
        begun = time.monotonic()
        with meanwhile(bare.port, "/healthz", "/timeseries?limit=1", source=HONEST) as honest:
            time.sleep(3)
            left = ended_within(connections, 45 - (time.monotonic() - begun))
    figure = (
        f"{len(connections)} of {len(kinds)} kinds: {left} open after {time.monotonic() - begun:.0f} s; "
        f"{len(honest)} others, {unanswered(honest)} failed, slowest {slowest(honest):.0f} ms"
    )
    attack.shows(figure, held=not left and not unanswered(honest) and slowest(honest) <= MOST_MILLISECONDS)


def ended_within(connections: list[socket.socket], seconds: float) -> int:
    """Count the connections that the other side has not ended when time is up."""
    end, left = time.monotonic() + seconds, list(connections)
    while left and time.monotonic() < end:
        left = [connection for connection in left if not ended(connection)]
        time.sleep(0.2)
    return len(left)


def ended(connection: socket.socket) -> bool:
    connection.setblocking(False)  # noqa: FBT003 - the library's form
    with suppress(BlockingIOError):
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
        return True
    return False


@pytest.mark.attacks("B5 rate limits", "each address and key has a rate of requests and of fetches, and is told so", long=True)
def test_rates(tmp_path: Path, provider: Provider, attack: Attack) -> None:
    settings = {"LANNER_RATE_LIMIT": "20/1,100/60", "LANNER_FETCH_RATE_LIMIT": "5/60"}
    with running(tmp_path, provider.settings | settings) as service:
        with ThreadPoolExecutor(8) as pool:
            flood = list(pool.map(lambda _: service.ask("/timeseries?limit=1", source=address(0)), range(300)))
        refused = [answer for answer in flood if answer.status == 429]
        told = sum(all(answer.headers[name] for name in ("Retry-After", "RateLimit", "RateLimit-Policy")) for answer in refused)
        other = service.ask("/timeseries?limit=1", source=HONEST).status
        forged = [
            service.ask("/timeseries?limit=1", source=address(0), headers={"X-Forwarded-For": f"192.0.2.{n}"}).status for n in range(5)
        ]
        health = service.ask("/healthz", source=address(0)).status
        run = uuid4().hex[:8]
        fetches = [post(service.port, "/timeseries", {"code": f"{DATABASE}/PLAIN.{run}.{n}"}, source=address(1)).status for n in range(10)]
        misses = [service.ask(f"/api/v3/datasets/{DATABASE}/PLAIN.{run}.m{n}.json", source=address(1)).status for n in range(3)]
        others = post(service.port, "/timeseries", {"code": f"{DATABASE}/PLAIN.{run}.o"}, source=HONEST).status
    made = fetches.count(201)
    figure = (
        f"{len(refused)} of 300 requests 429, {told} say when; forged addresses {sorted(set(forged))}, another's {other}, health {health}; "
    )
    figure += f"{made} of 10 fetches begun, misses {sorted(set(misses))}, another's fetch {others}"
    right = len(refused) == told >= 200 and set(forged) == {429} and made <= 6 and set(misses) == {429}
    attack.shows(figure, held=right and (other, health, others) == (200, 200, 201))
