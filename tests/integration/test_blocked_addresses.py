"""A provider that asks for silence: for how long, for which address, and how that is lifted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config import bootstrap
from config.migration import create_database
from domain.codes import DatasetCode
from domain.fetches import Fetch, FetchStatus, WaitingFor
from entrypoints.cli.__main__ import lanner
from tests.builders import a_server, an_answer

CODE = DatasetCode("X", "Y")
BODY = b'{"dataset":{"name":"x","column_names":["Date","Value"],"frequency":"daily","data":[["2024-01-02",1.5]]}}'
A_YEAR = "31536000"


class Service:
    """Processes on one database, each at an address of the provider's that is given to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, address: str) -> dict[str, str]:
        return {"LANNER_DATA_DIR": str(self.folder), "LANNER_PROVIDERS__QUANDL__BASE_URL": address, "LANNER_LOG_LEVEL": "error"}

    def starts(self, address: str) -> Any:
        """Start a worker there, as far as its first look at what waits."""
        container = bootstrap(self.environment(address))
        create_database(container)
        use_cases = container.use_cases()
        use_cases.unblock_provider.resume_orphans()
        return use_cases

    def works(self, use_cases: Any) -> Fetch:
        """Have the series requested, and its fetch run if it is due; return it."""
        fetch = use_cases.request_fetch(CODE, provider="quandl").fetch
        use_cases.fetch_dataset(fetch.id)
        found: Fetch = use_cases.follow_fetches(fetch.id)
        return found


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@contextmanager
def servers(*, status: int = 429) -> Iterator[tuple[str, str, list[str]]]:
    """Run a server that wants silence for a year and one that answers; give their addresses, and what the first was asked."""
    asked: list[str] = []

    def refuse(target: str, _headers: Mapping[str, str]) -> list[bytes]:
        asked.append(target)
        return [an_answer(b"", status=status, Retry_After=A_YEAR)]

    with a_server(refuse) as silent, a_server(lambda target, headers: [an_answer(BODY)]) as well:
        yield silent, well, asked


@pytest.mark.parametrize("status", [429, 503])
def test_silence_is_that_of_its_address(service: Service, status: int) -> None:
    """At another address the waiting fetch begins as soon as a worker starts; at the first one the silence still holds."""
    with servers(status=status) as (silent, well, asked):
        waiting = service.works(service.starts(silent))
        (listed,) = (each for each in service.starts(silent).list_providers() if each.provider.name == "quandl")
        elsewhere = service.works(service.starts(well))
        back = service.starts(silent)
        again = back.request_fetch(DatasetCode("X", "Z"), provider="quandl").fetch.id
        refused = back.fetch_dataset(again)

    assert (waiting.status, listed.blocked_until is not None) == (FetchStatus.PENDING, True)
    assert (waiting.not_before - waiting.created_at).total_seconds() > 80_000
    assert elsewhere.status is FetchStatus.SUCCESS
    assert (refused.status, refused.waiting_for) == (FetchStatus.PENDING, WaitingFor.RATE_LIMIT)
    assert len(asked) == 1


def test_a_silence_that_is_over_leaves_no_waiting_fetch(service: Service) -> None:
    """A worker that starts at the address that wants silence leaves what waits for it as it is."""
    with servers() as (silent, _, asked):
        waiting = service.works(service.starts(silent))
        still = service.works(service.starts(silent))

    assert (still.not_before, len(asked)) == (waiting.not_before, 1)


@pytest.mark.parametrize("status", [429, 503])
def test_silence_is_lifted_by_a_command(service: Service, status: int) -> None:
    """``lanner providers unblock`` says what was blocked, and the waiting fetch is due at once, however it came to wait."""
    with servers(status=status) as (silent, _, asked):
        use_cases = service.starts(silent)
        service.works(use_cases)
        said = CliRunner().invoke(lanner, ["providers", "unblock", "quandl"], env=service.environment(silent))
        again = CliRunner().invoke(lanner, ["providers", "unblock", "quandl"], env=service.environment(silent))
        service.works(use_cases)

    assert (said.exit_code, again.exit_code) == (0, 0)
    assert said.stdout.startswith("quandl was blocked until 2")
    assert said.stdout.endswith("and is called again. 1 waiting fetch is due now.\n")
    assert again.stdout == "quandl was not blocked.\n"
    assert len(asked) == 2


def test_an_unknown_provider_is_named(service: Service) -> None:
    """A typing error is answered by the nearest name."""
    service.starts("http://127.0.0.1:9")
    said = CliRunner().invoke(lanner, ["providers", "unblock", "quandle"], env=service.environment("http://127.0.0.1:9"))

    assert said.exit_code == 1
    assert "There is no provider 'quandle'" in str(said.exception)
