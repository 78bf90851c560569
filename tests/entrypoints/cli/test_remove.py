"""``lanner remove``."""

from __future__ import annotations

import pytest

from domain.codes import DatasetCode
from domain.errors import SeriesNotFound
from domain.series import SeriesQuery
from domain.use_cases import UseCases
from entrypoints.cli.follow import follow
from entrypoints.cli.remove import remove
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.entrypoints.cli.test_terminal import on_terminal

FB = DatasetCode("WIKI", "FB")


@pytest.fixture
def use_cases() -> UseCases:
    use_cases = memory_use_cases({"canned": CannedSource()})
    use_cases.request_fetch(FB)
    use_cases.request_fetch(DatasetCode("A", "B"))
    return use_cases


def stored(use_cases: UseCases) -> list[str]:
    return [str(series.code) for series in use_cases.search_series(SeriesQuery()).items]


def test_a_series_is_removed_with_what_it_has(run: Run, use_cases: UseCases) -> None:
    """What goes is said before; one that is not there stops all."""
    missing = run(use_cases, remove, "WIKI/FB A/C --yes")
    result = run(use_cases, remove, "WIKI/FB canned:WIKI/FB --yes")

    assert isinstance(missing.exception, SeriesNotFound)
    assert (result.exit_code, result.stdout) == (0, "canned:WIKI/FB is removed.\n")
    assert result.stderr == "canned:WIKI/FB (Some Prices): 1 vintage, 3 rows, 2024-01-01..2024-01-03\n"
    assert stored(use_cases) == ["A/B"]


def test_nobody_is_asked_where_nobody_answers(run: Run, use_cases: UseCases) -> None:
    """Without a terminal --yes must be given."""
    result = run(use_cases, remove, "WIKI/FB", input="y\n")

    assert (result.exit_code, stored(use_cases)) == (2, ["WIKI/FB", "A/B"])
    assert "add --yes" in result.stderr


ASKING = """
    from contextlib import suppress
    from entrypoints.cli.remove import remove
    from domain.codes import DatasetCode
    from domain.series import SeriesQuery
    from tests.builders import CannedSource, memory_use_cases
    from tests.entrypoints.cli.conftest import session_of

    use_cases = memory_use_cases({"canned": CannedSource()})
    use_cases.request_fetch(DatasetCode("WIKI", "FB"))
    with suppress(SystemExit):
        remove.main(["WIKI/FB"], obj=session_of(use_cases), standalone_mode=False)
    print(len(use_cases.search_series(SeriesQuery()).items), "left")
"""


@pytest.mark.parametrize(("answer", "kept"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_a_terminal_is_asked(answer: str, kept: int) -> None:
    """Only yes removes."""
    seen = on_terminal(ASKING, 80, typed=answer)

    assert "Remove it with all its vintages? [y/N]: " in seen
    said = [line.rpartition("]: ")[2] for line in seen.splitlines()[-2:]]
    assert said == ["Nothing is removed." if kept else "canned:WIKI/FB is removed.", f"{kept} left"]


def test_formulas_and_schedules(run: Run, use_cases: UseCases) -> None:
    """A formula is removed like a series; a schedule stays, and is named."""
    use_cases.manage_formulas.define(DatasetCode("MY", "SUM"), "WIKI('FB')['Open'] + 1")
    run(use_cases, follow, "A/B")
    formula = run(use_cases, remove, "MY/SUM --yes")
    followed = run(use_cases, remove, "A/B --yes")

    assert (formula.exit_code, formula.stdout) == (0, "formula:MY/SUM is removed.\n"), formula.exception
    assert "It was followed as canned:A/B, which stays: lanner unfollow canned:A/B" in followed.stderr
    assert stored(use_cases) == ["WIKI/FB"]
