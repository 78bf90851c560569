"""``lanner fetches`` and ``lanner cancel``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from adapters.memory.dispatcher import NullDispatcher
from adapters.memory.unit_of_work import MemoryStore
from domain.codes import DatasetCode
from domain.errors import DatasetNotFound, RateLimited, SourceUnavailable
from domain.fetches import FetchStatus, Lease
from domain.use_cases import UseCases
from entrypoints.cli.cancel import cancel
from entrypoints.cli.fetches import fetches
from tests.builders import CannedSource, memory_use_cases, waiting_use_cases
from tests.entrypoints.cli.conftest import DATABASE, Run

FB, AB = DatasetCode("WIKI", "FB"), DatasetCode("A", "B")


@pytest.fixture
def use_cases() -> UseCases:
    """One fetch that succeeded, one that failed, one that waits for its provider."""
    sources = {
        "canned": CannedSource(),
        "empty": CannedSource(error=DatasetNotFound(hint="Look again.")),
        "limited": CannedSource(error=RateLimited(retry_after=7200)),
    }
    use_cases = memory_use_cases(sources)
    use_cases.request_fetch(FB)
    use_cases.request_fetch(AB, provider="empty")
    use_cases.request_fetch(AB, provider="limited")
    return use_cases


def test_each_fetch_says_how_it_ended_or_what_it_waits_for(run: Run, use_cases: UseCases) -> None:
    """Newest first, with the series' code; the reason stands with every wait and every error."""
    waiting, failed, succeeded = run(use_cases, fetches, "").stdout.splitlines()[1:]

    assert waiting.startswith("limited:A/B     waiting  ")
    assert "rate_limited: The provider's rate limit is reached." in waiting
    assert "Waits until 2" in waiting
    assert failed.startswith("empty:A/B       error    ")
    assert failed.endswith("not_found: The provider has no dataset of this code. Look again.")
    assert succeeded.startswith("canned:WIKI/FB  success  ")
    assert succeeded.endswith("  1 vintage added")


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("--status error", ["empty:A/B"]),
        ("--status pending", ["limited:A/B"]),
        ("--provider canned", ["canned:WIKI/FB"]),
        ("wiki/FB empty:A/B", ["canned:WIKI/FB", "empty:A/B"]),
        ("A/B --provider limited", ["limited:A/B"]),
        ("--limit 1", ["limited:A/B"]),
        (f"--batch {UUID(int=0)}", []),
    ],
)
def test_fetches_are_chosen(run: Run, use_cases: UseCases, line: str, codes: list[str]) -> None:
    """By series, status, provider and batch; as JSON one fetch a line."""
    shown = run(use_cases, fetches, f"{line} --format json")

    assert [json.loads(text)["code"] for text in shown.stdout.splitlines()] == codes


def test_a_fetch_in_json_has_the_words_of_the_api(run: Run, use_cases: UseCases) -> None:
    """The id, the error, and what it waits for with until when."""
    document = json.loads(run(use_cases, fetches, "limited:A/B --format json").stdout)
    fetch = use_cases.describe_series.by_code(AB, "limited").series.fetch

    assert fetch is not None
    assert (document["id"], document["timeseries_id"], document["status"]) == (str(fetch.id), str(fetch.series_id), "pending")
    assert document["waiting_for"]["reason"] == "rate_limit"
    assert document["next_attempt"] == document["waiting_for"]["until"]
    assert (document["error"]["code"], document["error"]["retryable"]) == ("rate_limited", True)


def test_without_fetches_it_says_where_it_looked(run: Run) -> None:
    """The output is empty, so that a program gets nothing."""
    result = run(memory_use_cases({"canned": CannedSource()}), fetches, "")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"There are no fetches in {DATABASE} yet.\n")


def test_what_no_worker_has_begun_says_so(run: Run) -> None:
    """A pending fetch that waits for nothing waits for a worker; one that runs has one."""
    store = MemoryStore()
    use_cases = waiting_use_cases(store)
    fetch = use_cases.request_fetch(FB).fetch
    pending = run(use_cases, fetches, "").stdout
    with store.writing() as uow:
        uow.fetches.claim(fetch.id, Lease(uuid4(), 60))
        uow.commit()
    running = run(use_cases, fetches, "").stdout
    told = run(use_cases, cancel, "WIKI/FB").stdout

    assert pending.endswith("No worker has begun it yet.\n")
    assert running.endswith("A worker is fetching it.\n")
    assert told == "canned:WIKI/FB: its worker has been told, and ends it within seconds.\n"
    assert run(use_cases, fetches, "").stdout.endswith("It is being cancelled.\n")


def test_what_is_due_again_is_not_said_to_wait(run: Run) -> None:
    """Once its time has come, a fetch that failed waits for a worker."""
    store = MemoryStore(lambda: datetime.now(UTC) - timedelta(hours=1))
    source = CannedSource(error=SourceUnavailable("No answer."))
    use_cases = memory_use_cases({"canned": source}, store=store, dispatcher=NullDispatcher())
    use_cases.fetch_dataset(use_cases.request_fetch(FB).fetch.id)
    [line] = run(use_cases, fetches, "").stdout.splitlines()[1:]

    assert "unavailable: No answer." in line
    assert "It is due since 2" in line
    assert line.endswith("and no worker (lanner up, lanner worker) has tried again yet.")


def test_a_fetch_is_cancelled_by_its_series_or_its_id(run: Run, use_cases: UseCases) -> None:
    """What has ended already, and what there is not, is told, and the others are cancelled all the same."""
    pending = waiting_use_cases()
    fetch = pending.request_fetch(FB).fetch
    by_id = run(pending, cancel, str(fetch.id))
    by_code = run(use_cases, cancel, f"canned:WIKI/FB {UUID(int=1)} limited:A/B")

    assert (by_id.exit_code, by_id.stdout) == (0, f"Fetch {fetch.id}: cancelled.\n")
    assert pending.follow_fetches(fetch.id).status is FetchStatus.CANCELLED
    assert (by_code.exit_code, by_code.stdout) == (1, "limited:A/B: cancelled.\n")
    assert by_code.stderr.splitlines() == [
        "canned:WIKI/FB: No fetch of it is pending or running.",
        f"Fetch {UUID(int=1)}: No fetch of this id is kept here.",
    ]
    assert run(use_cases, cancel, "limited:A/B").exit_code == 1
