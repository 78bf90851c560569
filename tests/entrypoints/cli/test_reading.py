"""``lanner list`` and ``lanner show``."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters.memory.unit_of_work import MemoryStore
from domain.aggregates import Aggregate
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, DomainError, NoObservationsYet, RateLimited, SeriesNotFound
from domain.fetches import Suspicion
from domain.frequency import Collapse, Frequency
from domain.observations import Observations
from domain.series import Metadata, SeriesStatus
from domain.source_status import SourceStatus
from domain.use_cases import UseCases
from entrypoints.cli import list as list_command
from entrypoints.cli.exit_codes import exit_code_of
from entrypoints.cli.export import export
from entrypoints.cli.list import list_series
from entrypoints.cli.selection_options import AGGREGATES, COLLAPSES, TRANSFORMS
from entrypoints.cli.show import show
from entrypoints.rest.openapi.parameters import BY_CODE, DataTransform
from tests.builders import CannedSource, memory_use_cases, waiting_use_cases
from tests.entrypoints.cli.conftest import DATABASE, Run
from tests.fakes import StoppedClock

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
FB = DatasetCode("WIKI", "FB")


@pytest.fixture
def source() -> CannedSource:
    return CannedSource()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture
def kept(source: CannedSource, clock: StoppedClock) -> UseCases:
    """One series with observations, one that failed; seen at noon."""
    sources = {"canned": source, "empty": CannedSource(error=DatasetNotFound(hint="Look again."))}
    use_cases = memory_use_cases(sources, store=MemoryStore(clock))
    use_cases.request_fetch(FB)
    use_cases.request_fetch(DatasetCode("A", "B"), provider="empty")
    return use_cases


def test_the_list_is_a_table(run: Run, kept: UseCases) -> None:
    """Every series is a line with its code, facts and status, in order of creation."""
    result = run(kept, list_series, "")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "code            name         frequency  rows  first       last        status   checked",
        "canned:WIKI/FB  Some Prices  daily         3  2024-01-01  2024-01-03  success  2024-03-01T12:00:00Z",
        "empty:A/B                                                             error",
        "",
        "Last fetches that failed or have not ended:",
        "empty:A/B  error  not_found: The provider has no dataset of this code. Look again.",
    ]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("", ["WIKI/FB", "A/B"]),
        ("prices some", ["WIKI/FB"]),
        ("prices else", []),
        ("--provider empty", ["A/B"]),
        ("--database wiki", ["WIKI/FB"]),
        ("--status error", ["A/B"]),
        ("--status pending", []),
        ("--status active", ["WIKI/FB", "A/B"]),
        ("--status discontinued", []),
    ],
)
def test_the_list_is_filtered(run: Run, kept: UseCases, line: str, codes: list[str]) -> None:
    """Words and options narrow the list; as JSON it is one series a line."""
    result = run(kept, list_series, f"{line} --format json")

    assert [json.loads(text)["code"] for text in result.stdout.splitlines()] == codes


def test_a_series_in_json_has_the_words_of_the_api(run: Run, kept: UseCases) -> None:
    """JSON names the facts as the REST API does."""
    first = json.loads(run(kept, list_series, "--format json").stdout.splitlines()[0])

    series = kept.describe_series.by_code(FB).series
    assert (first.pop("id"), first.pop("fetch")["id"]) == (str(series.id), str(series.fetch.id))
    assert first == {
        "code": "WIKI/FB",
        "provider": "canned",
        "alias": "WIKI/FB",
        "name": "Some Prices",
        "frequency": "daily",
        "status": "success",
        "status_at_source": "active",
        "replaced_by": None,
        "rows": 3,
        "first_date": "2024-01-01",
        "last_date": "2024-01-03",
        "checked_at": "2024-03-01T12:00:00Z",
    }


def test_the_list_goes_through_all_pages_up_to_the_limit(run: Run) -> None:
    """A limit above the size of a page is reached over several pages, and says if there is more."""
    use_cases = waiting_use_cases()
    most = list_command._PAGE + 2
    with use_cases.request_fetch.store.writing() as uow:
        for n in range(most):
            uow.series.add("canned", DatasetCode("A", str(n)))
        uow.commit()

    cut = run(use_cases, list_series, f"--format json --limit {most - 1}")
    whole = run(use_cases, list_series, f"--format json --limit {most}")

    assert [json.loads(line)["code"] for line in cut.stdout.splitlines()] == [f"A/{n}" for n in range(most - 1)]
    assert cut.stderr == f"There are more than {most - 1}; --limit shows more.\n"
    assert (len(whole.stdout.splitlines()), whole.stderr) == (most, "")


def test_the_statuses_offered_are_the_domains() -> None:
    """--status takes each status of a series, here or at its source, and no other."""
    (option,) = [option for option in list_series.params if option.name == "status"]

    assert list(option.type.choices) == [status.value for status in (*SeriesStatus, *SourceStatus)]


def test_show_prints_the_series(run: Run, kept: UseCases) -> None:
    """A series shows what it is, its newest dates with gaps for missing values, and its line."""
    result = run(kept, show, "WIKI/FB")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Some Prices",
        "canned:WIKI/FB, daily, USD",
        "vintage 1, known at 2024-03-01T12:00:00Z, fresh",
        "",
        "Day         Open  Close",
        "2024-01-01     1    1.5",
        "2024-01-02     2",
        "2024-01-03     3    3.5",
        "",
        "Open, 2024-01-01 to 2024-01-03, from 1 to 3",
        "▁▅█",
    ]


def test_show_draws_more_dates_than_it_lists(run: Run, kept: UseCases) -> None:
    """The limit cuts the table; the line draws the whole window of the first column chosen, missing values blank."""
    lines = run(kept, show, "--limit 1 --column Close --column Open canned:WIKI/FB").stdout.splitlines()

    assert lines[4:6] == ["Day         Close  Open", "2024-01-03    3.5     3"]
    assert lines[-2:] == ["Close, 2024-01-01 to 2024-01-03, from 1.5 to 3.5", "▁ █"]


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("--start 2024-01-02", ["2024-01-02", "2024-01-03"]),
        ("--end 2024-01-02", ["2024-01-01", "2024-01-02"]),
        ("--start 2024-01-02T10:00:00Z --end 2024-01-02T11:00:00Z", ["2024-01-02"]),
        ("--start 2025-01-01", []),
    ],
)
def test_show_keeps_to_the_window(run: Run, kept: UseCases, line: str, days: list[str]) -> None:
    """Dates from --start to --end are shown, both included; none is no error."""
    assert [row[0] for row in json.loads(run(kept, show, f"WIKI/FB --format json {line}").stdout)["data"]] == days
    assert run(kept, show, f"WIKI/FB {line}").exit_code == 0


def test_a_day_opens_and_closes_an_axis_of_seconds(run: Run, source: CannedSource, kept: UseCases) -> None:
    """On an axis of seconds --start is the day's first second and --end its last."""
    seconds = ["2024-01-01T23:59:59", "2024-01-02T00:00:00", "2024-01-02T23:59:59", "2024-01-03T00:00:00"]
    source.observations = Observations.of(seconds, ["Close"], [[1], [2], [3], [4]], unit="s")
    kept.request_fetch(FB, refresh=True, allow=frozenset({Suspicion.SHRINK}))

    shown = json.loads(run(kept, show, "WIKI/FB --format json --start 2024-01-02 --end 2024-01-02").stdout)

    assert shown["columns"] == ["time", "Close"]
    assert shown["data"] == [["2024-01-02T00:00:00Z", 2.0], ["2024-01-02T23:59:59Z", 3.0]]


