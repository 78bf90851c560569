"""``lanner vintages``, ``lanner revisions``, and ``lanner show`` of a past state."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, DomainError
from domain.fetches import Suspicion
from domain.observations import Observations
from domain.use_cases import UseCases
from entrypoints.cli.revisions import revisions
from entrypoints.cli.show import show
from entrypoints.cli.vintages import vintages
from tests.builders import REVISION, memory_use_cases
from tests.entrypoints.cli.conftest import Run
from tests.fakes import NAN, CannedSource

DAYS = ["2024-01-01", "2024-01-03", "2024-01-04"]
STATES = [
    Observations.of(["2024-01-01", "2024-01-02", "2024-01-03"], ["Open", "Close"], [[1.0, 1.5], [2.0, NAN], [3.0, 3.5]]),
    Observations.of(DAYS, ["Open", "Close"], [[9.0, 1.5], [3.0, NAN], [4.0, 4.5]]),
    Observations.of(DAYS, ["Open", "Vol\x1b"], [[9.0, 7.0], [3.0, 7.0], [4.0, 7.0]]),
]
HEAD = "vintage  published  known at              fetched at            rows  first       last        added  changed  deleted  cause"


@pytest.fixture
def kept() -> UseCases:
    """A series of which a vintage arrived on each of the first three days of March, and one that failed."""
    clock, source = [datetime(2024, 3, 1, 12, tzinfo=UTC)], CannedSource()
    sources = {"canned": source, "empty": CannedSource(error=DatasetNotFound())}
    use_cases = memory_use_cases(sources, store=MemoryStore(lambda: clock[0]))
    for day, state in enumerate(STATES, start=1):
        clock[0], source.observations = datetime(2024, 3, day, 12, tzinfo=UTC), state
        use_cases.request_fetch(DatasetCode("WIKI", "FB"), refresh=True, allow=frozenset({Suspicion.SHRINK}))
    use_cases.request_fetch(DatasetCode("A", "B"), provider="empty")
    return use_cases


def test_vintages_are_a_table(run: Run, kept: UseCases) -> None:
    """Every vintage is a line, in order of arrival."""
    result = run(kept, vintages, "WIKI/FB")
    first, second, third = (f"2024-03-0{day}T12:00:00Z  2024-03-0{day}T12:00:00Z" for day in (1, 2, 3))

    assert result.stdout.splitlines() == [
        "canned:WIKI/FB, 3 vintages",
        "",
        HEAD,
        f"      1             {first}     3  2024-01-01  2024-01-03      3        0        0  publication",
        f"      2             {second}     3  2024-01-01  2024-01-04      1        2        1  publication",
        f"      3             {third}     3  2024-01-01  2024-01-04      0        3        0  publication",
        "vintage 3: the column 'Close' was lost, the column 'Vol\\x1b' is new; with other columns every date counts as changed",
    ]
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_last_vintages_are_shown(run: Run, kept: UseCases) -> None:
    """A limit keeps the last that arrived, and says how many there are."""
    result = run(kept, vintages, "canned:WIKI/FB --limit 2 --format json")
    shown = [json.loads(line) for line in result.stdout.splitlines()]

    assert [vintage["number"] for vintage in shown] == [2, 3]
    assert result.stderr == "There are 3; --limit shows more.\n"
    assert list(shown[0]) == [
        *("number", "published", "known_at", "fetched_at", "previous_check_at"),
        *("rows", "first_date", "last_date", "added", "changed", "deleted"),
        *("digest", "cause", "origin", "fetch_id", "metadata_changes"),
    ]
    assert (shown[0]["first_date"], shown[0]["last_date"], shown[0]["digest"]) == (DAYS[0], DAYS[-1], STATES[1].digest().hex())


def test_a_series_without_vintages_has_none(run: Run, kept: UseCases) -> None:
    """That is no error."""
    assert run(kept, vintages, "empty:A/B").stdout.splitlines()[0] == "empty:A/B, 0 vintages"


@pytest.mark.parametrize("line", ["--to 2", "--from 1 --to 2", "--from 2024-03-01 --to 2024-03-02", "--from 2024-03-02T11:59:59Z --to 2"])
def test_revisions_are_a_table(run: Run, kept: UseCases, line: str) -> None:
    """Every value that came, went or changed is a line, by date, old beside new."""
    assert run(kept, revisions, f"WIKI/FB {line}").stdout.splitlines() == [
        "canned:WIKI/FB",
        "from vintage 1, known at 2024-03-01T12:00:00Z, to vintage 2, known at 2024-03-02T12:00:00Z",
        "dates added: 1, values changed: 2, dates deleted: 1",
        "",
        "         date        column  old  new",
        "changed  2024-01-01  Open      1    9",
        "deleted  2024-01-02  Open      2",
        "deleted  2024-01-02  Close",
        "changed  2024-01-03  Close   3.5",
        "added    2024-01-04  Open           4",
        "added    2024-01-04  Close        4.5",
    ]


def test_a_long_table_is_cut(run: Run, kept: UseCases) -> None:
    """The newest dates stay, and the rest is counted."""
    lines = run(kept, revisions, "WIKI/FB --to 2 --limit 2").stdout.splitlines()

    assert [line.split()[:3] for line in lines[5:7]] == [["added", "2024-01-04", "Open"], ["added", "2024-01-04", "Close"]]
    assert lines[7:] == ["and 4 earlier lines: --limit shows more"]


def test_columns_come_and_go(run: Run, kept: UseCases) -> None:
    """By default the newest state is compared with the one before it; columns are named, without terminal codes."""
    assert run(kept, revisions, "WIKI/FB").stdout.splitlines()[1:] == [
        "from vintage 2, known at 2024-03-02T12:00:00Z, to vintage 3, known at 2024-03-03T12:00:00Z",
        "dates added: 0, values changed: 0, dates deleted: 0",
        "columns added: Vol ",
        "columns removed: Close",
    ]


def test_revisions_in_json_have_the_words_of_the_api(run: Run, kept: UseCases) -> None:
    """One line holds both vintages and all that differs, whatever the limit."""
    shown = json.loads(run(kept, revisions, "WIKI/FB --to 2 --format json --limit 1").stdout)

    assert list(shown) == REVISION
    assert (shown["from"]["number"], shown["to"]["number"]) == (1, 2)
    assert shown["added"] == {"columns": ["date", "Open", "Close"], "data": [["2024-01-04", 4.0, 4.5]]}
    assert shown["changed"][1] == {"date": "2024-01-03", "column": "Close", "old": 3.5, "new": None}
    assert shown["deleted"]["data"] == [["2024-01-02", 2.0, None]]


@pytest.mark.parametrize(
    ("line", "number"),
    [("--vintage 1", 1), ("--vintage 2", 2), ("--seen-by 2024-03-02", 2), ("--as-of 2024-03-03 --seen-by 2024-03-01T12:00:00Z", 1)],
)
def test_show_gives_the_state_asked_for(run: Run, kept: UseCases, line: str, number: int) -> None:
    """A state is named by its number, or by the moment at which it was the newest here."""
    shown = json.loads(run(kept, show, f"WIKI/FB --format json {line}").stdout)

    assert shown["vintage"]["number"] == number
    assert shown["data"] == [[day.isoformat(), *values] for day, values in STATES[number - 1].rows()]


@pytest.mark.parametrize(
    ("command", "line", "message"),
    [
        (show, "--vintage 1 --as-of 2024-03-01 WIKI/FB", "vintage and as_of exclude each other."),
        (show, "--vintage 4 WIKI/FB", "canned:WIKI/FB has no vintage 4."),
        (show, "--vintage 2 --seen-by 2024-03-01 WIKI/FB", "canned:WIKI/FB has no vintage 2 that was seen by then."),
        (vintages, "X/Y", "X/Y is not stored here."),
        (revisions, "X/Y", "X/Y is not stored here."),
        (revisions, "--from 0 WIKI/FB", "from is not a vintage's number."),
        (revisions, "--to soon WIKI/FB", "to is not a day or a moment."),
        (revisions, "--to 1 WIKI/FB", "Vintage 1 is the first known of canned:WIKI/FB; there is none before it."),
        (
            revisions,
            "empty:A/B",
            "empty:A/B has no observations; its status is error, not_found: The provider has no dataset of this code.",
        ),
    ],
)
def test_what_cannot_be_shown_is_named(run: Run, kept: UseCases, command: object, line: str, message: str) -> None:
    """A wrong option or a state that is not there is an error of the domain."""
    error = run(kept, command, line).exception

    assert isinstance(error, DomainError)
    assert error.message == message
