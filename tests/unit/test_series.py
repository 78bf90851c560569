"""Series and providers: status, freshness and routing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.codes import DatasetCode
from domain.fetches import Fetch, FetchStatus
from domain.fetching.freshness import Freshness
from domain.frequency import Frequency
from domain.providers import Provider, Routing, Terms
from domain.series import Metadata, SeriesStatus, TimeSeries
from tests.fakes import FakeProviders

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
SERIES = TimeSeries(id=UUID(int=1), number=1, provider="quandl", code=DatasetCode("WIKI", "FB"), alias="WIKI/FB", created_at=NOW)
NO_PROVIDERS = FakeProviders({})
USUAL = Freshness(NO_PROVIDERS, None)
FETCH = Fetch(id=UUID(int=1), series_id=UUID(int=1), status=FetchStatus.PENDING, created_at=NOW, not_before=NOW)


@pytest.mark.parametrize(
    ("fetch", "status"),
    [
        (None, SeriesStatus.PENDING),
        (FetchStatus.PENDING, SeriesStatus.PENDING),
        (FetchStatus.RUNNING, SeriesStatus.PENDING),
        (FetchStatus.ERROR, SeriesStatus.ERROR),
        (FetchStatus.CANCELLED, SeriesStatus.ERROR),
    ],
)
def test_without_data_the_fetch_decides_the_status(fetch: FetchStatus | None, status: SeriesStatus) -> None:
    """A series without a vintage is pending until its only fetches have failed."""
    assert replace(SERIES, fetch=replace(FETCH, status=fetch) if fetch else None).status is status


@pytest.mark.parametrize(("frequency", "hours"), [(None, 6), (Frequency.DAILY, 6), (Frequency.WEEKLY, 24), (Frequency.QUARTERLY, 24)])
def test_a_series_grows_stale_by_its_frequency(frequency: Frequency | None, hours: int) -> None:
    """Daily series and those of unknown frequency after six hours, coarser ones after a day."""
    series = replace(SERIES, checked_at=NOW, metadata=Metadata(frequency=frequency))

    assert not USUAL.is_stale(series, NOW + timedelta(hours=hours))
    assert USUAL.is_stale(series, NOW + timedelta(hours=hours, seconds=1))
    assert not Freshness(NO_PROVIDERS, timedelta(days=9)).is_stale(series, NOW + timedelta(hours=hours, seconds=1))


def test_a_series_never_checked_is_stale() -> None:
    """Before the first good fetch there is nothing fresh."""
    assert Freshness(NO_PROVIDERS, timedelta(days=999)).is_stale(SERIES, NOW)


def test_who_serves_a_code() -> None:
    """A route wins over who declares the database, and the default comes last."""
    fred = Provider(name="fred", title="FRED", databases=("FRED",), terms=Terms(attribution="", url=""))
    routing = Routing({"WIKI": "files"}, "quandl")

    assert routing.provider_for(DatasetCode("WIKI", "FB"), [fred]) == "files"
    assert routing.provider_for(DatasetCode("FRED", "GDP"), [fred]) == "fred"
    assert routing.provider_for(DatasetCode("LBMA", "GOLD"), [fred]) == "quandl"
    assert Routing({"FRED": "quandl"}, "files").provider_for(DatasetCode("FRED", "GDP"), [fred]) == "quandl"


@pytest.mark.parametrize(
    ("code", "routing", "name"),
    [
        ("WIKI/FB", Routing({}, "quandl"), "tiingo"),
        ("WIKI/FB", Routing({"WIKI": "files"}, "quandl"), "files"),
        ("WIKI/FB", Routing({}, "quandl", prefer_default=True), "quandl"),
        ("ECB/EURUSD", Routing({}, "quandl", prefer_default=True), "rates"),
        ("ECB/EXR.D.USD.EUR.SP00.A", Routing({}, "quandl"), "ecb"),
        ("EIA/PET", Routing({}, "quandl"), "quandl"),
    ],
)
def test_who_serves_an_old_code_of_quandls(code: str, routing: Routing, name: str) -> None:
    """Who revives it, if it can be asked, before a default that nobody has chosen; a route wins, and other codes are the declarer's."""
    terms = Terms(attribution="", url="")
    providers = [
        Provider(name="ecb", title="", databases=("ECB",), terms=terms),
        Provider(name="eia", title="", databases=(), terms=terms, quandl_codes=("EIA/*",), problem="no key"),
        Provider(name="rates", title="", databases=(), terms=terms, quandl_codes=("ECB/EUR[A-Z][A-Z][A-Z]",)),
        Provider(name="tiingo", title="", databases=(), terms=terms, quandl_codes=("WIKI/*",)),
    ]

    assert routing.provider_for(DatasetCode.parse(code), providers) == name


def test_what_was_checked_in_the_future_is_stale() -> None:
    """A check that is ahead of the clock by more than two seconds says nothing about the age, whatever age is allowed."""
    series = replace(SERIES, checked_at=NOW)

    assert not USUAL.is_stale(series, NOW - timedelta(seconds=2))
    assert USUAL.is_stale(series, NOW - timedelta(seconds=3))
    assert Freshness(NO_PROVIDERS, timedelta(days=9)).is_stale(series, NOW - timedelta(days=2))
