"""Statistical answers in every format and dialect, of our own making."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.provider_kit.http.client import HttpClient
from adapters.provider_kit.registry.opening import open_source
from adapters.providers.sdmx.agencies import AGENCIES, ANY_SDMX
from domain.codes import DatasetCode
from domain.errors import AnswerNotUnderstood, AnswerTruncated, DatasetNotFound, FetchError
from domain.frequency import Frequency
from domain.ports import ParsedSeries, ParsesResponses, RawResponse

BY_NAME = {agency.name: agency for agency in (*AGENCIES, ANY_SDMX)}

GENERIC_2_0 = """<?xml version="1.0"?><g:GenericData xmlns:g="m"><g:Header><DataSetID>FX</DataSetID></g:Header><g:DataSet><x:Group type="S">
<x:GroupKey><x:Value concept="CUR" value="USD"/></x:GroupKey><x:Series><x:SeriesKey><x:Value concept="FREQ" value="Q"/>
<x:Value concept="CUR" value="USD"/></x:SeriesKey><x:Attributes><x:Value concept="TITLE" value="Dollar"/></x:Attributes>
<x:Obs><x:Time>2024-Q2</x:Time><x:ObsValue value="1.5"/></x:Obs><x:Obs><x:Time>2024-Q1</x:Time></x:Obs></x:Series></x:Group></g:DataSet>
</g:GenericData>""".replace("<x:", "<").replace("</x:", "</")
WITHOUT_VALUE = """<m:GenericData xmlns:m="m" xmlns:g="g"><m:Header><m:Structure structureID="BBK_X"><c:StructureUsage xmlns:c="c">
<Ref agencyID="BBK" id="BBEX3"/></c:StructureUsage></m:Structure></m:Header><m:DataSet><g:Series><g:SeriesKey><g:Value id="BBK_STD_FREQ"
value="D"/><g:Value id="CUR" value="USD"/></g:SeriesKey><g:Attributes><g:Value id="TIME_FORMAT" value="P1D"/></g:Attributes><g:Obs>
<g:ObsDimension value="2024-01-01"/><g:Attributes><g:Value id="OBS_STATUS" value="K"/></g:Attributes></g:Obs><g:Obs>
<g:ObsDimension value="2024-01-02"/><g:ObsValue value="1.09"/></g:Obs></g:Series></m:DataSet></m:GenericData>"""
COMPACT_2_0 = """<CompactData xmlns="m"><Header><DataSetID>IFS</DataSetID></Header><DataSet xmlns="d"><Series FREQ="M" AREA="DE" IND="CPI"
UNIT_MULT="0" TIME_FORMAT="P1M"><Obs TIME_PERIOD="2024-02" OBS_VALUE="2"/><Obs TIME_PERIOD="2024-01" OBS_VALUE="1"/></Series></DataSet>
</CompactData>"""
FLAT = """<m:StructureSpecificData xmlns:m="m"><m:Header><m:Structure structureID="S" dimensionAtObservation="AllDimensions"><c:Structure
xmlns:c="c"><URN>urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=ECB:FX(1.0)</URN></c:Structure></m:Structure></m:Header>
<m:DataSet structureRef="S"><Obs FREQ="A" CUR="USD" TIME_PERIOD="2023" OBS_VALUE="1" OBS_STATUS="A"/><Obs FREQ="A" CUR="USD"
TIME_PERIOD="2024" OBS_VALUE="NaN" OBS_STATUS="M"/></m:DataSet></m:StructureSpecificData>"""
CROSS_2_0 = """<CrossSectionalData><Header/><DataSet xmlns="d"><Group FREQ="A" TIME="2007"><Section AREA="BE"><BIRTHS SEX="F" value="1"/>
<DEATHS SEX="F" value="2"/></Section></Group><Group FREQ="A" TIME="2008"><Section AREA="BE"><BIRTHS SEX="F" value="3"/></Section></Group>
</DataSet></CrossSectionalData>"""
CUBES = """<Envelope xmlns="g" xmlns:boe="https://www.bankofenglan.co.uk"><Cube xmlns="one" SCODE="XUDLUSS" DESC="Spot rate"><Cube FREQ="D"
FREQ_NAME="Daily"/><Cube TIME="2024-01-02" OBS_VALUE="1.26" OBS_CONF="F"/><Cube TIME="2024-01-03" OBS_VALUE="1.27"/></Cube>
<Cube xmlns="two" SCODE="XUDLUSS" DESC="Spot rate"><Cube TIME="2024-01-02" OBS_VALUE="1.26"/><Cube TIME="2024-01-03" OBS_VALUE="1.27"/>
</Cube></Envelope>"""
RATES = """<Envelope><Cube><Cube time="2024-01-02">
<Cube currency="USD" rate="1.09"/><Cube currency="JPY" rate="155"/></Cube></Cube></Envelope>"""
SDMX_CSV = (
    "KEY,FREQ,CUR,TIME_PERIOD,OBS_VALUE,OBS_STATUS,TITLE\nEXR.D.USD,D,USD,2024-01-02,1.5,A,Dollar\nEXR.D.USD,D,USD,2024-01-03,,M,Dollar\n"
)
LABELLED = """STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,FREQ,Frequency,SEX,Sex,TIME_PERIOD,Time period,OBS_VALUE,Value,UNIT,Unit
DATAFLOW,OECD:DF(1.0),Name,I,A,Annual,F,Female,2023,,1,,PS,Persons
DATAFLOW,OECD:DF(1.0),Name,D,A,Annual,F,Female,2022,,5,,PS,Persons
"""
TWO_MEASURES = """STRUCTURE[;],STRUCTURE_ID,ACTION,OBS_VALUE1,OBS_VALUE2,REMARK,STATUS[],CUR,FREQ,WHEN
dataflow,ECB:FX(1.0),I,1.5,2.5,said of it,A;B,USD,M,2024-01
dataflow,ECB:FX(1.0),I,1.6,,said of it,A;C,USD,M,2024-02
dataflow,ECB:FX(1.0),I,,,of the whole,,USD,M,
"""
BY_SERIES_KEY = "STRUCTURE,STRUCTURE_ID,ACTION,SERIES_KEY,OBS_VALUE,STATUS,CUR,WHEN\ndataflow,ECB:FX(1.0),I,M.USD,1.5,A,USD,2024-01\n"
DECIMAL_COMMAS = """STRUCTURE[|];STRUCTURE_ID;ACTION;SERIES_KEY;OBS_KEY;CUR: Devise;WHEN: Date;OBS_VALUE: Valeur;STATUS: Statut
dataflow;ECB:FX(1.0): Cours;I;USD;USD.2024-01;USD: Dollar;2024-01: janvier;-1,5;A: Normal
"""
BEFORE_SDMX_CSV = """"AREA","Country","SUBJECT","Subject","TIME","Time","Unit Code","Unit","Value","Flags"
"US","United States","CPI","Prices","2024-Q1","Q1-2024","IDX","Index",1.5,
"""
NEVER_SDMX_CSV = '"AREA","SUBJECT","FREQ","TIME","Value","Flag Codes"\n"US","CPI","A","2024",1.5,\n'
BOTH_IN_THE_HEADER = """"STRUCTURE","STRUCTURE_ID","ACTION","FREQ:Frequency","AREA:Reference area","TIME_PERIOD:Time","OBS_VALUE:Value"
"dataflow","BIS:WS_X(1.0): Policy rates","I","D: Daily","CH: Switzerland","2024-01-02","1.5"
"""
EUROSTAT_CSV = "DATAFLOW;LAST UPDATE;freq;geo;TIME_PERIOD;OBS_VALUE;OBS_FLAG\nESTAT:X(1.0);now;A: Annual;DE: Germany;2023;:;\n"
TSV = "freq,unit,geo\\TIME_PERIOD\t2022 \t2023 \nA,PC,DE\t1.5 p\t: \nA,PC,FR\t:c\t2\n"
DANISH = {"dimension": {"id": ["Tid", "Sex"], "size": [2, 2], "Tid": {"category": {"index": ["2024K1", "2024K2"]}},
         "Sex": {"category": {"index": {"F": 1, "M": 0}}}}, "value": {"0": 1, "3": 4.5}}  # fmt: skip
SIZES_AS_TEXT = {"dataset": {"dimension": {"id": ["What", "Month"], "size": ["2"], "role": {"time": ["Month"]},
                 "What": {"category": {"label": {"a": "A"}}},
                 "Month": {"category": {"index": ["x", "y"], "label": {"x": "Jan 2024", "y": "Feb  2024"}}}}, "value": [1, 2]}}  # fmt: skip
ONE_CATEGORY = {
    "version": "2.0", "class": "dataset", "id": ["year", "what"], "size": [1, 2], "role": {"time": ["year"]}, "value": [1, None],
    "dimension": {"year": {"category": {"label": {"2012": "2012"}}}, "what": {"category": {"index": ["a b", "c"]}}},
}  # fmt: skip
NUMBERED = {"dataset": {"id": ["TLIST(W1)"], "size": [2], "value": [1, 2], "role": {"time": ["TLIST(W1)"]},
            "dimension": {"TLIST(W1)": {"category": {"index": ["202401", "202402"],
            "label": {"202401": "2024 Week 01", "202402": "2024 Week 02"}}}}}}  # fmt: skip
JAPAN = {"STATUS": 200, "PARAMETER": {"DB": "CO"}, "RESULTSET": [{"SERIES_CODE": "TK99", "NAME_OF_TIME_SERIES": "Tankan",
         "FREQUENCY": "QUARTERLY", "VALUES": {"SURVEY_DATES": [202401, 202402], "VALUES": [1, None]}}]}  # fmt: skip
SDMX_JSON = {
    "data": {
        "dataSets": [{"series": {"0:0": {"observations": {"0": ["1.5"], "1": [None]}}, "0:1": {"observations": {"1": [7]}}}}],
        "structures": [{"dimensions": {"dataSet": [], "series": [
            {"id": "CUR", "keyPosition": 1, "values": [{"id": "USD", "name": "Dollar"}]},
            {"id": "FREQ", "keyPosition": 0, "values": [{"id": "M"}, {"id": "A"}]}],
            "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2024-01"}, {"value": "2024-02-01/P1M"}]}]}}],
    }
}  # fmt: skip

NONE = None


def read(body: Any, code: str | None = None, *, provider: str = "sdmx", status: int = 200, url: str = "") -> list[ParsedSeries]:
    """What a provider reads in a body."""
    raw = json.dumps(body) if isinstance(body, dict) else body
    source, _ = open_source(BY_NAME[provider].spec, {"base_url": "https://host.invalid"}, HttpClient, deadline_seconds=5)
    assert isinstance(source, ParsesResponses)
    answer = RawResponse(body=raw if isinstance(raw, bytes) else raw.encode(), status=status, url=url)
    return list(source.parse(code and DatasetCode.parse(code), answer))


def rows(series: ParsedSeries) -> list[tuple[str, float | None]]:
    """The dates and values of a series."""
    return [(moment.isoformat(), values[0]) for moment, values in series.vintages[0][1].rows()]


@pytest.mark.parametrize(
    ("provider", "body", "expected"),
    [
        ("sdmx", GENERIC_2_0, {"SDMX/FX.Q.USD": [("2024-01-01", NONE), ("2024-04-01", 1.5)]}),
        ("bundesbank", WITHOUT_VALUE, {"BUNDESBANK/BBEX3.D.USD": [("2024-01-01", NONE), ("2024-01-02", 1.09)]}),
        ("imf", COMPACT_2_0, {"IMF/IFS.M.DE.CPI": [("2024-01-01", 1.0), ("2024-02-01", 2.0)]}),
        ("ecb", FLAT, {"ECB/FX.A.USD": [("2023-01-01", 1.0), ("2024-01-01", NONE)]}),
        ("sdmx", CROSS_2_0, {"SDMX/A.BE.F.BIRTHS": [("2007-01-01", 1.0), ("2008-01-01", 3.0)],
                             "SDMX/A.BE.F.DEATHS": [("2007-01-01", 2.0)]}),
        ("boe", CUBES, {"BOE/XUDLUSS": [("2024-01-02", 1.26), ("2024-01-03", 1.27)]}),
        ("ecb", RATES, {"ECB/USD": [("2024-01-02", 1.09)], "ECB/JPY": [("2024-01-02", 155.0)]}),
        ("ecb", SDMX_CSV, {"ECB/D.USD": [("2024-01-02", 1.5), ("2024-01-03", NONE)]}),
        ("oecd", LABELLED, {"OECD/DF.A.F": [("2023-01-01", 1.0)]}),
        ("oecd", TWO_MEASURES, {"OECD/FX.USD.M.OBS_VALUE1": [("2024-01-01", 1.5), ("2024-02-01", 1.6)],
                                "OECD/FX.USD.M.OBS_VALUE2": [("2024-01-01", 2.5), ("2024-02-01", NONE)]}),
        ("oecd", BY_SERIES_KEY, {"OECD/FX.M.USD": [("2024-01-01", 1.5)]}),
        ("oecd", DECIMAL_COMMAS, {"OECD/FX.USD": [("2024-01-01", -1.5)]}),
        ("oecd", BEFORE_SDMX_CSV, {"OECD/US.CPI": [("2024-01-01", 1.5)]}),
        ("oecd", NEVER_SDMX_CSV, {"OECD/US.CPI.A": [("2024-01-01", 1.5)]}),
        ("bis", BOTH_IN_THE_HEADER, {"BIS/WS_X.D.CH": [("2024-01-02", 1.5)]}),
        ("eurostat", EUROSTAT_CSV, {"EUROSTAT/X.A.DE": [("2023-01-01", NONE)]}),
        ("eurostat", TSV, {"EUROSTAT/A.PC.DE": [("2022-01-01", 1.5), ("2023-01-01", NONE)],
                           "EUROSTAT/A.PC.FR": [("2022-01-01", NONE), ("2023-01-01", 2.0)]}),
        ("dst", {"first": DANISH, "other": {"a": 1}}, {
            "DST/first.M": [("2024-01-01", 1.0), ("2024-04-01", NONE)],
            "DST/first.F": [("2024-01-01", NONE), ("2024-04-01", 4.5)]}),
        ("jsonstat", ONE_CATEGORY, {"JSONSTAT/a_b": [("2012-01-01", 1.0)], "JSONSTAT/c": [("2012-01-01", NONE)]}),
        ("cso_ie", SIZES_AS_TEXT, {"CSO_IE/a": [("2024-01-01", 1.0), ("2024-02-01", 2.0)]}),
        ("cso_ie", NUMBERED, {"CSO_IE/ALL": [("2024-01-01", 1.0), ("2024-01-08", 2.0)]}),
        ("boj", JAPAN, {"BOJ/CO.TK99": [("2024-01-01", 1.0), ("2024-04-01", NONE)]}),
        ("sdmx", SDMX_JSON, {"SDMX/M.USD": [("2024-01-01", 1.5), ("2024-02-01", NONE)], "SDMX/A.USD": [("2024-02-01", 7.0)]}),
    ],
)  # fmt: skip
def test_every_format_is_read(provider, body, expected):
    """Each series has its code, its periods as the days they begin, and NaN where there is no value."""
    assert {str(series.code): rows(series) for series in read(body, provider=provider)} == expected


@pytest.mark.parametrize(
    ("periods", "dates", "frequency"),
    [
        (["2024", "2025-A1", "2026Z"], ["2024-01-01", "2025-01-01", "2026-01-01"], Frequency.ANNUAL),
        (["2023/24", "2024-2025"], ["2023-01-01", "2024-01-01"], Frequency.ANNUAL),
        (["2024-S2", "2025S1"], ["2024-07-01", "2025-01-01"], Frequency.SEMIANNUAL),
        (["2024-Q4", "2025Q1", "Q2-2025", "2025 Q3"], ["2024-10-01", "2025-01-01", "2025-04-01", "2025-07-01"], Frequency.QUARTERLY),
        (["2024-T3"], ["2024-09-01"], NONE),
        (["2024-12", "2025M01", "202502", "Mar-2025", "2025 April"],
         [f"{m}-01" for m in ("2024-12", "2025-01", "2025-02", "2025-03", "2025-04")],
         Frequency.MONTHLY),
        (["2020-W53", "2021W01"], ["2020-12-28", "2021-01-04"], Frequency.WEEKLY),
        (["2024-02-29", "20240301", "2 March 2024", "2024-D064", "2024-03-05+01:00", "2024-03-06T00:00:00+01:00"],
         ["2024-02-29", "2024-03-01", "2024-03-02", "2024-03-04", "2024-03-05", "2024-03-06"], Frequency.DAILY),
        (["2024-03-31T00:30:00+01:00", "2024-03-31T00:00:00Z"], ["2024-03-30T23:30:00+00:00", "2024-03-31T00:00:00+00:00"], NONE),
        (["2024-03-31/P1D", "2024-04-01/P1D"], ["2024-03-31", "2024-04-01"], Frequency.DAILY),
    ],
)  # fmt: skip
def test_every_form_of_a_period_is_the_day_it_begins(periods, dates, frequency):
    """Years, parts of years, days and moments are read in every spelling; moments with a time of day are in UTC."""
    body = "CUR,TIME_PERIOD,OBS_VALUE\n" + "".join(f"USD,{period},{i}\n" for i, period in enumerate(periods))
    [series] = read(body)

    assert rows(series) == [(date, float(i)) for i, date in enumerate(dates)]
    assert series.metadata.frequency == frequency


@pytest.mark.parametrize("period", ["", "2024-13", "2024-W54", "2024-Q5", "24", "soon", "2024-02-30", "2024-01-01T99:00"])
def test_what_is_no_period_is_named(period):
    """A period that there is not is refused, and named."""
    with pytest.raises(AnswerNotUnderstood) as raised:
        read(f"CUR,TIME_PERIOD,OBS_VALUE\nUSD,{period},1\n")

    assert repr(period) in raised.value.message


def test_frequencies_are_said_or_seen():
    """The frequency is what the answer says, else what the form of its periods says; the key and the convention are kept."""
    said = read("FREQ,TIME_PERIOD,OBS_VALUE\nB,2024-01-02,1\n")[0].metadata
    seen = read("CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024-Q1,1\n")[0].metadata

    assert (said.frequency, said.extra) == (Frequency.DAILY, {"dates": "the day itself", "key": {"FREQ": "B"}})
    assert (seen.frequency, seen.extra) == (Frequency.QUARTERLY, {"dates": "first day of the quarter", "key": {"CUR": "USD"}})


def test_a_frequency_beside_the_observations_counts():
    """Where a bank writes the frequency in an element of its own, days do not make a series daily."""
    [series] = read(CUBES.replace('"Daily"', '"Monthly"'), provider="boe")

    assert series.metadata.frequency == Frequency.MONTHLY


def test_years_and_their_quarters_are_two_series():
    """Periods of several lengths under one key, as some cubes have them, are told apart by their form."""
    body = "CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024,4\nUSD,2024-Q1,1\n"

    assert {str(s.code): rows(s) for s in read(body)} == {"SDMX/USD.A": [("2024-01-01", 4.0)], "SDMX/USD.Q": [("2024-01-01", 1.0)]}


TWO = "DATAFLOW,FREQ,CUR,TIME_PERIOD,OBS_VALUE\n" + "".join(f"ECB:EXR(1.0),{key},2024-01-02,1\n" for key in ("D,USD", "D,JPY", "M,USD"))


@pytest.mark.parametrize("code", ["ECB/EXR.D.USD", "ECB/EXR/D.USD", "ECB/exr.d.usd", "ECB/EXR.USD.D", "ECB/EXR.D.USD+CHF"])
def test_a_code_finds_its_series(code):
    """A key is found in any case and order, with a dot or a slash behind its flow."""
    [series] = read(TWO, code, provider="ecb")

    assert str(series.code) == code
    assert series.metadata.extra["key"] == {"FREQ": "D", "CUR": "USD"}


@pytest.mark.parametrize(("code", "several"), [("ECB/EXR.D.", 2), ("ECB/EXR..USD", 2), ("ECB/EXR", 3)])
def test_a_code_that_tells_too_little_lists_the_codes(code, several):
    """Where a code does not tell series apart, the error lists theirs."""
    with pytest.raises(AnswerNotUnderstood, match=f"{several} series apart: ECB/EXR.D.USD") as raised:
        read(TWO, code, provider="ecb")

    assert raised.value.message.count("ECB/EXR.") == several + (code != "ECB/EXR")


def test_a_code_without_data_is_not_found():
    """A data set without series has no series of a code, and a series without observations no data."""
    for code, body in [
        ("ECB/IFS.A", {"CompactData": {"DataSet": {}}}),
        ("ECB/IFS.A.US", {"CompactData": {"DataSet": {"Series": [{"@FREQ": "A", "@AREA": "US"}]}}}),
    ]:
        with pytest.raises(DatasetNotFound):
            read(body, code, provider="ecb")


def test_series_that_differ_in_a_doubtful_attribute_keep_apart():
    """An attribute that may be a dimension stands in the code only where it is needed."""
    series = '<Series FREQ="A" AREA="DE" UNIT_MEASURE="{}"><Obs TIME_PERIOD="2024" OBS_VALUE="{}"/></Series>'
    both = [series.format("EUR", 1), series.format("USD", 2)]

    def codes(*found: str) -> list[str]:
        return [
            series.code.dataset for series in read(f"<StructureSpecificData><DataSet>{''.join(found)}</DataSet></StructureSpecificData>")
        ]

    assert codes(*both) == ["A.DE.EUR", "A.DE.USD"]
    assert codes(both[0]) == ["A.DE"]


def test_the_time_may_stand_in_the_key():
    """Observations across another dimension take their time from the key around them, whether the header says so or not."""
    body = '<StructureSpecificData><DataSet><Series TIME_PERIOD="2024"><Obs SEX="F" OBS_VALUE="1" OBS_STATUS="A"/></Series></DataSet>'
    [series] = read(f"{body}</StructureSpecificData>")

    assert (series.code.dataset, rows(series)) == ("F", [("2024-01-01", 1.0)])


def test_a_series_that_was_not_asked_for_is_refused():
    """An only series is not taken for one whose key differs from its own in a part."""
    series = '<Series FREQ="A" AREA="DE" UNIT="EUR"><Obs TIME_PERIOD="2024" OBS_VALUE="1"/></Series>'
    body = f"<CompactData><DataSet>{series}</DataSet></CompactData>"
    assert [str(series.code) for series in read(body, "IMF/X.A.DE.EUR", provider="imf")] == ["IMF/X.A.DE.EUR"]
    for code in ("IMF/X.A.FR.EUR", "IMF/X.A.FR", "IMF/X.A.EUR"):
        with pytest.raises(AnswerNotUnderstood, match="The answer is not the series"):
            read(body, code, provider="imf")


def test_strange_names_make_codes():
    """What may not stand in a code becomes an underscore; names that would be the same are numbered, long ones end in a hash."""
    cube = {"version": "2.0", "id": ["what", "time"], "size": [3, 1], "value": [1, 2, 3],
            "dimension": {"what": {"category": {"index": ["å b", "ä b", "x" * 300]}},
            "time": {"category": {"index": ["2024"]}}}}  # fmt: skip
    codes = [series.code.dataset for series in read(cube, provider="jsonstat")]

    assert codes[:2] == ["__b", "__b~2"]
    assert len(codes[2]) == 200


def test_what_is_no_number_in_json_is_missing():
    """NaN, which some services write although it is no JSON, is a missing value; in a text it stays."""
    text = json.dumps({**ONE_CATEGORY, "label": "a:NaN, b"}).replace("null", " NaN")

    assert [rows(series)[0][1] for series in read(text, provider="jsonstat")] == [1.0, None]
    assert read(text, provider="jsonstat")[0].metadata.name == "a:NaN, b"


def test_each_measure_is_a_series():
    """The values of a message with several measures stand before the attributes; each measure is a series of its own."""
    dimensions = {"series": [{"id": "CUR", "values": [{"id": "USD"}]}], "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2024"}]}]}
    measures = {"observation": [{"id": "RATE"}, {"id": "TURNOVER"}]}
    cells = [{"structure": 0, "series": {"0": {"observations": {"0": [1.5, 20, 0]}}}}]
    message = {"data": {"dataSets": cells, "structures": [{"dimensions": dimensions, "measures": measures}]}}

    assert {str(series.code): rows(series) for series in read(message)} == {
        "SDMX/USD.RATE": [("2024-01-01", 1.5)],
        "SDMX/USD.TURNOVER": [("2024-01-01", 20.0)],
    }


def test_a_deleted_cell_is_no_value():
    """What a data set deletes is gone, wherever it stood before."""
    data = '<DataSet action="{}"><Series CUR="USD"><Obs TIME_PERIOD="{}" OBS_VALUE="1"/></Series></DataSet>'
    parts = data.format("Replace", "2023") + data.format("Append", "2024") + data.format("Delete", "2023")
    [series] = read(f"<StructureSpecificData>{parts}</StructureSpecificData>")

    assert rows(series) == [("2024-01-01", 1.0)]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><GenericData><DataSet>&b;</DataSet></GenericData>'
FOOTER = '<GenericData><DataSet/><Footer><Message code="{}" severity="Error"><Text>These words.</Text></Message></Footer></GenericData>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (FOOTER.format(413), "too_large"),
        (FOOTER.format(510), "too_large"),
        (FOOTER.format(100), "not_found"),
        (FOOTER.format(503), "unavailable"),
        ('<m:Error xmlns:m="m"><m:ErrorMessage code="100"><c:Text xmlns:c="c">No results</c:Text></m:ErrorMessage></m:Error>', "not_found"),
        ('<string xmlns="s">There is an issue.</string>', "unavailable"),
        ("<html><body>Hello</body></html>", "not_understood"),
        ("<!DOCTYPE html><html><body>Hello</body></html>", "not_understood"),
        ("<OeNBData><errors><error>No such position</error></errors></OeNBData>", "not_understood"),
        (BOMB, "not_understood"),
        ("<a>" * 5000, "not_understood"),
        ("<GenericData><DataSet>", "truncated"),
        ('{"dataSets": [{"ser', "truncated"),
        ("CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024,1\nUSD,20", "truncated"),
        ("CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024,1,2\n", "not_understood"),
        ("CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024,many\n", "not_understood"),
        (TSV[:-4], "truncated"),
        (TSV + "A,PC\t1\t2\n", "not_understood"),
        ("CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024,1e999\n", "not_understood"),
        ({"errors": [{"code": 404, "title": "No data"}]}, "not_found"),
        ({"error": [{"status": 413, "label": "Too much"}]}, "too_large"),
        ({"warning": {"status": 413, "label": "Later"}}, "too_large"),
        ({"STATUS": 400, "MESSAGE": "Wrong parameter"}, "not_understood"),
        ({"dataSets": [{"series": {"0:9": {"observations": {"0": [1]}}}}], "structure": {"dimensions": {}}}, "not_understood"),
        ({"dataset": {"dimension": {"id": ["time"], "size": [3]}, "value": [1]}}, "not_understood"),
        ({"dataset": {"dimension": {"id": ["time"], "size": [9_000_000]}, "value": []}}, "too_large"),
        ({"dimension": {"id": ["time"], "size": ["2"], "time": {"category": {"index": ["2024"]}}}, "value": [1]}, "not_understood"),
        ("STRUCTURE,STRUCTURE_ID,ACTION,CUR,WHEN,OBS_VALUE\ndataflow,ECB:FX(1.0),D,USD,,\n", "not_understood"),
        ("AREA;TIME;OBS_VALUE\nUS;2023;1.5\nUS;2024;1,50\n", "not_understood"),
        ({"dataset": {"dimension": {"id": ["a"], "size": [1], "a": {"category": {"index": ["x"]}}}, "value": [1]}}, "not_understood"),
        ("PK\x03\x04\udcff", "truncated"),
    ],
)  # fmt: skip
def test_what_is_no_data_has_its_error(body, code):
    """Messages, pages, bombs and broken bodies end as the error they are, with status 200."""
    with pytest.raises(FetchError) as raised:
        read(body.encode(errors="surrogateescape") if isinstance(body, str) else body)

    assert raised.value.code == code
    assert raised.value.message


def test_a_status_counts_where_the_body_says_nothing():
    """A body that is none is named by the answer's status; one that is data does not hide it."""
    for body, status, code in [("<html>", 404, "not_found"), ("", 503, "unavailable"), (SDMX_CSV, 500, "unavailable")]:
        with pytest.raises(FetchError) as raised:
            read(body, status=status)

        assert raised.value.code == code


