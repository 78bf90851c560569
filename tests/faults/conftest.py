"""
Faults have a short form, which ``make test`` runs, and full counts: ``make faults``, or ``LANNER_TEST_FAULTS=full``.

What takes long even in its short form is marked ``faults(long=True)`` and left out of ``make test``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.faults.figures import Figures
from tests.faults.stacks import Stack, server_stack, sqlite_stack
from tests.servers import SETTINGS

FULL = SETTINGS.get("LANNER_TEST_FAULTS") == "full"
SEED = int(SETTINGS.get("LANNER_TEST_SEED") or random.SystemRandom().randrange(2**31))
_FIGURES = Figures(foot=f"seed {SEED} (LANNER_TEST_SEED)")
SECONDS = 3600


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long ones out unless they are asked for, and give them time where they are."""
    mine = {item: mark for item in items if (mark := item.get_closest_marker("faults"))}
    if FULL:
        for item in mine:
            # In place of the time that the short form has.
            item.add_marker(pytest.mark.timeout(SECONDS), append=False)
    elif "faults" not in config.option.markexpr:
        left_out = [item for item, mark in mine.items() if mark.kwargs.get("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was seen."""
    if _FIGURES.lines:
        terminalreporter.section("faults")
        terminalreporter.write_line(_FIGURES.text())


def scale(short: int, full: int) -> int:
    """Choose how many."""
    return full if FULL else short


@pytest.fixture(scope="session")
def figures() -> Figures:
    return _FIGURES


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with sqlite_stack(tmp_path_factory.mktemp("sqlite"), SEED) as stack:
        yield stack


@pytest.fixture(scope="session")
def on_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with server_stack(tmp_path_factory.mktemp("servers"), SEED) as stack:
        yield stack


@pytest.fixture(params=["on_sqlite", pytest.param("on_servers", marks=pytest.mark.server)])
def stack(request: pytest.FixtureRequest) -> Stack:
    """Either stack, everything of it running."""
    found: Stack = request.getfixturevalue(request.param)
    found.heal()
    return found


@pytest.fixture
def servers(on_servers: Stack) -> Stack:
    """Postgres and RabbitMQ, everything running."""
    on_servers.heal()
    return on_servers
