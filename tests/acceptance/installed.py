"""
Clients of others, installed from their registries once: below ``build/clients``, until their pins change.

Without a registry the tests are skipped, and fail where everything has to be there, as in CI.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from tests.documents import ROOT
from tests.servers import missing

_KEPT = ROOT / "build" / "clients"
_SECONDS = 600


def python_with(*pins: str) -> Path:
    """Return a Python that has these packages, and nothing of lanner."""

    def make(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins])

    return _kept("python", pins, make) / "bin" / "python"


def source_of(pin: str) -> Path:
    """Return the unpacked source distribution of a Python package."""

    def make(folder: Path) -> None:
        folder.mkdir()
        _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), pin])
        shutil.unpack_archive(next(folder.iterdir()), folder, filter="data")

    return next(path for path in _kept("source", [pin], make).iterdir() if path.is_dir())


def node_with(*pins: str) -> Path:
    """Return a folder in which Node.js finds these packages."""
    if not shutil.which("node") or not shutil.which("npm"):
        missing("Node.js and npm are not installed")

    def make(folder: Path) -> None:
        folder.mkdir()
        (folder / "package.json").write_text("{}")
        _run(["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", *pins])

    return _kept("node", pins, make)


def _kept(kind: str, pins: Sequence[str], make: Callable[[Path], None]) -> Path:
    """Return the folder of these pins, made in another place first, so that no half of it is ever found."""
    name = sha256(" ".join([sys.version, *pins]).encode()).hexdigest()[:12]
    kept = _KEPT / f"{kind}-{name}"
    if kept.exists():
        return kept
    _KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_KEPT) as made:
        folder = Path(made) / "made"
        make(folder)
        try:
            folder.rename(kept)
        except OSError:  # another process was faster
            assert kept.exists()
    return kept


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        missing(f"the registry was too slow for {' '.join(command[-3:])}")
    if done.returncode:
        missing(f"{' '.join(command[-3:])} could not be installed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
