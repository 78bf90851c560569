"""A replica is read as far as it has what clients were shown; else the primary is, and nobody notices which it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import falcon.testing
import pytest

from adapters.sql.positions import read_token, write_token
from adapters.sql.store import SqlStore
from config import bootstrap
from config.migration import migrate_database
from domain.api_keys import Scope
from domain.codes import DatasetCode
from domain.observations import Observations
from domain.ports import CONSISTENCY_HEADER as HEADER
from domain.ports import ReplicaState
from entrypoints.rest.app import create_app
from entrypoints.rest.http.responses import ResponseSender
from tests.builders import an_arrival, append
from tests.faults.processes import comes_true
from tests.pgbouncer import pgbouncer
from tests.replication import Pair, replicated

pytestmark = [pytest.mark.server, pytest.mark.slow]
#: Of one request, whatever happens to the replica meanwhile.
BOUND_SECONDS = 12.0
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Api:
    """An API in this process, as if on a machine of its own unless it shares its folder with another."""

    container: Any
    client: falcon.testing.TestClient

    @property
    def status(self) -> Any:
        return self.container.read_routing().status()

    @property
    def fallbacks(self) -> int:
        return sum(self.status.fallbacks.values())

    def is_in(self, state: ReplicaState) -> bool:
        """Wait until the replica is in a state."""
        return comes_true(lambda: self.status.state is state)

    def get(self, path: str, token: str = "", **headers: str) -> falcon.testing.Result:
        return self.client.simulate_get(path, headers={**({HEADER: token} if token else {}), **headers})

    def post(self) -> falcon.testing.Result:
        return self.client.simulate_post("/timeseries", json={"code": f"SAMPLE/{uuid4().hex.upper()}", "provider": "sample"})

    def set_deviations(self, series: UUID, deviations: int) -> falcon.testing.Result:
        answer = self.client.simulate_patch(f"/timeseries/{series}", json={"gates": {"deviations": deviations}})
        assert answer.status_code == 200, answer.text
        return answer

    def deviations(self, series: UUID, token: str = "") -> float:
        found: float = self.get(f"/timeseries/{series}", token).json["gates"]["deviations"]
        return found


@pytest.fixture(scope="module")
def shared_pair() -> Iterator[Pair]:
    with replicated() as pair:
        yield pair


@pytest.fixture
def pair(shared_pair: Pair) -> Iterator[Pair]:
    """Give a replica that has everything."""
    yield shared_pair
    for server in (shared_pair.primary, shared_pair.replica):
        server.process.thaw()
        if not server.process.alive:
            server.start()
    shared_pair.resume()
    assert comes_true(shared_pair.has_caught_up)


@contextmanager
def an_api(pair: Pair, folder: Path, *, keys_required: bool = False, **settings: str) -> Iterator[Api]:
    container = bootstrap({**pair.settings(folder), **settings}, part="api")
    routing = container.read_routing()
    migrate_database(container)
    app = create_app(
        container.use_cases(),
        allowed_hosts=(),
        keys_required=keys_required,
        read_routing=routing,
        sender=ResponseSender(capacity=10**7),
    )
    try:
        yield Api(container, falcon.testing.TestClient(app, headers={"Host": "localhost"}))
    finally:
        routing.probes.stop()
        container.replica().dispose()
        container.engine().dispose()


@pytest.fixture
def api(pair: Pair, tmp_path: Path) -> Iterator[Api]:
    with an_api(pair, tmp_path / "one") as made:
        assert made.is_in(ReplicaState.OK)
        yield made


@pytest.fixture
def other(pair: Pair, tmp_path: Path) -> Iterator[Api]:
    """An API on another machine."""
    with an_api(pair, tmp_path / "two") as made:
        assert made.is_in(ReplicaState.OK)
        yield made


@dataclass
class Writer:
    """Writes as a worker does, at the primary, without a word to any API."""

    store: SqlStore
    series: UUID
    vintages: int = 0

    def write(self) -> None:
        """Add a vintage, whose values are its number."""
        self.vintages += 1
        moment = MIDNIGHT + timedelta(seconds=self.vintages)
        observations = Observations.of([date(2024, 1, 1)], ["Value"], [[float(self.vintages)]])
        with self.store.writing() as uow:
            append(uow, self.series, [an_arrival(moment, observations)])
            uow.commit()


@pytest.fixture
def writer(api: Api, pair: Pair) -> Writer:
    container = bootstrap({**pair.settings(Path(api.container.settings().data_dir)), "LANNER_DATABASE_READ_URL": ""})
    with container.store().writing() as uow:
        series = uow.series.add("sample", DatasetCode("SAMPLE", uuid4().hex.upper())).id
        uow.commit()
    made = Writer(container.store(), series)
    made.write()
    assert comes_true(pair.has_caught_up)
    return made


def measured(ask: Callable[[], falcon.testing.Result]) -> tuple[falcon.testing.Result, float]:
    began = time.monotonic()
    return ask(), time.monotonic() - began


def value(answer: falcon.testing.Result) -> float:
    assert answer.status_code == 200, answer.text
    found: float = answer.json["data"][-1][1]
    return found


def test_reads_go_to_the_replica(api: Api, pair: Pair, writer: Writer) -> None:
    """Every kind of read is answered while the primary does nothing at all."""
    pair.primary.process.freeze()
    paths = ["", "/data", "/data.csv", "/vintages", "/revisions?from=1&to=1", "/feed.atom"]
    answers = [api.get(f"/timeseries/{writer.series}{path}").status_code for path in paths]
    answers += [api.get(path).status_code for path in ("/timeseries", "/vintages", "/fetches", "/find?query=sample")]

    assert answers == [200] * 10
    assert api.status.state is ReplicaState.OK


def test_a_client_reads_what_it_has_written(api: Api, pair: Pair, writer: Writer) -> None:
    """While the replica shows nothing new: a new series is found and a change is seen, though the client sends no token."""
    pair.pause()
    posted = api.post()
    api.set_deviations(writer.series, 7)

    assert posted.status_code == 201
    assert api.get(f"/timeseries/{posted.json['id']}").status_code == 200
    assert api.deviations(writer.series) == 7
    assert api.fallbacks > 0
    assert read_token(posted.headers[HEADER]) > 0


def test_reads_return_to_the_replica(api: Api, pair: Pair, writer: Writer) -> None:
    """A replica that has caught up is read again by itself."""
    pair.pause()
    api.set_deviations(writer.series, 8)
    assert api.deviations(writer.series) == 8
    assert api.status.state is ReplicaState.BEHIND
    pair.resume()
    assert api.is_in(ReplicaState.OK)
    before = api.fallbacks

    assert api.deviations(writer.series) == 8
    assert api.fallbacks == before


def test_a_replica_that_is_behind_holds_up_few_reads(api: Api, pair: Pair, writer: Writer) -> None:
    """The first read waits a moment for it; the next do not ask it at all."""
    pair.pause()
    api.set_deviations(writer.series, 9)
    api.deviations(writer.series)
    last = """
        SELECT max(query_start)::text FROM pg_stat_activity
        WHERE application_name = 'lanner' AND query NOT LIKE '%pg_last_xact_replay_timestamp%'
    """
    before = pair.replica.sql(last)
    for _ in range(20):
        api.deviations(writer.series)

    assert pair.replica.sql(last) == before


def test_a_token_holds_on_other_machines(api: Api, other: Api, pair: Pair, writer: Writer) -> None:
    """An API that knows nothing of the write reads as old a state as the replica has; with the token of the answer, none that is older."""
    api.set_deviations(writer.series, 3)
    assert comes_true(pair.has_caught_up)
    pair.pause()
    token = api.set_deviations(writer.series, 4).headers[HEADER]

    assert other.deviations(writer.series) == 3
    seen = other.get(f"/timeseries/{writer.series}", token)
    assert seen.json["gates"]["deviations"] == 4
    assert read_token(seen.headers[HEADER]) >= read_token(token)


def test_what_was_just_made_is_found_on_other_machines(api: Api, other: Api, pair: Pair) -> None:
    """A series is not called unknown because a replica does not have it yet; one that nobody has still is."""
    pair.pause()
    posted = api.post().json["id"]

    assert other.get(f"/timeseries/{posted}").status_code == 200
    assert other.status.fallbacks["asked_again"] == 1
    assert other.get(f"/timeseries/{uuid4()}").status_code == 404


def test_a_position_that_was_just_reached_is_known(api: Api, other: Api, pair: Pair, writer: Writer) -> None:
    """A state that is pinned by a position which the replica has not come to is read at the primary."""
    pair.pause()
    writer.write()
    with writer.store.reading() as uow:
        position = uow.vintages.position()

    assert value(other.get(f"/timeseries/{writer.series}/data?position={position}")) == writer.vintages


def test_processes_of_one_machine_know_each_others_writes(api: Api, pair: Pair, writer: Writer) -> None:
    """A client that sends no token reads its write at another process of the same API."""
    with an_api(pair, Path(api.container.settings().data_dir)) as second:
        assert second.is_in(ReplicaState.OK)
        pair.pause()
        api.set_deviations(writer.series, 11)

        assert second.deviations(writer.series) == 11


def test_a_replica_that_ends_is_replaced_by_the_primary(api: Api, pair: Pair, writer: Writer) -> None:
    """Reads go on while it is killed, and return to it when it is back."""
    path, ended, failed, longest = f"/timeseries/{writer.series}/data", Event(), [], 0.0

    def read() -> None:
        nonlocal longest
        while not ended.is_set():
            answer, seconds = measured(lambda: api.get(path))
            longest = max(longest, seconds)
            if answer.status_code != 200:
                failed.append(answer.text)

    readers = [Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    pair.replica.kill()
    assert api.is_in(ReplicaState.UNREACHABLE)
    time.sleep(2)
    pair.replica.start()
    assert api.is_in(ReplicaState.OK)
    ended.set()
    for reader in readers:
        reader.join()

    assert failed == []
    assert longest < BOUND_SECONDS


def test_a_replica_that_hangs_holds_nobody_up_for_long(api: Api, pair: Pair, writer: Writer) -> None:
    """A read that it does not answer is begun again at the primary within seconds; the next do not ask it."""
    assert api.get("/timeseries").status_code == 200
    pair.replica.process.freeze()
    answer, seconds = measured(lambda: api.get("/timeseries"))
    again = [measured(lambda: api.get("/timeseries"))[1] for _ in range(5)]

    assert answer.status_code == 200
    assert seconds < BOUND_SECONDS
    assert max(again) < seconds / 2


def test_a_replica_cut_off_from_its_primary_is_left(api: Api, pair: Pair, writer: Writer) -> None:
    """One that shows what the primary had some seconds ago is not read, though nothing was written here."""
    pair.pause()
    writer.write()

    assert comes_true(lambda: api.status.state is ReplicaState.BEHIND, 30)
    assert value(api.get(f"/timeseries/{writer.series}/data")) == writer.vintages
    assert api.status.lag_bytes > 0
    assert api.status.lag_seconds > 0


def test_what_was_known_at_a_moment_just_past_is_asked_of_the_primary(api: Api, pair: Pair, writer: Writer) -> None:
    """An answer that is to stay the same is not given by a replica that may lack a part of it."""
    pair.pause()
    writer.write()
    path = f"/timeseries/{writer.series}/data"
    now = datetime.now(UTC)

    assert value(api.get(f"{path}?seen_by=2026-01-01T00:00:01Z")) == 1
    assert value(api.get(path)) == writer.vintages - 1
    assert value(api.get(f"{path}?seen_by={now - timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}")) == writer.vintages
    assert value(api.get(path)) == writer.vintages


def test_no_copy_becomes_valid_again(api: Api, pair: Pair, writer: Writer) -> None:
    """Once the primary has shown a state, an older copy is never confirmed, nor is what the replica has kept as the new state."""
    path = f"/timeseries/{writer.series}/data"
    old = api.get(path).headers["ETag"]
    pair.pause()
    writer.write()
    assert api.get(path, **{"If-None-Match": old}).status_code == 304
    api.set_deviations(writer.series, 5)
    new = api.get(path, **{"If-None-Match": old})
    pair.resume()
    assert comes_true(pair.has_caught_up)
    assert api.is_in(ReplicaState.OK)

    assert value(new) == writer.vintages
    assert api.get(path, **{"If-None-Match": new.headers["ETag"]}).status_code == 304
    assert value(api.get(path)) == writer.vintages


def test_nobody_goes_back_in_time(api: Api, pair: Pair, writer: Writer) -> None:
    """Whatever happens to the replica while a worker writes, no client of a process sees an older state after a newer one."""
    path, ended, wrong = f"/timeseries/{writer.series}/data", Event(), []

    def read(name: int) -> None:
        last, tag = 0.0, ""
        while not ended.is_set():
            answer = api.get(path, **({"If-None-Match": tag} if name % 2 else {}))
            found = last if answer.status_code == 304 else value(answer)
            tag = answer.headers["ETag"]
            if found < last:
                wrong.append((name, last, found))
            last = found

    readers = [Thread(target=read, args=(name,)) for name in range(4)]
    for reader in readers:
        reader.start()
    for disturb in (pair.pause, pair.resume, pair.replica.kill, pair.replica.start, pair.pause, pair.resume):
        for number in range(30):
            writer.write()
            if number % 10 == 0:
                api.set_deviations(writer.series, number + 1)
        disturb()
    ended.set()
    for reader in readers:
        reader.join()

    assert wrong == []
    assert api.is_in(ReplicaState.OK)
    assert value(api.get(path)) == writer.vintages


def test_permanent_answers_have_no_token(api: Api, writer: Writer) -> None:
    """What caches keep for ever says nothing of when it was read."""
    data = api.get(f"/timeseries/{writer.series}/data")
    permanent = api.get(data.headers["Content-Location"])

    assert HEADER in data.headers
    assert "immutable" in permanent.headers["Cache-Control"]
    assert HEADER not in permanent.headers
    assert HEADER not in api.get("/healthz").headers


@pytest.mark.parametrize("token", ["0", "1/2/3", "16/b374d848", "g/1", "123456789/1", "-1/0"])
def test_what_is_no_token_is_refused(api: Api, token: str) -> None:
    """The problem names the header."""
    answer = api.get("/timeseries", token)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_input")
    assert answer.json["errors"] == [{"header": HEADER, "detail": answer.json["detail"]}]


def test_a_made_up_token_disturbs_nobody(api: Api, pair: Pair, writer: Writer) -> None:
    """One from the future is answered by the primary, with a true one, and others go on to be answered by the replica."""
    future = write_token(2**60)
    answer = api.get(f"/timeseries/{writer.series}", future)
    before = api.fallbacks
    pair.primary.process.freeze()

    assert answer.status_code == 200
    assert read_token(answer.headers[HEADER]) < read_token(future)
    assert api.get(f"/timeseries/{writer.series}").status_code == 200
    assert api.fallbacks == before


def test_keys_are_those_of_the_primary(pair: Pair, tmp_path: Path) -> None:
    """A new key is valid at once, whatever the replica has; while the primary is away, known keys go on to be valid."""
    with an_api(pair, tmp_path, keys_required=True) as api:
        assert api.is_in(ReplicaState.OK)
        pair.pause()
        token = api.container.use_cases().manage_keys.create("reports", {Scope.READ})[1]
        holder = {"Authorization": f"Bearer {token}"}
        assert api.get("/timeseries", **holder).status_code == 200
        pair.resume()
        assert comes_true(pair.has_caught_up)
        assert api.is_in(ReplicaState.OK)
        pair.primary.kill()
        assert comes_true(lambda: api.status.primary_reachable is False)

        assert comes_true(lambda: api.get("/timeseries", **holder).status_code == 200)
        assert api.get("/readyz").json["primary"] == "unreachable"


def test_the_state_is_told(api: Api, pair: Pair, writer: Writer) -> None:
    """``/readyz`` and ``/metrics`` say whether the replica is read, and how far it is behind."""
    ready = api.get("/readyz").json
    pair.pause()
    api.set_deviations(writer.series, 12)
    api.deviations(writer.series)
    behind, metrics = api.get("/readyz").json, api.get("/metrics").text

    assert [ready[name] for name in ("primary", "replica", "replica_lag_bytes")] == ["ok", "ok", 0]
    assert (behind["status"], behind["replica"]) == ("ok", "behind")
    assert "\nlanner_replica_read 0\n" in metrics
    assert '\nlanner_replica_fallbacks_total{reason="behind"} 0\n' not in metrics
    assert "\nlanner_replica_lag_bytes " in metrics


def test_a_server_that_is_no_replica_of_this_database_is_not_read(pair: Pair, tmp_path: Path) -> None:
    """Neither a primary nor another database."""
    pair.primary.sql("DROP DATABASE IF EXISTS another")
    pair.primary.sql("CREATE DATABASE another")
    assert comes_true(pair.has_caught_up)
    for url, state in ((pair.primary.url + "?target_session_attrs=any", "promoted"), (pair.replica.url + "/another", "unrelated")):
        address = url.replace("/postgres/another", "/another")
        with an_api(pair, tmp_path / state, LANNER_DATABASE_READ_URL=address) as api:
            assert api.is_in(ReplicaState(state))
            assert api.get("/timeseries").status_code == 200


def test_positions_of_another_database_are_forgotten(pair: Pair, tmp_path: Path) -> None:
    """Where the database was made anew, or a primary has taken over without all of the last one's, positions begin again."""
    with an_api(pair, tmp_path) as first:
        first.container.read_routing().newest.shown_by_primary(2**60, 0)
    with an_api(pair, tmp_path) as api:
        assert api.is_in(ReplicaState.BEHIND)
        assert api.get("/timeseries").status_code == 200

        assert api.is_in(ReplicaState.OK)
        assert api.get("/timeseries").status_code == 200


