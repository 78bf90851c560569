"""What a short command must not load, since loading is what takes its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

RUN = """
import sys
from entrypoints.cli.__main__ import main
try:
    main()
finally:
    print("loaded", *sys.modules)
"""
SERVERS = {"alembic", "billiard", "celery", "falcon", "granian", "kombu", "marshmallow", "pyarrow", "requests", "structlog", "urllib3"}


def loaded_by(folder: Path, *command: str) -> set[str]:
    """Run a command in an empty environment and return the modules it has loaded."""
    arguments = [sys.executable, "-c", RUN, *command]
    environment = {"LANNER_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, env=environment, cwd=folder)
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    assert lines[-1].startswith("loaded "), done.stderr
    return set(lines[-1].split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a database without series."""
    assert "alembic" in loaded_by(tmp_path, "migrate")
    return tmp_path


def test_list_loads_neither_servers_nor_providers(folder: Path) -> None:
    """It reads the store and prints a table."""
    loaded = loaded_by(folder, "list")

    assert not loaded & SERVERS
    assert {name for name in loaded if name.startswith("domain.use_cases.")} == {"domain.use_cases.search_series"}
    assert not {name for name in loaded if name.startswith(("adapters.provider", "entrypoints.rest", "entrypoints.worker"))}
    assert not loaded & {"pcodec", "sqlalchemy.orm", "psycopg2"}


def test_show_loads_no_server(folder: Path) -> None:
    """It needs the providers' facts, but none of what asks them."""
    loaded = loaded_by(folder, "show", "SAMPLE/GDP")

    assert "domain.use_cases.describe_series" in loaded
    assert not loaded & SERVERS
    assert not {name for name in loaded if name.startswith(("entrypoints.rest", "entrypoints.worker"))}
