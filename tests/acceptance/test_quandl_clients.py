"""The unmodified Python clients of Quandl and Nasdaq Data Link against a running service."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.quandl_server import quandl_server
from tests.acceptance.running import Lanner, running
from tests.documents import DOCUMENTS
from tests.nginx import nginx
from tests.servers import missing

pytestmark = pytest.mark.clients

CALLS = Path(__file__).with_name("quandl_calls.py")
CLIENTS = {"quandl": "quandl==3.7.0", "nasdaqdatalink": "nasdaq-data-link==1.0.4"}
FRAMES = ("polars", "pyarrow", "fsspec", "requests")
EXAMPLES = {
    f"{page.path.name}-{number}": code
    for page in DOCUMENTS
    for number, code in enumerate(page.blocks_of("python"))
    if "http://localhost:8000" in code
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the clients and nothing of lanner."""
    folder = tmp_path_factory.mktemp("clients")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *CLIENTS.values(), *FRAMES]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if installed.returncode:
        missing(f"the Quandl clients could not be installed: {installed.stderr.strip().splitlines()[-1]}")
    return python


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanner]:
    with quandl_server() as provider:
        settings = {"LANNER_PROVIDERS__QUANDL__BASE_URL": provider.base_url, "LANNER_TRUSTED_PROXIES": "127.0.0.0/8"}
        with running(tmp_path_factory.mktemp("service"), settings, "up") as service:
            yield service


@pytest.mark.timeout(900)
@pytest.mark.parametrize("module", CLIENTS)
def test_every_call_of_the_clients(module: str, python: Path, service: Lanner, tmp_path: Path) -> None:
    """Values, index, names, errors, merged lists, searches and whole databases are what the clients expect."""
    command = [python, "-P", CALLS, module, service.address, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False)

    assert (done.returncode, done.stdout) == (0, "all calls passed\n"), done.stderr


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.parametrize("module", CLIENTS)
def test_every_call_behind_nginx_below_a_prefix(module: str, python: Path, service: Lanner, tmp_path: Path) -> None:
    """Redirects lead there too, so that whole databases are had."""
    with nginx(urlsplit(service.address).port or 0) as port:
        command = [python, "-P", CALLS, module, f"http://127.0.0.1:{port}/lanner", tmp_path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False)

    assert (done.returncode, done.stdout) == (0, "all calls passed\n"), done.stderr


@pytest.mark.timeout(900)
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_documents_examples_run(example: str, python: Path, service: Lanner, tmp_path: Path) -> None:
    """Quandl's client, pandas and polars read from a running service, as the README and docs/ show it."""
    service.polled(service.request("SAMPLE", "GDP")["id"])
    code = example.replace("http://localhost:8000", service.address)
    done = subprocess.run([python, "-P", "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False)

    assert done.returncode == 0, done.stderr
    assert "14264.6" in done.stdout


def test_there_are_three_examples() -> None:
    """One is for Quandl's client, one for data frames, and one for a back-test's frame of four lines."""
    assert [len(list(filter(None, example.splitlines()))) for example in EXAMPLES.values() if "panel" in example] == [4]
    assert len(EXAMPLES) == 3
