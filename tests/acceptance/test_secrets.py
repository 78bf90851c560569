"""Canaries in every secret setting: the story at the most talkative level leaves none in a log, a table, an answer or a message."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import uuid4

import psycopg2
import pytest
from kombu import Connection
from sqlalchemy import make_url

from adapters.provider_kit.options import variable
from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.spec import ProviderSpec
from tests.acceptance.quandl_server import QuandlServer, quandl_server
from tests.acceptance.running import Lanner, lanner, running
from tests.servers import missing

EMBEDDED = "embedded"
PRODUCTION = pytest.param("production", marks=pytest.mark.server)
#: Stands in every secret, with what a URL has to quote behind it.
MARK = "c4nary-in-a-cage"
CODES = ("FB", "GZIP", "ECHO", "NOSUCH", "REFUSED", "BLOCKED", "BROKEN", "CUT", "HTML", "LIMITED")
PLACES = ("/", "/timeseries", "/health", "/healthz", "/readyz", "/metrics", "/providers", "/openapi.json", "/vintages", "/no-such-place")


def a_canary(name: str) -> str:
    return f"{MARK} {name}+{uuid4().hex}/&="


def provider_canaries() -> Iterator[tuple[str, str]]:
    """Every option of every provider that is not to be shown, by its variable."""
    for name, spec in discover().items():
        assert isinstance(spec, ProviderSpec)
        for option in fields(spec.options):
            if not option.repr:
                yield variable(name, option.name), f"{MARK}-{name}+{uuid4().hex}/&="


def traces(found: bytes | str) -> list[str]:
    """Every spelling of a canary in a text, plain or as a URL, base64 or hex would have it."""
    content = found.encode() if isinstance(found, str) else found
    spelled = [MARK, quote(MARK), MARK.encode().hex(), *(base64.b64encode(b"x" * pad + MARK.encode())[4:-4].decode() for pad in range(3))]
    return [spelling for spelling in spelled if spelling.encode() in content]


def with_password(url: str, password: str, **also: str) -> str:
    return make_url(url).set(password=password, **also).render_as_string(hide_password=False)


@contextmanager
def a_broker_user(url: str) -> Iterator[str]:
    """A user of the broker whose password is a canary; gives the URL with both."""
    name, password = f"canary_{uuid4().hex[:8]}", a_canary("broker")
    place, _, host = url.partition("@")[2].partition("/")
    if shutil.which("rabbitmqctl") is None or not rabbitmqctl("add_user", name, password):
        missing("rabbitmqctl cannot make a user of the broker with a password of its own.")
    try:
        rabbitmqctl("set_permissions", "-p", host or "/", name, ".*", ".*", ".*")
        yield f"amqp://{name}:{quote(password, safe='')}@{place}/{host}"
    finally:
        rabbitmqctl("delete_user", name)


def rabbitmqctl(*words: str) -> bool:
    return subprocess.run(["rabbitmqctl", "-q", *words], capture_output=True, timeout=60, check=False).returncode == 0


@pytest.fixture(scope="module")
def quandl() -> Iterator[QuandlServer]:
    with quandl_server() as server:
        yield server


@pytest.fixture(scope="module", params=[EMBEDDED, PRODUCTION])
def settings(request: pytest.FixtureRequest, quandl: QuandlServer) -> Iterator[Mapping[str, str]]:
    """All settings with canaries, for one stack or the other."""
    common = {
        **dict(provider_canaries()),
        "LANNER_PROVIDERS__QUANDL__BASE_URL": quandl.base_url,
        "LANNER_PROVIDERS__CSV_URL__BASE_URL": "http://127.0.0.1:1",
        "LANNER_PROVIDERS__STOOQ__ENABLED": "true",
        "LANNER_LOG_LEVEL": "debug",
    }
    if request.param == EMBEDDED:
        yield common
        return
    database, broker = (request.getfixturevalue(name) for name in ("postgres_url", "broker_url"))
    own = make_url(database).password
    with a_broker_user(broker) as broker_url:
        yield common | {
            "LANNER_DATABASE_URL": database if own else with_password(database, a_canary("database")),
            "LANNER_DATABASE_SCHEMA": f"canary_{uuid4().hex[:8]}",
            "LANNER_BROKER_URL": broker_url,
            "LANNER_API_PROCESSES": "1",
            "LANNER_WORKER_PROCESSES": "1",
        }


def everything_said(service: Lanner) -> str:
    """What the API answers anywhere about anything that was asked for."""
    answers = [service.get(place) for place in PLACES]
    for code in CODES:
        series = service.request("WIKI", code)
        service.polled(series["id"])
        fetch = (series.get("fetch") or {}).get("id")
        places = [f"/timeseries/{series['id']}{end}" for end in ("", "/data.json", "/data.csv", "/vintages", "/revisions")]
        answers += [service.get(place) for place in [*places, f"/timeseries?id={series['id']}", f"/fetches/{fetch}"]]
    answers.append(service.get("/timeseries", params={"query": "Inc"}))
    return "\n".join(f"{answer.url} {answer.headers} {answer.text}" for answer in answers)


def messages(broker_url: str) -> list[str]:
    """Take every message out of the queue, with all that travels with it."""
    taken = []
    with Connection(broker_url) as connection, connection.channel() as channel:
        while message := channel.basic_get("fetch", no_ack=True):
            taken.append(json.dumps([str(message.body), message.headers, message.properties, message.delivery_info], default=str))
    return taken


def stored(settings: Mapping[str, str], folder: Path) -> bytes:
    """All that the database holds, and every file of the data folder."""
    content = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    if "LANNER_DATABASE_URL" not in settings:
        return content
    schema = settings["LANNER_DATABASE_SCHEMA"]
    with closing(psycopg2.connect(settings["LANNER_DATABASE_URL"])) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,))
        tables = [table for (table,) in cursor.fetchall()]
        assert tables
        for table in tables:
            cursor.execute(f'SELECT CAST(t AS text) FROM "{schema}"."{table}" t')
            content += "\n".join(row for (row,) in cursor.fetchall()).encode()
    return content


@pytest.mark.slow
def test_no_canary_leaves_its_cage(settings: Mapping[str, str], quandl: QuandlServer, tmp_path: Path) -> None:
    """From the first request to the last table, no key and no password is found, though the provider was told its own."""
    said, sent = "", []
    commands = ["up"]
    if "LANNER_BROKER_URL" in settings:
        commands = ["api", "worker"]
        migrated = lanner("migrate", folder=tmp_path, environment=settings)
        assert migrated.returncode == 0, migrated.stderr
        said += migrated.stdout + migrated.stderr
        # As a worker does at its start; without a queue the broker drops what is sent.
        with Connection(settings["LANNER_BROKER_URL"]) as connection:
            connection.channel().queue_declare("fetch", durable=True, auto_delete=False)
        with running(tmp_path, settings, "api") as service:
            asked = service.request("WIKI", "FB")
            sent = until_sent(settings["LANNER_BROKER_URL"])
            said += service.log()
        assert any(asked["fetch"]["id"] in message for message in sent)
    with running(tmp_path, settings, *commands) as service:
        said += everything_said(service)
    said += service.log()
    for command in ("providers", "fetch WIKI/ECHO --refresh", "fetch WIKI/REFUSED"):
        ended = lanner(*command.split(), folder=tmp_path, environment=settings)
        said += ended.stdout + ended.stderr

    told = quandl.requests[-1][1]["X-Api-Token"]
    assert told == settings["LANNER_PROVIDERS__QUANDL__API_KEY"]
    assert '"level":"debug"' in said
    assert "The key *** may not see this." in said
    assert "*** Inc." in said
    assert excerpts(said) == []
    assert excerpts("\n".join(sent)) == []
    assert traces(stored(settings, tmp_path)) == []


def until_sent(broker_url: str) -> list[str]:
    """Wait for the first messages."""
    end = time.monotonic() + 20
    while not (taken := messages(broker_url)) and time.monotonic() < end:
        time.sleep(0.05)
    return taken


def excerpts(said: str) -> list[str]:
    """The lines in which a canary sings."""
    return [line[:300] for line in said.splitlines() if traces(line)]


@pytest.mark.parametrize(
    ("name", "url", "command"),
    [
        ("LANNER_DATABASE_URL", "postgresql://user:{}@127.0.0.1:1/x", "migrate"),
        ("LANNER_DATABASE_URL", "postgresql://user:{}@127.0.0.1:port/x", "migrate"),
        ("LANNER_BROKER_URL", "nonsense://user:{}@127.0.0.1//", "worker"),
        ("LANNER_PROVIDERS__QUANDL__BASE_URL", "https://user:{}@127.0.0.1/x", "providers"),
    ],
)
def test_a_setting_that_is_wrong_keeps_its_secret(name: str, url: str, command: str, tmp_path: Path) -> None:
    """A secret in a setting that stops the start is not in what is then said."""
    environment = {name: url.format(quote_plus(a_canary("wrong"))), "LANNER_LOG_LEVEL": "debug"}
    ended = lanner(command, folder=tmp_path, environment=environment)

    assert ended.returncode != 0
    assert ended.stderr
    assert excerpts(ended.stdout + ended.stderr) == []


@pytest.mark.slow
def test_a_broker_that_is_away_is_not_told_of(tmp_path: Path) -> None:
    """While the broker cannot be reached, neither the API nor the worker says with which password."""
    settings = {
        "LANNER_BROKER_URL": f"amqp://user:{quote(a_canary('away'), safe='')}@127.0.0.1:1//",
        "LANNER_LOG_LEVEL": "debug",
        "LANNER_POLL_SECONDS": "0.2",
        "LANNER_API_PROCESSES": "1",
        "LANNER_WORKER_PROCESSES": "1",
    }
    migrated = lanner("migrate", folder=tmp_path, environment=settings)
    with running(tmp_path, settings, "api", "worker") as service:
        service.request("SAMPLE", "NILE")
        end = time.monotonic() + 30
        while not {"notification failed", "broker unreachable"} <= events(service.log()) and time.monotonic() < end:
            time.sleep(0.05)

    assert {"notification failed", "broker unreachable"} <= events(service.log())
    assert excerpts(migrated.stderr + service.log()) == []


def events(log: str) -> set[str]:
    return {json.loads(line)["event"] for line in log.splitlines() if line.startswith('{"event"') and line.endswith("}")}
