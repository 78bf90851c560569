"""Yahoo's answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.providers.yahoo.provider import Options, problem, request_for
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, DatasetNotFound, FetchError, RateLimited
from domain.frequency import Frequency
from tests.reading import read, rows

NOON = int(datetime(2024, 1, 2, 12, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86400


def a_chart(*stamps, prices=None, events=None, **meta):
    close = [float(i) for i, _ in enumerate(stamps)] if prices is None else prices
    fields = {"symbol": "X", "currency": "USD", "exchangeTimezoneName": "UTC", "dataGranularity": "1d", **meta}
    result = {"meta": fields, "timestamp": list(stamps), "indicators": {"quote": [{"close": close}], "adjclose": [{"adjclose": close}]}}
    return {"chart": {"result": [result | ({"events": events} if events else {})], "error": None}}


TOO_LONG = "1d data not available for startTime=-2208988800 and endTime=1570047977."
ONLY_100_YEARS = "Only 100 years worth of day granularity data are allowed to be fetched per request."


def a_refusal(description):
    return {"chart": {"result": None, "error": {"code": "Unprocessable Entity", "description": description}}}


@pytest.mark.parametrize(
    ("zone", "stamp", "day"),
    [
        ("Australia/Sydney", NOON + 11 * HOUR, "2024-01-03"),
        ("America/New_York", NOON - 9 * HOUR, "2024-01-01"),
        ("Europe/London", NOON, "2024-01-02"),
    ],
)
def test_a_day_is_the_exchanges(zone, stamp, day):
    """The day is that of the exchange's time zone; the offset at the moment of the query does not count."""
    assert list(rows(read("yahoo", a_chart(stamp, exchangeTimezoneName=zone, gmtoffset=0))[0])) == [day]


def test_an_unknown_zone_leaves_its_offset():
    """Where this machine does not know the zone, the offset that stands beside its name tells the day."""
    assert list(rows(read("yahoo", a_chart(NOON + 11 * HOUR, exchangeTimezoneName="Mars/Olympus", gmtoffset=2 * HOUR))[0])) == [
        "2024-01-03"
    ]


@pytest.mark.parametrize(
    ("granularity", "date", "code", "frequency"),
    [
        ("1d", "2024-01-02", "YAHOO/X", Frequency.DAILY),
        ("1wk", "2024-01-02", "YAHOO/X:1wk", Frequency.WEEKLY),
        ("1mo", "2024-01-02", "YAHOO/X:1mo", Frequency.MONTHLY),
        ("1h", "2024-01-02T12:00:00Z", "YAHOO/X:1h", None),
    ],
)
def test_the_granularity_tells_days_from_moments(granularity, date, code, frequency):
    """Intervals below a day give moments in UTC."""
    [series] = read("yahoo", a_chart(NOON, dataGranularity=granularity))

    assert (list(rows(series)), str(series.code), series.metadata.frequency) == ([date], code, frequency)


def test_nulls_are_missing():
    """A null among the prices is a missing value; the columns are named as in the old CSV."""
    [series] = read("yahoo", a_chart(NOON, NOON + DAY, prices=[None, 1.5]))

    assert rows(series) == {"2024-01-02": [None, None], "2024-01-03": [1.5, 1.5]}
    assert series.vintages[0][1].columns == ("Close", "Adj Close")


def test_the_moment_of_the_query_replaces_its_day():
    """Where a day stands twice, the row of the moment of the query counts; otherwise that is a fault."""
    twice = (NOON, NOON + DAY, NOON + DAY + HOUR)

    assert rows(read("yahoo", a_chart(*twice, regularMarketTime=twice[-1]))[0]) == {"2024-01-02": [0.0, 0.0], "2024-01-03": [2.0, 2.0]}
    with pytest.raises(AnswerNotUnderstood, match="stands twice"):
        read("yahoo", a_chart(*twice))