def test_show_as_of_a_past_day(run: Run, source: CannedSource, clock: StoppedClock, kept: UseCases) -> None:
    """What was known on a day is shown, and a series last checked long ago is stale."""
    clock.time = datetime(2024, 4, 1, tzinfo=UTC)
    source.observations = Observations.of(["2024-01-01", "2024-01-02"], ["Close"], [[9], [8]])
    kept.request_fetch(FB, refresh=True, allow=frozenset({Suspicion.SHRINK}))
    clock.time = datetime(2024, 4, 2, tzinfo=UTC)

    then = json.loads(run(kept, show, "WIKI/FB --format json --as-of 2024-03-01 --limit 1").stdout)
    today = json.loads(run(kept, show, "WIKI/FB --format json").stdout)

    assert (then["vintage"]["number"], then["data"]) == (1, [["2024-01-03", 3.0, 3.5]])
    assert (today["vintage"]["number"], today["data"]) == (2, [["2024-01-01", 9.0], ["2024-01-02", 8.0]])
    assert today["stale"]
    assert run(kept, show, "WIKI/FB").stdout.splitlines()[2].endswith("stale")


def test_terminal_codes_of_a_provider_are_not_printed(run: Run, source: CannedSource, kept: UseCases) -> None:
    """Line ends and escapes in a provider's texts become blanks."""
    source.metadata = Metadata(name="a\x1b[31mb\nc")
    kept.request_fetch(FB, refresh=True)

    assert run(kept, show, "WIKI/FB").stdout.splitlines()[0] == "a [31mb c"
    assert "a [31mb c" in run(kept, list_series, "").stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (
            "--as-of 2024-02-29 WIKI/FB",
            "Nothing of canned:WIKI/FB was known then.",
            "It begins at 2024-03-01T12:00:00Z.",
        ),
        ("--as-of yesterday WIKI/FB", "as_of is not a day or a moment.", "Write a day like 2009-01-30, or a"),
        ("--start 2024-13-01 WIKI/FB", "start is not a day or a moment.", "Write a day like 2009-01-30, or a"),
        ("--column Low WIKI/FB", "The series has no column 'Low'.", "Its columns: Open, Close."),
        ("nonsense", "The code 'nonsense' has no slash.", "Write it as DATABASE/DATASET, for example WIKI/FB."),
    ],
)
def test_show_names_what_is_wrong(run: Run, kept: UseCases, line: str, message: str, hint: str) -> None:
    """A wrong option or moment is an error of the domain."""
    error = run(kept, show, line).exception

    assert isinstance(error, DomainError)
    assert error.message == message
    assert error.hint.startswith(hint)