@pytest.mark.parametrize("body", [GENERIC_2_0, COMPACT_2_0, CUBES, json.dumps(SDMX_JSON), json.dumps(JAPAN)], ids=range(5))
def test_a_cut_answer_is_never_taken_for_whole(body):
    """An answer cut anywhere is refused, mostly as truncated."""
    for end in range(1, len(body.rstrip()), 7):
        with pytest.raises((AnswerTruncated, AnswerNotUnderstood)):
            read(body[:end])


def test_a_day_without_rates_is_no_observation():
    """An element with a time and nothing else is no observation, unless it is called one."""
    empty = '<Cube time="2024-01-01"/>'

    assert [str(series.code) for series in read(RATES.replace("<Cube><Cube time", f"<Cube>{empty}<Cube time"), provider="ecb")] == [
        "ECB/USD",
        "ECB/JPY",
    ]


def broken(node: Any) -> Iterator[Any]:
    """The document with one of its parts after another replaced by something else, or left out."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        kept = node[key]
        for other in (None, 7, True, "x", [], {}, [None], {"a": [1]}):
            node[key] = other
            yield node
        node[key] = kept
        for _ in broken(kept):
            yield node


@pytest.mark.parametrize("document", [DANISH, ONE_CATEGORY, NUMBERED, JAPAN, SDMX_JSON], ids=range(5))
def test_a_document_of_another_shape_is_read_or_refused(document):
    """Whatever one part of a document is replaced by, what comes is series or an error of fetches."""
    refused = 0
    for other in broken(document):
        try:
            read(other)
        except FetchError as error:
            refused += bool(error.message)

    assert refused


def test_series_that_contradict_themselves_name_their_code():
    """A period that stands twice with two values is refused, and the series named."""
    with pytest.raises(AnswerNotUnderstood, match="SDMX/USD: The date 2024-01-01 stands twice"):
        read("CUR,TIME_PERIOD,OBS_VALUE\nUSD,2024,1\nUSD,2024,2\n")


def by_period(*periods: str, attributes: str = "") -> bytes:
    body = "".join(f'<Obs TIME_PERIOD="{period}" OBS_VALUE="{number}"/>' for number, period in enumerate(periods))
    head = '<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><m:DataSet>'
    return f'{head}<Series IDBANK="7" {attributes}>{body}</Series></m:DataSet></m:StructureSpecificData>'.encode()


@pytest.mark.parametrize(
    ("periods", "days", "frequency"),
    [
        (["2020-T1", "2020-T4"], ["2020-01-01", "2020-10-01"], "quarterly"),
        (["2020-B1", "2020-B2", "2020-B6"], ["2020-01-01", "2020-03-01", "2020-11-01"], "bimonthly"),
        (["2020-Q2"], ["2020-04-01"], "quarterly"),
        (["2020-S2"], ["2020-07-01"], "semiannual"),
        (["2020-05"], ["2020-05-01"], "monthly"),
    ],
)
def test_an_agency_has_letters_of_its_own(periods: list[str], days: list[str], frequency: str | None) -> None:
    """INSEE writes T for a quarter and B for two months; what others mean by them does not count there."""
    [series] = read(by_period(*periods, attributes=f'FREQ="{periods[0][5:6]}"' if periods[0][5:6].isalpha() else ""), provider="insee")

    assert [str(day) for day in series.vintages[0][1].dates] == days
    assert series.metadata.frequency == frequency
