"""Units, powers of ten, decimals and adjustment in statistical answers of every format, of our own making."""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.errors import AnswerNotUnderstood
from tests.reading import read, rows

CSV = """DATAFLOW,FREQ,AREA,ADJUSTMENT,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,UNIT_MULT,DECIMALS
X:Y(1.0),A,DE,S,2019,1.5,EUR,6,1
X:Y(1.0),A,DE,S,2020,2.5,EUR,6,1
"""
LABELLED = "AREA,Area,TIME,Time,Unit Code,Unit,PowerCode Code,PowerCode,Value\nDE,Germany,2019,2019,EUR,Euro,6,Millions,1.5\n"
DIMENSION = "FREQ,AREA,UNIT_MEASURE,TIME_PERIOD,OBS_VALUE,UNIT_MULT\nA,DE,EUR,2019,1.5,6: Millions\n"
GENERIC = """<m:GenericData xmlns:m="m"><m:DataSet><g:Series xmlns:g="g"><g:SeriesKey><g:Value id="FREQ" value="A"/><g:Value id="ADJUSTMENT"
value="N"/></g:SeriesKey><g:Attributes><g:Value id="UNIT_MEASURE" value="EUR"/><g:Value id="UNIT_MULT" value="6"/></g:Attributes>
<g:Obs><g:ObsDimension value="2019"/><g:ObsValue value="1.5"/><g:Attributes><g:Value id="DECIMALS"
value="2"/></g:Attributes></g:Obs>
</g:Series></m:DataSet></m:GenericData>"""
OF_DATA_SET = """<m:GenericData xmlns:m="m"><m:DataSet><g:Attributes xmlns:g="g"><g:Value id="UNIT_MULT" value="0"/><g:Value
id="UNIT_MEASURE"
value="368"/></g:Attributes><Series><SeriesKey><Value id="FREQ" value="A"/></SeriesKey><Attributes><Value id="DECIMALS"
value="4"/></Attributes>
<Obs><ObsDimension value="2019"/><ObsValue value="1.5"/></Obs></Series></m:DataSet></m:GenericData>"""
OF_GROUP = """<GenericData><DataSet><Group type="Sibling"><GroupKey><Value concept="CUR"
value="USD"/></GroupKey><Attributes><Value concept="UNIT"
value="USD"/><Value concept="UNIT_MULT" value="3"/></Attributes><Series><SeriesKey><Value concept="FREQ" value="A"/><Value concept="CUR"
value="USD"/></SeriesKey><Obs><Time>2019</Time><ObsValue value="1.5"/></Obs></Series></Group></DataSet></GenericData>"""
SPECIFIC = """<m:StructureSpecificData xmlns:m="m"><m:DataSet UNIT_MEASURE="USD"><Group xmlns:x="x" x:type="G" IND="GDP"
DECIMALS="3"/><Group IND="CPI"
DECIMALS="1"/><Series FREQ="A" IND="GDP" UNIT_MULT="6"><Obs TIME_PERIOD="2019"
OBS_VALUE="1.5"/></Series></m:DataSet></m:StructureSpecificData>"""
COMPACT = """<CompactData><d:DataSet xmlns:d="d"><d:Series FREQ="A" IND="GDP"><d:Obs TIME_PERIOD="2019" OBS_VALUE="1.5"
UNIT_MULT="5"/></d:Series>
<d:SiblingGroup IND="GDP" BIS_UNIT="USD" DECIMALS="2"/></d:DataSet></CompactData>"""
FLAT = """<StructureSpecificData><DataSet><Obs FREQ="A" IND="GDP" TIME_PERIOD="2019" OBS_VALUE="1.5" UNIT_MULT="9"
DECIMALS="0"/></DataSet>
</StructureSpecificData>"""
IMF = """<StructureSpecificData><DataSet><Group INDICATOR="NGDP" UNIT="XDC"/><Series COUNTRY="DEU" INDICATOR="NGDP" FREQUENCY="A" SCALE="9"
DECIMALS_DISPLAYED="3"><Obs TIME_PERIOD="2019" OBS_VALUE="3473350000000"/></Series></DataSet></StructureSpecificData>"""
ONB = """<OeNBData><data><dataSet pos="V" freq="A" unitMult="6" unitText="in millions Euro"><values><obs value="1.5"
periode="2019"/></values>
</dataSet></data></OeNBData>"""
IMF_JSON = {"CompactData": {"DataSet": {"Series": {"@FREQ": "A", "@UNIT_MULT": "9", "Obs": {"@TIME_PERIOD": "2019", "@OBS_VALUE": "1.5"}}}}}
PLACES = {"id": "AREA", "keyPosition": 0, "values": [{"id": "DE"}]}, {"id": "TIME_PERIOD", "keyPosition": 1, "values": [{"id": "2019"}]}


