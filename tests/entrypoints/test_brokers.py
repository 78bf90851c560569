"""RabbitMQ as operators have it: queues of other types, users with few rights, wrong passwords, several hosts."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from amqp import Connection
from sqlalchemy import make_url, text

from adapters.celery_dispatcher import CeleryDispatcher, explain_broker_error
from adapters.sql.engine import open_engine
from entrypoints.worker.app import create_worker
from entrypoints.worker.tasks import QUEUE
from entrypoints.worker.tasks import notify as notify_from_worker
from tests.acceptance.running import Lanner, lanner, running
from tests.builders import waiting_use_cases
from tests.contracts.test_dispatchers import received
from tests.faults.proxy import Proxy, proxy_to
from tests.servers import RABBITMQ_PORT, free_port, missing, own_virtual_host

pytestmark = [pytest.mark.server, pytest.mark.slow]

IDS = [uuid4() for _ in range(3)]
#: Polls after the first one would come too late to help.
SELDOM = {"LANNER_POLL_SECONDS": "300", "LANNER_API_PROCESSES": "1", "LANNER_WORKER_PROCESSES": "1"}
NOTHING, DEFAULT_EXCHANGE, OWN_QUEUE = "^$", r"^amq\.default$", "^fetch$"


@dataclass
class Broker:
    """A virtual host of its own."""

    url: str

    @property
    def host(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def port(self) -> int:
        return make_url(self.url).port or RABBITMQ_PORT

    def url_of(self, user: str = "guest", password: str = "guest", *, hosts: str = "", host: str | None = None) -> str:  # noqa: S107 - RabbitMQ's own
        return f"amqp://{user}:{password}@{hosts or f'127.0.0.1:{self.port}'}/{self.host if host is None else host}"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with Connection(f"127.0.0.1:{self.port}", virtual_host=self.host) as connection:
            yield connection

    def declare(self, **arguments: Any) -> None:
        with self.connection() as connection:
            connection.channel().queue_declare(QUEUE, durable=True, auto_delete=False, arguments=arguments)

    def consumers(self) -> int:
        with self.connection() as connection:
            try:
                return int(connection.channel().queue_declare(QUEUE, passive=True).consumer_count)
            except Exception:  # noqa: BLE001 - there is no queue yet
                return 0


@pytest.fixture
def broker(broker_url: str) -> Iterator[Broker]:
    """A virtual host in which nothing is yet."""
    server = broker_url.rpartition("/")[0] + "/"
    with own_virtual_host(server) as url:
        if url.endswith("//"):
            missing("rabbitmqctl cannot make a virtual host of its own.")
        yield Broker(url)


@contextmanager
def a_user(broker: Broker, configure: str, write: str, read: str) -> Iterator[str]:
    """Make a user of these rights; give its URL."""
    name = f"user_{uuid4().hex[:8]}"
    rabbitmqctl("add_user", name, "word")
    try:
        rabbitmqctl("set_permissions", "-p", broker.host, name, configure, write, read)
        yield broker.url_of(name, "word")
    finally:
        rabbitmqctl("delete_user", name)


def rabbitmqctl(*words: str) -> None:
    if not shutil.which("rabbitmqctl") or subprocess.run(["rabbitmqctl", "-q", *words], capture_output=True, check=False).returncode:
        missing("rabbitmqctl cannot change the broker.")


def listed_by_broker(*words: str) -> str:
    return subprocess.run(["rabbitmqctl", "-q", *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def database(postgres_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of a migrated schema."""
    schema = f"broker_{uuid4().hex}"
    settings = {"LANNER_DATABASE_URL": postgres_url, "LANNER_DATABASE_SCHEMA": schema}
    assert lanner("migrate", folder=tmp_path, environment=settings).returncode == 0
    yield settings
    engine = open_engine(postgres_url, schema=schema)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def comes_true(claim: Callable[[], object], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not (held := claim()) and time.monotonic() < end:
        time.sleep(0.1)
    return bool(held)


def lines(service: Lanner, event: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, filter(None, service.log().splitlines())) if line["event"] == event]


