"""``lanner config``, and where the API listens."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.running import lanner


def test_settings_are_printed_with_their_sources(tmp_path: Path) -> None:
    """As a table, and as JSON for scripts; --port comes before the environment, however that is written."""
    settings = {"HOME": str(tmp_path), "LANNER_API_THREADS": "4", "LANNER_DATABASE_URL": "postgresql://u:hunter2@h/d"}
    table, document = (lanner("config", *more, folder=tmp_path, environment=settings) for more in ((), ("--json",)))

    assert json.loads(document.stdout)["LANNER_API_THREADS"] == {"value": "4", "source": "environment"}
    assert ["LANNER_API_THREADS", "4", "environment"] in [line.split() for line in table.stdout.splitlines()]
    assert "hunter2" not in table.stdout + document.stdout


def test_where_the_api_listens_can_be_said_on_the_command_line(tmp_path: Path) -> None:
    """It stands over the environment and is checked as it is."""
    settings = {"HOME": str(tmp_path), "lanner_port": "1"}
    wrong, other = (lanner("api", *more, folder=tmp_path, environment=settings) for more in (("--port", "x"), ("--host", "192.0.2.1")))

    assert (wrong.returncode, other.returncode) == (1, 1)
    assert "LANNER_PORT is not valid: write a whole number." in wrong.stderr
    assert "LANNER_HOST=192.0.2.1 lets other machines reach lanner." in other.stderr