def sdmx_json(data_set: dict[str, Any], attributes: dict[str, Any], *, adjusted: bool = False) -> dict[str, Any]:
    series = [PLACES[0], *([{"id": "S_ADJ", "keyPosition": 2, "values": [{"id": "Y", "name": "Seasonally adjusted"}]}] if adjusted else [])]
    return {"dataSets": [data_set], "structure": {"dimensions": {"series": series, "observation": [PLACES[1]]}, "attributes": attributes}}


def values(name: str, *found: Any) -> dict[str, Any]:
    return {"id": name, "values": [{"id": one[0], "name": one[1]} if isinstance(one, tuple) else {"id": one} for one in found]}


BY_LEVEL = sdmx_json(
    {"attributes": [0], "series": {"0:0": {"attributes": [0], "observations": {"0": [1.5, 0]}}}},
    {
        "dataSet": [values("UNIT_MULT", ("6", "Millions"))],
        "series": [values("UNIT", ("EUR", "Euro"))],
        "observation": [values("DECIMALS", "1")],
    },
    adjusted=True,
)
OLD_OECD = sdmx_json(
    {"series": {"0": {"attributes": [0, None], "observations": {"0": [1.5]}}}},
    {"series": [values("POWERCODE", ("3", "Thousands")), values("UNIT", "USD")]},
)
NEW_GROUPS = sdmx_json(
    {"dimensionGroupAttributes": {"0:": [0, "2"]}, "series": {"0": {"observations": {"0": [1.5]}}}},
    {"dimensionGroup": [values("UNIT_MEASURE", ("T", "Tonnes")), {"id": "DECIMALS"}]},
)


def cube(units: dict[str, Any], *, second: dict[str, Any] | None = None) -> dict[str, Any]:
    dimensions = {
        "what": {"category": {"index": ["gdp"], "unit": units}},
        "how": {"category": {"index": ["sum"], **({"unit": second} if second else {})}},
        "time": {"category": {"index": ["2019"]}},
    }
    return {"version": "2.0", "id": ["what", "how", "time"], "size": [1, 1, 1], "value": [1.5], "dimension": dimensions}