def fetched(service: Lanner, dataset: str, *, wait: int = 10) -> str:
    answer = service.post("/timeseries", {"code": f"SAMPLE/{dataset}"}, headers={"Prefer": f"wait={wait}"})
    status: str = answer.json()["status"]
    return status


# Queues of other types.


@pytest.mark.parametrize("kind", ["classic", "quorum", None])
def test_a_queue_is_used_as_it_is(broker: Broker, database: dict[str, str], tmp_path: Path, kind: str | None) -> None:
    """Whatever the type of the queue, or if there is none, messages bring fetches to workers; its type is left alone."""
    if kind:
        broker.declare(**{"x-queue-type": kind})
    with running(tmp_path, {**database, **SELDOM, "LANNER_BROKER_URL": broker.url}, "api", "worker") as service:
        assert comes_true(broker.consumers)
        assert [fetched(service, code) for code in ("NILE", "GDP")] == ["success"] * 2
        assert lines(service, "no messages received") == []
    listed = listed_by_broker("list_queues", "-p", broker.host, "name", "type")

    assert listed.split()[-2:] == [QUEUE, kind or "classic"]


def test_prefetch_is_the_consumers_own(broker: Broker, database: dict[str, str], tmp_path: Path) -> None:
    """A worker takes as many messages as it has processes, from a queue of either type."""
    with running(tmp_path, {**database, **SELDOM, "LANNER_BROKER_URL": broker.url}, "api", "worker"):
        assert comes_true(broker.consumers)
        consumers = listed_by_broker("list_consumers", "-p", broker.host, "channel_pid", "prefetch_count")
        channels = listed_by_broker("list_channels", "vhost", "prefetch_count", "global_prefetch_count")

    assert consumers.split()[-1] == "1"
    assert all(line.split()[2] == "0" for line in channels.splitlines() if line.startswith(broker.host))


# Refusals.


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("password", "refuses the user guest or the password of LANNER_BROKER_URL."),
        ("virtual host", "vhost nowhere not found."),
        ("no access", "access to vhost"),
        ("configure", "the right to configure: access to queue 'fetch'"),
        ("read", "the right to read: access to queue 'fetch'"),
    ],
)
def test_a_worker_that_is_refused_says_so_once(broker: Broker, database: dict[str, str], tmp_path: Path, how: str, words: str) -> None:
    """One sentence a minute, while fetches are run by polling; ``/readyz`` says that nobody receives messages."""
    with ExitStack() as stack:
        if how == "read":
            broker.declare()
        url = {
            "password": lambda: broker.url_of(password="wrong"),  # noqa: S106 - wrong
            "virtual host": lambda: broker.url_of(host="nowhere"),
            "no access": lambda: stack.enter_context(a_user(broker, NOTHING, NOTHING, NOTHING)),
            "configure": lambda: stack.enter_context(a_user(broker, NOTHING, DEFAULT_EXCHANGE, OWN_QUEUE)),
            "read": lambda: stack.enter_context(a_user(broker, OWN_QUEUE, DEFAULT_EXCHANGE, NOTHING)),
        }[how]()
        if how == "no access":
            rabbitmqctl("clear_permissions", "-p", broker.host, url.partition("//")[2].partition(":")[0])
        settings = {**database, **SELDOM, "LANNER_POLL_SECONDS": "1", "LANNER_BROKER_URL": url}
        with running(tmp_path, settings, "api", "worker") as service:
            assert comes_true(lambda: lines(service, "no messages received"))
            status = fetched(service, "NILE", wait=25)
            time.sleep(3)
            ready = service.get("/readyz").json()

    [line] = lines(service, "no messages received")
    assert line["reason"].startswith("The broker at 127.0.0.1")
    assert line["reason"].endswith(words) or words in line["reason"]
    assert status == "success"
    assert (ready["workers"], ready["consumers"]) == (1, 0)
    for event in ("broker unreachable", "notification failed"):
        assert len(lines(service, event)) <= 1
    assert "Traceback" not in service.log()
    assert "wrong" not in service.log()


