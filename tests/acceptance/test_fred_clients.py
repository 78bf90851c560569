"""The unmodified clients of FRED's API against a running service that keeps GDP as ALFRED's answers were recorded."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.running import Lanner, lanner, running
from tests.documents import DOCUMENTS
from tests.integration.fred_server import KEY, RECORDED, gdp, serving
from tests.servers import missing

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(not RECORDED.is_dir(), reason="../shared/recorded is not beside this checkout"),
]

SETTINGS = {"LANNER_PROVIDERS__FRED__API_KEY": KEY}
CALLS = Path(__file__).with_name("fred_calls.py")
SMALL = ("fredapi==0.5.2", "pyfredapi==0.10.2", "fedfred==3.0.0", "pandas-datareader==0.11.1", "setuptools<81")
CLIENTS = {
    "fredapi": SMALL,
    "pyfredapi": SMALL,
    "fedfred": SMALL,
    "pandas_datareader": SMALL,
    "openbb_fred": ("openbb-fred==2.0.0",),
}


EXAMPLES = [code for page in DOCUMENTS if page.path.name == "fred-api.md" for code in page.blocks_of("python")]


@pytest.fixture(scope="module")
def python_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Path]:
    """Make a Python that has these packages and nothing of lanner, each once."""

    @cache
    def made(packages: tuple[str, ...]) -> Path:
        folder = tmp_path_factory.mktemp("clients")
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        installed = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if installed.returncode:
            missing(f"the clients of FRED could not be installed: {installed.stderr.strip().splitlines()[-1]}")
        return python

    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lanner, Path, str]]:
    """A service that requires keys, and reads FRED from a server that answers as recorded; and a key of FRED's form."""
    folder = tmp_path_factory.mktemp("service")
    assert lanner("migrate", folder=folder, environment={}).returncode == 0
    created = lanner("keys", "create", "--form", "fred", folder=folder, environment={})
    settings = {**SETTINGS, "LANNER_AUTH": "required"}
    with serving(gdp()) as url, running(folder, {**settings, "LANNER_PROVIDERS__FRED__BASE_URL": url}, "up") as service:
        yield service, folder, created.stdout.strip()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_call_of_a_client(
    client: str, python_with: Callable[[tuple[str, ...]], Path], service: tuple[Lanner, Path, str], tmp_path: Path
) -> None:
    """Frames are the recorded ones, errors FRED's, and a series that is not stored is fetched by being asked for."""
    running_service, _, key = service
    python = python_with(CLIENTS[client])
    command = [python, "-P", CALLS, client, running_service.address, key, RECORDED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path, check=False)

    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["all calls passed"]), done.stderr
    assert key not in running_service.log()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda code: code.split()[1])
def test_the_documents_examples_run(example: str, python_with: Callable[[tuple[str, ...]], Path], tmp_path: Path) -> None:
    """Each client reads what was known of GDP, as docs/fred-api.md shows it, where no keys are required."""
    with serving(gdp()) as url, running(tmp_path, {**SETTINGS, "LANNER_PROVIDERS__FRED__BASE_URL": url}, "up") as service:
        command = [python_with(SMALL), "-P", "-c", example.replace("http://localhost:8000", service.address)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False)

    assert done.returncode == 0, done.stderr
    assert "14264.6" in done.stdout or "29349.924" in done.stdout