def test_behind_a_pooler_the_server_is_asked_each_time(pair: Pair, tmp_path: Path) -> None:
    """A pooler in transaction mode between lanner and the replica changes nothing of what is promised."""
    with pgbouncer(pair.replica.url, "transaction") as url, an_api(pair, tmp_path, LANNER_DATABASE_READ_URL=url) as api:
        assert api.is_in(ReplicaState.OK)
        posted = api.post().json["id"]
        assert comes_true(lambda: api.is_in(ReplicaState.OK) and pair.has_caught_up())
        before = api.fallbacks
        read = [api.get(path).status_code for path in (f"/timeseries/{posted}", "/timeseries", f"/timeseries?id={posted}")]
        assert (read, api.fallbacks) == ([200, 200, 202], before)
        pair.pause()
        api.set_deviations(UUID(posted), 6)

        assert api.deviations(UUID(posted)) == 6
        assert api.fallbacks > before


def test_a_replica_that_is_promoted_is_left(tmp_path: Path) -> None:
    """Reads and writes go to whichever takes changes, of the hosts that the URL of the database names."""
    with replicated() as pair, an_api(pair, tmp_path, LANNER_DATABASE_URL=pair.url) as api:
        assert api.is_in(ReplicaState.OK)
        first = api.post().json["id"]
        assert comes_true(pair.has_caught_up)
        pair.primary.kill()
        assert comes_true(lambda: api.get(f"/timeseries/{first}").status_code == 200)
        pair.promote()

        assert api.is_in(ReplicaState.PROMOTED)
        assert comes_true(lambda: api.post().status_code == 201)
        second = api.post().json["id"]
        assert [api.get(f"/timeseries/{each}").status_code for each in (first, second)] == [200, 200]