def test_a_broker_may_come_and_go(broker: Broker, database: dict[str, str], tmp_path: Path) -> None:
    """A worker that is started while the broker is away, or loses it for a while, receives messages soon after it is there."""
    broker.declare()
    port = free_port()
    url = broker.url_of(hosts=f"127.0.0.1:{port}")
    with running(tmp_path, {**database, **SELDOM, "LANNER_BROKER_URL": url}, "api", "worker") as service:
        assert comes_true(lambda: lines(service, "no messages received"))
        time.sleep(3)
        with proxy_to(broker.port, port):
            assert comes_true(broker.consumers, 30)
            assert "success" in (fetched(service, code, wait=5) for code in ("NILE", "CO2"))
        time.sleep(3)
        with proxy_to(broker.port, port):
            assert comes_true(broker.consumers, 40)
            # The first message may be lost with the connection that broke: polls would find its fetch.
            assert "success" in (fetched(service, code, wait=5) for code in ("GDP", "SUNSPOTS", "ELNINO"))

    assert len(lines(service, "no messages received")) <= 2
    assert "Traceback" not in service.log()


def test_a_right_that_is_granted_is_used(broker: Broker, database: dict[str, str], tmp_path: Path) -> None:
    """A worker that was refused receives messages soon after it may, without being restarted."""
    broker.declare()
    with a_user(broker, NOTHING, DEFAULT_EXCHANGE, NOTHING) as url:
        name = url.partition("//")[2].partition(":")[0]
        settings = {**database, **SELDOM, "LANNER_POLL_SECONDS": "1", "LANNER_BROKER_URL": url}
        with running(tmp_path, settings, "api", "worker") as service:
            assert comes_true(lambda: lines(service, "no messages received"))
            rabbitmqctl("set_permissions", "-p", broker.host, name, NOTHING, DEFAULT_EXCHANGE, OWN_QUEUE)

            assert comes_true(lambda: service.get("/readyz").json()["consumers"] == 1, 60)
            assert fetched(service, "NILE") == "success"


