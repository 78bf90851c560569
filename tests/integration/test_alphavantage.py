"""Alpha Vantage's answers."""

from __future__ import annotations

import pytest

from adapters.providers.alphavantage.provider import params_for
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, KeyMissing, RateLimited, SourceForbidden
from domain.frequency import Frequency
from tests.reading import read, rows

QUERY = "https://www.alphavantage.co/query?function="


def an_answer(title, table, **meta):
    return {"Meta Data": {f"{i}. {name.replace('_', ' ')}": text for i, (name, text) in enumerate(meta.items(), 1)}, title: table}


@pytest.mark.parametrize(
    ("title", "frequency"),
    [
        ("Time Series (Daily)", Frequency.DAILY),
        ("Weekly Time Series", Frequency.WEEKLY),
        ("Monthly Adjusted Time Series", Frequency.MONTHLY),
        ("Time Series FX (Weekly)", Frequency.WEEKLY),
        ("Time Series (Digital Currency Daily)", Frequency.DAILY),
    ],
)
def test_days_are_taken_as_they_are(title, frequency):
    """Series by day, week or month keep the provider's days; numbers are taken off the names of columns."""
    table = {"2024-01-31": {"1. open": "1.5", "1b. open (USD)": "2", "10. more": "."}, "2024-02-29": {"1. open": "0.1"}}
    [series] = read("alphavantage", an_answer(title, table, Symbol="IBM", Time_Zone="US/Eastern"))

    assert rows(series) == {"2024-01-31": [1.5, None, 2.0], "2024-02-29": [0.1, None, None]}
    assert series.vintages[0][1].columns == ("open", "more", "open (USD)")
    assert series.metadata.frequency == frequency


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("US/Eastern", "2024-01-02 09:30:00", "2024-01-02T14:30:00Z"),
        ("US/Eastern", "2024-07-02 09:30", "2024-07-02T13:30:00Z"),
        ("UTC", "2024-07-02 09:30:00", "2024-07-02T09:30:00Z"),
        ("Europe/London", "2024-07-02 09:30:00", "2024-07-02T08:30:00Z"),
    ],
)
def test_moments_become_utc(zone, local, moment):
    """Moments are local to the zone that the answer names, in summer as in winter."""
    [series] = read("alphavantage", an_answer("Time Series (60min)", {local: {"4. close": "1"}}, Interval="60min", Time_Zone=zone))

    assert rows(series) == {moment: [1.0]}
    assert series.metadata.frequency is None


def test_the_moment_of_the_query_is_a_day_among_days():
    """The newest row of a daily indicator may bear a time of day."""
    table = {"2024-01-03 14:00:00": {"SMA": "2"}, "2024-01-02": {"SMA": "1"}}

    assert rows(read("alphavantage", an_answer("Technical Analysis: SMA", table))[0]) == {"2024-01-02": [1.0], "2024-01-03": [2.0]}


def test_economic_series_have_one_column():
    """An economic series names its unit and interval; a full stop is a missing value."""
    data = [{"date": "2024-01-01", "value": "."}, {"date": "2023-10-01", "value": "5.33"}]
    [series] = read("alphavantage", {"name": "Federal Funds Rate", "interval": "quarterly", "unit": "percent", "data": data})

    assert rows(series) == {"2023-10-01": [5.33], "2024-01-01": [None]}
    assert (series.metadata.unit, series.metadata.frequency) == ("percent", Frequency.QUARTERLY)


@pytest.mark.parametrize(
    ("header", "url", "moment"),
    [
        ("timestamp,open", f"{QUERY}TIME_SERIES_INTRADAY&symbol=IBM&interval=5min", "2024-01-02T14:30:00Z"),
        ("timestamp,open", f"{QUERY}FX_INTRADAY&from_symbol=EUR&to_symbol=USD", "2024-01-02T09:30:00Z"),
        ("time,SMA", "", "2024-01-02T14:30:00Z"),
    ],
)
def test_csv_names_no_zone(header, url, moment):
    """Moments in CSV are New York's, or UTC of what is traded everywhere."""
    assert rows(read("alphavantage", f"{header}\r\n2024-01-02 09:30:00,1.5\r\n", url=url)[0]) == {moment: [1.5]}


def test_a_url_names_the_series():
    """The code is made of the function, the symbol and the other parameters; never of the key."""
    table = {"2024-01-02": {"SMA": "1"}}
    url = f"{QUERY}SMA&symbol=IBM&interval=daily&time_period=10&apikey=secret&datatype=json"
    [series] = read("alphavantage", an_answer("Technical Analysis: SMA", table, Symbol="IBM"), url=url)

    assert str(series.code) == "AV/SMA.IBM,interval=daily,time_period=10"


@pytest.mark.parametrize(
    ("code", "params"),
    [
        ("TIME_SERIES_WEEKLY.TSCO.LON", {"function": "TIME_SERIES_WEEKLY", "symbol": "TSCO.LON"}),
        ("TIME_SERIES_DAILY.IBM,outputsize=compact", {"function": "TIME_SERIES_DAILY", "symbol": "IBM", "outputsize": "compact"}),
        (
            "FX_DAILY,from_symbol=EUR,to_symbol=USD",
            {"function": "FX_DAILY", "outputsize": "full", "from_symbol": "EUR", "to_symbol": "USD"},
        ),
        ("REAL_GDP", {"function": "REAL_GDP"}),
    ],
)
def test_a_code_names_parameters(code, params):
    """A code is a function, a symbol and parameters."""
    assert params_for(DatasetCode("AV", code)) == params


@pytest.mark.parametrize("code", ["ibm", "SMA.IBM,apikey=x", "SMA,function=OTHER", "SMA.IBM,interval", "SMA.IBM,interval=a=b"])
def test_other_codes_are_not_found(code):
    """A code may not set the key or another function."""
    with pytest.raises(DatasetNotFound):
        params_for(DatasetCode("AV", code))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"Note": "… Our standard API call frequency is 5 calls per minute and 500 calls per day."}, RateLimited),
        ({"Information": "We have detected your API key as X and our standard API rate limit is 25 requests per day."}, RateLimited),
        ({"Information": "Thank you! This is a premium endpoint."}, SourceForbidden),
        ({"Error Message": "the parameter apikey is invalid or missing."}, KeyMissing),
        ({"Information": "The **demo** API key is for demo purposes only."}, KeyMissing),
        ({"Error Message": "Invalid API call. Please retry …"}, DatasetNotFound),
        ({}, DatasetNotFound),
        ({"bestMatches": []}, AnswerNotUnderstood),
        (an_answer("Time Series (5min)", {"2024-01-02 09:30:00": {"1. open": "1"}}, Time_Zone="Mars/Olympus"), AnswerNotUnderstood),
    ],
)
def test_errors_are_named(body, error):
    """What comes with status 200 is an error where it says so."""
    with pytest.raises(FetchError) as raised:
        read("alphavantage", body)

    assert type(raised.value) is error
