"""For each provider an answer that is of the series asked for, and what in it names the series; or why nothing does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Named:
    """
    An answer that names its series.

    Attributes:
        code: the code that is asked for.
        body: the answer to every request of a fetch.
        other: texts in the body, each with the one that stands there in an answer of another series.
        error: the code of the error in which that ends. Where a whole table comes whatever is asked for, one that lacks the series has
            nothing under the code, and may be of the right table all the same: ``not_found``.

    """

    code: str
    body: str
    other: Mapping[str, str]
    error: str = "not_understood"

    def of_another(self) -> str:
        """Return the answer that is of another series."""
        body = self.body
        for mine, others in self.other.items():
            assert mine in body
            body = body.replace(mine, others)
        return body


def text(document: Any) -> str:
    return json.dumps(document)


def generic(flow: str, key: Mapping[str, str], attributes: Mapping[str, str] | None = None, *, agency: str = "A") -> str:
    """GenericData of SDMX-ML 2.1."""
    values, facts = ("".join(f'<g:Value id="{name}" value="{value}"/>' for name, value in each.items()) for each in (key, attributes or {}))
    return (
        '<?xml version="1.0"?><m:GenericData xmlns:m="m" xmlns:g="g" xmlns:c="c"><m:Header>'
        '<m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"><c:StructureUsage>'
        f'<Ref agencyID="{agency}" id="{flow}" version="1.0"/></c:StructureUsage></m:Structure></m:Header>'
        f'<m:DataSet structureRef="S"><g:Series><g:SeriesKey>{values}</g:SeriesKey>'
        f'<g:Attributes>{facts}</g:Attributes><g:Obs><g:ObsDimension value="2024-01"/><g:ObsValue value="1.5"/></g:Obs></g:Series>'
        "</m:DataSet></m:GenericData>"
    )


def specific(flow: str, key: Mapping[str, str], *, agency: str) -> str:
    """StructureSpecificData of SDMX-ML 2.1."""
    values = " ".join(f'{name}="{value}"' for name, value in key.items())
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={agency}:{flow}(1.0)"
    return (
        '<?xml version="1.0"?><m:StructureSpecificData xmlns:m="m" xmlns:c="c" xmlns:s="s"><m:Header><m:Structure structureID="S"'
        f' dimensionAtObservation="TIME_PERIOD"><c:Structure><URN>{urn}</URN></c:Structure></m:Structure></m:Header>'
        f'<m:DataSet s:structureRef="S"><Series {values}><Obs TIME_PERIOD="2024" OBS_VALUE="1.5"/></Series></m:DataSet>'
        "</m:StructureSpecificData>"
    )


def sdmx_json(key: Mapping[str, str]) -> str:
    """SDMX-JSON of one series."""
    dimensions = [{"id": name, "keyPosition": i, "values": [{"id": value, "name": value}]} for i, (name, value) in enumerate(key.items())]
    times = [{"id": "TIME_PERIOD", "values": [{"id": "2024-01", "name": "2024-01"}]}]
    series = {":".join("0" * len(key)): {"observations": {"0": [1.5]}}}
    return text(
        {
            "data": {
                "dataSets": [{"action": "Information", "series": series}],
                "structure": {"dimensions": {"dataSet": [], "series": dimensions, "observation": times}},
            }
        }
    )


def json_stat(key: Mapping[str, str], time: str = "Tid") -> str:
    """JSON-stat 2.0 of one series."""
    categories = {name: {"category": {"index": [value], "label": {value: value}}} for name, value in key.items()}
    dimension = {**categories, time: {"category": {"index": ["2024"], "label": {"2024": "2024"}}}}
    return text(
        {
            "version": "2.0",
            "class": "dataset",
            "id": [*key, time],
            "size": [1] * (len(key) + 1),
            "role": {"time": [time]},
            "dimension": dimension,
            "value": [1.5],
        }
    )


def keyed(values: str, names: Sequence[str]) -> dict[str, str]:
    return dict(zip(names, values.split("."), strict=True))


FRED = text({"seriess": [{"id": "DGS10", "title": "X", "frequency": "Daily", "frequency_short": "D"}], "vintage_dates": ["2024-01-31"],
             "observations": [
                 {"realtime_start": "2024-01-31", "realtime_end": "9999-12-31", "date": "2024-01-30", "value": "4.1"}]})  # fmt: skip
PRICES = {"date": "2024-01-31T00:00:00.000Z", "close": 1.5}
CUBE = ('<Envelope xmlns="g"><Cube xmlns="one" SCODE="XUDLUSS" DESC="Rate"><Cube FREQ="D" FREQ_NAME="Daily"/>'
        '<Cube TIME="2024-01-02" OBS_VALUE="1.26"/></Cube></Envelope>')  # fmt: skip
TREASURY = ("<feed xmlns='http://www.w3.org/2005/Atom' xmlns:d='d' xmlns:m='m'><id>https://x/xml-item?data=daily_treasury_yield_curve</id>"
            "<entry><content><m:properties><d:NEW_DATE m:type='Edm.DateTime'>2024-01-02T00:00:00</d:NEW_DATE>"
            "<d:BC_10YEAR m:type='Edm.Double'>4.1</d:BC_10YEAR></m:properties></content></entry></feed>")  # fmt: skip
OENB = ('<OeNBData><data><dataSet pos="VDBFKBSC217000" posTitle="Loans" freq="M"><values><obs value="1.5" periode="2024-01"/></values>'
        "</dataSet></data></OeNBData>")  # fmt: skip
CHART = text({"chart": {"result": [{"meta": {"symbol": "AAPL", "dataGranularity": "1d", "exchangeTimezoneName": "UTC"},
              "timestamp": [1706700600], "indicators": {"quote": [{"close": [1.5]}]}}], "error": None}})  # fmt: skip
JAPAN = text({"STATUS": 200, "PARAMETER": {"DB": "FM08"}, "RESULTSET": [{"SERIES_CODE": "FXERD01", "NAME_OF_TIME_SERIES": "Rate",
              "FREQUENCY": "DAILY", "VALUES": {"SURVEY_DATES": [20240104], "VALUES": [1.5]}}]})  # fmt: skip

NAMES_NOTHING = "the answer names no series: it is a table of dates and numbers"

OTHER_SERIES: Mapping[str, Named | str] = {
    "abs": Named(
        "ABS/CPI.1.10001.10.50.Q",
        generic("CPI", keyed("1.10001.10.50.Q", ["MEASURE", "INDEX", "TSEST", "REGION", "FREQ"])),
        {"10001": "20001"},
    ),
    "alfred": Named("ALFRED/DGS10", FRED, {"DGS10": "DGS30"}),
    "alphavantage": Named(
        "AV/TIME_SERIES_DAILY.IBM",
        text({"Meta Data": {"2. Symbol": "IBM", "5. Time Zone": "US/Eastern"}, "Time Series (Daily)": {"2024-01-31": {"4. close": "1.5"}}}),
        {"IBM": "MSFT"},
    ),
    "bis": Named("BIS/WS_CBPOL.M.CH", generic("WS_CBPOL", {"FREQ": "M", "REF_AREA": "CH"}), {'"CH"': '"DE"'}),
    "bls": Named(
        "BLS/LNS14000000",
        text(
            {
                "status": "REQUEST_SUCCEEDED",
                "message": [],
                "Results": {"series": [{"seriesID": "LNS14000000", "data": [{"year": "2024", "period": "M01", "value": "3.7"}]}]},
            }
        ),
        {"LNS14000000": "LNS14000006"},
    ),
    "boe": Named("BOE/XUDLUSS", CUBE, {"XUDLUSS": "XUDLGBD"}),
    "boi": Named("BOI/EXR.RER_USD_ILS", generic("EXR", {"SERIES_CODE": "RER_USD_ILS", "FREQ": "D"}), {"RER_USD_ILS": "RER_EUR_ILS"}),
    "boj": Named("BOJ/FM08.FXERD01", JAPAN, {"FXERD01": "FXERD02"}),
    "bundesbank": Named(
        "BUNDESBANK/BBEX3.D.USD.EUR.BB.AC.000",
        generic("BBEX3", keyed("D.USD.EUR.BB.AC.000", ["BBK_STD_FREQ", "BBK_ERX_CURRENCY", "BBK_ERX_PARTNER", "TYPE", "SUFFIX", "END"])),
        {"USD": "GBP"},
    ),
    "cso_ie": Named("CSO_IE/NQQ25.0.1", json_stat({"STATISTIC": "0", "SECTOR": "1"}, "TLIST(A1)"), {'"1"': '"2"'}, error="not_found"),
    "csv_url": NAMES_NOTHING,
    "dbnomics": Named(
        "DBNOMICS/AMECO/ZUTN/EA19.1.0.0.0.ZUTN",
        text(
            {
                "provider": {"code": "AMECO", "name": "AMECO"},
                "errors": None,
                "series": {
                    "docs": [
                        {
                            "provider_code": "AMECO",
                            "dataset_code": "ZUTN",
                            "series_code": "EA19.1.0.0.0.ZUTN",
                            "@frequency": "annual",
                            "period": ["2024"],
                            "period_start_day": ["2024-01-01"],
                            "value": [1.5],
                        }
                    ]
                },
            }
        ),
        {"EA19": "DEU"},
    ),
    "dst": Named("DST/PRIS111.000000.100", json_stat({"VAREGR": "000000", "ENHED": "100"}), {'"000000"': '"011100"'}, error="not_found"),
    "ecb": Named(
        "ECB/EXR.D.USD.EUR.SP00.A",
        sdmx_json(keyed("D.USD.EUR.SP00.A", ["FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX"])),
        {"USD": "GBP"},
    ),
    "ecb_fx": Named("ECB_FX/USD", "Date,USD,JPY,\n2024-01-31,1.09,160.2,\n", {"USD": "GBP"}, error="not_found"),
    "eia": Named(
        "EIA/PET.RWTC.D",
        text(
            {
                "response": {
                    "total": "1",
                    "frequency": "daily",
                    "data": [{"period": "2024-01-31", "product": "EPCWTI", "series": "RWTC", "value": 75.8}],
                }
            }
        ),
        {"RWTC": "RBRTE"},
    ),
    "eurostat": Named(
        "EUROSTAT/prc_hicp_midx.M.I15.CP00.DE",
        json_stat(keyed("M.I15.CP00.DE", ["freq", "unit", "coicop", "geo"]), "time"),
        {'"DE"': '"FR"'},
    ),
    "files": NAMES_NOTHING,
    "fred": Named("FRED/DGS10", FRED, {"DGS10": "DGS30"}),
    "ilo": Named(
        "ILO/ILO,DF_UNE_DEAP_SEX_AGE_RT/DEU.A..SEX_T.AGE_YTHADULT_YGE15",
        generic(
            "DF_UNE_DEAP_SEX_AGE_RT", keyed("DEU.A.X.SEX_T.AGE_YTHADULT_YGE15", ["REF_AREA", "FREQ", "MEASURE", "SEX", "AGE"]), agency="ILO"
        ),
        {"DEU": "FRA"},
    ),
    "imf": Named(
        "IMF/IMF.RES,WEO/DEU.NGDP_R.A",
        specific("WEO", {"COUNTRY": "DEU", "INDICATOR": "NGDP_R", "FREQUENCY": "A"}, agency="IMF.RES"),
        {"DEU": "FRA"},
    ),
    "insee": Named("INSEE/001654489", generic("SERIES_BDM", {"FREQ": "M"}, {"IDBANK": "001654489"}), {"001654489": "001654490"}),
    "istat": Named(
        "ISTAT/22_289.A.IT.JAN.1.TOTAL.99",
        generic("22_289", keyed("A.IT.JAN.1.TOTAL.99", ["FREQ", "REF_AREA", "DATA_TYPE", "SEX", "AGE", "MARITAL_STATUS"])),
        {'"IT"': '"ITC1"'},
    ),
    "jsonstat": Named("JSONSTAT/table.a.b", json_stat({"what": "a", "where": "b"}), {'"b"': '"c"'}, error="not_found"),
    "norges_bank": Named(
        "NORGES_BANK/EXR.B.USD.NOK.SP", sdmx_json(keyed("B.USD.NOK.SP", ["FREQ", "BASE_CUR", "QUOTE_CUR", "TENOR"])), {"USD": "EUR"}
    ),
    "oecd": Named(
        "OECD/OECD.SDD.STES,DSD_STES@DF_CLI/USA.M.LI...AA...H",
        sdmx_json(keyed("USA.M.LI.IX._Z.AA.IX._Z.H", ["AREA", "FREQ", "MEASURE", "UNIT", "ACTIVITY", "ADJ", "TRANS", "HORIZON", "METHOD"])),
        {"USA": "DEU"},
    ),
    "onb": Named("ONB/11.VDBFKBSC217000.M", OENB, {"VDBFKBSC217000": "VDBFKBSC317000"}),
    "quandl": Named(
        "WIKI/FB",
        text({"dataset": {"database_code": "WIKI", "dataset_code": "FB", "column_names": ["Date", "Close"], "data": [["2018-03-27", 1]]}}),
        {'"FB"': '"AAPL"'},
    ),
    "sample": "its series ship with lanner, and no answer comes from elsewhere",
    "sdmx": Named(
        "SDMX/EXR.D.USD.EUR.SP00.A",
        generic("EXR", keyed("D.USD.EUR.SP00.A", ["FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "EXR_SUFFIX"])),
        {"USD": "GBP"},
    ),
    "ssb": Named("SSB/1086.A.01", json_stat({"Industry": "A", "ContentsCode": "01"}), {'"A"': '"B"'}, error="not_found"),
    "stooq": NAMES_NOTHING,
    "tiingo": Named("TIINGO/crypto/btcusd", text([{"ticker": "btcusd", "priceData": [PRICES]}]), {"btcusd": "ethusd"}),
    "unicef": Named(
        "UNICEF/UNICEF,CME,1.0/DEU.CME_MRY0T4._T",
        generic("CME", {"REF_AREA": "DEU", "INDICATOR": "CME_MRY0T4", "SEX": "_T"}, agency="UNICEF"),
        {"DEU": "FRA"},
    ),
    "us_treasury": Named(
        "US_TREASURY/daily_treasury_yield_curve",
        TREASURY,
        {"data=daily_treasury_yield_curve": "data=daily_treasury_real_yield_curve", "BC_10YEAR": "TC_10YEAR"},
    ),
    "worldbank": Named(
        "WB/DEU.NY.GDP.MKTP.CD",
        text(
            [
                {"page": 1, "pages": 1},
                [
                    {
                        "indicator": {"id": "NY.GDP.MKTP.CD", "value": "GDP"},
                        "country": {"id": "DE", "value": "Germany"},
                        "countryiso3code": "DEU",
                        "date": "2023",
                        "value": 4.5,
                    }
                ],
            ]
        ),
        {'"DEU"': '"FRA"', '"DE"': '"FR"'},
    ),
    "yahoo": Named("YAHOO/AAPL", CHART, {"AAPL": "MSFT"}),
}
