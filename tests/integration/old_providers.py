"""Small answers in the forms of the providers that answer old codes of Quandl's, of whatever series is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from tests.integration.web import Asked, Sent

#: What Tiingo sends of a day, each with a number of its own.
TIINGO_DAY = dict(
    zip(
        ("open", "high", "low", "close", "volume", "divCash", "splitFactor", "adjOpen", "adjHigh", "adjLow", "adjClose", "adjVolume"),
        map(float, range(1, 13)),
        strict=True,
    )
)
_COIN = {"open": 1.0, "high": 2.0, "low": 3.0, "close": 4.0, "volume": 5.0, "volumeNotional": 6.0, "tradesDone": 7.0}
_YAHOO = {"open": [1.0], "high": [2.0], "low": [3.0], "close": [4.0], "volume": [5.0]}
_TREASURY = {
    "daily_treasury_yield_curve": {f"BC_{tenor}": "1.5" for tenor in ("1MONTH", "1_5MONTH", "2MONTH", "3MONTH", "4MONTH", "6MONTH")}
    | {f"BC_{years}YEAR": "2.5" for years in (1, 2, 3, 5, 7, 10, 20, 30)}
    | {"BC_30YEARDISPLAY": "0"},
    "daily_treasury_real_yield_curve": {f"TC_{years}YEAR": "0.5" for years in (5, 7, 10, 20, 30)},
    "daily_treasury_bill_rates": {
        f"{field}_{weeks}WK{end}": "5.1"
        for weeks in (4, 6, 8, 13, 17, 26, 52)
        for field, end in (("ROUND_B1_CLOSE", "_2"), ("ROUND_B1_YIELD", "_2"), ("CS", "_CLOSE_AVG"))
    },
    "daily_treasury_real_long_term": {"RATE": "1.9"},
}
_SDMX = """<m:GenericData xmlns:m="message" xmlns:g="generic" xmlns:c="common"><m:Header><m:ID>1</m:ID>
<m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"><c:StructureUsage><Ref agencyID="{agency}" id="{flow}" version="1.0"/>
</c:StructureUsage></m:Structure></m:Header><m:DataSet structureRef="S"><g:Series><g:SeriesKey>{key}</g:SeriesKey>
<g:Obs><g:ObsDimension value="2024-01"/><g:ObsValue value="1.5"/></g:Obs></g:Series></m:DataSet></m:GenericData>"""
_ENGLAND = '<Envelope><Cube SCODE="{code}" DESC="d" xmlns="boe"><Cube TIME="2024-01-02" OBS_VALUE="1.26"/></Cube></Envelope>'


def _tiingo(asked: Asked) -> Any:
    if "/crypto/" in asked.path:
        return [{"ticker": asked.query["tickers"], "priceData": [{"date": "2024-01-02T00:00:00+00:00", **_COIN}]}]
    return [{"date": "2024-01-02T00:00:00.000Z", **TIINGO_DAY}]


def _yahoo(asked: Asked) -> Any:
    symbol = asked.path.rpartition("/")[2].replace("%5E", "^")
    meta = {"symbol": symbol, "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d", "firstTradeDate": 1704205800}
    indicators = {"quote": [_YAHOO], "adjclose": [{"adjclose": [6.0]}]}
    return {"chart": {"error": None, "result": [{"meta": meta, "timestamp": [1704205800], "indicators": indicators}]}}


def _fred(asked: Asked) -> Any:
    if asked.path.endswith("/vintagedates"):
        return {"count": 1, "vintage_dates": ["2024-02-01"]}
    if asked.path.endswith("/observations"):
        row = {"realtime_start": "2024-02-01", "realtime_end": "9999-12-31", "date": "2024-01-01", "value": "1.5"}
        return {"realtime_start": "2024-02-01", "realtime_end": "9999-12-31", "output_type": 1, "observations": [row]}
    facts = {
        "id": asked.query["series_id"],
        "title": "T",
        "frequency": "Monthly",
        "units": "Index",
        "last_updated": "2024-02-01 07:00:00-05",
    }
    return {"seriess": [facts]}


def _world_bank(asked: Asked) -> Any:
    _, _, country, _, indicator = asked.path.split("/")
    about = {"indicator": {"id": indicator, "value": "I"}, "country": {"id": country[:2], "value": "C"}, "countryiso3code": country}
    return [{"page": 1, "pages": 1}, [{**about, "date": "2023", "value": 1.5}]]


def _labor(asked: Asked) -> Any:
    row = {"year": asked.query["endyear"], "period": "M01", "value": "1.5"}
    series = [{"seriesID": asked.path.rpartition("/")[2], "data": [row]}]
    return {"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": series}}


def _energy(asked: Asked) -> Any:
    rows = [{"period": "2024-01-02", "series": asked.path.split(".")[-2], "value": 1.5, "value-units": "USD"}]
    return {"response": {"total": 1, "frequency": "daily", "data": rows if asked.query["offset"] == "0" else []}}


def _treasury(asked: Asked) -> str:
    dataset = asked.query["data"]
    if dataset == "daily_treasury_long_term_rate":
        kinds = {"BC_20year": "4.2", "Over_10_Years": "4.1", "Real_Rate": "1.9"}
        return _feed([{"RATE_TYPE": kind, "RATE": rate, "EXTRAPOLATION_FACTOR": "0.1"} for kind, rate in kinds.items()])
    return _feed([_TREASURY[dataset]])


def _feed(rows: list[dict[str, str]]) -> str:
    entries = ""
    for row in rows:
        kinds = {name: "Edm.String" if name == "RATE_TYPE" else "Edm.Double" for name in row}
        cells = "".join(f"<d:{name} m:type='{kinds[name]}'>{text}</d:{name}>" for name, text in row.items())
        entries += f"<entry><m:properties><d:DAY m:type='Edm.DateTime'>2024-01-02T00:00:00</d:DAY>{cells}</m:properties></entry>"
    return f"<feed xmlns:d='d' xmlns:m='m'>{entries}</feed>"


def _sdmx(asked: Asked) -> str:
    _, _, flow, key = unquote(asked.path).split("/")
    agency, _, flow = flow.rpartition(",")
    parts = key.split(".")
    values = "".join(f'<g:Value id="D{number}" value="{part}"/>' for number, part in enumerate(parts))
    return _SDMX.format(agency=agency or "X", flow=flow, key=values)


def _england(asked: Asked) -> str:
    return _ENGLAND.format(code=asked.query["SeriesCodes"])


def _rates(_asked: Asked) -> str:
    return "Date,USD,JPY,GBP,\n2024-01-03,1.0919,155.84,0.8619,\n2024-01-02,1.0956,155.7,N/A,\n"


ANSWERS: Mapping[str, Callable[[Asked], Any]] = {
    "bls": _labor,
    "boe": _england,
    "bundesbank": _sdmx,
    "ecb_fx": _rates,
    "eia": _energy,
    "fred": _fred,
    "imf": _sdmx,
    "tiingo": _tiingo,
    "us_treasury": _treasury,
    "worldbank": _world_bank,
    "yahoo": _yahoo,
}


def answering(provider: str, asked: list[str]) -> Callable[[Asked], Sent]:
    """Give the provider's answers, which note the paths that are asked for."""

    def answer(request: Asked) -> Sent:
        asked.append(request.path)
        body = ANSWERS[provider](request)
        kind = "application/json" if not isinstance(body, str) else "text/csv" if body.startswith("Date") else "application/xml"
        return Sent((body if isinstance(body, str) else json.dumps(body)).encode(), headers={"Content-Type": kind})

    return answer