def test_a_failed_series_shows_its_error(run: Run, kept: UseCases) -> None:
    """A series without observations shows its status and the error of its fetch."""
    error = run(kept, show, "empty:A/B").exception

    assert isinstance(error, NoObservationsYet)
    assert error.message == "empty:A/B has no observations; its status is error, not_found: The provider has no dataset of this code."
    assert error.hint == "Look again."


def test_a_pending_series_shows_how_to_follow_it(run: Run) -> None:
    """A series whose first fetch has not ended names the command that follows it."""
    use_cases = waiting_use_cases()
    use_cases.request_fetch(FB)

    error = run(use_cases, show, "WIKI/FB").exception

    assert isinstance(error, NoObservationsYet)
    assert error.message == "canned:WIKI/FB has no observations; its status is pending."
    assert error.hint == "Wait for it: lanner fetch canned:WIKI/FB"


def test_an_unknown_series_shows_how_to_request_it(run: Run, kept: UseCases) -> None:
    """A code that is not kept names the command that requests it, ready for a shell."""
    error = run(kept, show, "--provider canned X/a|b").exception

    assert isinstance(error, SeriesNotFound)
    assert error.message == "canned:X/a|b is not stored here."
    assert error.hint == "Fetch it: lanner fetch 'canned:X/a|b'"


def test_show_dates_periods_as_asked(run: Run) -> None:
    """With --periods a month is dated by its first or last day."""
    months = CannedSource(
        observations=Observations.of(["2024-02-01"], ["a"], [[1.0]]), metadata=Metadata(name="Months", frequency=Frequency.MONTHLY)
    )
    use_cases = memory_use_cases({"canned": months})
    use_cases.request_fetch(FB)
    shown = json.loads(run(use_cases, show, "WIKI/FB --periods end --format json").stdout)

    assert shown["data"] == [["2024-02-29", 1.0]]


def test_show_reads_several_series(run: Run, kept: UseCases) -> None:
    """One below the other, in the order asked; as JSON one a line. One that is missing stops all before the first is shown."""
    kept.request_fetch(DatasetCode("WIKI", "AAPL"))
    tables = run(kept, show, "WIKI/AAPL WIKI/FB --limit 1").stdout.split("\n\n")
    lines = run(kept, show, "WIKI/AAPL WIKI/FB --limit 1 --format json").stdout.splitlines()
    missing = run(kept, show, "WIKI/AAPL WIKI/NO")

    assert [part.splitlines()[1] for part in tables if part.startswith("Some Prices")] == [
        "canned:WIKI/AAPL, daily, USD",
        "canned:WIKI/FB, daily, USD",
    ]
    assert [json.loads(line)["series"]["code"] for line in lines] == ["WIKI/AAPL", "WIKI/FB"]
    assert (type(missing.exception), missing.stdout) == (SeriesNotFound, "")


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("--column-index 2", [["2024-01-01", 1.5], ["2024-01-02", None], ["2024-01-03", 3.5]]),
        ("--column-index 0", [["2024-01-01"], ["2024-01-02"], ["2024-01-03"]]),
        ("--column Open --transform diff", [["2024-01-02", 1.0], ["2024-01-03", 1.0]]),
        ("--column Open --transform cumul --order desc --limit 2", [["2024-01-03", 6.0], ["2024-01-02", 3.0]]),
        ("--column Open --collapse monthly", [["2024-01-31", 3.0]]),
        ("--column Open --collapse monthly --aggregate mean", [["2024-01-31", 2.0]]),
        ("--column Open --shape records --limit 1", [{"date": "2024-01-03", "Open": 3.0}]),
        ("--column Open --position 1 --limit 1", [["2024-01-03", 3.0]]),
    ],
)
def test_show_takes_what_the_api_takes(run: Run, kept: UseCases, line: str, data: list[object]) -> None:
    """Columns, periods, transforms, order and shape, with the same results."""
    assert json.loads(run(kept, show, f"WIKI/FB --format json {line}").stdout)["data"] == data


