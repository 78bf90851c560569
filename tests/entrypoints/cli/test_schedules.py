"""``lanner follow``, ``schedules`` and ``unfollow``."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, InvalidInput, ScheduleNotFound, UnknownProvider
from domain.schedules.schedule import NextLook, Rule, ScheduleKind, ScheduleQuery
from domain.schedules.window import AskingWindow
from domain.use_cases import UseCases
from entrypoints.cli.follow import follow
from entrypoints.cli.schedules import schedules
from entrypoints.cli.unfollow import unfollow
from tests.builders import memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import CannedSource, StoppedClock

UNKNOWN = DatasetNotFound("The provider has no such code.", hint="Look it up.")


@pytest.fixture
def use_cases() -> UseCases:
    return memory_use_cases({"canned": CannedSource(), "empty": CannedSource(error=UNKNOWN)}, store=MemoryStore(StoppedClock()))


def rules(use_cases: UseCases) -> dict[str, Rule]:
    return {str(state.schedule.selector): state.schedule.rule for state in use_cases.manage_schedules.list(ScheduleQuery()).items}


def test_learning_is_the_default(run: Run, use_cases: UseCases) -> None:
    """What is new is fetched at once; a paragraph for each code says what follows, and why, in local time."""
    result = run(use_cases, follow, "X/A canned:X/B* --tz Europe/Berlin")

    assert result.exit_code == 0
    assert rules(use_cases) == {"canned:X/A": Rule(tz="Europe/Berlin"), "canned:X/B*": Rule(tz="Europe/Berlin")}
    assert result.stdout.splitlines() == [
        "canned:X/A  success  1 vintage added, 3 rows, 2024-01-01..2024-01-03",
        "canned:X/A  learned  1 series",
        "  next           Sat 2024-06-01 20:00 CEST",
        "  last success   Sat 2024-06-01 14:00 CEST",
        "  It is looked at six hours later.",
        "",
        "canned:X/B*  learned  0 series",
    ]


def test_what_the_provider_does_not_know_is_told(run: Run, use_cases: UseCases) -> None:
    """Its first fetch says why; it is followed all the same, and not fetched again by following it once more."""
    result = run(use_cases, follow, "X/A empty:X/NOPE")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[:3] == [
        "canned:X/A    success  1 vintage added, 3 rows, 2024-01-01..2024-01-03",
        "empty:X/NOPE  error    not_found: The provider has no such code. Look it up.",
        "1 success, 1 error",
    ]
    assert "  Its last fetch failed, so that it is not looked at for 1h." in result.stdout.splitlines()
    assert set(rules(use_cases)) == {"canned:X/A", "empty:X/NOPE"}
    again = run(use_cases, follow, "X/A empty:X/NOPE")
    assert (again.exit_code, "not_found" in again.stdout) == (0, False)


def test_reasons_are_wrapped_for_reading(run: Run, use_cases: UseCases) -> None:
    """No line is longer than 80 characters but for a long selector; control characters are spaces."""
    run(use_cases, follow, "X/A")
    series = use_cases.describe_series.by_code(DatasetCode("X", "A")).series
    with use_cases.manage_schedules.store.writing() as uow:
        ((_, look),) = uow.schedules.following(series.id)
        reason = "Releases came on business days, as foretold; " * 4 + "the\x1b[31m end."
        assert uow.schedules.plan(look, NextLook(at=uow.now(), reason=reason, overdue_since=uow.now()), succeeded_at=None, failures=0)
        uow.commit()
    lines = run(use_cases, schedules, "").stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert len(lines) >= 5
    assert any(line.startswith("  overdue since  Sat 2024-06-01") for line in lines)
    assert "\x1b" not in "".join(lines)


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
        ("--calendar", Rule(kind=ScheduleKind.CALENDAR)),
        ("--calendar https://example.org/a.ics#Prices", Rule(kind=ScheduleKind.CALENDAR, spec="https://example.org/a.ics#Prices")),
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
        ("--calendar", "http://example.org/a.ics"),
    ],
)
def test_an_option_that_is_wrong_is_named(run: Run, use_cases: UseCases, option: str, text: str) -> None:
    """And nothing follows."""
    error = run(use_cases, follow, f"X/A {option} {text}").exception

    assert isinstance(error, InvalidInput)
    assert (error.field, error.message.partition(" ")[0]) == (option, option)
    assert rules(use_cases) == {}


def test_a_file_is_a_calendar(run: Run, use_cases: UseCases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its whole path, wherever the worker runs; one that is not there is no calendar."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ics").write_text("BEGIN:VCALENDAR")
    assert run(use_cases, follow, "X/A --calendar a.ics#Prices").exit_code == 0
    missing, elsewhere = (run(use_cases, follow, f"X/B --calendar {place}") for place in ("/no/such.ics", "b.ics#Prices"))

    assert rules(use_cases) == {"canned:X/A": Rule(kind=ScheduleKind.CALENDAR, spec=f"{tmp_path}/a.ics#Prices")}
    assert (missing.exit_code, "there is no file /no/such.ics" in missing.stderr) == (2, True)
    assert (elsewhere.exit_code, "there is no file b.ics" in elsewhere.stderr) == (2, True)


def test_kinds_exclude_each_other(run: Run, use_cases: UseCases) -> None:
    """Only one rule is meant."""
    result = run(use_cases, follow, "X/A --every 6h --learn")

    assert (result.exit_code, "exclude each other" in result.stderr) == (2, True)


def test_schedules_are_listed_as_json(run: Run, use_cases: UseCases) -> None:
    """One a line."""
    run(use_cases, follow, "X/A --every 6h")
    (document,) = map(json.loads, run(use_cases, schedules, "--format json").stdout.splitlines())

    assert (document["selector"], document["spec"], document["series"], document["paused"]) == ("canned:X/A", "6h", 1, False)
    assert (document["next_at"], document["reason"]) == ("2024-06-01T18:00:00Z", "It is looked at every 6h.")


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


def test_nobody_looks_without_a_worker(run: Run, use_cases: UseCases) -> None:
    """Who follows a series is told that no worker is there; with one, nothing is said."""
    alone = [run(use_cases, follow, "X/A").stderr.splitlines()[-1], run(use_cases, schedules, "").stderr]
    with use_cases.request_fetch.store.writing() as uow:
        uow.metrics.heartbeat("one")
        uow.commit()
    told = "No worker has run within a minute: `lanner up`, or `lanner worker`, looks at what is followed."

    assert [each.strip() for each in alone] == [told, told]
    assert run(use_cases, schedules, "").stderr == ""
