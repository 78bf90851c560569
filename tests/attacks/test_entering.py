"""A: what lets somebody in where they do not belong, on the server as it is without a proxy."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from statistics import median
from uuid import uuid4

import pytest

from tests.attacks.client import address
from tests.attacks.conftest import FRIEND, Attack, scale
from tests.attacks.provider import DATABASE, Provider
from tests.attacks.service import Service

pytestmark = pytest.mark.timeout(120)
CODE = f"{DATABASE}/PLAIN.kept"
#: Of ``timeseries/ID``; some name it for one part of a server and something else for another.
SPELLINGS = (
    *("/{}", "//{}", "///{}", "/%2f{}", "/%2F{}", "/./{}", "/%2e/{}", "/x/../{}", "/x/%2e%2e/{}", "/docs/../{}", "/healthz/../{}"),
    *("/{}/", "/{}//", "/{}/.", "/{}/%2e", "/{}%2f", "/{}/x/..", "/{}%00", "/{};x=y", "/{}%20", "/{}.json", "/{}%3f", "/{}#x"),
    *("/\\{}", "\\{}", "{}", "/%5c{}", "/%252f{}", "/%c0%af{}", "/api/v3/../../{}", "http://localhost/{}", "http://localhost//{}"),
    *("http://evil.example/{}", "/{}?confirm=x&", "/{}/../{}", "/%74imeseries/{id}", "/TIMESERIES/{id}", "/timeseries//{id}"),
    *(
        "/timeseries/./{id}",
        "/timeseries/%2e/{id}",
        "/timeseries%2f{id}",
        "/timeseries/x/../{id}",
        "/timeseries/{upper}",
        "/timeseries/{bare}",
    ),
)
#: Words by which some servers take another method or another path for the one that is sent.
OVERRIDES = ("X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix")


def targets(series: str) -> Iterator[str]:
    place = f"timeseries/{series}"
    for spelling in SPELLINGS:
        target = spelling.format(place, place, id=series, upper=series.upper(), bare=series.replace("-", ""))
        yield f"{target}{'' if '?' in target else '?'}confirm={CODE}"


@pytest.mark.attacks("A1 spellings x scopes", "no spelling of a path needs less than its resource")
def test_spellings(guarded: Service, attack: Attack) -> None:
    series = guarded.fetched(CODE)
    weak = ("", "lnr_0_0", *(guarded.keys[scope] for scope in ("read", "fetch")))
    sent = through = 0
    for target in targets(series):
        for key in weak:
            for method in ("DELETE", "GET") if key != guarded.keys["read"] else ("DELETE",):
                answer = guarded.ask(target, method=method, headers={"X-Api-Token": key}, source=address(sent % 200))
                sent += 1
                through += 200 <= answer.status < 300
    for override in OVERRIDES:
        name, _, value = override.partition(": ")
        for method in ("GET", "POST"):
            headers = {"X-Api-Token": guarded.keys["fetch"], name: value or f"/timeseries/{series}?confirm={CODE}"}
            through += guarded.ask(f"/timeseries/{series}?confirm={CODE}&_method=DELETE", method=method, headers=headers).status < 300
            sent += 1
    kept = guarded.ask(f"/timeseries/{series}").status == 200
    removed = guarded.ask(f"/timeseries/{series}/?confirm={CODE}", method="DELETE", headers={"X-Api-Token": guarded.keys["admin"]}).status
    attack.shows(f"{through} of {sent} got through; an administrator's own gets {removed}", held=kept and not through and removed == 204)


@pytest.mark.attacks("A1 methods x routes", "without its scope a key gets no further, whatever the route, method and spelling")
def test_routes(guarded: Service, attack: Attack) -> None:
    public = ("/healthz", "/readyz", "/openapi.json", "/docs", "/problems")
    paths = [path for path in guarded.ask("/openapi.json").json()["paths"] if path != "/" and not path.startswith(public)]
    sent, wrong = 0, []
    for path in paths:
        target = path.format_map(_Values())
        for spelling in (target, f"/{target}", f"/%2f{target[1:]}", f"/.{target}"):
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
                # A panel is read, also where its question is too long for an address.
                reads = method in ("GET", "HEAD") or path.startswith("/panel")
                for key in ("", guarded.keys["fetch" if reads else "read"]):
                    answer = guarded.ask(spelling, method=method, headers={"X-Api-Token": key}, source=address(sent % 200))
                    sent += 1
                    if answer.status not in (400, 403 if key else 401, 405):
                        wrong.append(f"{method} {spelling}: {answer.status}")
    attack.shows(f"{len(wrong)} of {sent} got further {wrong[:3]}", held=not wrong)


class _Values(dict[str, str]):
    """What stands in a path: an id that nothing has."""

    def __missing__(self, name: str) -> str:
        return str(uuid4()) if name.endswith("_id") else "1"


@pytest.mark.attacks("A3 cross-site GET", "another site's page has nothing fetched")
def test_cross_site(bare: Service, provider: Provider, attack: Attack) -> None:
    foreign = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "CROSS-SITE"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost.evil.example"},
        {"Origin": f"{FRIEND}.evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "image"},
    )
    run = uuid4().hex[:8]
    ends = (".json", ".csv", "/data.json", "/metadata.json", "/data.csv?limit=1", "")
    codes = [f"PLAIN.{run}.{number}" for number in range(len(foreign) * len(ends))]
    asked = zip(codes, [(headers, end) for headers in foreign for end in ends], strict=True)
    through = sum(bare.ask(f"/api/v3/datasets/{DATABASE}/{code}{end}", headers=headers).status == 200 for code, (headers, end) in asked)
    calls = sum(provider.calls[code] for code in codes)
    series = sum(bare.ask(f"/timeseries?code={DATABASE}/{code}").json()["items"] != [] for code in codes)
    own = [{}, {"Origin": FRIEND}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
    served = [bare.ask(f"/api/v3/datasets/{DATABASE}/PLAIN.{run}.own{number}.json", headers=each).status for number, each in enumerate(own)]
    figure = f"{len(codes)} requests: {through} answered, {series} new series, {calls} calls; one's own pages and friends: {served}"
    attack.shows(figure, held=not (through or series or calls) and served == [200] * len(own))


@pytest.mark.attacks("A5 caches", "what needs a key is private, and the pages let nobody frame them")
def test_cache_headers(guarded: Service, attack: Attack) -> None:
    series = guarded.fetched(f"{DATABASE}/PLAIN.cached")
    fetch = guarded.ask("/fetches").json()["items"][0]["id"]
    door = f"/api/v3/datasets/{DATABASE}"
    targets = [
        *("/timeseries", f"/timeseries?id={series}", f"/timeseries/{series}", "/vintages", "/fetches", f"/fetches/{fetch}", "/providers"),
        *(
            f"/timeseries/{series}/{part}"
            for part in ("data", "data.json", "data.csv", "data.parquet", "vintages", "vintages/1", "revisions")
        ),
        *(f"/data{end}?code={DATABASE}/PLAIN.cached" for end in ("", ".json", ".csv", ".parquet", ".arrow")),
        *("/metrics", f"/timeseries/{uuid4()}", "/api/v3/datasets.json", "/api/v3/databases.json", f"/api/v3/databases/{DATABASE}.json"),
        *(f"{door}/PLAIN.cached{end}" for end in (".json", ".csv", "/data.json", "/metadata.json")),
        *(f"/api/v3/databases/{DATABASE}/{part}" for part in ("codes", "metadata", "data")),
    ]
    answers = {target: guarded.ask(target) for target in targets}
    shared = [
        f"{target} {answer.headers['Cache-Control']}" for target, answer in answers.items() if not private(answer.headers["Cache-Control"])
    ]
    unasked = [f"{target} {answer.status}" for target, answer in answers.items() if answer.status not in (200, 302, 404)]
    page = guarded.ask("/docs").headers
    bare_headers = [name for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Referrer-Policy") if not page[name]]
    framed = "frame-ancestors" not in (page["Content-Security-Policy"] or "")
    figure = f"{len(shared)} of {len(answers)} may be shared {shared[:3]}; /docs lacks {bare_headers + ['frame-ancestors'] * framed}"
    attack.shows(f"{figure}{unasked or ''}", held=not (shared or bare_headers or framed or unasked))


def private(header: str | None) -> bool:
    return {"private", "no-store"} & {each.strip() for each in (header or "").split(",")} != set()


@pytest.mark.attacks("A10 access lines", "who asked, and who removed or made keys, is in the log")
def test_lines(guarded: Service, attack: Attack) -> None:
    run = uuid4().hex
    series, key_id = guarded.fetched(f"{DATABASE}/PLAIN.{run[:8]}"), key_of(guarded, "admin")
    admin = {"X-Api-Token": guarded.keys["admin"], "X-Request-ID": run, "X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
    guarded.ask(f"/timeseries/{series}?confirm={DATABASE}/PLAIN.{run[:8]}", method="DELETE", headers=admin, source="127.0.9.9")
    lines = guarded.wait_for_lines(run, 2)
    accesses = [line for line in lines if line["event"] == "request"]
    named = [line for line in accesses if line.get("key") == key_id and line.get("client") == "127.0.9.9"]
    audits = [line for line in lines if line["event"] != "request" and line.get("key") == key_id and run[:8] in line.get("series", "")]
    operators = guarded.operator_lines("keys create --name audited")
    believed = "192.0.2.7" in json.dumps(lines)
    figure = (
        f"{len(named)} access line with key and address, {len(audits)} audit line of a removal, {len(operators)} of a new key, "
        f"forged address believed: {believed}"
    )
    attack.shows(figure, held=len(named) == 1 and len(audits) == len(operators) == 1 and not believed)


def key_of(service: Service, name: str) -> str:
    line = next(line for line in service.run("keys list").splitlines() if f" {name} " in line)
    return line.split()[0]


@pytest.mark.attacks("A10 timing of keys", "an unknown key and a wrong one take the same time")
def test_timing(guarded: Service, attack: Attack) -> None:
    good = guarded.keys["read"]
    last = "x" if good[-1] != "x" else "y"
    prefix, key_id, secret = good.split("_", 2)
    first = "x" if secret[0] != "x" else "y"
    kinds = {
        "unknown": f"{prefix}_{'0' * len(key_id)}_{secret}",
        "wrong at its end": good[:-1] + last,
        "wrong at its start": f"{prefix}_{key_id}_{first}{secret[1:]}",
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    statuses, chance = set(), random.Random(1)
    for number in range(scale(100, 600)):
        for name, key in chance.sample(sorted(kinds.items()), len(kinds)):
            answer = guarded.ask("/timeseries", headers={"X-Api-Token": key}, source=address(number % 200 + 10))
            taken[name].append(1e6 * answer.seconds)
            statuses.add(answer.status)
    medians = {name: median(times) for name, times in taken.items()}
    apart = max(medians.values()) / min(medians.values()) - 1
    figure = f"{', '.join(f'{name} {time:.0f} us' for name, time in medians.items())}: {apart:.1%} apart; {sorted(statuses)}"
    attack.shows(figure, held=apart < scale(20, 10) / 100 and statuses == {401})


@pytest.mark.attacks("A10 guessing", "an address that keeps guessing gets 429, its good keys and all others go on")
def test_guessing(guarded: Service, attack: Attack) -> None:
    guarded.ask("/timeseries", headers={"X-Api-Token": guarded.keys["read"]}, source=address(600))
    guesses = ({"X-Api-Token": f"lnr_{number:08}_guess"} for number in range(120))
    statuses = [guarded.ask("/timeseries", headers=guess, source=address(600)) for guess in guesses]
    refused = [answer for answer in statuses if answer.status == 429]
    good = guarded.ask("/timeseries", headers={"X-Api-Token": guarded.keys["read"]}, source=address(600)).status
    other = guarded.ask("/timeseries", headers={"X-Api-Token": "lnr_1_guess"}, source=address(601)).status
    waits = [answer.headers["Retry-After"] for answer in refused]
    figure = f"{len(refused)} of 120 guesses got 429 (Retry-After {set(waits)}); its good key {good}, another address {other}"
    attack.shows(figure, held=len(refused) >= 50 and all(waits) and good == 200 and other == 401)
