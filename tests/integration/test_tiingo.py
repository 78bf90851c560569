"""Tiingo's answers."""

from __future__ import annotations

import pytest

from adapters.providers.tiingo import request_for
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, KeyMissing, RateLimited
from domain.frequency import Frequency
from tests.reading import read, rows

API = "https://api.tiingo.com"


@pytest.mark.parametrize(
    ("url", "date", "moment", "code", "frequency"),
    [
        ("/tiingo/daily/BRK-A/prices?x=1", "2024-01-02T00:00:00.000Z", "2024-01-02", "TIINGO/BRK-A", Frequency.DAILY),
        ("/tiingo/daily/A/prices?resampleFreq=weekly", "2024-01-05T00:00:00+00:00", "2024-01-05", "TIINGO/A", Frequency.WEEKLY),
        ("/tiingo/daily/A/prices?resampleFreq=annually", "2024-12-31", "2024-12-31", "TIINGO/A", Frequency.ANNUAL),
        ("/iex/A/prices?resampleFreq=30Min", "2024-01-02T14:30:00.000Z", "2024-01-02T14:30:00Z", "TIINGO/iex/A", None),
        ("/tiingo/fx/eurusd/prices?resampleFreq=1day", "2024-01-02T00:00:00.000Z", "2024-01-02", "TIINGO/fx/eurusd", Frequency.DAILY),
        ("/tiingo/fundamentals/A/daily", "2024-01-02T00:00:00.000Z", "2024-01-02", "TIINGO/fundamentals/A", Frequency.DAILY),
        ("", "2024-01-02", "2024-01-02", "TIINGO/UNNAMED", None),
    ],
)
def test_days_and_moments(url, date, moment, code, frequency):
    """Midnights are days, anything else moments in UTC; the address tells code and frequency."""
    [series] = read("tiingo", [{"date": date, "close": 1.5, "volume": None}], url=url and API + url)

    assert (str(series.code), rows(series), series.metadata.frequency) == (code, {moment: [1.5, None]}, frequency)


def test_the_order_of_fields_is_no_news():
    """Fields of an object come in any order and make the same state."""
    one, other = (
        {"date": "2024-01-02", "close": 1.0, "open": 2.0, "new": 3.0},
        {"new": 3.0, "open": 2.0, "close": 1.0, "date": "2024-01-02"},
    )

    assert read("tiingo", [one]) == read("tiingo", [other])


def test_each_ticker_is_a_series():
    """Crypto-currencies stand under their tickers, currencies beside them."""
    row = {"date": "2024-01-02T00:00:00+00:00", "close": 1.5}
    crypto = [{"ticker": "btcusd", "priceData": [row]}, {"ticker": "ethusd", "priceData": [row], "exchangeData": {"X": [row]}}]
    pairs = [{"ticker": "eurusd", **row}, {"ticker": "audusd", **row}]

    assert [str(series.code) for series in read("tiingo", crypto)] == ["TIINGO/crypto/btcusd", "TIINGO/crypto/ethusd"]
    assert [str(series.code) for series in read("tiingo", pairs, url=f"{API}/tiingo/fx/prices?tickers=eurusd,audusd")] == [
        "TIINGO/fx/audusd",
        "TIINGO/fx/eurusd",
    ]
    with pytest.raises(AnswerNotUnderstood, match="TIINGO/crypto/btcusd, TIINGO/crypto/ethusd"):
        read("tiingo", crypto, "TIINGO/crypto/solusd")


def test_csv_is_read_like_json():
    """CSV gives the same days, moments and numbers; its date need not be the first column."""
    assert rows(read("tiingo", "date,close\n2024-01-02,0.1\n2024-01-03,\n")[0]) == {"2024-01-02": [0.1], "2024-01-03": [None]}
    assert rows(read("tiingo", "ticker,date,close\na,2018-01-02 14:30:00+00:00,1\n")[0]) == {"2018-01-02T14:30:00Z": [1.0]}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("You have run over your 500 symbol look up for this month. Please upgrade.", 200, RateLimited),
        ({"detail": "Error: You have run over your hourly request allocation."}, 429, RateLimited),
        ({"detail": "Error: Ticker 'X' not found"}, 404, DatasetNotFound),
        ({"detail": "Error: Ticker 'X' not found"}, 200, DatasetNotFound),
        ({"detail": "Please supply a token"}, 200, KeyMissing),
        ({"detail": "Invalid token."}, 401, KeyMissing),
        ("<html><body>Sorry</body></html>", 200, AnswerNotUnderstood),
        ("Something else happened", 200, AnswerNotUnderstood),
        ([{"name": "Bitcoin"}], 200, AnswerNotUnderstood),
        ([{"date": "2024-03-31", "statementData": {}}], 200, AnswerNotUnderstood),
        ({"ticker": "A", "startDate": "2020-01-01"}, 200, AnswerNotUnderstood),
    ],
)
def test_errors_are_named(body, status, error):
    """Errors are told by their words, in JSON or not, also with status 200."""
    with pytest.raises(FetchError) as raised:
        read("tiingo", body, status=status)

    assert type(raised.value) is error


@pytest.mark.parametrize("code", ["news/AAPL", "iex", "crypto/a/b"])
def test_other_endpoints_are_not_found(code):
    """A code that names no endpoint is not asked for; one part alone is a ticker."""
    if "/" not in code:
        assert request_for(DatasetCode("TIINGO", code))[0] == ("tiingo", "daily", code, "prices")
    else:
        with pytest.raises(DatasetNotFound):
            request_for(DatasetCode("TIINGO", code))
