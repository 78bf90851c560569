"""``lanner fetch``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pytest

from adapters.memory.dispatcher import NullDispatcher, RecordingDispatcher
from adapters.memory.unit_of_work import MemoryStore, utc_now
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, InvalidInput, RateLimited, SourceUnavailable
from domain.fetches import Fetch, FetchStatus, Lease, WaitingFor
from domain.observations import Observations
from domain.ports import Fetched, PriorState
from domain.series import SeriesQuery
from domain.use_cases import UseCases
from domain.use_cases.complete_fetches import CompleteFetches
from entrypoints.cli.fetch import fetch
from tests.builders import CannedSource, memory_use_cases
from tests.entrypoints.cli.conftest import Run

FB = DatasetCode("WIKI", "FB")


def two_providers() -> UseCases:
    """Give a provider that answers, one that knows nothing and one without its key."""
    return memory_use_cases({"canned": CannedSource(), "empty": CannedSource(error=DatasetNotFound(hint="Look again.")), "keyless": None})


def unserved(store: MemoryStore | None = None, error: SourceUnavailable | None = None) -> UseCases:
    """Give use cases without a worker."""
    return memory_use_cases({"canned": CannedSource(error=error)}, store=store, dispatcher=NullDispatcher())


def test_a_good_fetch_says_what_it_brought(run: Run) -> None:
    """A new series is one line with its vintages, rows and dates, and exit code 0."""
    result = run(two_providers(), fetch, "WIKI/FB")

    assert result.exit_code == 0
    assert result.stdout == "canned:WIKI/FB  success  1 vintage added, 3 rows, 2024-01-01..2024-01-03\n"
    assert result.stderr == "1 of 1: canned:WIKI/FB success\n"


def test_a_fresh_series_is_not_fetched_again(run: Run) -> None:
    """A known series is fresh until a refresh is asked for, which then finds it unchanged."""
    use_cases = two_providers()
    run(use_cases, fetch, "WIKI/FB")

    assert run(use_cases, fetch, "WIKI/FB").stdout == "canned:WIKI/FB  fresh  3 rows, 2024-01-01..2024-01-03\n"
    assert run(use_cases, fetch, "--refresh WIKI/FB").stdout == "canned:WIKI/FB  success  unchanged, 3 rows, 2024-01-01..2024-01-03\n"


def test_one_failure_among_many_gives_exit_code_1(run: Run) -> None:
    """Every code gets its line in the order asked, a failed one with code, message and hint; then they are counted."""
    result = run(two_providers(), fetch, "empty:A/B WIKI/FB canned:WIKI/FB")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "empty:A/B       error    not_found: The provider has no dataset of this code. Look again.",
        "canned:WIKI/FB  success  1 vintage added, 3 rows, 2024-01-01..2024-01-03",
        "1 error, 1 success",
    ]


def test_a_file_lists_codes(run: Run, tmp_path: Path) -> None:
    """A file holds one code a line; comments and blank lines do not count, and --provider serves codes that name none."""
    listed = tmp_path / "codes.txt"
    listed.write_text("\ufeff# prices\n\nWIKI/FB  # the first\n  empty:A/B\n", encoding="utf-8")

    result = run(two_providers(), fetch, f"--file {listed}")

    assert [line.split()[:2] for line in result.stdout.splitlines()[:2]] == [["canned:WIKI/FB", "success"], ["empty:A/B", "error"]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("oops", "codes.txt line 3: The code 'oops' has no slash."),
        ("WIKI/../x", "codes.txt line 3: dataset_code '../x' is not valid."),
        ("nobody:A/B", "codes.txt line 3: There is no provider 'nobody'."),
        ("keyless:A/B", "codes.txt line 3: Set LANNER_PROVIDERS__KEYLESS__API_KEY."),
        ("\udcff/x", "codes.txt line 3: database_code '\ufffd' is not valid."),
    ],
)
def test_a_bad_line_stops_all_before_the_first_request(run: Run, tmp_path: Path, line: str, message: str) -> None:
    """Every code is checked before the first is requested, and the error names the line."""
    use_cases, listed = two_providers(), tmp_path / "codes.txt"
    listed.write_text(f"WIKI/FB\n\n{line}\n", encoding="utf-8", errors="surrogateescape")

    result = run(use_cases, fetch, f"--file {listed}")

    assert isinstance(result.exception, InvalidInput)
    assert result.exception.message == f"{tmp_path}/{message}"
    assert use_cases.search_series(SeriesQuery()).items == ()


def test_two_providers_for_one_code_are_refused(run: Run) -> None:
    """A code that names another provider than --provider is an error."""
    result = run(two_providers(), fetch, "--provider empty canned:WIKI/FB")

    assert str(result.exception) == "--provider empty contradicts canned:WIKI/FB."


@pytest.mark.parametrize("line", ["", "--file -", "--file /nowhere/codes.txt"])
def test_without_a_code_the_usage_is_shown(run: Run, line: str) -> None:
    """No code at all is a mistake of usage."""
    assert run(two_providers(), fetch, line, input="# nothing\n").exit_code == 2


def test_without_a_worker_it_fetches_here_and_says_so_once(run: Run) -> None:
    """Where nobody begins within two seconds, the command does the work itself."""
    result = run(unserved(), fetch, "A/B WIKI/FB")

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "No worker has begun within 2 s: fetching here.",
        "1 of 2: canned:A/B success",
        "2 of 2: canned:WIKI/FB success",
    ]


@pytest.mark.parametrize("option", ["--allow-shrink", "--allow shrink", "--allow values --allow shrink"])
def test_a_shrunk_answer_is_accepted_when_allowed(run: Run, option: str) -> None:
    """An answer that lost most values fails with its hint, and is taken where a shrink is allowed."""
    source = CannedSource()
    use_cases = memory_use_cases({"canned": source})
    run(use_cases, fetch, "WIKI/FB")
    source.observations = Observations.of(["2024-01-01"], ["Open"], [[1.0]])

    refused = run(use_cases, fetch, "--refresh WIKI/FB")
    others = run(use_cases, fetch, "--refresh --allow values WIKI/FB")
    accepted = run(use_cases, fetch, f"{option} WIKI/FB")

    assert others.exit_code == 1
    assert (refused.exit_code, accepted.exit_code) == (1, 0)
    assert "suspicious_shrink: " in refused.stdout
    assert "1 vintage added, 1 rows" in accepted.stdout


def test_a_shrink_allowed_too_late_is_that_codes_error(run: Run) -> None:
    """Where a fetch runs already, --allow-shrink fails for its code and the others go on."""
    store = MemoryStore()
    running = unserved(store).request_fetch(FB).fetch
    claim(store, running.id)

    result = run(memory_use_cases({"canned": CannedSource()}, store=store), fetch, "--allow-shrink WIKI/FB A/B")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith("canned:WIKI/FB  error    fetch_already_running: ")
    assert result.stdout.splitlines()[1].startswith("canned:A/B      success  ")


def test_a_waiting_fetch_is_reported_and_left_to_a_worker(run: Run) -> None:
    """A fetch that waits for another attempt ends the command with its error and until when it waits."""
    store = MemoryStore()
    until = postponed(store)

    result = run(unserved(store), fetch, "WIKI/FB")

    assert result.exit_code == 75
    assert result.stdout == (
        "canned:WIKI/FB  waiting  unavailable: No answer. lanner tries again by itself; check the network and the provider's base URL. "
        f"Waits until {until}; a worker (lanner up, lanner worker) tries again then.\n"
    )


def test_following_ends_with_the_first_attempt_made_here() -> None:
    """What meets a passing error here is left to wait, not tried until it gives in."""
    use_cases = unserved(error=SourceUnavailable())
    asked = use_cases.request_fetch(FB).fetch

    left = completed(use_cases, [asked.id], pause_seconds=0)[asked.id]

    assert (left.status, left.attempts, left.waiting_for) == (FetchStatus.PENDING, 1, WaitingFor.RETRY)


class LimitedOnce(CannedSource):
    """Refuses the first call, as a provider whose limit is reached."""

    def fetch(self, code: DatasetCode, known: PriorState) -> Fetched:
        error, self.error = self.error, None
        if error:
            raise error
        return super().fetch(code, known)


def test_who_is_in_line_before_a_limit_is_followed_on() -> None:
    """A fetch that waits a moment for a provider's limit is no failure: the command waits for its turn."""
    use_cases = memory_use_cases({"canned": LimitedOnce(error=RateLimited(retry_after=0))}, dispatcher=NullDispatcher())
    asked = use_cases.request_fetch(FB).fetch

    ended = completed(use_cases, [asked.id], pause_seconds=0.01)[asked.id]

    assert (ended.status, ended.attempts) == (FetchStatus.SUCCESS, 2)


