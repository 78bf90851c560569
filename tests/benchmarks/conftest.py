"""Benchmarks run only where they are asked for, and print their table in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.databases import Database, postgres, sqlite
from tests.benchmarks.table import Ratios, Table


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave benchmarks out unless they are named by their mark: another ``-m`` must not bring them in."""
    if "bench" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("bench")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    table = Table()
    yield table
    print(f"\n\n{table.text()}\n")  # noqa: T201 - what the command is for


@pytest.fixture(scope="session")
def ratios() -> Iterator[Ratios]:
    ratios = Ratios()
    yield ratios
    print(f"\n\n{ratios.text()}\n")  # noqa: T201 - what the command is for


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = sqlite(tmp_path) if request.param == "sqlite" else postgres(request.getfixturevalue("postgres_url"))
    with opened as found:
        yield found