def test_show_prints_the_newest_first_if_asked(run: Run, kept: UseCases) -> None:
    """The table is turned, the line of the chart is not."""
    lines = run(kept, show, "WIKI/FB --order desc --limit 2").stdout.splitlines()

    assert [line.split()[0] for line in lines[4:7]] == ["Day", "2024-01-03", "2024-01-02"]
    assert lines[-1] == "▁▅█"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--column Open --column-index 1", "--column and --column-index exclude each other."),
        ("--aggregate mean", "aggregate belongs to collapse."),
        ("--definition-as-of 2024-01-01", "WIKI/FB is no formula."),
        ("--position 10", "position 10 has not been reached."),
    ],
)
def test_options_that_do_not_fit_are_refused(run: Run, kept: UseCases, line: str, message: str) -> None:
    """With what is wrong."""
    assert str(run(kept, show, f"WIKI/FB {line}").exception) == message


def test_the_choices_are_the_domains() -> None:
    """What is written out for quick help is what the domain, and the REST API, know."""
    assert list(COLLAPSES) == [each.value for each in Collapse]
    assert set(AGGREGATES) == {each.value for each in Aggregate}
    assert set(TRANSFORMS) == {each.value for each in DataTransform}
    options = {option.name for option in show.params} | {option.name for option in export.params}
    renamed = {"start_date": "start", "end_date": "end", "code": "codes"}
    assert {renamed.get(name, name) for name in BY_CODE} <= options


def test_show_says_why_what_it_shows_is_old(run: Run, source: CannedSource, kept: UseCases) -> None:
    """The last fetch that failed, with its reason."""
    source.error = DatasetNotFound("It is gone.", hint="Ask why.")
    kept.request_fetch(FB, refresh=True)

    assert run(kept, show, "WIKI/FB").stdout.splitlines()[3] == "last fetch: error, not_found: It is gone. Ask why."


def test_a_series_that_waits_says_for_what(run: Run) -> None:
    """Until when, and why; a script can tell it from a failure by the exit code."""
    use_cases = memory_use_cases({"canned": CannedSource(error=RateLimited(retry_after=7200))})
    use_cases.request_fetch(FB)
    error = run(use_cases, show, "WIKI/FB").exception

    assert isinstance(error, NoObservationsYet)
    assert error.message == "canned:WIKI/FB has no observations yet."
    assert error.hint.startswith("rate_limited: The provider's rate limit is reached.")
    assert "Waits until 2" in error.hint
    assert exit_code_of(lambda: raising(error)) == 75


def test_exit_codes_tell_waits_from_failures(run: Run, kept: UseCases) -> None:
    """75 where a first fetch is pending, 1 where it failed."""
    pending = waiting_use_cases()
    pending.request_fetch(FB)
    errors = [run(pending, show, "WIKI/FB").exception, run(kept, show, "empty:A/B").exception]

    assert [exit_code_of(lambda error=error: raising(error)) for error in errors] == [75, 1]


def raising(error: BaseException | None) -> None:
    assert error
    raise error


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("WIKI/FBB", "Did you mean canned:WIKI/FB? Fetch it: lanner fetch WIKI/FBB"),
        ("WIKY/FB", "Did you mean canned:WIKI/FB? Fetch it: lanner fetch WIKY/FB"),
        ("FB", "Did you mean canned:WIKI/FB?"),
    ],
)
def test_a_misspelt_code_is_recognized(run: Run, kept: UseCases, line: str, hint: str) -> None:
    """The message names the stored series that it resembles."""
    error = run(kept, show, line).exception

    assert isinstance(error, DomainError)
    assert error.hint == hint


@pytest.mark.parametrize(("line", "said"), [("", "There are no series in {} yet."), ("--provider canned", "No such series in {}.")])
def test_an_empty_list_says_where_it_looked(run: Run, line: str, said: str) -> None:
    """On standard error, whatever the format."""
    for form in ("table", "json"):
        result = run(memory_use_cases({"canned": CannedSource()}), list_series, f"{line} --format {form}")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"{said.format(DATABASE)}\n")
