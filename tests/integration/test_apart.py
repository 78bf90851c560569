"""Large answers are read in a process apart: the same comes of them, within a memory and a time, and nothing is lost with it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from adapters.provider_kit.child_process.source import HEAVY_BYTES
from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.provider_kit.registry.opening import open_source
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTooLarge, FetchError, RateLimited, SourceTimedOut, ThrottledLocally
from domain.ports import ParsedSeries, ParsesResponses, PriorState, RawResponse
from tests.builders import a_server, an_answer

ROOT = Path(__file__).parents[2]
CODE = DatasetCode("X", "Y")
MEMORY = 400_000_000
#: Does what the answer's first word says.
PROVIDER = """
import ctypes, logging, os, time
from dataclasses import dataclass, field
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, RateLimited
from domain.observations import Observations
from domain.ports import ParsedSeries
from domain.providers import Terms
from domain.series import Metadata
class Refused(AnswerNotUnderstood):
    def __init__(self, one, other):
        super().__init__(one + other)
class Source:
    def parse(self, code, answer):
        return getattr(self, answer.body.split()[0].decode())()
    def fetch(self, code, known):
        return self.parse(code, None)
    def read(self):
        state = Observations.of(["2024-01-01"], ["V"], [[os.getpid()]])
        return [ParsedSeries(code=DatasetCode("X", "Y"), metadata=Metadata(), vintages=[(None, state)])]
    def sleep(self):
        time.sleep(60)
    def spin(self):
        while True: pass
    def fill(self):
        return bytearray(2_000_000_000)
    def creep(self):
        held = []
        while True: held.append("x" * 1_000_000 + str(len(held)))
    def crash(self):
        ctypes.string_at(0)
    def abort(self):
        os.abort()
    def leave(self):
        os._exit(3)
    def refuse(self):
        raise RateLimited("Not now.", hint="Later.", retry_after=7.5)
    def refuse_oddly(self):
        raise Refused("one", "other")
    def fail(self):
        return {}["nothing"]
    def environment(self):
        raise AnswerNotUnderstood(" ".join(os.environ))
    def log(self):
        logging.getLogger("third").warning("row left out", extra={"row": 7})
        return self.read()
TERMS = Terms(attribution="them", url="https://them.invalid")
PROVIDER = ProviderSpec(
    provider_api=2, name="third", title="A third party", databases=(), terms=TERMS, open=lambda options, http: Source()
)
"""

_memories = count(MEMORY)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., InstalledProviders]]:
    """Providers with the one above, whose processes are this test's own."""
    named = "p" + tmp_path.name.replace("-", "_")
    (tmp_path / "third-1.0.dist-info").mkdir()
    (tmp_path / "third-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: third\nVersion: 1.0\n")
    (tmp_path / "third-1.0.dist-info/entry_points.txt").write_text(f"[lanner.providers]\nthird = {named}\n")
    (tmp_path / f"{named}.py").write_text(PROVIDER)
    monkeypatch.syspath_prepend(tmp_path)
    memory = next(_memories)
    yield lambda seconds=30: InstalledProviders({}, deadline_seconds=seconds, memory_bytes=memory)
    for process in processes():
        os.kill(process, 9)


def processes() -> set[int]:
    """The processes that this one has for reading."""
    found = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    ).stdout
    return {int(line.split()[0]) for line in found.splitlines() if "adapters.provider_kit.child_process.child" in line}


def parse(providers: InstalledProviders, what: str, size: int = HEAVY_BYTES + 1) -> Any:
    source = providers.offline_source("third")
    assert isinstance(source, ParsesResponses)
    return source.parse(CODE, RawResponse(body=what.encode().ljust(size)))


def process_of(series: list[ParsedSeries]) -> int:
    return int(series[0].vintages[0][1].values[0, 0])


def test_only_large_answers_are_read_apart(opened):
    """A small answer is read where it came, a large one in another process, which is kept for the next."""
    providers = opened()

    assert process_of(parse(providers, "read", size=1000)) == os.getpid()
    first = process_of(parse(providers, "read"))
    assert first != os.getpid()
    assert process_of(parse(providers, "read")) == first


def test_a_large_process_has_processes_that_last(opened):
    """However much this process has taken, one that took little itself is kept for the next answer."""
    assert len(bytearray(400_000_000)) > MEMORY // 2
    providers = opened()

    assert process_of(parse(providers, "read")) == process_of(parse(providers, "read"))


@pytest.mark.parametrize("what", ["fill", "creep"])
def test_memory_is_bounded(opened, what):
    """What takes more memory than is set is refused by name, and what comes next is read."""
    providers = opened()
    with pytest.raises(AnswerTooLarge, match="more than 400 MB of memory") as raised:
        parse(providers, what)

    assert "LANNER_WORKER_MEMORY" in raised.value.hint
    assert parse(providers, "read")


@pytest.mark.parametrize("what", ["sleep", "spin"])
def test_time_is_bounded(opened, what):
    """What takes longer than a fetch may is ended at its deadline, and its process with it."""
    providers = opened(1)
    before, begun = processes(), time.monotonic()
    with pytest.raises(SourceTimedOut, match="not read within the 1 seconds"):
        parse(providers, what)

    assert time.monotonic() - begun < 3
    assert processes() <= before


@pytest.mark.parametrize(("what", "reason"), [("crash", "SIGSEGV"), ("leave", "exit code 3")])
def test_a_process_that_breaks_harms_nothing_else(opened, what, reason):
    """An answer that brings down the process that reads it is an error by name, and what comes next is read."""
    providers = opened()
    with pytest.raises(AnswerNotUnderstood, match=reason):
        parse(providers, what)

    assert parse(providers, "read")


