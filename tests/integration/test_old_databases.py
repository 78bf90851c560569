"""The table of old Quandl databases, run: every code is answered with the old names of its columns, or refused with its reason."""

from __future__ import annotations

from dataclasses import fields

import pytest
from dependency_injector.providers import Object, Singleton

from adapters.memory.dispatcher import InlineDispatcher
from adapters.memory.unit_of_work import MemoryStore
from adapters.provider_kit.registry.discovery import discover
from adapters.provider_kit.registry.installed import InstalledProviders
from adapters.provider_kit.spec import ProviderSpec
from config.container import Container
from config.settings import Settings
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, SourceGone
from domain.old_databases import Answer, OldDatabase, old_databases
from domain.ports import Fetched, ParsesResponses, PriorState, RawResponse
from domain.providers import Routing
from tests.integration.old_providers import TIINGO_DAY, answering
from tests.integration.web import Asked, Sent, web

NOTHING = PriorState(newest=None)
ANSWERED = [(old, answer) for old in old_databases().values() for answer in old.answers]
UNANSWERED = [old for old in old_databases().values() if old.unanswered]
#: Databases that providers declare as their own today: what the table does not know is theirs.
_OWNED = {database for spec in discover().values() if isinstance(spec, ProviderSpec) for database in spec.databases}
EVERYTHING = {"api_key": "k3y", "enabled": "true"}


def settings(provider: str, url: str = "") -> dict[str, str]:
    spec = discover()[provider]
    assert isinstance(spec, ProviderSpec)
    known = {option.name for option in fields(spec.options)}
    return {name: value for name, value in {**EVERYTHING, **({"base_url": url} if url else {})}.items() if name in known}


def fetched(provider: str, code: str) -> tuple[Fetched, list[str]]:
    asked: list[str] = []
    with web(answering(provider, asked)) as url:
        source = InstalledProviders({provider: settings(provider, url)}, deadline_seconds=20).source(provider)
        return source.fetch(DatasetCode.parse(code), NOTHING), asked


@pytest.mark.parametrize(("old", "answer"), ANSWERED, ids=[f"{old.code}/{answer.example}" for old, answer in ANSWERED])
def test_an_old_code_is_answered_with_its_old_columns(old: OldDatabase, answer: Answer) -> None:
    """A code of each kind goes to the provider that the table names, which is asked for its own code."""
    code = DatasetCode(old.code, answer.example)
    ready = InstalledProviders({answer.provider: settings(answer.provider)}, deadline_seconds=1)
    found, asked = fetched(answer.provider, str(code))
    _, state = found.vintages[-1]

    assert Routing({}, "quandl").provider_for(code, ready.all()) == answer.provider
    assert asked
    assert len(state) >= 1
    assert found.metadata.date_column == answer.date_column
    if answer.columns:
        assert state.columns == answer.answered


@pytest.mark.parametrize("old", UNANSWERED, ids=[old.code for old in UNANSWERED])
def test_a_code_that_nobody_answers_is_refused_with_its_reason(old: OldDatabase) -> None:
    """The service that was shut down is not asked."""
    refused = InstalledProviders({}, deadline_seconds=1).refusal("quandl", DatasetCode(old.code, old.unanswered))

    assert isinstance(refused, SourceGone)
    assert old.reason in refused.message
    assert "LANNER_ROUTES" in refused.hint


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("EOD/AAPL", "LANNER_PROVIDERS__TIINGO__API_KEY"),
        ("NSE/OIL", "LANNER_PROVIDERS__YAHOO__ENABLED"),
        ("CUR/GBP", "Request it as ecb_fx:CUR/GBP."),
    ],
)
def test_a_code_that_somebody_would_answer_says_what_that_needs(code: str, words: str) -> None:
    """Where its provider is not set up, the refusal names the setting."""
    refused = InstalledProviders({}, deadline_seconds=1).refusal("quandl", DatasetCode.parse(code))

    assert refused
    assert words in refused.hint