def test_an_api_that_is_refused_says_so_once(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """However many notifications fail, the log has one sentence."""
    dispatcher = CeleryDispatcher(broker.url_of(password="wrong"))  # noqa: S106 - wrong
    for _ in range(3):
        dispatcher._send([IDS[0]])
        dispatcher._outage._next_at = 0.0
    [failure] = [record for record in caplog.records if record.message == "notification failed"]

    assert dispatcher.broker_reachable is False
    assert failure.__dict__["reason"] == (
        f"The broker at 127.0.0.1:{broker.port} refuses the user guest or the password of LANNER_BROKER_URL."
    )


def test_sending_needs_one_right(broker: Broker) -> None:
    """The API's user needs to write to the default exchange only; without that, the sentence names the right."""
    broker.declare()
    with a_user(broker, NOTHING, DEFAULT_EXCHANGE, NOTHING) as url:
        dispatcher = CeleryDispatcher(url)
        dispatcher._send([IDS[0]])
    with a_user(broker, NOTHING, NOTHING, NOTHING) as url, pytest.raises(Exception, match="ACCESS_REFUSED") as raised:
        notify_from_worker(create_worker(waiting_use_cases(), broker_url=url), [IDS[0]])

    assert dispatcher.broker_reachable is True
    assert received(create_worker(waiting_use_cases(), broker_url=broker.url), 1) == [IDS[0]]
    assert "the right to write: " in explain_broker_error(raised.value, url)


# Several hosts.

Send = Callable[[list[UUID]], object]


def senders(url: str) -> list[Send]:
    """Return how the API sends notifications to these hosts, and how a worker and its poller do."""
    return [_api(url), partial(notify_from_worker, _worker(url))]


def _api(url: str) -> Send:
    dispatcher = CeleryDispatcher(url)

    def send(ids: list[UUID]) -> None:
        dispatcher._send(ids)
        assert dispatcher.broker_reachable

    return send


def _worker(url: str) -> Any:
    return create_worker(waiting_use_cases(), broker_url=url)


def hosts(*ports: int) -> str:
    return ",".join(f"127.0.0.1:{port}" for port in ports)


@pytest.mark.parametrize("part", [0, 1], ids=["api", "worker"])
def test_the_first_host_that_answers_is_used(broker: Broker, part: int) -> None:
    """A host that is not there costs no notification, wherever it stands in the list."""
    broker.declare()
    dead = free_port()
    for ports in ((dead, broker.port), (dead, free_port(), broker.port), (broker.port, dead)):
        senders(several(broker, *ports))[part]([IDS[0]])

    assert received(_worker(broker.url), 3) == [IDS[0]] * 3


@pytest.mark.parametrize("part", [0, 1], ids=["api", "worker"])
def test_a_host_that_goes_is_replaced_by_the_next(broker: Broker, part: int) -> None:
    """A connection that breaks loses no notification: the same call sends it to another host."""
    broker.declare()
    with proxy_to(broker.port) as proxy:
        send = senders(several(broker, proxy.port, broker.port))[part]
        send([IDS[0]])
    send([IDS[1]])
    send([IDS[2]])

    assert received(_worker(broker.url), 3) == IDS


def test_a_consumer_goes_to_the_next_host(broker: Broker, database: dict[str, str], tmp_path: Path) -> None:
    """A worker whose host goes receives messages from another within seconds, with one line in its log."""
    with ExitStack() as stack:
        proxy: Proxy = stack.enter_context(ExitStack()).enter_context(proxy_to(broker.port))
        url = several(broker, proxy.port, broker.port, listed=True)
        with running(tmp_path, {**database, **SELDOM, "LANNER_BROKER_URL": url}, "api", "worker") as service:
            assert comes_true(broker.consumers)
            assert fetched(service, "NILE") == "success"
            stack.close()

            assert comes_true(lambda: broker.consumers() == 1)
            assert fetched(service, "GDP") == "success"
    assert len(lines(service, "no messages received")) == 1


def test_a_host_that_falls_silent_is_left_within_half_a_minute(broker: Broker, database: dict[str, str], tmp_path: Path) -> None:
    """A connection whose packets vanish keeps no worker from the messages of another host, nor the API from sending them."""
    with proxy_to(broker.port) as proxy:
        url = several(broker, proxy.port, broker.port, listed=True)
        with running(tmp_path, {**database, **SELDOM, "LANNER_BROKER_URL": url}, "api", "worker") as service:
            assert comes_true(broker.consumers)
            assert fetched(service, "NILE") == "success"
            proxy.silent.set()
            began = time.monotonic()
            assert comes_true(lambda: lines(service, "no messages received"), 40)
            noticed = time.monotonic() - began
            assert comes_true(lambda: fetched(service, "GDP", wait=30) == "success", 40)

    assert noticed < 30


def several(broker: Broker, *ports: int, listed: bool = False) -> str:
    """Return the address of several hosts as kombu reads it, or as it is set."""
    return broker.url_of(hosts=hosts(*ports)) if listed else ";".join(broker.url_of(hosts=hosts(port)) for port in ports)


# Without a server.


def test_the_embedded_worker_consumes(tmp_path: Path) -> None:
    """Where the broker is in the worker, it always receives messages."""
    with running(tmp_path, {}, "up") as service:
        assert comes_true(lambda: service.get("/readyz").json()["consumers"] == 1)
        assert "lanner_consumers 1" in service.get("/metrics").text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "The broker at h:1 and g cannot be reached: Connection refused."),
        (TimeoutError(), "The broker at h:1 and g cannot be reached: TimeoutError."),
        (OSError("timed out."), "The broker at h:1 and g cannot be reached: timed out."),
    ],
)
def test_what_is_said_of_a_broker_that_is_away(error: Exception, words: str) -> None:
    """The sentence names the hosts and the reason, and no password."""
    assert explain_broker_error(error, "amqp://u:secret@h:1//;amqp://u:secret@g//") == words