def test_a_worker_at_work_is_left_alone() -> None:
    """While a worker holds a fetch, however long, nothing is done here."""
    store = MemoryStore()
    use_cases = unserved(store)
    asked = use_cases.request_fetch(FB).fetch
    lease = claim(store, asked.id)
    ended = {}
    thread = Thread(target=lambda: ended.update(completed(use_cases, [asked.id], pause_seconds=0.001)))

    thread.start()
    thread.join(0.05)
    still_following = thread.is_alive()
    with store.writing() as uow:
        uow.fetches.succeed(asked.id, lease, [])
        uow.commit()
    thread.join()

    assert still_following
    assert (ended[asked.id].attempts, ended[asked.id].vintages_added) == (1, 0)


def test_a_lost_workers_fetch_is_taken_over() -> None:
    """A fetch whose lease has run out counts as untouched."""
    store = MemoryStore()
    use_cases = unserved(store)
    asked = use_cases.request_fetch(FB).fetch
    claim(store, asked.id, seconds=-1)

    ended = completed(use_cases, [asked.id], pause_seconds=0)[asked.id]

    assert (ended.status, ended.crashes) == (FetchStatus.SUCCESS, 1)


def test_a_store_whose_clock_runs_ahead_makes_no_fetch_wait() -> None:
    """A new fetch is due although this machine's clock has not come to its time yet."""
    store = MemoryStore(clock=lambda: utc_now() + timedelta(hours=1))
    use_cases = unserved(store)
    asked = use_cases.request_fetch(FB).fetch

    ended = completed(use_cases, [asked.id], pause_seconds=0)[asked.id]

    assert ended.status is FetchStatus.SUCCESS