@pytest.mark.parametrize(
    ("granularity", "days", "expected"),
    [
        ("1d", ["2024-01-02", "2024-01-03"], ["2024-01-02", "2024-01-03"]),
        ("1wk", ["2024-01-01", "2024-01-08", "2024-01-12"], ["2024-01-01", "2024-01-08"]),
        ("1wk", ["2024-12-23", "2024-12-30", "2025-01-03"], ["2024-12-23", "2024-12-30"]),
        ("1wk", ["2024-01-01", "2024-01-08", "2024-01-15"], ["2024-01-01", "2024-01-08", "2024-01-15"]),
        ("1mo", ["2023-12-01", "2024-01-01", "2024-01-31"], ["2023-12-01", "2024-01-01"]),
        ("1mo", ["2023-12-01", "2024-01-01", "2024-02-01"], ["2023-12-01", "2024-01-01", "2024-02-01"]),
        ("3mo", ["2024-04-01", "2024-07-01", "2024-09-26"], ["2024-04-01", "2024-07-01"]),
        ("3mo", ["2024-07-01", "2024-10-01", "2025-01-02"], ["2024-07-01", "2024-10-01", "2025-01-02"]),
        ("3mo", ["2024-08-01", "2024-11-01", "2025-01-02"], ["2024-08-01", "2024-11-01"]),
        ("1wk", ["2024-01-08", "2024-01-14"], ["2024-01-08"]),
        ("1wk", ["2024-01-08", "2024-01-08"], ["2024-01-08"]),
        ("1wk", ["2024-12-30", "2025-01-06", "2025-01-06"], ["2024-12-30", "2025-01-06"]),
        ("1mo", ["2024-11-01", "2024-12-01", "2024-12-31"], ["2024-11-01", "2024-12-01"]),
        ("1mo", ["2024-12-01", "2025-01-01", "2025-01-02"], ["2024-12-01", "2025-01-01"]),
        ("1mo", ["2024-12-01", "2025-01-02"], ["2024-12-01", "2025-01-02"]),
        ("3mo", ["2024-10-01", "2024-12-31"], ["2024-10-01"]),
        ("3mo", ["2024-10-01", "2025-01-01", "2025-03-31"], ["2024-10-01", "2025-01-01"]),
        ("1d", ["2024-12-31", "2025-01-02", "2025-01-02"], ["2024-12-31", "2025-01-02"]),
        ("1mo", ["2025-01-02"], ["2025-01-02"]),
    ],
)
def test_the_running_period_has_one_row(granularity: str, days: list[str], expected: list[str]) -> None:
    """In charts by week, month and quarter the live row takes the place of its period's row, also over New Year."""
    stamps = [int(datetime.fromisoformat(f"{day}T15:00+00:00").timestamp()) for day in days]
    chart = a_chart(*stamps, dataGranularity=granularity, regularMarketTime=stamps[-1])
    found = rows(read("yahoo", chart)[0])

    assert list(found) == expected
    assert found[expected[-1]][0] == len(days) - 1


@pytest.mark.parametrize("seconds", [-60, -2, 0, 2, 60])
def test_the_last_trade_may_be_seconds_before_the_query(seconds: int) -> None:
    """A daily chart's last row is the live one if its moment lies within a minute of the market's."""
    stamps = (NOON, NOON + DAY, NOON + DAY + HOUR)

    assert len(rows(read("yahoo", a_chart(*stamps, regularMarketTime=stamps[-1] + seconds))[0])) == 2


@pytest.mark.parametrize(
    ("granularity", "moments", "market", "expected"),
    [
        ("1wk", ["2024-01-03T05:00", "2024-01-08T05:00"], "2024-01-12T21:00", ["2024-01-03", "2024-01-08"]),
        ("1wk", ["2024-01-03T05:00", "2024-01-08T05:00", "2024-01-12T21:00"], "2024-01-12T21:00", ["2024-01-03", "2024-01-08"]),
        ("1wk", ["2024-10-29T04:00", "2024-11-04T05:00"], "2024-11-08T21:00", ["2024-10-29", "2024-11-04"]),
        ("1wk", ["2024-01-02T05:00", "2024-01-08T21:00"], "2024-01-08T21:00", ["2024-01-02"]),
        ("1wk", ["2024-01-02T05:00", "2024-01-08T21:00"], None, ["2024-01-02"]),
        ("1wk", ["2024-01-01T05:00", "2024-01-05T21:00"], None, ["2024-01-01"]),
        ("3mo", ["2024-02-15T05:00", "2024-04-01T04:00"], "2024-05-03T20:00", ["2024-02-15", "2024-04-01"]),
        ("3mo", ["2024-02-01T05:00", "2024-04-10T20:00"], "2024-04-10T20:00", ["2024-02-01"]),
        ("3mo", ["2024-04-01T04:00", "2024-06-28T20:00"], None, ["2024-04-01"]),
        ("1mo", ["2024-01-15T05:00", "2024-02-01T05:00"], "2024-02-09T21:00", ["2024-01-15", "2024-02-01"]),
        ("1mo", ["2024-01-31T05:00", "2024-02-01T21:00"], "2024-02-01T21:00", ["2024-01-31", "2024-02-01"]),
    ],
)
def test_a_first_period_that_is_short_keeps_its_row(granularity: str, moments: list[str], market: str | None, expected: list[str]) -> None:
    """A share's first week, month or quarter may begin in its middle: the next one's own row is no live row of it."""
    stamps = [int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) for moment in moments]
    live = {"regularMarketTime": int(datetime.fromisoformat(f"{market}+00:00").timestamp())} if market else {}
    chart = a_chart(*stamps, dataGranularity=granularity, exchangeTimezoneName="America/New_York", **live)

    assert list(rows(read("yahoo", chart)[0])) == expected


def test_the_live_row_stands_on_the_day_of_its_period() -> None:
    """The live row's prices take the date of the period's own row, and every column is the live one's."""
    stamps = [int(datetime.fromisoformat(f"{day}T14:30+00:00").timestamp()) for day in ("2024-12-23", "2024-12-30", "2025-01-02")]
    chart = a_chart(*stamps, prices=[1.0, 2.0, 3.5], dataGranularity="1wk", regularMarketTime=stamps[-1])
    chart["chart"]["result"][0]["indicators"]["quote"][0]["volume"] = [10, 20, 7]
    [series] = read("yahoo", chart)

    assert series.vintages[0][1].columns == ("Close", "Adj Close", "Volume")
    assert rows(series) == {"2024-12-23": [1.0, 1.0, 10.0], "2024-12-30": [3.5, 3.5, 7.0]}


