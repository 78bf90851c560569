"""An answer that names another series than was asked for is never kept, whoever sends it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.provider_kit.spec import ProviderSpec
from domain.codes import DatasetCode
from domain.fetches import Fetch
from domain.series import TimeSeries
from tests.builders import memory_use_cases
from tests.contracts.other_series import OTHER_SERIES, Named
from tests.contracts.test_data_sources import SPECS
from tests.integration.web import Sent, web

GIVEN = {"api_key": "k3y", "enabled": "true"}


def fetched(spec: ProviderSpec, code: str, body: str) -> tuple[Fetch, TimeSeries]:
    """A fetch as it ended, and its series, of a provider that gets this body for an answer to whatever it asks."""
    kind = {"<": "application/xml", "{": "application/json", "[": "application/json"}.get(body[0], "text/csv")
    known = {option.name for option in fields(spec.options)}
    with web(lambda _: Sent(body.encode(), headers={"Content-Type": kind})) as url:
        options = {option: value for option, value in {**GIVEN, "base_url": url}.items() if option in known}
        source = InstalledProviders({spec.name: options}, deadline_seconds=20).source(spec.name)
        use_cases = memory_use_cases({"canned": source})
        fetch = use_cases.follow_fetches(use_cases.request_fetch(DatasetCode.parse(code)).fetch.id)
    return fetch, use_cases.describe_series(fetch.series_id).series


@pytest.mark.parametrize("name", sorted(SPECS))
def test_an_answer_of_another_series_is_not_kept(name: str) -> None:
    """Each provider stores an answer that names the series asked for, and ends in an error, with nothing stored, where it names another."""
    answer = OTHER_SERIES.get(name)
    if answer is None:
        pytest.fail(f"tests/contracts/other_series.py says of {name} neither what names its series nor why nothing does")
    if not isinstance(answer, Named):
        assert answer
        return
    fetch, series = fetched(SPECS[name], answer.code, answer.body)
    assert (fetch.failure, series.newest is None) == (None, False)

    fetch, series = fetched(SPECS[name], answer.code, answer.of_another())
    assert fetch.failure is not None
    assert (fetch.failure.code, series.newest) == (answer.error, None)


def test_no_provider_is_named_that_there_is_not() -> None:
    """The table names providers that are installed, each once."""
    assert sorted(OTHER_SERIES) == sorted(SPECS)
