"""
What every data source promises.

Each module in ``adapters/providers`` is found by itself and must have its case, ``tests/payloads/<name>/contract.json``:
``code``, one that it knows; ``unknown``, one that it does not (null if it knows every code); ``options``, in which
``{folder}`` stands for the payload's folder and ``{server}`` for a local server; ``answers``, those of that server, by path,
or by ``path?name=value`` where the query tells them apart.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from adapters.providers import InstalledProviders
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.observations import Observations
from domain.ports import Answer, DataSource, Fetched, Known, ParsesAnswers
from domain.providers import Limit, Terms
from domain.series import Metadata
from domain.vintages import Origin

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT / "tests" / "payloads"
NAMES = sorted(path.stem for path in (ROOT / "adapters" / "providers").glob("[!_]*.py"))
KNOWN = Known(newest=None)


@dataclass(frozen=True)
class Case:
    """A source, opened as its contract file says."""

    source: DataSource
    code: DatasetCode
    unknown: DatasetCode | None
    secrets: tuple[str, ...]


class Replay(BaseHTTPRequestHandler):
    """Answers with the payloads of one provider, and 404 to anything else."""

    folder: Path
    answers: Mapping[str, Mapping[str, Any]]

    def do_GET(self):
        answer = self.answers.get(max(filter(self.is_asked, self.answers), key=len, default=""), {"status": 404})
        body = (self.folder / answer["file"]).read_bytes() if "file" in answer else b""
        self.send_response(answer.get("status", 200))
        self.send_header("Content-Type", answer.get("content_type", "application/json"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_asked(self, known: str) -> bool:
        path, _, query = known.partition("?")
        asked = urlsplit(self.path)
        return asked.path == path and set(parse_qsl(query)) <= set(parse_qsl(asked.query))

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module", params=NAMES)
def module(request) -> ModuleType:
    return import_module(f"adapters.providers.{request.param}")


@pytest.fixture(scope="module")
def contract(module) -> Mapping[str, Any]:
    path = PAYLOADS / module.NAME / "contract.json"
    if not path.is_file():
        pytest.fail(f"the provider {module.NAME} has no {path.relative_to(ROOT)}: see this module's docstring")
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def server(module, contract) -> Iterator[str]:
    attributes = {"folder": PAYLOADS / module.NAME, "answers": contract.get("answers", {})}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("ReplayOfOne", (Replay,), attributes)) as served:
        threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.fixture(scope="module")
def case(module, contract, server) -> Case:
    folder = str(PAYLOADS / module.NAME)
    options = {name: text.replace("{folder}", folder).replace("{server}", server) for name, text in contract.get("options", {}).items()}
    providers = InstalledProviders({module.NAME: options}, deadline_seconds=20)
    providers.check()
    return Case(
        source=providers.source(module.NAME),
        code=DatasetCode.parse(contract["code"]),
        unknown=contract["unknown"] and DatasetCode.parse(contract["unknown"]),
        secrets=tuple(text for name, text in options.items() if name.endswith("key")),
    )


@pytest.fixture(scope="module")
def fetched(case) -> Fetched:
    return case.source.fetch(case.code, KNOWN)


def test_a_module_tells_its_facts(module):
    """A provider is named like its module and says what it serves, and under which terms."""
    assert module.PROVIDER_API == 1
    assert module.__name__ == f"adapters.providers.{module.NAME}"
    assert isinstance(module.TITLE, str)
    assert module.TITLE
    assert isinstance(module.DATABASES, tuple)
    assert [DatasetCode(database, "X").database for database in module.DATABASES] == list(module.DATABASES)
    assert isinstance(module.TERMS, Terms)
    assert all(isinstance(limit, Limit) for limit in getattr(module, "LIMITS", ()))


def test_no_database_is_declared_twice():
    """A database code has one provider at most that declares it."""
    declared = Counter(database for name in NAMES for database in import_module(f"adapters.providers.{name}").DATABASES)

    assert [database for database, count in declared.items() if count > 1] == []


def test_modules_are_light():
    """Importing every provider loads no library that takes long to load."""
    code = f"import sys, {', '.join(f'adapters.providers.{name}' for name in NAMES)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert {"pyarrow", "pandas", "requests", "sqlalchemy"} & set(loaded) == set()


def test_a_fetch_gives_states(fetched):
    """A fetch gives one state at least: dates ascending, a name for every column, numbers or NaN."""
    assert fetched.vintages
    for published, state in fetched.vintages:
        assert published is None or isinstance(published, date)
        assert isinstance(state, Observations)
        assert len(state)
        assert (state.dates[1:] > state.dates[:-1]).all()
        assert state.columns
        assert all(isinstance(column, str) for column in state.columns)
        assert state.values.shape == (len(state), len(state.columns))
        assert not np.isinf(state.values).any()


def test_a_fetch_gives_vintages_in_order(fetched):
    """Vintages come oldest first; several of one series all carry labels."""
    labels = [published for published, _ in fetched.vintages]

    assert labels == [None] or labels == sorted(set(labels))


def test_a_fetch_gives_metadata(fetched):
    """Metadata are text, a frequency that is known or none, units for every column or for none, and extras that JSON can carry."""
    metadata = fetched.metadata

    assert isinstance(metadata, Metadata)
    assert metadata.name
    assert metadata.date_column
    assert metadata.frequency is None or isinstance(metadata.frequency, Frequency)
    assert len(metadata.column_units) in (0, len(fetched.vintages[-1][1].columns))
    assert json.loads(json.dumps(dict(metadata.extra))) == metadata.extra
    assert all(isinstance(name, str) for name in fetched.left_out)


def test_a_fetch_tells_its_origin(module, case, fetched):
    """The origin names the request and the answer's hash, and no secret."""
    origin = fetched.origin

    assert isinstance(origin, Origin)
    assert origin.request
    assert len(bytes.fromhex(origin.response_sha256)) == 32
    assert origin.adapter_version == module.ADAPTER_VERSION
    assert [secret for secret in case.secrets if secret in repr(fetched)] == []


