"""On which day of their period the dates of each provider stand, and to which days ``periods`` moves them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from adapters.providers.fred.answers import metadata
from domain.errors import InvalidInput
from domain.frequency import Frequency
from domain.observations import Observations
from domain.periods import Side, aligned, stated
from domain.series import Metadata
from tests.reading import read

TIINGO = "https://api.tiingo.com/tiingo/daily/A/prices?resampleFreq="
ALPHA = "https://www.alphavantage.co/query?function="


def sides(dates: list[str], facts: Metadata) -> list[list[str]]:
    """The dates moved to the first and to the last days of their periods."""
    state = Observations.of(dates, ["a"], [[float(i)] for i in range(len(dates))])
    return [aligned(state, side, facts.frequency, stated(facts.extra["dates"])).texts() for side in Side]


def fred(frequency: str, short: str, first: str = "") -> Metadata:
    facts = {"id": "X", "title": "X", "frequency": frequency, "frequency_short": short, "observation_start": first}
    return metadata({"seriess": [facts]}, "FRED")


@pytest.mark.parametrize(
    ("frequency", "short", "date", "start", "end"),
    [
        ("Weekly, Ending Friday", "W", "2024-01-05", "2023-12-30", "2024-01-05"),
        ("Weekly, Ending Saturday", "W", "2024-01-06", "2023-12-31", "2024-01-06"),
        ("Weekly, Ending Monday", "W", "2024-01-01", "2023-12-26", "2024-01-01"),
        ("Weekly, As of Wednesday", "W", "2024-01-03", "2023-12-28", "2024-01-03"),
        ("Weekly, As of Thursday", "W", "2024-01-04", "2023-12-29", "2024-01-04"),
        ("Biweekly, Ending Monday", "BW", "2024-01-08", "2023-12-26", "2024-01-08"),
        ("Bi-Weekly, Ending Wednesday", "BW", "2024-01-10", "2023-12-28", "2024-01-10"),
        ("Biweekly, Beg. of Period", "BW", "2024-01-08", "2024-01-08", "2024-01-21"),
        ("Monthly", "M", "2024-02-01", "2024-02-01", "2024-02-29"),
        ("Monthly, End of Period", "M", "2024-02-01", "2024-02-01", "2024-02-29"),
        ("Quarterly, End of Period", "Q", "2024-04-01", "2024-04-01", "2024-06-30"),
        ("Quarterly, 1st Full Wk. in 2nd Mo. Of Qtr.", "Q", "2024-04-01", "2024-04-01", "2024-06-30"),
        ("Semiannual", "SA", "2024-07-01", "2024-07-01", "2024-12-31"),
        ("Annual", "A", "2024-01-01", "2024-01-01", "2024-12-31"),
        ("Annual, As of July 1", "A", "2024-01-01", "2024-01-01", "2024-12-31"),
        ("Annual, As of February", "A", "2024-02-01", "2024-01-01", "2024-12-31"),
        ("Annual, Fiscal Year", "A", "2023-09-30", "2022-10-01", "2023-09-30"),
        ("Annual, End of Fiscal Year", "A", "1939-06-30", "1938-07-01", "1939-06-30"),
        ("Daily", "D", "2024-01-05", "2024-01-05", "2024-01-05"),
        ("Daily, 7-Day", "D", "2024-01-05", "2024-01-05", "2024-01-05"),
        ("Not Applicable", "NA", "2024-01-05", "2024-01-05", "2024-01-05"),
    ],
)
def test_freds_frequencies_say_where_dates_stand(frequency: str, short: str, date: str, start: str, end: str) -> None:
    """A week ends on the day that FRED names; months and longer are dated by their first day, fiscal years by their last."""
    assert sides([date], fred(frequency, short, first=date)) == [[start], [end]]


@pytest.mark.parametrize("frequency", ["Weekly", "Weekly, End of Period", ""])
def test_freds_week_without_a_day_is_not_moved(frequency: str) -> None:
    """Where FRED does not say on which day a week ends, it is an error to ask for its first or last day."""
    with pytest.raises(InvalidInput):
        sides(["2024-01-05"], fred(frequency, "W"))


def test_a_fiscal_year_of_first_days_is_not_taken_to_end_on_them() -> None:
    """Fiscal years whose dates are no last days stand somewhere in their year."""
    assert sides(["2023-01-01"], fred("Annual, Fiscal Year", "A", first="1901-01-01")) == [["2023-01-01"], ["2023-12-31"]]


def yahoo(granularity: str, *days: str) -> dict[str, Any]:
    stamps = [int(datetime.fromisoformat(f"{day}T05:00+00:00").timestamp()) for day in days]
    meta = {"symbol": "X", "exchangeTimezoneName": "America/New_York", "dataGranularity": granularity}
    chart = {"meta": meta, "timestamp": stamps, "indicators": {"quote": [{"close": [1.0] * len(stamps)}]}}
    return {"chart": {"result": [chart], "error": None}}


def bls(*periods: str) -> dict[str, Any]:
    rows = [{"year": "2024", "period": period, "value": "1"} for period in periods]
    return {"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "X", "data": rows}]}}


def world_bank(date: str) -> list[Any]:
    row = {"indicator": {"id": "I"}, "country": {"id": "DE"}, "countryiso3code": "DEU", "date": date, "value": 1}
    return [{"page": 1, "pages": 1}, [row]]


def eia(frequency: str, period: str) -> dict[str, Any]:
    return {"response": {"frequency": frequency, "data": [{"period": period, "series": "X", "value": 1}]}}


def dbnomics(frequency: str, period: str, day: str) -> dict[str, Any]:
    doc = {"@frequency": frequency, "dataset_code": "D", "series_code": "S", "provider_code": "P"}
    return {"series": {"docs": [{**doc, "period": [period], "period_start_day": [day], "value": [1]}]}}


def alpha(title: str, date: str) -> dict[str, Any]:
    return {"Meta Data": {"2. Symbol": "IBM", "4. Time Zone": "US/Eastern"}, title: {date: {"4. close": "1"}}}


@pytest.mark.parametrize(
    ("provider", "body", "url", "start", "end"),
    [
        ("yahoo", yahoo("1wk", "2024-12-23", "2024-12-30"), "", "2024-12-30", "2025-01-05"),
        ("yahoo", yahoo("1mo", "2024-02-01"), "", "2024-02-01", "2024-02-29"),
        ("yahoo", yahoo("3mo", "2024-07-01"), "", "2024-07-01", "2024-09-30"),
        ("yahoo", yahoo("3mo", "2024-08-01"), "", "2024-08-01", "2024-10-31"),
        ("yahoo", yahoo("1d", "2024-02-01"), "", "2024-02-01", "2024-02-01"),
        ("yahoo", "Date,Close,Volume\n2024-01-01,1,2\n", "https://x/v7/finance/download/X?interval=1wk", "2024-01-01", "2024-01-07"),
        ("bls", bls("M02"), "", "2024-02-01", "2024-02-29"),
        ("bls", bls("Q02"), "", "2024-04-01", "2024-06-30"),
        ("bls", bls("S02"), "", "2024-07-01", "2024-12-31"),
        ("bls", bls("M13"), "", "2024-01-01", "2024-12-31"),
        ("worldbank", world_bank("2024"), "", "2024-01-01", "2024-12-31"),
        ("worldbank", world_bank("2024Q2"), "", "2024-04-01", "2024-06-30"),
        ("worldbank", world_bank("2024M02"), "", "2024-02-01", "2024-02-29"),
        ("eia", eia("weekly", "2024-01-05"), "", "2023-12-30", "2024-01-05"),
        ("eia", eia("monthly", "2024-02"), "", "2024-02-01", "2024-02-29"),
        ("eia", eia("annual", "2024"), "", "2024-01-01", "2024-12-31"),
        ("eia", eia("daily", "2024-01-05"), "", "2024-01-05", "2024-01-05"),
        ("eia", {"series": [{"series_id": "A.B.W", "f": "W", "data": [["20240105", 1]]}]}, "", "2023-12-30", "2024-01-05"),
        ("dbnomics", dbnomics("weekly", "2024-W02", "2024-01-08"), "", "2024-01-08", "2024-01-14"),
        ("dbnomics", dbnomics("quarterly", "2024-Q2", "2024-04-01"), "", "2024-04-01", "2024-06-30"),
        ("alphavantage", alpha("Weekly Time Series", "2024-03-28"), "", "2024-03-25", "2024-03-31"),
        ("alphavantage", alpha("Monthly Adjusted Time Series", "2024-06-28"), "", "2024-06-01", "2024-06-30"),
        ("alphavantage", "timestamp,close\n2024-03-28,1\n", f"{ALPHA}FX_WEEKLY&from_symbol=EUR&to_symbol=USD", "2024-03-25", "2024-03-31"),
        ("alphavantage", "time,SMA\n2024-03-28,1\n", f"{ALPHA}SMA&symbol=IBM&interval=weekly", "2024-03-25", "2024-03-31"),
        ("tiingo", [{"date": "2024-01-05", "close": 1}], f"{TIINGO}weekly", "2023-12-30", "2024-01-05"),
        ("tiingo", [{"date": "2024-06-28", "close": 1}], f"{TIINGO}monthly", "2024-06-01", "2024-06-30"),
        ("stooq", "Date,Close\r\n2024-03-28,1\r\n", "https://stooq.com/q/d/l/?s=x&i=w", "2024-03-25", "2024-03-31"),
        ("stooq", "Date,Close\r\n2024-06-28,1\r\n", "https://stooq.com/q/d/l/?s=x&i=q", "2024-04-01", "2024-06-30"),
        ("sdmx", "DATAFLOW,FREQ,TIME_PERIOD,OBS_VALUE\nX,W,2024-W02,1\n", "", "2024-01-08", "2024-01-14"),
        ("us_treasury", "Date,1 Mo\n01/05/2024,1\n", "https://x/xml?data=daily_treasury_yield_curve", "2024-01-05", "2024-01-05"),
    ],
)
def test_each_provider_says_where_its_dates_stand(provider: str, body: Any, url: str, start: str, end: str) -> None:
    """The last date of a reading, moved to the first and to the last day of its period."""
    found = read(provider, body, url=url)[0]
    dates = found.vintages[-1][1].texts()

    assert [moved[-1] for moved in sides(dates, found.metadata)] == [start, end]


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("dbnomics", dbnomics("weekly", "2024-01-05", "2024-01-05")),
        ("alphavantage", {"name": "Rate", "interval": "weekly", "unit": "percent", "data": [{"date": "2024-01-03", "value": "1"}]}),
        ("sdmx", "DATAFLOW,FREQ,TIME_PERIOD,OBS_VALUE\nX,W,2024-01-05,1\n"),
    ],
)
def test_a_week_that_nothing_is_said_of_is_not_moved(provider: str, body: Any) -> None:
    """A week that is written as a day, of which nobody says that it begins or ends on it, cannot be moved."""
    found = read(provider, body)[0]

    assert found.metadata.frequency is Frequency.WEEKLY
    with pytest.raises(InvalidInput, match="does not state"):
        sides(found.vintages[-1][1].texts(), found.metadata)


def test_statements_are_json() -> None:
    """What a provider states is kept with the series as text."""
    assert json.loads(json.dumps(dict(fred("Weekly, Ending Friday", "W").extra))) == {"dates": "last day of the week, a Friday"}
