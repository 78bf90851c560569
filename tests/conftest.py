"""What every test has: an environment without settings of lanner, the servers of ``tests.servers``, and logging as it was before."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import settings

from config import logs

pytest_plugins = ["tests.servers"]
# For ``make quick``; tests that say themselves how many examples they want are left alone.
settings.register_profile("quick", max_examples=15)

#: What ``set_up_logs`` sets in the module ``logging``, and the loggers whose level it sets.
_SWITCHES = ("logThreads", "logProcesses", "logMultiprocessing", "_srcfile")
_LOGGERS = ("", logs.LOGGER, *logs._TALKATIVE)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undo what a test's ``bootstrap`` sets for its whole process: with another level, later tests would find no lines."""
    switches = {name: getattr(logging, name) for name in _SWITCHES}
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    yield
    for name, value in switches.items():
        setattr(logging, name, value)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, logs._Stream)]