def test_more_fetches_than_are_looked_at_are_followed() -> None:
    """Many codes are requested first and then followed to the last."""
    dispatcher = RecordingDispatcher()
    use_cases = memory_use_cases({"canned": CannedSource()}, dispatcher=dispatcher)
    fetch_ids = [use_cases.request_fetch(DatasetCode("A", str(n))).fetch.id for n in range(120)]

    ended = completed(use_cases, fetch_ids)

    assert list(ended) == dispatcher.notified
    assert {fetch.status for fetch in ended.values()} == {FetchStatus.SUCCESS}


def completed(use_cases: UseCases, fetch_ids: Sequence[UUID], *, pause_seconds: float = 0) -> dict[UUID, Fetch]:
    """Complete fetches without waiting for workers."""
    complete = CompleteFetches(
        follow_fetches=use_cases.follow_fetches,
        fetch_dataset=use_cases.fetch_dataset,
        patience_seconds=0,
        pause_seconds=pause_seconds,
    )
    return {fetch.id: fetch for fetch in complete(fetch_ids)}


def claim(store: MemoryStore, fetch_id: object, seconds: float = 60) -> Lease:
    """Begin a fetch as a worker would."""
    lease = Lease(uuid4(), seconds)
    with store.writing() as uow:
        uow.fetches.claim(fetch_id, lease)
        uow.commit()
    return lease


