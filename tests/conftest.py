"""What every test has: an environment without settings of lanner, and the servers of ``tests.servers``."""

from __future__ import annotations

pytest_plugins = ["tests.servers"]