@pytest.mark.parametrize(
    ("provider", "body", "unit", "adjustment", "extra"),
    [
        ("sdmx", CSV, "EUR", "S", {"unit_multiplier": 6, "decimals": 1}),
        ("oecd", LABELLED, "EUR", "", {"unit_multiplier": 6}),
        ("sdmx", DIMENSION, "EUR", "", {"unit_multiplier": 6}),
        ("ecb", GENERIC, "EUR", "N", {"unit_multiplier": 6, "decimals": 2}),
        ("bis", OF_DATA_SET, "368", "", {"unit_multiplier": 0, "decimals": 4}),
        ("ecb", OF_GROUP, "USD", "", {"unit_multiplier": 3}),
        ("bis", SPECIFIC, "USD", "", {"unit_multiplier": 6, "decimals": 3}),
        ("bis", COMPACT, "USD", "", {"unit_multiplier": 5, "decimals": 2}),
        ("sdmx", FLAT, "", "", {"unit_multiplier": 9, "decimals": 0}),
        ("imf", IMF, "XDC", "", {"scale": 9, "decimals": 3}),
        ("onb", ONB, "in millions Euro", "", {"unit_multiplier": 6}),
        ("imf", IMF_JSON, "", "", {"unit_multiplier": 9}),
        ("ecb", BY_LEVEL, "Euro", "Seasonally adjusted", {"unit_multiplier": 6, "decimals": 1}),
        ("oecd", OLD_OECD, "", "", {"unit_multiplier": 3}),
        ("sdmx", NEW_GROUPS, "Tonnes", "", {"decimals": 2}),
        ("dst", cube({"gdp": {"base": "Million DKK", "decimals": 0}}), "Million DKK", "", {"decimals": 0}),
        ("cso_ie", cube({"gdp": {"label": "Euro Million", "position": "end", "decimals": 2}}), "Euro Million", "", {"decimals": 2}),
        ("jsonstat", cube({"gdp": {"symbol": "%", "multiplier": 0}}), "%", "", {"unit_multiplier": 0}),
        ("jsonstat", cube({"gdp": {"base": "EUR"}}, second={"sum": {"base": "EUR", "multiplier": 6}}), "EUR", "", {"unit_multiplier": 6}),
        ("sdmx", CSV.replace(",EUR,6,1", ",EUR,,"), "EUR", "S", {}),
        ("sdmx", CSV.replace("2.5,EUR,6,1", "2.5,EUR,6,2"), "EUR", "S", {"unit_multiplier": 6}),
        ("sdmx", CSV.replace("2.5,EUR,6,1", ",,,"), "EUR", "S", {"unit_multiplier": 6, "decimals": 1}),
        ("sdmx", CSV.replace("2.5,EUR,6,1", "2.5,EUR,06,1"), "EUR", "S", {"unit_multiplier": 6, "decimals": 1}),
    ],
)  # fmt: skip
def test_the_unit_is_stated_and_never_applied(provider: str, body: Any, unit: str, adjustment: str, extra: dict[str, Any]) -> None:
    """Unit, power of ten, decimals and adjustment are metadata from every level of every format; the values stay as they are."""
    [series] = read(provider, body)
    known = {name: value for name, value in series.metadata.extra.items() if name not in ("dates", "key")}

    assert (series.metadata.unit, series.metadata.seasonal_adjustment, known) == (unit, adjustment, extra)
    assert rows(series)["2019-01-01"] == [3473350000000.0 if provider == "imf" and body is IMF else 1.5]


SECOND = CSV.replace("2.5,EUR,6,1", "{}")
LATER = (
    '<g:Obs><g:ObsDimension value="2020"/><g:ObsValue value="2"/><g:Attributes><g:Value id="UNIT_MULT" value="3"/></g:Attributes></g:Obs>'
)
AGAIN = GENERIC[GENERIC.index("<g:Series") : GENERIC.index("</m:DataSet>")].replace("2019", "2020").replace('value="6"', 'value="3"')
FLAT_LATER = '<Obs FREQ="A" IND="GDP" TIME_PERIOD="2020" OBS_VALUE="2" UNIT_MULT="6"/></DataSet>'
COMPACT_LATER = '<d:Obs TIME_PERIOD="2020" OBS_VALUE="2" UNIT_MULT="6"/></d:Series>'
IMF_CELLS = [{"@TIME_PERIOD": year, "@OBS_VALUE": "1", "@UNIT_MULT": scale} for year, scale in (("2019", "0"), ("2020", "6"))]
IMF_TWO = {"CompactData": {"DataSet": {"Series": {"@FREQ": "A", "Obs": IMF_CELLS}}}}


