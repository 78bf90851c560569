"""What every test has: an environment without settings of lanner, the servers of ``tests.servers``, and logging as it was before."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.servers"]
# For ``make quick``; tests that say themselves how many examples they want are left alone.
settings.register_profile("quick", max_examples=15)

#: What ``set_up_logs`` sets in the module ``logging``.
_SWITCHES = ("logThreads", "logProcesses", "logMultiprocessing", "_srcfile")
#: Marks of tests that are run where all has to be there, as in ``.ci/run``, or where they are named.
_CI_ONLY = ("infra", "clients")


def pytest_configure() -> None:
    """Let tests' processes hear interrupts and hang-ups, which this one ignores under nohup or in a script's background."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only CI runs; side by side, begin with what takes long."""
    from tests.servers import SETTINGS

    if SETTINGS.get("LANNER_TEST_SERVERS") != "required":
        names = [name for name in _CI_ONLY if name not in config.option.markexpr]
        left_out = [item for item in items if any(item.get_closest_marker(name) for name in names)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if hasattr(config, "workerinput"):
        # Files with slow tests go first, so that no process has one of them alone in the end.
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undo what a test's ``bootstrap`` sets for its whole process: with another level, later tests would find no lines."""
    from config import logs

    switches = {name: getattr(logging, name) for name in _SWITCHES}
    levels = {name: logging.getLogger(name).level for name in ("", logs.LOGGER, *logs._TALKATIVE)}
    yield
    for name, value in switches.items():
        setattr(logging, name, value)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if not isinstance(handler, logs._Stream)]
