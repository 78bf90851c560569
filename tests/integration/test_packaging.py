"""What is shipped: lock files that fit, the image's installation, and a wheel that has all it needs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.servers import missing

ROOT = Path(__file__).parents[2]
SHIPPED = ("domain", "adapters", "entrypoints", "config", "pyproject.toml", "README.md", "LICENSE")
OFFLINE = re.compile(r"Failed to establish a new connection|Max retries exceeded|Name or service not known|name resolution")


def locked(name: str) -> dict[str, set[str]]:
    """Read a lock file: each package's versions (one for every kind of machine)."""
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE):
        versions.setdefault(canonicalize_name(package), set()).add(version)
    return versions


def test_locks_fit_the_project():
    """Every dependency is locked to a version that pyproject.toml admits; the development lock holds the runtime's versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, development = locked("requirements.lock"), locked("requirements-dev.lock")
    wanted = [(runtime, text) for text in [*project["project"]["dependencies"], *project["build-system"]["requires"]]]
    wanted += [(development, text) for text in project["dependency-groups"]["dev"]]
    unfit = [
        text
        for lock, text in wanted
        for need in [Requirement(text)]
        if not lock.get(canonicalize_name(need.name)) or not all(map(need.specifier.contains, lock[canonicalize_name(need.name)]))
    ]

    assert unfit == [], "run `make lock`"
    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_are_hashed_and_name_no_index(name):
    """Every package has its hashes, and where packages come from is left to whoever installs."""
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?! )", text.strip())
    bare = [entry.splitlines()[0] for entry in entries if not re.search(r"\n    --hash=sha256:[0-9a-f]{64}", entry)]

    assert bare == []
    assert re.findall(r"https?:|--index-url|--extra-index-url|--find-links", text) == []


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """Copy what is shipped, so that building leaves nothing in the checkout."""
    source: Path = tmp_path_factory.mktemp("source")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            # Tests that run meanwhile may write there.
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    return source


@pytest.fixture(scope="module")
def installed(tmp_path_factory, source) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Make an empty environment as the Dockerfile does, with the wheel in it; run commands there from another, empty folder."""
    folder = tmp_path_factory.mktemp("shipped")
    home, elsewhere = folder / "home", folder / "elsewhere"
    for made in (home, elsewhere):
        made.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    [line] = re.findall(r"^RUN pip (install .*--require-hashes.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv"), "--disable-pip-version-check"]
    done = subprocess.run([*pip, *shlex.split(line)], check=False, cwd=ROOT, capture_output=True, text=True)
    if OFFLINE.search(done.stderr):
        missing("the package index cannot be reached.")
    assert done.returncode == 0, done.stdout + done.stderr
    for step in (["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source], ["install", "--no-deps", "--no-index"]):
        arguments = step if step[0] == "wheel" else [*step, *folder.glob("lanner-*.whl")]
        done = subprocess.run([*pip, *map(str, arguments)], check=False, cwd=elsewhere, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{folder / 'venv' / 'bin'}:/usr/bin:/bin", "HOME": str(home)}
        return subprocess.run(arguments, check=False, cwd=elsewhere, capture_output=True, text=True, env=environment)

    return run


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_wheel_works_anywhere(installed):
    """Installed from the lock and the wheel alone, lanner migrates, fetches a sample and shows it."""
    assert installed("lanner", "--version").stdout.split()[-1] == "0.1.0"
    for command in (["migrate"], ["fetch", "SAMPLE/NILE"], ["show", "SAMPLE/NILE"]):
        done = installed("lanner", *command)
        assert done.returncode == 0, done.stdout + done.stderr

    assert "Flow of the Nile" in done.stdout


def test_the_wheel_holds_what_is_ours_alone(installed):
    """Four packages, the migrations, the sample series, the OpenAPI document and its pages are in it, and no test."""
    listing = "from importlib.metadata import files; print(*sorted(map(str, files('lanner'))))"
    names = [Path(name) for name in installed("python", "-c", listing).stdout.split()]
    kinds = (".py", ".gz", ".json", ".js", ".css", ".html")
    ours = {str(path.relative_to(ROOT)) for package in SHIPPED[:4] for path in (ROOT / package).rglob("*") if path.suffix in kinds}

    assert {str(name) for name in names if name.suffix in kinds and name.parts[0] in SHIPPED} == ours


@pytest.fixture(scope="module")
def installers(tmp_path_factory) -> Path:
    """Install pipx and uv into a folder of their own."""
    folder: Path = tmp_path_factory.mktemp("installers")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--target", str(folder), "pipx", "uv"]
    done = subprocess.run(pip, check=False, capture_output=True, text=True)
    if OFFLINE.search(done.stderr):
        missing("the package index cannot be reached.")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", [("pipx", "install"), ("uv", "tool", "install")], ids=" ".join)
def test_it_gets_onto_the_path(command, installers, source, tmp_path):
    """One command in a checkout, for a user who has nothing else; then ``lanner`` works from anywhere, without the checkout."""
    home, elsewhere, versions = tmp_path / "home", tmp_path / "elsewhere", tmp_path / "constraints.txt"
    for made in (home, elsewhere):
        made.mkdir()
    # As locked: what others release tomorrow is no change of this project. Where two versions are locked, the kind of machine decides.
    pinned = {name: found for name, found in locked("requirements.lock").items() if len(found) == 1}
    versions.write_text("\n".join(f"{name}=={version}" for name, [version] in pinned.items()))
    inherited = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "REQUESTS_", "HTTP", "NO_PROXY"))
    }
    environment = inherited | {
        "HOME": str(home),
        "PATH": f"{home / '.local' / 'bin'}:{installers / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(installers),
        "PIP_CONSTRAINT": str(versions),
        "UV_CONSTRAINT": str(versions),
        "UV_PYTHON_DOWNLOADS": "never",
    }

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(arguments, check=False, cwd=elsewhere, capture_output=True, text=True, env={**environment, **changed})
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    run(*command, "--python", sys.executable, str(source))
    shown = [run("lanner", *line.split(), PYTHONPATH="").stdout for line in ("--version", "fetch SAMPLE/NILE", "show sample/nile")]

    assert shown[0].split()[-1] == "0.1.0"
    assert "1 vintage added" in shown[1]
    assert "Flow of the Nile" in shown[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_bill_of_materials_is_complete(tmp_path):
    """It names what the lock lists for this kind of machine, in those versions and each with a licence, and nothing else."""
    done = subprocess.run([ROOT / ".ci" / "sbom", tmp_path / "sbom.json"], check=False, capture_output=True, text=True)
    if OFFLINE.search(done.stderr):
        missing("the package index cannot be reached.")
    assert done.returncode == 0, done.stdout + done.stderr
    components = json.loads((tmp_path / "sbom.json").read_text())["components"]
    lock = locked("requirements.lock")

    assert {component["name"] for component in components if not component.get("licenses")} == set()
    assert {each["name"] for each in components if each["version"] not in lock.get(canonicalize_name(each["name"]), ())} == set()
    assert {"granian", "falcon", "sqlalchemy", "pyarrow"} <= {canonicalize_name(component["name"]) for component in components}