def test_a_process_that_gives_up_had_too_little_memory(opened):
    """A library that ends its process does so where it gets no memory."""
    with pytest.raises(AnswerTooLarge):
        parse(opened(), "abort")


def test_errors_are_the_same(opened):
    """What a source raises apart is raised with all it says; what nobody can make again, or no source may raise, is named."""
    providers = opened()
    with pytest.raises(RateLimited) as raised:
        parse(providers, "refuse")
    assert (raised.value.message, raised.value.hint, raised.value.retry_after) == ("Not now.", "Later.", 7.5)
    with pytest.raises(AnswerNotUnderstood, match="Refused"):
        parse(providers, "refuse_oddly")
    with pytest.raises(KeyError):
        parse(providers, "fail")


def test_no_secret_is_handed_on(opened, monkeypatch):
    """The process apart has none of this one's variables but those that every program needs."""
    monkeypatch.setenv("LANNER_PROVIDERS__QUANDL__API_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_PASSWORD", "s3cret")
    with pytest.raises(AnswerNotUnderstood) as raised:
        parse(opened(), "environment")

    assert not {name for name in raised.value.message.split() if name.startswith("LANNER") or "PASSWORD" in name}


def test_what_is_logged_apart_is_logged_here(opened, caplog):
    """A line about a large answer comes out where all lines do."""
    with caplog.at_level(logging.WARNING):
        parse(opened(), "log")

    [record] = [record for record in caplog.records if record.name == "third"]
    assert (record.getMessage(), record.__dict__["row"]) == ("row left out", 7)


def test_who_stops_does_not_wait(opened):
    """When all calls are cut, what is read apart is, too, and nothing is begun any more."""
    providers = opened()
    ended: list[Exception] = []

    def read() -> None:
        try:
            parse(providers, "sleep")
        except FetchError as error:
            ended.append(error)

    thread = Thread(target=read)
    thread.start()
    time.sleep(1)
    providers.abort_calls()
    thread.join(5)

    assert [type(error) for error in ended] == [ThrottledLocally]
    with pytest.raises(ThrottledLocally):
        parse(providers, "read")


def test_it_ends_with_its_parent(tmp_path):
    """A process that reads does not outlive the one that it reads for, even killed."""
    script = f"""
import sys, time
from adapters.provider_kit.registry.installed import InstalledProviders
from domain.codes import DatasetCode
from domain.ports import RawResponse
from tests.integration.test_apart import processes
source = InstalledProviders({{"files": {{"path": {str(tmp_path)!r}}}}}, deadline_seconds=30).offline_source("files")
source.parse(DatasetCode("X", "Y"), RawResponse(body=b"Date,V\\n" + b"2024-01-01,1\\n" * 30_000))
print(*processes(), flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        [child] = map(int, parent.stdout.readline().split())
        os.kill(child, 0)
        parent.kill()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not Path(f"/proc/{child}").exists()


def test_pages_are_asked_for_once():
    """A fetch that turns out to be large goes on apart: nothing is asked twice, and what follows is asked from here, with the key."""
    asked: list[tuple[str, str]] = []

    def respond(target: str, headers: Any) -> list[bytes]:
        asked.append((target.partition("?")[2], headers["x-api-token"]))
        page = len(asked)
        rows = [[f"{1000 + page}-{month:02}-{day:02}", "k", 1.5] for month in range(1, 13) for day in range(1, 29)]
        columns = [{"name": "date", "type": "Date"}, {"name": "code", "type": "String"}, {"name": "v", "type": "double"}]
        meta = {"next_cursor_id": f"c{page}" if page < 3 else None, "pad": "x" * (HEAVY_BYTES if page == 2 else 1)}
        return [an_answer(json.dumps({"datatable": {"columns": columns, "data": rows}, "meta": meta}).encode())]

    with a_server(respond) as url:
        settings = {"quandl": {"base_url": url, "api_key": "a-long-secret-key"}}
        fetched = (
            InstalledProviders(settings, deadline_seconds=30).source("quandl").fetch(DatasetCode("QDL", "T.k"), PriorState(newest=None))
        )

    assert [query for query, _ in asked] == ["code=k", "code=k&qopts.cursor_id=c1", "code=k&qopts.cursor_id=c2"]
    assert {key for _, key in asked} == {"a-long-secret-key"}
    assert len(fetched.vintages[0][1]) == 3 * 12 * 28


def test_the_same_comes_of_it():
    """A state that was read apart is the one that is read here, to the bit, and as unchangeable."""
    rows = [[str(year), *(year + i / 8 for i in range(12))] for year in range(1000, 4000)]
    rows = [[f"{row[0]}-01-01", *row[1:]] for row in rows]
    body = json.dumps({"dataset": {"column_names": ["Date", *"abcdefghijkl"], "data": rows}}).encode().ljust(HEAVY_BYTES + 1)
    providers = InstalledProviders({}, deadline_seconds=30)
    spec = providers.spec("quandl")
    assert spec is not None
    here, _ = open_source(spec, {}, HttpClient, deadline_seconds=30)
    sources = [providers.source("quandl"), here]
    apart, known = [source.parse(CODE, RawResponse(body=body))[0] for source in sources if isinstance(source, ParsesResponses)]

    assert apart == known
    assert not apart.vintages[0][1].values.flags.writeable
