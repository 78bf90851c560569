"""``lanner follow``, ``schedules`` and ``unfollow``."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from adapters.memory.dispatcher import NullDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.errors import InvalidInput, ScheduleNotFound, UnknownProvider
from domain.schedules.schedule import Rule, ScheduleKind, ScheduleQuery
from domain.schedules.window import AskingWindow
from domain.use_cases import UseCases
from entrypoints.cli.follow import follow
from entrypoints.cli.schedules import schedules
from entrypoints.cli.unfollow import unfollow
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource, StoppedClock


@pytest.fixture
def use_cases() -> UseCases:
    return memory_use_cases({"canned": CannedSource()}, store=MemoryStore(StoppedClock()), dispatcher=NullDispatcher())


def rules(use_cases: UseCases) -> dict[str, Rule]:
    return {str(state.schedule.selector): state.schedule.rule for state in use_cases.manage_schedules.list(ScheduleQuery()).items}


def test_learning_is_the_default(run: Run, use_cases: UseCases) -> None:
    """A line for each code says what follows, and why."""
    result = run(use_cases, follow, "X/A canned:X/B*")

    assert result.exit_code == 0
    assert rules(use_cases) == {"canned:X/A": Rule(), "canned:X/B*": Rule()}
    assert [" ".join(line.split()) for line in result.stdout.splitlines()] == [
        "follows rule series next last success why then",
        "canned:X/A learned 1 2024-06-01T12:00:00Z It has not been fetched yet.",
        "canned:X/B* learned 0",
    ]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ("--every 6h", Rule(kind=ScheduleKind.INTERVAL, spec="6h")),
        (
            "--every 1d --jitter 10m --catch-up 0s",
            Rule(kind=ScheduleKind.INTERVAL, spec="1d", jitter=timedelta(minutes=10), catch_up=timedelta(0)),
        ),
        ("--learn --budget 12", Rule(budget=12)),
        ("--window sat,sun --tz Europe/Berlin", Rule(tz="Europe/Berlin", window=AskingWindow.parse("sat,sun"))),
    ],
)
def test_rules_are_given_by_options(run: Run, use_cases: UseCases, options: str, rule: Rule) -> None:
    """One that is followed already follows the new rule, and goes on if it was paused."""
    run(use_cases, follow, "X/A")
    first = use_cases.manage_schedules.list(ScheduleQuery()).items[0].schedule.id
    use_cases.manage_schedules.change(first, {"paused": True})
    results = [run(use_cases, follow, f"X/A {options}") for _ in range(2)]

    assert [result.exit_code for result in results] == [0, 0]
    (state,) = use_cases.manage_schedules.list(ScheduleQuery()).items
    assert (state.schedule.rule, state.schedule.paused, state.schedule.id) == (rule, False, first)


def test_cron_has_a_zone(run: Run, use_cases: UseCases) -> None:
    """It is listed with it."""
    from click.testing import CliRunner

    from tests.entrypoints.cli.conftest import Session, fields, untouched

    session = Session(**{field.name: untouched for field in fields(Session)} | {"use_cases": lambda: use_cases})
    arguments = ["X/A", "--cron", "30 8 * * 1-5", "--tz", "America/New_York"]
    result = CliRunner().invoke(follow, arguments, obj=session)

    assert result.exit_code == 0
    assert rules(use_cases) == {"canned:X/A": Rule(kind=ScheduleKind.CRON, spec="30 8 * * 1-5", tz="America/New_York")}
    assert "cron 30 8 * * 1-5 America/New_York" in run(use_cases, schedules, "").stdout


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("X", InvalidInput),
        ("nobody:X/A", UnknownProvider),
    ],
)
def test_what_cannot_be_followed_is_refused(run: Run, use_cases: UseCases, line: str, error: type[Exception]) -> None:
    """And nothing follows."""
    result = run(use_cases, follow, line)

    assert isinstance(result.exception, error)
    assert rules(use_cases) == {}


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--every", "soon"),
        ("--every", "1s"),
        ("--cron", "8"),
        ("--cron", "'99 8 * * *'"),
        ("--cron", "'0 0 30 2 *'"),
        ("--tz", "Berlin"),
        ("--window", "always"),
        ("--jitter", "2"),
        ("--catch-up", "2d"),
    ],
)
def test_an_option_that_is_wrong_is_named(run: Run, use_cases: UseCases, option: str, text: str) -> None:
    """And nothing follows."""
    error = run(use_cases, follow, f"X/A {option} {text}").exception

    assert isinstance(error, InvalidInput)
    assert (error.field, error.message.partition(" ")[0]) == (option, option)
    assert rules(use_cases) == {}


def test_kinds_exclude_each_other(run: Run, use_cases: UseCases) -> None:
    """Only one rule is meant."""
    result = run(use_cases, follow, "X/A --every 6h --learn")

    assert (result.exit_code, "exclude each other" in result.stderr) == (2, True)


def test_schedules_are_listed_as_json(run: Run, use_cases: UseCases) -> None:
    """One a line."""
    run(use_cases, follow, "X/A --every 6h")
    (document,) = map(json.loads, run(use_cases, schedules, "--format json").stdout.splitlines())

    assert (document["selector"], document["spec"], document["series"], document["paused"]) == ("canned:X/A", "6h", 1, False)
    assert (document["next_at"], document["reason"]) == ("2024-06-01T12:00:00Z", "It has not been fetched yet.")


def test_what_is_unfollowed_stays_stored(run: Run, use_cases: UseCases) -> None:
    """What nothing follows by itself is an error, which names the mask that does."""
    run(use_cases, follow, "X/A X/B X/*")
    result = run(use_cases, unfollow, "X/A")
    by_mask, unknown = run(use_cases, unfollow, "X/A"), run(use_cases, unfollow, "X/B X/C")

    assert (result.exit_code, result.stdout) == (0, "canned:X/A is no longer followed.\n")
    assert isinstance(by_mask.exception, ScheduleNotFound)
    assert by_mask.exception.hint == "It is followed by a mask: lanner unfollow 'X/*'"
    assert isinstance(unknown.exception, ScheduleNotFound)
    assert set(rules(use_cases)) == {"canned:X/B", "X/*"}
