"""The commands on a terminal, and how quickly they are there."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.entrypoints.cli import terminals
from tests.entrypoints.cli.terminals import ROOT


def on_terminal(script: str, columns: int, *, typed: str = "") -> str:
    """Run a script with a terminal of so many columns, at which this is typed, and give what appears there."""
    return terminals.on_terminal([sys.executable, "-c", textwrap.dedent(script)], columns, {}, typed=typed)


SCRIPT = """
    from entrypoints.cli.{module} import {command}
    from entrypoints.cli.session import Session
    from domain.codes import DatasetCode
    from domain.observations import Observations
    from tests.builders import CannedSource, memory_use_cases

    wide = Observations.of(["2024-01-01"], [f"Column {{i}}" for i in range(20)], [list(range(20))])
    use_cases = memory_use_cases({{"canned": CannedSource(observations=wide)}})
    {setting}
    session = Session(**dict.fromkeys(Session.__annotations__) | {{"use_cases": lambda: use_cases}})
    {command}.main({line}, obj=session, standalone_mode=False)
"""


def test_a_wide_series_shows_the_columns_that_fit() -> None:
    """On a terminal columns beyond its width are counted instead of folded."""
    setting = 'use_cases.request_fetch(DatasetCode("WIKI", "FB"))'
    seen = on_terminal(SCRIPT.format(module="show", command="show", setting=setting, line=["WIKI/FB"]), columns=60)

    assert "Column 4" in seen
    assert "Column 5" not in seen
    assert "and 15 more columns" in seen


def test_a_fetch_shows_a_bar() -> None:
    """On a terminal progress is a bar, which is gone when the summary is printed."""
    seen = on_terminal(SCRIPT.format(module="fetch", command="fetch", setting="", line=["WIKI/FB"]), columns=80)

    assert "━" in seen
    assert "1 of 1" not in seen
    assert seen.splitlines()[-1].endswith("canned:WIKI/FB  success  1 vintage added, 1 rows, 2024-01-01..2024-01-01")


def test_a_check_counts_along_and_cleans_up() -> None:
    """On a terminal the series read are counted until the summary is printed."""
    setting = 'use_cases.request_fetch(DatasetCode("WIKI", "FB"))'
    seen = on_terminal(SCRIPT.format(module="check", command="check", setting=setting, line=[]), columns=80)

    assert "1 series read \x1b[" in seen
    assert seen.splitlines()[-1].endswith("1 series read, no vintages damaged.")


@pytest.mark.parametrize("module", ["check", "fetch", "parse", "providers", "list", "show", "vintages", "revisions"])
def test_a_command_is_loaded_without_its_work(module: str) -> None:
    """Help needs none of the heavy libraries."""
    script = f"import sys, entrypoints.cli.{module}; print({{'numpy', 'orjson', 'rich', 'domain'}} & set(sys.modules))"

    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)

    assert seen.stdout == "set()\n"
