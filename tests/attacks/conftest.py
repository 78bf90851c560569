"""
Attacks have a short form, which ``make test`` runs, and full counts: ``make attack``, or ``LANNER_TEST_ATTACKS=full``.

What takes long even in its short form is marked ``attacks(…, long=True)`` and left out of ``make test``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.attacks.provider import Provider, serving
from tests.attacks.service import Service, running
from tests.faults.figures import Figures
from tests.servers import SETTINGS

FULL = SETTINGS.get("LANNER_TEST_ATTACKS") == "full"
SECONDS = 300
FRIEND = "https://app.example"
_FIGURES = Figures(("attack", "promise", "held", "figure"))
_HELD = {True: "held", False: "NOT HELD"}


@dataclass
class Attack:
    """A line of the table that is being found out."""

    name: str
    promise: str
    seen: bool = False

    def shows(self, figure: object, *, held: bool) -> None:
        """Note what was seen, and fail unless the promise held."""
        self.seen = True
        _FIGURES.add(self.name, self.promise, _HELD[held], figure)
        assert held, f"{self.promise}: {figure}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long ones out unless they are asked for, and give them time where they are."""
    mine = {item: mark for item in items if (mark := item.get_closest_marker("attacks"))}
    for item in mine:
        item.add_marker(pytest.mark.alone)
    if FULL:
        for item in mine:
            item.add_marker(pytest.mark.timeout(SECONDS))
    elif "attacks" not in config.option.markexpr:
        left_out = [item for item, mark in mine.items() if mark.kwargs.get("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Give an attack its line that came to no figure, too."""
    report = yield
    mark = item.get_closest_marker("attacks")
    if mark and call.excinfo and not getattr(getattr(item, "funcargs", {}).get("attack"), "seen", False):
        _FIGURES.add(*mark.args, "not tried" if report.skipped else "NOT HELD", call.excinfo.exconly().splitlines()[0][:160])
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was seen."""
    if _FIGURES.lines:
        terminalreporter.section("attacks")
        terminalreporter.write_line(_FIGURES.text())


def scale(short: int, full: int) -> int:
    """Choose how many."""
    return full if FULL else short


@pytest.fixture
def attack(request: pytest.FixtureRequest) -> Attack:
    """The line of the table that this test finds out."""
    return Attack(*request.node.get_closest_marker("attacks").args)


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """A server that answers as Quandl did, for better and for worse."""
    with serving() as provider:
        yield provider


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Service]:
    """The service as it is on a machine of one's own: no proxy, no keys."""
    folder = tmp_path_factory.mktemp("bare")
    with running(folder, provider.settings | {"LANNER_CORS_ORIGINS": FRIEND}) as service:
        yield service


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Service]:
    """The service where keys are required, without a proxy."""
    settings = {"LANNER_AUTH": "required", "LANNER_MAX_CELLS": "1000"}
    with running(tmp_path_factory.mktemp("guarded"), provider.settings | settings) as service:
        yield service