def test_an_unknown_code_is_not_found(case):
    """A code that the provider does not have is not found; the message tells no secret."""
    if case.unknown is None:
        pytest.skip("this provider knows every code")
    with pytest.raises(DatasetNotFound) as raised:
        case.source.fetch(case.unknown, KNOWN)

    assert raised.value.message
    assert [secret for secret in case.secrets if secret in raised.value.message + raised.value.hint] == []


@pytest.mark.parametrize("dataset", ["a/b", "$(x)|y", "^GSPC", "x=1,y~2", "A@B:C+D!", "...", "a" * 200])
def test_a_code_of_any_form_is_answered(case, dataset):
    """Any code of the domain's form gives a series or a named error."""
    try:
        answered = bool(case.source.fetch(DatasetCode(case.code.database, dataset), KNOWN).vintages)
    except FetchError as error:
        answered = bool(error.message)

    assert answered


def test_eight_threads_at_once_get_the_same(case, fetched):
    """A source is shared by threads: each gets what one alone gets."""
    with ThreadPoolExecutor(8) as threads:
        every = list(threads.map(lambda _: case.source.fetch(case.code, KNOWN), range(8)))

    assert [other.vintages == fetched.vintages and other.metadata == fetched.metadata for other in every] == [True] * 8


def test_garbage_is_not_understood(case):
    """A source that parses recorded answers names what is wrong with one that is none, whichever series is asked for."""
    if not isinstance(case.source, ParsesAnswers):
        pytest.skip("this provider's answers are not recorded")
    for body in (b"", b"{}", b"{", b"[[[", b"<!doctype html><title>Hello</title>", b"\x00\xff\xfe", b"PAR1", b"7"):
        for code in (case.code, None):
            with pytest.raises(FetchError) as raised:
                case.source.parse(code, Answer(body=body))

            assert raised.value.message, body