@pytest.mark.parametrize("seconds", [-61, 61, 3600])
def test_what_is_no_live_row_of_a_day_is_a_fault(seconds: int) -> None:
    """Two rows of one day of which neither is the market's are not put together."""
    stamps = (NOON, NOON + DAY, NOON + DAY + HOUR)

    with pytest.raises(AnswerNotUnderstood, match="stands twice"):
        read("yahoo", a_chart(*stamps, regularMarketTime=stamps[-1] + seconds))


def test_no_moments_are_no_prices():
    """Without moments the series is empty, whatever the quotes hold."""
    chart = a_chart(prices=[None])
    del chart["chart"]["result"][0]["timestamp"]

    assert rows(read("yahoo", chart)[0]) == {}


def test_events_are_asked_for_by_name():
    """Dividends and splits are series of their own, which every series of an answer does not mean."""
    dividends = {str(NOON): {"amount": 0.56, "date": NOON}}
    splits = {str(NOON): {"date": NOON, "numerator": 4, "denominator": 1, "splitRatio": "4:1"}}
    chart = a_chart(NOON, events={"dividends": dividends, "splits": splits})

    assert [str(series.code) for series in read("yahoo", chart)] == ["YAHOO/X"]
    assert rows(read("yahoo", chart, "YAHOO/X:dividends")[0]) == {"2024-01-02": [0.56]}
    assert rows(read("yahoo", chart, "YAHOO/X:splits")[0]) == {"2024-01-02": [4.0]}
    with pytest.raises(FetchError):
        read("yahoo", chart, "YAHOO/X:capitalGains")


def test_sparks_are_charts():
    """The small charts of several symbols are a series each."""
    responses = [{"symbol": name, "response": a_chart(NOON, symbol=name)["chart"]["result"]} for name in "XY"]

    assert [str(series.code) for series in read("yahoo", {"spark": {"result": responses, "error": None}})] == ["YAHOO/X", "YAHOO/Y"]


def test_the_old_csv_is_read():
    """The closed download's CSV says null; splits are ratios."""
    url = "https://query1.finance.yahoo.com/v7/finance/download/%5EX?interval=1wk&events=history"
    [series] = read("yahoo", "Date,Open,Adj Close\n2024-01-02,null,1.5\n2024-01-09,0.1,2", url=url)

    assert (str(series.code), series.metadata.frequency) == ("YAHOO/^X", Frequency.WEEKLY)
    assert rows(series) == {"2024-01-02": [None, 1.5], "2024-01-09": [0.1, 2.0]}
    assert rows(read("yahoo", "Date,Stock Splits\n2024-06-10,10:1\n2025-01-01,1:4\n")[0]) == {"2024-06-10": [10.0], "2025-01-01": [0.25]}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (
            {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}},
            404,
            DatasetNotFound,
        ),
        ({"chart": {"result": None, "error": {"code": "Unprocessable Entity", "description": "1m is too far"}}}, 422, AnswerNotUnderstood),
        (a_refusal(f"{TOO_LONG} {ONLY_100_YEARS}"), 422, AnswerNotUnderstood),
        (a_refusal(f"{TOO_LONG} {ONLY_100_YEARS}"), 200, AnswerNotUnderstood),
        (a_refusal("1m data not available for startTime=1 and endTime=2. Only 7 days are allowed."), 422, AnswerNotUnderstood),
        ("400 Bad Request: Data doesn't exist for startDate = 1, endDate = 2", 400, DatasetNotFound),
        ("Too Many Requests\r\n", 429, RateLimited),
        ({"finance": {"result": None, "error": {"code": "internal-error", "description": "x"}}}, 200, AnswerNotUnderstood),
        ({"optionChain": {"result": [], "error": None}}, 200, AnswerNotUnderstood),
        (a_chart(NOON, prices=[1, 2]), 200, AnswerNotUnderstood),
        (a_chart("yesterday"), 200, AnswerNotUnderstood),
    ],
)
def test_errors_are_named(body, status, error):
    """Errors in JSON or in plain text, and charts that do not fit together, are told apart."""
    with pytest.raises(FetchError) as raised:
        read("yahoo", body, status=status)

    assert type(raised.value) is error


@pytest.mark.parametrize("code", ["AAPL:2d", "a/b", "AAPL:"])
def test_other_codes_are_not_found(code):
    """An interval that there is not is not asked for."""
    with pytest.raises(DatasetNotFound):
        request_for(DatasetCode("YAHOO", code))


def test_it_is_off_until_it_is_enabled():
    """An API that is not offered to the public is not asked before the option says so; the sentence names it."""
    assert "LANNER_PROVIDERS__YAHOO__ENABLED" in problem(Options())
    assert problem(Options(enabled=True)) == ""