def postponed(store: MemoryStore) -> str:
    """Have a worker meet a passing error, and give the moment of its next attempt."""
    asked = unserved(store).request_fetch(FB).fetch
    failed = memory_use_cases({"canned": CannedSource(error=SourceUnavailable("No answer.", retry_after=3600))}, store=store)
    left = failed.fetch_dataset(asked.id)
    return left.not_before.isoformat(timespec="seconds").replace("+00:00", "Z")


def test_many_codes_are_requested_together(run: Run, tmp_path: Path) -> None:
    """A thousand in one transaction, each once; what is in flight is joined."""
    listed, dispatcher = tmp_path / "codes.txt", RecordingDispatcher()
    listed.write_text("\n".join([*(f"X/S{number}" for number in range(1_005)), "X/S7"]))
    store = MemoryStore()
    use_cases = memory_use_cases({"canned": CannedSource()}, store=store, dispatcher=dispatcher)
    joined = use_cases.request_fetch(DatasetCode("X", "S3")).fetch
    result = run(use_cases, fetch, f"--file {listed}")

    assert result.exit_code == 0
    assert result.stdout.endswith("1005 success\n")
    batches = {each.batch for each in store.state.fetches.values()}
    assert (len(store.state.fetches), len(batches), store.state.fetches[joined.id].batch) == (1_005, 3, None)


@dataclass
class CapitalsSource(CannedSource):
    """Writes all of its codes in capitals."""

    def own_spelling(self, code: DatasetCode) -> DatasetCode:
        return DatasetCode(code.database, code.dataset.upper())


def test_a_code_is_shown_as_its_provider_spells_it(run: Run) -> None:
    """One series is fetched and listed once, in whatever cases it is named."""
    result = run(memory_use_cases({"canned": CapitalsSource()}), fetch, "wiki/fb WIKI/FB canned:Wiki/Fb")

    assert result.stdout == "canned:WIKI/FB  success  1 vintage added, 3 rows, 2024-01-01..2024-01-03\n"


def test_a_database_that_may_be_misspelt_is_told(run: Run) -> None:
    """What nobody declares is asked from the default provider all the same; an old database of Quandl's, or a named provider, is none."""
    sources = {"canned": CannedSource(), "sample": CannedSource(), "oecd": CannedSource()}
    warned, known, named = (run(memory_use_cases(sources), fetch, line) for line in ("SAMPEL/GDP", "OPEC/ORB", "canned:SAMPEL/GDP"))

    assert warned.stderr.startswith("No provider declares the database SAMPEL, so canned is asked. Did you mean SAMPLE/GDP?\n")
    assert warned.stdout.startswith("canned:SAMPEL/GDP  success")
    assert "Did you mean" not in known.stderr + named.stderr


@pytest.mark.parametrize(("codes", "code"), [("canned:A/B limited:A/B", 75), ("canned:A/B limited:A/B empty:A/B", 1), ("canned:A/B", 0)])
def test_the_exit_code_tells_failures_from_waits(run: Run, codes: str, code: int) -> None:
    """1 if any failed, else 75 if any still waits; each with its reason."""
    sources = {
        "canned": CannedSource(),
        "limited": CannedSource(error=RateLimited(retry_after=7200)),
        "empty": CannedSource(error=DatasetNotFound()),
    }
    result = run(memory_use_cases(sources), fetch, codes)

    assert result.exit_code == code
    assert all(word in result.stdout for word in ("rate_limited: ", "Waits until 2") if code)


def test_what_a_provider_holds_back_says_why(run: Run) -> None:
    """A fetch whose provider is left alone waits for that, though it was never tried."""
    store = MemoryStore()
    use_cases = unserved(store)
    fetch_id = use_cases.request_fetch(FB).fetch.id
    lease = claim(store, fetch_id)
    with store.writing() as uow:
        uow.fetches.defer(fetch_id, lease, seconds=7200, waiting_for=WaitingFor.CIRCUIT)
        uow.commit()

    result = run(use_cases, fetch, "WIKI/FB")

    assert result.exit_code == 75
    assert "waiting  circuit: The provider has not answered lately, and is left alone. Waits until 2" in result.stdout
