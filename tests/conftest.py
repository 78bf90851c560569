"""What every test has: an environment without settings of lanner, and the servers of ``tests.servers``."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["tests.servers"]
# For ``make quick``; tests that say themselves how many examples they want are left alone.
settings.register_profile("quick", max_examples=15)