@pytest.mark.parametrize(
    ("provider", "body", "words"),
    [
        ("sdmx", SECOND.format("2.5,EUR,3,1"), "UNIT_MULT is '6' from 2019 and '3' from 2020"),
        ("sdmx", SECOND.format("2.5,EUR,,1"), "UNIT_MULT is '6' from 2019 and '0' from 2020"),
        ("sdmx", SECOND.format("2.5,USD,6,1"), "UNIT_MEASURE is 'EUR' from 2019 and 'USD' from 2020"),
        ("sdmx", SECOND.format("2.5,EUR,9,1").replace("UNIT_MULT", "SCALE"), "SCALE is '6' from 2019 and '9' from 2020"),
        ("sdmx", CSV.replace("DECIMALS", "POWERCODE"), "The answer says POWERCODE '1' and UNIT_MULT '6'"),
        ("sdmx", GENERIC.replace("</g:Obs>", f"</g:Obs>{LATER}"), "UNIT_MULT is '6' from 2019 and '3' from 2020"),
        ("sdmx", GENERIC.replace("</g:Series>", f"</g:Series>{AGAIN}"), "UNIT_MULT is '6' from 2019 and '3' from 2020"),
        (
            "sdmx",
            OF_DATA_SET.replace("DECIMALS", "UNIT_MULT").replace('"4"', '"6"'),
            "UNIT_MULT is '6' from 2019 and '0' from 2019",
        ),
        ("sdmx", FLAT.replace("</DataSet>", FLAT_LATER), "UNIT_MULT is '9' from 2019 and '6' from 2020"),
        ("sdmx", COMPACT.replace("</d:Series>", COMPACT_LATER), "UNIT_MULT is '5' from 2019 and '6' from 2020"),
        ("imf", IMF_TWO, "UNIT_MULT is '0' from 2019 and '6' from 2020"),
        ("jsonstat", cube({"gdp": {"base": "EUR"}}, second={"sum": {"base": "USD"}}), "two units, 'EUR' and 'USD'"),
        ("jsonstat", cube({"gdp": {"multiplier": 3}}, second={"sum": {"multiplier": 6}}), "two units, '3' and '6'"),
    ],
)
def test_two_scales_are_not_one_series(provider: str, body: Any, words: str) -> None:
    """Where two powers of ten or units stand within one series, the answer is refused, and the periods are named."""
    with pytest.raises(AnswerNotUnderstood, match=words):
        read(provider, body)


def test_series_in_two_scales_are_two() -> None:
    """Series that only the power of ten or the unit tells apart stay two."""
    series = '<Series FREQ="A" IND="GDP" UNIT_MULT="{0}"><Obs TIME_PERIOD="201{0}" OBS_VALUE="1"/></Series>'
    body = f"<StructureSpecificData><DataSet>{series.format(6)}{series.format(3)}</DataSet></StructureSpecificData>"
    scales = {str(series.code): series.metadata.extra["unit_multiplier"] for series in read("sdmx", body)}
    units = {
        str(series.code): series.metadata.unit for series in read("oecd", LABELLED + LABELLED.splitlines()[1].replace("EUR", "USD") + "\n")
    }

    assert scales == {"SDMX/A.GDP.6": 6, "SDMX/A.GDP.3": 3}
    assert units == {"OECD/DE.EUR": "EUR", "OECD/DE.USD": "USD"}


@pytest.mark.parametrize(
    ("provider", "body", "other"),
    [
        ("sdmx", CSV, "\n".join(",".join((*line.split(",")[:6], *line.split(",")[:5:-1])) for line in CSV.splitlines()) + "\n"),
        ("ecb", GENERIC, re.sub(r'(<g:Value id="UNIT_MEASURE" value="EUR"/>)(<g:Value id="UNIT_MULT" value="6"/>)', r"\2\1", GENERIC)),
        ("bis", COMPACT, COMPACT.replace('BIS_UNIT="USD" DECIMALS="2"', 'DECIMALS="2" BIS_UNIT="USD"')),
        ("imf", IMF, IMF.replace(' SCALE="9"\nDECIMALS_DISPLAYED="3"', ' DECIMALS_DISPLAYED="3"\nSCALE="9"')),
        (
            "dst",
            cube({"gdp": {"base": "DKK", "decimals": 0, "multiplier": 6}}),
            cube({"gdp": {"multiplier": 6, "decimals": 0, "base": "DKK"}}),
        ),
    ],
)
def test_units_in_another_order_are_the_same_metadata(provider: str, body: Any, other: Any) -> None:
    """Unit, power of ten, scale and decimals stand in one order, whatever the order of the answer: nothing about the series changed."""
    [series], [same] = read(provider, body), read(provider, other)

    assert repr(body) != repr(other)
    assert repr(series.metadata) == repr(same.metadata)