def test_a_server_of_ones_own_is_asked_for_any_code() -> None:
    """The table speaks of Quandl's own service alone."""
    asked = []

    def answer(request: Asked) -> Sent:
        asked.append(request.path)
        return Sent(b'{"dataset":{"column_names":["Date","USD"],"data":[["2024-01-02",1.5]]}}')

    with web(answer) as url:
        providers = InstalledProviders({"quandl": {"base_url": f"{url}/api/v3"}}, deadline_seconds=5)
        providers.source("quandl").fetch(DatasetCode("LBMA", "SILVER"), NOTHING)

    assert providers.refusal("quandl", DatasetCode("LBMA", "SILVER")) is None
    assert asked == ["/api/v3/datasets/LBMA/SILVER.json"]


@pytest.mark.parametrize("old", UNANSWERED, ids=[old.code for old in UNANSWERED])
def test_a_refused_code_is_routed_where_the_refusal_is(old: OldDatabase) -> None:
    """It goes to the default, or to a provider of its own database; never to another."""
    providers = InstalledProviders({name: settings(name) for name in ("tiingo", "yahoo", "fred", "eia")}, deadline_seconds=1).all()
    owner = next((provider.name for provider in providers if old.code in provider.databases), "quandl")

    assert Routing({}, "quandl").provider_for(DatasetCode(old.code, old.unanswered), providers) == owner


def test_columns_are_renamed_in_a_recorded_answer_as_in_a_fetched_one() -> None:
    """``parse`` and ``fetch`` give the same series; its code is the old one."""
    source = InstalledProviders({}, deadline_seconds=5).offline_source("tiingo")
    assert isinstance(source, ParsesResponses)
    row = ",".join(f'"{name}":{value}' for name, value in TIINGO_DAY.items())
    answer = RawResponse(body=f'[{{"date":"2024-01-02T00:00:00.000Z",{row}}}]'.encode(), headers={"content-type": "application/json"})
    [series] = source.parse(DatasetCode("EOD", "AAPL"), answer)
    found, _ = fetched("tiingo", "EOD/AAPL")

    assert str(series.code) == "EOD/AAPL"
    assert series.vintages == found.vintages
    assert found.vintages[0][1].values.tolist() == [[float(number) for number in range(1, 13)]]


def test_an_answer_without_a_column_is_refused() -> None:
    """A column that is wanting is an error, not a gap."""
    with web(lambda _: Sent(b'[{"date":"2024-01-02","close":1.5}]', headers={"Content-Type": "application/json"})) as url:
        source = InstalledProviders({"tiingo": {"base_url": url, "api_key": "k"}}, deadline_seconds=5).source("tiingo")
        with pytest.raises(AnswerNotUnderstood, match="no open, high"):
            source.fetch(DatasetCode("WIKI", "FB"), NOTHING)


def test_crosses_are_quotients_of_two_rates() -> None:
    """A dollar is worth 155.84 / 1.0919 yen; a day without one of the rates has none."""
    yen, _ = fetched("ecb_fx", "CURRFX/USDJPY")
    euro, _ = fetched("ecb_fx", "CUR/EUR")
    pounds, _ = fetched("ecb_fx", "CUR/GBP")

    assert yen.vintages[0][1].values[:, 0].tolist() == [155.7 / 1.0956, 155.84 / 1.0919]
    assert (yen.metadata.unit, yen.metadata.name) == ("JPY per USD", "Euro foreign exchange reference rates, USD in JPY")
    assert euro.vintages[0][1].values[:, 0].tolist() == [1 / 1.0956, 1 / 1.0919]
    assert pounds.vintages[0][1].texts() == ["2024-01-03"]


def test_fetches_of_codes_that_nobody_answers_fail_at_once() -> None:
    """The requests are accepted as ever; each fetch ends for good with the reason, and takes no permit of the provider's few."""
    container = Container(settings=Settings())
    container.store.override(Object(MemoryStore()))
    container.dispatcher.override(Singleton(InlineDispatcher, container.fetch_dataset))
    use_cases = container.use_cases()
    requested = [use_cases.request_fetch(DatasetCode(old.code, old.unanswered)).fetch for old in UNANSWERED if old.code not in _OWNED]
    with container.store().reading() as uow:
        failures = [uow.fetches.get(fetch.id).failure for fetch in requested]

    assert len(failures) > 50
    assert {(failure.code, failure.retryable) for failure in failures if failure} == {("gone", False)}
    assert all(failures)
