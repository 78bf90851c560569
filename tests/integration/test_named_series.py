"""What an answer calls its series, and which spellings are the one that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import AnswerNotUnderstood
from tests.reading import read, rows


def yahoo(symbol: str | None = "AAPL", granularity: str | None = "1d", **events: Any) -> dict[str, Any]:
    meta = {"symbol": symbol, "dataGranularity": granularity, "exchangeTimezoneName": "UTC"}
    chart = {"meta": meta, "timestamp": [1704110400], "indicators": {"quote": [{"close": [1.5]}]}, "events": events}
    return {"chart": {"result": [chart], "error": None}}


def spark(*symbols: str) -> dict[str, Any]:
    return {"spark": {"result": [{"symbol": one, "response": yahoo(one)["chart"]["result"]} for one in symbols], "error": None}}


def bls(*names: str | None, period: str = "M01") -> dict[str, Any]:
    data = [{"year": "2024", "period": period, "value": "1.5"}]
    series = [{"seriesID": name, "data": data} if name else {"data": data} for name in names]
    return {"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": series}}


def world_bank(iso: str = "DEU", short: str = "DE", indicator: str = "NY.GDP", *dates: str) -> list[Any]:
    names = {"indicator": {"id": indicator, "value": "I"}, "country": {"id": short, "value": "C"}, "countryiso3code": iso}
    return [{"page": 1, "pages": 1}, [{**names, "date": date, "value": 1.5} for date in dates or ("2024",)]]


def dbnomics(provider: str | None = "IMF", dataset: str | None = "WEO:2025-04", series: str | None = "DEU.X") -> dict[str, Any]:
    names = {"provider_code": provider, "dataset_code": dataset, "series_code": series}
    doc = {name: text for name, text in names.items() if text}
    return {"series": {"docs": [{**doc, "period": ["2024"], "period_start_day": ["2024-01-01"], "value": [1.5]}]}}


def eia(frequency: str = "monthly", **fields: str) -> dict[str, Any]:
    return {"response": {"frequency": frequency, "data": [{"period": "2024-01", "value": 1.5, **fields}]}}


def alpha(title: str = "Time Series (Daily)", **meta: str) -> dict[str, Any]:
    facts = {f"{i}. {name.replace('_', ' ')}": text for i, (name, text) in enumerate(meta.items(), 1)}
    return {"Meta Data": {**facts, "9. Time Zone": "UTC"}, title: {"2024-01-01": {"4. close": "1.5"}}}


def quandl(**fields: str) -> dict[str, Any]:
    return {"dataset": {**fields, "column_names": ["Date", "V"], "data": [["2024-01-01", 1.5]]}}


def treasury(field: str, own: str = "") -> str:
    entry = f"<d:NEW_DATE m:type='Edm.DateTime'>2024-01-01T00:00:00</d:NEW_DATE><d:{field} m:type='Edm.Double'>1.5</d:{field}>"
    return f"<feed xmlns:d='d' xmlns:m='m'><id>https://x/xml-item?data={own}</id><entry><m:properties>{entry}</m:properties></entry></feed>"


CURVE = "US_TREASURY/daily_treasury_yield_curve"
RETAIL = "EIA/electricity/retail-sales:monthly:value:"
TIINGO = {"date": "2024-01-01", "close": 1.5}
V1 = {"source_code": "WIKI", "code": "FB", "column_names": ["Date", "V"], "data": [["2024-01-01", 1.5]]}
XML = (
    "<quandl-response><dataset><dataset-code>{}</dataset-code><database-code>WIKI</database-code><column-names type='array'>"
    "<column-name>Date</column-name><column-name>V</column-name></column-names><data type='array'><datum type='array'>"
    "<datum type='date'>2024-01-01</datum><datum type='float'>1.5</datum></datum></data></dataset></quandl-response>"
)


@pytest.mark.parametrize(
    ("provider", "code", "body"),
    [
        ("yahoo", "YAHOO/aapl", yahoo()),
        ("yahoo", "YAHOO/AAPL", yahoo(symbol=None)),
        ("yahoo", "YAHOO/AAPL:1wk", yahoo(granularity=None)),
        ("yahoo", "YAHOO/AAPL:1d", yahoo()),
        ("yahoo", "YAHOO/AAPL", spark("MSFT", "AAPL")),
        ("yahoo", "YAHOO/AAPL:dividends", yahoo(dividends={"1": {"amount": 1.5, "date": 1704110400}})),
        ("yahoo", "YAHOO/AAPL", "Date,Close\n2024-01-01,1.5\n"),
        ("bls", "BLS/abc1", bls("ABC1")),
        ("bls", "BLS/ABC1", bls("XYZ1", "ABC1")),
        ("bls", "BLS/ABC1", bls(None)),
        ("bls", "BLS/ABC1.M13", bls("ABC1", period="M13")),
        ("bls", "BLS/ABC1.M", bls("ABC1")),
        ("worldbank", "WB/DE.NY.GDP", world_bank()),
        ("worldbank", "WB/deu.ny.gdp", world_bank()),
        ("worldbank", "WB/WLD.NY.GDP", world_bank("WLD", "1W")),
        ("worldbank", "WB/DEU.NY.GDP", world_bank("", "DEU")),
        ("worldbank", "WB/DEU.NY.GDP", world_bank("", "")),
        ("worldbank", "WB/DEU.NY.GDP:M", world_bank("DEU", "DE", "NY.GDP", "2024M01")),
        ("worldbank", "WB/DEU.NY.GDP", world_bank("DEU", "DE", "NY.GDP", "2024Q1")),
        ("worldbank", "WB/DEU.NY.GDP", world_bank("DEU", "DE", "NY.GDP", "2024", "2024M01", "2024M02")),
        ("worldbank", "WORLDBANK/DEU_NY_GDP", world_bank()),
        ("fred", "FRED/gdp", "DATE,GDP\n2024-01-01,1.5\n"),
        ("fred", "FRED/GDP", "DATE,CPI,GDP\n2024-01-01,2,1.5\n"),
        ("fred", "FRED/GDP", {"observations": [{"date": "2024-01-01", "value": "1.5"}]}),
        ("quandl", "WIKI/BRK-B", quandl(database_code="WIKI", dataset_code="BRK_B")),
        ("quandl", "wiki/fb", quandl(database_code="WIKI", dataset_code="FB")),
        ("quandl", "WIKI/FB", quandl(dataset_code="FB")),
        ("quandl", "WIKI/FB", quandl()),
        ("quandl", "WIKI/FB", V1),
        ("quandl", "WIKI/FB", XML.format("FB")),
        ("dbnomics", "DBNOMICS/IMF/WEO:2025-04/deu.x", dbnomics()),
        ("dbnomics", "DBNOMICS/IMF/WEO:latest/DEU.X", dbnomics()),
        ("dbnomics", "DBNOMICS/IMF/WEO:2025-04/DEU.X", dbnomics(provider=None)),
        ("dbnomics", "DBNOMICS/IMF/WEO:2025-04/DEU.X", dbnomics(provider=None, dataset=None, series=None)),
        ("dbnomics", "DBNOMICS/IMF/WEO/DEU.X", "period,Something (IMF/WEO/DEU.X)\n2024,1.5\n"),
        ("dbnomics", "DBNOMICS/IMF/WEO/DEU.X", "period,Something\n2024,1.5\n"),
        ("eia", "EIA/PET.RWTC.M", eia(series="RWTC", product="EPCWTI")),
        ("eia", "EIA/PET.rwtc.M", eia(series="RWTC")),
        ("eia", "EIA/PET.EMM_EPM0_PTE_NUS_DPG.M", eia(series="EMM_EPM0_PTE_NUS_DPG")),
        ("eia", "EIA/STEO.PATC_WORLD.M", eia(seriesId="patc_world")),
        ("eia", "EIA/ELEC.PRICE.CO-RES.M", eia(stateid="CO", sectorid="RES")),
        ("eia", "EIA/SEDS.TETCB.TX.A", eia(frequency="annual", seriesId="TETCB", stateId="TX")),
        ("eia", "EIA/PET.RWTC.M", eia(frequency="")),
        ("eia", f"{RETAIL}stateid=CO,sectorid=RES", eia(stateid="co", sectorid="RES")),
        ("eia", f"{RETAIL}unit=TJ", eia(unit="TJ")),
        ("eia", f"{RETAIL}hidden=1", eia(stateid="CO")),
        ("eia", "EIA/electricity/retail-sales::value:stateid=CO", eia(stateid="CO")),
        ("alphavantage", "AV/TIME_SERIES_DAILY.ibm", alpha(Information="x", Symbol="IBM")),
        ("alphavantage", "AV/FX_DAILY,from_symbol=EUR,to_symbol=USD", alpha(From_Symbol="EUR", To_Symbol="USD")),
        ("alphavantage", "AV/DIGITAL_CURRENCY_DAILY.BTC,market=EUR", alpha(Digital_Currency_Code="BTC", Market_Code="EUR")),
        ("alphavantage", "AV/SMA.IBM,interval=weekly", alpha("Technical Analysis: SMA", Symbol="IBM", Interval="weekly")),
        ("alphavantage", "AV/TIME_SERIES_DAILY.IBM", "timestamp,close\n2024-01-01,1.5\n"),
        ("tiingo", "TIINGO/crypto/BTCUSD", [{"ticker": "btcusd", "priceData": [TIINGO]}]),
        ("tiingo", "TIINGO/fx/eurusd", [{"ticker": "eurusd", **TIINGO}]),
        ("tiingo", "TIINGO/AAPL", [TIINGO]),
        ("us_treasury", CURVE, treasury("BC_1MONTH", "daily_treasury_yield_curve")),
        ("us_treasury", CURVE, treasury("BC_1MONTH")),
        ("us_treasury", "USTREASURY/YIELD", treasury("BC_1MONTH", "daily_treasury_yield_curve")),
        ("us_treasury", "US_TREASURY/daily_treasury_long_term_rate", treasury("RATE", "daily_treasury_long_term_rate")),
    ],
)
def test_the_series_that_was_asked_for_is_read(provider: str, code: str, body: Any) -> None:
    """Case, and spellings that a provider documents, make no other series; an answer that does not name its series is the one asked for."""
    [series] = read(provider, body, code)

    assert str(series.code) == code.replace(code.partition("/")[0], code.partition("/")[0].upper(), 1)
    assert list(rows(series).values()) == [[1.5]]


@pytest.mark.parametrize(
    ("provider", "code", "body"),
    [
        ("yahoo", "YAHOO/AAPL", yahoo(symbol="AAPL.MX")),
        ("yahoo", "YAHOO/AAPL", yahoo(granularity="1mo")),
        ("yahoo", "YAHOO/AAPL:1wk", yahoo()),
        ("yahoo", "YAHOO/BRK.B", yahoo(symbol="BRK-B")),
        ("yahoo", "YAHOO/AAPL", spark("MSFT", "IBM")),
        ("yahoo", "YAHOO/AAPL:dividends", yahoo(symbol="MSFT", dividends={"1": {"amount": 1.5, "date": 1704110400}})),
        ("bls", "BLS/ABC1", bls("ABC2")),
        ("bls", "BLS/ABC1", bls("XYZ1", "XYZ2")),
        ("bls", "BLS/ABC1.M13", bls("ABC2", period="M13")),
        ("bls", "BLS/ABC1.M13", bls("ABC1")),
        ("worldbank", "WB/DEU.NY.GDP", world_bank("FRA", "FR")),
        ("worldbank", "WB/DE.NY.GDP", world_bank("FRA", "FR")),
        ("worldbank", "WB/DEU.NY.GDP", world_bank(indicator="NY.GNP")),
        ("worldbank", "WB/DEU.NY.GDP:M", world_bank()),
        ("worldbank", "WB/DEU.NY.GDP:Q", world_bank("DEU", "DE", "NY.GDP", "2024M01")),
        ("worldbank", "WB/DEU.NY.GDP:Q", world_bank("DEU", "DE", "NY.GDP", "2024", "2024M01")),
        ("fred", "FRED/GDP", "DATE,CPI\n2024-01-01,1.5\n"),
        ("fred", "FRED/GDP", "DATE,CPI_20240131\n2024-01-01,1.5\n"),
        ("fred", "FRED/GDP", {"output_type": 2, "observations": [{"date": "2024-01-01", "CPI_20240131": "1.5"}]}),
        ("quandl", "WIKI/FB", quandl(database_code="WIKI", dataset_code="META")),
        ("quandl", "WIKI/FB", quandl(database_code="EOD", dataset_code="FB")),
        ("quandl", "WIKI/FB", {**V1, "code": "AAPL"}),
        ("quandl", "WIKI/FB", XML.format("AAPL")),
        ("dbnomics", "DBNOMICS/IMF/WEO:2024-10/DEU.X", dbnomics()),
        ("dbnomics", "DBNOMICS/IMF/WEO:latest/DEU.X", dbnomics(dataset="FM:2025-04")),
        ("dbnomics", "DBNOMICS/OECD/WEO:2025-04/DEU.X", dbnomics()),
        ("dbnomics", "DBNOMICS/IMF/WEO:2025-04/DEU.Y", dbnomics()),
        ("dbnomics", "DBNOMICS/IMF/WEO/DEU.X", "period,Something (IMF/WEO/FRA.X)\n2024,1.5\n"),
        ("eia", "EIA/PET.RWTC.M", eia(series="RBRTE")),
        ("eia", "EIA/PET.RWTC.D", eia(series="RWTC")),
        ("eia", "EIA/STEO.PATC_WORLD.M", eia(seriesId="PATC_OECD")),
        ("eia", "EIA/ELEC.PRICE.CO-RES.M", eia(stateid="UT", sectorid="RES")),
        ("eia", f"{RETAIL}stateid=CO", eia(stateid="UT")),
        ("eia", f"{RETAIL}stateid=CO", eia(frequency="annual", stateid="CO")),
        ("eia", "EIA/PET.RWTC.M", {"series": [{"series_id": "PET.RBRTE.M", "f": "M", "data": [["202401", 1.5]]}]}),
        ("alphavantage", "AV/TIME_SERIES_DAILY.IBM", alpha(Symbol="MSFT")),
        ("alphavantage", "AV/TIME_SERIES_WEEKLY.IBM", alpha(Symbol="IBM")),
        ("alphavantage", "AV/FX_DAILY,from_symbol=EUR,to_symbol=USD", alpha(From_Symbol="EUR", To_Symbol="GBP")),
        ("alphavantage", "AV/SMA.IBM,interval=weekly", alpha("Technical Analysis: SMA", Symbol="IBM", Interval="daily")),
        ("alphavantage", "AV/DIGITAL_CURRENCY_DAILY.BTC,market=EUR", alpha(Digital_Currency_Code="ETH", Market_Code="EUR")),
        ("tiingo", "TIINGO/crypto/btcusd", [{"ticker": "ethusd", "priceData": [TIINGO]}]),
        ("tiingo", "TIINGO/fx/eurusd", [{"ticker": "audusd", **TIINGO}]),
        ("us_treasury", CURVE, treasury("BC_1MONTH", "daily_treasury_real_yield_curve")),
        ("us_treasury", CURVE, treasury("TC_5YEAR")),
        ("us_treasury", "US_TREASURY/daily_treasury_bill_rates", treasury("BC_1MONTH")),
        ("us_treasury", "USTREASURY/REALYIELD", treasury("BC_1MONTH")),
    ],
)
def test_another_series_is_refused(provider: str, code: str, body: Any) -> None:
    """An answer that names another series than was asked for is not understood; the message names the series that it is of."""
    with pytest.raises(AnswerNotUnderstood, match=r"was asked for|which is meant"):
        read(provider, body, code)
